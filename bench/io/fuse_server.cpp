#include "bench/io/fuse_server.h"

#define FUSE_USE_VERSION 312
#include <dirent.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdio>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <vector>

#include "bench/io/slow_link.h"
#include "pipeline/file_system.h"
#include "pipeline/posix_file.h"

namespace tbbthumbs::bench {
namespace {

using Clock = std::chrono::steady_clock;

// As many callers as one can think of wait at once; each has a thread here.
constexpr unsigned kThreads = 512;

// The names that the kernel has asked for, by the number it then calls them by; for good: a benchmark has not that many
// files. Thread-safe.
class Names {
 public:
  struct Node {
    std::string path;  // from the directory shown; "." is that
    std::atomic<int> opened{0};
  };

  Names() { Find("."); }

  fuse_ino_t Find(const std::string& path) {
    const std::lock_guard lock(mutex_);
    const auto [place, added] = numbers_.try_emplace(path, nodes_.size() + FUSE_ROOT_ID);
    if (added) nodes_.emplace_back().path = path;
    return place->second;
  }
  Node& operator[](fuse_ino_t number) {
    const std::lock_guard lock(mutex_);
    return nodes_[number - FUSE_ROOT_ID];
  }
  std::string Path(fuse_ino_t number) {
    const std::lock_guard lock(mutex_);
    return nodes_[number - FUSE_ROOT_ID].path;
  }

  // A file has another name, or one more.
  void Name(fuse_ino_t number, const std::string& path) {
    const std::lock_guard lock(mutex_);
    nodes_[number - FUSE_ROOT_ID].path = path;
    numbers_[path] = number;
  }
  void Move(const std::string& from, const std::string& to) {
    const std::lock_guard lock(mutex_);
    const auto place = numbers_.find(from);
    if (place == numbers_.end()) return;
    nodes_[place->second - FUSE_ROOT_ID].path = to;
    numbers_[to] = place->second;
    numbers_.erase(place);
  }
  void Forget(const std::string& path) {
    const std::lock_guard lock(mutex_);
    numbers_.erase(path);
  }

 private:
  std::mutex mutex_;        // guards both, for the length of a search
  std::deque<Node> nodes_;  // which stay where they are
  std::unordered_map<std::string, fuse_ino_t> numbers_;
};

// Requests of a kind that were under way at the same time.
class AtOnce {
 public:
  void Begin() {
    const int now = ++now_;
    int most = most_;
    while (most < now && !most_.compare_exchange_weak(most, now)) {
    }
  }
  // Before the answer: who gets it may ask again at once.
  void End() { --now_; }

  int most() const { return most_; }

