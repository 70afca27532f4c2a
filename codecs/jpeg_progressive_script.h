// What a progressive JPEG says between its scans. Private to codecs/jpeg*.
#ifndef TBBTHUMBS_CODECS_JPEG_PROGRESSIVE_SCRIPT_H_
#define TBBTHUMBS_CODECS_JPEG_PROGRESSIVE_SCRIPT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "codecs/byte_source.h"
#include "codecs/error.h"
#include "codecs/jpeg_frame.h"
#include "codecs/jpeg_headers.h"
#include "codecs/jpeg_huffman.h"
#include "codecs/limits.h"

namespace tbbthumbs {

// The header of one scan (T.81, B.2.3 and G.1.1.1).
struct ProgressiveScan {
  struct Part {
    int component = 0;  // index in the frame
    int dc_table = 0;   // 0..3
    int ac_table = 0;
  };
  std::vector<Part> parts;  // 1..3, in the order of the frame
  // Zigzag indexes: 0 and 0, or a band of 1..63 of one component.
  int first = 0;
  int last = 0;
  // The bits of the coefficients below `high` are known; after this scan those below `low` are not. 0 for `high`: the
  // coefficients were not seen before.
  int high = 0;
  int low = 0;
  int restart_interval = 0;  // MCUs of this scan, 0: none
  uint64_t data_offset = 0;  // of its first byte in the source

  bool is_dc() const { return first == 0; }
};

// How exactly the coefficients of each component are known.
class Progression {
 public:
  static constexpr int kUnknown = -1;

  explicit Progression(size_t components);

  // Takes note of `scan`. False where libjpeg would refuse it, or warn of it: bits that were there already or are left
  // out, AC before DC.
  [[nodiscard]] bool Accept(const ProgressiveScan& scan);

  // The lowest bit that is known of a coefficient, by zigzag index. 0: it is exact.
  int low_bit(int component, int index) const { return low_bits_[component][index]; }

 private:
  std::vector<std::array<int8_t, 64>> low_bits_;
};

// The bytes of a source in order, in pieces. What is resident is used in place, the rest read in pieces of 64 KiB.
class SourceBytes {
 public:
  explicit SourceBytes(ByteSource& source) : source_(source) {}

  // The bytes from `offset` on: `wanted` of them, at most 64 KiB, or more; fewer only at the end of the source. Valid
  // until the next call. Errors: the source's.
  [[nodiscard]] Result<std::span<const uint8_t>> At(uint64_t offset, size_t wanted);

 private:
  ByteSource& source_;
  std::vector<std::byte> buffer_;
  uint64_t buffer_offset_ = 0;
};

// Walks from scan to scan. Holds the tables as the segments so far have left them. Single-threaded.
class ProgressiveScript {
 public:
  // After libjpeg has read the header of the file, up to where the data of the first scan begin (`data_offset`). `info`
  // is read here and not later; the others must outlive this.
  ProgressiveScript(const jpeg_decompress_struct& info, uint64_t data_offset, ByteSource& source, const Watch& watch,
                    const DecodeLimits& limits);

  // The scan whose data come next: at first that of the header. Nothing: out of the ordinary.
  const std::optional<ProgressiveScan>& scan() const { return scan_; }

  // Where the data of scan() end, without decoding them: at a marker, or at the end of the source.
  [[nodiscard]] Result<uint64_t> FindScanEnd();

  // Reads on from the marker at `offset` to the next scan. Without one, or where the file is out of the ordinary,
  // scan() is nothing afterwards. Errors: the source's, the watch's, kTooLarge where the scans are too many.
  [[nodiscard]] Status ToNextScan(uint64_t offset);

  // The tables of a slot 0..3; nothing where none was defined.
  const std::optional<HuffmanSpec>& dc_table(int slot) const { return dc_tables_[slot]; }
  const std::optional<HuffmanSpec>& ac_table(int slot) const { return ac_tables_[slot]; }
  // Of a component, as the frame's header names its slot; in natural order.
  const std::optional<std::array<uint16_t, 64>>& quant_table(int component) const {
    return quant_tables_[components_[component].quant_table];
  }

 private:
  struct Component {
    int id = 0;
    int quant_table = 0;
    int mcu_blocks = 0;  // where it is not alone in its scan
  };
  using Segment = std::span<const uint8_t>;  // behind its length

  std::optional<ProgressiveScan> FirstScan(const jpeg_decompress_struct& info, uint64_t data_offset) const;
  std::optional<ProgressiveScan> ReadScanHeader(Segment segment) const;
  bool IsUsual(const ProgressiveScan& scan) const;
  bool ReadSegment(uint8_t marker, Segment segment);
  bool ReadHuffmanTables(Segment segment);
  bool ReadQuantTables(Segment segment);
  Status PollSometimes(uint64_t offset);

  SourceBytes bytes_;
  const Watch& watch_;
  const DecodeLimits& limits_;
  std::vector<Component> components_;
  std::array<std::optional<HuffmanSpec>, 4> dc_tables_;
  std::array<std::optional<HuffmanSpec>, 4> ac_tables_;
  std::array<std::optional<std::array<uint16_t, 64>>, 4> quant_tables_;
  int restart_interval_ = 0;
  std::optional<ProgressiveScan> scan_;
  Size size_;
  uint64_t scans_ = 0;
  uint64_t segments_ = 0;
  uint64_t polled_at_ = 0;  // offset
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_PROGRESSIVE_SCRIPT_H_
