#include "tools/isolation.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "pipeline/cpu_count.h"
#include "tools/decoder_keeper.h"
#include "tools/decoder_messages.h"

namespace tbbthumbs::tool {
namespace {

// Larger pictures are read piece by piece.
constexpr size_t kMostAreaBytes = size_t{32} << 20;
// Of all memory, where that is limited.
constexpr uint64_t kAreaPart = 8;
// What the program and its libraries take of a decoder's memory, and what allocators waste.
constexpr uint64_t kDecoderItself = uint64_t{64} << 20;
// Threads that only read headers seldom do so all at once.
constexpr int kMostReaders = 4;
// Each takes three descriptors; threads beyond wait for one that is free.
constexpr int kMostDecoders = 256;

}  // namespace

Result<std::shared_ptr<IsolatedMaker>> StartIsolatedMaker(const JobOptions& job, SandboxMode mode) {
  PictureRequest request;
  request.specs = job.specs;
  if (Pack(request).size() > kMostMessageBytes) {
    return Fail(ErrorCode::kUnsupported, "too many sizes");
  }
  const int threads = job.threads > 0 ? job.threads : UsableCpus();
  DecoderLimits limits;
  limits.count = std::min(threads + std::min(job.io_threads, kMostReaders), kMostDecoders);
  limits.area_bytes = std::min(job.read_ahead_bytes, kMostAreaBytes);
  limits.sandbox = mode;
  uint64_t most_thumbnail_bytes = job.limits.max_decoded_bytes;
  if (job.memory_bytes > 0) {
    limits.area_bytes = std::min<size_t>(limits.area_bytes, job.memory_bytes / kAreaPart);
    limits.most_bytes = job.memory_bytes + kDecoderItself;
    most_thumbnail_bytes = std::min(most_thumbnail_bytes, job.memory_bytes / 2);
  }
  auto keeper = DecoderKeeper::Start(limits);
  if (!keeper) return tl::unexpected<Error>(std::move(keeper.error()));
  return IsolatedMaker::Make(std::move(*keeper), most_thumbnail_bytes);
}

}  // namespace tbbthumbs::tool
