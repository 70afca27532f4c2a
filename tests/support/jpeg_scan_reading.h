// A whole scan through ScanReader or LaneReader, and what it must be equal to.
#ifndef TBBTHUMBS_TESTS_SUPPORT_JPEG_SCAN_READING_H_
#define TBBTHUMBS_TESTS_SUPPORT_JPEG_SCAN_READING_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "codecs/error.h"
#include "codecs/jpeg_lane_reader.h"
#include "codecs/jpeg_lanes.h"
#include "codecs/jpeg_scan_bytes.h"
#include "tests/support/piecewise_source.h"

namespace tbbthumbs::testing {

struct ScanReading {
  enum class End { kNoFrame, kNoTables, kDeclined, kError, kRead } end = End::kNoFrame;
  std::optional<Error> error;
  bool exact = false;
  int end_marker = 0;
  // By component: the corners of all its blocks, whole MCUs, row by row.
  std::vector<std::vector<int16_t>> corners;
  LaneCounts lanes;  // of a LaneReader

  bool read() const { return end == End::kRead; }
};

struct ScanReadingOptions {
  std::vector<int> sides{1, 1, 1};     // more than there are components: not used
  size_t window = ScanBytes::kMargin;  // the smallest that the reader takes
  PiecewiseOptions source{.resident_bytes = SIZE_MAX};
};

ScanReading ReadScan(std::span<const std::byte> jpeg, const ScanReadingOptions& options);

// Many lanes, chunks, joins and guesses in a few thousand bytes. `warm_up` in bytes: below 100 most guesses are wrong.
LaneTuning TinyTuning(uint64_t warm_up);

struct LaneReadingOptions {
  std::vector<int> sides{1, 1, 1};  // as above
  RunLanes run = &RunLanesPlainly;
  LaneTuning tuning = TinyTuning(100);
  size_t window = 0;  // 0: the whole file
  PiecewiseOptions source{.resident_bytes = SIZE_MAX};
};

ScanReading ReadInLanes(std::span<const std::byte> jpeg, const LaneReadingOptions& options);

struct NamedLanes {
  std::string name;
  RunLanes run;
};
// The plain twin, and all vector code that runs here.
std::vector<NamedLanes> AllLanes();
// Why there is less than all of it; empty where there is not.
std::string WhyNoVectorLanes();

// How a LaneReader's reading differs from a ScanReader's with its usual window; empty where it was declined or is the
// same.
std::string DifferenceFromScanReader(const ScanReading& lanes, const ScanReading& scan);

// How a reading differs from libjpeg's coefficients; empty where it was declined, or is the same and libjpeg neither
// fails nor warns.
std::string DifferenceFromLibjpeg(const ScanReading& reading, std::span<const std::byte> jpeg,
                                  const std::vector<int>& sides);

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_JPEG_SCAN_READING_H_
