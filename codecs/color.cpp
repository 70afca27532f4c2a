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

#include "codecs/color_icc.h"
#include "codecs/color_lcms.h"

namespace tbbthumbs {
namespace {

// A directory of photos rarely mixes more.
constexpr size_t kMaxCached = 16;
// What a transform holds at most: with profiles of many steps.
constexpr size_t kInkTransformBytes = 5 << 20;
constexpr size_t kTransformBytes = 512 << 10;

constexpr ParametricProfile kSrgbParameters;
constexpr ParametricProfile kDisplayP3Parameters{
    .chromaticities = {0.3127, 0.3290, 0.6800, 0.3200, 0.2650, 0.6900, 0.1500, 0.0600}};

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

tl::unexpected<Error> OutOfMemory() { return Fail(ErrorCode::kOutOfMemory, "out of memory for a colour transform"); }

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

  bool Convert(Raster& raster, const ColorProfile& profile, const ColorGoal& goal);
  RgbFate FateOfRgb(const ColorProfile& profile, const ColorGoal& goal);
  Rgb8 FromSrgb(Rgb8 color, ColorModel model, const ColorProfile& profile, const ColorGoal& goal);
  // Without a profile that there should be: no memory.
  Result<OutputProfile> ProfileOf(ColorModel model, const ColorProfile& profile, const ColorGoal& goal, bool always);
  size_t bytes() const;
  void Trim(size_t most_bytes);

 private:
  // The layout of a picture's pixels.
  struct Layout {
    ColorModel model = ColorModel::kRgb;
    bool alpha = false;
    SampleType sample = SampleType::kU8;
    friend bool operator==(const Layout&, const Layout&) = default;
  };
  // What is to be made of such pixels.
  struct Task {
    ColorGoal goal;
    bool backwards = false;  // from sRGB to what the profile says, for kKeep
    friend bool operator==(const Task&, const Task&) = default;
  };
  // A profile, the layout of the pictures it comes with, and what they are to become.
  struct Key {
    Bytes profile;
    size_t hash = 0;
    bool icc = false;
    Layout layout;
    Task task;

    bool operator==(const Key& other) const {
      return hash == other.hash && icc == other.icc && layout == other.layout && task == other.task &&
             std::ranges::equal(profile, other.profile);
    }
  };
  struct Entry {
    Key key;  // its profile is `profile`
    std::vector<std::byte> profile;
    bool usable = false;
    bool like_srgb = true;
    // Neither: the samples are right as they are.
    std::vector<uint16_t> gray_table;
    LcmsTransform transform;  // gives RGB, backwards also gray
    // kKeep of parameters that are not sRGB: the same as ICC.
    std::vector<std::byte> icc;

    size_t bytes() const {
      const size_t tables = key.layout.model == ColorModel::kCmyk ? kInkTransformBytes : kTransformBytes;
      return profile.size() + icc.size() + gray_table.size() * sizeof(uint16_t) + (transform != nullptr ? tables : 0);
    }
  };

  const Entry& Find(const Layout& layout, const ColorProfile& profile, const Task& task);
  void Prepare(Entry& entry, const ColorProfile& profile) const;
  void PrepareGray(Entry& entry, cmsHPROFILE from) const;
  // `from` may be null: sRGB.
  void PrepareRgb(Entry& entry, cmsHPROFILE from) const;
  void PrepareBackwards(Entry& entry, cmsHPROFILE to) const;
  LcmsTransform MakeTransform(const Key& key, cmsHPROFILE from, cmsHPROFILE to) const;
  LcmsProfile ProfileOfGoal(const ColorGoal& goal) const;
  static void Apply(const Entry& entry, Raster& raster);
  Bytes BuiltIn(bool gray, bool display_p3);

