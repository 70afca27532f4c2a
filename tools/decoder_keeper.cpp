#include "tools/decoder_keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "tools/decoder_process.h"

namespace tbbthumbs::tool {
namespace {

struct Order {
  enum class Kind : uint8_t { kStart, kEnd } kind = Kind::kStart;
  int32_t index = 0;
  uint64_t number = 0;
};

// Smaller ones would be asked for too many pieces.
constexpr size_t kLeastAreaBytes = size_t{256} << 10;
// How long it waits to say again what was not heard.
constexpr int kSayAgainMs = 50;

bool MakePair(std::array<Descriptor, 2>& ends) {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) return false;
  ends = {Descriptor(fds[0]), Descriptor(fds[1])};
  return true;
}

std::chrono::nanoseconds TimeOf(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

// This process ends when the one that has made it does.
void EndWith(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kExitDone);
}

// Nothing is said on the command's streams, or read from them. Sanitizers report all the same.
void LeaveStreams() {
  const int nowhere = open("/dev/null", O_RDWR);
  if (nowhere < 0) return;
#ifdef TBBTHUMBS_SANITIZED
  constexpr int kLast = STDOUT_FILENO;
#else
  constexpr int kLast = STDERR_FILENO;
#endif
  for (int fd = STDIN_FILENO; fd <= kLast; ++fd) dup2(nowhere, fd);
  if (nowhere > STDERR_FILENO) close(nowhere);
}

// The keeper's own life.
class Keeper {
 public:
  struct Place {
    MessageSocket socket;  // the decoder's end, shared with it
    Descriptor memory;
    pid_t pid = 0;  // of the decoder; 0: there is none
    uint64_t order = 0;
    // What the command has not been told yet; the start first.
    std::optional<DecoderStart> start{};
    std::optional<DecoderEnd> end{};
  };

  Keeper(std::vector<Place> places, Descriptor orders, const DecoderLimits& limits)
      : places_(std::move(places)), orders_(std::move(orders)), limits_(limits) {}

  [[noreturn]] void Live() {
    prctl(PR_SET_NAME, "tbbthumbs-keep");
    // Who has started the command may not have wanted to hear of its children.
    std::signal(SIGCHLD, SIG_DFL);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2}) std::signal(signal, SIG_IGN);
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, nullptr);
    const int ended = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    for (;;) {
      std::array<pollfd, 2> waiting{pollfd{orders_.get(), POLLIN, 0}, pollfd{ended, POLLIN, 0}};
      const bool owes =
          std::any_of(places_.begin(), places_.end(), [](const Place& place) { return place.start || place.end; });
      poll(waiting.data(), waiting.size(), owes ? kSayAgainMs : -1);
      signalfd_siginfo info{};
      while (read(ended, &info, sizeof info) > 0) {
      }
      Reap();
      if (waiting[0].revents != 0 && !TakeOrder()) break;
      Say();
    }
    for (Place& place : places_) Kill(place);
    _exit(kExitDone);
  }

 private:
  // False: there will be no more.
  bool TakeOrder() {
    Order order;
    const ssize_t bytes = recv(orders_.get(), &order, sizeof order, MSG_DONTWAIT);
    if (bytes < 0) return errno == EINTR || errno == EAGAIN;
    if (bytes == 0) return false;
    if (bytes != sizeof order || order.index < 0 || static_cast<size_t>(order.index) >= places_.size()) return true;
    Place& place = places_[static_cast<size_t>(order.index)];
    if (order.kind == Order::Kind::kStart) {
      Kill(place);
      place.start.reset();
      place.end.reset();
      place.order = order.number;
      Start(place);
    } else if (place.pid > 0) {
      kill(place.pid, SIGKILL);
    }
    return true;
  }

  void Reap() {
    int status = 0;
    rusage used{};
    for (pid_t pid = 0; (pid = wait4(-1, &status, WNOHANG, &used)) > 0;) {
      const auto place = std::find_if(places_.begin(), places_.end(), [&](const Place& p) { return p.pid == pid; });
      if (place == places_.end()) continue;
      place->pid = 0;
      place->end = DecoderEnd{place->order, status, 0, TimeOf(used.ru_utime) + TimeOf(used.ru_stime)};
    }
  }

  // Whoever does not listen now is told later.
  void Say() {
    for (Place& place : places_) {
      if (place.start && place.socket.Send(*place.start)) place.start.reset();
      if (!place.start && place.end && place.socket.Send(*place.end)) place.end.reset();
    }
  }

  static void Kill(Place& place) {
    if (place.pid <= 0) return;
    kill(place.pid, SIGKILL);
    waitpid(std::exchange(place.pid, 0), nullptr, 0);
  }

  void Start(Place& place) const {
    // What the last one did not hear is not for the next.
    DecoderMessage ignored;
    for (auto got = MessageSocket::Got::kMessage;
         got == MessageSocket::Got::kMessage || got == MessageSocket::Got::kGarbage;) {
      got = place.socket.Receive(ignored, false);
    }
    const pid_t keeper = getpid();
    const pid_t pid = fork();
    if (pid == 0) BecomeDecoder(place, keeper);
    if (pid > 0) {
      place.pid = pid;
      place.start = DecoderStart{place.order, pid};
    } else {
      place.end = DecoderEnd{place.order, 0, errno, {}};
    }
  }

  [[noreturn]] void BecomeDecoder(const Place& place, pid_t keeper) const {
    EndWith(keeper);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    // What a picture does to its decoder fills no disk.
    constexpr rlimit kNoCore{0, 0};
    setrlimit(RLIMIT_CORE, &kNoCore);
#ifndef TBBTHUMBS_SANITIZED
    if (limits_.most_bytes > 0) {
      const rlimit most{limits_.most_bytes, limits_.most_bytes};
      setrlimit(RLIMIT_DATA, &most);
    }
#endif
    // Out of each other's way first.
    const int socket = fcntl(place.socket.fd(), F_DUPFD, kDecoderMemory + 1);
    const int memory = fcntl(place.memory.get(), F_DUPFD, kDecoderMemory + 1);
    const bool placed = dup2(socket, kDecoderSocket) >= 0 && dup2(memory, kDecoderMemory) >= 0;
    // Also what whoever has started the command has left open.
    if (close_range(kDecoderMemory + 1, ~0U, 0) != 0) {
      for (int fd = kDecoderMemory + 1; fd < 1024; ++fd) close(fd);
    }
    std::string name(kDecoderName);
    std::string mode = std::to_string(static_cast<int>(limits_.sandbox));
    char* const words[] = {name.data(), mode.data(), nullptr};
    if (placed) execv("/proc/self/exe", words);
    _exit(kExitOutput);
  }

  std::vector<Place> places_;
  Descriptor orders_;
  const DecoderLimits limits_;
};

