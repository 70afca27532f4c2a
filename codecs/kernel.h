#ifndef TBBTHUMBS_CODECS_KERNEL_H_
#define TBBTHUMBS_CODECS_KERNEL_H_

namespace tbbthumbs {

// Resampling filters, stretched by the ratio when shrinking.
enum class Kernel {
  kLanczos3,    // sinc windowed by sinc, radius 3: the sharpest
  kMitchell,    // cubic B = C = 1/3, radius 2: softer, hardly any ringing (Mitchell and Netravali, 1988)
  kCatmullRom,  // cubic B = 0, C = 1/2, radius 2
  kArea,        // box, radius 1/2: the mean of the covered pixels
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_KERNEL_H_
