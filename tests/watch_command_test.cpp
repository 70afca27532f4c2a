// The command that follows directories: in the end there are the thumbnails that a fresh run makes, whatever happens
// meanwhile.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/pictures.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::JpegFile;
using ::testing::Not;
using testing::PngFile;
using testing::Process;
using testing::ProcessResult;
using ::testing::StartsWith;

using Contents = std::map<std::string, std::string>;

class WatchCommandTest : public testing::CommandFixture {
 protected:
  WatchCommandTest() {
    Picture("keep/k.jpg");
    fs::create_directories(At("out"));
  }

  fs::path At(const fs::path& path) const { return tree_.root() / path; }

  // A picture below "in", unlike all others, at once under its name.
  void Picture(const fs::path& path) {
    const auto bytes = NewPicture(path.extension() == ".png");
    tree_.Write("beside", std::span<const std::byte>(bytes));
    fs::create_directories(At("in" / path).parent_path());
    fs::rename(At("beside"), At("in" / path));
  }

  std::vector<std::byte> NewPicture(bool png) {
    const Size size{40 + pictures_ % 97, 40 + pictures_ / 97};
    ++pictures_;
    return png ? PngFile(size) : JpegFile(size);
  }

  // Watches "in"; returns when the first run is through.
  std::unique_ptr<Process> Watch(std::vector<std::string> options = {}) {
    std::vector<std::string> arguments{"watch", "in", "-o", "out", "-s", "16", "--settle", "0.05"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    auto process = Start(std::move(arguments));
    EXPECT_TRUE(process->WaitForError("watching ")) << process->Wait().err;
    return process;
  }

  std::unique_ptr<Process> Start(std::vector<std::string> arguments) const {
    testing::ProcessOptions options;
    options.directory = tree_.root();
    options.environment["TZ"] = "UTC";
    options.timeout = std::chrono::seconds(240);
    return std::make_unique<Process>(TBBTHUMBS_COMMAND, arguments, options);
  }

  static bool WaitUntil(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
  }

  // Nothing while directories come and go there.
  std::optional<std::vector<std::string>> FilesOf(const std::string& directory) const {
    try {
      return tree_.Files(directory);
    } catch (const fs::filesystem_error&) {
      return std::nullopt;
    }
  }

  bool WaitForFiles(const std::vector<std::string>& files) const {
    return WaitUntil([&] { return FilesOf("out") == files; });
  }

  Contents ContentsOf(const std::string& directory) const {
    Contents contents;
    for (const std::string& file : FilesOf(directory).value_or(std::vector<std::string>())) {
      // It may go meanwhile.
      if (!file.starts_with(".tbbthumbs/") && fs::exists(At(directory + "/" + file))) {
        contents[file] = tree_.Read(directory + "/" + file);
      }
    }
    return contents;
  }

  // Waits until "out" is what a fresh run makes of "in" as it is now.
  void ExpectAsFresh(std::vector<std::string> options = {}) const {
    fs::remove_all(At("fresh"));
    options.insert(options.begin(), {"in", "-o", "fresh", "-s", "16", "--no-journal"});
    EXPECT_EQ(Run(options).exit_code, 0);
    const Contents fresh = ContentsOf("fresh");
    Contents out;
    const bool same = WaitUntil([&] { return (out = ContentsOf("out")) == fresh; });
    EXPECT_TRUE(same) << Difference(out, fresh);
  }

  static std::string Difference(const Contents& out, const Contents& fresh) {
    std::string text;
    for (const auto& [name, bytes] : out) {
      const auto other = fresh.find(name);
      if (other == fresh.end()) text += " too many: " + name;
      if (other != fresh.end() && other->second != bytes) text += " another: " + name;
    }
    for (const auto& [name, bytes] : fresh) text += out.contains(name) ? "" : " missing: " + name;
    return text;
  }

  // Until SIGCONT nothing is seen.
  static void Pause(const Process& process) {
    process.Signal(SIGSTOP);
    EXPECT_TRUE(WaitUntil([&] {
      std::ifstream file("/proc/" + std::to_string(process.pid()) + "/stat");
      const std::string stat{std::istreambuf_iterator<char>(file), {}};
      return stat.find(") T ") != std::string::npos;
    }));
  }

  // How it ends when it is asked to.
  static ProcessResult Stop(Process& process, int signal = SIGTERM) {
    process.Signal(signal);
    ProcessResult result = process.Wait();
    EXPECT_FALSE(result.timed_out);
    EXPECT_EQ(result.exit_code, signal == SIGINT ? 130 : 143) << result.err;
    return result;
  }

  int pictures_ = 0;
};

TEST_F(WatchCommandTest, MakesWhatIsMissingThenWhatComes) {
  Picture("a.jpg");
  auto process = Watch();
  EXPECT_THAT(tree_.Files("out"), ElementsAre("a_16.jpg", "keep/k_16.jpg"));
  Picture("b.png");
  Picture("x/y/z/c.jpg");
  EXPECT_TRUE(WaitForFiles({"a_16.jpg", "b_16.jpg", "keep/k_16.jpg", "x/y/z/c_16.jpg"}));
  Picture("x/y/z/d.jpg");
  EXPECT_TRUE(WaitForFiles({"a_16.jpg", "b_16.jpg", "keep/k_16.jpg", "x/y/z/c_16.jpg", "x/y/z/d_16.jpg"}));
  Picture("a.jpg");
  ExpectAsFresh();
  const ProcessResult result = Stop(*process);
  EXPECT_THAT(result.err, HasSubstr("made 2 pictures"));
  EXPECT_THAT(result.err, HasSubstr("\nwatching 2 directories\nmade "));
  EXPECT_THAT(result.err, Not(HasSubstr("failed")));
  EXPECT_THAT(result.out, IsEmpty());
}

TEST_F(WatchCommandTest, WithoutPruningThumbnailsStay) {
  Picture("a.jpg");
  auto process = Watch();
  fs::remove(At("in/a.jpg"));
  Picture("b.jpg");
  EXPECT_TRUE(WaitForFiles({"a_16.jpg", "b_16.jpg", "keep/k_16.jpg"}));
  Stop(*process);
  EXPECT_EQ(tree_.Files("out").size(), 3u);
}

TEST_F(WatchCommandTest, PruningRemovesTheThumbnailsOfWhatIsGone) {
  for (const char* path : {"a.jpg", "d/b.jpg", "d/e/c.jpg", "gone.jpg"}) Picture(path);
  auto process = Watch();
  Stop(*process);
  fs::remove(At("in/gone.jpg"));
  process = Watch({"--prune"});
  EXPECT_THAT(tree_.Files("out"), ElementsAre("a_16.jpg", "d/b_16.jpg", "d/e/c_16.jpg", "keep/k_16.jpg"));
  fs::remove(At("in/a.jpg"));
  EXPECT_TRUE(WaitForFiles({"d/b_16.jpg", "d/e/c_16.jpg", "keep/k_16.jpg"}));
  // The last one of its directory: it was seen to go, so no disk is missing there.
  fs::remove(At("in/d/e/c.jpg"));
  EXPECT_TRUE(WaitForFiles({"d/b_16.jpg", "keep/k_16.jpg"}));
  fs::rename(At("in/d"), At("in/f"));
  EXPECT_TRUE(WaitForFiles({"f/b_16.jpg", "keep/k_16.jpg"}));
  fs::rename(At("in/f/b.jpg"), At("in/f/a.jpg"));
  EXPECT_TRUE(WaitForFiles({"f/a_16.jpg", "keep/k_16.jpg"}));
  fs::remove_all(At("in/f"));
  EXPECT_TRUE(WaitForFiles({"keep/k_16.jpg"}));
  const ProcessResult result = Stop(*process);
  EXPECT_THAT(result.err, HasSubstr("made 0, removed 1 thumbnail in "));
  EXPECT_THAT(result.err, Not(HasSubstr("not pruned")));
}

TEST_F(WatchCommandTest, WhatWasMissingFromTheBeginningMayBeOnADisk) {
  Picture("d/a.jpg");
  auto process = Watch();
  Stop(*process);
  fs::remove(At("in/d/a.jpg"));
  process = Watch({"--prune"});
  const std::string told = "all of " + At("in/d").string() + " is gone (1 input): not pruned";
  tree_.Write("in/d/file", "text");
  fs::remove(At("in/d/file"));
  Picture("e/b.jpg");
  EXPECT_TRUE(WaitForFiles({"d/a_16.jpg", "e/b_16.jpg", "keep/k_16.jpg"}));
  Picture("d/b.jpg");
  EXPECT_TRUE(WaitForFiles({"d/b_16.jpg", "e/b_16.jpg", "keep/k_16.jpg"}));
  const ProcessResult result = Stop(*process);
  EXPECT_THAT(result.err, HasSubstr(told));
  EXPECT_EQ(result.err.find(told), result.err.rfind(told)) << result.err;
}

TEST_F(WatchCommandTest, ADirectoryThatWasReplacedMayBeADiskThatWasUnmounted) {
  for (const char* path : {"d/a.jpg", "d/x/b.jpg"}) Picture(path);
  auto process = Watch({"--prune"});
  Pause(*process);
  fs::remove_all(At("in/d"));
  fs::create_directory(At("in/d"));
  process->Signal(SIGCONT);
  EXPECT_TRUE(process->WaitForError("all of " + At("in/d").string() + " is gone (2 inputs): not pruned"));
  EXPECT_THAT(tree_.Files("out"), ElementsAre("d/a_16.jpg", "d/x/b_16.jpg", "keep/k_16.jpg"));
  Picture("d/c.jpg");
  EXPECT_TRUE(WaitForFiles({"d/c_16.jpg", "keep/k_16.jpg"}));
  Stop(*process);
}

TEST_F(WatchCommandTest, NamesAreThoseOfARunOverEverything) {
  Picture("d/x.png");
  auto process = Watch({"--prune"});
  Picture("d/x.jpg");
  EXPECT_TRUE(WaitForFiles({"d/x_16.jpg", "d/x_png_16.jpg", "keep/k_16.jpg"}));
  ExpectAsFresh();
  fs::remove(At("in/d/x.jpg"));
  EXPECT_TRUE(WaitForFiles({"d/x_16.jpg", "keep/k_16.jpg"}));
  ExpectAsFresh();
  // Directories that can't be beside each other everywhere.
  Picture("D/y.jpg");
  ExpectAsFresh();
  Picture("d/z.jpg");
  ExpectAsFresh();
  fs::remove_all(At("in/D"));
  ExpectAsFresh();
  Stop(*process);
}

TEST_F(WatchCommandTest, NumbersAreThoseOfARunOverEverything) {
  const std::vector<std::string> names{"--name", "{seq:02} of {total} {stem}"};
  for (const char* path : {"a.jpg", "d/b.jpg"}) Picture(path);
  auto process = Watch({"--prune", names[0], names[1]});
  Picture("a0.jpg");
  ExpectAsFresh(names);
  fs::remove(At("in/a.jpg"));
  ExpectAsFresh(names);
  Stop(*process);
}

TEST_F(WatchCommandTest, AFileThatIsBeingWrittenIsAwaitedAndKeepsItsPlace) {
  const std::vector<std::string> names{"--name", "{seq} {stem}"};
  Picture("d/b.jpg");
  auto process = Watch({"--prune", names[0], names[1]});
  const auto bytes = NewPicture(false);
  const auto* data = reinterpret_cast<const char*>(bytes.data());
  const auto half = static_cast<std::streamsize>(bytes.size() / 2);
  std::ofstream file(At("in/d/a.jpg"), std::ios::binary);
  file.write(data, half).flush();
  // The numbers make a run over everything of it.
  Picture("e/c.jpg");
  EXPECT_TRUE(WaitForFiles({"2 b.jpg", "3 c.jpg", "4 k.jpg"}));
  file.write(data + half, static_cast<std::streamsize>(bytes.size()) - half);
  file.close();
  EXPECT_TRUE(WaitForFiles({"1 a.jpg", "2 b.jpg", "3 c.jpg", "4 k.jpg"}));
  ExpectAsFresh(names);
  const ProcessResult result = Stop(*process);
  EXPECT_THAT(result.err, Not(HasSubstr("truncated")));
  EXPECT_THAT(result.err, Not(HasSubstr("failed")));
}

TEST_F(WatchCommandTest, AFailureIsSaidOnceAndTriedAgainWhenTheFileChanges) {
  auto process = Watch();
  auto bytes = NewPicture(false);
  tree_.Write("beside", std::span<const std::byte>(bytes).first(bytes.size() / 2));
  fs::rename(At("beside"), At("in/a.jpg"));
  ASSERT_TRUE(process->WaitForError("tbbthumbs: in/a.jpg: truncated: "));
  ASSERT_TRUE(process->WaitForError("made 0, failed 1 in "));
  Picture("b.jpg");
  EXPECT_TRUE(WaitForFiles({"b_16.jpg", "keep/k_16.jpg"}));
  Picture("a.jpg");
  EXPECT_TRUE(WaitForFiles({"a_16.jpg", "b_16.jpg", "keep/k_16.jpg"}));
  const ProcessResult result = Stop(*process);
  EXPECT_EQ(result.err.find("truncated"), result.err.rfind("truncated")) << result.err;
}

TEST_F(WatchCommandTest, Records) {
  Picture("a.jpg");
  auto process = Watch({"--json", "--prune"});
  Picture("b.jpg");
  ASSERT_TRUE(process->WaitForOutput("\"round\":1"));
  fs::remove(At("in/a.jpg"));
  ASSERT_TRUE(process->WaitForOutput("\"type\":\"pruned\""));
  ASSERT_TRUE(WaitForFiles({"b_16.jpg", "keep/k_16.jpg"}));
  const auto lines = JsonLines(Stop(*process).out);
  std::vector<std::string> said;
  for (const auto& line : lines) {
    const std::string type = line["type"];
    if (type == "picture") said.push_back(line["input"]);
    if (type == "pruned") said.push_back("pruned " + std::string(line["path"]));
    if (type == "summary") said.push_back("made " + line["made"].dump());
  }
  EXPECT_THAT(
      said, ElementsAre("in/a.jpg", "in/keep/k.jpg", "made 2", "in/b.jpg", "made 1", "pruned out/a_16.jpg", "made 0"));
}

TEST_F(WatchCommandTest, OnlyRunsThatDidSomethingAreInTheJournal) {
  auto process = Watch({"-v"});
  for (int i = 0; i < 3; ++i) {
    tree_.Write("in/keep/notes" + std::to_string(i), "no picture");
    // Of another directory: what comes in its run has been looked at.
    Picture("d/" + std::to_string(i) + ".jpg");
    ASSERT_TRUE(process->WaitForError("made          in/d/" + std::to_string(i) + ".jpg"));
  }
  const ProcessResult result = Stop(*process);
  const auto runs = JsonLines(Run({"status", "out", "--json"}).out).at(0)["runs"];
  uint64_t made = 0;
  for (const auto& run : runs) {
    EXPECT_GT(run["made"].get<uint64_t>(), 0u) << run;
    made += run["made"].get<uint64_t>();
  }
  EXPECT_EQ(made, 4u);
}

// Files and directories of a few names come, go, change, and change places.
class Disorder {
 public:
  Disorder(fs::path root, std::function<std::vector<std::byte>(bool png)> picture, unsigned seed)
      : root_(std::move(root)), picture_(std::move(picture)), random_(seed) {}

