#include "tests/fuzz/targets.h"

#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "codecs/exif.h"
#include "codecs/exif_writer.h"
#include "codecs/metadata.h"
#include "codecs/thumbnail.h"
#include "codecs/tiff_reader.h"
#include "codecs/xmp.h"

namespace tbbthumbs::fuzz {
namespace {

// What is made of a block is a block, upright, and is made the same once more.
void CheckRewritten(std::span<const std::byte> input) {
  const ExifEdit edit{.size = {64, 48}};
  const std::vector<std::byte> once = RewriteExif(input, edit);
  if (once.empty()) return;
  const ExifInfo again = ReadExif(once);
  if (once.size() > kMaxExifBytes || !TiffReader::Open(once) || again.orientation != 1) std::abort();
  if (input.size() <= kMaxExifBytes / 2 && RewriteExif(once, edit) != once) std::abort();
  ExifEdit copyright = edit;
  copyright.copyright_only = true;
  copyright.artist = "somebody";
  if (RewriteExif(input, copyright).size() > kMaxExifBytes) std::abort();
}

}  // namespace

bool Thumbnail(std::span<const std::byte> input) {
  if (input.empty()) return false;
  const auto choice = static_cast<unsigned>(input[0]);
  MemorySource source(input.subspan(1));
  SpecSet specs;
  specs.sizes = {(choice & 1) != 0 ? SizeSpec{7, 0} : SizeSpec{64, 64}};
  specs.format = (choice & 2) != 0 ? OutputFormat::kPng : OutputFormat::kAuto;
  specs.strictness = static_cast<Strictness>((choice >> 2) % 3);
  specs.color = static_cast<ColorSpace>((choice >> 4) % 3);
  specs.linear = (choice & 64) != 0;
  if ((choice & 128) != 0) {
    specs.sharpen = 1;
    specs.keep = {true, true, true, true};
  }
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
  const ExifInfo exif = ReadExif(input);
  if (exif.orientation < 1 || exif.orientation > 8) std::abort();
  CheckRewritten(input);
  if (exif.camera.size() > 64 || exif.camera.find('\0') != std::string::npos) std::abort();
  if (!exif.taken) return;
  const CalendarTime& t = *exif.taken;
  const bool possible = t.year >= 1 && t.year <= 9999 && t.month >= 1 && t.month <= 12 && t.day >= 1 && t.day <= 31 &&
                        t.hour >= 0 && t.hour <= 23 && t.minute >= 0 && t.minute <= 59 && t.second >= 0 &&
                        t.second <= 60;
  if (!possible) std::abort();
}

void Xmp(std::span<const std::byte> input) {
  const XmpEdit edit{.size = {64, 48}, .turned = true};
  const std::vector<std::byte> once = RewriteXmp(input, edit);
  if (once.size() > kMaxXmpBytes) std::abort();
  // Some of the fixed point: taking something out may bring other things together.
  const std::vector<std::byte> twice = RewriteXmp(once, edit);
  if (twice.size() > once.size() + 64) std::abort();
}

}  // namespace tbbthumbs::fuzz
