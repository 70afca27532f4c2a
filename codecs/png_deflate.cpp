#include "codecs/png_deflate.h"

#include <isa-l/igzip_lib.h>
#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <limits>

namespace tbbthumbs {
namespace {

// They count in 32 bits.
constexpr size_t kMostForIsalAndZlib = size_t{1} << 30;
// What they are given between two looks at the watch: some milliseconds' work of the one, up to 0.1 s of the other.
// Their streams are the same as of all at once.
constexpr size_t kIsalPieceBytes = size_t{4} << 20;
constexpr size_t kZlibPieceBytes = size_t{1} << 20;
// A window of 32 KiB, no dictionary, "fastest"; a multiple of 31.
constexpr std::array<uint8_t, 2> kFastHeader = {0x78, 0x01};
constexpr size_t kTrailerBytes = 4;

// libdeflate's levels that look for the best way through all matches, and what its compressors take.
constexpr size_t kFirstSlowLevel = 10;
constexpr size_t kCompressorBytes = size_t{700} << 10;
constexpr size_t kSlowCompressorBytes = size_t{9} << 20;

// Stored blocks cost 5 bytes for 64 KiB each; ISA-L wants some room besides.
constexpr size_t IsalBound(size_t bytes) { return bytes + bytes / 1024 + 1024; }

void GrowTo(RawBytes& out, size_t bytes) {
  if (out.size() >= bytes) return;
  out.clear();  // nothing of it is moved along
  out.resize(bytes);
}

Status PollStop(const Watch* watch) { return watch == nullptr ? Status() : watch->PollStop(); }

}  // namespace

struct PngDeflater::IsalState {
  isal_zstream stream;
  std::array<uint8_t, ISAL_DEF_LVL1_DEFAULT> level_buffer;
};

void PngDeflater::FreeCompressor::operator()(libdeflate_compressor* compressor) const {
  libdeflate_free_compressor(compressor);
}

PngDeflater::PngDeflater() = default;
PngDeflater::~PngDeflater() = default;

size_t PngDeflater::held_bytes() const {
  size_t bytes = isal_ != nullptr ? sizeof(IsalState) : 0;
  for (size_t i = 0; i < libdeflate_.size(); ++i) {
    if (libdeflate_[i] != nullptr) bytes += i + 1 < kFirstSlowLevel ? kCompressorBytes : kSlowCompressorBytes;
  }
  return bytes;
}

void PngDeflater::Clear() {
  isal_.reset();
  for (auto& compressor : libdeflate_) compressor.reset();
}

Result<size_t> PngDeflater::Compress(std::span<const uint8_t> bytes, DeflateLevel level, RawBytes& out,
                                     const Watch* watch) {
  if (Status status = PollStop(watch); !status) return tl::unexpected<Error>(status.error());
  if (level == DeflateLevel::kFast && bytes.size() <= kMostForIsalAndZlib) return CompressWithIsal(bytes, out, watch);
  if (level == DeflateLevel::kFiltered && bytes.size() <= kMostForIsalAndZlib) {
    return CompressWithZlib(bytes, out, watch);
  }
  // ISA-L's and zlib's are the lowest and the highest of all.
  return CompressWithLibdeflate(bytes, std::clamp(static_cast<int>(level), 1, kLibdeflateLevels), out);
}

// Raw deflate is ISA-L's; the header and the checksum are put around it here.
Result<size_t> PngDeflater::CompressWithIsal(std::span<const uint8_t> bytes, RawBytes& out, const Watch* watch) {
  if (isal_ == nullptr) isal_ = std::make_unique<IsalState>();
  const size_t bound = IsalBound(bytes.size());
  GrowTo(out, kFastHeader.size() + bound + kTrailerBytes);
  isal_zstream& stream = isal_->stream;
  isal_deflate_init(&stream);
  stream.level = 1;
  stream.level_buf = isal_->level_buffer.data();
  stream.level_buf_size = static_cast<uint32_t>(isal_->level_buffer.size());
  stream.next_in = const_cast<uint8_t*>(bytes.data());  // ISA-L only reads it
  stream.next_out = out.data() + kFastHeader.size();
  stream.avail_out = static_cast<uint32_t>(bound);
  for (size_t left = bytes.size(); stream.end_of_stream == 0;) {
    if (Status status = PollStop(watch); !status) return tl::unexpected<Error>(status.error());
    const size_t count = std::min(left, kIsalPieceBytes);
    left -= count;
    stream.avail_in = static_cast<uint32_t>(count);
    stream.end_of_stream = left == 0 ? 1 : 0;
    if (isal_deflate(&stream) != COMP_OK || stream.avail_in > 0) break;
  }
  if (stream.internal_state.state != ZSTATE_END) return Fail(ErrorCode::kInternal, "ISA-L did not end its stream");
  std::copy(kFastHeader.begin(), kFastHeader.end(), out.begin());
  uint8_t* end = stream.next_out;
  const uint32_t check = libdeflate_adler32(1, bytes.data(), bytes.size());
  for (int shift = 24; shift >= 0; shift -= 8) *end++ = static_cast<uint8_t>(check >> shift);
  return static_cast<size_t>(end - out.data());
}

Result<size_t> PngDeflater::CompressWithZlib(std::span<const uint8_t> bytes, RawBytes& out, const Watch* watch) {
  constexpr int kWindowBits = 15;
  constexpr int kMemoryLevel = 8;  // zlib's default: 256 KB
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kWindowBits, kMemoryLevel, Z_FILTERED) != Z_OK) {
    return Fail(ErrorCode::kOutOfMemory, "out of memory for deflate");
  }
  const std::unique_ptr<z_stream, decltype(&deflateEnd)> end(&stream, deflateEnd);
  GrowTo(out, deflateBound(&stream, static_cast<uLong>(bytes.size())));
  stream.next_in = const_cast<uint8_t*>(bytes.data());  // zlib only reads it
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(std::min<size_t>(out.size(), std::numeric_limits<uInt>::max()));
  int result = Z_OK;
  for (size_t left = bytes.size(); result == Z_OK && stream.avail_in == 0;) {
    if (Status status = PollStop(watch); !status) return tl::unexpected<Error>(status.error());
    const size_t count = std::min(left, kZlibPieceBytes);
    left -= count;
    stream.avail_in = static_cast<uInt>(count);
    result = deflate(&stream, left == 0 ? Z_FINISH : Z_NO_FLUSH);
  }
  if (result != Z_STREAM_END) return Fail(ErrorCode::kInternal, "zlib did not end its stream");
  return static_cast<size_t>(stream.total_out);
}

Result<size_t> PngDeflater::CompressWithLibdeflate(std::span<const uint8_t> bytes, int level, RawBytes& out) {
  auto& compressor = libdeflate_[static_cast<size_t>(level - 1)];
  if (compressor == nullptr) compressor.reset(libdeflate_alloc_compressor(level));
  if (compressor == nullptr) return Fail(ErrorCode::kOutOfMemory, "out of memory for deflate");
  GrowTo(out, libdeflate_zlib_compress_bound(compressor.get(), bytes.size()));
  const size_t made = libdeflate_zlib_compress(compressor.get(), bytes.data(), bytes.size(), out.data(), out.size());
  if (made == 0) return Fail(ErrorCode::kInternal, "libdeflate did not end its stream");
  return made;
}

}  // namespace tbbthumbs
