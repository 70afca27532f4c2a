#include "tests/fuzz/targets.h"

#include <chrono>
#include <cstdlib>

#include "codecs/orientation.h"
#include "codecs/thumbnail.h"

namespace tbbthumbs::fuzz {

bool Thumbnail(std::span<const std::byte> input) {
  if (input.empty()) return false;
  const auto choice = static_cast<unsigned>(input[0]);
  MemorySource source(input.subspan(1));
  SpecSet specs;
  specs.sizes = {(choice & 1) != 0 ? SizeSpec{7, 0} : SizeSpec{64, 64}};
  specs.format = (choice & 2) != 0 ? OutputFormat::kPng : OutputFormat::kAuto;
  specs.strictness = static_cast<Strictness>((choice >> 2) % 3);
  DecodeLimits limits;
  limits.max_pixels = 1 << 20;
  limits.max_decoded_bytes = 16 << 20;
  limits.max_scans_times_pixels = 16 << 20;
  limits.cpu_deadline = std::chrono::seconds(5);
  Workspace workspace;
  const auto made = MakeThumbnails(source, specs, limits, workspace);
  // A reason is owed for every failure, and a defect is none.
  if (!made && (made.error().message.empty() || made.error().code == ErrorCode::kInternal)) std::abort();
  return made.has_value();
}

void Exif(std::span<const std::byte> input) {
  const int orientation = ReadExifOrientation(input);
  if (orientation < 1 || orientation > 8) std::abort();
}

}  // namespace tbbthumbs::fuzz
