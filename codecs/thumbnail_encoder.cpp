#include "codecs/thumbnail_encoder.h"

#include <utility>

#include "codecs/jpeg_encoder.h"
#include "codecs/png_encoder.h"

namespace tbbthumbs {
namespace {

PngEffort PngEffortOf(const SpecSet& specs) {
  return specs.fast ? PngEffort::kFast : specs.small ? PngEffort::kSmall : PngEffort::kUsual;
}

// `source` is a Raster or YccPlanes.
template <class Source>
Result<std::vector<std::byte>> EncodeJpegAs(const SpecSet& specs, const SizeSpec& size, const Source& source) {
  JpegOptions options{
      .quality = size.quality.value_or(specs.quality), .progressive = specs.progressive, .optimize = specs.optimize};
  if (!specs.small) return EncodeJpeg(source, options);
  options.optimize = true;
  auto bytes = EncodeJpeg(source, options);
  if (!bytes || options.progressive) return bytes;
  options.progressive = true;
  auto progressive = EncodeJpeg(source, options);
  return progressive && progressive->size() >= bytes->size() ? std::move(bytes) : std::move(progressive);
}

}  // namespace

Result<std::vector<std::byte>> EncodeThumbnail(const Raster& raster, OutputFormat format, const SizeSpec& size,
                                               const SpecSet& specs, Workspace& workspace) {
  if (format == OutputFormat::kPng) return EncodePng(raster, PngEffortOf(specs), workspace);
  return EncodeJpegAs(specs, size, raster);
}

Result<std::vector<std::byte>> EncodeThumbnail(const YccPlanes& planes, const SizeSpec& size, const SpecSet& specs) {
  return EncodeJpegAs(specs, size, planes);
}

}  // namespace tbbthumbs
