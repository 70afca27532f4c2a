#include "codecs/png_chunk_writer.h"

#include <cstring>

#include "codecs/png_checksum.h"

namespace tbbthumbs {
namespace {

constexpr std::array<uint8_t, PngChunkWriter::kSignatureBytes> kSignature = {0x89, 'P',  'N',  'G',
                                                                             '\r', '\n', 0x1A, '\n'};

}  // namespace

PngChunkWriter::PngChunkWriter(size_t file_bytes) {
  file_.reserve(file_bytes);
  AppendBytes(kSignature);
}

void PngChunkWriter::Append(std::string_view type, std::span<const uint8_t> data) {
  AppendBytes(PngNumber(static_cast<uint32_t>(data.size())));
  const size_t begin = file_.size();
  AppendBytes({reinterpret_cast<const uint8_t*>(type.data()), type.size()});
  AppendBytes(data);
  AppendBytes(PngNumber(Crc32(0, std::span(file_).subspan(begin))));
}

void PngChunkWriter::AppendBytes(std::span<const uint8_t> bytes) {
  if (bytes.empty()) return;
  const size_t begin = file_.size();
  file_.resize(begin + bytes.size());
  std::memcpy(file_.data() + begin, bytes.data(), bytes.size());
}

}  // namespace tbbthumbs