  void Act() {
    std::error_code ignored;
    switch (Number(10)) {
      case 0:
      case 1:
      case 2:
        Write(AnyDirectory() / AnyName());
        break;
      case 3:
        Write(AnyDirectory() / AnyName(), 3);
        break;
      case 4:
        fs::remove(AnyFile(), ignored);
        break;
      case 5:
      case 6:
        fs::rename(AnyFile(), AnyFile(), ignored);
        break;
      case 7:
        fs::rename(AnyDirectory(), AnyDirectory(), ignored);
        break;
      case 8:
        renameat2(AT_FDCWD, AnyDirectory().c_str(), AT_FDCWD, AnyDirectory().c_str(), RENAME_EXCHANGE);
        break;
      default:
        if (Number(3) == 0) fs::remove_all(AnyDirectory(), ignored);
    }
  }

  // No directory is left empty: a disk might be missing there.
  void FillAll() {
    std::vector<fs::path> directories;
    for (const auto& entry : fs::recursive_directory_iterator(root_)) {
      if (entry.is_directory()) directories.push_back(entry.path());
    }
    for (const fs::path& directory : directories) Write(directory / "z.jpg");
  }

 private:
  size_t Number(size_t count) { return std::uniform_int_distribution<size_t>(0, count - 1)(random_); }
  fs::path AnyDirectory() {
    constexpr const char* kNames[] = {"a", "b", "B", "c"};
    fs::path directory = root_ / "r" / kNames[Number(4)];
    for (size_t depth = Number(3); depth > 0; --depth) directory /= kNames[Number(4)];
    return directory;
  }
  std::string AnyName() {
    constexpr const char* kNames[] = {"x.jpg", "x.png", "X.jpg", "x_png.jpg", "y.jpg", "y.png"};
    return kNames[Number(6)];
  }
  fs::path AnyFile() { return AnyDirectory() / AnyName(); }

