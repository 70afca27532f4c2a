// A source that is in memory in part, or not at all.
#ifndef TBBTHUMBS_TESTS_SUPPORT_PIECEWISE_SOURCE_H_
#define TBBTHUMBS_TESTS_SUPPORT_PIECEWISE_SOURCE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "codecs/byte_source.h"

namespace tbbthumbs::testing {

struct PiecewiseOptions {
  size_t resident_bytes = 0;         // at the front
  size_t most_a_read = SIZE_MAX;     // a read returns fewer bytes than asked for
  uint64_t fails_from = UINT64_MAX;  // reads at or beyond this offset are kIo
};

// Borrows the bytes.
class PiecewiseSource final : public ByteSource {
 public:
  PiecewiseSource(std::span<const std::byte> bytes, const PiecewiseOptions& options)
      : bytes_(bytes), options_(options) {}

  uint64_t size() const override { return bytes_.size(); }
  Result<size_t> ReadAt(uint64_t offset, std::span<std::byte> out) override {
    if (offset >= options_.fails_from) return Fail(ErrorCode::kIo, "a read that fails on purpose");
    if (offset >= bytes_.size()) return size_t{0};
    const auto left = bytes_.subspan(offset);
    const size_t count = std::min({left.size(), out.size(), options_.most_a_read});
    std::ranges::copy(left.first(count), out.begin());
    return count;
  }
  std::span<const std::byte> Resident() const override {
    return bytes_.first(std::min(options_.resident_bytes, bytes_.size()));
  }

 private:
  std::span<const std::byte> bytes_;
  PiecewiseOptions options_;
};

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_PIECEWISE_SOURCE_H_
