#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/size_spec.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/input_reader.h"
#include "tests/fuzz/targets.h"

namespace tbbthumbs::fuzz {
namespace {

// As codecs/size_spec.h has it.
void CheckLimits(const SizeSpec& spec) {
  constexpr int kMostSide = 65'500;
  constexpr double kMostPercent = 10'000;
  const auto is_side = [](int side) { return side >= 0 && side <= kMostSide; };
  Require(spec.density >= 1 && spec.density <= 9, "a density of 1 to 9");
  Require(spec.name.size() <= 64, "a name that file names have room for");
  Require(is_side(spec.width) && is_side(spec.height), "sides up to 65500");
  Require(spec.percent >= 0 && spec.percent <= kMostPercent * spec.density, "a share up to 10000 %");
  Require((spec.percent > 0) == (spec.width == 0 && spec.height == 0), "either sides or a share");
  Require(!spec.quality || (*spec.quality >= 1 && *spec.quality <= 100), "a quality of 1 to 100");
  Require(!spec.max_bytes || *spec.max_bytes <= uint64_t{1} << 40, "at most a TiB");
  Require(!spec.sharpen || (*spec.sharpen >= 0 && *spec.sharpen <= kMaxSharpen), "sharpening of 0 to 10");
}

bool MayStandInLabel(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_.@+").find(c) != std::string_view::npos;
}

}  // namespace

SizesOutcome Sizes(std::span<const std::byte> input) {
  constexpr size_t kMostSpecs = 40;
  InputReader reader(input);
  std::vector<SizeSpec> specs;
  while (!reader.AtEnd() && specs.size() < kMostSpecs) {
    const std::string_view text = reader.TextUntil('\n');
    auto spec = ParseSizeSpec(text);
    if (!spec) {
      Require(spec.error().code == ErrorCode::kUnsupported && !spec.error().message.empty(), "a reason");
      continue;
    }
    CheckLimits(*spec);
    const std::string said = ToString(*spec);
    const auto again = ParseSizeSpec(said);
    Require(again.has_value(), "what is said of a size to be one");
    Require(*again == *spec, "what is said of a size to mean it");
    Require(ToString(*again) == said, "one way to say it");
    const SizeDefaults defaults{Fit::kPad, Scaling::kBoth, Gravity::kEntropy};
    const auto with_defaults = ParseSizeSpec(text, defaults);
    Require(with_defaults.has_value(), "defaults to refuse nothing");
    Require(with_defaults->width == spec->width && with_defaults->height == spec->height, "sides without defaults");
    specs.push_back(std::move(*spec));
  }
  const std::vector<std::string> labels = SizeLabels(specs);
  Require(labels.size() == specs.size(), "a label for each size");
  Require(std::set<std::string>(labels.begin(), labels.end()).size() == labels.size(), "labels that all differ");
  for (const std::string& label : labels) {
    Require(!label.empty() && std::all_of(label.begin(), label.end(), MayStandInLabel), "labels for file names");
  }
  return specs.empty() ? SizesOutcome::kRefused : SizesOutcome::kRead;
}

}  // namespace tbbthumbs::fuzz
