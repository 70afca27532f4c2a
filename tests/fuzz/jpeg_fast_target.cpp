#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "codecs/jpeg_fast.h"
#include "codecs/jpeg_session.h"
#include "tests/fuzz/targets.h"
#include "tests/support/jpeg_oracle.h"
#include "tests/support/piecewise_source.h"
#include "tests/support/plane_sink.h"

namespace tbbthumbs::fuzz {
namespace {

// Both decoders hold all of the picture.
constexpr uint64_t kMaxPixels = 1 << 18;

// The largest size for which `side` eighths of the components `first` to `last` are enough, or the next scale's where
// that is nothing.
Size Wanted(const jpeg_decompress_struct& info, int first, int last, int side) {
  double width = info.image_width;
  double height = info.image_height;
  for (int c = first; c <= last; ++c) {
    const jpeg_component_info& component = info.comp_info[c];
    width = std::min(width, 1.0 * info.image_width * component.h_samp_factor / info.max_h_samp_factor);
    height = std::min(height, 1.0 * info.image_height * component.v_samp_factor / info.max_v_samp_factor);
  }
  Size wanted;
  for (; wanted == Size{} && side <= 2; ++side) {
    wanted = {static_cast<int>(width) * side / 16, static_cast<int>(height) * side / 16};
  }
  return wanted;
}

}  // namespace

JpegFastOutcome JpegFast(std::span<const std::byte> input) {
  if (input.size() < 2) return JpegFastOutcome::kLeft;
  const auto choice = static_cast<unsigned>(input.back());
  const auto jpeg = input.first(input.size() - 1);
  constexpr size_t kResident[] = {SIZE_MAX, 0, 700};
  testing::PiecewiseSource source(jpeg, {.resident_bytes = kResident[(choice >> 3) % 3],
                                         .most_a_read = (choice & 64) != 0 ? 1 + choice % 7 : SIZE_MAX});
  JpegDecompressor session(source);
  if (!session.ReadHeader()) return JpegFastOutcome::kLeft;
  const jpeg_decompress_struct& info = session.info();
  if (uint64_t{info.image_width} * info.image_height > kMaxPixels) return JpegFastOutcome::kLeft;

  DecodeRequest request;
  request.at_least = Wanted(info, 0, 0, (choice & 1) != 0 ? 2 : 1);
  request.chroma_at_least = Wanted(info, 1, info.num_components - 1, (choice & 2) != 0 ? 2 : 1);
  request.strictness = (choice & 4) != 0 ? Strictness::kStrict : Strictness::kFailTruncated;
  const DecodeLimits limits;
  static Workspace workspace;
  const Watch watch(limits, {});
  testing::PlaneSink sink;
  const auto path = DecodeJpegFast(info, source, session.offset(), request, sink, workspace, limits, watch);
  // No source fails here, and there is time enough.
  if (!path) std::abort();
  if (!*path) return JpegFastOutcome::kLeft;
  if (!sink.ended) std::abort();

  std::vector<int> sides;
  for (size_t c = 0; c < sink.planes.size(); ++c) {
    const jpeg_component_info& component = info.comp_info[c];
    const int max_h = sink.planes.size() == 1 ? component.h_samp_factor : info.max_h_samp_factor;
    const double samples = static_cast<double>(info.image_width) * component.h_samp_factor / max_h;
    sides.push_back(sink.format.planes[c].extent_width * 8 / samples > 1.5 ? 2 : 1);
  }
  auto expected = testing::ReadCoefficients(jpeg);
  // Scans that were not needed may be damaged, or may send coefficients once more.
  if (info.progressive_mode && (!expected || expected->sent_again)) return JpegFastOutcome::kDelivered;
  if (!expected || expected->components.size() != sides.size()) std::abort();
  if (info.progressive_mode) testing::LeaveOpen(*expected);
  if (testing::Reduce(*expected, sides).planes != sink.planes) std::abort();
  if (request.strictness == Strictness::kStrict && !expected->clean_to_the_end) std::abort();
  return info.progressive_mode ? JpegFastOutcome::kSameProgressive : JpegFastOutcome::kSame;
}

}  // namespace tbbthumbs::fuzz
