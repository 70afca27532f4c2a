// Reading a JPEG's scan at 32 places at once. Private to codecs/jpeg*.
//
// Each lane reads blocks from a place of its own, symbol by symbol, and writes down the coefficients that are kept. The
// lanes go at their own pace: one may be in the middle of a block while another begins one.
#ifndef TBBTHUMBS_CODECS_JPEG_LANES_H_
#define TBBTHUMBS_CODECS_JPEG_LANES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "codecs/jpeg_coefficients.h"
#include "codecs/jpeg_lane_tables.h"

namespace tbbthumbs {

inline constexpr int kLanes = 32;

// Where the lanes are. Positions are bits from the window's first byte.
struct LaneStates {
  alignas(64) std::array<uint32_t, kLanes> position{};
  alignas(64) std::array<uint32_t, kLanes> index{};  // of the last coefficient in the block
  alignas(64) std::array<uint32_t, kLanes> block{};  // of the MCU
  alignas(64) std::array<uint32_t, kLanes> table{};  // offset of the one for the next lookup
  alignas(64) std::array<uint32_t, kLanes> shift{};  // 32 less the bits of its index
  // Lanes that read something, by bits. Those that meet what is no code, or a difference out of range, are taken out.
  // Of the others nothing is written and nothing looked up; what they hold is of no meaning but for their position,
  // which has to be in the window.
  uint32_t active = 0;
  // Where in LaneScan::out each lane writes its block: with corners of one the difference of the DC coefficients, with
  // corners of two that and three more. Room for kLaneSteps blocks, and zeros in it.
  alignas(64) std::array<uint32_t, kLanes> out{};

  // Lane `lane` begins with the DC coefficient of the MCU's first block.
  void Start(int lane, uint32_t at, uint32_t to, const LaneTables& tables) {
    out[lane] = to;
    position[lane] = at;
    index[lane] = 0;
    block[lane] = 0;
    table[lane] = tables.dc[0];
    shift[lane] = 32 - LaneTables::kDcBits;
  }
  // Its next lookup is that of a DC coefficient.
  bool at_block_start(int lane) const { return shift[lane] == 32 - LaneTables::kDcBits; }
};

// Lookups of each lane between two visits of the caller, an even number. One takes at most 31 bits, two read 8 bytes.
inline constexpr int kLaneSteps = 48;
inline constexpr size_t kLaneReach = kLaneSteps * 31 / 8 + 8;

struct LaneScan {
  const uint8_t* bytes = nullptr;  // the window; kLaneReach bytes behind the furthest position can be read
  const LaneTables* tables = nullptr;
  int blocks = 0;        // of an MCU
  bool corner2 = false;  // keep the zigzag indexes 1, 2 and 4 too
  int16_t* out = nullptr;
  // By block of an MCU.
  std::array<const CanonicalCode*, kMaxMcuBlocks> dc_codes{};
  std::array<const CanonicalCode*, kMaxMcuBlocks> ac_codes{};
};

// Takes kLaneSteps steps of every lane.
using RunLanes = void (*)(const LaneScan& scan, LaneStates& states);

// One lane after the other: what vector code is to do, to the last bit.
void RunLanesPlainly(const LaneScan& scan, LaneStates& states);

// Vector code for this CPU; null where there is none.
RunLanes FindVectorLanes();
// All there is that runs on this CPU, the best first: with the CPU's own gathers, or loads one by one.
std::span<const RunLanes> ListVectorLanes();

// One symbol of a lane without tables, where they had nothing to say: a long DC code, or a block that ends within an
// entry of several symbols. Nothing where it is no code, or moves the index past the block.
struct OddStep {
  uint32_t position = 0;
  uint32_t index = 0;
  uint32_t bits = 0;   // with the value at their top
  uint32_t entry = 0;  // that says how to take it from there
};
std::optional<OddStep> ReadOddSymbol(const LaneScan& scan, uint32_t position, uint32_t index, uint32_t block,
                                     uint32_t table);

// Corner2Places for a vector register to look up in.
inline constexpr auto kCornerPlaces = Corner2Places<16, uint32_t>();

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_LANES_H_