// Of descriptors each takes up to four at a time; others are for the run.
int MostPlaces() {
  constexpr rlim_t kOfTheRun = 32;
  constexpr rlim_t kOfEach = 4;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return INT_MAX;
  const rlim_t left = limit.rlim_cur > kOfTheRun ? limit.rlim_cur - kOfTheRun : 0;
  return static_cast<int>(std::clamp<rlim_t>(left / kOfEach, 1, INT_MAX));
}

}  // namespace

Result<std::unique_ptr<DecoderKeeper>> DecoderKeeper::Start(const DecoderLimits& limits) {
  std::unique_ptr<DecoderKeeper> keeper(new DecoderKeeper);
  std::vector<Keeper::Place> places;
  size_t area_bytes = limits.area_bytes;
  const int count = std::min(limits.count, MostPlaces());
  while (static_cast<int>(places.size()) < count) {
    auto memory = SharedMemory::Make(area_bytes);
    if (!memory && area_bytes > kLeastAreaBytes) {
      // Of files and of address space there may be less: ulimit -f, ulimit -v.
      area_bytes = std::max(area_bytes / 2, kLeastAreaBytes);
      continue;
    }
    if (!memory) return tl::unexpected<Error>(std::move(memory.error()));
    std::array<Descriptor, 2> ends;
    if (!MakePair(ends)) return FailErrno("socketpair");
    places.push_back({.socket = MessageSocket(std::move(ends[1])), .memory = memory->TakeFd()});
    keeper->channels_.push_back({MessageSocket(std::move(ends[0])), std::move(*memory)});
  }
  std::array<Descriptor, 2> orders;
  if (!MakePair(orders)) return FailErrno("socketpair");
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return FailErrno("fork");
  if (pid == 0) {
    EndWith(parent);
    LeaveStreams();
    orders[0] = Descriptor();
    // Else nobody would see that the command has gone.
    keeper->channels_.clear();
    Keeper(std::move(places), std::move(orders[1]), limits).Live();
  }
  keeper->orders_ = std::move(orders[0]);
  keeper->pid_ = pid;
  return keeper;
}

DecoderKeeper::~DecoderKeeper() {
  if (pid_ < 0) return;
  channels_.clear();
  orders_ = Descriptor();
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

bool DecoderKeeper::StartDecoder(int index, uint64_t number) const {
  const Order order{Order::Kind::kStart, index, number};
  return send(orders_.get(), &order, sizeof order, MSG_NOSIGNAL) == sizeof order;
}

bool DecoderKeeper::EndDecoder(int index) const {
  const Order order{Order::Kind::kEnd, index, 0};
  return send(orders_.get(), &order, sizeof order, MSG_NOSIGNAL) == sizeof order;
}

}  // namespace tbbthumbs::tool