  void Write(const fs::path& path, size_t pieces = 1) {
    const auto bytes = picture_(path.extension() == ".png");
    std::error_code ignored;
    fs::create_directories(path.parent_path(), ignored);
    std::ofstream file(path, std::ios::binary);
    const size_t piece = bytes.size() / pieces + 1;
    for (size_t begin = 0; begin < bytes.size(); begin += piece) {
      const size_t count = std::min(piece, bytes.size() - begin);
      file.write(reinterpret_cast<const char*>(bytes.data() + begin), static_cast<std::streamsize>(count)).flush();
      if (pieces > 1) std::this_thread::sleep_for(std::chrono::milliseconds(Number(40)));
    }
  }

  const fs::path root_;
  const std::function<std::vector<std::byte>(bool png)> picture_;
  std::mt19937 random_;
};

class WatchDisorderTest : public WatchCommandTest, public ::testing::WithParamInterface<unsigned> {};

TEST_P(WatchDisorderTest, InTheEndThereIsWhatAFreshRunMakes) {
  auto process = Watch({"--prune"});
  Disorder disorder(
      At("in"), [this](bool png) { return NewPicture(png); }, GetParam());
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 40; ++i) {
      disorder.Act();
      if (i % 8 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(30));
    }
    disorder.FillAll();
    ExpectAsFresh();
    if (HasFailure()) break;
  }
  const ProcessResult result = Stop(*process);
  EXPECT_THAT(result.err, Not(HasSubstr("truncated"))) << "all were awaited";
  EXPECT_THAT(result.err, Not(HasSubstr("tbbthumbs: in/")));
  // And so it is known.
  const auto again = JsonLines(Run({"in", "-o", "out", "-s", "16", "--json"}).out).back();
  EXPECT_EQ(again["made"], 0);
}

