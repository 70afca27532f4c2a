#include "tools/landlock.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tbbthumbs::tool {
namespace {

// The system calls have these numbers on all machines.
constexpr long kCreateRuleset = 444;
constexpr long kAddRule = 445;
constexpr long kRestrictSelf = 446;

constexpr uint32_t kAskVersion = 1;
constexpr int kPathBeneath = 1;
constexpr int kNetPort = 2;

constexpr uint64_t Bit(int number) { return uint64_t{1} << number; }

// Of files.
constexpr uint64_t kWriteFile = Bit(1);
constexpr uint64_t kReadFile = Bit(2);
constexpr uint64_t kReadDirectory = Bit(3);
constexpr uint64_t kRemoveDirectory = Bit(4);
constexpr uint64_t kRemoveFile = Bit(5);
constexpr uint64_t kMakeDirectory = Bit(7);
constexpr uint64_t kMakeRegular = Bit(8);
constexpr uint64_t kMakeLink = Bit(12);
constexpr uint64_t kRefer = Bit(13);
constexpr uint64_t kTruncate = Bit(14);
constexpr uint64_t kOfFiles = kWriteFile | kReadFile | kTruncate;
// Of the network and between processes.
constexpr uint64_t kConnectTcp = Bit(1);
constexpr uint64_t kBindTcp = Bit(0);
constexpr uint64_t kScopedSockets = Bit(0);
constexpr uint64_t kScopedSignals = Bit(1);

struct RulesetAttributes {
  uint64_t files;
  uint64_t network;
  uint64_t scoped;
};

struct [[gnu::packed]] PathAttributes {
  uint64_t allowed;
  int32_t parent;
};

struct PortAttributes {
  uint64_t allowed;
  uint64_t port;
};

// Executing, reading and writing, directories, what can be made, and what came later.
constexpr uint64_t HandledOfFiles(int version) {
  const int bits = version >= 5 ? 16 : version >= 3 ? 15 : version >= 2 ? 14 : 13;
  return Bit(bits) - 1;
}

// A kernel refuses more bytes than it knows, where they are not zero.
constexpr size_t AttributeBytes(int version) {
  return version >= 6 ? sizeof(RulesetAttributes) : version >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

Status FailCall(const char* what, int error) {
  return Fail(ErrorCode::kIo, std::string("Landlock: ") + what + ": " + std::strerror(error));
}

}  // namespace

int LandlockVersion() {
  const long version = syscall(kCreateRuleset, nullptr, 0, kAskVersion);
  return version > 0 ? static_cast<int>(version) : 0;
}

LandlockRoom::LandlockRoom(int version, bool limits_ports) : version_(version) {
  RulesetAttributes attributes{};
  attributes.files = HandledOfFiles(version);
  if (version >= 4) attributes.network = kBindTcp | (limits_ports ? kConnectTcp : 0);
  if (version >= 6) attributes.scoped = kScopedSockets | kScopedSignals;
  fd_ = static_cast<int>(syscall(kCreateRuleset, &attributes, AttributeBytes(version), 0));
  error_ = fd_ < 0 ? errno : 0;
}

LandlockRoom::~LandlockRoom() {
  if (fd_ >= 0) close(fd_);
}

Status LandlockRoom::Allow(const std::string& path, unsigned rights) {
  if (fd_ < 0) return FailCall("making rules", error_);
  const int target = open(path.c_str(), O_PATH | O_CLOEXEC);
  // What can't be reached now can't be read later either.
  if (target < 0) return {};
  uint64_t allowed = 0;
  if ((rights & kMayRead) != 0) allowed |= kReadFile | kReadDirectory;
  if ((rights & kMayList) != 0) allowed |= kReadDirectory;
  if ((rights & kMayWrite) != 0) {
    allowed |= kReadFile | kReadDirectory | kWriteFile | kRemoveDirectory | kRemoveFile | kMakeDirectory | kMakeRegular;
    // Moving a symbolic link that somebody has planted aside is making one.
    allowed |= kRefer | kTruncate | kMakeLink;
  }
  allowed &= HandledOfFiles(version_);
  struct stat status {};
  const bool is_directory = fstat(target, &status) == 0 && S_ISDIR(status.st_mode);
  if (!is_directory) allowed &= kOfFiles;
  const PathAttributes rule{allowed, target};
  const int error = allowed != 0 && syscall(kAddRule, fd_, kPathBeneath, &rule, 0) != 0 ? errno : 0;
  close(target);
  // Pipes and what else has no name that others could open.
  const bool is_unnamed = error == EBADFD;
  return error == 0 || is_unnamed ? Status() : FailCall("a rule", error);
}

Status LandlockRoom::AllowPort(uint16_t port) {
  if (fd_ < 0) return FailCall("making rules", error_);
  if (version_ < 4) return {};
  const PortAttributes rule{kConnectTcp, port};
  return syscall(kAddRule, fd_, kNetPort, &rule, 0) == 0 ? Status() : FailCall("a port", errno);
}

Status LandlockRoom::Enter() {
  if (fd_ < 0) return FailCall("making rules", error_);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return FailCall("no new privileges", errno);
  return syscall(kRestrictSelf, fd_, 0) == 0 ? Status() : FailCall("entering", errno);
}

}  // namespace tbbthumbs::tool
