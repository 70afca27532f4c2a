// The few lowest frequencies of a small picture.
#ifndef TBBTHUMBS_CODECS_COSINE_MEANS_H_
#define TBBTHUMBS_CODECS_COSINE_MEANS_H_

#include <span>
#include <vector>

#include "codecs/size.h"

namespace tbbthumbs {

constexpr int kMaxCosines = 8;

// For j in 0 .. ny - 1 and i in 0 .. nx - 1, at index j * nx + i: the mean over all samples, `size` of them row by row,
// of sample(x, y) * cos(pi * i * (x + phase) / width) * cos(pi * j * (y + phase) / height). `nx` and `ny`: 1 to
// kMaxCosines.
std::vector<double> CosineMeans(std::span<const double> samples, Size size, int nx, int ny, double phase);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_COSINE_MEANS_H_