INSTANTIATE_TEST_SUITE_P(, WatchDisorderTest, ::testing::Range(1u, 6u));

TEST_F(WatchCommandTest, WhenTheKernelLosesCountEverythingIsLookedAt) {
  for (const char* path : {"a.jpg", "b.jpg", "d/c.jpg"}) Picture(path);
  auto process = Watch({"--prune"});
  Pause(*process);
  int most = 0;
  ASSERT_TRUE(std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most);
  for (int i = 0; i <= most; ++i) {
    ASSERT_EQ(utimensat(AT_FDCWD, At(i % 2 == 0 ? "in/a.jpg" : "in/b.jpg").c_str(), nullptr, 0), 0);
  }
  Picture("new/e.jpg");
  Picture("a.jpg");
  fs::remove(At("in/b.jpg"));
  fs::rename(At("in/d"), At("in/D"));
  process->Signal(SIGCONT);
  ExpectAsFresh();
  Picture("new/f.jpg");
  ExpectAsFresh();
  Stop(*process);
}

TEST_F(WatchCommandTest, SignalsStopItWhileNothingHappens) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    auto process = Watch();
    const ProcessResult result = Stop(*process, signal);
    EXPECT_THAT(result.err, ::testing::EndsWith("watching 2 directories\n"));
  }
}

