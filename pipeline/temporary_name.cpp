#include "pipeline/temporary_name.h"

#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <random>
#include <sstream>
#include <system_error>

#include "pipeline/posix_file.h"

namespace tbbthumbs {
namespace {

constexpr std::string_view kPartPrefix = ".tbbthumbs-";
constexpr std::string_view kPartSuffix = ".part";
constexpr std::chrono::hours kUntouched{24};

// The host, and on it the namespace that process ids are of: containers may have the host's name and ids of their own.
std::string HostName() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  std::string host = name.data();
  struct stat ids {};
  if (stat("/proc/self/ns/pid", &ids) == 0) host += "~" + std::to_string(ids.st_ino);
  // '+' separates the parts of a name.
  std::replace_if(
      host.begin(), host.end(), [](char c) { return c == '+' || c == '/'; }, '-');
  return host;
}

// Takes a number off the front of `text`.
template <class T>
std::optional<T> TakeNumber(std::string_view& text) {
  T number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

}  // namespace

std::string RandomHex() {
  std::array<unsigned char, 16> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    // Where it is forbidden: other ways to the same source.
    std::random_device random;
    for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(random());
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const unsigned char byte : bytes) hex.append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
  return hex;
}

TemporaryNames::TemporaryNames() : host_(HostName()) {}

std::string TemporaryNames::Next() {
  const std::string random = RandomHex();
  const int pid = getpid();
  const std::lock_guard lock(mutex_);
  if (pid != pid_) {
    process_ = std::to_string(pid) + "@" + std::to_string(ProcessStart(pid).value_or(0));
    pid_ = pid;
  }
  return host_ + "+" + process_ + "+" + random;
}

Writer WriterOf(std::string_view name) {
  const std::string host = HostName() + "+";
  if (!name.starts_with(host)) return Writer::kUnknown;
  name.remove_prefix(host.size());
  const auto pid = TakeNumber<int>(name);
  if (!pid || *pid <= 0) return Writer::kUnknown;
  if (kill(*pid, 0) != 0 && errno == ESRCH) return Writer::kGone;
  if (!name.starts_with('@')) return Writer::kUnknown;
  name.remove_prefix(1);
  const auto start = TakeNumber<uint64_t>(name);
  const auto process_start = ProcessStart(*pid);
  if (!start || *start == 0 || !process_start) return Writer::kUnknown;
  return *start == *process_start ? Writer::kAlive : Writer::kGone;
}

bool IsAbandoned(std::string_view name, std::chrono::nanoseconds modified) {
  switch (WriterOf(name)) {
    case Writer::kAlive:
      return false;
    case Writer::kGone:
      return true;
    case Writer::kUnknown:
      return std::chrono::system_clock::now().time_since_epoch() - modified > kUntouched;
  }
  return false;
}

std::string PartName(std::string_view name) { return std::string(kPartPrefix).append(name).append(kPartSuffix); }

std::optional<std::string_view> NameOfPart(std::string_view part) {
  if (part.size() < kPartPrefix.size() + kPartSuffix.size() || !part.starts_with(kPartPrefix) ||
      !part.ends_with(kPartSuffix)) {
    return std::nullopt;
  }
  part.remove_prefix(kPartPrefix.size());
  part.remove_suffix(kPartSuffix.size());
  return part;
}

// Of proc(5), "stat": the name of the program stands in parentheses and may hold anything, also parentheses.
std::optional<uint64_t> ProcessStart(int pid) {
  const std::string text = ReadStatusFile("/proc/" + std::to_string(pid) + "/stat");
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  std::string state;
  fields >> state;
  if (state == "Z" || state == "X") return 0;
  // The state is field 3, the start field 22.
  std::string skipped;
  for (int field = 4; field < 22; ++field) fields >> skipped;
  uint64_t start = 0;
  return (fields >> start) ? std::optional(start) : std::nullopt;
}

}  // namespace tbbthumbs
