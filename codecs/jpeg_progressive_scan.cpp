#include "codecs/jpeg_progressive_scan.h"

#include <algorithm>
#include <array>
#include <utility>

#include "codecs/jpeg_bits.h"
#include "codecs/jpeg_coefficients.h"
#include "codecs/jpeg_huffman.h"
#include "codecs/jpeg_progressive_tables.h"
#include "codecs/jpeg_scan_cursor.h"

namespace tbbthumbs {
namespace {

// Blocks between two looks at the watch: about 100 us of work.
constexpr int64_t kBlocksBetweenPolls = 16'384;

// One block of an MCU: where its coefficients are.
struct McuBlock {
  size_t part;  // of the scan
  CoefficientPlane* plane;
  int dx, dy;  // in the MCU
  int h, v;    // of the MCU, in blocks of this component

  int16_t* At(int x, int y) const { return plane->block(x * h + dx, y * v + dy); }
  size_t step() const { return static_cast<size_t>(h) * plane->kept(); }  // from MCU to MCU
};

// The MCUs of a scan (T.81, A.2): a component alone is coded block by block, without those of the padding.
struct ScanGeometry {
  Size mcus;
  std::vector<McuBlock> blocks;

  ScanGeometry(const JpegFrame& frame, const ProgressiveScan& scan, std::vector<CoefficientPlane>& planes) {
    const bool alone = scan.parts.size() == 1;
    mcus = alone ? frame.components[scan.parts[0].component].blocks : frame.mcus;
    for (size_t i = 0; i < scan.parts.size(); ++i) {
      const int c = scan.parts[i].component;
      const int h = alone ? 1 : frame.components[c].h;
      const int v = alone ? 1 : frame.components[c].v;
      for (int dy = 0; dy < v; ++dy) {
        for (int dx = 0; dx < h; ++dx) blocks.push_back({i, &planes[c], dx, dy, h, v});
      }
    }
  }
};

// Some MCUs of a row as the coders of DC see them.
struct McuRun {
  struct Target {
    int16_t* first = nullptr;  // coefficient of the block in the first MCU
    size_t step = 0;           // from MCU to MCU
  };
  std::array<Target, kMaxMcuBlocks> targets{};
  size_t blocks = 0;  // of an MCU
  size_t count;       // MCUs

  McuRun(const ScanGeometry& geometry, int x, int y, int mcus) : count(static_cast<size_t>(mcus)) {
    for (const McuBlock& block : geometry.blocks) targets[blocks++] = {block.At(x, y), block.step()};
  }

  // Of MCUs of one block: those in front, as MCUs of `size` blocks. Fewer than `size` are left.
  McuRun TakeGroups(size_t size) {
    McuRun groups = *this;
    groups.blocks = size;
    groups.count = count / size;
    for (size_t k = 0; k < size && groups.count > 0; ++k) {
      groups.targets[k] = {targets[0].first + k * targets[0].step, targets[0].step * size};
    }
    targets[0].first += groups.count * size * targets[0].step;
    count %= size;
    return groups;
  }
};

// Symbols that are read between two refills; one that is not in the table refills by itself.
constexpr size_t kSymbolsPerRefill = BitCursor::kRefilled / ValueTable::kWindowBits;
constexpr size_t kMaxSymbolBits = 31;

// Zero where no symbol comes next.
[[gnu::always_inline]] inline CodedValue NextValue(BitCursor& cursor, const ValueTable& table) {
  CodedValue coded = table[cursor.Window(ValueTable::kWindowBits)];
  if (!coded) [[unlikely]] {
    cursor.Refill();
    coded = table.Find(cursor);
    cursor.Consume(coded.bits());
    cursor.Refill();
  } else {
    cursor.Consume(coded.bits());
  }
  return coded;
}

// Coders: Decode reads `count` MCUs of row y from column x on. False: damaged.

// The first sight of DC coefficients (T.81, G.1.2.1).
class DcFirst {
 public:
  static constexpr int kRun = 64;
  static_assert((kRun * kMaxMcuBlocks * kMaxSymbolBits + 63) / 8 + 8 <= ScanCursor::kReach);
  static constexpr int run() { return kRun; }

  DcFirst(const ScanGeometry& geometry, const ProgressiveScan& scan, std::vector<ValueTable> tables)
      : geometry_(geometry), tables_(std::move(tables)), low_(scan.low) {
    block_tables_.fill(&tables_[0]);
    for (size_t k = 0; k < geometry.blocks.size(); ++k) {
      block_parts_[k] = geometry.blocks[k].part;
      block_tables_[k] = &tables_[block_parts_[k]];
    }
  }
  DcFirst(const DcFirst&) = delete;
  DcFirst& operator=(const DcFirst&) = delete;

