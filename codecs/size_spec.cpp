#include "codecs/size_spec.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace tbbthumbs {
namespace {

// JPEG's own limit.
constexpr int kMaxSide = 65'500;
constexpr double kMaxPercent = 10'000;
constexpr int kMaxDensity = 9;
constexpr uint64_t kMaxMaxBytes = uint64_t{1} << 40;

constexpr std::array<std::pair<std::string_view, Fit>, 4> kFits{{
    {"inside", Fit::kInside},
    {"cover", Fit::kCover},
    {"fill", Fit::kFill},
    {"pad", Fit::kPad},
}};

constexpr std::array<std::pair<std::string_view, Gravity>, 12> kGravities{{
    {"centre", Gravity::kCentre},
    {"center", Gravity::kCentre},
    {"north", Gravity::kNorth},
    {"northeast", Gravity::kNortheast},
    {"east", Gravity::kEast},
    {"southeast", Gravity::kSoutheast},
    {"south", Gravity::kSouth},
    {"southwest", Gravity::kSouthwest},
    {"west", Gravity::kWest},
    {"northwest", Gravity::kNorthwest},
    {"attention", Gravity::kAttention},
    {"entropy", Gravity::kEntropy},
}};

constexpr std::array<std::pair<std::string_view, Scaling>, 4> kEnlarge{{
    {"yes", Scaling::kBoth},
    {"no", Scaling::kShrink},
    {"true", Scaling::kBoth},
    {"false", Scaling::kShrink},
}};

template <class T, size_t kCount>
std::string_view NameOf(const std::array<std::pair<std::string_view, T>, kCount>& names, T value) {
  return std::find_if(names.begin(), names.end(), [&](const auto& name) { return name.second == value; })->first;
}

tl::unexpected<Error> Refuse(std::string_view whole, const std::string& why) {
  return Fail(ErrorCode::kUnsupported, "'" + std::string(whole) + "' is no size: " + why);
}

template <class Number>
bool ParseNumber(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// Reads one text from its beginning to its end.
class Parser {
 public:
  Parser(std::string_view text, const SizeDefaults& defaults) : whole_(text), rest_(text) {
    spec_.fit = defaults.fit;
    spec_.scaling = defaults.scaling;
    spec_.gravity = defaults.gravity;
  }

  Result<SizeSpec> Parse() {
    if (whole_.empty()) return Fail(ErrorCode::kUnsupported, "a size is missing");
    std::string_view size = TakeUntil(',');
    Status status = TakeName(size);
    if (status) status = TakeFlag(size);
    if (status) status = TakeDensity(size);
    if (status) status = TakeSides(size);
    if (!status) return tl::unexpected<Error>(std::move(status.error()));
    while (!rest_.empty()) {
      if (status = TakeSetting(TakeUntil(',')); !status) return tl::unexpected<Error>(std::move(status.error()));
    }
    if (spec_.percent > 0 && (spec_.fit == Fit::kCover || spec_.fit == Fit::kPad)) spec_.fit = Fit::kInside;
    return std::move(spec_);
  }

 private:
  std::string_view TakeUntil(char end) {
    const std::string_view taken = rest_.substr(0, rest_.find(end));
    rest_.remove_prefix(std::min(rest_.size(), taken.size() + 1));
    return taken;
  }

  Status TakeName(std::string_view& size) {
    const size_t equals = size.find('=');
    if (equals == std::string_view::npos) return {};
    const std::string_view name = size.substr(0, equals);
    const auto fits = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    if (name.empty() || !std::all_of(name.begin(), name.end(), fits)) {
      return Refuse(whole_, "a name has letters, digits, '-' and '_'");
    }
    if (name.size() > SizeSpec::kMaxNameBytes) {
      return Refuse(whole_, "a name has at most " + std::to_string(SizeSpec::kMaxNameBytes) + " letters");
    }
    spec_.name = name;
    size.remove_prefix(equals + 1);
    return {};
  }

  Status TakeFlag(std::string_view& size) {
    if (size.empty()) return {};
    switch (size.back()) {
      case '>':
        spec_.scaling = Scaling::kShrink;
        break;
      case '<':
        spec_.scaling = Scaling::kEnlarge;
        break;
      case '!':
        spec_.fit = Fit::kFill;
        break;
      default:
        return {};
    }
    size.remove_suffix(1);
    return {};
  }

  Status TakeDensity(std::string_view& size) {
    const size_t at = size.find('@');
    if (at == std::string_view::npos) return {};
    std::string_view text = size.substr(at + 1);
    const bool times = !text.empty() && text.back() == 'x';
    if (times) text.remove_suffix(1);
    if (!times || !ParseNumber(text, spec_.density) || spec_.density < 1 || spec_.density > kMaxDensity) {
      return Refuse(whole_, "behind '@' stands 1x to " + std::to_string(kMaxDensity) + "x");
    }
    size = size.substr(0, at);
    return {};
  }

  Status TakeSides(std::string_view size) {
    if (!size.empty() && size.back() == '%') return TakePercent(size.substr(0, size.size() - 1));
    const size_t cross = size.find('x');
    if (Status status = TakeSide(size.substr(0, cross), spec_.width); !status) return status;
    spec_.height = spec_.width;
    if (cross != std::string_view::npos) {
      if (Status status = TakeSide(size.substr(cross + 1), spec_.height); !status) return status;
    }
    if (spec_.width == 0 && spec_.height == 0) return Refuse(whole_, "a side is needed");
    return {};
  }

  Status TakePercent(std::string_view text) {
    if (!ParseNumber(text, spec_.percent) || !(spec_.percent > 0) || spec_.percent > kMaxPercent) {
      return Refuse(whole_, "a share is a number up to 10000 %");
    }
    spec_.percent *= spec_.density;
    spec_.width = spec_.height = 0;
    return {};
  }

  // "" is 0: a free side.
  Status TakeSide(std::string_view text, int& side) {
    side = 0;
    if (text.empty()) return {};
    if (!ParseNumber(text, side) || side < 1 || side > kMaxSide / spec_.density) {
      return Refuse(whole_, "sides are numbers from 1 to " + std::to_string(kMaxSide / spec_.density) +
                                ", as in 256, 256x, x256 or 320x240");
    }
    side *= spec_.density;
    return {};
  }

  template <class T, size_t kCount>
  Status Choose(std::string_view key, std::string_view text,
                const std::array<std::pair<std::string_view, T>, kCount>& names, T& value) {
    std::string list;
    for (const auto& [name, choice] : names) {
      if (name == text) {
        value = choice;
        return {};
      }
      list += (list.empty() ? "" : ", ") + std::string(name);
    }
    return Refuse(whole_, "'" + std::string(key) + "' is one of " + list);
  }

  Status TakeSetting(std::string_view setting) {
    const size_t equals = setting.find('=');
    const std::string_view key = setting.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? "" : setting.substr(equals + 1);
    if (key == "fit") return Choose(key, value, kFits, spec_.fit);
    if (key == "gravity") return Choose(key, value, kGravities, spec_.gravity);
    if (key == "enlarge") return Choose(key, value, kEnlarge, spec_.scaling);
    if (key == "q" || key == "quality") {
      int quality = 0;
      if (!ParseNumber(value, quality) || quality < 1 || quality > 100)
        return Refuse(whole_, "q is a number from 1 to 100");
      spec_.quality = quality;
      return {};
    }
    if (key == "sharpen") {
      double amount = 0;
      if (!ParseNumber(value, amount) || !(amount >= 0 && amount <= kMaxSharpen))
        return Refuse(whole_, "sharpen is a number from 0 to 10");
      spec_.sharpen = amount;
      return {};
    }
    if (key == "max" || key == "max-bytes") return TakeMaxBytes(value);
    return Refuse(whole_, "'" + std::string(key) + "' is none of fit, gravity, q, max, sharpen, enlarge");
  }

  // Powers of 1024, as of all counts of bytes.
  Status TakeMaxBytes(std::string_view value) {
    uint64_t unit = 1;
    if (value.ends_with('k') || value.ends_with('K')) unit = uint64_t{1} << 10;
    if (value.ends_with('M')) unit = uint64_t{1} << 20;
    if (unit > 1) value.remove_suffix(1);
    uint64_t count = 0;
    if (!ParseNumber(value, count) || count > kMaxMaxBytes / unit) {
      return Refuse(whole_, "max is a number of bytes, as in 9000, 20k or 1M");
    }
    spec_.max_bytes = count * unit;
    return {};
  }

  const std::string_view whole_;
  std::string_view rest_;
  SizeSpec spec_;
};

std::string Number(double value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

std::string Sides(const SizeSpec& spec, bool both) {
  const auto side = [&](int pixels) { return pixels > 0 ? std::to_string(pixels / spec.density) : std::string(); };
  if (spec.percent > 0) return Number(spec.percent / spec.density);
  if (!both && spec.width == spec.height) return side(spec.width);
  return side(spec.width) + "x" + side(spec.height);
}

std::string Density(const SizeSpec& spec) {
  return spec.density > 1 ? "@" + std::to_string(spec.density) + "x" : std::string();
}

// `both`: with both sides, however alike.
std::string Label(const SizeSpec& spec, bool both) {
  if (!spec.name.empty()) return spec.name;
  if (spec.percent > 0) return Sides(spec, both) + "pc" + Density(spec);
  if (!both && spec.width > 0 && spec.height == 0) return std::to_string(spec.width / spec.density) + Density(spec);
  return Sides(spec, both) + Density(spec);
}

}  // namespace

Result<SizeSpec> ParseSizeSpec(std::string_view text, const SizeDefaults& defaults) {
  return Parser(text, defaults).Parse();
}

std::string ToString(const SizeSpec& spec) {
  std::string text = spec.name.empty() ? "" : spec.name + "=";
  text += Sides(spec, false) + (spec.percent > 0 ? "%" : "") + Density(spec);
  if (spec.scaling == Scaling::kEnlarge) text += '<';
  if (spec.fit != Fit::kInside) text += ",fit=" + std::string(NameOf(kFits, spec.fit));
  if (spec.gravity != Gravity::kCentre) text += ",gravity=" + std::string(NameOf(kGravities, spec.gravity));
  if (spec.scaling == Scaling::kBoth) text += ",enlarge=yes";
  if (spec.max_bytes) {
    const bool thousands = *spec.max_bytes > 0 && *spec.max_bytes % 1024 == 0;
    text += ",max=" + (thousands ? std::to_string(*spec.max_bytes / 1024) + "k" : std::to_string(*spec.max_bytes));
  }
  if (spec.quality) text += ",q=" + std::to_string(*spec.quality);
  if (spec.sharpen) text += ",sharpen=" + Number(*spec.sharpen);
  return text;
}

std::vector<std::string> SizeLabels(const std::vector<SizeSpec>& specs) {
  std::vector<std::string> labels;
  labels.reserve(specs.size());
  const auto taken = [&](const std::string& label) {
    return std::find(labels.begin(), labels.end(), label) != labels.end();
  };
  for (const SizeSpec& spec : specs) {
    std::string label = Label(spec, false);
    if (taken(label)) label = Label(spec, true);
    if (taken(label)) label += "-" + std::string(NameOf(kFits, spec.fit));
    const std::string stem = label;
    for (size_t number = labels.size() + 1; taken(label); ++number) label = stem + "-" + std::to_string(number);
    labels.push_back(std::move(label));
  }
  return labels;
}

std::span<const std::pair<std::string_view, Fit>> FitNames() { return kFits; }
std::span<const std::pair<std::string_view, Gravity>> GravityNames() { return kGravities; }

}  // namespace tbbthumbs
