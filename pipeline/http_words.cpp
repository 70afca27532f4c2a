#include "pipeline/http_words.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "pipeline/url_input.h"

namespace tbbthumbs {
namespace {

// Of an ETag; they are some dozen bytes.
constexpr size_t kMostOfValidator = 1000;

}  // namespace

// RFC 9110, 15.
std::string_view ReasonOfStatus(long status) {
  switch (status) {
    case 400:
      return " Bad Request";
    case 401:
      return " Unauthorized";
    case 403:
      return " Forbidden";
    case 404:
      return " Not Found";
    case 408:
      return " Request Timeout";
    case 410:
      return " Gone";
    case 429:
      return " Too Many Requests";
    case 451:
      return " Unavailable For Legal Reasons";
    case 500:
      return " Internal Server Error";
    case 502:
      return " Bad Gateway";
    case 503:
      return " Service Unavailable";
    case 504:
      return " Gateway Timeout";
    default:
      return "";
  }
}

bool StatusMayPass(long status) {
  constexpr std::array<long, 7> kPassing = {408, 425, 429, 500, 502, 503, 504};
  return std::find(kPassing.begin(), kPassing.end(), status) != kPassing.end();
}

// RFC 9110, 5.6.7.
std::string HttpDate(std::chrono::nanoseconds since_1970) {
  constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const time_t seconds = std::chrono::floor<std::chrono::seconds>(since_1970).count();
  tm utc{};
  if (gmtime_r(&seconds, &utc) == nullptr) return "";
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[utc.tm_wday], utc.tm_mday,
                kMonths[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
  return text.data();
}

bool IsValidator(std::string_view text) {
  return text.size() <= kMostOfValidator &&
         std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != 127; });
}

std::optional<std::string_view> HeaderValue(std::string_view line, std::string_view lower_case_name) {
  if (line.size() <= lower_case_name.size() || line[lower_case_name.size()] != ':') return std::nullopt;
  for (size_t i = 0; i < lower_case_name.size(); ++i) {
    const char c = line[i] >= 'A' && line[i] <= 'Z' ? static_cast<char>(line[i] - 'A' + 'a') : line[i];
    if (c != lower_case_name[i]) return std::nullopt;
  }
  return Trimmed(line.substr(lower_case_name.size() + 1));
}

std::string PrintableHeader(std::string_view value) {
  constexpr size_t kMostShown = 80;
  std::string printable(value.substr(0, kMostShown));
  for (char& c : printable) {
    if (c < ' ' || c > '~') c = '?';
  }
  return printable;
}

}  // namespace tbbthumbs
