#include "codecs/jpeg_lane_tables.h"

#include <algorithm>
#include <span>

namespace tbbthumbs {
namespace {

constexpr uint32_t kOddEntry = LaneEntry::Make(0, 0, LaneEntry::kOdd, 0);

int AdvanceOfLane(uint8_t symbol) {
  const int advance = AdvanceOf(symbol);
  return advance == kEndOfBlock ? LaneEntry::kEndOfBlock : advance;
}

uint32_t SingleEntry(const HuffmanCodeword& code, int taken) {
  const int length = code.length - taken;
  const int size = code.symbol & 15;
  return LaneEntry::Make(length + size, length, AdvanceOfLane(code.symbol), size);
}

// Sets all entries of `table`, which is looked into with `window_bits` bits, that begin with the low `length` bits of
// `bits`.
void Fill(std::span<uint32_t> table, uint32_t bits, int length, int window_bits, uint32_t entry) {
  const int free_bits = window_bits - length;
  std::ranges::fill(table.subspan(size_t{bits} << free_bits, size_t{1} << free_bits), entry);
}

// Where no code fits: the long codes if all that begin like this may be there.
uint32_t MissingEntry(uint32_t window, int window_bits) {
  constexpr uint32_t kOnes = (1U << LaneEntry::kEscapeBits) - 1;
  if (window >> (window_bits - LaneEntry::kEscapeBits) != kOnes) return kOddEntry;
  return LaneEntry::Make(LaneEntry::kEscapeBits, 0, 0, 0) | LaneEntry::kEscape;
}

void FillSingle(const std::vector<HuffmanCodeword>& codes, int window_bits, std::span<uint32_t> table) {
  for (uint32_t window = 0; window < table.size(); ++window) table[window] = MissingEntry(window, window_bits);
  for (const HuffmanCodeword& code : codes) {
    if (code.length <= window_bits) Fill(table, code.bits, code.length, window_bits, SingleEntry(code, 0));
  }
}

void FillLong(const std::vector<HuffmanCodeword>& codes, std::span<uint32_t> table) {
  constexpr uint32_t kOnes = (1U << LaneEntry::kEscapeBits) - 1;
  std::ranges::fill(table, kOddEntry);
  for (const HuffmanCodeword& code : codes) {
    const int left = code.length - LaneEntry::kEscapeBits;
    if (left < 1 || code.bits >> left != kOnes) continue;
    Fill(table, code.bits & ((1U << left) - 1), left, LaneTables::kLongBits, SingleEntry(code, LaneEntry::kEscapeBits));
  }
}

// As many of the symbols of `singles`, a table of single symbols, as their codes fit into the window.
uint32_t SkipEntry(std::span<const uint32_t> singles, uint32_t window) {
  constexpr uint32_t kMask = (1U << LaneTables::kSkipBits) - 1;
  int bits = 0;
  int advance = 0;
  while (bits < LaneTables::kSkipBits) {
    const uint32_t entry = singles[(window << bits) & kMask];
    const int length = static_cast<int>(entry >> LaneEntry::kLengthShift & 0xFF);
    const int step = static_cast<int>(entry >> LaneEntry::kAdvanceShift & 0xFF);
    const bool is_symbol = length > 0;
    if (!is_symbol || length > LaneTables::kSkipBits - bits) break;
    // The index stays below 64 + 64 without an end of block, and one is told from it.
    if (advance + (step == LaneEntry::kEndOfBlock ? 0 : step) > 63) break;
    bits += static_cast<int>(entry & 0xFF);
    advance += step;
    if (step == LaneEntry::kEndOfBlock) break;
  }
  return bits == 0 ? singles[window] : LaneEntry::Make(bits, 0, advance, 0);
}

}  // namespace

LaneDcTable::LaneDcTable(const std::vector<HuffmanCodeword>& codes) : entries(LaneTables::kDcSize, kOddEntry) {
  for (const HuffmanCodeword& code : codes) {
    if (code.length > LaneTables::kDcBits || code.symbol > DcTable::kMaxSize) continue;
    Fill(entries, code.bits, code.length, LaneTables::kDcBits,
         LaneEntry::Make(code.length + code.symbol, code.length, 0, code.symbol));
  }
}

LaneAcTables::LaneAcTables(const std::vector<HuffmanCodeword>& codes) : entries(LaneTables::kAcSize) {
  const std::span<uint32_t> all(entries);
  const auto skips = all.subspan(LaneTables::kSkip, size_t{1} << LaneTables::kSkipBits);
  std::vector<uint32_t> singles(skips.size());
  FillSingle(codes, LaneTables::kSkipBits, singles);
  for (uint32_t window = 0; window < skips.size(); ++window) skips[window] = SkipEntry(singles, window);
  FillLong(codes, all.subspan(LaneTables::kLong, size_t{1} << LaneTables::kLongBits));
  FillSingle(codes, LaneTables::kSingleBits, all.subspan(LaneTables::kSingle, size_t{1} << LaneTables::kSingleBits));
}

}  // namespace tbbthumbs
