#include "bench/machine.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>

#include "pipeline/cpu_count.h"
#include "tools/help.h"

namespace tbbthumbs::bench {
namespace {

std::string CpuModel() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

// proc(5): ID parent MAJOR:MINOR root mountpoint options [tags] - TYPE source ...
std::string FileSystemOf(const std::filesystem::path& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return "unknown";
  const std::string wanted = std::to_string(major(info.st_dev)) + ":" + std::to_string(minor(info.st_dev));
  std::ifstream file("/proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string word;
    std::string device;
    words >> word >> word >> device;
    if (device != wanted) continue;
    while (words >> word && word != "-") {
    }
    if (words >> word) return word;
  }
  return "unknown";
}

std::string Now() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S%z", &local);
  return text.data();
}

std::string Compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

}  // namespace

Machine DescribeMachine(const std::filesystem::path& pictures) {
  Machine machine;
  machine.cpu = CpuModel();
  machine.cpus = UsableCpus();
  machine.memory_bytes = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  utsname name{};
  if (uname(&name) == 0) machine.kernel = std::string(name.sysname) + " " + name.release + " " + name.machine;
  machine.filesystem = FileSystemOf(pictures);
  machine.date = Now();
  machine.version = tool::VersionText(false);
  machine.build = Compiler();
#ifdef NDEBUG
  machine.build += ", optimised";
#else
  machine.build += ", with assertions";
#endif
  return machine;
}

}  // namespace tbbthumbs::bench