  void Restart() { predictions_ = {}; }

  bool Decode(BitCursor& shared, int x, int y, int count) {
    BitCursor cursor = shared;
    McuRun run(geometry_, x, y, count);
    if (run.blocks == 1 && !Read(cursor, run.TakeGroups(kSymbolsPerRefill))) return false;
    if (!Read(cursor, run)) return false;
    shared = cursor;
    return ArePlausible(predictions_);
  }

 private:
  [[gnu::always_inline]] bool Read(BitCursor& cursor, const McuRun& run) {
    for (size_t i = 0; i < run.count; ++i) {
      for (size_t k = 0; k < run.blocks; ++k) {
        if (k % kSymbolsPerRefill == 0) cursor.Refill();
        const CodedValue coded = NextValue(cursor, *block_tables_[k]);
        if (!coded) return false;
        int& prediction = predictions_[block_parts_[k]];
        prediction += coded.value();
        // As libjpeg shifts: what does not fit in a coefficient is lost.
        run.targets[k].first[i * run.targets[k].step] = static_cast<int16_t>(static_cast<uint32_t>(prediction) << low_);
      }
    }
    return true;
  }

  const ScanGeometry& geometry_;
  const std::vector<ValueTable> tables_;
  const int low_;
  // Of the blocks of an MCU.
  std::array<size_t, kMaxMcuBlocks> block_parts_{};
  std::array<const ValueTable*, kMaxMcuBlocks> block_tables_{};
  std::array<int, 3> predictions_{};  // of the parts
};

// One more bit of DC coefficients (G.1.2.1.1).
class DcRefinement {
 public:
  static constexpr int kRun = 1024;
  static_assert((kRun * kMaxMcuBlocks + 63) / 8 + 8 <= ScanCursor::kReach);
  static constexpr int run() { return kRun; }

  DcRefinement(const ScanGeometry& geometry, const ProgressiveScan& scan) : geometry_(geometry), low_(scan.low) {}

  void Restart() {}

  bool Decode(BitCursor& shared, int x, int y, int count) {
    BitCursor cursor = shared;
    McuRun run(geometry_, x, y, count);
    if (run.blocks == 1) Read(cursor, run.TakeGroups(kMaxMcuBlocks));
    Read(cursor, run);
    shared = cursor;
    return true;
  }

 private:
  [[gnu::always_inline]] void Read(BitCursor& cursor, const McuRun run) const {
    const int bit = 1 << low_;
    for (size_t i = 0; i < run.count; ++i) {
      cursor.Refill();
      auto bits = static_cast<int64_t>(cursor.bits);
      for (size_t k = 0; k < run.blocks; ++k) {
        int16_t& coefficient = run.targets[k].first[i * run.targets[k].step];
        coefficient = static_cast<int16_t>(coefficient | (static_cast<int>(bits >> 63) & bit));
        bits = static_cast<int64_t>(static_cast<uint64_t>(bits) << 1);
      }
      cursor.Consume(run.blocks);
    }
  }

  const ScanGeometry& geometry_;
  const int low_;
};

// The first sight of a band of AC coefficients (G.1.2.2) of which those of a corner of 2 x 2 are kept. How many symbols
// a block has can't be foretold: the loop is over symbols, and goes from block to block without a branch.
class AcFirst {
 public:
  AcFirst(const ScanGeometry& geometry, const ProgressiveScan& scan, ValueTable table)
      : block_(geometry.blocks[0]), table_(table), start_(scan.first - 1), last_(scan.last) {}

  // A symbol has at most 31 bits, a block one for each coefficient and an end.
  int run() const {
    return static_cast<int>((ScanCursor::kReach - 16) * 8 / (kMaxSymbolBits * static_cast<size_t>(last_ - start_ + 1)));
  }

  void Restart() { empty_blocks_ = 0; }

