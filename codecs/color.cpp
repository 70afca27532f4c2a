#include "codecs/color.h"

#include <algorithm>
#include <array>
#include <functional>
#include <list>
#include <new>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "codecs/color_lcms.h"

namespace tbbthumbs {
namespace {

// A directory of photos rarely mixes more; a CMYK transform holds up to 5 MB.
constexpr size_t kMaxCached = 16;

// Everything a profile says, as bytes to compare: an ICC profile's own, or these numbers.
using Numbers = std::array<double, 10>;

Numbers NumbersOf(const ColorProfile& profile) {
  Numbers numbers{};
  if (const auto* said = std::get_if<ParametricProfile>(&profile)) {
    std::copy(said->chromaticities.begin(), said->chromaticities.end(), numbers.begin());
    numbers[8] = static_cast<double>(said->curve);
    numbers[9] = said->gamma;
  }
  return numbers;
}

using Bytes = std::span<const std::byte>;

size_t Hash(Bytes bytes) {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

cmsUInt32Number LcmsFormat(ColorModel model, bool alpha, SampleType sample) {
  const cmsUInt32Number space = model == ColorModel::kCmyk ? PT_CMYK : PT_RGB;
  return COLORSPACE_SH(space) | CHANNELS_SH(static_cast<cmsUInt32Number>(ColorChannels(model))) |
         EXTRA_SH(alpha ? 1u : 0u) | BYTES_SH(static_cast<cmsUInt32Number>(SampleBytes(sample)));
}

// An RGB picture of the size, alpha and samples of `raster`.
Raster BlankRgb(const Raster& raster) {
  Raster rgb = {
      .size = raster.size, .color = ColorModel::kRgb, .alpha = raster.alpha, .sample = raster.sample, .pixels = {}};
  rgb.pixels.resize(rgb.row_bytes() * static_cast<size_t>(raster.size.height));
  return rgb;
}

// Replaces every `step`-th sample.
template <class Sample>
void LookUp(std::span<Sample> samples, size_t step, const std::vector<uint16_t>& table) {
  for (size_t i = 0; i < samples.size(); i += step) samples[i] = static_cast<Sample>(table[samples[i]]);
}

// (1 - C) (1 - K) is 1 - min(1, C (1 - K) + K). Rounded to nearest; the largest sample is odd, so there are no ties.
template <class Sample, uint32_t kMax>
void InksToRgb(const std::byte* from, std::byte* to, uint64_t pixels, bool alpha) {
  const auto* in = reinterpret_cast<const Sample*>(from);
  auto* out = reinterpret_cast<Sample*>(to);
  for (uint64_t i = 0; i < pixels; ++i) {
    const uint64_t paper = kMax - in[3];
    for (int c = 0; c < 3; ++c) out[c] = static_cast<Sample>(((kMax - in[c]) * paper + kMax / 2) / kMax);
    if (alpha) out[3] = in[4];
    in += alpha ? 5 : 4;
    out += alpha ? 4 : 3;
  }
}

}  // namespace

class ColorTransforms::Impl {
 public:
  Impl() : context_(MakeLcmsContext()) {}

  bool ToSrgb(Raster& raster, const ColorProfile& profile);
  bool KeepsRgb(const ColorProfile& profile);

 private:
  // The layout of a picture's pixels.
  struct Layout {
    ColorModel model = ColorModel::kRgb;
    bool alpha = false;
    SampleType sample = SampleType::kU8;
    friend bool operator==(const Layout&, const Layout&) = default;
  };
  // A profile and the layout of the pictures it comes with.
  struct Key {
    Bytes profile;
    size_t hash = 0;
    bool icc = false;
    Layout layout;

    bool operator==(const Key& other) const {
      return hash == other.hash && icc == other.icc && layout == other.layout &&
             std::ranges::equal(profile, other.profile);
    }
  };
  struct Entry {
    Key key;  // its profile is `profile`
    std::vector<std::byte> profile;
    bool usable = false;
    // Neither: the samples are right as they are, or the profile is not usable.
    std::vector<uint16_t> gray_table;
    LcmsTransform transform;  // gives RGB
  };

  const Entry& Find(const Layout& layout, const ColorProfile& profile);
  void Prepare(Entry& entry, const ColorProfile& profile) const;
  static void Apply(const Entry& entry, Raster& raster);

