#include "tests/support/jpeg_scan_reading.h"

#include <algorithm>
#include <utility>

#include "codecs/jpeg_frame.h"
#include "codecs/jpeg_scan_reader.h"
#include "codecs/jpeg_session.h"
#include "tests/support/jpeg_oracle.h"

namespace tbbthumbs::testing {

namespace {

using End = ScanReading::End;

// Everything up to the scan, which `open` makes a reader of.
template <class Open>
ScanReading Read(std::span<const std::byte> jpeg, std::vector<int> sides, const PiecewiseOptions& source_options,
                 const Open& open) {
  ScanReading reading;
  // The header always in memory: what is tested are the scan's bytes.
  MemorySource whole(jpeg);
  JpegDecompressor session(whole);
  if (!session.ReadHeader()) return reading;
  const auto frame = ReadBaselineFrame(session.info());
  if (!frame) return reading;
  PiecewiseSource source(jpeg, source_options);
  // Kept, since making tables takes longer than all else here.
  static thread_local HuffmanTableCache tables;
  reading.end = End::kNoTables;
  sides.resize(frame->components.size(), 1);
  auto reader = open(*frame, sides, source, session.offset(), tables);
  if (!reader) return reading;
  reading.corners.resize(frame->components.size());
  reading.end = End::kRead;
  for (int y = 0; reading.read() && y < frame->mcus.height; ++y) {
    auto read = reader->ReadRow();
    if (!read) {
      reading.end = End::kError;
      reading.error = read.error();
    } else if (!*read) {
      reading.end = End::kDeclined;
    }
    for (size_t c = 0; reading.read() && c < reading.corners.size(); ++c) {
      const CoefficientRows& rows = reader->rows(static_cast<int>(c));
      const size_t row = static_cast<size_t>(rows.columns) * static_cast<size_t>(rows.side * rows.side);
      for (int i = 0; i < rows.rows; ++i) {
        reading.corners[c].insert(reading.corners[c].end(), rows.row(i), rows.row(i) + row);
      }
    }
  }
  if constexpr (requires { reader->counts(); }) reading.lanes = reader->counts();
  if (!reading.read()) return reading;
  reading.exact = reader->exact();
  reading.end_marker = reader->end_marker();
  return reading;
}

}  // namespace

ScanReading ReadScan(std::span<const std::byte> jpeg, const ScanReadingOptions& options) {
  static thread_local ScanBuffers buffers;
  return Read(jpeg, options.sides, options.source,
              [&](const JpegFrame& frame, const std::vector<int>& sides, ByteSource& source, uint64_t offset,
                  HuffmanTableCache& tables) {
                ScanBytes bytes(source, offset, frame.restart_interval > 0, buffers, options.window);
                return ScanReader::Open(frame, sides, std::move(bytes), tables);
              });
}

LaneTuning TinyTuning(uint64_t warm_up) {
  return {.warm_up = warm_up,
          .chunk_bytes = 3 * kLaneReach,
          .min_chunks = 1,
          .max_chunks = 3 * kLanes,
          .min_window = 0,
          .min_interval = 0,
          .few_lanes = 0};
}

ScanReading ReadInLanes(std::span<const std::byte> jpeg, const LaneReadingOptions& options) {
  const size_t window = options.window != 0 ? options.window : std::max(jpeg.size(), ScanBytes::kMargin + 1);
  // New ones, no larger than they have to be, for sanitizers; in front something of another picture.
  ScanBuffers buffers;
  buffers.coefficients.assign(4000, 12'345);
  return Read(jpeg, options.sides, options.source,
              [&](const JpegFrame& frame, const std::vector<int>& sides, ByteSource& source, uint64_t offset,
                  HuffmanTableCache& tables) {
                ScanBytes bytes(source, offset, frame.restart_interval > 0, buffers, window);
                return LaneReader::Open(frame, sides, std::move(bytes), tables, options.run, buffers.coefficients,
                                        options.tuning);
              });
}

std::vector<NamedLanes> AllLanes() {
  std::vector<NamedLanes> all{{"plain", &RunLanesPlainly}};
  for (const RunLanes run : ListVectorLanes()) all.push_back({"vector " + std::to_string(all.size()), run});
  return all;
}

std::string WhyNoVectorLanes() { return ListVectorLanes().empty() ? "no vector code for this CPU (AVX-512)" : ""; }

std::string DifferenceFromScanReader(const ScanReading& lanes, const ScanReading& scan) {
  if (lanes.end == End::kDeclined) return {};
  if (lanes.end != scan.end) {
    return "lanes: " + std::to_string(static_cast<int>(lanes.end)) +
           ", ScanReader: " + std::to_string(static_cast<int>(scan.end));
  }
  if (!lanes.read()) return {};
  for (size_t c = 0; c < scan.corners.size(); ++c) {
    if (lanes.corners[c].size() != scan.corners[c].size()) return "another number of coefficients";
    const auto [ours, theirs] = std::ranges::mismatch(lanes.corners[c], scan.corners[c]);
    if (ours == lanes.corners[c].end()) continue;
    return "component " + std::to_string(c) + ", value " + std::to_string(ours - lanes.corners[c].begin()) + ": " +
           std::to_string(*ours) + " instead of " + std::to_string(*theirs);
  }
  if (lanes.exact != scan.exact) return lanes.exact ? "exact only in lanes" : "exact only for ScanReader";
  if (lanes.end_marker != scan.end_marker) return "end marker " + std::to_string(lanes.end_marker);
  return {};
}

std::string DifferenceFromLibjpeg(const ScanReading& reading, std::span<const std::byte> jpeg,
                                  const std::vector<int>& sides) {
  if (!reading.read()) return reading.end == ScanReading::End::kError ? reading.error->message : std::string();
  const auto expected = ReadCoefficients(jpeg);
  if (!expected) return "libjpeg fails or warns";
  if (reading.exact && reading.end_marker == 0xD9 && !expected->clean_to_the_end) return "libjpeg warns after the scan";
  for (size_t c = 0; c < reading.corners.size(); ++c) {
    const OracleComponent& component = expected->components[c];
    size_t next = 0;
    for (int y = 0; y < component.rows; ++y) {
      for (int x = 0; x < component.columns; ++x) {
        for (int i = 0; i < sides[c] * sides[c]; ++i, ++next) {
          const int k = i / sides[c] * 8 + i % sides[c];
          if (next < reading.corners[c].size() && reading.corners[c][next] == component.at(x, y, k)) continue;
          return "component " + std::to_string(c) + ", block " + std::to_string(x) + ", " + std::to_string(y) +
                 ", coefficient " + std::to_string(k);
        }
      }
    }
    if (next != reading.corners[c].size()) return "more blocks than libjpeg has";
  }
  return {};
}

}  // namespace tbbthumbs::testing
