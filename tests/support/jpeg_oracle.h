// What libjpeg makes of a JPEG's coefficients, for readers of our own to be held against.
#ifndef TBBTHUMBS_TESTS_SUPPORT_JPEG_ORACLE_H_
#define TBBTHUMBS_TESTS_SUPPORT_JPEG_ORACLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tbbthumbs::testing {

struct OracleComponent {
  int columns = 0;  // blocks, whole MCUs
  int rows = 0;
  std::array<uint16_t, 64> quant{};   // in natural order
  std::vector<int16_t> coefficients;  // 64 of each block in natural order, not dequantized
  // Of a progressive file, by zigzag index: the low bits that a coefficient's first scan left open.
  std::array<uint8_t, 64> open{};
  // Samples at full scale, exactly.
  double extent_width = 0;
  double extent_height = 0;

  // Coefficient `k` (in natural order) of a block.
  int16_t at(int column, int row, int k) const {
    return coefficients[(static_cast<size_t>(row) * static_cast<size_t>(columns) + static_cast<size_t>(column)) * 64 +
                        static_cast<size_t>(k)];
  }
};

struct OracleCoefficients {
  std::vector<OracleComponent> components;
  // Behind the scan there is no reason for a warning, and an end-of-image marker.
  bool clean_to_the_end = false;
  // A progressive file sends coefficients as if they were new that were there already; libjpeg takes the last ones.
  bool sent_again = false;
};

// All coefficients of a picture: of its first scan where that has all components and all bits of them, else of all its
// scans. Nothing where libjpeg fails, or warns of anything in these scans. Its warnings about the header do not count.
std::optional<OracleCoefficients> ReadCoefficients(std::span<const std::byte> jpeg);

// Takes coefficients as ProgressiveReader does that sees their first scans alone: of what those leave open, the middle.
void LeaveOpen(OracleCoefficients& coefficients);

struct OraclePlane {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> samples;
  friend bool operator==(const OraclePlane&, const OraclePlane&) = default;
};

struct OraclePlanes {
  std::vector<OraclePlane> planes;
  bool clean_to_the_end = false;
  bool sent_again = false;
};

// The planes of a picture as codecs/jpeg_reduction.h makes them of those coefficients: `sides`, 1 or 2 for each
// component, are of the corner of each block that is used.
OraclePlanes Reduce(const OracleCoefficients& coefficients, const std::vector<int>& sides);
// Both in one. Nothing where the picture has another number of components, too.
std::optional<OraclePlanes> ReduceWithLibjpeg(std::span<const std::byte> jpeg, const std::vector<int>& sides);

// The first component of a gray or YCbCr picture as libjpeg-turbo itself decodes it at `eighths` of its size. An empty
// plane where it fails.
OraclePlane LibjpegsLuma(std::span<const std::byte> jpeg, int eighths);

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_JPEG_ORACLE_H_