  bool Decode(BitCursor& shared, int x, int y, int count) {
    int16_t* const corners = block_.At(x, y);
    BitCursor cursor = shared;
    int16_t dump = 0;
    int at = empty_blocks_;
    int index = start_;
    bool ok = true;
    while (at < count) {
      cursor.Refill();
      for (size_t i = 0; i < kSymbolsPerRefill && at < count; ++i) {
        const CodedValue coded = NextValue(cursor, table_);
        if (!coded) return false;
        const int value = coded.value();
        index += coded.advance();
        const size_t place = kPlaces[index];
        *(place != 0 ? corners + static_cast<size_t>(at) * 4 + place : &dump) = static_cast<int16_t>(value);
        const bool band_ends = index >= kEndOfBlock;
        const bool block_ends = index >= last_;
        ok &= band_ends || index <= last_;
        at += static_cast<int>(block_ends) + (value & -static_cast<int>(band_ends));
        index = start_ + ((index - start_) & (static_cast<int>(block_ends) - 1));
      }
    }
    empty_blocks_ = at - count;
    shared = cursor;
    return ok;
  }

 private:
  // By zigzag index: the place in the corner, 0 for all that is not kept. Ends of the band are not, either: those are
  // up to 62 + kEndOfBlock.
  static constexpr std::array<uint8_t, 256> kPlaces = Corner2Places<256>();

  const McuBlock block_;
  const ValueTable table_;
  const int start_;
  const int last_;
  int empty_blocks_ = 0;
};

// Errors and results as DecodeProgressiveScan.
template <class Coder>
Result<std::optional<uint64_t>> Decode(const ScanGeometry& geometry, int restart_interval, ScanBytes bytes,
                                       const Watch& watch, Coder& coder) {
  using End = std::optional<uint64_t>;
  const auto failed = [](Error& error) { return tl::unexpected<Error>(std::move(error)); };
  ScanCursor cursor(std::move(bytes));
  if (Status status = cursor.Start(); !status) return failed(status.error());
  const int interval = restart_interval > 0 ? restart_interval : INT32_MAX;
  int mcus_to_restart = interval;
  int64_t blocks_to_poll = kBlocksBetweenPolls;
  for (int y = 0; y < geometry.mcus.height; ++y) {
    for (int x = 0; x < geometry.mcus.width;) {
      if (mcus_to_restart == 0) {
        auto found = cursor.NextInterval();
        if (!found) return failed(found.error());
        if (!*found) return End();
        coder.Restart();
        mcus_to_restart = interval;
      }
      const int count = std::min({geometry.mcus.width - x, mcus_to_restart, coder.run()});
      auto enough = cursor.Ensure();
      if (!enough) return failed(enough.error());
      if (!*enough || !coder.Decode(cursor.bits, x, y, count)) return End();
      x += count;
      if (restart_interval > 0) mcus_to_restart -= count;
    }
    blocks_to_poll -= int64_t{geometry.mcus.width} * static_cast<int64_t>(geometry.blocks.size());
    if (blocks_to_poll > 0) continue;
    blocks_to_poll = kBlocksBetweenPolls;
    if (Status status = watch.Poll(); !status) return failed(status.error());
  }
  auto end = cursor.FindEnd();
  if (!end) return failed(end.error());
  return *end == ScanEnd::kHere ? End(cursor.end_offset()) : End();
}

}  // namespace

Result<std::optional<uint64_t>> DecodeProgressiveScan(const JpegFrame& frame, const ProgressiveScan& scan,
                                                      const ProgressiveScript& script, ScanBytes bytes,
                                                      const Watch& watch, std::vector<CoefficientPlane>& planes) {
  using End = std::optional<uint64_t>;
  const ScanGeometry geometry(frame, scan, planes);
  if (!scan.is_dc()) {
    const std::optional<HuffmanSpec>& spec = script.ac_table(scan.parts[0].ac_table);
    const auto codes = spec ? AssignCodes(*spec) : std::nullopt;
    if (!codes) return End();
    AcFirst coder(geometry, scan, ValueTable(*codes, SymbolKind::kBand, scan.low));
    return Decode(geometry, scan.restart_interval, std::move(bytes), watch, coder);
  }
  if (scan.high > 0) {
    DcRefinement coder(geometry, scan);
    return Decode(geometry, scan.restart_interval, std::move(bytes), watch, coder);
  }
  std::vector<ValueTable> tables;
  for (const ProgressiveScan::Part& part : scan.parts) {
    const std::optional<HuffmanSpec>& spec = script.dc_table(part.dc_table);
    const auto codes = spec ? AssignDcCodes(*spec) : std::nullopt;
    if (!codes) return End();
    tables.emplace_back(*codes, SymbolKind::kDc, scan.low);
  }
  DcFirst coder(geometry, scan, std::move(tables));
  return Decode(geometry, scan.restart_interval, std::move(bytes), watch, coder);
}

}  // namespace tbbthumbs
