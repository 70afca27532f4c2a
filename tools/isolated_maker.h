// Thumbnails made by other processes: what a picture does to its decoder happens there.
#ifndef TBBTHUMBS_TOOLS_ISOLATED_MAKER_H_
#define TBBTHUMBS_TOOLS_ISOLATED_MAKER_H_

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "pipeline/thumbnail_maker.h"
#include "tools/decoder_client.h"
#include "tools/decoder_keeper.h"

namespace tbbthumbs::tool {

// A decoder for each thread that wants one, up to the keeper's number; others wait. They are started when they are
// first needed. The end of one is kCrashed for the picture that it had, and the next picture gets a new one.
class IsolatedMaker final : public ThumbnailMaker {
 public:
  // Errors: kIo, where no decoder can be started: one is tried.
  static Result<std::shared_ptr<IsolatedMaker>> Make(std::unique_ptr<DecoderKeeper> keeper);

  Result<HeaderFacts> ReadHeader(ByteSource& source, const SpecSet& specs, const DecodeLimits& limits) override;
  Result<Made> Make(ByteSource& source, const SpecSet& specs, const DecodeLimits& limits, size_t kept_bytes,
                    const std::stop_token& stop, std::chrono::nanoseconds& cpu_time) override;
  size_t HeldBytes(int threads) const override;
  std::chrono::nanoseconds CpuTime() const override;

  // All that there are, or were not long ago.
  std::vector<pid_t> Processes() const;

 private:
  explicit IsolatedMaker(std::unique_ptr<DecoderKeeper> keeper);
  Result<PictureAnswer> Ask(PictureRequest request, ByteSource& source, const std::stop_token& stop);
  DecoderClient& Borrow();
  void Return(DecoderClient& client);

  const std::unique_ptr<DecoderKeeper> keeper_;
  std::vector<std::unique_ptr<DecoderClient>> clients_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<DecoderClient*> idle_;  // guarded by mutex_; the one used last at the end
};

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_ISOLATED_MAKER_H_
