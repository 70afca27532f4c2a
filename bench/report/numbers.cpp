#include "bench/report/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "tools/units.h"

namespace tbbthumbs::bench {
namespace {

struct TimeUnit {
  double seconds;
  const char* name;
};

constexpr std::array<TimeUnit, 4> kTimeUnits = {{{1e-9, "ns"}, {1e-6, "µs"}, {1e-3, "ms"}, {1, "s"}}};

}  // namespace

std::string FormatSeconds(double seconds) {
  if (seconds == 0) return "0 s";
  for (const TimeUnit& unit : kTimeUnits) {
    const double value = seconds / unit.seconds;
    // 999.5 would be printed with a fourth figure.
    if (value < 999.5 || unit.seconds == 1) return fmt::format("{} {}", tool::FormatRate(value), unit.name);
  }
  return "";
}

std::string FormatByteCount(double bytes) {
  // Beyond 2^63 a conversion is undefined; no machine has such figures.
  return tool::FormatBytes(static_cast<uint64_t>(std::clamp(bytes, 0.0, 9e18)));
}

std::string FormatPercent(double share) {
  const double percent = share * 100;
  if (percent == 0) return "0 %";
  if (std::abs(percent) >= 9.95) return fmt::format("{:.0f} %", percent);
  if (std::abs(percent) >= 0.095) return fmt::format("{:.1f} %", percent);
  return fmt::format("{:.2f} %", percent);
}

std::string FormatDifference(double ratio) {
  if (ratio >= 3) return fmt::format("×{:.3g}", ratio);
  const double percent = (ratio - 1) * 100;
  const double size = std::abs(percent);
  if (size < 0.05) return "0 %";
  return fmt::format("{}{:.{}f} %", percent < 0 ? "−" : "+", size, size < 9.95 ? 1 : 0);
}

bool HasInterval(const Estimate& estimate) { return estimate.low > 0 && std::isfinite(estimate.high); }

std::string FormatInterval(const Estimate& estimate, std::string (*format)(double)) {
  if (!HasInterval(estimate)) return "";
  return format(estimate.low) + " to " + format(estimate.high);
}

}  // namespace tbbthumbs::bench
