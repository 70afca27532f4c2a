#include "codecs/jpeg_marker_simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codecs/jpeg_marker_simd.cpp"
#include <hwy/foreach_target.h>  // compiles this file once more for each target
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tbbthumbs::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

bool EndsScan(const uint8_t* in) { return in[0] == 0xFF && in[1] != 0 && in[1] != 0xFF && (in[1] & 0xF8) != 0xD0; }

size_t FindEnd(const uint8_t* HWY_RESTRICT in, size_t count) {
  const hn::ScalableTag<uint8_t> kU8;
  const size_t lanes = hn::Lanes(kU8);
  const auto ff = hn::Set(kU8, 0xFF);
  size_t i = 0;
  // FF is about one byte in 200 of a scan, and nearly always stuffed: one look for both, two vectors at a time. The
  // byte behind the second vector is looked at as well.
  for (; count - i > 2 * lanes; i += 2 * lanes) {
    const auto first = hn::LoadU(kU8, in + i);
    const auto first_next = hn::LoadU(kU8, in + i + 1);
    const auto second = hn::LoadU(kU8, in + i + lanes);
    const auto second_next = hn::LoadU(kU8, in + i + lanes + 1);
    const auto first_found =
        hn::AndNot(hn::VecFromMask(kU8, first_next == hn::Zero(kU8)), hn::VecFromMask(kU8, first == ff));
    const auto second_found =
        hn::AndNot(hn::VecFromMask(kU8, second_next == hn::Zero(kU8)), hn::VecFromMask(kU8, second == ff));
    if (hn::AllTrue(kU8, hn::Or(first_found, second_found) == hn::Zero(kU8))) continue;
    for (size_t k = i; k < i + 2 * lanes; ++k) {
      if (EndsScan(in + k)) return k;
    }
  }
  for (; i + 1 < count; ++i) {
    if (EndsScan(in + i)) return i;
  }
  // The last byte may be the front of a marker.
  return i < count && in[i] == 0xFF ? i : count;
}

}  // namespace
}  // namespace tbbthumbs::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tbbthumbs::simd {

HWY_EXPORT(FindEnd);

size_t FindScanEnd(const uint8_t* in, size_t count) { return HWY_DYNAMIC_DISPATCH(FindEnd)(in, count); }

}  // namespace tbbthumbs::simd
#endif  // HWY_ONCE
