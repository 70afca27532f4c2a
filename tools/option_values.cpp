#include "tools/option_values.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <iterator>
#include <optional>

#include "pipeline/url.h"
#include "tools/suggest.h"

namespace tbbthumbs::tool {
namespace {

// What is left of `text` follows the number in it; nothing where there is no number.
std::optional<double> TakeNumber(std::string_view& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc() || !(value >= 0)) return std::nullopt;  // from_chars also takes "nan" and "-1"
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return value;
}

// "1.5M" with powers of `base`. `unit`: what may follow the letter, as "iB" in "MiB"; all or its last character.
std::optional<uint64_t> ParseScaled(std::string_view text, double base, std::string_view unit) {
  std::optional<double> value = TakeNumber(text);
  if (!value || (text.empty() && std::floor(*value) != *value)) return std::nullopt;
  if (!text.empty()) {
    constexpr std::string_view kLetters = "kmgt";
    const char letter = static_cast<char>(text[0] | 0x20);
    if (const size_t power = kLetters.find(letter); power != std::string_view::npos) {
      *value *= std::pow(base, static_cast<double>(power + 1));
      text.remove_prefix(1);
    }
  }
  if (!text.empty() && (unit.empty() || (text != unit && text != unit.substr(unit.size() - 1)))) return std::nullopt;
  if (*value >= 9e18) return std::nullopt;
  return static_cast<uint64_t>(std::floor(*value));
}

std::optional<int> Digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

// Nothing where `text` does not have the form of a date, or no such day or time exists.
std::optional<std::chrono::system_clock::time_point> ParseDate(std::string_view text) {
  std::string_view form = "dddd-dd-ddTdd:dd:dd";
  if (text.size() == 10) form = form.substr(0, 10);
  if (text.size() != form.size()) return std::nullopt;
  std::string whole(text);
  for (size_t i = 0; i < form.size(); ++i) {
    if (i == 10 && text[i] == ' ') whole[i] = 'T';
    if (form[i] != 'd' && form[i] != whole[i]) return std::nullopt;
  }
  if (form.size() == 10) whole += "T00:00:00";
  const std::string_view fields = whole;
  std::optional<int> values[6];
  constexpr size_t kStarts[] = {0, 5, 8, 11, 14, 17};
  for (size_t i = 0; i < 6; ++i) {
    values[i] = Digits(fields.substr(kStarts[i], i == 0 ? 4 : 2));
    if (!values[i]) return std::nullopt;
  }
  std::tm wanted{};
  wanted.tm_year = *values[0] - 1900;
  wanted.tm_mon = *values[1] - 1;
  wanted.tm_mday = *values[2];
  wanted.tm_hour = *values[3];
  wanted.tm_min = *values[4];
  wanted.tm_sec = *values[5];
  wanted.tm_isdst = -1;
  std::tm normal = wanted;
  const std::time_t time = std::mktime(&normal);
  // mktime turns 31 April into 1 May; an hour that the clocks leave out is moved, and taken so.
  if (time == -1 || normal.tm_mon != wanted.tm_mon || normal.tm_mday != wanted.tm_mday || wanted.tm_hour > 23 ||
      wanted.tm_min > 59 || wanted.tm_sec > 59) {
    return std::nullopt;
  }
  return std::chrono::system_clock::from_time_t(time);
}

// "@1714557600.123456789".
std::optional<std::chrono::system_clock::time_point> ParseSinceEpoch(std::string_view text) {
  constexpr size_t kMostSeconds = 10;
  constexpr size_t kNanoDigits = 9;
  if (!text.starts_with('@')) return std::nullopt;
  const size_t dot = std::min(text.find('.'), text.size());
  const std::string_view seconds = text.substr(1, dot - 1);
  std::string nanos(dot == text.size() ? "0" : text.substr(dot + 1));
  const auto is_number = [](std::string_view digits, size_t most) {
    return !digits.empty() && digits.size() <= most && digits.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (!is_number(seconds, kMostSeconds) || !is_number(nanos, kNanoDigits)) return std::nullopt;
  nanos.resize(kNanoDigits, '0');
  const auto since_epoch =
      std::chrono::seconds(std::stoll(std::string(seconds))) + std::chrono::nanoseconds(std::stoll(nanos));
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(since_epoch));
}

tl::unexpected<std::string> Wrong(std::string_view text, std::string_view expected) {
  return tl::unexpected<std::string>(fmt::format("'{}' is {}", text, expected));
}

// "proxy", "10.0.0.1:8080", "[::1]:8080".
bool IsHostAndPort(std::string_view text, bool needs_port) {
  size_t end = std::min(text.find(':'), text.size());
  if (text.starts_with('[')) end = std::min(text.find(']'), text.size() - 1) + 1;
  const std::string_view host = text.substr(0, end);
  const auto is_odd = [](unsigned char c) { return c <= ' ' || c == 0x7f || c == '/' || c == '?' || c == '#'; };
  if (host.empty() || host == "[]" || std::any_of(host.begin(), host.end(), is_odd)) return false;
  if (end == text.size()) return !needs_port && (!host.starts_with('[') || host.ends_with(']'));
  return text[end] == ':' && ParseInt(text.substr(end + 1), 1, 65535).has_value();
}

}  // namespace

Parsed<std::string> ParseText(const std::string& text) {
  if (text.empty()) return tl::unexpected<std::string>("a value is missing");
  return text;
}

Parsed<std::string> ParsePath(const std::string& text) {
  if (LooksLikeUrl(text)) return Wrong(WithoutPassword(text), "an address, where a path is wanted");
  return ParseText(text);
}

