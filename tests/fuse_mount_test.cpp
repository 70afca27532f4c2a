#include "bench/io/fuse_mount.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/io/fuse_server.h"
#include "bench/strategies/async_io.h"
#include "pipeline/file_system.h"
#include "pipeline/job.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/process.h"
#include "tests/support/temp_tree.h"

namespace tbbthumbs::bench {
namespace {

namespace fs = std::filesystem;
using testing::TempTree;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

constexpr std::string_view kMountAndDie = "mount-and-die";

// DIRECTORY MOUNTPOINT: a user of the mount that ends without a word.
int MountAndDie(char** arguments) {
  const auto mount = FuseMount::Mount(arguments[0], arguments[1], {});
  if (!mount) std::printf("%s\n", mount.error().message.c_str());
  std::fflush(stdout);
  _exit(mount ? 0 : 1);
}

class FuseMountTest : public ::testing::Test {
 protected:
  FuseMountTest() {
    tree_.Write("disk/a.txt", "some text");
    tree_.Write("disk/deep/er/b.txt", "more");
    fs::create_symlink("a.txt", disk_ / "link");
    fs::create_directory(mountpoint_);
  }
  void TearDown() override {
    mount_.reset();
    EXPECT_FALSE(IsMounted()) << "left over";
  }

  // Skips the test where that is not possible here.
  void Mount(const LinkOptions& options, FuseMount::Access access = FuseMount::Access::kReadOnly) {
    auto mount = FuseMount::Mount(disk_, mountpoint_, options, "/proc/self/exe", access);
    if (!mount && mount.error().code == ErrorCode::kUnsupported) GTEST_SKIP() << mount.error().message;
    ASSERT_TRUE(mount) << mount.error().message;
    mount_ = std::move(*mount);
  }

  bool IsMounted() const {
    struct stat above {};
    struct stat status {};
    if (stat(tree_.root().c_str(), &above) != 0) return false;
    // A mount whose server is gone can't be looked up.
    return stat(mountpoint_.c_str(), &status) != 0 || status.st_dev != above.st_dev;
  }
  bool IsUnmountedSoon() const {
    for (const auto deadline = Clock::now() + std::chrono::seconds(20); Clock::now() < deadline;) {
      if (!IsMounted()) return true;
      std::this_thread::sleep_for(milliseconds(10));
    }
    return false;
  }
  static Clock::duration Time(const std::function<void()>& f) {
    const auto begin = Clock::now();
    f();
    return Clock::now() - begin;
  }