  LcmsContext context_;
  std::list<Entry> entries_;                            // the most recently used first
  std::array<std::vector<std::byte>, 3> built_in_icc_;  // made when first wanted
};

const ColorTransforms::Impl::Entry& ColorTransforms::Impl::Find(const Layout& layout, const ColorProfile& profile,
                                                                const Task& task) {
  const Numbers numbers = NumbersOf(profile);
  const auto* icc = std::get_if<IccProfile>(&profile);
  const Bytes bytes = icc != nullptr ? Bytes(icc->bytes) : std::as_bytes(std::span(numbers));
  // Sixteen of these would be 64 MB.
  if (bytes.size() > kMaxIccBytes) return Find(layout, {}, task);
  const Key key{bytes, Hash(bytes), icc != nullptr, layout, task};
  const auto found = std::ranges::find(entries_, key, &Entry::key);
  if (found != entries_.end()) {
    entries_.splice(entries_.begin(), entries_, found);
    return entries_.front();
  }
  Entry entry{key, {bytes.begin(), bytes.end()}, false, true, {}, nullptr, {}};
  entry.key.profile = entry.profile;
  Prepare(entry, profile);
  entries_.push_front(std::move(entry));
  if (entries_.size() > kMaxCached) entries_.pop_back();
  return entries_.front();
}

size_t ColorTransforms::Impl::bytes() const {
  size_t bytes = 0;
  for (const Entry& entry : entries_) bytes += entry.bytes();
  return bytes;
}

void ColorTransforms::Impl::Trim(size_t most_bytes) {
  for (size_t held = bytes(); held > most_bytes; entries_.pop_back()) held -= entries_.back().bytes();
}

void ColorTransforms::Impl::Prepare(Entry& entry, const ColorProfile& profile) const {
  const ColorModel model = entry.key.layout.model;
  const LcmsProfile said = OpenLcmsProfile(context_.get(), profile, model);
  if (entry.key.task.backwards) {
    if (said != nullptr) PrepareBackwards(entry, said.get());
    return;
  }
  if (model == ColorModel::kGray) {
    if (said != nullptr) PrepareGray(entry, said.get());
  } else if (model == ColorModel::kRgb || said != nullptr) {
    PrepareRgb(entry, said.get());
  }
  const auto* parameters = std::get_if<ParametricProfile>(&profile);
  if (entry.key.task.goal.space == ColorSpace::kKeep && parameters != nullptr && entry.usable && !entry.like_srgb) {
    entry.icc = MakeIcc(context_.get(), *parameters, model, "Colours of a PNG");
    entry.usable = !entry.icc.empty();
  }
}

void ColorTransforms::Impl::PrepareGray(Entry& entry, cmsHPROFILE from) const {
  const ColorGoal& goal = entry.key.task.goal;
  entry.gray_table = MakeGrayTable(context_.get(), from, entry.key.layout.sample, goal.intent);
  entry.usable = !entry.gray_table.empty();
  entry.like_srgb = IsGrayLikeSrgb(entry.gray_table);
  if (entry.like_srgb || goal.space == ColorSpace::kKeep) entry.gray_table.clear();
}

void ColorTransforms::Impl::PrepareRgb(Entry& entry, cmsHPROFILE from) const {
  const Key& key = entry.key;
  const bool to_p3 = key.task.goal.space == ColorSpace::kDisplayP3;
  if (from != nullptr && key.layout.model == ColorModel::kRgb) {
    entry.like_srgb = IsRgbMatrixLikeSrgb(from);
    entry.usable = to_p3 ? IsRgbMatrixLikeDisplayP3(from) : entry.like_srgb;
    if (entry.usable) return;
  }
  const LcmsProfile to = ProfileOfGoal(key.task.goal);
  if (to == nullptr) return;
  if (from != nullptr) {
    entry.transform = MakeTransform(key, from, to.get());
    entry.usable = entry.transform != nullptr;
    if (entry.usable && key.task.goal.space == ColorSpace::kKeep) entry.transform.reset();
  }
  if (entry.usable) return;
  // Nothing that makes sense is said.
  entry.like_srgb = true;
  if (!to_p3 || key.layout.model != ColorModel::kRgb) return;
  const LcmsProfile srgb = ProfileOfGoal({});
  if (srgb != nullptr) entry.transform = MakeTransform(key, srgb.get(), to.get());
}

void ColorTransforms::Impl::PrepareBackwards(Entry& entry, cmsHPROFILE to) const {
  const LcmsProfile srgb = ProfileOfGoal({});
  if (srgb == nullptr) return;
  const LcmsIntent intent(entry.key.task.goal.intent);
  const cmsUInt32Number format = entry.key.layout.model == ColorModel::kGray ? TYPE_GRAY_8 : TYPE_RGB_8;
  entry.transform.reset(cmsCreateTransformTHR(context_.get(), srgb.get(), TYPE_RGB_8, to, format, intent.intent,
                                              intent.flags | cmsFLAGS_NOOPTIMIZE));
  entry.usable = entry.transform != nullptr;
}

LcmsTransform ColorTransforms::Impl::MakeTransform(const Key& key, cmsHPROFILE from, cmsHPROFILE to) const {
  const auto [model, alpha, sample] = key.layout;
  const LcmsIntent intent(key.task.goal.intent);
  // For 16-bit samples lcms would put tables of 33 steps in place of the curves, which ruins dark linear light.
  const cmsUInt32Number flags = intent.flags | (sample == SampleType::kU16 ? cmsFLAGS_NOOPTIMIZE : 0);
  return LcmsTransform(cmsCreateTransformTHR(context_.get(), from, LcmsFormat(model, alpha, sample), to,
                                             LcmsFormat(ColorModel::kRgb, alpha, sample), intent.intent,
                                             flags | cmsFLAGS_COPY_ALPHA));
}

// Of kKeep: sRGB, to see whether lcms can work with the picture's own.
LcmsProfile ColorTransforms::Impl::ProfileOfGoal(const ColorGoal& goal) const {
  if (goal.space != ColorSpace::kDisplayP3) return LcmsProfile(cmsCreate_sRGBProfileTHR(context_.get()));
  return OpenLcmsProfile(context_.get(), kDisplayP3Parameters, ColorModel::kRgb);
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

bool ColorTransforms::Impl::Convert(Raster& raster, const ColorProfile& profile, const ColorGoal& goal) {
  const bool says = !std::holds_alternative<std::monostate>(profile);
  bool usable = true;
  const bool inks = raster.color == ColorModel::kCmyk;
  const ColorGoal wanted{inks && goal.space == ColorSpace::kKeep ? ColorSpace::kSrgb : goal.space, goal.intent};
  if (says || (raster.color == ColorModel::kRgb && wanted.space == ColorSpace::kDisplayP3)) {
    const Entry& entry = Find({raster.color, raster.alpha, raster.sample}, profile, {wanted});
    Apply(entry, raster);
    usable = entry.usable || !says;
  }
  if (raster.color != ColorModel::kCmyk) return usable;
  Raster rgb = BlankRgb(raster);
  const auto convert = raster.sample == SampleType::kU8 ? InksToRgb<uint8_t, 255> : InksToRgb<uint16_t, 65535>;
  convert(raster.pixels.data(), rgb.pixels.data(), raster.size.pixels(), raster.alpha);
  raster = std::move(rgb);
  if (wanted.space == ColorSpace::kDisplayP3) Convert(raster, {}, wanted);
  return usable;
}

RgbFate ColorTransforms::Impl::FateOfRgb(const ColorProfile& profile, const ColorGoal& goal) {
  const bool says = !std::holds_alternative<std::monostate>(profile);
  if (!says && goal.space != ColorSpace::kDisplayP3) return {};
  const Entry& entry = Find({}, profile, {goal});
  return {entry.usable || !says, entry.transform == nullptr};
}

Rgb8 ColorTransforms::Impl::FromSrgb(Rgb8 color, ColorModel model, const ColorProfile& profile, const ColorGoal& goal) {
  if (goal.space == ColorSpace::kSrgb) return color;
  Raster pixel{.size = {1, 1}, .color = ColorModel::kRgb, .alpha = false, .sample = SampleType::kU8, .pixels = {}};
  pixel.pixels = {std::byte{color.red}, std::byte{color.green}, std::byte{color.blue}};
  if (goal.space == ColorSpace::kDisplayP3) {
    if (model == ColorModel::kGray && color.red == color.green && color.green == color.blue) return color;
    Convert(pixel, {}, goal);
  } else if (!ProfileOf(model, profile, goal, false).value_or(OutputProfile()).srgb) {
    const Entry& entry = Find({model, false, SampleType::kU8}, profile, {goal, true});
    if (entry.transform == nullptr) return color;
    cmsDoTransform(entry.transform.get(), std::vector(pixel.pixels).data(), pixel.pixels.data(), 1);
    if (model == ColorModel::kGray) pixel.pixels[1] = pixel.pixels[2] = pixel.pixels[0];
  }
  const auto samples = pixel.u8();
  return {samples[0], samples[1], samples[2]};
}

Result<OutputProfile> ColorTransforms::Impl::ProfileOf(ColorModel model, const ColorProfile& profile,
                                                       const ColorGoal& goal, bool always) {
  if (goal.space == ColorSpace::kKeep && !std::holds_alternative<std::monostate>(profile)) {
    const Entry& entry = Find({model, false, SampleType::kU8}, profile, {goal});
    if (entry.usable && entry.key.icc && (always || !entry.like_srgb)) {
      return OutputProfile{entry.profile, entry.like_srgb};
    }
    if (entry.usable && !entry.like_srgb) return OutputProfile{entry.icc, false};
  }
  const bool gray = model == ColorModel::kGray;
  const bool srgb = gray || goal.space != ColorSpace::kDisplayP3;
  if (!always && srgb) return OutputProfile{};
  const Bytes icc = BuiltIn(gray, !srgb);
  if (icc.empty()) return OutOfMemory();
  return OutputProfile{icc, srgb};
}

Bytes ColorTransforms::Impl::BuiltIn(bool gray, bool display_p3) {
  std::vector<std::byte>& icc = built_in_icc_[display_p3 ? 2 : gray ? 1 : 0];
  if (icc.empty()) {
    icc = MakeIcc(context_.get(), display_p3 ? kDisplayP3Parameters : kSrgbParameters,
                  gray ? ColorModel::kGray : ColorModel::kRgb,
                  display_p3 ? "Display P3"
                  : gray     ? "Gray with the curve of sRGB"
                             : "sRGB");
  }
  return icc;
}

namespace {

// Calls `f`, whose only failure is the lack of memory.
template <class F>
auto OrOutOfMemory(F&& f) -> Result<decltype(f())> {
  try {
    return f();
  } catch (const std::bad_alloc&) {
    return OutOfMemory();
  }
}

}  // namespace

ColorTransforms::ColorTransforms() : impl_(std::make_unique<Impl>()) {}
ColorTransforms::~ColorTransforms() = default;

size_t ColorTransforms::bytes() const { return impl_->bytes(); }
void ColorTransforms::Trim(size_t most_bytes) { impl_->Trim(most_bytes); }

Result<bool> ColorTransforms::Convert(Raster& raster, const ColorProfile& profile, const ColorGoal& goal) {
  return OrOutOfMemory([&] { return impl_->Convert(raster, profile, goal); });
}

Result<RgbFate> ColorTransforms::FateOfRgb(const ColorProfile& profile, const ColorGoal& goal) {
  return OrOutOfMemory([&] { return impl_->FateOfRgb(profile, goal); });
}

Result<Rgb8> ColorTransforms::FromSrgb(Rgb8 color, ColorModel model, const ColorProfile& profile,
                                       const ColorGoal& goal) {
  return OrOutOfMemory([&] { return impl_->FromSrgb(color, model, profile, goal); });
}

Result<OutputProfile> ColorTransforms::ProfileOf(ColorModel model, const ColorProfile& profile, const ColorGoal& goal,
                                                 bool always) {
  auto made = OrOutOfMemory([&] { return impl_->ProfileOf(model, profile, goal, always); });
  return made ? std::move(*made) : tl::unexpected<Error>(std::move(made.error()));
}

}  // namespace tbbthumbs
