#include "pipeline/file_facts.h"

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "pipeline/name_hash.h"

namespace tbbthumbs {
namespace {

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

Status ReadFileFacts(ByteSource& source, NameNeeds needs, const std::function<Result<HeaderFacts>()>& read_header,
                     FileFacts& facts) {
  if (needs >= NameNeeds::kHeader) {
    auto header = read_header();
    if (!header) return tl::unexpected<Error>(std::move(header.error()));
    facts.size = header->size;
    facts.taken = header->taken;
    facts.camera = std::move(header->camera);
  }
  return needs == NameNeeds::kContent ? HashContent(source, facts) : Status();
}

}  // namespace tbbthumbs
