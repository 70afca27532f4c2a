// A sink that keeps what it is given.
#ifndef TBBTHUMBS_TESTS_SUPPORT_COLLECTING_SINK_H_
#define TBBTHUMBS_TESTS_SUPPORT_COLLECTING_SINK_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codecs/row_sink.h"

namespace tbbthumbs::testing {

// The rows of a picture of one plane.
class CollectingSink final : public RowSink {
 public:
  Status Begin(const RowFormat& row_format) override {
    format = row_format;
    bytes.clear();
    rows = 0;
    ended = false;
    return {};
  }
  Status Row(int plane, std::span<const std::byte> row) override {
    if (plane != 0) return Fail(ErrorCode::kInternal, "a second plane");
    const PlaneFormat& p = format.planes[0];
    const size_t expected = static_cast<size_t>(p.width) * static_cast<size_t>(p.channels) * SampleBytes(format.sample);
    if (row.size() != expected) return Fail(ErrorCode::kInternal, "a row of the wrong length");
    bytes.insert(bytes.end(), row.begin(), row.end());
    ++rows;
    return {};
  }
  Status End() override {
    ended = true;
    return rows == format.planes[0].height ? Status() : Fail(ErrorCode::kInternal, "rows are missing");
  }

  int U8(int x, int y, int channel) const {
    const PlaneFormat& p = format.planes[0];
    return static_cast<int>(bytes[(static_cast<size_t>(y) * static_cast<size_t>(p.width) + static_cast<size_t>(x)) *
                                      static_cast<size_t>(p.channels) +
                                  static_cast<size_t>(channel)]);
  }

  RowFormat format;
  std::vector<std::byte> bytes;
  int rows = 0;
  bool ended = false;
};

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_COLLECTING_SINK_H_
