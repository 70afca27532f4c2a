#include "codecs/thumbnail_metadata.h"

#include "codecs/exif_writer.h"
#include "codecs/xmp.h"

namespace tbbthumbs {

ThumbnailMetadata::ThumbnailMetadata(const SourceMetadata& source, const KeptMetadata& kept,
                                     const OutputProfile& profile, Size size, bool turned)
    : icc_(profile.icc) {
  if (kept.exif || kept.copyright) {
    ExifEdit edit{.size = size, .srgb = profile.srgb, .copyright_only = !kept.exif};
    if (kept.copyright) {
      edit.artist = source.artist;
      edit.copyright = source.copyright;
    }
    exif_ = RewriteExif(source.exif, edit);
  }
  if (kept.xmp) xmp_ = RewriteXmp(source.xmp, {size, profile.srgb, turned});
}

}  // namespace tbbthumbs
