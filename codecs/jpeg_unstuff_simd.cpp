#include "codecs/jpeg_unstuff_simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codecs/jpeg_unstuff_simd.cpp"
#include <hwy/foreach_target.h>  // compiles this file once more for each target
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tbbthumbs::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

simd::Unstuffed UnstuffBytes(const uint8_t* HWY_RESTRICT in, size_t count, uint8_t* HWY_RESTRICT out) {
  constexpr hn::CappedTag<uint8_t, 32> kU8;
  const size_t lanes = hn::Lanes(kU8);
  const auto ff = hn::Set(kU8, 0xFF);
  size_t taken = 0;
  size_t made = 0;
  // The byte behind the vector is looked at as well.
  while (count - taken > lanes) {
    const auto bytes = hn::LoadU(kU8, in + taken);
    hn::StoreU(bytes, kU8, out + made);
    const intptr_t found = hn::FindFirstTrue(kU8, bytes == ff);
    if (found < 0) {
      taken += lanes;
      made += lanes;
      continue;
    }
    taken += static_cast<size_t>(found);
    made += static_cast<size_t>(found);
    if (in[taken + 1] != 0) break;
    taken += 2;  // FF is in its place already
    made += 1;
  }
  return {taken, made};
}

}  // namespace
}  // namespace tbbthumbs::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tbbthumbs::simd {

HWY_EXPORT(UnstuffBytes);

Unstuffed Unstuff(const uint8_t* in, size_t count, uint8_t* out) {
  return HWY_DYNAMIC_DISPATCH(UnstuffBytes)(in, count, out);
}

}  // namespace tbbthumbs::simd
#endif  // HWY_ONCE
