#include "codecs/decoder.h"

#include <array>
#include <span>
#include <string>
#include <utility>

#include "codecs/exif.h"
#include "codecs/jpeg_decoder.h"
#include "codecs/png_decoder.h"

namespace tbbthumbs {

void Decoder::TakeExif(std::span<const std::byte> tiff, const KeptMetadata& wanted) {
  ExifInfo exif = ReadExif(tiff);
  info_.orientation = exif.orientation;
  info_.taken = exif.taken;
  info_.camera = std::move(exif.camera);
  if ((wanted.exif || wanted.copyright) && tiff.size() <= kMaxExifBytes) {
    info_.metadata.exif.assign(tiff.begin(), tiff.end());
  }
}

Result<std::unique_ptr<Decoder>> OpenDecoder(ByteSource& source, const DecodeLimits& limits,
                                             const KeptMetadata& wanted) {
  if (source.size() == 0) return Fail(ErrorCode::kTruncated, "the file is empty");
  if (source.size() > limits.max_input_bytes) {
    return Fail(ErrorCode::kTooLarge, std::to_string(source.size()) + " bytes: over max-input-bytes, " +
                                          std::to_string(limits.max_input_bytes));
  }
  std::array<std::byte, kSniffBytes> head;
  auto count = source.ReadAt(0, head);
  if (!count) return tl::unexpected<Error>(std::move(count.error()));
  const Format format = SniffFormat(std::span(head).first(*count));
  switch (format) {
    case Format::kJpeg:
      return OpenJpeg(source, limits, wanted);
    case Format::kPng:
      return OpenPng(source, limits, wanted);
    case Format::kUnknown:
      return Fail(ErrorCode::kUnsupported, "not a picture of a known format");
    default:
      return Fail(ErrorCode::kUnsupported, std::string(FormatName(format)) + " is not supported");
  }
}

}  // namespace tbbthumbs
