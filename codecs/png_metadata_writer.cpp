#include "codecs/png_metadata_writer.h"

#include <zlib.h>

#include <cstring>
#include <string_view>
#include <vector>

namespace tbbthumbs {
namespace {

// iCCP: a name, and how the profile is compressed: as zlib does, the only way.
constexpr std::string_view kIccHead("ICC\0\0", 5);
// iTXt: the keyword, not compressed, no language, no translated keyword.
constexpr std::string_view kXmpHead("XML:com.adobe.xmp\0\0\0\0\0", 22);

std::span<const uint8_t> AsNumbers(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

std::vector<uint8_t> Headed(std::string_view head, size_t body_bytes) {
  std::vector<uint8_t> chunk(head.size() + body_bytes);
  std::memcpy(chunk.data(), head.data(), head.size());
  return chunk;
}

Status AppendIcc(PngChunkWriter& writer, std::span<const std::byte> icc) {
  uLongf bytes = compressBound(icc.size());
  std::vector<uint8_t> chunk = Headed(kIccHead, bytes);
  const std::span<const uint8_t> profile = AsNumbers(icc);
  if (compress2(chunk.data() + kIccHead.size(), &bytes, profile.data(), profile.size(), Z_BEST_COMPRESSION) != Z_OK) {
    return Fail(ErrorCode::kOutOfMemory, "out of memory to compress a profile");  // the only way in which it fails
  }
  chunk.resize(kIccHead.size() + bytes);
  writer.Append("iCCP", chunk);
  return {};
}

void AppendXmp(PngChunkWriter& writer, std::span<const std::byte> xmp) {
  std::vector<uint8_t> chunk = Headed(kXmpHead, xmp.size());
  std::memcpy(chunk.data() + kXmpHead.size(), xmp.data(), xmp.size());
  writer.Append("iTXt", chunk);
}

}  // namespace

size_t MetadataBytes(const Metadata& metadata) {
  if (metadata.empty()) return 0;
  return metadata.icc.size() + metadata.exif.size() + metadata.xmp.size() + kIccHead.size() + kXmpHead.size() +
         3 * PngChunkWriter::kFrameBytes;
}

Status AppendMetadata(PngChunkWriter& writer, const Metadata& metadata) {
  if (!metadata.icc.empty()) {
    if (Status status = AppendIcc(writer, metadata.icc); !status) return status;
  }
  if (!metadata.exif.empty()) writer.Append("eXIf", AsNumbers(metadata.exif));
  if (!metadata.xmp.empty()) AppendXmp(writer, metadata.xmp);
  return {};
}

}  // namespace tbbthumbs
