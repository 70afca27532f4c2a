#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "codecs/color.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/targets.h"

namespace tbbthumbs::fuzz {
namespace {

constexpr size_t kMaxProfileBytes = 1 << 20;

// Pixels of all kinds of samples.
Raster Picture(ColorModel model, bool alpha, SampleType sample) {
  Raster raster{.size = {8, 4}, .color = model, .alpha = alpha, .sample = sample, .pixels = {}};
  raster.pixels.resize(raster.row_bytes() * static_cast<size_t>(raster.size.height));
  for (size_t i = 0; i < raster.pixels.size(); ++i) {
    raster.pixels[i] = static_cast<std::byte>(i < 10 ? 0 : i < 20 ? 255 : i * i * 31 + i / 3);
  }
  return raster;
}

bool SameAlpha(const Raster& a, const Raster& b) {
  const size_t bytes = SampleBytes(a.sample);
  const size_t step_a = static_cast<size_t>(a.channels()) * bytes;
  const size_t step_b = static_cast<size_t>(b.channels()) * bytes;
  for (size_t i = 0; i < a.size.pixels(); ++i) {
    const auto* of_a = a.pixels.data() + (i + 1) * step_a - bytes;
    const auto* of_b = b.pixels.data() + (i + 1) * step_b - bytes;
    if (!std::equal(of_a, of_a + bytes, of_b)) return false;
  }
  return true;
}

struct Converted {
  bool usable = false;
  Raster raster;
};

Converted Convert(ColorTransforms& transforms, const Raster& picture, const ColorProfile& profile,
                  const ColorGoal& goal) {
  Converted converted{false, picture};
  const auto usable = transforms.Convert(converted.raster, profile, goal);
  Require(usable.has_value(), "memory for a transform");
  converted.usable = *usable;
  const Raster& made = converted.raster;
  Require(made.size == picture.size && made.alpha == picture.alpha && made.sample == picture.sample,
          "a picture of the same layout");
  Require(made.color == (picture.color == ColorModel::kGray ? ColorModel::kGray : ColorModel::kRgb),
          "gray to stay gray, and all else to become RGB");
  Require(made.pixels.size() == made.row_bytes() * static_cast<size_t>(made.size.height), "all pixels");
  Require(!picture.alpha || SameAlpha(made, picture), "alpha to stay");
  return converted;
}

}  // namespace

IccOutcome Icc(std::span<const std::byte> input) {
  if (input.empty() || input.size() > kMaxProfileBytes) return IccOutcome::kUnusable;
  const auto choice = static_cast<unsigned>(input.back());
  const auto bytes = input.first(input.size() - 1);
  const ColorProfile profile = IccProfile{{bytes.begin(), bytes.end()}};
  const ColorGoal goal{static_cast<ColorSpace>(choice % 3), static_cast<Intent>((choice >> 2) % 4)};
  const bool alpha = (choice & 16) != 0;
  const SampleType sample = (choice & 32) != 0 ? SampleType::kU16 : SampleType::kU8;

  ColorTransforms transforms;
  bool usable = false;
  for (const ColorModel model : {ColorModel::kGray, ColorModel::kRgb, ColorModel::kCmyk}) {
    const Raster picture = Picture(model, alpha, sample);
    const Converted first = Convert(transforms, picture, profile, goal);
    usable |= first.usable;
    const Converted kept = Convert(transforms, picture, profile, goal);
    Require(kept.usable == first.usable && kept.raster.pixels == first.raster.pixels, "the same of a transform kept");
    if (!first.usable) {
      const Converted none = Convert(transforms, picture, {}, goal);
      Require(none.raster.pixels == first.raster.pixels, "a broken profile to be as none");
    }
    if (model == ColorModel::kCmyk) continue;
    if (goal.space == ColorSpace::kKeep) {
      Require(first.raster.pixels == picture.pixels, "colours that are kept to stay");
    }
    const auto color = transforms.FromSrgb({200, 100, 50}, model, profile, goal);
    Require(color.has_value(), "a colour");
    for (const bool always : {false, true}) {
      const auto said = transforms.ProfileOf(model, profile, goal, always);
      Require(said.has_value() && (!always || !said->icc.empty()), "a profile where one is wanted");
      Require(said->srgb || !said->icc.empty(), "a profile of what is not sRGB");
      // What a thumbnail says of itself is read again, in the same way.
      if (said->icc.empty() || (choice & 64) == 0) continue;
      const ColorProfile own = IccProfile{{said->icc.begin(), said->icc.end()}};
      Raster thumbnail = Picture(model, false, SampleType::kU8);
      ColorTransforms readers;
      const auto read = readers.Convert(thumbnail, own, {ColorSpace::kSrgb, goal.intent});
      Require(read.has_value() && *read, "a thumbnail's profile to be usable");
    }
  }
  const auto fate = transforms.FateOfRgb(profile, goal);
  Require(fate.has_value(), "a fate");
  const Raster plain = Picture(ColorModel::kRgb, false, SampleType::kU8);
  const Converted converted = Convert(transforms, plain, profile, goal);
  Require(fate->usable == converted.usable, "the fate that was foretold");
  Require(!fate->kept || converted.raster.pixels == plain.pixels, "samples that are kept to stay");

  // What is given back is made again, the same.
  transforms.Trim(0);
  Require(transforms.bytes() == 0, "nothing to be kept");
  const Converted again = Convert(transforms, plain, profile, goal);
  Require(again.usable == converted.usable && again.raster.pixels == converted.raster.pixels, "the same once more");
  return usable ? IccOutcome::kUsable : IccOutcome::kUnusable;
}

}  // namespace tbbthumbs::fuzz
