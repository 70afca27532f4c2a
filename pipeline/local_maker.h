// Thumbnails made by the thread that wants them.
#ifndef TBBTHUMBS_PIPELINE_LOCAL_MAKER_H_
#define TBBTHUMBS_PIPELINE_LOCAL_MAKER_H_

#include <memory>
#include <mutex>
#include <vector>

#include "codecs/workspace.h"
#include "pipeline/thumbnail_maker.h"

namespace tbbthumbs {

// What the header of `source` says. Errors: those of OpenDecoder.
[[nodiscard]] Result<HeaderFacts> ReadHeaderFacts(ByteSource& source, const SpecSet& specs, const DecodeLimits& limits);

// As many workspaces as there were pictures at once.
class LocalMaker final : public ThumbnailMaker {
 public:
  Result<HeaderFacts> ReadHeader(ByteSource& source, const SpecSet& specs, const DecodeLimits& limits) override;
  Result<Made> Make(ByteSource& source, const SpecSet& specs, const DecodeLimits& limits, size_t kept_bytes,
                    const std::stop_token& stop, std::chrono::nanoseconds& cpu_time) override;
  size_t HeldBytes(int /*threads*/) const override { return 0; }
  std::chrono::nanoseconds CpuTime() const override { return {}; }
  std::optional<Error> Lost() const override { return std::nullopt; }

 private:
  std::unique_ptr<Workspace> Borrow();
  void Return(std::unique_ptr<Workspace> workspace);

  // Taken twice a picture, for the length of a push or pop.
  std::mutex mutex_;
  std::vector<std::unique_ptr<Workspace>> idle_;  // guarded by mutex_
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_LOCAL_MAKER_H_
