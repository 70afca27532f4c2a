#include "tests/support/faulty_mount.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>
#include <utility>
#include <vector>

namespace tbbthumbs::testing {
namespace {

namespace fs = std::filesystem;

}  // namespace

FaultyMount::FaultyMount(const fs::path& program, const fs::path& directory, fs::path mountpoint, fs::path rules)
    : mountpoint_(std::move(mountpoint)),
      rules_(std::move(rules)),
      server_(program, {directory.string(), mountpoint_.string(), rules_.string()},
              {.timeout = std::chrono::seconds(600)}) {}

std::unique_ptr<FaultyMount> FaultyMount::Mount(const fs::path& program, const fs::path& directory,
                                                const fs::path& mountpoint, std::string& why) {
  const int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (device < 0) {
    why = std::string("/dev/fuse: ") + std::strerror(errno);
    return nullptr;
  }
  close(device);
  if (!FindProgram("fusermount3")) {
    why = "fusermount3 is not installed (Debian: fuse3)";
    return nullptr;
  }
  fs::create_directories(directory);
  fs::create_directories(mountpoint);
  const fs::path rules = directory.string() + ".rules";
  std::ofstream(rules, std::ios::trunc).close();
  std::unique_ptr<FaultyMount> mount(new FaultyMount(program, directory, mountpoint, rules));
  if (mount->server_.WaitForOutput("ready")) return mount;
  why = "FUSE: " + mount->server_.Wait().err;
  return nullptr;
}

FaultyMount::~FaultyMount() {
  if (server_.pid() > 0) server_.Signal(SIGTERM);
  // Where somebody else is still in there, or it had been torn out.
  umount2(mountpoint_.c_str(), MNT_DETACH);
  if (server_.pid() > 0) server_.Wait();
}

void FaultyMount::Set(std::string_view rules) const {
  // At once, for whoever reads them meanwhile.
  const fs::path anew = rules_.string() + ".new";
  std::ofstream(anew, std::ios::trunc) << rules;
  fs::rename(anew, rules_);
}

bool FaultyMount::WaitForHeld() const {
  const fs::path held = rules_.string() + ".held";
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
       std::chrono::steady_clock::now() < end;) {
    if (fs::exists(held)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

void FaultyMount::TearOut() {
  server_.Signal(SIGKILL);
  server_.Wait();
}

}  // namespace tbbthumbs::testing
