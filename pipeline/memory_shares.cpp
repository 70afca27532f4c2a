#include "pipeline/memory_shares.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "pipeline/thumbnail_maker.h"
#include "pipeline/url.h"

namespace tbbthumbs {
namespace {

constexpr size_t kMebibyte = size_t{1} << 20;
// More than that is of use again only to pictures of unusual size.
constexpr size_t kMostKept = 16 * kMebibyte;
// The program itself, its libraries, its threads' stacks, names and rows of the journal (12 to 22 MiB, measured with
// small pictures and up to 32 threads), and what lies idle between what the others hold.
constexpr size_t kEverythingElse = 28 * kMebibyte;
// Of all memory, for what workers keep.
constexpr size_t kKeptPart = 16;

bool HasAddresses(const InputOptions& input) {
  return std::any_of(input.lists.begin(), input.lists.end(), [](const FileList& list) { return list.urls; }) ||
         std::any_of(input.paths.begin(), input.paths.end(),
                     [](const std::filesystem::path& path) { return LooksLikeUrl(path.native()); });
}

}  // namespace

MemoryShares ShareMemory(const JobOptions& options) {
  MemoryShares shares;
  shares.read_ahead = options.read_ahead_bytes;
  shares.kept_by_worker = kMostKept;
  shares.pictures = std::numeric_limits<size_t>::max();
  shares.bodies = std::max<size_t>(options.urls.held_bytes, 1);
  shares.largest_body = std::min(options.limits.max_input_bytes, options.urls.max_bytes);
  if (options.memory_bytes == 0) return shares;
  shares.limited = true;
  const size_t memory =
      static_cast<size_t>(std::min<uint64_t>(options.memory_bytes, std::numeric_limits<size_t>::max() / 2));
  const size_t threads = static_cast<size_t>(std::max(options.threads, 1));
  shares.kept_by_worker = std::min(memory / kKeptPart / threads, kMostKept);
  const size_t held_by_maker = options.maker ? options.maker->HeldBytes(static_cast<int>(threads)) : 0;
  shares.pictures = memory - std::min(memory / 2, kEverythingElse + threads * shares.kept_by_worker + held_by_maker);
  shares.bodies = std::min(shares.bodies, std::max(shares.pictures / 4, kMebibyte));
  shares.largest_body = std::min<uint64_t>(shares.largest_body, std::max(shares.pictures / 4, kMebibyte));
  // What is held at most is both.
  if (HasAddresses(options.input)) shares.pictures -= shares.bodies + static_cast<size_t>(shares.largest_body);
  shares.read_ahead = std::min(shares.read_ahead, std::max(shares.pictures / 4, kMebibyte));
  return shares;
}

}  // namespace tbbthumbs
