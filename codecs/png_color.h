// What a PNG says about its colours. Private to codecs/png_*.cpp.
#ifndef TBBTHUMBS_CODECS_PNG_COLOR_H_
#define TBBTHUMBS_CODECS_PNG_COLOR_H_

#include "codecs/color_profile.h"
#include "codecs/png_session.h"

namespace tbbthumbs {

// The data of the first chunk of that name among those that libpng does not know itself and was told to keep; empty
// where there is none.
std::span<const std::byte> FindUnknownChunk(const PngReadSession& session, const char* name);

// By the rule in png_decoder.h, from the chunks before the image data. No errors: what is damaged, libpng has dropped.
ColorProfile ReadPngColor(const PngReadSession& session);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PNG_COLOR_H_