  TempTree tree_;
  const fs::path disk_ = tree_.root() / "disk";
  const fs::path mountpoint_ = tree_.root() / "mount";
  std::unique_ptr<FuseMount> mount_;
};

TEST_F(FuseMountTest, ShowsTheDirectoryAndUnmounts) {
  Mount({std::chrono::microseconds(100), 1e9});
  if (mount_ == nullptr) return;
  EXPECT_TRUE(IsMounted());
  EXPECT_EQ(tree_.Read("mount/a.txt"), "some text");
  EXPECT_EQ(tree_.Read("mount/deep/er/b.txt"), "more");
  EXPECT_EQ(tree_.Read("mount/link"), "some text");
  EXPECT_EQ(tree_.Files("mount"), tree_.Files("disk"));
  EXPECT_FALSE(fs::exists(mountpoint_ / "missing"));
  EXPECT_EQ(fs::last_write_time(mountpoint_ / "a.txt"), fs::last_write_time(disk_ / "a.txt"));
  EXPECT_EQ(fs::space(mountpoint_).capacity, fs::space(disk_).capacity);
  const auto written = RealFileSystem().WriteNew((mountpoint_ / "new").string(), {});
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message, HasSubstr("Read-only"));
  const pid_t server = mount_->server();
  mount_.reset();
  EXPECT_FALSE(IsMounted());
  EXPECT_NE(kill(server, 0), 0);
}

TEST_F(FuseMountTest, EachCallTakesARoundTripAndBytesTheirTime) {
  tree_.Write("disk/large", std::string(500'000, 'x'));
  constexpr milliseconds kLatency{20};
  Mount({kLatency, 5e6});
  if (mount_ == nullptr) return;
  const std::string large = (mountpoint_ / "large").string();
  FileSystem& files = RealFileSystem();
  for (int i = 0; i < 3; ++i) {
    // What the kernel has learnt, it knows until its next tick: 10 ms at most.
    std::this_thread::sleep_for(milliseconds(20));
    // Also the second time.
    EXPECT_GE(Time([&] { EXPECT_TRUE(files.Stat(large, true)); }), kLatency);
    std::unique_ptr<ReadableFile> file;
    EXPECT_GE(Time([&] { file = std::move(*files.Open(large)); }), kLatency);
    std::vector<std::byte> out(100);
    EXPECT_GE(Time([&] { EXPECT_EQ(file->ReadAt(0, out).value_or(0), 100u); }), kLatency);
    out.resize(500'000);
    EXPECT_GE(Time([&] { EXPECT_EQ(file->ReadAt(0, out).value_or(0), 500'000u); }), kLatency + milliseconds(100));
  }
}

TEST_F(FuseMountTest, AnswersManyAtOnce) {
  constexpr int kCallers = 40;
  constexpr milliseconds kLatency{200};
  for (int i = 0; i < kCallers; ++i) tree_.Write("disk/f" + std::to_string(i), "x");
  Mount({kLatency, 1e9});
  if (mount_ == nullptr) return;
  const auto took = Time([&] {
    std::vector<std::jthread> callers;
    callers.reserve(kCallers);
    for (int i = 0; i < kCallers; ++i) {
      callers.emplace_back([&, i] { EXPECT_TRUE(fs::exists(mountpoint_ / ("f" + std::to_string(i)))); });
    }
  });
  EXPECT_LT(took, kLatency * kCallers / 2) << "one after the other";
}

TEST_F(FuseMountTest, SeveralMountsAtOnce) {
  fs::create_directory(tree_.root() / "second");
  Mount({std::chrono::microseconds(100), 1e9});
  if (mount_ == nullptr) return;
  auto second = FuseMount::Mount(disk_, tree_.root() / "second", {std::chrono::microseconds(100), 1e9});
  ASSERT_TRUE(second) << second.error().message;
  mount_.reset();
  EXPECT_FALSE(IsMounted());
  EXPECT_EQ(tree_.Read("second/a.txt"), "some text");
}

TEST_F(FuseMountTest, UnmountsWhileFilesAreOpen) {
  Mount({std::chrono::microseconds(100), 1e9});
  if (mount_ == nullptr) return;
  std::ifstream open(mountpoint_ / "a.txt");
  EXPECT_TRUE(open.is_open());
  mount_.reset();
  EXPECT_FALSE(IsMounted());
}

TEST_F(FuseMountTest, GoesWithItsUser) {
  const auto user = testing::RunProcess("/proc/self/exe", {std::string(kMountAndDie), disk_, mountpoint_});
  if (user.exit_code != 0) GTEST_SKIP() << user.out;
  EXPECT_TRUE(IsUnmountedSoon());
}

TEST_F(FuseMountTest, IsGoneAlsoWhereItsServerWasKilled) {
  Mount({std::chrono::microseconds(100), 1e9});
  if (mount_ == nullptr) return;
  EXPECT_EQ(kill(mount_->server(), SIGKILL), 0);
  mount_.reset();
  EXPECT_FALSE(IsMounted());
}

TEST_F(FuseMountTest, SaysWhyNot) {
  const auto nowhere = FuseMount::Mount(disk_, tree_.root() / "missing", {});
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error().message, ::testing::AnyOf(HasSubstr("/dev/fuse: "), HasSubstr("missing")));
  const auto nothing = FuseMount::Mount(tree_.root() / "missing", mountpoint_, {});
  ASSERT_FALSE(nothing);
  EXPECT_THAT(nothing.error().message, ::testing::AnyOf(HasSubstr("/dev/fuse: "), HasSubstr("missing: No such file")));
  const auto program = FuseMount::Mount(disk_, mountpoint_, {}, "/bin/false");
  ASSERT_FALSE(program);
  EXPECT_THAT(program.error().message, ::testing::AnyOf(HasSubstr("/dev/fuse: "), HasSubstr("says nothing")));
}

// The strategy for slow storage on slow storage: through io_uring's own threads and FUSE's.
TEST_F(FuseMountTest, ServesAsyncIo) {
  if (const Status status = CheckAsyncIo(); !status) GTEST_SKIP() << status.error().message;
  constexpr int kPictures = 40;
  for (int i = 0; i < kPictures; ++i) {
    const auto jpeg = testing::MakeJpeg({.size = {200 + i, 150}});
    tree_.Write("disk/" + std::to_string(i) + ".jpg", std::span<const std::byte>(jpeg));
  }
  Mount({milliseconds(5), 1e8});
  if (mount_ == nullptr) return;
  std::vector<std::string> outputs;
  for (const fs::path& input : {disk_, mountpoint_}) {
    JobOptions options;
    options.input.paths = {input};
    options.output = tree_.root() / ("out-" + input.filename().string());
    fs::create_directory(options.output);
    const auto files = WrapForAsyncIo(RealFileSystem());
    Stages stages(
        *files, options, [](const PictureResult&) {}, [] {});
    EXPECT_TRUE(RunAsyncIo(stages, {.threads = 2, .tokens = 64}));
    stages.publisher().RemoveTemporaryDirectory();
    EXPECT_EQ(stages.publisher().counters().made, uint64_t{kPictures});
    EXPECT_EQ(stages.publisher().counters().not_pictures, 2u);
  }
  for (const std::string& file : tree_.Files("out-disk")) {
    EXPECT_EQ(tree_.Read("out-mount/" + file), tree_.Read("out-disk/" + file));
  }
}

TEST_F(FuseMountTest, TakesFilesWhereItMay) {
  Mount({std::chrono::microseconds(100), 1e9}, FuseMount::Access::kReadAndWrite);
  if (mount_ == nullptr) return;
  FileSystem& files = RealFileSystem();
  const std::string in = mountpoint_.string() + "/";
  const std::vector<std::byte> bytes(3'000'000, std::byte{'y'});
  EXPECT_TRUE(files.CreateDirectories(in + "new/er"));
  EXPECT_TRUE(files.WriteNew(in + "new/one", bytes));
  EXPECT_EQ(files.WriteNew(in + "new/one", {}).error().code, ErrorCode::kExists);
  EXPECT_TRUE(files.Link(in + "new/one", in + "new/er/two"));
  EXPECT_EQ(files.Link(in + "new/one", in + "new/er/two").error().code, ErrorCode::kExists);
  EXPECT_EQ(files.Rename(in + "new/one", in + "a.txt", false).error().code, ErrorCode::kExists);
  EXPECT_TRUE(files.Remove(in + "new/one"));
  EXPECT_EQ(files.Stat(in + "new/one", true).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(tree_.Read("mount/new/er/two").size(), bytes.size());
  EXPECT_TRUE(files.Rename(in + "new/er/two", in + "a.txt", true));
  EXPECT_FALSE(files.Remove(in + "new"));
  EXPECT_TRUE(files.Remove(in + "new/er"));
  EXPECT_TRUE(files.Remove(in + "new"));
  EXPECT_EQ(tree_.Read("mount/a.txt").size(), bytes.size());
  fs::resize_file(mountpoint_ / "a.txt", 5);
  EXPECT_EQ(tree_.Read("mount/a.txt"), "yyyyy");
  mount_.reset();
  EXPECT_EQ(tree_.Read("disk/a.txt"), "yyyyy");
  EXPECT_FALSE(fs::exists(disk_ / "new"));
}

class SlowJobTest : public FuseMountTest {
 protected:
  static constexpr int kIoThreads = 8;
  static constexpr int kPictures = 24;

  // Pictures in three directories, of which `padding` bytes more are read than are looked at.
  void MakePictures(const std::string& directory, size_t padding) const {
    const auto jpeg = testing::MakeJpeg({.size = {64, 48}});
    for (int i = 0; i < kPictures; ++i) {
      std::vector<std::byte> bytes = jpeg;
      bytes.resize(bytes.size() + padding);
      tree_.Write(directory + "/d" + std::to_string(i * 3 / kPictures) + "/" + std::to_string(i) + ".jpg",
                  std::span<const std::byte>(bytes));
    }
  }

  // What the slow disk had to do at once. Zeros where the test is to be skipped.
  FuseMount::Counts Run(const fs::path& input, const fs::path& output, int io_threads) {
    const bool writes = output.parent_path() == mountpoint_;
    if (writes) fs::remove_all(disk_ / output.filename());
    Mount({milliseconds(20), 1e10}, writes ? FuseMount::Access::kReadAndWrite : FuseMount::Access::kReadOnly);
    if (mount_ == nullptr) return {};
    JobOptions options;
    options.input.paths = {input};
    options.output = output;
    options.specs.sizes = {{16, 16}};
    options.journal.enabled = false;
    if (!writes) options.if_exists = IfExists::kOverwrite;
    options.threads = 2;
    options.io_threads = io_threads;
    options.read_ahead_bytes = size_t{64} << 20;
    auto job = StartJob(options);
    EXPECT_TRUE(job);
    if (!job) return {};
    EXPECT_EQ(job->Wait().made, uint64_t{kPictures});
    FuseMount::Counts counts = mount_->Unmount();
    mount_.reset();
    return counts;
  }
};

TEST_F(SlowJobTest, AllReadersReadAtOnce) {
  MakePictures("disk/in", 4 << 20);
  const auto read = [&](int io_threads) { return Run(mountpoint_ / "in", tree_.root() / "out", io_threads).reading; };
  const int one = read(1);
  if (IsSkipped()) return;
  EXPECT_EQ(one, 1) << "a worker reads";
  // If not in the first run (a busy machine may start threads late), then in another.
  int many = 0;
  for (int attempt = 0; attempt < 10 && many < kIoThreads; ++attempt) many = read(kIoThreads);
  EXPECT_EQ(many, kIoThreads);
}

// The kernel makes one file at a time in each directory, and names one: so there must be several.
TEST_F(SlowJobTest, ThumbnailsAreWrittenAndNamedAtOnce) {
  MakePictures("in", 0);
  const auto write = [&](int io_threads) {
    const FuseMount::Counts counts = Run(tree_.root() / "in", mountpoint_ / "out", io_threads);
    EXPECT_TRUE(IsSkipped() || tree_.Files("disk/out").size() == kPictures);
    return counts;
  };
  const FuseMount::Counts by_workers = write(2);
  if (IsSkipped()) return;
  EXPECT_LE(by_workers.writing, 2);
  EXPECT_EQ(by_workers.naming, 1);
  FuseMount::Counts most;
  for (int attempt = 0; attempt < 10 && (most.writing <= kIoThreads / 2 || most.naming < 3); ++attempt) {
    const FuseMount::Counts counts = write(kIoThreads);
    most.writing = std::max(most.writing, counts.writing);
    most.naming = std::max(most.naming, counts.naming);
  }
  EXPECT_GT(most.writing, kIoThreads / 2) << "some name files meanwhile";
  EXPECT_EQ(most.naming, 3);
}

}  // namespace
}  // namespace tbbthumbs::bench

int main(int argc, char** argv) {
  using tbbthumbs::bench::kMountAndDie;
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == tbbthumbs::bench::kServeSlowCommand) {
    return tbbthumbs::bench::ServeSlow({argv + 2, static_cast<size_t>(argc - 2)});
  }
  if (command == kMountAndDie) return tbbthumbs::bench::MountAndDie(argv + 2);
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
