// Progressive JPEG files through DecodeJpegFast, and what is in them.
#ifndef TBBTHUMBS_TESTS_SUPPORT_PROGRESSIVE_READING_H_
#define TBBTHUMBS_TESTS_SUPPORT_PROGRESSIVE_READING_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "codecs/byte_source.h"
#include "codecs/decoder.h"
#include "codecs/error.h"
#include "codecs/limits.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/jpeg_oracle.h"
#include "tests/support/plane_sink.h"

namespace tbbthumbs::testing {

struct ProgressiveOptions {
  int luma_side = 1;  // eighths that are asked for, of each component's own samples
  int chroma_side = 1;
  Strictness strictness = Strictness::kFailTruncated;
  DecodeLimits limits;
  std::stop_token stop;
};

struct ProgressiveReading {
  Result<std::optional<std::string>> path = std::nullopt;
  PlaneSink sink;
  bool progressive = false;
  std::vector<int> sides;  // of the planes that came

  bool delivered() const { return path && path->has_value() && sink.ended; }
};

ProgressiveReading ReadProgressive(ByteSource& source, const ProgressiveOptions& options = {});
ProgressiveReading ReadProgressive(std::span<const std::byte> jpeg, const ProgressiveOptions& options = {});

// A marker segment of a file, or a marker alone.
struct JpegSegment {
  int marker = 0;
  size_t offset = 0;    // of its FF
  size_t end = 0;       // behind its length
  size_t data_end = 0;  // behind the data of a scan; else `end`
};
std::vector<JpegSegment> ListSegments(std::span<const std::byte> jpeg);
std::vector<JpegSegment> ListScans(std::span<const std::byte> jpeg);

// A picture with something in every frequency.
JpegFixture BusyPicture(Size size);

// DC of all components first, then bands of AC, and no refinements.
std::vector<JpegScan> SpectralScript();

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_PROGRESSIVE_READING_H_
