// XMP for a thumbnail, made from that of its picture.
#ifndef TBBTHUMBS_CODECS_XMP_H_
#define TBBTHUMBS_CODECS_XMP_H_

#include <cstddef>
#include <span>
#include <vector>

#include "codecs/size.h"

namespace tbbthumbs {

struct XmpEdit {
  Size size;            // of the thumbnail
  bool srgb = true;     // its pixels are in sRGB
  bool turned = false;  // they were turned as EXIF's orientation says
};

// The packet as it is, but for what would not be true of the thumbnail: tiff:Orientation becomes 1 if it was turned,
// tiff:ImageWidth and tiff:ImageLength, exif:PixelXDimension and exif:PixelYDimension those of `edit.size`,
// exif:ColorSpace 1 or 65535; the embedded thumbnail (xmp:Thumbnails), the name of the profile
// (photoshop:ICCProfile), the pointer to extended XMP (xmpNote:HasExtendedXMP) and the padding are left out. Empty
// where the packet is too large (kMaxXmpBytes), is no XMP in UTF-8, says these things in a way that is not understood,
// or tells of what else the file holds (the video of a moving photograph, a gain map) or of a panorama's geometry.
// `packet` may be anything; the time is bounded.
std::vector<std::byte> RewriteXmp(std::span<const std::byte> packet, const XmpEdit& edit);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_XMP_H_
