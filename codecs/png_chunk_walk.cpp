#include "codecs/png_chunk_walk.h"

#include <zlib.h>

#include <array>
#include <span>

namespace tbbthumbs {
namespace {

// Image data in pieces of 8 KiB, as most programs write it, for half a GiB.
constexpr int kMaxChunks = 65'536;
constexpr uint64_t kFrameBytes = 12;  // length, name, checksum
// An EXIF block fits a JPEG segment, of 64 KiB. What is much larger carries what nobody asked for.
constexpr uint32_t kMaxExifChunkBytes = 1 << 20;
constexpr uint64_t kSignatureBytes = 8;

uint32_t BigEndian32(const std::byte* bytes) {
  return std::to_integer<uint32_t>(bytes[0]) << 24 | std::to_integer<uint32_t>(bytes[1]) << 16 |
         std::to_integer<uint32_t>(bytes[2]) << 8 | std::to_integer<uint32_t>(bytes[3]);
}

bool ReadWhole(ByteSource& source, uint64_t offset, std::span<std::byte> out) {
  const Result<size_t> got = source.ReadAt(offset, out);
  return got && *got == out.size();
}

}  // namespace

void WalkPngChunks(ByteSource& source, uint64_t offset, const std::function<bool(const PngChunkPlace&)>& visit) {
  for (int i = 0; i < kMaxChunks; ++i) {
    std::array<std::byte, 8> head;
    if (!ReadWhole(source, offset, head)) return;
    const PngChunkPlace place{{reinterpret_cast<const char*>(head.data()) + 4, 4}, offset, BigEndian32(head.data())};
    if (place.name == "IEND" || place.length > INT32_MAX || !visit(place)) return;
    offset += kFrameBytes + place.length;
  }
}

std::vector<std::byte> ReadPngChunk(ByteSource& source, const PngChunkPlace& place) {
  std::vector<std::byte> chunk(kFrameBytes + place.length);
  if (!ReadWhole(source, place.offset, chunk)) return {};
  const auto* name = reinterpret_cast<const Bytef*>(chunk.data() + 4);
  if (crc32(0, name, place.length + 4) != BigEndian32(chunk.data() + 8 + place.length)) return {};
  return {chunk.begin() + 8, chunk.end() - 4};
}

std::vector<std::byte> FindPngExif(ByteSource& source) {
  std::vector<std::byte> exif;
  WalkPngChunks(source, kSignatureBytes, [&](const PngChunkPlace& place) {
    if (place.name != "eXIf") return true;
    if (place.length <= kMaxExifChunkBytes) exif = ReadPngChunk(source, place);
    return false;
  });
  return exif;
}

}  // namespace tbbthumbs
