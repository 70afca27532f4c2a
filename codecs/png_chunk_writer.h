// A PNG file put together from chunks. Private to codecs/png*.
#ifndef TBBTHUMBS_CODECS_PNG_CHUNK_WRITER_H_
#define TBBTHUMBS_CODECS_PNG_CHUNK_WRITER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace tbbthumbs {

// Numbers stand in chunks with the highest byte first.
constexpr std::array<uint8_t, 4> PngNumber(uint32_t number) {
  return {static_cast<uint8_t>(number >> 24), static_cast<uint8_t>(number >> 16), static_cast<uint8_t>(number >> 8),
          static_cast<uint8_t>(number)};
}

// Throws std::bad_alloc.
class PngChunkWriter {
 public:
  static constexpr size_t kSignatureBytes = 8;
  // A chunk's length, type and checksum.
  static constexpr size_t kFrameBytes = 12;
  // What the format allows of data in a chunk.
  static constexpr size_t kMaxChunkBytes = 0x7FFFFFFF;

  // Begins with the signature. The file will have `file_bytes`: less work than finding out.
  explicit PngChunkWriter(size_t file_bytes);

  // `type` has four letters, `data` at most kMaxChunkBytes.
  void Append(std::string_view type, std::span<const uint8_t> data);

  std::vector<std::byte> Take() { return std::move(file_); }

 private:
  void AppendBytes(std::span<const uint8_t> bytes);

  std::vector<std::byte> file_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PNG_CHUNK_WRITER_H_
