// Straight and premultiplied alpha.
#ifndef TBBTHUMBS_CODECS_ALPHA_H_
#define TBBTHUMBS_CODECS_ALPHA_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codecs/raster.h"
#include "codecs/row_sink.h"

namespace tbbthumbs {

// Multiplies colours by alpha on their way to `next`, so that resampling weighs each pixel by its opacity; passes
// pictures without alpha through untouched. Notes on the way whether any pixel was not opaque. `next` must outlive it.
//
// RGBA of 8 bits whose first row is opaque goes on as two planes, RGB and alpha: that of alpha gets no rows until there
// is one that is not opaque, and none at all in a picture that is opaque in fact.
class Premultiplier final : public RowSink {
 public:
  explicit Premultiplier(RowSink& next) : next_(next) {}

  [[nodiscard]] Status Begin(const RowFormat& format) override;
  [[nodiscard]] Status Row(int plane, std::span<const std::byte> row) override;
  [[nodiscard]] Status End() override;

  // True when every pixel so far was opaque, or the picture has no alpha.
  bool opaque() const { return opaque_; }

 private:
  bool MaySplit() const;
  // When the first row of a picture that may be split has come.
  Status BeginSplit(std::span<const std::byte> row);
  Status SplitRow(std::span<const std::byte> row);
  Status PushColours(size_t pixels);
  // The rows of alpha that were left out.
  Status PushOwedAlpha();
  std::span<const std::byte> Multiplied(std::span<const std::byte> row);

  RowSink& next_;
  RowFormat format_;
  std::vector<std::byte> row_;
  std::vector<uint8_t> colours_;
  std::vector<uint8_t> alpha_;
  bool begun_ = false;  // next_ was told of the picture
  bool split_ = false;
  int owed_ = 0;  // opaque rows of alpha that were left out
  bool opaque_ = true;
};

// Back to straight alpha, rounded to nearest; colours above their alpha are clamped, fully transparent pixels become 0.
// Nothing to do without alpha.
void Unpremultiply(Raster& raster);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_ALPHA_H_
