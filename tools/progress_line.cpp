#include "tools/progress_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "tools/units.h"

namespace tbbthumbs::tool {
namespace {

constexpr std::chrono::nanoseconds kShortestWindow = std::chrono::seconds(8);
constexpr std::chrono::nanoseconds kLongestWindow = std::chrono::seconds(60);
constexpr int kLongestBar = 40;
constexpr int kShortestBar = 8;
constexpr size_t kGap = 2;

// A part of the line. All its text is ASCII but for the bar, which is measured apart.
struct Part {
  std::string text;
  std::string_view color;  // SGR parameters; "" for none
  int importance = 0;      // the lowest are left out first
};

std::string Colored(const Part& part, bool color) {
  if (!color || part.color.empty()) return part.text;
  return fmt::format("\x1b[{}m{}\x1b[0m", part.color, part.text);
}

double Fraction(const Progress& progress) {
  if (!progress.total || *progress.total == 0) return 0;
  return std::min(1.0, static_cast<double>(progress.done) / static_cast<double>(*progress.total));
}

// In half columns where the characters allow it.
std::string Bar(double fraction, int columns, const LineStyle& style) {
  std::string done;
  std::string left;
  const int halves = static_cast<int>(std::floor(fraction * 2 * columns));
  for (int i = 0; i < columns; ++i) {
    if (2 * i + 2 <= halves) {
      done += style.unicode ? "━" : "=";
    } else if (style.unicode && 2 * i + 1 == halves) {
      done += "╸";
    } else {
      // Without colours the rest must differ by its shape.
      left += style.unicode ? (style.color ? "━" : "╌") : ".";
    }
  }
  if (!style.color) return done + left;
  return fmt::format("\x1b[36m{}\x1b[90m{}\x1b[0m", done, left);
}

std::vector<Part> Parts(const Progress& progress, const Speed& speed, const LineStyle& style) {
  std::vector<Part> parts;
  if (style.stopping) parts.push_back({"stopping", "1;33", 9});
  if (progress.paused) {
    const std::string why = style.load ? fmt::format(" (load {:.1f})", *style.load) : "";
    parts.push_back({"paused" + why, "1;33", 9});
  }
  if (progress.total) {
    // As wide as it will become, so that what follows stays in its place.
    const std::string total = FormatCount(*progress.total);
    parts.push_back({fmt::format("{:>{}}/{}", FormatCount(progress.done), total.size(), total), "1", 8});
    parts.push_back({fmt::format("{:3.0f} %", std::floor(100 * Fraction(progress))), "", 3});
  } else if (progress.found > progress.done) {
    parts.push_back({fmt::format("{} of {}+", FormatCount(progress.done), FormatCount(progress.found)), "1", 8});
  } else {
    parts.push_back({fmt::format("{} done", FormatCount(progress.done)), "1", 8});
  }
  parts.push_back({fmt::format("{:>5}/s", FormatRate(speed.pictures_per_second)), "", 5});
  const auto bytes = static_cast<uint64_t>(std::max(0.0, speed.bytes_per_second));
  parts.push_back({fmt::format("{:>7}/s", FormatBytes(bytes)), "", 2});
  if (speed.left) {
    // More may be found.
    parts.push_back({FormatClock(*speed.left) + (progress.total ? " left" : "+ left"), "", 4});
  } else {
    parts.push_back({FormatClock(std::chrono::floor<std::chrono::seconds>(progress.elapsed)), "", 4});
  }
  if (progress.failed > 0) parts.push_back({FormatCount(progress.failed) + " failed", "31", 6});
  return parts;
}

size_t Width(const std::vector<Part>& parts) {
  size_t width = parts.empty() ? 0 : kGap * (parts.size() - 1);
  for (const Part& part : parts) width += part.text.size();
  return width;
}

}  // namespace

Speed SpeedMeter::Update(const Progress& progress) {
  samples_.push_back({progress.elapsed, progress.done, progress.bytes_in});
  while (samples_.size() > 2 && progress.elapsed - samples_.front().elapsed > kLongestWindow) samples_.pop_front();
  const auto since = [&](std::chrono::nanoseconds window) {
    return std::find_if(samples_.begin(), samples_.end() - 1,
                        [&](const Sample& sample) { return progress.elapsed - sample.elapsed <= window; });
  };
  const Sample& first = *since(kShortestWindow);
  Speed speed;
  const double seconds = std::chrono::duration<double>(progress.elapsed - first.elapsed).count();
  if (seconds <= 0) return speed;
  speed.pictures_per_second = static_cast<double>(progress.done - first.done) / seconds;
  speed.bytes_per_second = static_cast<double>(progress.bytes_in - first.bytes_in) / seconds;
  const Sample& long_ago = *since(std::clamp(progress.elapsed / 8, kShortestWindow, kLongestWindow));
  const double long_seconds = std::chrono::duration<double>(progress.elapsed - long_ago.elapsed).count();
  const double steady_rate = static_cast<double>(progress.done - long_ago.done) / long_seconds;
  // An estimate from less than half a second would only flicker.
  const bool enough = progress.elapsed > std::chrono::milliseconds(500) && steady_rate > 0;
  const uint64_t known = progress.total.value_or(progress.found);
  if (enough && known >= progress.done && (progress.total || known > progress.done)) {
    const double left = static_cast<double>(known - progress.done) / steady_rate;
    constexpr double kLongest = 359'999;  // 99:59:59
    speed.left = std::chrono::seconds(std::llround(std::min(left, kLongest)));
  }
  return speed;
}

std::string RenderProgressLine(const Progress& progress, const Speed& speed, const LineStyle& style) {
  const size_t room = static_cast<size_t>(std::max(style.width - 1, 0));
  std::vector<Part> parts = Parts(progress, speed, style);
  while (!parts.empty() && Width(parts) > room) {
    parts.erase(std::min_element(parts.begin(), parts.end(),
                                 [](const Part& a, const Part& b) { return a.importance < b.importance; }));
  }
  std::string line;
  const size_t used = Width(parts) + kGap;
  const int bar = used < room ? std::min(kLongestBar, static_cast<int>(room - used)) : 0;
  bool bar_drawn = !progress.total || bar < kShortestBar;
  for (const Part& part : parts) {
    if (!line.empty()) line += "  ";
    line += Colored(part, style.color);
    // The bar follows the percentage, which is there whenever the bar has room.
    if (!bar_drawn && part.text.ends_with('%')) {
      line += "  " + Bar(Fraction(progress), bar, style);
      bar_drawn = true;
    }
  }
  return line;
}

}  // namespace tbbthumbs::tool
