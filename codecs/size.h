#ifndef TBBTHUMBS_CODECS_SIZE_H_
#define TBBTHUMBS_CODECS_SIZE_H_

#include <cstdint>

namespace tbbthumbs {

// Width and height in pixels.
struct Size {
  int width = 0;
  int height = 0;

  uint64_t pixels() const { return static_cast<uint64_t>(width) * static_cast<uint64_t>(height); }
  Size Transposed() const { return {height, width}; }
  friend bool operator==(const Size&, const Size&) = default;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_SIZE_H_
