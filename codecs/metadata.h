// What a picture's file says beside its pixels, and what of it a thumbnail is to say.
#ifndef TBBTHUMBS_CODECS_METADATA_H_
#define TBBTHUMBS_CODECS_METADATA_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace tbbthumbs {

// What thumbnails are to have; by default nothing.
struct KeptMetadata {
  bool icc = false;        // always a profile of their colours, also where that is sRGB
  bool exif = false;       // the EXIF block, made true for the thumbnail (see RewriteExif)
  bool xmp = false;        // the XMP packet, likewise (see RewriteXmp)
  bool copyright = false;  // an EXIF block of Copyright and Artist; from a PNG also its texts Copyright and Author

  friend bool operator==(const KeptMetadata&, const KeptMetadata&) = default;
};

// As it stands in the file, unchecked; empty where that has none, or it is too large to be kept.
struct SourceMetadata {
  std::vector<std::byte> exif;  // a TIFF block
  std::vector<std::byte> xmp;
  // Texts of a PNG, in UTF-8.
  std::string artist;
  std::string copyright;
};

// What an encoder writes: nothing of what is empty. What the spans point to outlives the call.
struct Metadata {
  std::span<const std::byte> icc;   // at most kMaxIccSegments x 65,519 bytes; gray for gray pictures, RGB for others
  std::span<const std::byte> exif;  // a TIFF block of at most kMaxExifBytes
  std::span<const std::byte> xmp;   // at most kMaxXmpBytes

  bool empty() const { return icc.empty() && exif.empty() && xmp.empty(); }
};

// What fits one segment of a JPEG, 65,533 bytes, behind "Exif\0\0" and "http://ns.adobe.com/xap/1.0/\0". Both formats
// keep to it.
inline constexpr size_t kMaxExifBytes = 65'527;
inline constexpr size_t kMaxXmpBytes = 65'504;
inline constexpr size_t kMaxIccSegments = 255;

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_METADATA_H_
