// Picture formats, told from their first bytes, never from a name.
#ifndef TBBTHUMBS_CODECS_FORMAT_H_
#define TBBTHUMBS_CODECS_FORMAT_H_

#include <cstddef>
#include <span>
#include <string_view>

namespace tbbthumbs {

enum class Format {
  kUnknown,  // no picture that this program knows
  kJpeg,
  kPng,
  // Known by sight, not decoded:
  kWebp,
  kGif,
  kTiff,  // many camera raw formats are TIFF too
  kHeic,
  kAvif,
  kJxl,
  kBmp,
  kPsd,
  kJpeg2000,
  kIco,
  kSvg,
  kExr,
  kCr3,
  kRaf,
};

inline constexpr int kFormatCount = 17;

// Bytes from the start of a file that decide in every case.
inline constexpr size_t kSniffBytes = 1024;

// `head`: the first bytes of the file; kSniffBytes of them, or all there are. Shorter pieces may give kUnknown.
Format SniffFormat(std::span<const std::byte> head);

// "JPEG", "PNG", "HEIC", ...; "no picture" for kUnknown.
std::string_view FormatName(Format format);

// True for the formats that OpenDecoder decodes.
constexpr bool IsDecoded(Format format) { return format == Format::kJpeg || format == Format::kPng; }

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_FORMAT_H_
