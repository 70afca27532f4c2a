#include "tools/read_specs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

namespace tbbthumbs::tool {
namespace {

constexpr Choice<Kernel> kKernels[] = {{"lanczos3", Kernel::kLanczos3},
                                       {"mitchell", Kernel::kMitchell},
                                       {"catmull-rom", Kernel::kCatmullRom},
                                       {"area", Kernel::kArea}};
constexpr Choice<OutputFormat> kFormats[] = {
    {"auto", OutputFormat::kAuto}, {"jpeg", OutputFormat::kJpeg}, {"png", OutputFormat::kPng}};
constexpr Choice<Chroma> kChromas[] = {{"auto", Chroma::kAuto}, {"420", Chroma::k420}, {"444", Chroma::k444}};
constexpr Choice<ColorSpace> kColorSpaces[] = {
    {"srgb", ColorSpace::kSrgb}, {"p3", ColorSpace::kDisplayP3}, {"keep", ColorSpace::kKeep}};
constexpr Choice<Intent> kIntents[] = {{"perceptual", Intent::kPerceptual},
                                       {"relative", Intent::kRelative},
                                       {"saturation", Intent::kSaturation},
                                       {"absolute", Intent::kAbsolute}};
constexpr Choice<bool KeptMetadata::*> kMetadata[] = {{"icc", &KeptMetadata::icc},
                                                      {"exif", &KeptMetadata::exif},
                                                      {"xmp", &KeptMetadata::xmp},
                                                      {"copyright", &KeptMetadata::copyright}};
constexpr Choice<Strictness> kOnDamage[] = {
    {"fail-truncated", Strictness::kFailTruncated}, {"salvage", Strictness::kSalvage}, {"strict", Strictness::kStrict}};
constexpr Choice<DecoderChoice> kDecoders[] = {{"auto", DecoderChoice::kAuto},
                                               {"fast", DecoderChoice::kFast},
                                               {"scalar", DecoderChoice::kScalar},
                                               {"turbo", DecoderChoice::kTurbo},
                                               {"reference", DecoderChoice::kReference}};

// What the options say of all sizes, and each size of itself.
void ReadSizes(OptionReader& reader, SpecSet& specs) {
  SizeDefaults defaults;
  reader.ReadChoice("fit", defaults.fit, FitNames());
  reader.ReadChoice("gravity", defaults.gravity, GravityNames());
  bool enlarge = false;
  reader.ReadFlag("enlarge", enlarge);
  if (enlarge) defaults.scaling = Scaling::kBoth;
  specs.sizes = {*ParseSize("256", defaults)};
  reader.ReadList("size", specs.sizes, [&](const std::string& text) { return ParseSize(text, defaults); });
  for (size_t i = 1; i < specs.sizes.size(); ++i) {
    if (std::find(specs.sizes.begin(), specs.sizes.begin() + i, specs.sizes[i]) != specs.sizes.begin() + i) {
      reader.Refuse("--size: " + ToString(specs.sizes[i]) + " is given twice");
    }
  }
}

// "blur" is no colour: what lies under transparency is white then.
void ReadBackground(OptionReader& reader, SpecSet& specs) {
  reader.Read("background", specs.background, [&](const std::string& text) -> Parsed<Rgb8> {
    specs.blurred_border = text == "blur";
    return specs.blurred_border ? Rgb8() : ParseColor(text);
  });
}

Parsed<double> ParseSharpen(const std::string& text) { return ParseNumber(text, 0, kMaxSharpen); }

// How much the files take. The format, --fast and --small are known.
void ReadEncoding(OptionReader& reader, SpecSet& specs) {
  reader.ReadChoice("chroma", specs.chroma, kChromas);
  reader.Read("max-bytes", specs.max_bytes, ParseByteCount);
  reader.ReadInt("png-level", specs.png_level, 1, 9);
  reader.Read("palette", specs.palette, [](const std::string& text) -> Parsed<int> {
    auto colors = ParseInt(text, 0, 256);
    if (!colors || *colors == 1) return tl::unexpected<std::string>("'" + text + "' is neither 2 to 256 colours nor 0");
    return colors;
  });
  reader.ReadFlag("dither", specs.dither);
  if (specs.format == OutputFormat::kJpeg) {
    for (const auto& [name, given] : {std::pair("--png-level", specs.png_level), {"--palette", specs.palette}}) {
      if (given > 0) reader.Refuse(fmt::format("{} is for PNG: --format png or auto is missing", name));
    }
  }
  if (specs.fast && specs.png_level > 1) reader.Refuse("--fast writes PNG at --png-level 1, and at no other");
  if (specs.small && specs.png_level > 0 && specs.png_level < 9) {
    reader.Refuse("--small writes PNG at --png-level 9, and at no other");
  }
}

// "exif,icc"; "all" and "none" stand alone.
Parsed<KeptMetadata> ParseKept(const std::string& text) {
  if (text == "all") return KeptMetadata{true, true, true, true};
  if (text == "none") return KeptMetadata{};
  KeptMetadata kept;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const auto member = ParseChoice<bool KeptMetadata::*>(text.substr(begin, end - begin), kMetadata);
    if (!member) return tl::unexpected<std::string>(member.error() + " (or all, or none)");
    kept.** member = true;
    begin = end + 1;
  }
  return kept;
}

}  // namespace

Parsed<SizeSpec> ParseSize(const std::string& text, const SizeDefaults& defaults) {
  const auto spec = ParseSizeSpec(text, defaults);
  if (!spec) return tl::unexpected<std::string>(spec.error().message);
  return *spec;
}

void ReadSpecs(OptionReader& reader, SpecSet& specs) {
  ReadSizes(reader, specs);
  reader.ReadChoice("kernel", specs.kernel, kKernels);
  reader.ReadFlag("linear", specs.linear);
  reader.Read("sharpen", specs.sharpen, ParseSharpen);
  ReadBackground(reader, specs);
  reader.ReadChoice("format", specs.format, kFormats);
  reader.ReadInt("quality", specs.quality, 1, 100);
  reader.ReadChoice("color", specs.color, kColorSpaces);
  reader.ReadChoice("intent", specs.intent, kIntents);
  reader.Read("keep", specs.keep, ParseKept);
  reader.ReadFlag("progressive", specs.progressive);
  reader.ReadFlag("optimize", specs.optimize);
  reader.ReadFlag("fast", specs.fast);
  reader.ReadFlag("small", specs.small);
  if (specs.fast && specs.small) reader.Refuse("--fast and --small exclude each other");
  ReadEncoding(reader, specs);
  reader.ReadFlag("blurhash", specs.placeholders.blurhash);
  reader.ReadFlag("thumbhash", specs.placeholders.thumbhash);
  reader.ReadChoice("on-damage", specs.strictness, kOnDamage);
  reader.ReadChoice("decoder", specs.decoder, kDecoders);
}

}  // namespace tbbthumbs::tool
