// Where a reader puts the coefficients of a row of MCUs. Private to codecs/jpeg*.
#ifndef TBBTHUMBS_CODECS_JPEG_COEFFICIENTS_H_
#define TBBTHUMBS_CODECS_JPEG_COEFFICIENTS_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "codecs/jpeg_frame.h"

namespace tbbthumbs {

// The coefficients of one component in a row of MCUs that were kept: side * side of each block, in natural order of
// the corner with the lowest frequencies.
struct CoefficientRows {
  int side = 1;                       // of the corner: 1 or 2
  int columns = 0;                    // blocks in a row, whole MCUs
  int rows = 0;                       // rows of blocks
  std::vector<int16_t> coefficients;  // not dequantized; row by row, block by block

  const int16_t* row(int y) const { return coefficients.data() + static_cast<size_t>(y) * columns * side * side; }
};

// DC predictions beyond this are damage. With it looked at after each row they stay within 32 bits: a row has 65,500 /
// 8 MCUs at most, and each moves one by 10 differences of 11 bits.
inline constexpr int kMaxPrediction = 1 << 30;

inline bool ArePlausible(const std::array<int, 3>& predictions) {
  return std::ranges::all_of(predictions,
                             [](int value) { return value >= -kMaxPrediction && value <= kMaxPrediction; });
}

// The zigzag indexes that a corner of 2 x 2 has beside DC, and the last of them.
inline constexpr std::array<int, 3> kCorner2Indexes = {1, 2, 4};
inline constexpr int kLastOfCorner2 = 4;

// By zigzag index: the place in that corner. 0: not kept.
template <size_t kSize, class Place = uint8_t>
constexpr std::array<Place, kSize> Corner2Places() {
  std::array<Place, kSize> places{};
  for (size_t i = 0; i < kCorner2Indexes.size(); ++i) places[kCorner2Indexes[i]] = static_cast<Place>(i + 1);
  return places;
}

// Where a block of an MCU goes.
struct BlockPlace {
  int component = 0;
  int side = 1;
  int16_t* first = nullptr;  // of the row's first MCU
  size_t step = 0;           // coefficients from MCU to MCU
};

// The coefficients of all components in a row of MCUs. Movable: places stay valid.
class McuRow {
 public:
  McuRow() = default;
  // `sides`: of the corner of each component.
  McuRow(const JpegFrame& frame, const std::vector<int>& sides);
  McuRow(const McuRow&) = delete;
  McuRow& operator=(const McuRow&) = delete;
  McuRow(McuRow&&) = default;
  McuRow& operator=(McuRow&&) = default;

  const CoefficientRows& component(int index) const { return components_[index]; }
  CoefficientRows& component(int index) { return components_[index]; }
  // Of each block of an MCU, in the order in which they are coded.
  const std::vector<BlockPlace>& places() const { return places_; }

 private:
  std::vector<CoefficientRows> components_;
  std::vector<BlockPlace> places_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_COEFFICIENTS_H_