Parsed<int> ParseInt(std::string_view text, int smallest, int largest) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < smallest || value > largest) {
    return Wrong(text, fmt::format("no whole number from {} to {}", smallest, largest));
  }
  return value;
}

Parsed<double> ParseNumber(std::string_view text, double smallest, double largest) {
  std::string_view rest = text;
  const std::optional<double> value = TakeNumber(rest);
  if (!value || !rest.empty() || *value < smallest || *value > largest) {
    return Wrong(text, fmt::format("no number from {} to {}", smallest, largest));
  }
  return *value;
}

Parsed<uint64_t> ParseByteCount(std::string_view text) {
  const auto value = ParseScaled(text, 1024, "iB");
  if (!value) return Wrong(text, "no number of bytes, as in 512, 10k, 5M or 2G");
  return *value;
}

Parsed<uint64_t> ParsePixelCount(std::string_view text) {
  const auto value = ParseScaled(text, 1000, "");
  if (!value || *value == 0) return Wrong(text, "no number of pixels, as in 500000, 268M or 1G");
  return *value;
}

Parsed<std::chrono::milliseconds> ParseSeconds(std::string_view text) {
  std::string_view rest = text;
  const auto value = TakeNumber(rest);
  constexpr double kLongest = 1e9;
  if (!value || !rest.empty() || *value > kLongest) return Wrong(text, "no number of seconds, as in 10 or 0.5");
  return std::chrono::milliseconds(static_cast<int64_t>(std::ceil(*value * 1000)));
}

Parsed<double> ParseRate(std::string_view text) {
  constexpr std::pair<std::string_view, double> kSeconds[] = {
      {"", 1}, {"/s", 1}, {"/m", 60}, {"/h", 3600}, {"/d", 86400}};
  std::string_view rest = text;
  const auto number = TakeNumber(rest);
  const auto unit = std::find_if(std::begin(kSeconds), std::end(kSeconds),
                                 [&](const auto& candidate) { return candidate.first == rest; });
  // Times between two that a clock of nanoseconds can tell.
  constexpr double kLeast = 1e-9;
  constexpr double kMost = 1e9;
  const double rate = number && unit != std::end(kSeconds) ? *number / unit->second : 0;
  if (rate < kLeast || rate > kMost) return Wrong(text, "no rate, as in 10/s, 90/m, 1000/h or 5000/d");
  return rate;
}

Parsed<std::string> ParseProxy(std::string_view text) {
  if (text == "none") return "";
  if (text == "env") return "env";
  std::string_view rest = text;
  bool has_scheme = false;
  for (const std::string_view scheme : {"http://", "https://", "socks5://"}) {
    has_scheme = rest.starts_with(scheme);
    if (!has_scheme) continue;
    rest.remove_prefix(scheme.size());
    break;
  }
  // User and password end with the last '@'.
  rest.remove_prefix(rest.rfind('@') + 1);
  if (has_scheme && rest.ends_with('/')) rest.remove_suffix(1);
  if (IsHostAndPort(rest, !has_scheme)) return std::string(text);
  return Wrong(WithoutPassword(text), "no proxy: HOST:PORT, or with http://, https:// or socks5://; env; none");
}

Parsed<Rgb8> ParseColor(std::string_view text) {
  constexpr std::pair<std::string_view, Rgb8> kNames[] = {
      {"white", {255, 255, 255}}, {"black", {0, 0, 0}},   {"gray", {128, 128, 128}}, {"grey", {128, 128, 128}},
      {"red", {255, 0, 0}},       {"green", {0, 128, 0}}, {"blue", {0, 0, 255}},
  };
  for (const auto& [name, color] : kNames) {
    if (name == text) return color;
  }
  const std::string_view hex = text.starts_with('#') ? text.substr(1) : text;
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
  const bool number = error == std::errc() && end == hex.data() + hex.size();
  const auto channel = [&](int shift, uint32_t mask, uint32_t scale) {
    return static_cast<uint8_t>((value >> shift & mask) * scale);
  };
  if (number && hex.size() == 6) return Rgb8{channel(16, 255, 1), channel(8, 255, 1), channel(0, 255, 1)};
  if (number && hex.size() == 3) return Rgb8{channel(8, 15, 17), channel(4, 15, 17), channel(0, 15, 17)};
  return Wrong(text, "no colour: white, black, gray, red, green, blue, #rgb or #rrggbb");
}

Parsed<std::chrono::system_clock::time_point> ParseTime(const std::string& text) {
  if (const auto date = ParseDate(text)) return *date;
  if (const auto time = ParseSinceEpoch(text)) return *time;
  struct stat status {};
  if (stat(text.c_str(), &status) != 0) {
    return Wrong(text, "neither a date, as in 2024-05-01 or 2024-05-01T12:00:00, nor a file");
  }
  const auto since_epoch =
      std::chrono::seconds(status.st_mtim.tv_sec) + std::chrono::nanoseconds(status.st_mtim.tv_nsec);
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(since_epoch));
}

Parsed<bool> ParseBool(std::string_view text) {
  for (const std::string_view yes : {"yes", "true", "on", "1"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"no", "false", "off", "0"}) {
    if (text == no) return false;
  }
  return Wrong(text, "neither yes nor no");
}

std::string NoneOf(std::string_view text, std::span<const std::string_view> names) {
  std::string list;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) list += i + 1 == names.size() ? " or " : ", ";
    list += names[i];
  }
  std::string message = fmt::format("'{}' is not {}", text, list);
  if (const auto nearest = Nearest(text, names)) message += fmt::format("; the nearest is '{}'", *nearest);
  return message;
}

}  // namespace tbbthumbs::tool
