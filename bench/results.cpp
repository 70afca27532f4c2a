#include "bench/results.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace tbbthumbs::bench {
namespace {

// The part of `rest` up to the next '/', which is taken from it.
std::string_view TakePart(std::string_view& rest) {
  const size_t end = std::min(rest.find('/'), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

// "threads:2" with the key "threads:" gives 2; no sign, no zeros before it.
std::optional<int> ParseKnob(std::string_view part, std::string_view key) {
  if (!part.starts_with(key)) return std::nullopt;
  part.remove_prefix(key.size());
  if (part.empty() || part.front() < '0' || part.front() > '9' || (part.front() == '0' && part.size() > 1)) {
    return std::nullopt;
  }
  int value = 0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
  if (error != std::errc() || end != part.data() + part.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string ToString(const Config& config) {
  return fmt::format("{}/{}/threads:{}/tokens:{}/io:{}", config.workload, config.strategy, config.threads,
                     config.tokens, config.io_threads);
}

std::optional<Config> ParseConfig(const std::string& name) {
  std::string_view rest = name;
  Config config;
  config.workload = TakePart(rest);
  config.strategy = TakePart(rest);
  const std::optional<int> threads = ParseKnob(TakePart(rest), "threads:");
  const std::optional<int> tokens = ParseKnob(TakePart(rest), "tokens:");
  const std::optional<int> io_threads = ParseKnob(rest, "io:");
  if (config.workload.empty() || config.strategy.empty() || !threads || !tokens || !io_threads || *threads < 1) {
    return std::nullopt;
  }
  config.threads = *threads;
  config.tokens = *tokens;
  config.io_threads = *io_threads;
  return config;
}

}  // namespace tbbthumbs::bench
