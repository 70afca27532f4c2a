#include "codecs/jpeg_scale.h"

#include <cstdint>
#include <initializer_list>

namespace tbbthumbs {

int ChooseDctScale(Size full, Size target) {
  // full * scale / 8 >= target * 2
  const auto enough = [](int64_t side, int64_t wanted, int64_t scale) { return side * scale >= wanted * 16; };
  for (const int scale : {1, 2, 4}) {
    if (enough(full.width, target.width, scale) && enough(full.height, target.height, scale)) return scale;
  }
  return 8;
}

}  // namespace tbbthumbs
