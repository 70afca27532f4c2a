// A sink that keeps all planes of a picture.
#ifndef TBBTHUMBS_TESTS_SUPPORT_PLANE_SINK_H_
#define TBBTHUMBS_TESTS_SUPPORT_PLANE_SINK_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codecs/row_sink.h"
#include "tests/support/jpeg_oracle.h"

namespace tbbthumbs::testing {

// Planes of one channel of 8 bits. kInternal where a decoder does not keep to RowSink's contract.
class PlaneSink final : public RowSink {
 public:
  Status Begin(const RowFormat& row_format) override {
    format = row_format;
    planes.clear();
    ended = false;
    for (const PlaneFormat& plane : format.planes) {
      const bool fits = plane.extent_width > plane.width - 1 && plane.extent_width <= plane.width &&
                        plane.extent_height > plane.height - 1 && plane.extent_height <= plane.height;
      if (!fits || plane.channels != 1) return Fail(ErrorCode::kInternal, "an extent that is not of the plane");
      planes.push_back({plane.width, plane.height, {}});
    }
    return {};
  }
  Status Row(int plane, std::span<const std::byte> row) override {
    OraclePlane& kept = planes[static_cast<size_t>(plane)];
    if (row.size() != static_cast<size_t>(kept.width)) return Fail(ErrorCode::kInternal, "a row of the wrong length");
    const auto* samples = reinterpret_cast<const uint8_t*>(row.data());
    kept.samples.insert(kept.samples.end(), samples, samples + row.size());
    return {};
  }
  Status End() override {
    ended = true;
    for (const OraclePlane& plane : planes) {
      if (plane.samples.size() != static_cast<size_t>(plane.width) * static_cast<size_t>(plane.height)) {
        return Fail(ErrorCode::kInternal, "rows are missing or too many");
      }
    }
    return {};
  }

  RowFormat format;
  std::vector<OraclePlane> planes;
  bool ended = false;
};

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_PLANE_SINK_H_
