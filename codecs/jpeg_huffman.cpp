#include "codecs/jpeg_huffman.h"

#include <algorithm>
#include <span>
#include <utility>

#include "codecs/jpeg_lane_tables.h"

namespace tbbthumbs {
namespace {

// A table of 2^window_bits entries, in which those without a code stay as they are.
template <class MakeEntry>
void FillSymbols(const std::vector<HuffmanCodeword>& codes, int window_bits, std::span<SymbolEntry> symbols,
                 MakeEntry&& make_entry) {
  for (const HuffmanCodeword& code : codes) {
    if (code.length > window_bits) break;
    const int free_bits = window_bits - code.length;
    std::ranges::fill(symbols.subspan(size_t{code.bits} << free_bits, size_t{1} << free_bits), make_entry(code));
  }
}

SymbolEntry AcEntry(const HuffmanCodeword& code) { return {code.length, code.symbol & 15, AdvanceOf(code.symbol)}; }

// As many of the symbols at the front of `window` as their codes fit into it; the value of the last one may lie behind.
uint16_t SkipEntry(const std::vector<SymbolEntry>& symbols, uint32_t window) {
  constexpr uint32_t kMask = (1U << AcTable::kSkipBits) - 1;
  int bits = 0;
  int advance = 0;
  while (bits < AcTable::kSkipBits) {
    const SymbolEntry entry = symbols[(window << bits) & kMask];
    if (!entry || entry.length() > AcTable::kSkipBits - bits) break;
    // A sum past the last coefficient might look like an end of block: such a symbol is left to the next look-up.
    if (entry.advance() != kEndOfBlock && advance + entry.advance() > 63) break;
    bits += entry.bits();
    advance += entry.advance();
    if (entry.advance() == kEndOfBlock || advance >= 63) break;
  }
  if (bits == 0) return AcTable::kLongCode;
  return static_cast<uint16_t>(bits | advance << 8);
}

}  // namespace

std::optional<std::vector<HuffmanCodeword>> AssignCodes(const HuffmanSpec& spec) {
  std::vector<HuffmanCodeword> codes;
  uint32_t next = 0;
  for (int length = 1; length <= 16; ++length) {
    for (int i = 0; i < spec.counts[length - 1]; ++i) {
      if (codes.size() == spec.symbols.size()) return std::nullopt;
      codes.push_back({next++, length, spec.symbols[codes.size()]});
    }
    // No code is all ones (Annex C): libjpeg refuses it, too.
    if (spec.counts[length - 1] > 0 && next >= 1U << length) return std::nullopt;
    next <<= 1;
  }
  return codes;
}

std::optional<std::vector<HuffmanCodeword>> AssignDcCodes(const HuffmanSpec& spec) {
  auto codes = AssignCodes(spec);
  const auto is_no_size = [](const HuffmanCodeword& code) { return code.symbol > 15; };
  if (codes && std::ranges::any_of(*codes, is_no_size)) return std::nullopt;
  return codes;
}

CanonicalCode::CanonicalCode(const std::vector<HuffmanCodeword>& codes) {
  last_.fill(-1);
  for (size_t i = 0; i < codes.size(); ++i) {
    const HuffmanCodeword& code = codes[i];
    if (last_[code.length] < 0) offset_[code.length] = static_cast<int32_t>(i) - static_cast<int32_t>(code.bits);
    last_[code.length] = static_cast<int32_t>(code.bits);
    symbols_[i] = code.symbol;
  }
}

HuffmanSymbol CanonicalCode::Find(uint32_t window) const {
  for (int length = 1; length <= 16; ++length) {
    const auto code = static_cast<int32_t>((window & 0xFFFF) >> (16 - length));
    // Codes of a length follow each other, and smaller values are codes of fewer bits, which were looked for before.
    if (code <= last_[length]) return {static_cast<uint8_t>(length), symbols_[(code + offset_[length]) & 0xFF]};
  }
  return {};
}

DcTable::DcTable(const std::vector<HuffmanCodeword>& codes) : code(codes) {
  FillSymbols(codes, kWindowBits, symbols, [](const HuffmanCodeword& codeword) {
    return codeword.symbol <= kMaxSize ? SymbolEntry(codeword.length, codeword.symbol, 0) : SymbolEntry();
  });
}

AcTable::AcTable(const std::vector<HuffmanCodeword>& codes) : code(codes) {
  FillSymbols(codes, kWindowBits, symbols, AcEntry);
  std::vector<SymbolEntry> wide(size_t{1} << kSkipBits);
  FillSymbols(codes, kSkipBits, wide, AcEntry);
  for (uint32_t window = 0; window < skips.size(); ++window) skips[window] = SkipEntry(wide, window);
}

template <class Table, class Assign>
std::shared_ptr<const Table> HuffmanTableCache::Get(std::vector<Entry<Table>>& entries, const HuffmanSpec& spec,
                                                    Assign&& assign) {
  const auto found = std::ranges::find(entries, spec, &Entry<Table>::spec);
  if (found != entries.end()) {
    std::rotate(entries.begin(), found, found + 1);
    return entries.front().table;
  }
  const auto codes = assign(spec);
  if (!codes) return nullptr;
  if (entries.size() == kMaxEntries) entries.pop_back();
  entries.insert(entries.begin(), {spec, std::make_shared<const Table>(*codes)});
  return entries.front().table;
}

std::shared_ptr<const DcTable> HuffmanTableCache::Dc(const HuffmanSpec& spec) { return Get(dc_, spec, AssignDcCodes); }

std::shared_ptr<const AcTable> HuffmanTableCache::Ac(const HuffmanSpec& spec) { return Get(ac_, spec, AssignCodes); }

std::shared_ptr<const LaneDcTable> HuffmanTableCache::LaneDc(const HuffmanSpec& spec) {
  return Get(lane_dc_, spec, AssignDcCodes);
}

std::shared_ptr<const LaneAcTables> HuffmanTableCache::LaneAc(const HuffmanSpec& spec) {
  return Get(lane_ac_, spec, AssignCodes);
}

}  // namespace tbbthumbs
