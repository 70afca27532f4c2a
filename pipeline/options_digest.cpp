#include "pipeline/options_digest.h"

#include <array>
#include <charconv>
#include <cstdint>

#include "codecs/size_spec.h"
#include "pipeline/name_hash.h"

namespace tbbthumbs {
namespace {

// "name=value" after what is there.
void Add(std::string& text, std::string_view name, std::string_view value) {
  if (!text.empty()) text += ' ';
  text.append(name).append("=").append(value);
}

void Add(std::string& text, std::string_view name, uint64_t value) { Add(text, name, std::to_string(value)); }

// The shortest text that is this number again.
void Add(std::string& text, std::string_view name, double value) {
  std::array<char, 32> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  Add(text, name, std::string_view(digits.data(), static_cast<size_t>(end - digits.data())));
}

void AddIf(std::string& text, std::string_view name, bool value) {
  if (value) Add(text, name, "yes");
}

// Enumerators by their places: those of public options keep them.
template <class Enum>
uint64_t Number(Enum value) {
  return static_cast<uint64_t>(value);
}

std::string DescribeSize(SizeSpec spec) {
  spec.name.clear();
  spec.density = 1;
  if (spec.fit != Fit::kCover && spec.fit != Fit::kPad) spec.gravity = Gravity::kCentre;
  return ToString(spec);
}

// What reads the file: those that give the same to the last bit are one.
std::string_view DecoderName(DecoderChoice choice) {
  switch (choice) {
    case DecoderChoice::kTurbo:
      return "turbo";
    case DecoderChoice::kReference:
      return "reference";
    case DecoderChoice::kAuto:
    case DecoderChoice::kFast:
    case DecoderChoice::kScalar:
      break;
  }
  return "auto";
}

}  // namespace

std::string DescribePictures(const SpecSet& specs) {
  std::string sizes;
  bool padded = false;
  for (const SizeSpec& spec : specs.sizes) {
    if (!sizes.empty()) sizes += '+';
    sizes += DescribeSize(spec);
    padded |= spec.fit == Fit::kPad;
  }
  const bool jpeg = specs.format != OutputFormat::kPng;
  const bool png = specs.format != OutputFormat::kJpeg;
  std::string text;
  Add(text, "sizes", sizes);
  Add(text, "format", jpeg && png ? "auto" : jpeg ? "jpeg" : "png");
  Add(text, "kernel", Number(specs.kernel));
  AddIf(text, "linear", specs.linear);
  Add(text, "sharpen", specs.sharpen);
  if (jpeg) {
    Add(text, "quality", static_cast<uint64_t>(specs.quality));
    AddIf(text, "progressive", specs.progressive);
    AddIf(text, "optimize", specs.optimize);
    Add(text, "chroma", Number(specs.chroma));
  }
  Add(text, "max-bytes", specs.max_bytes);
  if (png) {
    Add(text, "png-level", static_cast<uint64_t>(specs.png_level));
    Add(text, "palette", static_cast<uint64_t>(specs.palette));
    AddIf(text, "dither", specs.dither);
  }
  if (jpeg || padded) {
    Add(text, "background",
        uint64_t{specs.background.red} << 16 | uint64_t{specs.background.green} << 8 | specs.background.blue);
  }
  AddIf(text, "blurred-border", padded && specs.blurred_border);
  Add(text, "color", Number(specs.color));
  Add(text, "intent", Number(specs.intent));
  AddIf(text, "icc", specs.keep.icc);
  AddIf(text, "exif", specs.keep.exif);
  AddIf(text, "xmp", specs.keep.xmp);
  AddIf(text, "copyright", specs.keep.copyright);
  Add(text, "on-damage", Number(specs.strictness));
  AddIf(text, "fast", specs.fast);
  AddIf(text, "small", specs.small);
  Add(text, "decoder", DecoderName(specs.decoder));
  return text;
}

std::string DescribeOutcomes(const SpecSet& specs, const DecodeLimits& limits) {
  std::string text = DescribePictures(specs);
  Add(text, "version", TBBTHUMBS_VERSION);
  Add(text, "max-pixels", limits.max_pixels);
  Add(text, "max-side", static_cast<uint64_t>(limits.max_side));
  Add(text, "max-input-bytes", limits.max_input_bytes);
  Add(text, "max-decoded-bytes", limits.max_decoded_bytes);
  Add(text, "max-scans-times-pixels", limits.max_scans_times_pixels);
  Add(text, "timeout-ms", static_cast<uint64_t>(limits.cpu_deadline.count()));
  return text;
}

std::string DigestOf(std::string_view description) { return LongHexOf(description); }

}  // namespace tbbthumbs
