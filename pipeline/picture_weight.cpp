#include "pipeline/picture_weight.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

namespace tbbthumbs {

Status WeighPicture(Item& item, ThumbnailMaker& maker, ByteSource& source, size_t beside, const JobOptions& options,
                    const MemoryShares& memory) {
  size_t working = 0;
  const auto header = maker.ReadHeader(source, options.specs, options.limits);
  if (header) {
    working = static_cast<size_t>(std::min<uint64_t>(header->working_bytes, std::numeric_limits<size_t>::max() / 2));
  } else if (header.error().code == ErrorCode::kCrashed) {
    return tl::unexpected<Error>(header.error());
  }
  const size_t least = working + beside;
  if (least > memory.pictures) {
    item.weighed_out = true;
    return Fail(ErrorCode::kTooLarge, "it would take about " + std::to_string((least >> 20) + 1) + " MiB of memory, " +
                                          std::to_string(memory.pictures >> 20) + " MiB are for pictures");
  }
  item.working_bytes = working;
  return {};
}

}  // namespace tbbthumbs
