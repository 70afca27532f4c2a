// What stands between the stages and the disk in the benchmark: the same files and errors, another way or slower.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "bench/io/event_loop.h"
#include "bench/io/slow_file_system.h"
#include "bench/io/uring_file_system.h"
#include "tests/support/temp_tree.h"

namespace tbbthumbs::bench {
namespace {

namespace fs = std::filesystem;
using testing::TempTree;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

std::string Describe(const Error& error) { return std::string(ErrorCodeName(error.code)) + ": " + error.message; }
std::string Describe(const Status& status) { return status ? "fine" : Describe(status.error()); }

std::string Describe(const FileInfo& info) {
  return std::to_string(static_cast<int>(info.kind)) + " " + std::to_string(info.id.device) + ":" +
         std::to_string(info.id.inode) + " " + std::to_string(info.bytes) + " " + std::to_string(info.modified.count());
}
std::string Describe(const Result<FileInfo>& info) { return info ? Describe(*info) : Describe(info.error()); }

// What a file says of itself and holds, read in pieces, at its end and beyond.
std::string Describe(const Result<std::unique_ptr<ReadableFile>>& file) {
  if (!file) return Describe(file.error());
  std::string text = Describe((*file)->info()) + " " + Describe((*file)->LookUp());
  text +=
      " " + std::to_string((*file)->info().links) + " " + std::to_string((*file)->LookUp().value_or(FileInfo{}).links);
  for (const auto& [offset, bytes] : {std::pair<uint64_t, size_t>{0, 5}, {3, 1 << 22}, {100, 0}, {1 << 30, 10}}) {
    std::vector<std::byte> out(bytes);
    const auto count = (*file)->ReadAt(offset, out);
    if (!count) return text + " " + Describe(count.error());
    size_t hash = 0;
    for (size_t i = 0; i < *count; ++i) hash = hash * 31 + std::to_integer<size_t>(out[i]);
    text += " " + std::to_string(*count) + "/" + std::to_string(hash);
  }
  return text;
}

std::vector<std::byte> Bytes(size_t count) {
  std::vector<std::byte> bytes(count);
  for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i * 7 + i / 1000);
  return bytes;
}

// What `files` says to everything that can be asked of it. The paths are relative to the current directory, in which
// the changes are.
std::vector<std::string> AskEverything(FileSystem& files) {
  std::vector<std::string> answers;
  const auto note = [&](const std::string& what, const std::string& answer) {
    answers.push_back(what);
    answers.back().append(": ").append(answer);
  };
  for (const std::string path : {"small", "large", "empty", "dir", "link", "dangling", "fifo", "missing", "small/x",
                                 "missing/x", "", "loop", "."}) {
    note("stat " + path, Describe(files.Stat(path, true)));
    note("lstat " + path, Describe(files.Stat(path, false)));
    note("open " + path, Describe(files.Open(path)));
  }
  note("stat long", Describe(files.Stat(std::string(300, 'x'), true)));
  const auto listing = files.List("dir");
  note("list", listing ? std::to_string(listing->size()) : Describe(listing.error()));
  note("list missing", files.List("missing").error().message);

  const auto write = [&](const std::string& path, size_t bytes) {
    const auto written = files.WriteNew(path, Bytes(bytes));
    const bool told = written && Describe(written) == Describe(files.Stat(path, false));
    return written ? (told ? "fine" : "another file") : Describe(written.error());
  };
  note("mkdir", Describe(files.CreateDirectories("new/a/b")));
  note("mkdir again", Describe(files.CreateDirectories("new/a/b")));
  note("mkdir over a file", Describe(files.CreateDirectories("small")));
  for (const std::string path : {"w0", "w1", "w3000000", "small", "dir", "missing/w", "link", "dangling", ""}) {
    const size_t bytes = path.starts_with("w") ? std::stoul(path.substr(1)) : 3;
    note("write " + path, write(path, bytes));
  }
  note("write to /dev/full", write("/dev/full", 3));
  note("read back", std::to_string(fs::file_size("w3000000")));

  for (const bool replace : {true, false}) {
    for (const auto& [from, to] : {std::pair<std::string, std::string>{"w0", "moved"},
                                   {"moved", "w0"},
                                   {"w0", "w1"},
                                   {"missing", "moved"},
                                   {"small", "dir"},
                                   {"small", "missing/moved"},
                                   {"small", "large/moved"}}) {
      std::string what = "rename ";
      what.append(from).append(" ").append(to).append(replace ? " replacing" : "");
      note(what, Describe(files.Rename(from, to, replace)));
      // For the next round.
      if (from == "w0" && to == "w1") note("write again", write("w0", 0));
    }
  }
  for (const std::string path : {"small", "small", "link", "new/a/b", "new", "missing", "fifo", "", "small/x"}) {
    note("remove " + path, Describe(files.Remove(path)));
  }
  return answers;
}

// A tree with one of everything; the current directory while it lives. Its times and inode numbers are given by the
// order in which it is made, but for those that the description leaves out.
class Scene {
 public:
  Scene() : before_(fs::current_path()) {
    tree_.Write("small", "some text");
    const auto large = Bytes(3'000'000);
    tree_.Write("large", std::span<const std::byte>(large));
    tree_.Write("empty", "");
    tree_.Write("dir/one", "1");
    tree_.Write("dir/two", "2");
    fs::current_path(tree_.root());
    fs::create_symlink("small", "link");
    fs::create_symlink("nowhere", "dangling");
    fs::create_symlink("loop", "loop");
    EXPECT_EQ(mkfifo("fifo", 0600), 0);
  }
  ~Scene() { fs::current_path(before_); }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  // The names that are there, and what is in them.
  std::vector<std::string> Contents() const {
    std::vector<std::string> contents;
    fs::remove("loop");
    for (const std::string& file : tree_.Files()) contents.push_back(file + "=" + tree_.Read(file));
    return contents;
  }

