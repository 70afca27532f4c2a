#include "tests/fault_disk/rules.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

namespace tbbthumbs::testing {
namespace {

int ErrorNamed(std::string_view name) {
  for (const auto& [known, number] : {std::pair("EIO", EIO),
                                      {"ENOSPC", ENOSPC},
                                      {"EDQUOT", EDQUOT},
                                      {"ESTALE", ESTALE},
                                      {"EACCES", EACCES},
                                      {"EROFS", EROFS},
                                      {"ENOMEM", ENOMEM}}) {
    if (name == known) return number;
  }
  return EINVAL;
}

}  // namespace

std::vector<Rules::Rule> Rules::Find(std::string_view operation, std::string_view path) const {
  std::vector<Rule> rules;
  std::ifstream file(file_);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string of;
    std::string part;
    Rule rule{line, {}};
    if (!(words >> of >> part >> rule.what)) continue;
    if ((of != "*" && of != operation) || (part != "*" && path.find(part) == std::string_view::npos)) continue;
    long number = 0;
    if (words >> number) rule.number = number;
    if (words >> number) rule.count = number;
    if (words >> number) rule.every = number;
    rules.push_back(std::move(rule));
  }
  return rules;
}

void Rules::Hold(const Rule& rule, std::string_view operation, std::string_view path) const {
  std::ofstream(file_ + ".held").close();
  const auto stands = [&] {
    const std::vector<Rule> rules = Find(operation, path);
    return std::any_of(rules.begin(), rules.end(), [&](const Rule& other) { return other.line == rule.line; });
  };
  // Not for ever: who waits for the disk can't be killed.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (stands() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

Rules::Fate Rules::Meet(std::string_view operation, std::string_view path) {
  Fate fate;
  for (const Rule& rule : Find(operation, path)) {
    if (rule.what == "hold") {
      Hold(rule, operation, path);
    } else if (rule.what == "delay") {
      std::this_thread::sleep_for(std::chrono::milliseconds(rule.number));
    } else if (rule.what == "short") {
      fate.most_bytes = static_cast<size_t>(rule.number);
    } else {
      const std::lock_guard lock(mutex_);
      long call = ++calls_[rule.line];
      if (rule.every) call = (call - 1) % *rule.every + 1;
      if (call >= rule.number && (!rule.count || call < rule.number + *rule.count)) fate.error = ErrorNamed(rule.what);
    }
  }
  return fate;
}

}  // namespace tbbthumbs::testing
