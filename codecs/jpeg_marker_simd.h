#ifndef TBBTHUMBS_CODECS_JPEG_MARKER_SIMD_H_
#define TBBTHUMBS_CODECS_JPEG_MARKER_SIMD_H_

#include <cstddef>
#include <cstdint>

namespace tbbthumbs::simd {

// Where the data of a JPEG's scan end: the first FF that is followed by anything but 0 (a stuffed FF), FF (filling) or
// a restart marker. Found where the result is below `count` - 1; else that many bytes are passed, and the search goes
// on with those that are left (at most an FF) and what comes behind them.
size_t FindScanEnd(const uint8_t* in, size_t count);

}  // namespace tbbthumbs::simd

#endif  // TBBTHUMBS_CODECS_JPEG_MARKER_SIMD_H_
