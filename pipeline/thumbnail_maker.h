// Who decodes the pictures of a run: this process, or others for it.
#ifndef TBBTHUMBS_PIPELINE_THUMBNAIL_MAKER_H_
#define TBBTHUMBS_PIPELINE_THUMBNAIL_MAKER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "codecs/byte_source.h"
#include "codecs/calendar_time.h"
#include "codecs/error.h"
#include "codecs/limits.h"
#include "codecs/size.h"
#include "codecs/thumbnail.h"
#include "codecs/thumbnail_spec.h"

namespace tbbthumbs {

// What runs ask of a picture's header.
struct HeaderFacts {
  Size size;                          // upright
  std::optional<CalendarTime> taken;  // by EXIF
  std::string camera;                 // by EXIF; as it stands there
  uint64_t working_bytes = 0;         // that its thumbnails take while they are made, at worst
};

// Any number of threads may call all of it at once. May throw std::bad_alloc.
class ThumbnailMaker {
 public:
  virtual ~ThumbnailMaker() = default;

  // Errors: those of OpenDecoder; kCrashed.
  [[nodiscard]] virtual Result<HeaderFacts> ReadHeader(ByteSource& source, const SpecSet& specs,
                                                       const DecodeLimits& limits) = 0;

  // As MakeThumbnails: the same bytes whoever makes them. What is kept for the next picture has at most `kept_bytes`.
  // Adds the CPU time of it to `cpu_time`, also where it fails. Errors: those of MakeThumbnails; kCrashed, and kIo
  // where no process can be had.
  [[nodiscard]] virtual Result<Made> Make(ByteSource& source, const SpecSet& specs, const DecodeLimits& limits,
                                          size_t kept_bytes, const std::stop_token& stop,
                                          std::chrono::nanoseconds& cpu_time) = 0;

  // What `threads` that make thumbnails hold by it, beside the pictures, what is kept of them, and this process.
  virtual size_t HeldBytes(int threads) const = 0;

  // Of other processes, so far.
  virtual std::chrono::nanoseconds CpuTime() const = 0;

  // Why it can make nothing any more, whatever the picture.
  virtual std::optional<Error> Lost() const = 0;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_THUMBNAIL_MAKER_H_
