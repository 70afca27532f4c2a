#include "codecs/png_inflate.h"

#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <limits>

namespace tbbthumbs {
namespace {

constexpr size_t kHeaderBytes = 2;
constexpr uint32_t kDeflate = 8;
constexpr uint32_t kMaxWindowCode = 7;  // 32 KiB
constexpr uint32_t kHasDictionary = 0x20;

// RFC 1950, 2.2. The declared size of the window is not held against the stream: there are writers that understate it.
bool IsZlibHeader(uint32_t method, uint32_t flags) {
  return (method & 0x0F) == kDeflate && method >> 4 <= kMaxWindowCode && (method << 8 | flags) % 31 == 0 &&
         (flags & kHasDictionary) == 0;
}

}  // namespace

struct ZlibInflater::Impl {
  inflate_state isal;
  uint8_t header[kHeaderBytes];
  size_t header_bytes;
  State state;
};

ZlibInflater::ZlibInflater() = default;
ZlibInflater::~ZlibInflater() = default;

void ZlibInflater::Begin() {
  if (impl_ == nullptr) impl_ = std::make_unique<Impl>();
  isal_inflate_init(&impl_->isal);
  // The header is read here; ISA-L has the trailer and compares the checksum.
  impl_->isal.crc_flag = ISAL_ZLIB_NO_HDR_VER;
  impl_->header_bytes = 0;
  impl_->state = State::kGoesOn;
}

void ZlibInflater::SetInput(std::span<const std::byte> input) {
  // ISA-L does not write to it, though its pointer is not to const.
  impl_->isal.next_in = const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(input.data()));
  impl_->isal.avail_in = static_cast<uint32_t>(input.size());
}

size_t ZlibInflater::input_left() const { return impl_->isal.avail_in; }

bool ZlibInflater::holds_output() const { return impl_->isal.tmp_out_valid != impl_->isal.tmp_out_processed; }

ZlibInflater::State ZlibInflater::TakeHeader() {
  inflate_state& isal = impl_->isal;
  while (impl_->header_bytes < kHeaderBytes && isal.avail_in > 0) {
    impl_->header[impl_->header_bytes++] = *isal.next_in++;
    --isal.avail_in;
    if (impl_->header_bytes == kHeaderBytes && !IsZlibHeader(impl_->header[0], impl_->header[1])) return State::kBad;
  }
  return State::kGoesOn;
}

ZlibInflater::State ZlibInflater::Inflate(std::span<std::byte> out, size_t& written) {
  written = 0;
  if (impl_->state != State::kGoesOn) return impl_->state;
  if (impl_->header_bytes < kHeaderBytes) {
    impl_->state = TakeHeader();
    if (impl_->header_bytes < kHeaderBytes || impl_->state == State::kBad) return impl_->state;
  }
  inflate_state& isal = impl_->isal;
  const size_t most = std::min<size_t>(out.size(), std::numeric_limits<int32_t>::max());
  const uint32_t had_input = isal.avail_in;
  isal.next_out = reinterpret_cast<uint8_t*>(out.data());
  isal.avail_out = static_cast<uint32_t>(most);
  const int result = isal_inflate(&isal);
  written = most - isal.avail_out;
  // Input and room, and nothing came of it: it would be the same again.
  const bool stuck = had_input > 0 && isal.avail_in == had_input && most > 0 && written == 0;
  if (result == ISAL_DECOMP_OK && isal.block_state == ISAL_BLOCK_FINISH) {
    impl_->state = State::kEnd;
  } else if (result != ISAL_DECOMP_OK || stuck) {
    impl_->state = State::kBad;
  }
  return impl_->state;
}

}  // namespace tbbthumbs
