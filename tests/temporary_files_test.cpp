#include "pipeline/temporary_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/memory_file_system.h"

namespace tbbthumbs {
namespace {

using ::testing::ElementsAre;
using testing::MemoryFileSystem;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

const std::vector<std::byte> kBytes(10, std::byte{3});

std::chrono::nanoseconds HoursBeforeNow(int hours) {
  return std::chrono::system_clock::now().time_since_epoch() - std::chrono::hours(hours);
}

class TemporaryFilesTest : public ::testing::Test {
 protected:
  TemporaryFilesTest() { files_.AddDirectory("root"); }

  // The path of a file that was written.
  std::string Write(int lane = -1) {
    const auto file = temporary_.Write(kBytes, lane);
    EXPECT_TRUE(file) << file.error().message;
    return file ? file->path : "";
  }

  MemoryFileSystem files_;
  TemporaryFiles temporary_{files_, "root"};
};

TEST_F(TemporaryFilesTest, LieInADirectoryOfTheirOwn) {
  EXPECT_EQ(temporary_.directory(), "root/.tbbthumbs/tmp");
  EXPECT_FALSE(files_.Exists("root/.tbbthumbs")) << "nothing has been written";
  const auto file = temporary_.Write(kBytes);
  ASSERT_TRUE(file);
  EXPECT_THAT(file->path, StartsWith("root/.tbbthumbs/tmp/"));
  EXPECT_EQ(files_.Bytes(file->path), kBytes);
  EXPECT_EQ(file->modified, files_.Stat(file->path, true)->modified);
  EXPECT_NE(Write(), file->path);
  EXPECT_THAT(files_.Files(), SizeIs(2));
}

TEST_F(TemporaryFilesTest, LieApartByLanes) {
  EXPECT_THAT(Write(0), StartsWith("root/.tbbthumbs/tmp/lane0/"));
  EXPECT_THAT(Write(0), StartsWith("root/.tbbthumbs/tmp/lane0/"));
  EXPECT_THAT(Write(3), StartsWith("root/.tbbthumbs/tmp/lane3/"));
  EXPECT_EQ(Write().find("lane"), std::string::npos);
}

TEST_F(TemporaryFilesTest, AskForTheirDirectoryOnce) {
  int stats = 0;
  files_.on_call = [&](const std::string& operation, const std::string&) {
    if (operation == "Stat" || operation == "CreateDirectories") ++stats;
    return std::optional<Error>();
  };
  Write();
  const int first = stats;
  EXPECT_GT(first, 0);
  for (int i = 0; i < 10; ++i) Write();
  EXPECT_EQ(stats, first);
}

TEST_F(TemporaryFilesTest, MakeTheirDirectoryAgainWhenAnotherRunRemovesIt) {
  Write(1);
  int removals = 0;
  files_.on_call = [&](const std::string& operation, const std::string&) -> std::optional<Error> {
    if (operation == "WriteNew" && removals < 5) {
      ++removals;
      return Error{ErrorCode::kNotFound, "gone"};
    }
    return std::nullopt;
  };
  EXPECT_THAT(Write(1), StartsWith("root/.tbbthumbs/tmp/lane1/"));
  EXPECT_EQ(removals, 5);
}

TEST_F(TemporaryFilesTest, GiveUpWhereTheirDirectoryDoesNotStay) {
  int writes = 0;
  files_.on_call = [&](const std::string& operation, const std::string&) -> std::optional<Error> {
    if (operation != "WriteNew") return std::nullopt;
    ++writes;
    return Error{ErrorCode::kNotFound, "gone"};
  };
  const auto file = temporary_.Write(kBytes);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::kNotFound);
  EXPECT_LT(writes, 100);
}

TEST_F(TemporaryFilesTest, DoNotMakeTheRootAgain) {
  Write();
  ASSERT_TRUE(files_.Rename("root", "elsewhere", false));
  for (const std::string& path : files_.Files()) ASSERT_TRUE(files_.Remove(path));
  files_.on_call = [](const std::string& operation, const std::string&) -> std::optional<Error> {
    return operation == "WriteNew" ? std::optional<Error>({ErrorCode::kNotFound, "gone"}) : std::nullopt;
  };
  const auto file = temporary_.Write(kBytes);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(files_.Exists("root"));
}

TEST_F(TemporaryFilesTest, PassErrorsOn) {
  for (const char* const operation : {"CreateDirectories", "WriteNew"}) {
    MemoryFileSystem files;
    files.AddDirectory("root");
    files.on_call = [&](const std::string& called, const std::string&) -> std::optional<Error> {
      return called == operation ? std::optional<Error>({ErrorCode::kNoSpace, "full"}) : std::nullopt;
    };
    TemporaryFiles temporary(files, "root");
    const auto file = temporary.Write(kBytes);
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, ErrorCode::kNoSpace);
    // It passes.
    files.on_call = nullptr;
    EXPECT_TRUE(temporary.Write(kBytes));
  }
}