TEST_F(WatchCommandTest, SignalsStopItWhileItWorks) {
  const auto jpeg = JpegFile({800, 600});
  for (int i = 0; i < 800; ++i) tree_.Write("in/" + std::to_string(i) + ".jpg", jpeg);
  const std::vector<std::string> line{"watch", "in", "-o", "out", "-s", "32", "--json"};
  auto process = Start(line);
  ASSERT_TRUE(process->WaitForOutput("\"made\""));
  const ProcessResult result = Stop(*process);
  EXPECT_THAT(result.err, HasSubstr("(stopped)\n"));
  const auto summary = JsonLines(result.out).back();
  EXPECT_EQ(summary["stopped"], true);
  EXPECT_LT(summary["made"].get<int>(), 800);
}

TEST_F(WatchCommandTest, EndsWithItsDirectory) {
  auto process = Watch();
  fs::rename(At("in"), At("elsewhere"));
  const ProcessResult moved = process->Wait();
  EXPECT_EQ(moved.exit_code, 1);
  EXPECT_THAT(moved.err, ::testing::EndsWith("tbbthumbs: in: it was moved\n"));
  fs::rename(At("elsewhere"), At("in"));
  process = Watch({"--prune"});
  fs::remove_all(At("in"));
  const ProcessResult removed = process->Wait();
  EXPECT_EQ(removed.exit_code, 1);
  EXPECT_THAT(removed.err, HasSubstr("\ntbbthumbs: in: "));
  const ProcessResult missing = Start({"watch", "in", "-o", "out"})->Wait();
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.err, StartsWith("tbbthumbs: in: "));
}

