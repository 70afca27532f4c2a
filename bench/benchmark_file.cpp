#include "bench/benchmark_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>

#include "tools/escape.h"

namespace tbbthumbs::bench {
namespace {

using Json = nlohmann::json;

std::optional<double> SecondsPer(const std::string& unit) {
  if (unit == "ns") return 1e-9;
  if (unit == "us") return 1e-6;
  if (unit == "ms") return 1e-3;
  if (unit == "s") return 1;
  return std::nullopt;
}

tl::expected<std::string, std::string> ReadAll(const std::filesystem::path& file) {
  const auto fail = [](int code) { return tl::unexpected(std::generic_category().message(code != 0 ? code : EIO)); };
  // The stream would say nothing of it until it is read, and then not why.
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) return fail(EISDIR);
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return fail(errno);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (stream.bad()) return fail(errno);
  return text;
}

// The text member `key`; nullopt where there is none or it is something else.
std::optional<std::string> Text(const Json& entry, const char* key) {
  const auto member = entry.find(key);
  if (member == entry.end() || !member->is_string()) return std::nullopt;
  return member->get<std::string>();
}

bool Counts(const Json& entry) {
  const auto failed = entry.find("error_occurred");
  if (failed != entry.end() && *failed == true) return false;
  // Files of before 2018 have no run_type, and their aggregates are told only by their names.
  return Text(entry, "run_type").value_or("iteration") == "iteration";
}

class Reader {
 public:
  // Errors: a sentence without the file's name.
  tl::expected<std::vector<Repetitions>, std::string> Read(const Json& json) {
    const Json* entries = nullptr;
    if (json.is_object() && json.contains("benchmarks")) entries = &json.at("benchmarks");
    if (entries == nullptr || !entries->is_array()) {
      return tl::unexpected<std::string>("not a JSON file of Google Benchmark: it has no list of \"benchmarks\"");
    }
    for (size_t i = 0; i < entries->size(); ++i) {
      const Json& entry = (*entries)[i];
      if (!entry.is_object()) return tl::unexpected(fmt::format("entry {} of \"benchmarks\" is not an object", i + 1));
      if (!Counts(entry)) continue;
      if (auto added = Add(entry); !added) {
        return tl::unexpected(fmt::format("entry {} of \"benchmarks\": {}", i + 1, added.error()));
      }
    }
    if (benchmarks_.empty()) {
      return tl::unexpected<std::string>(entries->empty() ? "it holds no benchmarks"
                                                          : "it holds no repetitions, only aggregates or failures (run "
                                                            "without --benchmark_report_aggregates_only)");
    }
    return std::move(benchmarks_);
  }

 private:
  tl::expected<void, std::string> Add(const Json& entry) {
    std::optional<std::string> name = Text(entry, "run_name");
    if (!name) name = Text(entry, "name");
    if (!name || name->empty()) return tl::unexpected<std::string>("it has no name");
    // Left out, it is Google Benchmark's own default.
    const std::optional<std::string> unit = entry.contains("time_unit") ? Text(entry, "time_unit") : "ns";
    const std::optional<double> seconds = SecondsPer(unit.value_or(""));
    if (!seconds) return tl::unexpected<std::string>("its time_unit is none of ns, us, ms, s");
    const auto time = [&](const char* key) -> std::optional<double> {
      const auto member = entry.find(key);
      if (member == entry.end() || !member->is_number()) return std::nullopt;
      const double value = member->get<double>() * *seconds;
      return std::isfinite(value) && value >= 0 ? std::optional(value) : std::nullopt;
    };
    const std::optional<double> real_s = time("real_time");
    const std::optional<double> cpu_s = time("cpu_time");
    if (!real_s || !cpu_s) {
      return tl::unexpected(fmt::format("its {} is not a time", real_s ? "cpu_time" : "real_time"));
    }
    const auto [place, is_new] = places_.emplace(*name, benchmarks_.size());
    if (is_new) benchmarks_.push_back({*name, {}, {}});
    benchmarks_[place->second].real_s.push_back(*real_s);
    benchmarks_[place->second].cpu_s.push_back(*cpu_s);
    return {};
  }

  std::vector<Repetitions> benchmarks_;
  std::map<std::string, size_t> places_;
};

}  // namespace

tl::expected<std::vector<Repetitions>, std::string> ReadRepetitions(const std::filesystem::path& file) {
  const auto fail = [&](const std::string& why) {
    return tl::unexpected(fmt::format("{}: {}", tool::EscapeForTerminal(file.native()), why));
  };
  const auto text = ReadAll(file);
  if (!text) return fail(text.error());
  const Json json = Json::parse(*text, nullptr, false);
  if (json.is_discarded()) return fail(text->empty() ? "the file is empty" : "not a JSON file");
  auto repetitions = Reader().Read(json);
  if (!repetitions) return fail(repetitions.error());
  return repetitions;
}

}  // namespace tbbthumbs::bench
