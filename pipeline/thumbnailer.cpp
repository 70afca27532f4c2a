#include "pipeline/thumbnailer.h"

#include <utility>

#include "pipeline/guard_item.h"

namespace tbbthumbs {
namespace {

// One of the pictures that are worked on, while it lives.
class OneAtWork {
 public:
  OneAtWork(std::atomic<int>& at_once, std::atomic<int>& peak) : at_once_(at_once) {
    const int now = ++at_once_;
    for (int most = peak; most < now && !peak.compare_exchange_weak(most, now);) {
    }
  }
  ~OneAtWork() { --at_once_; }
  OneAtWork(const OneAtWork&) = delete;
  OneAtWork& operator=(const OneAtWork&) = delete;

 private:
  std::atomic<int>& at_once_;
};

}  // namespace

Thumbnailer::Thumbnailer(ThumbnailMaker& maker, const SpecSet& specs, const DecodeLimits& limits, size_t kept_bytes,
                         std::stop_token closed, std::stop_token stop)
    : maker_(maker),
      specs_(specs),
      limits_(limits),
      kept_bytes_(kept_bytes),
      closed_(std::move(closed)),
      stop_(std::move(stop)) {}

void Thumbnailer::Process(Item& item) {
  if (item.ended) return;
  const StageTimer timer(item.result.stages, Stage::kThumbnail);
  item.claim.BeginWork();
  if (closed_.stop_requested() || stop_.stop_requested()) {
    item.Fail({ErrorCode::kStopped, "stopped"});
  } else {
    GuardItem(item, "no memory left", [&] {
      auto made = Make(item);
      if (!made) {
        item.Fail(std::move(made.error()));
        return;
      }
      item.result.format = made->info.format;
      item.result.size = made->info.size;
      item.result.decoder = std::move(made->decode.path);
      item.result.damage = std::move(made->decode.damage);
      item.result.placeholders = std::move(made->placeholders);
      item.thumbnails = std::move(made->thumbnails);
    });
  }
  item.source.reset();
  size_t thumbnail_bytes = 0;
  for (const Encoded& thumbnail : item.thumbnails) thumbnail_bytes += thumbnail.bytes.size();
  item.claim.ShrinkTo(thumbnail_bytes);
}

Result<Made> Thumbnailer::Make(Item& item) {
  const OneAtWork one(at_once_, peak_at_once_);
  auto made = maker_.Make(*item.source, specs_, limits_, kept_bytes_, stop_, item.result.cpu_time);
  if (!made && made.error().code == ErrorCode::kStopped) return made;
  // What was read counts only if the file stayed as it was: bytes of two versions may look damaged, or may not.
  if (Status status = item.source->CheckUnchanged(); !status) return tl::unexpected<Error>(std::move(status.error()));
  return made;
}

}  // namespace tbbthumbs
