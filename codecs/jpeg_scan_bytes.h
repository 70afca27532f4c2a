// The entropy-coded bytes of a JPEG's scan, without what the markers put between them. Private to codecs/jpeg*.
#ifndef TBBTHUMBS_CODECS_JPEG_SCAN_BYTES_H_
#define TBBTHUMBS_CODECS_JPEG_SCAN_BYTES_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "codecs/byte_source.h"
#include "codecs/error.h"

namespace tbbthumbs {

// Memory of a ScanBytes, kept from picture to picture.
struct ScanBuffers {
  std::vector<std::byte> input;
  std::vector<uint8_t> clean;
  std::vector<int16_t> coefficients;
};

// A window that moves over one scan: a zero after FF is taken out, and so are restart markers, whose places are noted.
// The scan ends with any other marker, with a restart marker out of turn or without a byte before it, with too much
// filling (FF before a marker), or with the source. Single-threaded.
class ScanBytes {
 public:
  // Bytes behind end() that may be read: zeros where the scan ends there, of no meaning else.
  static constexpr size_t kMargin = 4096;
  static constexpr size_t kDefaultWindow = size_t{256} << 10;

  // The scan begins at `offset` of the source, which must outlive this, as must `buffers`. `restarts`: restart markers
  // may occur.
  ScanBytes(ByteSource& source, uint64_t offset, bool restarts, ScanBuffers& buffers, size_t window = kDefaultWindow);

  // Moves the window on to begin with byte `next` of the one before, and fills it up. Pointers into it are invalid
  // afterwards. Errors: kIo and whatever the source has.
  [[nodiscard]] Status Advance(const uint8_t* next);

  const uint8_t* begin() const { return buffers_.clean.data(); }
  const uint8_t* end() const { return begin() + size_; }
  // Where begin() is in the clean bytes of the scan.
  uint64_t offset() const { return offset_; }
  // Bytes from begin() to the end of the source, stuffing and what follows the scan among them.
  uint64_t bytes_left() const { return size_ + (source_.size() - std::min(source_.size(), input_offset_)); }
  // The scan ends at end(). Else the window is full and the scan goes on.
  bool complete() const { return complete_; }
  // The marker that ends the scan: FF where filling does, 0 where the source does, or before complete().
  uint8_t end_marker() const { return end_marker_; }
  // Once complete: the place of that marker in the source, or the end of the source.
  uint64_t end_offset() const { return input_offset_; }

  // Where in the clean bytes the next restart marker stood, in order. Nothing where none is known in the window.
  std::optional<uint64_t> NextRestart() const;
  // The same, and passes over it.
  std::optional<uint64_t> TakeRestart();

 private:
  Status FillInput();
  void TakeMarker();

  ByteSource& source_;
  const bool expects_restarts_;
  const size_t window_;
  ScanBuffers& buffers_;
  // What is not unstuffed yet: a part of the source that is in memory, or of buffers_.input.
  const uint8_t* input_ = nullptr;
  size_t input_size_ = 0;
  uint64_t input_offset_;  // of input_[0] in the source
  size_t size_ = 0;        // of the window
  uint64_t offset_ = 0;
  uint32_t filling_ = 0;  // bytes of it so far
  bool complete_ = false;
  uint8_t end_marker_ = 0;
  std::vector<uint64_t> restarts_;  // of which some are taken
  size_t restarts_taken_ = 0;
  uint64_t restart_count_ = 0;
  uint64_t last_restart_ = 0;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_SCAN_BYTES_H_