TEST_F(WatchCommandTest, EndsWithItsOutputDirectory) {
  auto process = Watch();
  fs::remove_all(At("out"));
  Picture("a.jpg");
  const ProcessResult result = process->Wait();
  EXPECT_EQ(result.exit_code, 74);
  EXPECT_THAT(result.err, HasSubstr("tbbthumbs: the output directory out was removed or replaced\n"));
}

TEST_F(WatchCommandTest, EndsWhenTheOutputIsFull) {
  if (mount("tmpfs", At("out").c_str(), "tmpfs", 0, "size=200k") != 0) {
    ASSERT_TRUE(errno == EPERM || errno == EACCES) << std::strerror(errno);
    GTEST_SKIP() << "a file system can't be mounted here: " << std::strerror(errno);
  }
  {
    auto process = Watch({"-s", "400"});
    for (int i = 0; i < 60; ++i) tree_.Write("in/" + std::to_string(i) + ".jpg", JpegFile({600, 400 + i}));
    const ProcessResult result = process->Wait();
    EXPECT_EQ(result.exit_code, 74);
    EXPECT_THAT(result.err, HasSubstr("\ntbbthumbs: no_space: the output out: "));
  }
  EXPECT_EQ(umount2(At("out").c_str(), MNT_DETACH), 0);
}

