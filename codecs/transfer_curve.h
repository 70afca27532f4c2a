// Samples and the light they stand for.
#ifndef TBBTHUMBS_CODECS_TRANSFER_CURVE_H_
#define TBBTHUMBS_CODECS_TRANSFER_CURVE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "codecs/row_sink.h"

namespace tbbthumbs {

// The curve of one channel, as tables. Linear light has 16 bits: the darkest step of 8-bit sRGB is 20 of its steps, so
// that nothing is lost on the way there and back. Curves that are steeper at black than sRGB's (a pure power) lose some
// samples that are black in sRGB.
struct TransferCurve {
  std::vector<uint16_t> to_linear;    // by sample: 256 or 65,536 numbers
  std::vector<uint16_t> from_linear;  // by linear light: 65,536 samples, the nearest of that type
};

// The light of a sample, both from 0 to 1.
using LightFunction = std::function<double(double)>;

// Nothing where `light_of` makes no tables: it falls, or leaves hardly anything between black and white.
std::optional<TransferCurve> MakeTransferCurve(const LightFunction& light_of, SampleType sample);

// The same for amounts of ink, where the largest sample is black.
TransferCurve OfInk(const TransferCurve& curve);

// IEC 61966-2-1.
double SrgbLight(double sample);

// Of a picture: one curve for each of its colour channels, often the same.
struct TransferCurves {
  SampleType sample = SampleType::kU8;
  std::array<std::shared_ptr<const TransferCurve>, 4> channels;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_TRANSFER_CURVE_H_