TEST_F(TemporaryFilesTest, RemoveTheirDirectoriesWhereTheyAreEmpty) {
  const std::string one = Write(0);
  const std::string other = Write(1);
  const std::string last = Write();
  ASSERT_TRUE(files_.Remove(one));
  temporary_.RemoveDirectories();
  EXPECT_THAT(files_.Files(), UnorderedElementsAre(other, last));
  EXPECT_FALSE(files_.Exists("root/.tbbthumbs/tmp/lane0"));
  ASSERT_TRUE(files_.Remove(other));
  ASSERT_TRUE(files_.Remove(last));
  temporary_.RemoveDirectories();
  EXPECT_FALSE(files_.Exists("root/.tbbthumbs"));
  EXPECT_TRUE(files_.Exists("root"));
}

TEST_F(TemporaryFilesTest, LeaveWhatIsNotTheirs) {
  files_.AddFile("root/.tbbthumbs/journal.db");
  ASSERT_TRUE(files_.Remove(Write()));
  temporary_.RemoveDirectories();
  EXPECT_THAT(files_.Files(), ElementsAre("root/.tbbthumbs/journal.db"));
  EXPECT_FALSE(files_.Exists("root/.tbbthumbs/tmp"));
}

TEST_F(TemporaryFilesTest, RemoveWhatTheDeadHaveLeft) {
  const std::string name = TemporaryNames().Next();
  const std::string host = name.substr(0, name.find('+'));
  // A process that was before the system began.
  const std::string dead = host + "+1@1+0123456789abcdef+7";
  const std::string far = "elsewhere+1@1+0123456789abcdef+7";
  const std::string own = "root/.tbbthumbs/tmp/" + name;
  files_.AddFile("root/.tbbthumbs/tmp/" + dead, kBytes, HoursBeforeNow(0));
  files_.AddFile("root/.tbbthumbs/tmp/lane4/" + dead, kBytes, HoursBeforeNow(0));
  files_.AddFile("root/.tbbthumbs/tmp/lane4/" + far, kBytes, HoursBeforeNow(1));
  files_.AddFile("root/.tbbthumbs/tmp/lane5/" + far, kBytes, HoursBeforeNow(100));
  files_.AddFile(own, kBytes, HoursBeforeNow(100));
  EXPECT_TRUE(temporary_.RemoveStale());
  EXPECT_THAT(files_.Files(), UnorderedElementsAre(own, "root/.tbbthumbs/tmp/lane4/" + far));
  EXPECT_FALSE(files_.Exists("root/.tbbthumbs/tmp/lane5"));
  EXPECT_FALSE(temporary_.RemoveStale());
}

TEST_F(TemporaryFilesTest, FindNothingWhereThereIsNothing) {
  EXPECT_FALSE(temporary_.RemoveStale());
  temporary_.RemoveDirectories();
  EXPECT_TRUE(files_.Exists("root"));
  EXPECT_FALSE(files_.Exists("root/.tbbthumbs"));
}

TEST_F(TemporaryFilesTest, AreWrittenByManyThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 50; ++n) EXPECT_TRUE(temporary_.Write(kBytes, n % 3 == 0 ? -1 : i % 2));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(files_.Files(), SizeIs(200));
}

TEST(MakeDirectoryWithin, MakesWhatLiesBelow) {
  MemoryFileSystem files;
  files.AddDirectory("root");
  EXPECT_TRUE(MakeDirectoryWithin(files, "root", "root/a/b"));
  EXPECT_TRUE(files.Exists("root/a/b"));
  EXPECT_TRUE(MakeDirectoryWithin(files, "root", "root/a/b"));
  const Status status = MakeDirectoryWithin(files, "other", "other/a");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(files.Exists("other"));
}

}  // namespace
}  // namespace tbbthumbs
