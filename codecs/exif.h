// What EXIF says of a picture.
#ifndef TBBTHUMBS_CODECS_EXIF_H_
#define TBBTHUMBS_CODECS_EXIF_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "codecs/calendar_time.h"

namespace tbbthumbs {

struct ExifInfo {
  int orientation = 1;                // tag 0x0112, 1..8
  std::optional<CalendarTime> taken;  // DateTimeOriginal (0x9003), else DateTime (0x0132): by the camera's clock
  std::string camera;  // Make (0x010F) and Model (0x0110), the maker once; at most 64 bytes, of any kind but controls
};

// `tiff`: a TIFF block, as EXIF carries it: from after "Exif\0\0" in a JPEG's APP1, or the data of a PNG's eXIf chunk.
// What is missing, out of range or damaged keeps its default.
ExifInfo ReadExif(std::span<const std::byte> tiff);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_EXIF_H_
