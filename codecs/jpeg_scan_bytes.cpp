#include "codecs/jpeg_scan_bytes.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "codecs/jpeg_unstuff_simd.h"

namespace tbbthumbs {
namespace {

constexpr size_t kInputBytes = size_t{64} << 10;
constexpr uint8_t kRestart0 = 0xD0;
// Encoders put one byte of it or none. It fills no window: without a limit, a file of it would be read in one go.
constexpr uint32_t kMaxFilling = 65'536;

}  // namespace

ScanBytes::ScanBytes(ByteSource& source, uint64_t offset, bool restarts, ScanBuffers& buffers, size_t window)
    : source_(source), expects_restarts_(restarts), window_(window), buffers_(buffers), input_offset_(offset) {
  const size_t needed = window_ + kMargin + simd::kUnstuffSlack;
  if (buffers_.clean.size() < needed) buffers_.clean.resize(needed);
}

Status ScanBytes::FillInput() {
  const auto resident = source_.Resident();
  if (input_offset_ + input_size_ < resident.size()) {
    input_ = reinterpret_cast<const uint8_t*>(resident.data()) + input_offset_;
    input_size_ = resident.size() - input_offset_;
    return {};
  }
  // What is left, at most the FF of a marker, moves to the front.
  if (buffers_.input.size() < kInputBytes) buffers_.input.resize(kInputBytes);
  auto* front = reinterpret_cast<uint8_t*>(buffers_.input.data());
  if (input_size_ > 0) std::memmove(front, input_, input_size_);
  auto count = source_.ReadAt(input_offset_ + input_size_, std::span(buffers_.input).subspan(input_size_));
  if (!count) return tl::unexpected<Error>(std::move(count.error()));
  input_ = front;
  if (*count == 0) {
    complete_ = true;
    input_offset_ += input_size_;
    input_size_ = 0;
  }
  input_size_ += *count;
  return {};
}

// input_ begins with FF and another byte.
void ScanBytes::TakeMarker() {
  const uint8_t code = input_[1];
  size_t taken = 2;
  if (code == 0) {
    buffers_.clean[size_++] = 0xFF;
  } else if (code == 0xFF) {
    taken = 1;  // filling before a marker
    if (++filling_ > kMaxFilling) {
      complete_ = true;
      end_marker_ = code;
      return;
    }
  } else if (expects_restarts_ && code == kRestart0 + restart_count_ % 8 && last_restart_ < offset_ + size_) {
    last_restart_ = offset_ + size_;
    restarts_.push_back(last_restart_);
    ++restart_count_;
  } else {
    complete_ = true;
    end_marker_ = code;
    return;
  }
  input_ += taken;
  input_size_ -= taken;
  input_offset_ += taken;
}

Status ScanBytes::Advance(const uint8_t* next) {
  uint8_t* const clean = buffers_.clean.data();
  const size_t passed = static_cast<size_t>(next - clean);
  const size_t kept = size_ > passed ? size_ - passed : 0;
  std::memmove(clean, clean + (size_ - kept), kept);
  offset_ += size_ - kept;
  size_ = kept;
  restarts_.erase(restarts_.begin(), restarts_.begin() + static_cast<ptrdiff_t>(restarts_taken_));
  restarts_taken_ = 0;
  while (size_ < window_ && !complete_) {
    if (input_size_ == 0 || (input_size_ == 1 && input_[0] == 0xFF)) {
      if (Status status = FillInput(); !status) return status;
      continue;
    }
    const size_t count = std::min(input_size_, window_ - size_);
    simd::Unstuffed done = simd::Unstuff(input_, count, clean + size_);
    while (done.taken < count && input_[done.taken] != 0xFF) clean[size_ + done.made++] = input_[done.taken++];
    size_ += done.made;
    input_ += done.taken;
    input_size_ -= done.taken;
    input_offset_ += done.taken;
    if (done.taken < count && input_size_ >= 2) TakeMarker();
  }
  if (complete_) std::memset(clean + size_, 0, kMargin);
  return {};
}

std::optional<uint64_t> ScanBytes::NextRestart() const {
  if (restarts_taken_ == restarts_.size()) return std::nullopt;
  return restarts_[restarts_taken_];
}

std::optional<uint64_t> ScanBytes::TakeRestart() {
  const std::optional<uint64_t> next = NextRestart();
  if (next) ++restarts_taken_;
  return next;
}

}  // namespace tbbthumbs
