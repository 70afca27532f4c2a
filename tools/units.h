// Numbers as people read them.
#ifndef TBBTHUMBS_TOOLS_UNITS_H_
#define TBBTHUMBS_TOOLS_UNITS_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace tbbthumbs::tool {

// "1,234,567".
std::string FormatCount(uint64_t count);

// FormatCount and the noun, in the plural where it is not one: "1 picture", "2 pictures".
std::string FormatCountOf(uint64_t count, std::string_view noun);

// False of numbers that no run has had, and damaged journals have.
bool IsPossible(uint64_t count);
bool IsPossible(std::chrono::nanoseconds duration);

// Decimal units, three figures: "812 B", "1.24 kB", "28.4 MB", "1.20 GB".
std::string FormatBytes(uint64_t bytes);

// Three figures: "0.45", "15.4", "1,523".
std::string FormatRate(double per_second);

// "0.42 s", "3.1 s", "58 s", "2 min 05 s", "1 h 02 min".
std::string FormatDuration(std::chrono::nanoseconds duration);

// As a clock shows it: "0:58", "12:05", "1:02:03".
std::string FormatClock(std::chrono::seconds duration);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_UNITS_H_
