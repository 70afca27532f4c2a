// Dates as text.
#ifndef TBBTHUMBS_PIPELINE_DATE_TEXT_H_
#define TBBTHUMBS_PIPELINE_DATE_TEXT_H_

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "codecs/calendar_time.h"

namespace tbbthumbs {

// The subset of strftime(3) that DateText knows: %Y %y %m %d %j %H %I %M %S %p %B %b %A %a %F %G %V %u %%. Names are
// English, whatever the locale. Returns where in `format` the first '%' stands that is none of these, or npos.
size_t FindDateMistake(std::string_view format);

// `format` must be without mistakes.
std::string DateText(const CalendarTime& time, std::string_view format);

// A moment since 1970 on the clocks of this machine's time zone. Years are kept within 0 and 9999.
CalendarTime LocalTime(std::chrono::nanoseconds since_epoch);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_DATE_TEXT_H_
