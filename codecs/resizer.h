// Rows in, a small picture out.
#ifndef TBBTHUMBS_CODECS_RESIZER_H_
#define TBBTHUMBS_CODECS_RESIZER_H_

#include <memory>

#include "codecs/filter_taps.h"
#include "codecs/kernel.h"
#include "codecs/raster.h"
#include "codecs/row_sink.h"
#include "codecs/size.h"

namespace tbbthumbs {

// Resamples one picture to `target`, keeping only the rows that its filter needs: memory grows with the width of the
// picture times the ratio, not with its height. Separable, with integer weights that sum to one and edges renormalised;
// the same bits on every CPU. Expects premultiplied alpha where there is alpha. Single-threaded.
class Resizer final : public RowSink {
 public:
  // `taps` must outlive the resizer.
  Resizer(Size target, Kernel kernel, TapCache& taps);
  ~Resizer() override;

  [[nodiscard]] Status Begin(const RowFormat& format) override;
  [[nodiscard]] Status Row(int plane, std::span<const std::byte> row) override;
  [[nodiscard]] Status End() override;

  // After End: the small picture (premultiplied where there is alpha), in the colour model and sample type that came
  // in. The resizer is empty afterwards.
  Raster Take();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_RESIZER_H_
