// EXIF for a thumbnail, made from that of its picture.
#ifndef TBBTHUMBS_CODECS_EXIF_WRITER_H_
#define TBBTHUMBS_CODECS_EXIF_WRITER_H_

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "codecs/size.h"

namespace tbbthumbs {

struct ExifEdit {
  Size size;                    // of the thumbnail
  bool srgb = true;             // its pixels are in sRGB
  bool copyright_only = false;  // nothing but Artist and Copyright
  // For a block that has none of them; empty: nothing.
  std::string_view artist{};
  std::string_view copyright{};
};

// A fresh TIFF block in the byte order of `tiff` (big-endian where that is none), with the values of `tiff` that are
// true of an upright thumbnail too: of IFD0 the fields of EXIF that describe the picture and the camera; of the EXIF
// and the GPS directory all but what is named here. Orientation and YCbCrPositioning become 1, PixelXDimension and
// PixelYDimension those of `edit.size`, ColorSpace 1 or 0xFFFF. Left out: the embedded thumbnail (IFD1), MakerNote (its
// offsets would point nowhere), the interoperability directory, places and resolutions counted in the picture's pixels,
// and values that lie outside the block or are too many for one of kMaxExifBytes. Empty where nothing is left. `tiff`
// may be anything; the time is linear in its size, but for sorting the entries.
std::vector<std::byte> RewriteExif(std::span<const std::byte> tiff, const ExifEdit& edit);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_EXIF_WRITER_H_
