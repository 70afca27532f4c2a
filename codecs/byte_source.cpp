#include "codecs/byte_source.h"

#include <algorithm>
#include <cstring>

namespace tbbthumbs {

Result<size_t> MemorySource::ReadAt(uint64_t offset, std::span<std::byte> out) {
  if (offset >= view_.size() || out.empty()) return size_t{0};
  const size_t count = std::min<uint64_t>(out.size(), view_.size() - offset);
  std::memcpy(out.data(), view_.data() + offset, count);
  return count;
}

}  // namespace tbbthumbs
