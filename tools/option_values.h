// The values of options, from text. Each says in its error what was expected, without the option's name:
// "'101' is no whole number from 1 to 100".
#ifndef TBBTHUMBS_TOOLS_OPTION_VALUES_H_
#define TBBTHUMBS_TOOLS_OPTION_VALUES_H_

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "codecs/raster.h"

namespace tbbthumbs::tool {

template <class T>
using Parsed = tl::expected<T, std::string>;

// Any but "".
Parsed<std::string> ParseText(const std::string& text);

// Of a file or directory: no address.
Parsed<std::string> ParsePath(const std::string& text);

Parsed<int> ParseInt(std::string_view text, int smallest, int largest);

// Not below 0, without an exponent.
Parsed<double> ParseNumber(std::string_view text, double smallest, double largest);

// "512", "10k", "1.5M", "2GiB": powers of 1024.
Parsed<uint64_t> ParseByteCount(std::string_view text);

// "1000000", "268M", "1.5G": powers of 1000; at least 1.
Parsed<uint64_t> ParsePixelCount(std::string_view text);

// Seconds, fractions allowed, rounded up to milliseconds.
Parsed<std::chrono::milliseconds> ParseSeconds(std::string_view text);

// "10/s", "90/m", "0.5/h", "1000/d", "10": how many a second. Above 0.
Parsed<double> ParseRate(std::string_view text);

// "env", "proxy:8080", "http://user:password@proxy"; "none" gives "". The error is without the password.
Parsed<std::string> ParseProxy(std::string_view text);

// "white", "#f80", "#ff8800", also without the '#'.
Parsed<Rgb8> ParseColor(std::string_view text);

// A day or a second of local time, "2024-05-01" or "2024-05-01T12:00:00", seconds since 1970, "@1714557600.5", or the
// time at which the file of that name was modified.
Parsed<std::chrono::system_clock::time_point> ParseTime(const std::string& text);

// The second of the pair whose first is `text`.
template <class T>
Parsed<T> ParseChoice(std::string_view text, std::span<const std::pair<std::string_view, T>> choices);

// "yes", "true", "on", "1", and their opposites.
Parsed<bool> ParseBool(std::string_view text);

// The error of ParseChoice: lists the names, and says which one is nearest.
std::string NoneOf(std::string_view text, std::span<const std::string_view> names);

template <class T>
Parsed<T> ParseChoice(std::string_view text, std::span<const std::pair<std::string_view, T>> choices) {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : choices) {
    if (name == text) return value;
    names.push_back(name);
  }
  return tl::unexpected<std::string>(NoneOf(text, names));
}

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_OPTION_VALUES_H_
