// Rows in, a small picture out.
#ifndef TBBTHUMBS_CODECS_RESIZER_H_
#define TBBTHUMBS_CODECS_RESIZER_H_

#include <memory>
#include <optional>

#include "codecs/filter_taps.h"
#include "codecs/kernel.h"
#include "codecs/raster.h"
#include "codecs/row_sink.h"
#include "codecs/size.h"
#include "codecs/ycc_planes.h"

namespace tbbthumbs {

// What becomes of a picture that comes as ColorModel::kYcc.
enum class YccResult {
  kRgb,           // an RGB picture, converted when it is small
  kFullChroma,    // three planes of its size
  kHalvedChroma,  // three planes, both chroma planes of half the size, as JPEG 4:2:0 stores them
};

// What becomes of a picture: it is scaled, and a window of that is made.
struct ResizeTarget {
  explicit ResizeTarget(Size whole) : scaled(whole), window{0, 0, whole} {}
  ResizeTarget(Size whole, const Window& part) : scaled(whole), window(part) {}

  Size scaled;
  Window window;
};

// Resamples one picture to a target, keeping only the rows that its filter needs: memory grows with the width of the
// picture times the ratio, not with its height. Separable, with integer weights that sum to one and edges renormalised;
// the same bits on every CPU. Expects premultiplied alpha where there is alpha. Single-threaded.
class Resizer final : public RowSink {
 public:
  // `taps` must outlive the resizer.
  Resizer(const ResizeTarget& target, Kernel kernel, TapCache& taps, YccResult ycc = YccResult::kRgb);
  Resizer(Size target, Kernel kernel, TapCache& taps, YccResult ycc = YccResult::kRgb)
      : Resizer(ResizeTarget(target), kernel, taps, ycc) {}
  ~Resizer() override;

  [[nodiscard]] Status Begin(const RowFormat& format) override;
  [[nodiscard]] Status Row(int plane, std::span<const std::byte> row) override;
  [[nodiscard]] Status End() override;

  // After End and before it is taken: gives the small picture to another sink as a decoder would, planes as planes. Its
  // window has to be the whole. Errors: those of `sink`.
  [[nodiscard]] Status Replay(RowSink& sink) const;

  // After End: the small picture (premultiplied where there is alpha), in the colour model and sample type that came
  // in; RGB where that was kYcc. Without pixels where TakePlanes has them. The resizer is empty afterwards.
  Raster Take();

  // After End: the small picture where it came as kYcc and planes are wanted; the resizer is empty afterwards. Else
  // nothing: Take has it.
  std::optional<YccPlanes> TakePlanes();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_RESIZER_H_
