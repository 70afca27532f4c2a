// The coefficients of a baseline scan that a small picture needs. Private to codecs/jpeg*.
#ifndef TBBTHUMBS_CODECS_JPEG_SCAN_READER_H_
#define TBBTHUMBS_CODECS_JPEG_SCAN_READER_H_

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
#include "codecs/jpeg_scan_bytes.h"
#include "codecs/jpeg_scan_cursor.h"

namespace tbbthumbs {

// Reads a scan of Huffman-coded blocks (SOF0, SOF1), MCU by MCU, and keeps the lowest frequencies; what comes behind
// them in a block is passed over by tables that take several symbols at a time. Accepts only what libjpeg decodes
// without a warning. Single-threaded.
//
// Bounds: an MCU has at most 10 blocks of 64 symbols of at most 31 bits, 2,480 bytes, and a refill reads 8 more;
// ScanCursor::kReach bytes may be read from every place where one begins. Indexes of tables are the top bits of a word.
// Destinations come from loops, never from the stream.
class ScanReader {
 public:
  // `sides`: for each component, of the corner to keep. `frame` must outlive this. `bytes` has a window of at least
  // ScanBytes::kMargin. Nothing where a Huffman table is none.
  static std::optional<ScanReader> Open(const JpegFrame& frame, const std::vector<int>& sides, ScanBytes bytes,
                                        HuffmanTableCache& tables);

  // Reads the next of frame.mcus.height rows. False: the data is damaged or out of the ordinary, and what was read is
  // worth nothing. Errors: those of the source.
  [[nodiscard]] Result<bool> ReadRow();

  const CoefficientRows& rows(int component) const { return rows_.component(component); }

  // After the last row: the scan ends where it should, with less than a byte behind the last block (and perhaps a
  // restart marker, which libjpeg does not mind). In front of restart markers it always does.
  bool exact() const { return exact_; }
  // After the last row: which marker ended it, 0 where the source did or it was not read so far.
  uint8_t end_marker() const { return cursor_.end_marker(); }

 private:
  // One block of an MCU.
  struct Block {
    const DcTable* dc;
    const AcTable* ac;
    BlockPlace place;
  };

  ScanReader(const JpegFrame& frame, ScanBytes bytes) : frame_(&frame), cursor_(std::move(bytes)) {}

  bool ReadMcu(BitCursor& cursor, size_t column);

  const JpegFrame* frame_;
  ScanCursor cursor_;
  std::vector<std::shared_ptr<const DcTable>> dc_tables_;
  std::vector<std::shared_ptr<const AcTable>> ac_tables_;
  McuRow rows_;
  std::vector<Block> blocks_;
  std::array<int, 3> predictions_{};
  int mcus_to_restart_ = 0;
  int rows_read_ = 0;
  bool exact_ = false;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_SCAN_READER_H_