  LcmsContext context_;
  const Entry unusable_{};
  std::list<Entry> entries_;  // the most recently used first
};

const ColorTransforms::Impl::Entry& ColorTransforms::Impl::Find(const Layout& layout, const ColorProfile& profile) {
  const Numbers numbers = NumbersOf(profile);
  const auto* icc = std::get_if<IccProfile>(&profile);
  const Bytes bytes = icc != nullptr ? Bytes(icc->bytes) : std::as_bytes(std::span(numbers));
  // Not kept: sixteen of these would be 64 MB.
  if (bytes.size() > kMaxIccBytes) return unusable_;
  const Key key{bytes, Hash(bytes), icc != nullptr, layout};
  const auto found = std::ranges::find(entries_, key, &Entry::key);
  if (found != entries_.end()) {
    entries_.splice(entries_.begin(), entries_, found);
    return entries_.front();
  }
  Entry entry{key, {bytes.begin(), bytes.end()}, false, {}, nullptr};
  entry.key.profile = entry.profile;
  Prepare(entry, profile);
  entries_.push_front(std::move(entry));
  if (entries_.size() > kMaxCached) entries_.pop_back();
  return entries_.front();
}

void ColorTransforms::Impl::Prepare(Entry& entry, const ColorProfile& profile) const {
  const auto [model, alpha, sample] = entry.key.layout;
  const LcmsProfile from = OpenLcmsProfile(context_.get(), profile, model);
  if (from == nullptr) return;
  if (model == ColorModel::kGray) {
    entry.gray_table = MakeGrayTable(context_.get(), from.get(), sample);
    entry.usable = !entry.gray_table.empty();
    if (IsGrayLikeSrgb(entry.gray_table)) entry.gray_table.clear();
    return;
  }
  if (model == ColorModel::kRgb && IsRgbMatrixLikeSrgb(from.get())) {
    entry.usable = true;
    return;
  }
  const LcmsProfile to(cmsCreate_sRGBProfileTHR(context_.get()));
  if (to == nullptr) return;
  // For 16-bit samples lcms would put tables of 33 steps in place of the curves, which ruins dark linear light.
  const cmsUInt32Number flags = sample == SampleType::kU16 ? cmsFLAGS_NOOPTIMIZE : 0;
  entry.transform.reset(cmsCreateTransformTHR(context_.get(), from.get(), LcmsFormat(model, alpha, sample), to.get(),
                                              LcmsFormat(ColorModel::kRgb, alpha, sample), INTENT_PERCEPTUAL,
                                              flags | cmsFLAGS_COPY_ALPHA));
  entry.usable = entry.transform != nullptr;
}

void ColorTransforms::Impl::Apply(const Entry& entry, Raster& raster) {
  if (!entry.gray_table.empty()) {
    const size_t step = raster.alpha ? 2 : 1;
    if (raster.sample == SampleType::kU8) {
      LookUp(raster.u8(), step, entry.gray_table);
    } else {
      LookUp(raster.u16(), step, entry.gray_table);
    }
  }
  if (entry.transform == nullptr) return;
  Raster rgb = BlankRgb(raster);
  for (int y = 0; y < raster.size.height; ++y) {
    cmsDoTransform(entry.transform.get(), std::as_const(raster).row(y).data(), rgb.row(y).data(),
                   static_cast<cmsUInt32Number>(raster.size.width));
  }
  raster = std::move(rgb);
}

bool ColorTransforms::Impl::ToSrgb(Raster& raster, const ColorProfile& profile) {
  bool usable = true;
  if (!std::holds_alternative<std::monostate>(profile)) {
    const Entry& entry = Find({raster.color, raster.alpha, raster.sample}, profile);
    Apply(entry, raster);
    usable = entry.usable;
  }
  if (raster.color != ColorModel::kCmyk) return usable;
  Raster rgb = BlankRgb(raster);
  const auto convert = raster.sample == SampleType::kU8 ? InksToRgb<uint8_t, 255> : InksToRgb<uint16_t, 65535>;
  convert(raster.pixels.data(), rgb.pixels.data(), raster.size.pixels(), raster.alpha);
  raster = std::move(rgb);
  return usable;
}

bool ColorTransforms::Impl::KeepsRgb(const ColorProfile& profile) {
  if (std::holds_alternative<std::monostate>(profile)) return true;
  const Entry& entry = Find({}, profile);
  return entry.usable && entry.transform == nullptr;
}

ColorTransforms::ColorTransforms() : impl_(std::make_unique<Impl>()) {}
ColorTransforms::~ColorTransforms() = default;

Result<bool> ColorTransforms::ToSrgb(Raster& raster, const ColorProfile& profile) try {
  return impl_->ToSrgb(raster, profile);
} catch (const std::bad_alloc&) {
  return Fail(ErrorCode::kOutOfMemory, "out of memory for a colour transform");
}

Result<bool> ColorTransforms::KeepsRgb(const ColorProfile& profile) try {
  return impl_->KeepsRgb(profile);
} catch (const std::bad_alloc&) {
  return Fail(ErrorCode::kOutOfMemory, "out of memory for a colour transform");
}

}  // namespace tbbthumbs
