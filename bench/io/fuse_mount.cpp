#include "bench/io/fuse_mount.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "bench/io/fuse_server.h"
#include "pipeline/posix_file.h"

extern char** environ;

namespace tbbthumbs::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience{10};

struct Pipe {
  Descriptor out{-1};  // to read from
  Descriptor in{-1};
};

std::optional<Pipe> MakePipe() {
  std::array<int, 2> fds{};
  if (pipe2(fds.data(), O_CLOEXEC) != 0) return std::nullopt;
  return Pipe{Descriptor(fds[0]), Descriptor(fds[1])};
}

// Its streams where not negative; its process group is its own: what a terminal sends to ours is not for it.
int Spawn(const std::string& program, std::vector<std::string> words, int input, int output, pid_t& pid) {
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (input >= 0) posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  if (output >= 0) {
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  }
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  const int error = posix_spawnp(&pid, program.c_str(), &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

enum class End { kNone, kClean, kOther };

// How the child has ended by `deadline`.
End WaitFor(pid_t pid, Clock::time_point deadline) {
  for (;;) {
    int status = 0;
    const pid_t waited = waitpid(pid, &status, WNOHANG);
    if (waited == pid) return status == 0 ? End::kClean : End::kOther;
    if (waited < 0 && errno != EINTR) return End::kOther;
    if (Clock::now() > deadline) return End::kNone;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

std::string LastLine(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return std::string(text.substr(text.find_last_of('\n') + 1));
}

}  // namespace

Result<std::unique_ptr<FuseMount>> FuseMount::Mount(const std::filesystem::path& directory,
                                                    const std::filesystem::path& mountpoint, const LinkOptions& options,
                                                    const std::filesystem::path& program, Access access) {
  constexpr const char* kDevice = "/dev/fuse";
  if (const Descriptor device(open(kDevice, O_RDWR | O_CLOEXEC)); device.get() < 0) {
    return Fail(ErrorCode::kUnsupported, std::string(kDevice) + ": " + std::generic_category().message(errno));
  }
  auto to_server = MakePipe();
  auto from_server = MakePipe();
  if (!to_server || !from_server) return FailErrno("making a pipe");
  const auto latency = std::chrono::duration_cast<std::chrono::microseconds>(options.latency);
  pid_t pid = -1;
  const int error = Spawn(program.string(),
                          {program.string(), std::string(kServeSlowCommand), directory.string(), mountpoint.string(),
                           std::to_string(latency.count()), std::to_string(options.bytes_per_second),
                           access == Access::kReadOnly ? "ro" : "rw"},
                          to_server->out.get(), from_server->in.get(), pid);
  if (error != 0) return FailErrno("starting " + program.string(), error);
  std::unique_ptr<FuseMount> mount(new FuseMount(mountpoint, pid, to_server->in.Release(), from_server->out.Release()));
  // From here on only the server holds its ends.
  static_cast<void>(to_server->out.Close());
  static_cast<void>(from_server->in.Close());
  if (Status status = mount->WaitUntilReady(); !status) return tl::unexpected<Error>(std::move(status.error()));
  return mount;
}

Status FuseMount::WaitUntilReady() {
  const std::string ready = std::string(kServerReady) + "\n";
  const auto deadline = Clock::now() + kPatience;
  std::string said;
  while (said.find(ready) == std::string::npos) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd readable{from_server_, POLLIN, 0};
    if (left <= 0 || poll(&readable, 1, static_cast<int>(left)) == 0) {
      return Fail(ErrorCode::kIo, "mounting with FUSE: no answer");
    }
    std::array<char, 256> some{};
    const ssize_t count = read(from_server_, some.data(), some.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const std::string reason = said.empty() ? "the server says nothing" : LastLine(said);
      return Fail(ErrorCode::kUnsupported, "mounting with FUSE: " + reason);
    }
    said.append(some.data(), static_cast<size_t>(count));
  }
  return {};
}

FuseMount::~FuseMount() {
  if (mounted_) Unmount();
}

FuseMount::Counts FuseMount::Unmount() {
  mounted_ = false;
  close(to_server_);
  End end = WaitFor(server_, Clock::now() + kPatience);
  if (end == End::kNone) {
    kill(server_, SIGKILL);
    end = WaitFor(server_, Clock::now() + kPatience);
  }
  std::array<char, 256> said{};
  if (end == End::kClean) static_cast<void>(read(from_server_, said.data(), said.size() - 1));
  close(from_server_);
  Counts counts;
  if (end == End::kClean) {
    std::istringstream(said.data()) >> counts.reading >> counts.writing >> counts.naming;
    return counts;
  }
  // It has left the mount, or never made one.
  pid_t pid = -1;
  if (Spawn("fusermount3", {"fusermount3", "-u", "-q", "-z", "--", mountpoint_.string()}, -1, -1, pid) == 0) {
    WaitFor(pid, Clock::now() + kPatience);
  }
  return counts;
}

}  // namespace tbbthumbs::bench
