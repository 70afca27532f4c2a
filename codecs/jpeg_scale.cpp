#include "codecs/jpeg_scale.h"

#include <cstdint>
#include <initializer_list>

namespace tbbthumbs {
namespace {

// One axis of a component: how many samples its picture covers, times `divisor`, at a scale in eighths.
struct Axis {
  int64_t samples;
  int64_t divisor;

  Axis(int64_t full, int64_t factor, int64_t max_factor, int64_t scale)
      : samples(full * factor * scale), divisor(max_factor * 8) {}

  // At least `quarters` / 4 samples for each one wanted.
  bool IsEnough(int64_t wanted, int quarters) const { return 4 * samples >= quarters * wanted * divisor; }
  int whole() const { return static_cast<int>((samples + divisor - 1) / divisor); }
  double exact() const { return static_cast<double>(samples) / static_cast<double>(divisor); }
};

Axis Columns(Size full, const JpegSampling& sampling, int scale) {
  return {full.width, sampling.horizontal, sampling.max_horizontal, scale};
}
Axis Rows(Size full, const JpegSampling& sampling, int scale) {
  return {full.height, sampling.vertical, sampling.max_vertical, scale};
}

}  // namespace

int ChooseDctScale(Size full, Size target, bool fast) { return ChooseComponentScale(full, {}, target, fast); }

int ChooseComponentScale(Size full, const JpegSampling& sampling, Size target, bool fast) {
  const int quarters = fast ? 5 : 8;
  for (const int scale : {1, 2, 4}) {
    if (Columns(full, sampling, scale).IsEnough(target.width, quarters) &&
        Rows(full, sampling, scale).IsEnough(target.height, quarters)) {
      return scale;
    }
  }
  return 8;
}

PlaneFormat ComponentPlane(Size full, const JpegSampling& sampling, int scale) {
  const Axis columns = Columns(full, sampling, scale);
  const Axis rows = Rows(full, sampling, scale);
  return {columns.whole(), rows.whole(), 1, columns.exact(), rows.exact()};
}

std::string DctScaleName(int scale) { return "1/" + std::to_string(8 / scale); }

}  // namespace tbbthumbs