 private:
  TempTree tree_;
  fs::path before_;
};

// Must not be asked anything but what io_uring can't do.
class NoBase final : public FileSystem {
 public:
  Result<FileInfo> Stat(const std::string&, bool) override { return Refuse(); }
  Result<DirectoryListing> List(const std::string& path) override { return RealFileSystem().List(path); }
  Result<std::unique_ptr<ReadableFile>> Open(const std::string&) override { return Refuse(); }
  Status CreateDirectories(const std::string& path) override { return RealFileSystem().CreateDirectories(path); }
  Result<FileInfo> WriteNew(const std::string&, std::span<const std::byte>) override { return Refuse(); }
  Status Rename(const std::string&, const std::string&, bool) override { return Refuse(); }
  Status Remove(const std::string&) override { return Refuse(); }

 private:
  static tl::unexpected<Error> Refuse() { return Fail(ErrorCode::kInternal, "asked the base"); }
};

class UringFileSystemTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = EventLoop::Make();
    if (!made) GTEST_SKIP() << made.error().message;
    loop_ = std::move(*made);
  }
  void OnFiber(std::function<void()> body) {
    loop_->Spawn(std::move(body));
    loop_->Run([] {});
  }
  std::unique_ptr<EventLoop> loop_;
};

// Without what differs between two trees of the same names: devices, inodes and times.
std::string WithoutIdentity(const std::string& answer) {
  std::string text;
  std::stringstream words(answer);
  for (std::string word; words >> word;) {
    const bool id = word.find(':') != std::string::npos && word.front() >= '0' && word.front() <= '9';
    const bool time = word.size() == 19 && word.find_first_not_of("0123456789") == std::string::npos;
    if (!id && !time) text += word + " ";
  }
  return text;
}

