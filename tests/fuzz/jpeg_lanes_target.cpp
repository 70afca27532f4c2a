#include <cstdint>
#include <cstdlib>
#include <vector>

#include "codecs/jpeg_session.h"
#include "tests/fuzz/targets.h"
#include "tests/support/jpeg_scan_reading.h"
#include "tests/support/jpeg_synthesis.h"

namespace tbbthumbs::fuzz {
namespace {

// All ways to read it hold all of the picture.
constexpr uint64_t kMaxPixels = 1 << 20;

bool IsSmall(std::span<const std::byte> jpeg) {
  MemorySource source(jpeg);
  JpegDecompressor session(source);
  if (!session.ReadHeader()) return false;
  return uint64_t{session.info().image_width} * session.info().image_height <= kMaxPixels;
}

}  // namespace

std::optional<uint64_t> JpegLanes(std::span<const std::byte> input) {
  if (input.size() < 2) return std::nullopt;
  const auto jpeg = input.first(input.size() - 1);
  if (!IsSmall(jpeg)) return std::nullopt;
  testing::SynthRandom random(static_cast<unsigned>(input.back()) * 65'537U + static_cast<unsigned>(jpeg.size()));
  random.discard(2);  // neighbouring seeds begin alike
  testing::LaneReadingOptions options;
  for (int& side : options.sides) side = 1 + static_cast<int>(random() % 2);
  options.tuning = testing::TinyTuning(random() % (random() % 2 == 0 ? 60 : 600));
  options.tuning.chunk_bytes = 1 + random() % 1500;
  options.tuning.min_chunks = 1 + random() % 40;
  options.tuning.few_lanes = random() % 2 == 0 ? 0 : static_cast<int>(random() % 20);
  if (random() % 2 == 0) options.window = ScanBytes::kMargin + 1 + random() % 20'000;
  if (random() % 4 == 0) options.source = {.resident_bytes = 700, .most_a_read = 1 + random() % 5000};

  const testing::ScanReading expected =
      testing::ReadScan(jpeg, {.sides = options.sides, .window = ScanBytes::kDefaultWindow});
  const testing::ScanReading plain = testing::ReadInLanes(jpeg, options);
  if (!testing::DifferenceFromScanReader(plain, expected).empty()) std::abort();
  for (const RunLanes run : ListVectorLanes()) {
    options.run = run;
    const testing::ScanReading vector = testing::ReadInLanes(jpeg, options);
    if (vector.end != plain.end || vector.corners != plain.corners || vector.lanes != plain.lanes ||
        vector.exact != plain.exact || vector.end_marker != plain.end_marker) {
      std::abort();
    }
  }
  if (!plain.read()) return std::nullopt;
  return plain.lanes.lane_blocks;
}

}  // namespace tbbthumbs::fuzz
