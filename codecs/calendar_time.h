// A date and a time of day without a time zone.
#ifndef TBBTHUMBS_CODECS_CALENDAR_TIME_H_
#define TBBTHUMBS_CODECS_CALENDAR_TIME_H_

#include <chrono>
#include <compare>

namespace tbbthumbs {

// As a clock on the wall and a calendar say it; proleptic Gregorian.
struct CalendarTime {
  int year = 1970;  // 0 to 9999
  int month = 1;    // 1 to 12
  int day = 1;      // 1 to 31
  int hour = 0;     // 0 to 23
  int minute = 0;   // 0 to 59
  int second = 0;   // 0 to 60
  friend auto operator<=>(const CalendarTime&, const CalendarTime&) = default;
};

// Whether there has been, or will be, such a moment; from the year 1 on.
inline bool IsMoment(const CalendarTime& time) {
  const auto in = [](int value, int least, int most) { return value >= least && value <= most; };
  if (!in(time.year, 1, 9999) || !in(time.month, 1, 12) || !in(time.day, 1, 31)) return false;
  const auto date = std::chrono::year(time.year) / std::chrono::month(static_cast<unsigned>(time.month)) /
                    std::chrono::day(static_cast<unsigned>(time.day));
  return date.ok() && in(time.hour, 0, 23) && in(time.minute, 0, 59) && in(time.second, 0, 60);
}

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_CALENDAR_TIME_H_
