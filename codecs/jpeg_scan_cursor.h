// A place in a JPEG's scan that moves on over windows and restart intervals. Private to codecs/jpeg*.
#ifndef TBBTHUMBS_CODECS_JPEG_SCAN_CURSOR_H_
#define TBBTHUMBS_CODECS_JPEG_SCAN_CURSOR_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "codecs/error.h"
#include "codecs/jpeg_bits.h"
#include "codecs/jpeg_scan_bytes.h"

namespace tbbthumbs {

// Where a scan ends, seen from a cursor behind its last block.
enum class ScanEnd {
  kHere,     // less than a byte further on
  kRestart,  // the same, but for a restart marker in between
  kLater,    // further on
  kBefore,   // the cursor is past it: what was read last is not there
};

// The bits of a scan from its first one on. Single-threaded.
class ScanCursor {
 public:
  // Bytes that may be read between two calls of Ensure.
  static constexpr size_t kReach = 2560;
  static_assert(kReach <= ScanBytes::kMargin);

  explicit ScanCursor(ScanBytes bytes) : bytes_(std::move(bytes)) {}

  // Goes to the first bit. Errors: the source's, here and below.
  [[nodiscard]] Status Start();

  // Makes sure that kReach bytes from the cursor on may be read; zeros behind the scan's end. False: the cursor is far
  // behind that end, so the data are cut short.
  [[nodiscard]] Result<bool> Ensure() {
    if (bytes_.end() - bits.next >= static_cast<ptrdiff_t>(kReach)) [[likely]]
      return true;
    return EnsureNearEnd();
  }

  // Goes behind the next restart marker. False: none stands here, with less than a byte before it.
  [[nodiscard]] Result<bool> NextInterval();

  // Looks for the end of the scan; for a cursor behind the last block.
  [[nodiscard]] Result<ScanEnd> FindEnd();

  // After kHere and kRestart: of the marker that ends the scan, or of the end of the source.
  uint64_t end_offset() const { return bytes_.end_offset(); }
  // The marker that ends the scan; 0 where the source does, or as long as the end is not known.
  uint8_t end_marker() const { return bytes_.end_marker(); }

  // Whoever decodes takes a copy of this, and puts it back before the next call.
  BitCursor bits;

 private:
  Result<bool> EnsureNearEnd();
  Status MoveWindow();
  ScanEnd Compare(uint64_t end) const;

  ScanBytes bytes_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_SCAN_CURSOR_H_