TEST_F(WatchCommandTest, TheOutputMayLieWithin) {
  auto process = Start({"watch", "in", "-o", "in/out", "-s", "16", "--settle", "0.05", "--prune"});
  ASSERT_TRUE(process->WaitForError("watching 2 directories"));
  Picture("a.jpg");
  ASSERT_TRUE(WaitUntil([&] { return fs::exists(At("in/out/a_16.jpg")); }));
  Picture("b.jpg");
  ASSERT_TRUE(WaitUntil([&] { return fs::exists(At("in/out/b_16.jpg")); }));
  Stop(*process);
  EXPECT_THAT(tree_.Files("in/out"), ElementsAre("a_16.jpg", "b_16.jpg", "keep/k_16.jpg"));
}

TEST_F(WatchCommandTest, SeveralDirectories) {
  Picture("d/a.jpg");
  auto process = Start({"watch", "in/keep", "in/d", "-o", "out", "-s", "16", "--settle", "0.05", "--prune"});
  ASSERT_TRUE(process->WaitForError("watching 2 directories"));
  Picture("d/x/b.jpg");
  EXPECT_TRUE(WaitForFiles({"d/a_16.jpg", "d/x/b_16.jpg", "keep/k_16.jpg"}));
  fs::rename(At("in/d/x"), At("in/keep/x"));
  EXPECT_TRUE(WaitForFiles({"d/a_16.jpg", "keep/k_16.jpg", "keep/x/b_16.jpg"}));
  Stop(*process);
}

TEST_F(WatchCommandTest, ItsMemoryDoesNotGrow) {
#ifdef TBBTHUMBS_SANITIZED
  GTEST_SKIP() << "sanitizers have memory of their own";
#endif
  auto process = Watch({"--prune"});
  const auto resident_kb = [&] {
    std::ifstream file("/proc/" + std::to_string(process->pid()) + "/status");
    for (std::string word; file >> word;) {
      long kb = 0;
      if (word == "VmRSS:" && file >> kb) return kb;
    }
    return 0L;
  };
  long before = 0;
  for (int i = 0; i < 120; ++i) {
    const std::string name = std::to_string(i);
    fs::remove_all(At("in/d" + std::to_string(i - 1)));
    Picture("d" + name + "/" + name + ".jpg");
    ASSERT_TRUE(WaitForFiles({"d" + name + "/" + name + "_16.jpg", "keep/k_16.jpg"}));
    if (i == 60) before = resident_kb();
  }
  EXPECT_GT(before, 0);
  EXPECT_LT(resident_kb(), before + 4096);
  Stop(*process);
}

TEST_F(WatchCommandTest, WrongUse) {
  for (const auto& [arguments, complaint] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"watch", "-o", "out"}, "a DIR is missing"},
           {{"watch", "in"}, "--output is missing"},
           {{"watch", "in/keep/k.jpg", "-o", "out"}, "in/keep/k.jpg: it is no directory"},
           {{"watch", "in", "-o", "in"}, "in: it is the output directory"},
           {{"watch", "in/keep", "-o", "in"}, "the input in/keep is or lies in the output directory"},
           {{"watch", "in", "-o", "out", "--dry-run"}, "--dry-run: not an option of 'watch'"}}) {
    const ProcessResult result = Start(arguments)->Wait();
    EXPECT_EQ(result.exit_code, 2) << complaint;
    EXPECT_THAT(result.err, StartsWith("tbbthumbs: " + complaint));
  }
}

}  // namespace
}  // namespace tbbthumbs
