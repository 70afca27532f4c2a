#include "pipeline/file_facts.h"

#include <cstddef>
#include <span>
#include <vector>

#include "codecs/decoder.h"
#include "codecs/orientation.h"
#include "pipeline/name_hash.h"

namespace tbbthumbs {
namespace {

Status ReadHeader(ByteSource& source, const DecodeLimits& limits, FileFacts& facts) {
  const auto decoder = OpenDecoder(source, limits);
  if (!decoder) return tl::unexpected<Error>(decoder.error());
  const ImageInfo& info = (*decoder)->info();
  facts.size = SwapsSides(info.orientation) ? info.size.Transposed() : info.size;
  facts.taken = info.taken;
  facts.camera = info.camera;
  return {};
}

Status HashContent(ByteSource& source, FileFacts& facts) {
  std::vector<std::byte> piece(size_t{256} << 10);
  ContentHash hash;
  for (uint64_t offset = 0;;) {
    const auto count = source.ReadAt(offset, piece);
    if (!count) return tl::unexpected<Error>(count.error());
    if (*count == 0) break;
    hash.Add(std::span(piece).first(*count));
    offset += *count;
  }
  facts.content_hash = hash.Hex();
  return {};
}

}  // namespace

Status ReadFileFacts(ByteSource& source, NameNeeds needs, const DecodeLimits& limits, FileFacts& facts) {
  if (needs >= NameNeeds::kHeader) {
    if (Status status = ReadHeader(source, limits, facts); !status) return status;
  }
  return needs == NameNeeds::kContent ? HashContent(source, facts) : Status();
}

}  // namespace tbbthumbs
