#include "codecs/thumbnail_spec.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace tbbthumbs {
namespace {

// JPEG's own limit.
constexpr int kMaxSide = 65'500;

std::string Both(const SizeSpec& spec) {
  return (spec.width > 0 ? std::to_string(spec.width) : "") + "x" +
         (spec.height > 0 ? std::to_string(spec.height) : "");
}

std::string Short(const SizeSpec& spec) {
  if (spec.width > 0 && (spec.height == 0 || spec.height == spec.width)) return std::to_string(spec.width);
  return Both(spec);
}

// "" is 0: a free side.
Result<int> ParseSide(std::string_view text, std::string_view whole) {
  int side = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), side);
  if (text.empty()) return 0;
  if (error != std::errc() || end != text.data() + text.size() || side < 1 || side > kMaxSide) {
    return Fail(ErrorCode::kUnsupported, "'" + std::string(whole) + "' is no size: sides are numbers from 1 to " +
                                             std::to_string(kMaxSide) + ", as in 256, 256x, x256 or 320x240");
  }
  return side;
}

}  // namespace

Result<SizeSpec> ParseSizeSpec(std::string_view text) {
  const size_t cross = text.find('x');
  const auto width = ParseSide(text.substr(0, cross), text);
  if (!width) return tl::unexpected<Error>(width.error());
  if (cross == std::string_view::npos) {
    if (*width == 0) return Fail(ErrorCode::kUnsupported, "a size is missing");
    return SizeSpec{*width, *width};
  }
  const auto height = ParseSide(text.substr(cross + 1), text);
  if (!height) return tl::unexpected<Error>(height.error());
  if (*width == 0 && *height == 0) return Fail(ErrorCode::kUnsupported, "'x' is no size: a side is needed");
  return SizeSpec{*width, *height};
}

std::string ToString(const SizeSpec& spec) {
  return spec.width > 0 && spec.width == spec.height ? std::to_string(spec.width) : Both(spec);
}

std::vector<std::string> SizeLabels(const std::vector<SizeSpec>& specs) {
  std::vector<std::string> labels;
  labels.reserve(specs.size());
  for (const SizeSpec& spec : specs) {
    std::string label = Short(spec);
    if (std::find(labels.begin(), labels.end(), label) != labels.end()) label = Both(spec);
    labels.push_back(std::move(label));
  }
  return labels;
}

Size FitInside(Size source, const SizeSpec& spec) {
  double scale = 1.0;
  if (spec.width > 0) scale = std::min(scale, static_cast<double>(spec.width) / source.width);
  if (spec.height > 0) scale = std::min(scale, static_cast<double>(spec.height) / source.height);
  const auto side = [scale](int length) { return std::max(1, static_cast<int>(std::lround(length * scale))); };
  return {side(source.width), side(source.height)};
}

}  // namespace tbbthumbs
