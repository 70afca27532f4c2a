// ICC profiles that say what parameters say. Private to codecs/color*.cpp.
#ifndef TBBTHUMBS_CODECS_COLOR_ICC_H_
#define TBBTHUMBS_CODECS_COLOR_ICC_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "codecs/color_lcms.h"

namespace tbbthumbs {

// A profile of ICC version 4 for gray or RGB pictures, about 500 bytes; always the same bytes. `name`: what people are
// shown, in ASCII. Empty where lcms can't make it.
std::vector<std::byte> MakeIcc(cmsContext context, const ParametricProfile& profile, ColorModel model,
                               std::string_view name);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_COLOR_ICC_H_
