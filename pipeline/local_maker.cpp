#include "pipeline/local_maker.h"

#include <utility>

#include "codecs/decoder.h"
#include "codecs/orientation.h"
#include "codecs/working_bytes.h"

namespace tbbthumbs {

Result<HeaderFacts> ReadHeaderFacts(ByteSource& source, const SpecSet& specs, const DecodeLimits& limits) {
  const auto decoder = OpenDecoder(source, limits);
  if (!decoder) return tl::unexpected<Error>(decoder.error());
  const ImageInfo& info = (*decoder)->info();
  HeaderFacts facts;
  facts.size = SwapsSides(info.orientation) ? info.size.Transposed() : info.size;
  facts.taken = info.taken;
  facts.camera = info.camera;
  facts.working_bytes = WorkingBytes(info, specs);
  return facts;
}

Result<HeaderFacts> LocalMaker::ReadHeader(ByteSource& source, const SpecSet& specs, const DecodeLimits& limits) {
  return ReadHeaderFacts(source, specs, limits);
}

Result<Made> LocalMaker::Make(ByteSource& source, const SpecSet& specs, const DecodeLimits& limits, size_t kept_bytes,
                              const std::stop_token& stop, std::chrono::nanoseconds& cpu_time) {
  const Watch watch(limits, {});
  std::unique_ptr<Workspace> workspace = Borrow();
  auto made = MakeThumbnails(source, specs, limits, *workspace, stop);
  workspace->Trim(kept_bytes);
  Return(std::move(workspace));
  cpu_time += made ? made->cpu_time : watch.Used();
  return made;
}

std::unique_ptr<Workspace> LocalMaker::Borrow() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      // The one used last: its memory is warm.
      std::unique_ptr<Workspace> workspace = std::move(idle_.back());
      idle_.pop_back();
      return workspace;
    }
  }
  return std::make_unique<Workspace>();
}

void LocalMaker::Return(std::unique_ptr<Workspace> workspace) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(workspace));
}

}  // namespace tbbthumbs
