#include "codecs/png_chunk_walk.h"

#include <zlib.h>

#include <array>
#include <cstring>
#include <span>

namespace tbbthumbs {
namespace {

// Image data in pieces of 8 KiB, as most programs write it, for half a GiB.
constexpr int kMaxChunks = 65'536;
constexpr uint64_t kFrameBytes = 12;  // length, name, checksum
// An EXIF block fits a JPEG segment; larger ones carry what nobody asked for.
constexpr uint32_t kMaxExifBytes = 64 << 10;

uint32_t BigEndian32(const std::byte* bytes) {
  return std::to_integer<uint32_t>(bytes[0]) << 24 | std::to_integer<uint32_t>(bytes[1]) << 16 |
         std::to_integer<uint32_t>(bytes[2]) << 8 | std::to_integer<uint32_t>(bytes[3]);
}

bool ReadWhole(ByteSource& source, uint64_t offset, std::span<std::byte> out) {
  const Result<size_t> got = source.ReadAt(offset, out);
  return got && *got == out.size();
}

// The chunk of `length` bytes at `offset`; empty where its checksum is wrong.
std::vector<std::byte> ReadChunk(ByteSource& source, uint64_t offset, uint32_t length) {
  std::vector<std::byte> chunk(kFrameBytes + length);
  if (!ReadWhole(source, offset, chunk)) return {};
  const auto* name = reinterpret_cast<const Bytef*>(chunk.data() + 4);
  if (crc32(0, name, length + 4) != BigEndian32(chunk.data() + 8 + length)) return {};
  return {chunk.begin() + 8, chunk.end() - 4};
}

}  // namespace

std::vector<std::byte> FindLateExif(ByteSource& source, uint64_t offset) {
  for (int i = 0; i < kMaxChunks; ++i) {
    std::array<std::byte, 8> head;
    if (!ReadWhole(source, offset, head)) return {};
    const uint32_t length = BigEndian32(head.data());
    if (std::memcmp(head.data() + 4, "IEND", 4) == 0 || length > INT32_MAX) return {};
    if (std::memcmp(head.data() + 4, "eXIf", 4) == 0) {
      return length <= kMaxExifBytes ? ReadChunk(source, offset, length) : std::vector<std::byte>{};
    }
    offset += kFrameBytes + length;
  }
  return {};
}

}  // namespace tbbthumbs
