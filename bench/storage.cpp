#include "bench/storage.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "tools/escape.h"

namespace tbbthumbs::bench {
namespace {

constexpr double kMegabyte = 1e6;

// All of `text` as a number from 0 to `most`.
std::optional<double> ParseNumber(std::string_view text, double most) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!(number >= 0 && number <= most)) return std::nullopt;
  return number;
}

}  // namespace

std::string Describe(const Storage& storage) {
  std::string text = storage.name;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  add(fmt::format("{:.4g} ms", storage.latency_s * 1e3));
  if (storage.bytes_per_s > 0) add(fmt::format("{:.6g} MB/s", storage.bytes_per_s / kMegabyte));
  if (storage.parallel == 1) add("one request at a time");
  if (storage.parallel > 1) add(fmt::format("{} requests at a time", storage.parallel));
  return text;
}

// The latency of a picture is that of its inode and of its first bytes, which depend on each other; what follows is
// read ahead by the kernel or the device.
std::vector<Storage> CommonStorages() {
  return {
      // 2 random reads of 80 us, as data sheets state for one at a time; PCIe 3 x4 gives 3,500 MB/s.
      {"NVMe disk", 0.00016, 3000 * kMegabyte, 64},
      // 2 random reads of 100 us; SATA carries 600 MB/s less protocol; its command queue holds 32.
      {"SATA SSD", 0.0002, 540 * kMegabyte, 32},
      // 7,200 turns a minute: 8.5 ms to seek and half a turn, 4.2 ms; the inode lies near those of its directory.
      {"hard disk", 0.0127, 180 * kMegabyte, 1},
      // NFS on a gigabit line: 4 round trips (look-up, open, read, close) of 0.5 ms with the server's work.
      {"network disk", 0.002, 110 * kMegabyte, 0},
      // Its providers state 100 to 200 ms to the first byte; the line is a gigabit.
      {"object store over HTTP", 0.1, 110 * kMegabyte, 0},
  };
}

tl::expected<Storage, std::string> ParseStorage(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return tl::unexpected(fmt::format("'{}' is not LATENCY_MS:MB_PER_S[:PARALLEL], such as 2:110 or 12.7:180:1: {}",
                                      tool::EscapeForTerminal(text), why));
  };
  std::vector<std::string_view> parts;
  for (std::string_view rest = text;;) {
    const size_t colon = rest.find(':');
    parts.push_back(rest.substr(0, colon));
    if (colon == std::string_view::npos) break;
    rest.remove_prefix(colon + 1);
  }
  if (parts.size() < 2) return wrong("the MB/s are missing");
  if (parts.size() > 3) return wrong("there are more than 3 numbers");
  const auto latency_ms = ParseNumber(parts[0], 3.6e6);
  if (!latency_ms) return wrong("the latency must be a number of milliseconds from 0 to 3600000");
  const auto megabytes = ParseNumber(parts[1], 1e9);
  if (!megabytes) return wrong("the MB/s must be a number from 0 (no limit) to 1000000000");
  Storage storage{.latency_s = *latency_ms / 1e3, .bytes_per_s = *megabytes * kMegabyte};
  if (parts.size() == 3) {
    const auto parallel = ParseNumber(parts[2], 1e6);
    if (!parallel || *parallel != std::floor(*parallel)) {
      return wrong("the requests at once must be a whole number from 0 (no limit) to 1000000");
    }
    storage.parallel = static_cast<int>(*parallel);
  }
  return storage;
}

}  // namespace tbbthumbs::bench
