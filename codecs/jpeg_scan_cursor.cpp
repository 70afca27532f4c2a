#include "codecs/jpeg_scan_cursor.h"

#include <optional>

namespace tbbthumbs {

Status ScanCursor::Start() {
  if (Status status = bytes_.Advance(bytes_.begin()); !status) return status;
  bits = BitCursor::At(bytes_.begin(), 0);
  return {};
}

Status ScanCursor::MoveWindow() {
  const uint64_t position = bits.Position(bytes_.begin());
  if (Status status = bytes_.Advance(bytes_.begin() + position / 8); !status) return status;
  bits = BitCursor::At(bytes_.begin(), position % 8);
  return {};
}

Result<bool> ScanCursor::EnsureNearEnd() {
  if (!bytes_.complete()) {
    if (Status status = MoveWindow(); !status) return tl::unexpected<Error>(std::move(status.error()));
  }
  const size_t margin = bytes_.complete() ? ScanBytes::kMargin : 0;
  return bytes_.end() - bits.next >= static_cast<ptrdiff_t>(kReach) - static_cast<ptrdiff_t>(margin);
}

// Clean byte `end` is the first one that is not the scan's. What is left of the cursor's byte, up to 7 bits, is
// padding.
ScanEnd ScanCursor::Compare(uint64_t end) const {
  const uint64_t position = bytes_.offset() * 8 + bits.Position(bytes_.begin());
  if (position > end * 8) return ScanEnd::kBefore;
  return end * 8 - position < 8 ? ScanEnd::kHere : ScanEnd::kLater;
}

Result<bool> ScanCursor::NextInterval() {
  std::optional<uint64_t> end = bytes_.TakeRestart();
  if (!end && !bytes_.complete()) {
    if (Status status = MoveWindow(); !status) return tl::unexpected<Error>(std::move(status.error()));
    end = bytes_.TakeRestart();
  }
  // libjpeg warns of bytes that it passes over in search of a restart marker.
  if (!end || Compare(*end) != ScanEnd::kHere) return false;
  bits = BitCursor::At(bytes_.begin(), (*end - bytes_.offset()) * 8);
  return true;
}

Result<ScanEnd> ScanCursor::FindEnd() {
  // The marker that ends the scan may lie behind the window.
  if (!bytes_.complete()) {
    if (Status status = MoveWindow(); !status) return tl::unexpected<Error>(std::move(status.error()));
  }
  const uint64_t end = bytes_.offset() + static_cast<uint64_t>(bytes_.end() - bytes_.begin());
  // A restart marker that no interval asked for is one that libjpeg would not have read past.
  const std::optional<uint64_t> restart = bytes_.NextRestart();
  const ScanEnd found = Compare(restart.value_or(end));
  if (found != ScanEnd::kHere) return found;
  if (!bytes_.complete()) return ScanEnd::kLater;
  if (!restart) return ScanEnd::kHere;
  return *restart == end ? ScanEnd::kRestart : ScanEnd::kLater;
}

}  // namespace tbbthumbs
