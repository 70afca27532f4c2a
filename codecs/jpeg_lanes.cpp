#include "codecs/jpeg_lanes.h"

#include "codecs/jpeg_bits.h"

namespace tbbthumbs {
namespace {

// One lane of LaneStates.
struct Lane {
  uint32_t position;
  uint32_t index;
  uint32_t block;
  uint32_t table;
  uint32_t shift;
  uint32_t out;
};

// The value in front of which `bits` stand.
int ValueOf(uint32_t bits, uint32_t entry) {
  const BitCursor cursor{.bits = uint64_t{bits} << 32};
  return cursor.Value(static_cast<int>(entry >> LaneEntry::kLengthShift & 31),
                      static_cast<int>(entry >> LaneEntry::kSizeShift & 31));
}

// False: what stands there is no code.
bool Step(const LaneScan& scan, Lane& lane) {
  const LaneTables& tables = *scan.tables;
  auto bits = static_cast<uint32_t>(BitCursor::At(scan.bytes, lane.position).bits >> 32);
  uint32_t entry = tables.entries[(bits >> lane.shift) + lane.table];
  uint32_t position = lane.position + (entry & 0xFF);
  uint32_t index = lane.index + (entry >> LaneEntry::kAdvanceShift & 0xFF);
  if ((index & LaneEntry::kOdd) != 0) {
    const auto odd = ReadOddSymbol(scan, lane.position, lane.index, lane.block, lane.table);
    if (!odd) return false;
    position = odd->position;
    index = odd->index;
    bits = odd->bits;
    entry = odd->entry;
  }
  const bool escape = (entry & LaneEntry::kEscape) != 0;
  const bool kept = !escape && (scan.corner2 ? index <= 4 && index != 3 : index == 0);
  if (kept) {
    const uint32_t place = scan.corner2 ? kCornerPlaces[index] : 0;
    scan.out[lane.out + place] = static_cast<int16_t>(ValueOf(bits, entry));
  }
  lane.position = position;
  lane.index = index;
  if (index >= 63) {
    lane.out += scan.corner2 ? 4 : 1;
    lane.index = 0;
    lane.block = lane.block + 1 == static_cast<uint32_t>(scan.blocks) ? 0 : lane.block + 1;
    lane.table = tables.dc[lane.block];
    lane.shift = 32 - LaneTables::kDcBits;
    return true;
  }
  lane.table = tables.ac[lane.block];
  lane.shift = 32 - LaneTables::kSkipBits;
  if (escape) {
    lane.table += LaneTables::kLong;
  } else if (scan.corner2 && index < 4) {
    lane.table += LaneTables::kSingle;
    lane.shift = 32 - LaneTables::kSingleBits;
  }
  return true;
}

}  // namespace

std::optional<OddStep> ReadOddSymbol(const LaneScan& scan, uint32_t position, uint32_t index, uint32_t block,
                                     uint32_t table) {
  const bool dc = table == scan.tables->dc[block];
  if (table == scan.tables->ac[block] + LaneTables::kLong) position -= LaneEntry::kEscapeBits;
  BitCursor cursor = BitCursor::At(scan.bytes, position);
  const CanonicalCode& code = dc ? *scan.dc_codes[block] : *scan.ac_codes[block];
  const HuffmanSymbol found = code.Find(static_cast<uint32_t>(cursor.Window(16)));
  if (found.length == 0 || (dc && found.symbol > DcTable::kMaxSize)) return std::nullopt;
  const int size = dc ? found.symbol : found.symbol & 15;
  cursor.Consume(found.length);
  OddStep step;
  step.bits = static_cast<uint32_t>(cursor.bits >> 32);
  step.entry = LaneEntry::Make(0, 0, 0, size);
  step.position = position + static_cast<uint32_t>(found.length + size);
  if (dc) return step;
  const int advance = AdvanceOf(found.symbol);
  step.index = advance == kEndOfBlock ? LaneEntry::kEndOfBlock : index + static_cast<uint32_t>(advance);
  if (step.index > 63 && advance != kEndOfBlock) return std::nullopt;
  return step;
}

void RunLanesPlainly(const LaneScan& scan, LaneStates& states) {
  for (int i = 0; i < kLanes; ++i) {
    if ((states.active >> i & 1) == 0) continue;
    Lane lane{states.position[i], states.index[i], states.block[i], states.table[i], states.shift[i], states.out[i]};
    for (int step = 0; step < kLaneSteps; ++step) {
      if (!Step(scan, lane)) {
        states.active &= ~(1U << i);
        break;
      }
    }
    states.position[i] = lane.position;
    states.index[i] = lane.index;
    states.block[i] = lane.block;
    states.table[i] = lane.table;
    states.shift[i] = lane.shift;
    states.out[i] = lane.out;
  }
}

}  // namespace tbbthumbs
