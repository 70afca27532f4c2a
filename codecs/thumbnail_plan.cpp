#include "codecs/thumbnail_plan.h"

#include <algorithm>

#include "codecs/orientation.h"

namespace tbbthumbs {
namespace {

// Thumbnails with a shorter side get their chroma halved by the JPEG encoder, from RGB. There every other sample is one
// at an edge, where half of a filter leans inwards: the mean colour of a ramp moved by 12 steps at 3 pixels, by 3 at 8,
// by less than 1 from 9 on.
constexpr int kMinHalvedSide = 16;

// As with libvips and ImageMagick.
constexpr int kFullChromaQuality = 90;

}  // namespace

std::vector<ThumbnailPlan> MakePlans(const ImageInfo& info, const std::vector<SizeSpec>& specs) {
  std::vector<ThumbnailPlan> plans;
  plans.reserve(specs.size());
  const bool swap = SwapsSides(info.orientation);
  for (const SizeSpec& spec : specs) {
    const Layout layout = LayOut(swap ? info.size.Transposed() : info.size, spec);
    plans.push_back({spec,
                     layout,
                     {swap ? layout.scaled.Transposed() : layout.scaled,
                      StoredWindow(layout.window, layout.scaled, info.orientation)}});
  }
  return plans;
}

int WantedQuality(const SizeSpec& size, const SpecSet& specs) { return size.quality.value_or(specs.quality); }

bool HasFullChroma(const SpecSet& specs, int quality) {
  return specs.chroma == Chroma::k444 || (specs.chroma == Chroma::kAuto && quality >= kFullChromaQuality);
}

YccResult YccResultFor(const Layout& layout, bool full_chroma) {
  if (layout.cut_by_pixels() || layout.bordered()) return YccResult::kRgb;
  if (full_chroma) return YccResult::kFullChroma;
  return std::min(layout.canvas.width, layout.canvas.height) < kMinHalvedSide ? YccResult::kRgb
                                                                              : YccResult::kHalvedChroma;
}

}  // namespace tbbthumbs
