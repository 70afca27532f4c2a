#include "tests/support/faked_clock.h"

#include <array>
#include <fstream>
#include <system_error>
#include <utility>

#include "tests/support/process.h"

namespace tbbthumbs::testing {

namespace fs = std::filesystem;

FakedClock::FakedClock(std::string library, fs::path file) : library_(std::move(library)), file_(std::move(file)) {}

std::optional<FakedClock> FakedClock::Find(const fs::path& file, std::string& why) {
  const auto found = RunProcess("/bin/sh", {"-c", "ls /usr/lib/*/faketime/libfaketimeMT.so.1 | head -n 1"});
  if (found.out.empty()) {
    why = "libfaketimeMT.so.1 is not installed (Debian: faketime)";
    return std::nullopt;
  }
  FakedClock clock(found.out.substr(0, found.out.find('\n')), file);
  clock.Set("+0");
  return clock;
}

std::map<std::string, std::string> FakedClock::Environment() const {
  return {{"LD_PRELOAD", library_},
          {"FAKETIME_TIMESTAMP_FILE", file_.string()},
          {"FAKETIME_NO_CACHE", "1"},
          {"FAKETIME_DONT_FAKE_MONOTONIC", "1"},
          {"NO_FAKE_STAT", "1"}};
}

void FakedClock::Set(const std::string& offset) const {
  // At once, for whoever looks meanwhile.
  const fs::path anew = file_.string() + ".new";
  std::ofstream(anew, std::ios::trunc) << offset << "\n";
  fs::rename(anew, file_);
}

void FakedClock::Jump(size_t number) const {
  constexpr std::array<const char*, 6> kOffsets = {"+0", "-30y", "+10y", "-1d", "+3600", "-3600"};
  Set(kOffsets[number % kOffsets.size()]);
}

void FakedClock::RemoveRemains(pid_t killed) {
  std::error_code ignored;
  fs::remove("/dev/shm/faketime_shm_" + std::to_string(killed), ignored);
  fs::remove("/dev/shm/sem.faketime_sem_" + std::to_string(killed), ignored);
}

}  // namespace tbbthumbs::testing