TEST_F(UringFileSystemTest, EqualsTheRealOne) {
  std::vector<std::string> expected;
  std::vector<std::string> expected_contents;
  {
    const Scene scene;
    expected = AskEverything(RealFileSystem());
    expected_contents = scene.Contents();
  }
  const Scene scene;
  NoBase no_base;
  UringFileSystem files(no_base);
  std::vector<std::string> answers;
  OnFiber([&] { answers = AskEverything(files); });
  ASSERT_EQ(answers.size(), expected.size());
  for (size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(WithoutIdentity(answers[i]), WithoutIdentity(expected[i]));
  EXPECT_EQ(scene.Contents(), expected_contents);
}

TEST_F(UringFileSystemTest, TellsTheSameOfTheSameFile) {
  const Scene scene;
  NoBase no_base;
  UringFileSystem files(no_base);
  OnFiber([&] {
    for (const char* path : {"small", "dir", "link", "fifo", "/", "/proc", "/dev/null"}) {
      for (const bool follow : {false, true}) {
        EXPECT_EQ(Describe(files.Stat(path, follow)), Describe(RealFileSystem().Stat(path, follow))) << path;
      }
    }
    EXPECT_EQ(Describe(files.Open("large")), Describe(RealFileSystem().Open("large")));
  });
}

TEST_F(UringFileSystemTest, OffFibersAsksTheBase) {
  NoBase no_base;
  UringFileSystem files(no_base);
  EXPECT_EQ(Describe(files.Stat(".", true)), "internal: asked the base");
  EXPECT_EQ(Describe(files.Open(".")), "internal: asked the base");
  EXPECT_EQ(Describe(files.WriteNew("x", {})), "internal: asked the base");
  EXPECT_EQ(Describe(files.Rename("x", "y", true)), "internal: asked the base");
  EXPECT_EQ(Describe(files.Remove("x")), "internal: asked the base");
}

TEST_F(UringFileSystemTest, AFileOpenedOnAFiberIsReadAnywhere) {
  const Scene scene;
  UringFileSystem files(RealFileSystem());
  std::unique_ptr<ReadableFile> file;
  OnFiber([&] { file = std::move(*files.Open("small")); });
  std::jthread([&] {
    std::vector<std::byte> out(100);
    EXPECT_EQ(file->ReadAt(5, out).value_or(0), 4u);
    EXPECT_EQ(out[0], std::byte{'t'});
    file.reset();
  });
}

TEST_F(UringFileSystemTest, ManyFibersLeaveNoFileOpen) {
  const Scene scene;
  UringFileSystem files(RealFileSystem());
  const auto open_files = [] { return std::distance(fs::directory_iterator("/proc/self/fd"), {}); };
  const auto before = open_files();
  for (int i = 0; i < 300; ++i) {
    loop_->Spawn([&files, i] {
      const std::string name = "f" + std::to_string(i);
      EXPECT_TRUE(files.WriteNew(name, Bytes(1000)));
      auto file = files.Open(name);
      std::vector<std::byte> out(2000);
      EXPECT_EQ((*file)->ReadAt(0, out).value_or(0), 1000u);
      EXPECT_TRUE(files.Rename(name, "g" + name, false));
    });
  }
  loop_->Run([] {});
  EXPECT_EQ(open_files(), before);
}

class SlowFileSystemTest : public ::testing::Test {
 protected:
  static constexpr milliseconds kLatency{20};
  SlowOptions options_{{kLatency, 1e6}, "", false};

  static Clock::duration Time(const std::function<void()>& f) {
    const auto begin = Clock::now();
    f();
    return Clock::now() - begin;
  }
};

TEST_F(SlowFileSystemTest, SaysWhatItsBaseSays) {
  std::vector<std::string> expected;
  {
    const Scene scene;
    expected = AskEverything(RealFileSystem());
  }
  const Scene scene;
  SlowFileSystem files(RealFileSystem(), {{std::chrono::microseconds(10), 1e9}, "", true});
  const std::vector<std::string> answers = AskEverything(files);
  ASSERT_EQ(answers.size(), expected.size());
  for (size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(WithoutIdentity(answers[i]), WithoutIdentity(expected[i]));
}

TEST_F(SlowFileSystemTest, TakesARoundTripForEachAndTheBytesTheirTime) {
  const Scene scene;
  SlowFileSystem files(RealFileSystem(), options_);
  EXPECT_GE(Time([&] { static_cast<void>(files.Stat("small", true)); }), kLatency);
  EXPECT_GE(Time([&] { static_cast<void>(files.Stat("missing", true)); }), kLatency);
  EXPECT_GE(Time([&] { static_cast<void>(files.List("dir")); }), kLatency);
  std::unique_ptr<ReadableFile> file;
  EXPECT_GE(Time([&] { file = std::move(*files.Open("large")); }), kLatency);
  std::vector<std::byte> out(50'000);
  EXPECT_GE(Time([&] { EXPECT_EQ(file->ReadAt(0, out).value_or(0), out.size()); }), kLatency + milliseconds(50));
}

TEST_F(SlowFileSystemTest, WritesAndOtherPathsAreSlowOnlyWhereAsked) {
  const Scene scene;
  options_.link.latency = std::chrono::hours(1);
  options_.prefix = "d";
  SlowFileSystem reads(RealFileSystem(), options_);
  EXPECT_TRUE(reads.Stat("small", true));
  EXPECT_TRUE(reads.WriteNew("dir/new", {}));
  EXPECT_TRUE(reads.Rename("dir/new", "dir/newer", true));
  EXPECT_TRUE(reads.Remove("dir/newer"));
  options_.link.latency = kLatency;
  options_.writes = true;
  SlowFileSystem writes(RealFileSystem(), options_);
  EXPECT_GE(Time([&] { EXPECT_TRUE(writes.WriteNew("dir/new", Bytes(10'000))); }), 2 * kLatency + milliseconds(10));
  EXPECT_GE(Time([&] { EXPECT_TRUE(writes.Rename("dir/new", "dir/newer", true)); }), kLatency);
  EXPECT_GE(Time([&] { EXPECT_TRUE(writes.Remove("dir/newer")); }), kLatency);
}

TEST_F(SlowFileSystemTest, FibersWaitTogether) {
  auto loop = EventLoop::Make();
  if (!loop) GTEST_SKIP() << loop.error().message;
  const Scene scene;
  UringFileSystem uring(RealFileSystem());
  options_.link.latency = milliseconds(200);
  SlowFileSystem files(uring, options_);
  int begun = 0;
  for (int i = 0; i < 50; ++i) {
    (*loop)->Spawn([&] {
      ++begun;
      EXPECT_TRUE(files.Stat("small", true));
      EXPECT_EQ(begun, 50);
    });
  }
  (*loop)->Run([] {});
}

}  // namespace
}  // namespace tbbthumbs::bench
