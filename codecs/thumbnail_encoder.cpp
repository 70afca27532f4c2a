#include "codecs/thumbnail_encoder.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "codecs/jpeg_encoder.h"
#include "codecs/palette_quantizer.h"
#include "codecs/png_encoder.h"
#include "codecs/size_search.h"
#include "codecs/thumbnail_plan.h"

namespace tbbthumbs {
namespace {

// Numbers of colours that are tried where a file is to become smaller: steps by a half and a third.
constexpr int kColorCounts[] = {2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256};

uint64_t MaxBytes(const SizeSpec& size, const SpecSet& specs) { return size.max_bytes.value_or(specs.max_bytes); }

tl::unexpected<Error> DoesNotFit(const EncodedBytes& smallest, uint64_t max_bytes, const std::string& least) {
  return Fail(ErrorCode::kTooLarge, "the thumbnail has " + std::to_string(smallest.size()) + " bytes " + least + ", " +
                                        std::to_string(max_bytes) + " are allowed");
}

// A picture on its way into JPEG: pixels, or planes as they come.
class JpegSource {
 public:
  explicit JpegSource(const Raster& raster) : raster_(&raster) {}
  explicit JpegSource(const YccPlanes& planes) : planes_(&planes) {}

  Result<EncodedBytes> Encode(const JpegOptions& options) {
    if (raster_ != nullptr) return EncodeJpeg(*raster_, options);
    if (options.full_chroma || planes_->chroma_size == ChromaHalved(planes_->size)) {
      return EncodeJpeg(*planes_, options);
    }
    // Made for a higher quality than it came to.
    if (!halved_) halved_ = HalveChroma(*planes_);
    return EncodeJpeg(*halved_, options);
  }

 private:
  const Raster* raster_ = nullptr;
  const YccPlanes* planes_ = nullptr;
  std::optional<YccPlanes> halved_;
};

Result<EncodedBytes> EncodeAtQuality(const SpecSet& specs, int quality, const Metadata& metadata, const Watch& watch,
                                     JpegSource& source) {
  JpegOptions options{.quality = quality,
                      .progressive = specs.progressive,
                      .optimize = specs.optimize,
                      .full_chroma = HasFullChroma(specs, quality),
                      .metadata = metadata,
                      .watch = &watch};
  if (!specs.small) return source.Encode(options);
  options.optimize = true;
  auto bytes = source.Encode(options);
  if (!bytes || options.progressive) return bytes;
  options.progressive = true;
  auto progressive = source.Encode(options);
  return progressive && progressive->size() >= bytes->size() ? std::move(bytes) : std::move(progressive);
}

Result<EncodedBytes> EncodeJpegAs(const SpecSet& specs, const SizeSpec& size, const Metadata& metadata,
                                  const Watch& watch, JpegSource source) {
  const int wanted = WantedQuality(size, specs);
  const uint64_t max_bytes = MaxBytes(size, specs);
  if (max_bytes == 0) return EncodeAtQuality(specs, wanted, metadata, watch, source);
  auto fitted = FitQuality(wanted, max_bytes,
                           [&](int quality) { return EncodeAtQuality(specs, quality, metadata, watch, source); });
  if (!fitted) return tl::unexpected<Error>(std::move(fitted.error()));
  if (!fitted->fits) return DoesNotFit(fitted->bytes, max_bytes, "at quality 1");
  return std::move(fitted->bytes);
}

PngEffort PngEffortOf(const SpecSet& specs) {
  if (specs.png_level > 0) return static_cast<PngEffort>(specs.png_level);
  return specs.fast ? PngEffort::kFast : specs.small ? PngEffort::kSmall : PngEffort::kUsual;
}

Result<EncodedBytes> EncodePngAs(const SpecSet& specs, const SizeSpec& size, const Raster& raster,
                                 const Metadata& metadata, Workspace& workspace, const Watch& watch) {
  const PngEffort effort = PngEffortOf(specs);
  const uint64_t max_bytes = MaxBytes(size, specs);
  if (specs.palette == 0) {
    auto bytes = EncodePng(raster, effort, workspace, metadata, &watch);
    if (!bytes || max_bytes == 0 || bytes->size() <= max_bytes) return bytes;
  }
  PaletteQuantizer quantizer(raster);
  const auto encode = [&](int colors) {
    return EncodePng(quantizer.Quantize(colors, specs.dither), effort, workspace, metadata, &watch);
  };
  const int most = specs.palette > 0 ? specs.palette : PaletteQuantizer::kMaxColors;
  if (max_bytes == 0) return encode(most);
  std::vector<int> counts;
  for (const int count : kColorCounts) {
    if (count < most) counts.push_back(count);
  }
  counts.push_back(most);
  auto fitted = FitStep(counts, max_bytes, encode);
  if (!fitted) return tl::unexpected<Error>(std::move(fitted.error()));
  if (!fitted->fits) return DoesNotFit(fitted->bytes, max_bytes, "with 2 colours");
  return std::move(fitted->bytes);
}

bool IsQuality(int quality) { return quality >= 1 && quality <= 100; }

}  // namespace

Status CheckEncoding(const SpecSet& specs) {
  const auto senseless = [](const char* why) { return Fail(ErrorCode::kUnsupported, why); };
  if (!std::all_of(specs.sizes.begin(), specs.sizes.end(),
                   [&](const SizeSpec& size) { return IsQuality(WantedQuality(size, specs)); })) {
    return senseless("the quality is not in 1..100");
  }
  if (specs.fast && specs.small) return senseless("fast and small exclude each other");
  if (specs.png_level < 0 || specs.png_level > 9) return senseless("the PNG level is not in 1..9");
  if (specs.png_level > 1 && specs.fast) return senseless("fast writes PNG at level 1");
  if (specs.png_level > 0 && specs.png_level < 9 && specs.small) return senseless("small writes PNG at level 9");
  if (specs.palette != 0 && (specs.palette < 2 || specs.palette > PaletteQuantizer::kMaxColors)) {
    return senseless("a palette has 2 to 256 colours");
  }
  return {};
}

Result<std::vector<std::byte>> EncodeThumbnail(const Raster& raster, OutputFormat format, const SizeSpec& size,
                                               const SpecSet& specs, const Metadata& metadata, Workspace& workspace,
                                               const Watch& watch) {
  if (format == OutputFormat::kPng) return EncodePngAs(specs, size, raster, metadata, workspace, watch);
  return EncodeJpegAs(specs, size, metadata, watch, JpegSource(raster));
}

Result<std::vector<std::byte>> EncodeThumbnail(const YccPlanes& planes, const SizeSpec& size, const SpecSet& specs,
                                               const Metadata& metadata, const Watch& watch) {
  return EncodeJpegAs(specs, size, metadata, watch, JpegSource(planes));
}

}  // namespace tbbthumbs
