// The image data of a PNG, without the chunks that frame it. Private to codecs/png*.
#ifndef TBBTHUMBS_CODECS_PNG_IDAT_H_
#define TBBTHUMBS_CODECS_PNG_IDAT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codecs/byte_source.h"
#include "codecs/error.h"

namespace tbbthumbs {

// Memory of an IdatReader, kept from picture to picture.
struct IdatBuffers {
  std::vector<std::byte> input;
  std::vector<std::byte> data;
};

// Reads the data of consecutive IDAT chunks and checks their checksums. It ends with any other chunk, or where the file
// has none; it is damaged where a chunk is cut, too long to be one, or has a wrong checksum. Single-threaded.
class IdatReader {
 public:
  // Data handed out at a time: many times what framing costs, and small beside the second-level cache.
  static constexpr size_t kPieceBytes = size_t{64} << 10;

  // The first chunk begins, with its length, at `offset` of the source, which must outlive this, as must `buffers`.
  IdatReader(ByteSource& source, uint64_t offset, IdatBuffers& buffers);

  // The next piece, valid until the next call: of kPieceBytes, or what there is up to the end or behind a great many
  // empty chunks; perhaps empty. Errors: those of the source.
  [[nodiscard]] Result<std::span<const std::byte>> Next();

  // For when no more data is wanted: reads what is left of the chunk that the last piece ended in, and its checksum.
  // More than kPieceBytes of it count as damage. Errors: those of the source.
  [[nodiscard]] Status FinishChunk();

  // No more will come.
  bool ended() const { return ended_; }
  bool damaged() const { return damaged_; }

 private:
  static constexpr uint64_t kFrameBytes = 12;  // length, name, checksum

  // Sees to it that the input has `count` bytes (at most kFrameBytes) if the source has: false where it does not.
  Result<bool> Require(size_t count);
  // Takes up to `most` bytes of the chunk's data; false where the source has no more.
  Result<bool> TakeData(size_t most, size_t& filled);
  Status TakeHeader();
  Status TakeChecksum();
  void Advance(size_t count);
  void End(bool damaged);

  ByteSource& source_;
  IdatBuffers& buffers_;
  // What is not looked at yet: a part of the source that is in memory, or of buffers_.input.
  const std::byte* input_ = nullptr;
  size_t input_size_ = 0;
  uint64_t input_offset_;  // of input_[0] in the source
  uint32_t chunk_left_ = 0;
  uint32_t crc_ = 0;
  bool in_chunk_ = false;
  bool ended_ = false;
  bool damaged_ = false;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PNG_IDAT_H_
