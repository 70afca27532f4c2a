// Tables for reading many places of a scan at once. Private to codecs/jpeg*.
#ifndef TBBTHUMBS_CODECS_JPEG_LANE_TABLES_H_
#define TBBTHUMBS_CODECS_JPEG_LANE_TABLES_H_

#include <array>
#include <cstdint>
#include <vector>

#include "codecs/jpeg_frame.h"
#include "codecs/jpeg_huffman.h"

namespace tbbthumbs {

// One lookup: what the bits at the front of a lane's stream say. Laid out for vector code.
struct LaneEntry {
  static constexpr int kLengthShift = 8;
  static constexpr int kAdvanceShift = 16;
  static constexpr int kSizeShift = 24;

  // `bits`: to move on by. `length`: bits before the value. `advance`: of the coefficient's index. `size`: of the
  // value.
  static constexpr uint32_t Make(int bits, int length, int advance, int size) {
    return static_cast<uint32_t>(bits) | static_cast<uint32_t>(length) << kLengthShift |
           static_cast<uint32_t>(advance) << kAdvanceShift | static_cast<uint32_t>(size) << kSizeShift;
  }
  // Moves past any index of a block, and with one up to 63 not into those that have kOdd: an end of block that follows
  // the last coefficient, which belongs to the next block, does get there.
  static constexpr int kEndOfBlock = 129;
  // An index with this bit: the lookup went past the end of the block or found nothing; read again, one symbol.
  static constexpr int kOdd = 64;
  // The code begins with kEscapeBits ones, which are taken; the next lookup is one in the table of long codes.
  static constexpr int kEscapeBits = 5;
  static constexpr uint32_t kEscape = uint32_t{1} << 31;
};

// All tables of a frame in one array, since a lane says by an offset which it looks into. Of each AC code: `kSkip`
// (as many symbols as fit), `kLong` (one symbol whose code begins with kEscapeBits ones, without those), `kSingle` (one
// symbol); of each DC code one.
struct LaneTables {
  static constexpr int kDcBits = 9;
  static constexpr int kSkipBits = 11;
  static constexpr int kLongBits = 11;
  static constexpr int kSingleBits = 10;
  static_assert(kLongBits + LaneEntry::kEscapeBits == 16);
  static_assert(kLongBits == kSkipBits);  // a lane looks into both with the same shift

  // From the offset of an AC code's tables.
  static constexpr uint32_t kSkip = 0;
  static constexpr uint32_t kLong = 1 << kSkipBits;
  static constexpr uint32_t kSingle = kLong + (1 << kLongBits);
  static constexpr uint32_t kAcSize = kSingle + (1 << kSingleBits);
  static constexpr uint32_t kDcSize = 1 << kDcBits;

  std::vector<uint32_t> entries;
  // By block of an MCU: the offsets of its tables, below 65,536.
  std::array<uint32_t, kMaxMcuBlocks> dc{};
  std::array<uint32_t, kMaxMcuBlocks> ac{};
};

// The tables of each code by themselves.
struct LaneDcTable {
  explicit LaneDcTable(const std::vector<HuffmanCodeword>& codes);
  std::vector<uint32_t> entries;
};
struct LaneAcTables {
  explicit LaneAcTables(const std::vector<HuffmanCodeword>& codes);
  std::vector<uint32_t> entries;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_LANE_TABLES_H_
