// The second stage: from a file's bytes to encoded thumbnails.
#ifndef TBBTHUMBS_PIPELINE_THUMBNAILER_H_
#define TBBTHUMBS_PIPELINE_THUMBNAILER_H_

#include <atomic>
#include <cstddef>
#include <stop_token>

#include "codecs/limits.h"
#include "codecs/thumbnail_spec.h"
#include "pipeline/item.h"
#include "pipeline/thumbnail_maker.h"

namespace tbbthumbs {

// Concurrent: any number of threads may call Process at once.
class Thumbnailer {
 public:
  // `maker`, `specs` and `limits` must outlive it. `kept_bytes`: what a worker keeps at most from picture to picture.
  // After a request on `closed` items that come end as left, after one on `stop` also those that are being processed.
  Thumbnailer(ThumbnailMaker& maker, const SpecSet& specs, const DecodeLimits& limits, size_t kept_bytes,
              std::stop_token closed, std::stop_token stop);

  // Fills item.thumbnails and item.result, or ends the item, also where its file has changed meanwhile; gives back the
  // file's bytes but for as many as the thumbnails have. Throws nothing. Does nothing to an ended item.
  void Process(Item& item);

  // The most pictures that were being processed at the same time.
  int peak_at_once() const { return peak_at_once_; }

 private:
  Result<Made> Make(Item& item);

  ThumbnailMaker& maker_;
  const SpecSet& specs_;
  const DecodeLimits& limits_;
  const size_t kept_bytes_;
  const std::stop_token closed_;
  const std::stop_token stop_;
  std::atomic<int> at_once_ = 0;
  std::atomic<int> peak_at_once_ = 0;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_THUMBNAILER_H_
