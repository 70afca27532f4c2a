#include "codecs/png_idat.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "codecs/png_checksum.h"

namespace tbbthumbs {
namespace {

constexpr size_t kInputBytes = size_t{64} << 10;
constexpr uint32_t kMaxChunkBytes = 0x7FFF'FFFF;
// Chunks of one piece. Empty ones make no data: without a limit, a file of them would be read in one go.
constexpr int kMaxChunks = 16'384;

uint32_t BigEndian32(const std::byte* bytes) {
  return std::to_integer<uint32_t>(bytes[0]) << 24 | std::to_integer<uint32_t>(bytes[1]) << 16 |
         std::to_integer<uint32_t>(bytes[2]) << 8 | std::to_integer<uint32_t>(bytes[3]);
}

}  // namespace

IdatReader::IdatReader(ByteSource& source, uint64_t offset, IdatBuffers& buffers)
    : source_(source), buffers_(buffers), input_offset_(offset) {
  if (buffers_.data.size() < kPieceBytes) buffers_.data.resize(kPieceBytes);
}

void IdatReader::End(bool damaged) {
  ended_ = true;
  damaged_ = damaged;
}

void IdatReader::Advance(size_t count) {
  input_ += count;
  input_size_ -= count;
  input_offset_ += count;
}

Result<bool> IdatReader::Require(size_t count) {
  if (input_size_ >= count) return true;
  const std::span<const std::byte> resident = source_.Resident();
  if (input_offset_ < resident.size() && resident.size() - input_offset_ >= count) {
    input_ = resident.data() + input_offset_;
    input_size_ = resident.size() - input_offset_;
    return true;
  }
  // What is left, less than a frame, moves to the front.
  if (buffers_.input.size() < kInputBytes) buffers_.input.resize(kInputBytes);
  std::byte* const front = buffers_.input.data();
  if (input_size_ > 0) std::memmove(front, input_, input_size_);
  input_ = front;
  while (input_size_ < count) {
    auto got = source_.ReadAt(input_offset_ + input_size_, std::span(buffers_.input).subspan(input_size_));
    if (!got) return tl::unexpected<Error>(std::move(got.error()));
    if (*got == 0) return false;
    input_size_ += *got;
  }
  return true;
}

Status IdatReader::TakeHeader() {
  const Result<bool> there = Require(8);
  if (!there) return tl::unexpected<Error>(there.error());
  // What follows the image data is not looked at, so that a file that ends here is none of the reader's business.
  if (!*there || std::memcmp(input_ + 4, "IDAT", 4) != 0) {
    End(false);
    return {};
  }
  chunk_left_ = BigEndian32(input_);
  if (chunk_left_ > kMaxChunkBytes) {
    End(true);
    return {};
  }
  crc_ = Crc32(0, {input_ + 4, 4});
  Advance(8);
  in_chunk_ = true;
  return {};
}

Status IdatReader::TakeChecksum() {
  const Result<bool> there = Require(4);
  if (!there) return tl::unexpected<Error>(there.error());
  if (!*there || BigEndian32(input_) != crc_) {
    End(true);
    return {};
  }
  Advance(4);
  in_chunk_ = false;
  return {};
}

Result<bool> IdatReader::TakeData(size_t most, size_t& filled) {
  Result<bool> there = Require(1);
  if (!there || !*there) return there;
  const size_t count = std::min({most, input_size_, size_t{chunk_left_}});
  crc_ = Crc32(crc_, {input_, count});
  std::memcpy(buffers_.data.data() + filled, input_, count);
  Advance(count);
  chunk_left_ -= static_cast<uint32_t>(count);
  filled += count;
  return true;
}

Result<std::span<const std::byte>> IdatReader::Next() {
  size_t filled = 0;
  for (int chunks = 0; !ended_ && filled < kPieceBytes && chunks < kMaxChunks;) {
    Status status;
    if (!in_chunk_) {
      ++chunks;
      status = TakeHeader();
    } else if (chunk_left_ == 0) {
      status = TakeChecksum();
    } else {
      const Result<bool> there = TakeData(kPieceBytes - filled, filled);
      if (!there) return tl::unexpected<Error>(there.error());
      if (!*there) End(true);
    }
    if (!status) return tl::unexpected<Error>(std::move(status.error()));
  }
  return std::span<const std::byte>(buffers_.data).first(filled);
}

Status IdatReader::FinishChunk() {
  if (!in_chunk_ || ended_) return {};
  if (chunk_left_ > kPieceBytes) {
    End(true);
    return {};
  }
  while (chunk_left_ > 0) {
    size_t passed = 0;
    const Result<bool> there = TakeData(kPieceBytes, passed);
    if (!there) return tl::unexpected<Error>(there.error());
    if (!*there) {
      End(true);
      return {};
    }
  }
  return TakeChecksum();
}

}  // namespace tbbthumbs
