// The coefficients of a baseline scan, read at many places at once. Private to codecs/jpeg*.
#ifndef TBBTHUMBS_CODECS_JPEG_LANE_READER_H_
#define TBBTHUMBS_CODECS_JPEG_LANE_READER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "codecs/error.h"
#include "codecs/jpeg_bits.h"
#include "codecs/jpeg_coefficients.h"
#include "codecs/jpeg_frame.h"
#include "codecs/jpeg_lane_tables.h"
#include "codecs/jpeg_lanes.h"
#include "codecs/jpeg_scan_bytes.h"

namespace tbbthumbs {

// How a LaneReader cuts a scan; as it is, what suits photographs.
struct LaneTuning {
  // Bytes after which 99 % of guesses are right (4:2:0, the slowest sampling; a wrong one costs one chunk).
  uint64_t warm_up = 1024;
  // Chunks that are guessed: more than there are lanes, since those with flat parts of the picture take longer.
  uint64_t chunk_bytes = size_t{20} << 10;
  uint64_t min_chunks = kLanes;
  uint64_t max_chunks = 2 * kLanes;
  // Of a window so many bytes are used that about so many values come of it: what the cache holds. It takes a flat
  // picture to make more of a whole one.
  uint64_t window_values = size_t{512} << 10;
  // Windows of fewer bytes are read one block after the other, and so are intervals whose mean is shorter: the lanes
  // would begin and end more than they read.
  uint64_t min_window = size_t{96} << 10;
  uint64_t min_interval = 768;
  // Lanes that are slower together than one block after the other.
  int few_lanes = 10;
};

// What a LaneReader has done so far.
struct LaneCounts {
  uint64_t windows = 0;
  uint64_t chunks = 0;
  uint64_t wrong_guesses = 0;  // chunks that were read anew
  uint64_t lane_blocks = 0;    // that lanes read, or began, in chunks that were right
  uint64_t failed_lanes = 0;   // that met what is no code, or more blocks than there are
  uint64_t moved_chunks = 0;   // for which room had to be found again
  friend bool operator==(const LaneCounts&, const LaneCounts&) = default;
};

// Does what ScanReader does, with vector code: the scan is cut into chunks, each lane reads one after the other.
//
// Where restart markers stand close a chunk is what lies between two of them. Elsewhere Huffman codes find into step by
// themselves: reading that begins at any byte, as if a block of the MCU began there, is nearly always right after a few
// hundred bytes. A chunk begins where such reading ends after LaneTuning::warm_up bytes, and this guess is proven
// before anything comes of it: the chunk before has to end at that very bit, between two MCUs. Where it does not, the
// chunk is read anew, from the right place on.
//
// Single-threaded.
class LaneReader {
 public:
  // Scans of fewer bytes are read sooner one block after the other.
  static constexpr uint64_t kMinBytes = size_t{192} << 10;
  // Bytes of the scan that are read at once, and so what this holds: those, and the coefficients in them.
  static constexpr size_t kWindow = size_t{512} << 10;
  // Values held for one window: 4 MiB. Photographs take a quarter.
  static constexpr size_t kMaxValues = size_t{2} << 20;

  // As ScanReader::Open; `run` is not null. `bytes` has a window of kWindow at most, and of more than
  // ScanBytes::kMargin. `coefficients` is scratch memory.
  static std::optional<LaneReader> Open(const JpegFrame& frame, const std::vector<int>& sides, ScanBytes bytes,
                                        HuffmanTableCache& tables, RunLanes run, std::vector<int16_t>& coefficients,
                                        const LaneTuning& tuning = {});

  // As ScanReader::ReadRow. False also where reading at many places is not worth it, where it would hold too much, and
  // where many bytes are behind the last block.
  [[nodiscard]] Result<bool> ReadRow();
  const CoefficientRows& rows(int component) const { return rows_.component(component); }
  bool exact() const { return exact_; }
  uint8_t end_marker() const { return bytes_.complete() ? bytes_.end_marker() : uint8_t{0}; }
  const LaneCounts& counts() const { return counts_; }

 private:
  // A place in the scan, between two blocks or within one. Positions are bits from the window's first byte.
  struct Place {
    BitCursor cursor;
    size_t block = 0;  // of the MCU
    bool within = false;
  };

  // A part of the window that one lane reads.
  struct Chunk {
    uint64_t begin = 0;
    uint64_t end = 0;       // where the next one begins, or the data end
    bool guessed = false;   // that it begins there
    bool restarts = false;  // an interval begins, and predictions anew
    bool ends_interval = false;
    // The values read so far: `read` blocks of them in coefficients_, with room for so many values.
    size_t offset = 0;
    size_t room = 0;
    uint64_t read = 0;
    Place place;  // where reading has come to
  };

  LaneReader(const JpegFrame& frame, ScanBytes bytes, RunLanes run, std::vector<int16_t>& coefficients,
             const LaneTuning& tuning)
      : frame_(&frame), bytes_(std::move(bytes)), run_(run), tuning_(tuning), coefficients_(&coefficients) {}

  Result<bool> ReadWindow();
  bool PlanChunks();
  void PlanInterval(uint64_t begin, uint64_t end, uint64_t chunk_bits);
  std::optional<uint64_t> FindStart(uint64_t guess, uint64_t end) const;
  size_t RoomFor(size_t blocks) const;
  void MakeRoom(Chunk& chunk, size_t blocks);
  void Forget(Chunk& chunk);
  bool RunChunks();
  bool JoinChunks();
  bool ReadOn(Chunk& chunk);

  const JpegFrame* frame_;
  ScanBytes bytes_;
  RunLanes run_;
  LaneTuning tuning_;
  std::vector<int16_t>* coefficients_;  // of all chunks
  size_t coefficients_used_ = 0;
  std::vector<std::shared_ptr<const DcTable>> dc_tables_;  // by component
  std::vector<std::shared_ptr<const AcTable>> ac_tables_;
  LaneTables tables_;
  LaneScan scan_;
  McuRow rows_;
  size_t stride_ = 1;  // values of a block in a chunk

  std::vector<Chunk> chunks_;  // of the window
  size_t chunk_ = 0;           // the one of which MCUs are handed out
  uint64_t block_in_chunk_ = 0;
  uint64_t next_position_ = 0;  // of the first bit behind the chunks
  uint64_t blocks_left_ = 0;    // of the scan, behind the chunks
  // Between two restarts, or in the whole scan; and how many of them are behind the chunks, 0 between two intervals.
  uint64_t interval_blocks_ = 0;
  uint64_t interval_left_ = 0;
  bool to_scan_end_ = false;  // the chunks reach there
  std::array<int, 3> predictions_{};
  bool exact_ = false;
  LaneCounts counts_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_LANE_READER_H_
