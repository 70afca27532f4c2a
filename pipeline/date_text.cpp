#include "pipeline/date_text.h"

#include <algorithm>
#include <ctime>

namespace tbbthumbs {
namespace {

constexpr std::string_view kFields = "YymdjHIMSpBbAaFGVu%";
constexpr std::string_view kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                        "July",    "August",   "September", "October", "November", "December"};
constexpr std::string_view kDays[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

std::string Digits(int value, size_t count) {
  std::string digits = std::to_string(value);
  if (digits.size() < count) digits.insert(0, count - digits.size(), '0');
  return digits;
}

std::chrono::sys_days DaysOf(const CalendarTime& time) {
  return std::chrono::year(time.year) / std::chrono::month(static_cast<unsigned>(time.month)) /
         std::chrono::day(static_cast<unsigned>(time.day));
}

int DayOfYear(const CalendarTime& time) {
  return static_cast<int>((DaysOf(time) - std::chrono::sys_days(std::chrono::year(time.year) / 1 / 1)).count()) + 1;
}

// Monday is 1.
int DayOfWeek(const CalendarTime& time) { return static_cast<int>(std::chrono::weekday(DaysOf(time)).iso_encoding()); }

struct Week {
  int year;
  int number;
};

// ISO 8601: the week belongs to the year that has its Thursday.
Week WeekOf(const CalendarTime& time) {
  const std::chrono::sys_days thursday = DaysOf(time) + std::chrono::days(4 - DayOfWeek(time));
  const std::chrono::year year = std::chrono::year_month_day(thursday).year();
  return {static_cast<int>(year), static_cast<int>((thursday - std::chrono::sys_days(year / 1 / 1)).count() / 7) + 1};
}

std::string FieldText(const CalendarTime& time, char field) {
  switch (field) {
    case 'Y':
      return Digits(time.year, 4);
    case 'y':
      return Digits(time.year % 100, 2);
    case 'm':
      return Digits(time.month, 2);
    case 'd':
      return Digits(time.day, 2);
    case 'j':
      return Digits(DayOfYear(time), 3);
    case 'H':
      return Digits(time.hour, 2);
    case 'I':
      return Digits((time.hour + 11) % 12 + 1, 2);
    case 'M':
      return Digits(time.minute, 2);
    case 'S':
      return Digits(time.second, 2);
    case 'p':
      return time.hour < 12 ? "AM" : "PM";
    case 'B':
      return std::string(kMonths[time.month - 1]);
    case 'b':
      return std::string(kMonths[time.month - 1].substr(0, 3));
    case 'A':
      return std::string(kDays[DayOfWeek(time) - 1]);
    case 'a':
      return std::string(kDays[DayOfWeek(time) - 1].substr(0, 3));
    case 'F':
      return Digits(time.year, 4) + "-" + Digits(time.month, 2) + "-" + Digits(time.day, 2);
    case 'G':
      return Digits(WeekOf(time).year, 4);
    case 'V':
      return Digits(WeekOf(time).number, 2);
    case 'u':
      return Digits(DayOfWeek(time), 1);
    default:
      return "%";
  }
}

}  // namespace

size_t FindDateMistake(std::string_view format) {
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') continue;
    if (i + 1 == format.size() || kFields.find(format[i + 1]) == std::string_view::npos) return i;
    ++i;
  }
  return std::string_view::npos;
}

std::string DateText(const CalendarTime& time, std::string_view format) {
  std::string text;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] == '%' && i + 1 < format.size()) {
      text += FieldText(time, format[++i]);
    } else {
      text += format[i];
    }
  }
  return text;
}

CalendarTime LocalTime(std::chrono::nanoseconds since_epoch) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(since_epoch).count();
  std::tm local{};
  if (localtime_r(&seconds, &local) == nullptr) return {};
  return {std::clamp(local.tm_year + 1900, 0, 9999),
          local.tm_mon + 1,
          local.tm_mday,
          local.tm_hour,
          local.tm_min,
          local.tm_sec};
}

}  // namespace tbbthumbs
