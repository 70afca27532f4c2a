// A date and a time of day without a time zone.
#ifndef TBBTHUMBS_CODECS_CALENDAR_TIME_H_
#define TBBTHUMBS_CODECS_CALENDAR_TIME_H_

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

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_CALENDAR_TIME_H_
