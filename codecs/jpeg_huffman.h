// The Huffman codes of a JPEG as tables to look up, for readers that want few of the coefficients (ITU-T T.81, Annexes
// C and F). Private to codecs/jpeg*.
#ifndef TBBTHUMBS_CODECS_JPEG_HUFFMAN_H_
#define TBBTHUMBS_CODECS_JPEG_HUFFMAN_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace tbbthumbs {

struct LaneDcTable;   // codecs/jpeg_lane_tables.h
struct LaneAcTables;  // codecs/jpeg_lane_tables.h

// A code as a DHT segment defines it.
struct HuffmanSpec {
  std::array<uint8_t, 16> counts{};    // of codes of 1..16 bits
  std::array<uint8_t, 256> symbols{};  // of all codes, shortest first; what is behind them is 0
  friend bool operator==(const HuffmanSpec&, const HuffmanSpec&) = default;
};

// One code and the symbol it stands for.
struct HuffmanCodeword {
  uint32_t bits = 0;  // the code, in the low `length` bits
  int length = 0;     // 1..16
  uint8_t symbol = 0;
};

// All codes of `spec` in ascending order (Annex C, Generate_size_table and Generate_code_table). Nothing where it
// defines more codes of a length than there are, or one of ones only.
std::optional<std::vector<HuffmanCodeword>> AssignCodes(const HuffmanSpec& spec);
// The same of a code for DC. Nothing also where it has a symbol over 15: libjpeg refuses that even if it is never used.
std::optional<std::vector<HuffmanCodeword>> AssignDcCodes(const HuffmanSpec& spec);

// What the bits at the front of the stream say.
struct HuffmanSymbol {
  uint8_t length = 0;  // of the code; 0: no code begins like this
  uint8_t symbol = 0;
};

// Reads one symbol, bit by bit: for codes that are too long for the tables.
class CanonicalCode {
 public:
  explicit CanonicalCode(const std::vector<HuffmanCodeword>& codes);
  // `window`: the next 16 bits of the stream.
  HuffmanSymbol Find(uint32_t window) const;

 private:
  std::array<int32_t, 17> last_{};    // by length: the largest code, -1 where there is none
  std::array<int32_t, 17> offset_{};  // by length: from a code to the place of its symbol
  std::array<uint8_t, 256> symbols_{};
};

// An entry of a table for one symbol, by the bits at the front of the stream. Zero: not in the table, see
// CanonicalCode.
class SymbolEntry {
 public:
  constexpr SymbolEntry() = default;
  constexpr SymbolEntry(int length, int size, int advance)
      : bits_(static_cast<uint32_t>(length + size) | static_cast<uint32_t>(advance) << 8 |
              static_cast<uint32_t>(size) << 16 | static_cast<uint32_t>(length) << 24) {}

  explicit constexpr operator bool() const { return bits_ != 0; }
  // Bits of the code and of the value behind it: at most 31. Above them, from bit 8 on, how far it moves the
  // coefficient's index.
  constexpr uint64_t step() const { return bits_ & 0xFFFF; }
  constexpr int bits() const { return static_cast<int>(bits_ & 0xFF); }
  constexpr int advance() const { return static_cast<int>(bits_ >> 8 & 0xFF); }
  constexpr int size() const { return static_cast<int>(bits_ >> 16 & 0xFF); }
  constexpr int length() const { return static_cast<int>(bits_ >> 24); }

 private:
  uint32_t bits_ = 0;
};

// How far an end of block moves the index: past any that a block has.
inline constexpr int kEndOfBlock = 128;

// DC: a symbol is the size of a difference.
struct DcTable {
  static constexpr int kWindowBits = 10;
  std::array<SymbolEntry, 1 << kWindowBits> symbols;  // of advance 0; sizes up to kMaxSize
  CanonicalCode code;

  // Larger differences do not occur in 8-bit pictures (Table F.1).
  static constexpr int kMaxSize = 11;

  explicit DcTable(const std::vector<HuffmanCodeword>& codes);
};

// AC: a symbol is a run of zeros and the size of the coefficient behind them.
struct AcTable {
  // One symbol with its value.
  static constexpr int kWindowBits = 10;
  std::array<SymbolEntry, 1 << kWindowBits> symbols;

  // As many symbols as fit, without their values: bits in the low byte (at most kSkipBits + 15), above it how far they
  // move the index: 63 at most, or 62 and an end of block, which is the last one then. 12 bits were the fastest of 11,
  // 12, 13 and 15 on photographs.
  static constexpr int kSkipBits = 12;
  std::array<uint16_t, 1 << kSkipBits> skips;
  // Of a skip entry whose first code is longer than that: no bits, and further than an end of block.
  static constexpr uint16_t kLongCode = 200 << 8;

  CanonicalCode code;

  explicit AcTable(const std::vector<HuffmanCodeword>& codes);
};

// The index is moved by a run of zeros and the coefficient behind them, by 16 zeros, or by an end of block.
constexpr int AdvanceOf(uint8_t symbol) {
  const int run = symbol >> 4;
  const int size = symbol & 15;
  return size != 0 || run == 15 ? run + 1 : kEndOfBlock;
}

// Tables by the code they belong to, the most recently used kept: files of one camera have the same codes, and making
// an AC table takes as long as decoding 3,000 blocks. Not thread-safe; part of a Workspace.
class HuffmanTableCache {
 public:
  // Shared, so that a table in use outlives its place in the cache. Null where `spec` is no code, or one of DC with a
  // symbol over 15.
  std::shared_ptr<const DcTable> Dc(const HuffmanSpec& spec);
  std::shared_ptr<const AcTable> Ac(const HuffmanSpec& spec);
  std::shared_ptr<const LaneDcTable> LaneDc(const HuffmanSpec& spec);
  std::shared_ptr<const LaneAcTables> LaneAc(const HuffmanSpec& spec);

 private:
  static constexpr size_t kMaxEntries = 16;

  template <class Table>
  struct Entry {
    HuffmanSpec spec;
    std::shared_ptr<const Table> table;
  };
  template <class Table, class Assign>
  static std::shared_ptr<const Table> Get(std::vector<Entry<Table>>& entries, const HuffmanSpec& spec, Assign&& assign);

  std::vector<Entry<DcTable>> dc_;  // the last used first
  std::vector<Entry<AcTable>> ac_;
  std::vector<Entry<LaneDcTable>> lane_dc_;
  std::vector<Entry<LaneAcTables>> lane_ac_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_HUFFMAN_H_
