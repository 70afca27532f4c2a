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

// A rectangle of pixels.
struct Window {
  int x = 0;
  int y = 0;
  Size size;
  friend bool operator==(const Window&, const Window&) = default;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_SIZE_H_
