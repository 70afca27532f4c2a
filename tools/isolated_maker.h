// Thumbnails made by other processes: what a picture does to its decoder happens there.
#ifndef TBBTHUMBS_TOOLS_ISOLATED_MAKER_H_
#define TBBTHUMBS_TOOLS_ISOLATED_MAKER_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "pipeline/thumbnail_maker.h"
#include "tools/decoder_client.h"
#include "tools/decoder_keeper.h"

namespace tbbthumbs::tool {

// A decoder for each thread that wants one, up to the keeper's number, and as far as processes can be started; others
// wait. They are started when they are first needed. The end of one is kCrashed for the picture that it had, and the
// next picture gets a new one.
class IsolatedMaker final : public ThumbnailMaker {
 public:
  // `most_thumbnail_bytes`: of one picture. Errors: kIo, where no decoder can be started: one is tried.
  static Result<std::shared_ptr<IsolatedMaker>> Make(std::unique_ptr<DecoderKeeper> keeper,
                                                     uint64_t most_thumbnail_bytes);

  Result<HeaderFacts> ReadHeader(ByteSource& source, const SpecSet& specs, const DecodeLimits& limits) override;
  Result<Made> Make(ByteSource& source, const SpecSet& specs, const DecodeLimits& limits, size_t kept_bytes,
                    const std::stop_token& stop, std::chrono::nanoseconds& cpu_time) override;
  size_t HeldBytes(int threads) const override;
  std::chrono::nanoseconds CpuTime() const override;
  std::optional<Error> Lost() const override;

  // All that there are, or were not long ago.
  std::vector<pid_t> Processes() const;

 private:
  IsolatedMaker(std::unique_ptr<DecoderKeeper> keeper, uint64_t most_thumbnail_bytes);
  Result<PictureAnswer> Ask(PictureRequest request, ByteSource& source, const std::stop_token& stop,
                            std::chrono::nanoseconds& cpu_time);
  // One that runs; waits for it.
  Result<DecoderClient*> Borrow();
  void Return(DecoderClient& client);

  const std::unique_ptr<DecoderKeeper> keeper_;
  std::vector<std::unique_ptr<DecoderClient>> clients_;
  std::mutex mutex_;
  std::condition_variable returned_;
  // Guarded by mutex_.
  std::vector<DecoderClient*> idle_;  // the one used last at the end
  size_t in_use_ = 0;                 // of those that run
};

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_ISOLATED_MAKER_H_
