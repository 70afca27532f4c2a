// Worker processes, each with its share of the list planned before it starts; this process gives the names.
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <numeric>
#include <queue>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "bench/strategies/driving.h"
#include "bench/strategies/item_message.h"
#include "bench/strategies/strategies.h"

namespace tbbthumbs::bench {
namespace {

using Items = std::vector<std::unique_ptr<Item>>;

// Shares of about as many bytes each: the largest first, always to the share that has the least (Graham, 1969). Within
// a share in input order.
std::vector<std::vector<size_t>> PlanShares(const Items& items, size_t count) {
  std::vector<uint64_t> bytes(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    std::error_code error;
    const uintmax_t size = std::filesystem::file_size(items[i]->file.path, error);
    bytes[i] = error ? 0 : size;
  }
  std::vector<size_t> largest_first(items.size());
  std::iota(largest_first.begin(), largest_first.end(), size_t{0});
  std::stable_sort(largest_first.begin(), largest_first.end(), [&](size_t a, size_t b) { return bytes[a] > bytes[b]; });
  using Load = std::pair<uint64_t, size_t>;
  std::priority_queue<Load, std::vector<Load>, std::greater<>> loads;
  for (size_t i = 0; i < count; ++i) loads.push({0, i});
  std::vector<std::vector<size_t>> shares(count);
  for (const size_t item : largest_first) {
    const auto [load, share] = loads.top();
    loads.pop();
    shares[share].push_back(item);
    // A file costs something beside its bytes.
    loads.push({load + bytes[item] + 4096, share});
  }
  for (auto& share : shares) std::sort(share.begin(), share.end());
  return shares;
}

// What a child tells at its end, in the place of a picture.
struct LastMessage {
  uint64_t no_seq = std::numeric_limits<uint64_t>::max();
  uint64_t peak_held_bytes = 0;
  int peak_at_once = 0;
};

void WriteAll(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    // The parent is gone: so is the reason to go on.
    if (written < 0) _exit(1);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

void WriteMessage(int fd, std::span<const std::byte> message) {
  const size_t size = message.size();
  std::vector<std::byte> framed(sizeof size);
  std::memcpy(framed.data(), &size, sizeof size);
  framed.insert(framed.end(), message.begin(), message.end());
  WriteAll(fd, framed);
}

// The life of a worker process. Messages: their length, then PackItem; at the end LastMessage.
[[noreturn]] void WorkAsChild(Stages& stages, const Items& items, const std::vector<size_t>& share, int fd) {
  // The last of this process's threads that could be asked to stop is the parent.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const size_t i : share) {
    Item& item = *items[i];
    ReadHere(stages, item);
    Work(stages, item);
    WriteMessage(fd, PackItem(item));
  }
  const LastMessage last{.peak_held_bytes = stages.budget().peak(),
                         .peak_at_once = stages.thumbnailer().peak_at_once()};
  WriteMessage(fd, std::as_bytes(std::span(&last, 1)));
  // Not exit: destructors and buffers are the parent's.
  _exit(0);
}

struct Child {
  pid_t pid = -1;
  int fd = -1;
  std::vector<std::byte> received;
};

// Ends and reaps what is left when something fails.
class Children {
 public:
  Children() = default;
  ~Children() {
    for (const Child& child : children_) {
      if (child.fd >= 0) close(child.fd);
      if (child.pid < 0) continue;
      kill(child.pid, SIGKILL);
      waitpid(child.pid, nullptr, 0);
    }
  }
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;

  void Start(Stages& stages, const Items& items, const std::vector<size_t>& share) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    const pid_t pid = fork();
    if (pid == 0) {
      for (const Child& child : children_) close(child.fd);
      close(ends[0]);
      WorkAsChild(stages, items, share, ends[1]);
    }
    const int fork_error = errno;
    close(ends[1]);
    if (pid < 0) {
      close(ends[0]);
      throw std::system_error(fork_error, std::generic_category(), "fork");
    }
    children_.push_back({.pid = pid, .fd = ends[0]});
  }

  // Calls `on_message(child index, message)` for each, until all have ended.
  template <class F>
  void Receive(Usage& usage, F&& on_message) {
    size_t open = children_.size();
    while (open > 0) {
      std::vector<pollfd> waiting;
      for (const Child& child : children_) waiting.push_back({child.fd, POLLIN, 0});
      if (poll(waiting.data(), waiting.size(), -1) < 0) {
        if (errno == EINTR) continue;
        throw std::system_error(errno, std::generic_category(), "poll");
      }
      for (size_t i = 0; i < children_.size(); ++i) {
        if (waiting[i].revents == 0 || ReadSome(i, on_message)) continue;
        Reap(children_[i], usage);
        --open;
      }
    }
  }

 private:
  // False at the end.
  template <class F>
  bool ReadSome(size_t index, F&& on_message) {
    Child& child = children_[index];
    const size_t old = child.received.size();
    child.received.resize(old + 65536);
    ssize_t bytes = 0;
    do {
      bytes = read(child.fd, child.received.data() + old, 65536);
    } while (bytes < 0 && errno == EINTR);
    child.received.resize(old + static_cast<size_t>(std::max<ssize_t>(bytes, 0)));
    std::span<const std::byte> rest = child.received;
    for (size_t size = 0; rest.size() >= sizeof size; rest = rest.subspan(sizeof size + size)) {
      std::memcpy(&size, rest.data(), sizeof size);
      if (rest.size() - sizeof size < size) break;
      on_message(index, rest.subspan(sizeof size, size));
    }
    child.received.erase(child.received.begin(), child.received.end() - static_cast<std::ptrdiff_t>(rest.size()));
    return bytes > 0;
  }

  static void Reap(Child& child, Usage& usage) {
    close(std::exchange(child.fd, -1));
    rusage used{};
    int status = 0;
    wait4(std::exchange(child.pid, -1), &status, 0, &used);
    usage.children_peak_rss_bytes += static_cast<size_t>(used.ru_maxrss) * 1024;
  }

  std::vector<Child> children_;
};

}  // namespace

Status RunProcessPool(Stages& stages, const Knobs& knobs, Usage& usage) {
  return Guarded([&] {
    const Items items = ListAll(stages);
    Children children;
    for (const auto& share : PlanShares(items, static_cast<size_t>(knobs.threads))) {
      children.Start(stages, items, share);
    }
    std::vector<bool> there(items.size());
    size_t next = 0;
    const auto publish = [&] {
      for (; next < items.size() && there[next]; ++next) stages.publisher().Commit(*items[next]);
    };
    children.Receive(usage, [&](size_t child, std::span<const std::byte> message) {
      if (SeqOf(message) == LastMessage{}.no_seq) {
        LastMessage last;
        std::memcpy(&last, message.data(), sizeof last);
        usage.children_peak_held_bytes += last.peak_held_bytes;
        usage.children_peak_at_once += last.peak_at_once;
        return;
      }
      Item& item = *items[SeqOf(message)];
      UnpackItem(message, item);
      // Each process counts its threads from 1.
      for (StageSpan& span : item.result.stages) span.thread += 1000 * static_cast<int>(child + 1);
      there[item.seq] = true;
      publish();
    });
    for (size_t i = 0; i < items.size(); ++i) {
      if (!there[i]) items[i]->Fail({ErrorCode::kInternal, "its worker process has died"});
      there[i] = true;
    }
    publish();
  });
}

}  // namespace tbbthumbs::bench