 private:
  std::atomic<int> now_ = 0;
  std::atomic<int> most_ = 0;
};

struct Server {
  Descriptor root;
  SlowLink link;
  bool writable = false;
  Names names{};
  AtOnce reading{};
  AtOnce writing{};
  AtOnce naming{};
};

Server& Of(fuse_req_t request) { return *static_cast<Server*>(fuse_req_userdata(request)); }

// As long as the kernel may keep what it was told. Of files nothing but the name, so that each stat comes here.
constexpr double kNameSeconds = 60;
constexpr double kDirectorySeconds = 60;

double AttributeSeconds(const struct stat& status) { return S_ISREG(status.st_mode) ? 0 : kDirectorySeconds; }

void Init(void*, fuse_conn_info* connection) {
  // Reads of who does not wait for each (io_uring) count as background: the default is 12.
  connection->max_background = kThreads;
  std::printf("%.*s\n", static_cast<int>(kServerReady.size()), kServerReady.data());
  std::fflush(stdout);
}

// What the kernel is to know of a name. Returns errno, or 0.
int Describe(Server& server, const std::string& path, fuse_entry_param& entry) {
  if (fstatat(server.root.get(), path.c_str(), &entry.attr, AT_SYMLINK_NOFOLLOW) != 0) return errno;
  entry.ino = server.names.Find(path);
  entry.attr_timeout = AttributeSeconds(entry.attr);
  entry.entry_timeout = kNameSeconds;
  return 0;
}

// Costs nothing: up to libfuse 3.16 the kernel asks for one name of a directory at a time, whoever waits
// (github.com/libfuse/libfuse/pull/861).
void LookUp(fuse_req_t request, fuse_ino_t parent, const char* name) {
  Server& server = Of(request);
  const std::string path = JoinPath(server.names.Path(parent), name);
  fuse_entry_param entry{};
  if (const int error = Describe(server, path, entry); error != 0) {
    fuse_reply_err(request, error);
    return;
  }
  fuse_reply_entry(request, &entry);
}

// Of an open file it costs nothing: opening it has told.
void GetAttributes(fuse_req_t request, fuse_ino_t number, fuse_file_info*) {
  const auto begin = Clock::now();
  Server& server = Of(request);
  const Names::Node& node = server.names[number];
  struct stat status {};
  const std::string path = server.names.Path(number);
  const int error = fstatat(server.root.get(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
  if (error != 0 || (S_ISREG(status.st_mode) && node.opened == 0)) WaitUntil(server.link.Answer(begin, 0));
  if (error != 0) {
    fuse_reply_err(request, error);
  } else {
    fuse_reply_attr(request, &status, AttributeSeconds(status));
  }
}

void ReadLink(fuse_req_t request, fuse_ino_t number) {
  Server& server = Of(request);
  std::array<char, PATH_MAX + 1> target{};
  if (readlinkat(server.root.get(), server.names.Path(number).c_str(), target.data(), PATH_MAX) < 0) {
    fuse_reply_err(request, errno);
  } else {
    fuse_reply_readlink(request, target.data());
  }
}

void Open(fuse_req_t request, fuse_ino_t number, fuse_file_info* file) {
  const auto begin = Clock::now();
  Server& server = Of(request);
  Names::Node& node = server.names[number];
  const int access = file->flags & O_ACCMODE;
  int error = access == O_RDONLY || server.writable ? 0 : EROFS;
  const std::string path = server.names.Path(number);
  Descriptor fd(error == 0 ? openat(server.root.get(), path.c_str(), access | O_CLOEXEC | O_NOFOLLOW) : -1);
  if (error == 0 && fd.get() < 0) error = errno;
  WaitUntil(server.link.Answer(begin, 0));
  if (error != 0) {
    fuse_reply_err(request, error);
    return;
  }
  file->fh = static_cast<uint64_t>(fd.get());
  file->direct_io = 1;
  ++node.opened;
  if (fuse_reply_open(request, file) == 0) {
    fd.Release();
  } else {
    --node.opened;
  }
}

void Read(fuse_req_t request, fuse_ino_t, size_t size, off_t offset, fuse_file_info* file) {
  const auto begin = Clock::now();
  Of(request).reading.Begin();
  std::vector<char> bytes(size);
  const auto count =
      ReadFully(static_cast<int>(file->fh), static_cast<uint64_t>(offset), std::as_writable_bytes(std::span(bytes)));
  WaitUntil(Of(request).link.Answer(begin, count.value_or(0)));
  Of(request).reading.End();
  if (count) {
    fuse_reply_buf(request, bytes.data(), *count);
  } else {
    fuse_reply_err(request, EIO);
  }
}

void Create(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode, fuse_file_info* file) {
  const auto begin = Clock::now();
  Server& server = Of(request);
  server.writing.Begin();
  const std::string path = JoinPath(server.names.Path(parent), name);
  const int flags = (file->flags & (O_ACCMODE | O_EXCL)) | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
  Descriptor fd(openat(server.root.get(), path.c_str(), flags, mode));
  int error = fd.get() < 0 ? errno : 0;
  fuse_entry_param entry{};
  if (error == 0) error = Describe(server, path, entry);
  WaitUntil(server.link.Answer(begin, 0));
  server.writing.End();
  if (error != 0) {
    fuse_reply_err(request, error);
    return;
  }
  file->fh = static_cast<uint64_t>(fd.get());
  file->direct_io = 1;
  Names::Node& node = server.names[entry.ino];
  ++node.opened;
  if (fuse_reply_create(request, &entry, file) == 0) {
    fd.Release();
  } else {
    --node.opened;
  }
}

void Write(fuse_req_t request, fuse_ino_t, const char* bytes, size_t size, off_t offset, fuse_file_info* file) {
  const auto begin = Clock::now();
  Server& server = Of(request);
  server.writing.Begin();
  const ssize_t count = pwrite(static_cast<int>(file->fh), bytes, size, offset);
  const int error = count < 0 ? errno : 0;
  WaitUntil(server.link.Answer(begin, error == 0 ? static_cast<uint64_t>(count) : 0));
  server.writing.End();
  if (error != 0) {
    fuse_reply_err(request, error);
  } else {
    fuse_reply_write(request, static_cast<size_t>(count));
  }
}

// Sizes alone: modes, owners and times stay as they are.
void SetAttributes(fuse_req_t request, fuse_ino_t number, struct stat* wanted, int which, fuse_file_info*) {
  const auto begin = Clock::now();
  Server& server = Of(request);
  const std::string path = server.names.Path(number);
  struct stat status {};
  int error = 0;
  if ((which & FUSE_SET_ATTR_SIZE) != 0) {
    const Descriptor fd(openat(server.root.get(), path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
    if (fd.get() < 0 || ftruncate(fd.get(), wanted->st_size) != 0) error = errno;
  }
  if (error == 0 && fstatat(server.root.get(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) error = errno;
  WaitUntil(server.link.Answer(begin, 0));
  if (error != 0) {
    fuse_reply_err(request, error);
  } else {
    fuse_reply_attr(request, &status, AttributeSeconds(status));
  }
}

void Rename(fuse_req_t request, fuse_ino_t parent, const char* name, fuse_ino_t to_parent, const char* to_name,
            unsigned flags) {
  const auto begin = Clock::now();
  Server& server = Of(request);
  server.naming.Begin();
  const std::string from = JoinPath(server.names.Path(parent), name);
  const std::string to = JoinPath(server.names.Path(to_parent), to_name);
  const int root = server.root.get();
  const int error = renameat2(root, from.c_str(), root, to.c_str(), flags) == 0 ? 0 : errno;
  if (error == 0) server.names.Move(from, to);
  WaitUntil(server.link.Answer(begin, 0));
  server.naming.End();
  fuse_reply_err(request, error);
}

void Link(fuse_req_t request, fuse_ino_t number, fuse_ino_t parent, const char* name) {
  const auto begin = Clock::now();
  Server& server = Of(request);
  server.naming.Begin();
  const std::string from = server.names.Path(number);
  const std::string to = JoinPath(server.names.Path(parent), name);
  const int root = server.root.get();
  int error = linkat(root, from.c_str(), root, to.c_str(), 0) == 0 ? 0 : errno;
  fuse_entry_param entry{};
  if (error == 0) {
    server.names.Name(number, to);
    error = Describe(server, to, entry);
  }
  WaitUntil(server.link.Answer(begin, 0));
  server.naming.End();
  if (error != 0) {
    fuse_reply_err(request, error);
  } else {
    fuse_reply_entry(request, &entry);
  }
}

void MakeDirectory(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode) {
  const auto begin = Clock::now();
  Server& server = Of(request);
  const std::string path = JoinPath(server.names.Path(parent), name);
  int error = mkdirat(server.root.get(), path.c_str(), mode) == 0 ? 0 : errno;
  fuse_entry_param entry{};
  if (error == 0) error = Describe(server, path, entry);
  WaitUntil(server.link.Answer(begin, 0));
  if (error != 0) {
    fuse_reply_err(request, error);
  } else {
    fuse_reply_entry(request, &entry);
  }
}

void RemoveName(fuse_req_t request, fuse_ino_t parent, const char* name, int flags) {
  const auto begin = Clock::now();
  Server& server = Of(request);
  const std::string path = JoinPath(server.names.Path(parent), name);
  const int error = unlinkat(server.root.get(), path.c_str(), flags) == 0 ? 0 : errno;
  if (error == 0) server.names.Forget(path);
  WaitUntil(server.link.Answer(begin, 0));
  fuse_reply_err(request, error);
}

void Unlink(fuse_req_t request, fuse_ino_t parent, const char* name) { RemoveName(request, parent, name, 0); }

void RemoveDirectory(fuse_req_t request, fuse_ino_t parent, const char* name) {
  RemoveName(request, parent, name, AT_REMOVEDIR);
}

void Release(fuse_req_t request, fuse_ino_t number, fuse_file_info* file) {
  close(static_cast<int>(file->fh));
  --Of(request).names[number].opened;
  fuse_reply_err(request, 0);
}

struct Entry {
  std::string name;
  struct stat status {};
};
using Listing = std::vector<Entry>;

void OpenDirectory(fuse_req_t request, fuse_ino_t number, fuse_file_info* file) {
  const auto begin = Clock::now();
  Server& server = Of(request);
  Descriptor fd(openat(server.root.get(), server.names.Path(number).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  DIR* const stream = fd.get() < 0 ? nullptr : fdopendir(fd.get());
  int error = stream == nullptr ? errno : 0;
  auto listing = std::make_unique<Listing>();
  if (stream != nullptr) {
    fd.Release();
    errno = 0;
    while (const dirent* found = readdir(stream)) {
      Entry& entry = listing->emplace_back();
      entry.name = found->d_name;
      entry.status.st_ino = found->d_ino;
      entry.status.st_mode = static_cast<mode_t>(DTTOIF(found->d_type));
      errno = 0;
    }
    error = errno;
    closedir(stream);
  }
  WaitUntil(server.link.Answer(begin, 0));
  if (error != 0) {
    fuse_reply_err(request, error);
    return;
  }
  file->fh = std::bit_cast<uint64_t>(listing.get());
  if (fuse_reply_open(request, file) == 0) static_cast<void>(listing.release());
}

void ReadDirectory(fuse_req_t request, fuse_ino_t, size_t size, off_t offset, fuse_file_info* file) {
  const Listing& listing = *std::bit_cast<const Listing*>(file->fh);
  std::vector<char> bytes(size);
  size_t used = 0;
  for (auto i = static_cast<size_t>(offset); i < listing.size(); ++i) {
    const size_t needed = fuse_add_direntry(request, bytes.data() + used, size - used, listing[i].name.c_str(),
                                            &listing[i].status, static_cast<off_t>(i + 1));
    if (needed > size - used) break;
    used += needed;
  }
  fuse_reply_buf(request, bytes.data(), used);
}

void ReleaseDirectory(fuse_req_t request, fuse_ino_t, fuse_file_info* file) {
  delete std::bit_cast<const Listing*>(file->fh);
  fuse_reply_err(request, 0);
}

void StatDisk(fuse_req_t request, fuse_ino_t) {
  struct statvfs status {};
  if (fstatvfs(Of(request).root.get(), &status) == 0) {
    fuse_reply_statfs(request, &status);
  } else {
    fuse_reply_err(request, errno);
  }
}

fuse_lowlevel_ops Operations(bool writable) {
  fuse_lowlevel_ops operations{};
  operations.init = Init;
  operations.lookup = LookUp;
  operations.getattr = GetAttributes;
  operations.readlink = ReadLink;
  operations.open = Open;
  operations.read = Read;
  operations.release = Release;
  operations.opendir = OpenDirectory;
  operations.readdir = ReadDirectory;
  operations.releasedir = ReleaseDirectory;
  operations.statfs = StatDisk;
  if (!writable) return operations;
  operations.create = Create;
  operations.write = Write;
  operations.setattr = SetAttributes;
  operations.rename = Rename;
  operations.link = Link;
  operations.mkdir = MakeDirectory;
  operations.unlink = Unlink;
  operations.rmdir = RemoveDirectory;
  return operations;
}

template <class T>
bool Parse(std::string_view text, T& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// Ends the loop of `serving` when standard input does: whoever asked for the mount is done with it, or dead.
void EndWithInput(pthread_t serving) {
  char byte = 0;
  while (true) {
    const ssize_t count = read(STDIN_FILENO, &byte, 1);
    if (count == 0 || (count < 0 && errno != EINTR)) break;
  }
  // Again and again: a signal that comes just before the loop waits for one is lost.
  for (;;) {
    pthread_kill(serving, SIGHUP);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

// Blocks all signals to the calling thread; returns what was blocked before.
sigset_t IgnoreSignals() {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  return before;
}

// The thread ends with the process; it leaves all signals to the one that serves.
void StartWatchingInput() {
  const sigset_t before = IgnoreSignals();
  std::thread(EndWithInput, pthread_self()).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

int Complain(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  return 2;
}

int Serve(fuse_session* session, const char* mountpoint) {
  // libfuse says why on standard error.
  if (fuse_session_mount(session, mountpoint) != 0) return 2;
  int result = 2;
  // Where it was ignored, libfuse would leave it so.
  std::signal(SIGHUP, SIG_DFL);
  if (fuse_set_signal_handlers(session) == 0) {
    StartWatchingInput();
    fuse_loop_config* const config = fuse_loop_cfg_create();
    fuse_loop_cfg_set_max_threads(config, kThreads);
    // 0: unmounted; above 0: by that signal.
    if (fuse_session_loop_mt(session, config) >= 0) result = 0;
    IgnoreSignals();
    fuse_loop_cfg_destroy(config);
  }
  fuse_session_unmount(session);
  return result;
}

}  // namespace

int ServeSlow(std::span<char* const> arguments) {
  int64_t latency_us = 0;
  double bytes_per_second = 0;
  if (arguments.size() != 5 || !Parse(arguments[2], latency_us) || !Parse(arguments[3], bytes_per_second) ||
      latency_us < 0 || !(bytes_per_second > 0)) {
    return Complain(std::string(kServeSlowCommand) + " DIRECTORY MOUNTPOINT LATENCY_US BYTES_PER_SECOND ro|rw");
  }
  const bool writable = arguments[4] == std::string_view("rw");
  Server server{Descriptor(open(arguments[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
                SlowLink({std::chrono::microseconds(latency_us), bytes_per_second}), writable};
  if (server.root.get() < 0) {
    return Complain(std::string(arguments[0]) + ": " + std::generic_category().message(errno));
  }
  std::string name = "tbbthumbs-slow";
  std::string flag = "-o";
  // Should this process be killed, libfuse's helper unmounts.
  std::string options = std::string(writable ? "rw" : "ro") + ",auto_unmount,fsname=tbbthumbs-slow,subtype=slow";
  char* words[] = {name.data(), flag.data(), options.data()};
  fuse_args args = FUSE_ARGS_INIT(3, words);
  const fuse_lowlevel_ops operations = Operations(writable);
  fuse_session* const session = fuse_session_new(&args, &operations, sizeof operations, &server);
  if (session == nullptr) return 2;
  const int result = Serve(session, arguments[1]);
  fuse_session_destroy(session);
  fuse_opt_free_args(&args);
  if (result == 0) std::printf("%d %d %d\n", server.reading.most(), server.writing.most(), server.naming.most());
  return result;
}

}  // namespace tbbthumbs::bench
