#include "codecs/color_curves.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "codecs/color_lcms.h"

namespace tbbthumbs {
namespace {

using Curve = std::shared_ptr<const TransferCurve>;

// A curve's tables take 128 KB, 256 KB for 16 bits.
constexpr size_t kMaxKept = 8;
// Profiles with curves are small; what is larger holds tables of colours.
constexpr size_t kMaxKeptProfile = size_t{64} << 10;

bool IsSmall(const ColorProfile& profile) {
  const auto* icc = std::get_if<IccProfile>(&profile);
  return icc == nullptr || icc->bytes.size() <= kMaxKeptProfile;
}

TransferCurves AllAlike(const Curve& curve, SampleType sample) { return {sample, {curve, curve, curve, curve}}; }

}  // namespace

class ColorCurves::Impl {
 public:
  Impl() : context_(MakeLcmsContext()) {}

  TransferCurves Get(const ColorProfile& profile, ColorModel model, SampleType sample);
  size_t bytes() const;

 private:
  struct Entry {
    ColorProfile profile;
    ColorModel model;
    TransferCurves curves;
  };
  // sRGB's own, made when they are wanted first.
  struct Plain {
    Curve light;
    Curve ink;
  };

  Plain& PlainOf(SampleType sample);
  TransferCurves Make(const ColorProfile& profile, ColorModel model, SampleType sample);

  LcmsContext context_;
  Plain plain_[2];
  std::vector<Entry> entries_;  // the last used first
};

ColorCurves::Impl::Plain& ColorCurves::Impl::PlainOf(SampleType sample) {
  Plain& plain = plain_[sample == SampleType::kU8 ? 0 : 1];
  if (plain.light == nullptr) {
    TransferCurve curve = *MakeTransferCurve(SrgbLight, sample);
    plain.ink = std::make_shared<const TransferCurve>(OfInk(curve));
    plain.light = std::make_shared<const TransferCurve>(std::move(curve));
  }
  return plain;
}

TransferCurves ColorCurves::Impl::Make(const ColorProfile& profile, ColorModel model, SampleType sample) {
  TransferCurves plain = AllAlike(PlainOf(sample).light, sample);
  const LcmsProfile opened = OpenLcmsProfile(context_.get(), profile, model);
  if (opened == nullptr) return plain;
  if (model == ColorModel::kRgb && IsRgbMatrixLikeSrgb(opened.get())) return plain;
  TransferCurves curves = plain;
  size_t channel = 0;
  for (const cmsToneCurve* tone : ToneCurvesOf(opened.get(), model)) {
    auto curve = MakeTransferCurve(
        [tone](double sample_value) { return cmsEvalToneCurveFloat(tone, static_cast<float>(sample_value)); }, sample);
    if (!curve) return plain;
    // One table for all where they are alike: it is read faster.
    const bool alike = channel > 0 && curves.channels[0]->to_linear == curve->to_linear &&
                       curves.channels[0]->from_linear == curve->from_linear;
    curves.channels[channel] = alike ? curves.channels[0] : std::make_shared<const TransferCurve>(std::move(*curve));
    ++channel;
  }
  return curves;
}

TransferCurves ColorCurves::Impl::Get(const ColorProfile& profile, ColorModel model, SampleType sample) {
  if (model == ColorModel::kCmyk) return AllAlike(PlainOf(sample).ink, sample);
  if (std::holds_alternative<std::monostate>(profile)) return AllAlike(PlainOf(sample).light, sample);
  if (!IsSmall(profile)) return Make(profile, model, sample);
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.model == model && entry.curves.sample == sample && entry.profile == profile;
  });
  if (found != entries_.end()) {
    std::rotate(entries_.begin(), found, found + 1);
    return entries_.front().curves;
  }
  entries_.insert(entries_.begin(), {profile, model, Make(profile, model, sample)});
  if (entries_.size() > kMaxKept) entries_.pop_back();
  return entries_.front().curves;
}

size_t ColorCurves::Impl::bytes() const {
  std::set<const TransferCurve*> all;
  for (const Plain& plain : plain_) all.insert({plain.light.get(), plain.ink.get()});
  for (const Entry& entry : entries_) {
    for (const Curve& curve : entry.curves.channels) all.insert(curve.get());
  }
  size_t samples = 0;
  for (const TransferCurve* curve : all) {
    if (curve != nullptr) samples += curve->to_linear.size() + curve->from_linear.size();
  }
  return samples * sizeof(uint16_t);
}

ColorCurves::ColorCurves() : impl_(std::make_unique<Impl>()) {}
ColorCurves::~ColorCurves() = default;

TransferCurves ColorCurves::Get(const ColorProfile& profile, ColorModel model, SampleType sample) {
  return impl_->Get(profile, model, sample);
}

size_t ColorCurves::bytes() const { return impl_->bytes(); }
void ColorCurves::Clear() { impl_ = std::make_unique<Impl>(); }

}  // namespace tbbthumbs
