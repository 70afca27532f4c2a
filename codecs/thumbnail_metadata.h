// What is written into one thumbnail beside its pixels. Private to codecs/thumbnail*.cpp.
#ifndef TBBTHUMBS_CODECS_THUMBNAIL_METADATA_H_
#define TBBTHUMBS_CODECS_THUMBNAIL_METADATA_H_

#include <cstddef>
#include <span>
#include <vector>

#include "codecs/color.h"
#include "codecs/metadata.h"
#include "codecs/size.h"

namespace tbbthumbs {

class ThumbnailMetadata {
 public:
  // `size`: of the thumbnail; `turned`: its pixels were, as EXIF says. `profile` is to stay valid as long as value().
  ThumbnailMetadata(const SourceMetadata& source, const KeptMetadata& kept, const OutputProfile& profile, Size size,
                    bool turned);

  Metadata value() const { return {icc_, exif_, xmp_}; }

 private:
  std::span<const std::byte> icc_;
  std::vector<std::byte> exif_;
  std::vector<std::byte> xmp_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_THUMBNAIL_METADATA_H_
