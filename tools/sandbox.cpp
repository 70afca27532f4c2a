#include "tools/sandbox.h"

#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "tools/landlock.h"
#include "tools/syscall_filter.h"

namespace tbbthumbs::tool {
namespace {

// Files can be limited from the first version on; from the third on also where they are cut short by their names.
constexpr int kKnowsTruncating = 3;
constexpr int kKnowsPorts = 4;
constexpr int kKnowsDevices = 5;
constexpr int kKnowsSignals = 6;

// Shared libraries that are loaded when first needed, time zones, processors, processes that wrote temporary files.
constexpr const char* kSystem[] = {"/usr/lib",
                                   "/usr/lib32",
                                   "/usr/lib64",
                                   "/usr/libx32",
                                   "/lib",
                                   "/lib64",
                                   "/usr/local/lib",
                                   "/etc/ld.so.cache",
                                   "/etc/localtime",
                                   "/etc/timezone",
                                   "/usr/share/zoneinfo",
                                   "/usr/share/locale",
                                   "/dev/urandom",
                                   "/dev/random",
                                   "/dev/null",
                                   "/proc",
                                   "/sys"};

// How names are looked up, and whom to believe.
constexpr const char* kNetwork[] = {"/etc/hosts",
                                    "/etc/host.conf",
                                    "/etc/resolv.conf",
                                    "/etc/nsswitch.conf",
                                    "/etc/gai.conf",
                                    "/etc/services",
                                    "/etc/protocols",
                                    "/etc/networks",
                                    "/etc/ssl",
                                    "/etc/pki",
                                    "/etc/ca-certificates",
                                    "/etc/crypto-policies",
                                    "/usr/share/ca-certificates",
                                    "/usr/local/share/ca-certificates",
                                    "/run/systemd/resolve",
                                    "/run/NetworkManager",
                                    "/run/resolvconf"};

Status AllowPaths(const SandboxRoom& room, LandlockRoom& landlock) {
  Status status;
  const auto allow = [&](const std::string& path, unsigned rights) {
    if (status) status = landlock.Allow(path, rights);
  };
  for (const char* const path : kSystem) allow(path, kMayRead);
  if (const char* const libraries = std::getenv("LD_LIBRARY_PATH")) {
    const std::string text = libraries;
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = std::min(text.find(':', begin), text.size());
      if (end > begin) allow(text.substr(begin, end - begin), kMayRead);
      begin = end + 1;
    }
  }
  if (room.fetches) {
    for (const char* const path : kNetwork) allow(path, kMayRead);
    for (const char* const variable : {"SSL_CERT_FILE", "SSL_CERT_DIR"}) {
      if (const char* const path = std::getenv(variable)) allow(path, kMayRead);
    }
  }
  for (const std::string& path : room.readable) allow(path, kMayRead);
  for (const std::string& path : room.writable) allow(path, kMayWrite);
  if (room.reads_everything) allow("/", kMayRead);
  if (room.lists_everything) allow("/", kMayList);
  return status;
}

// What root keeps: files of other users can be read and written. The rest is dropped, that of looking into other
// processes among it.
constexpr unsigned kFileCapabilities = 1U << CAP_CHOWN | 1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH |
                                       1U << CAP_FOWNER | 1U << CAP_FSETID | 1U << CAP_SYS_NICE |
                                       1U << CAP_SYS_RESOURCE;

// But for those of `kept` that there are.
Status DropCapabilities(unsigned kept) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data{};
  const auto fail = [] { return Fail(ErrorCode::kIo, std::string("capabilities: ") + std::strerror(errno)); };
  if (syscall(SYS_capget, &header, data.data()) != 0) return fail();
  for (size_t i = 0; i < data.size(); ++i) {
    const unsigned left = data[i].permitted & (i == 0 ? kept : 0U);
    data[i] = {left, left, 0};
  }
  return syscall(SYS_capset, &header, data.data()) == 0 ? Status() : fail();
}

Status CheckAbilities(SandboxMode mode, const SandboxAbilities& abilities) {
  if (mode != SandboxMode::kOn || (abilities.landlock > 0 && abilities.syscall_filters)) return {};
  return Fail(ErrorCode::kUnsupported,
              std::string("this kernel has no ") + (abilities.landlock == 0 ? "Landlock" : "seccomp filters"));
}

Status EnterLandlock(const SandboxRoom& room, int version) {
  const bool limits_ports = !(room.fetches && room.any_port);
  LandlockRoom landlock(version, limits_ports);
  if (Status status = AllowPaths(room, landlock); !status) return status;
  if (room.fetches && limits_ports) {
    for (const uint16_t port : room.ports) {
      if (Status status = landlock.AllowPort(port); !status) return status;
    }
  }
  return landlock.Enter();
}

}  // namespace

SandboxAbilities KernelAbilities() { return {LandlockVersion(), HasSyscallFilters()}; }

std::vector<std::string> SandboxLines(const SandboxAbilities& abilities) {
  std::vector<std::string> lines;
  const int version = abilities.landlock;
  if (version == 0) {
    lines.emplace_back("sandbox: no Landlock here (Linux 5.13, and not switched off): files are not limited");
  } else {
    std::string line = fmt::format("sandbox: Landlock {}: reading and writing files", version);
    std::string lacking;
    const auto add = [&](int since, std::string_view what) {
      std::string& list = version >= since ? line : lacking;
      if (!list.empty()) list += ", ";
      list += what;
    };
    add(kKnowsTruncating, "truncating them");
    add(kKnowsPorts, "TCP ports");
    add(kKnowsDevices, "devices");
    add(kKnowsSignals, "signals");
    lines.push_back(lacking.empty() ? line : line + "; this kernel does not limit " + lacking);
  }
  lines.emplace_back(abilities.syscall_filters ? "sandbox: seccomp: system calls that are never needed"
                                               : "sandbox: no seccomp here: system calls are not limited");
  return lines;
}

Status EnterSandbox(const SandboxRoom& room, SandboxMode mode, const SandboxAbilities& abilities) {
  if (mode == SandboxMode::kOff) return {};
  if (Status status = CheckAbilities(mode, abilities); !status) return status;
  if (abilities.landlock > 0) {
    if (Status status = EnterLandlock(room, abilities.landlock); !status) return status;
  }
  if (Status status = DropCapabilities(kFileCapabilities); !status) return status;
  // Last: it refuses what the others call.
  return abilities.syscall_filters ? LimitSyscalls(room.fetches) : Status();
}

Status EnterCell(SandboxMode mode, const SandboxAbilities& abilities, int socket) {
  if (mode == SandboxMode::kOff) return {};
  if (Status status = CheckAbilities(mode, abilities); !status) return status;
  if (abilities.landlock > 0) {
    if (Status status = LandlockRoom(abilities.landlock, true).Enter(); !status) return status;
  }
  if (Status status = DropCapabilities(0); !status) return status;
  return abilities.syscall_filters ? LimitToMessages(socket) : Status();
}

}  // namespace tbbthumbs::tool
