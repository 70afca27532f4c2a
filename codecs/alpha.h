// Straight and premultiplied alpha.
#ifndef TBBTHUMBS_CODECS_ALPHA_H_
#define TBBTHUMBS_CODECS_ALPHA_H_

#include <cstddef>
#include <span>
#include <vector>

#include "codecs/raster.h"
#include "codecs/row_sink.h"

namespace tbbthumbs {

// Multiplies colours by alpha on their way to `next`, so that resampling weighs each pixel by its opacity; passes
// pictures without alpha through untouched. Notes on the way whether any pixel was not opaque. `next` must outlive it.
class Premultiplier final : public RowSink {
 public:
  explicit Premultiplier(RowSink& next) : next_(next) {}

  [[nodiscard]] Status Begin(const RowFormat& format) override;
  [[nodiscard]] Status Row(int plane, std::span<const std::byte> row) override;
  [[nodiscard]] Status End() override;

  // True when every pixel so far was opaque, or the picture has no alpha.
  bool opaque() const { return opaque_; }

 private:
  RowSink& next_;
  RowFormat format_;
  std::vector<std::byte> row_;
  bool opaque_ = true;
};

// Back to straight alpha, rounded to nearest; colours above their alpha are clamped, fully transparent pixels become 0.
// Nothing to do without alpha.
void Unpremultiply(Raster& raster);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_ALPHA_H_
