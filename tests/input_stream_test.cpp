#include "pipeline/input_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

#include "pipeline/input_count.h"
#include "tests/support/memory_file_system.h"

namespace tbbthumbs {
namespace {

using ::testing::ElementsAre;
using testing::MemoryFileSystem;

// "PATH > OUTPUT DIRECTORY" of each input.
std::vector<std::string> All(InputStream& inputs) {
  std::vector<std::string> all;
  while (auto file = inputs.Next()) all.push_back(file->path + " > " + file->output_directory);
  return all;
}

class InputStreamTest : public ::testing::Test {
 protected:
  InputStreamTest() { files_.AddDirectory("out"); }
  MemoryFileSystem files_;
  InputOptions options_;
};

TEST_F(InputStreamTest, OneDirectoryMapsOntoTheOutputItself) {
  files_.AddFile("in/a.jpg");
  files_.AddFile("in/x/b.jpg");
  options_.paths = {"in"};
  InputStream inputs(files_, options_, "out", false);
  const auto first = inputs.Next();
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->found);
  EXPECT_TRUE(first->whole_directory);
  EXPECT_EQ(first->output_directory, "");
  EXPECT_THAT(All(inputs), ElementsAre("in/x/b.jpg > x"));
}

TEST_F(InputStreamTest, SeveralDirectoriesEachOntoTheirNames) {
  files_.AddFile("p/one/a.jpg");
  files_.AddFile("p/two/x/b.jpg");
  options_.paths = {"p/one", "p/two/"};
  InputStream inputs(files_, options_, "out", false);
  const auto first = inputs.Next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->output_directory, "one");
  EXPECT_FALSE(first->whole_directory);
  EXPECT_THAT(All(inputs), ElementsAre("p/two/x/b.jpg > two/x"));
}

TEST_F(InputStreamTest, FilesAndMissingFilesAreInputsAsTheyStand) {
  files_.AddFile("a/b.jpg");
  options_.paths = {"a/b.jpg", "gone.jpg"};
  InputStream inputs(files_, options_, "out", false);
  EXPECT_THAT(All(inputs), ElementsAre("a/b.jpg > ", "gone.jpg > "));
}

TEST_F(InputStreamTest, ListsMirrorTheirPaths) {
  const std::string list = ::testing::TempDir() + "/input_stream_list.txt";
  std::ofstream(list) << "a.jpg\nx/b.jpg\n./x/c.jpg\n../up/d.jpg\n/abs/e.jpg\n";
  options_.lists = {{list, '\n'}};
  InputStream inputs(files_, options_, "out", false);
  EXPECT_THAT(All(inputs),
              ElementsAre("a.jpg > ", "x/b.jpg > x", "./x/c.jpg > x", "../up/d.jpg > up", "/abs/e.jpg > abs"));
}

TEST_F(InputStreamTest, TheOutputDirectoryIsLeftOutOfAWalk) {
  files_.AddFile("in/a.jpg");
  files_.AddFile("in/thumbs/a_256.jpg");
  options_.paths = {"in"};
  InputStream inputs(files_, options_, "in/thumbs", false);
  EXPECT_THAT(All(inputs), ElementsAre("in/a.jpg > "));
}

TEST_F(InputStreamTest, UrgentAdditionsGoFirstOthersLast) {
  files_.AddFile("in/a.jpg");
  files_.AddFile("in/b.jpg");
  options_.paths = {"in"};
  InputStream inputs(files_, options_, "out", false);
  ASSERT_TRUE(inputs.Add("late.jpg", 0));
  ASSERT_TRUE(inputs.Add("later.jpg", -1));
  ASSERT_TRUE(inputs.Add("first.jpg", 5));
  ASSERT_TRUE(inputs.Add("urgent.jpg", 1));
  EXPECT_THAT(All(inputs), ElementsAre("first.jpg > ", "urgent.jpg > ", "in/a.jpg > ", "in/b.jpg > ", "late.jpg > ",
                                       "later.jpg > "));
  EXPECT_EQ(inputs.Add("toolate.jpg", 0).error().code, ErrorCode::kStopped);
}

TEST_F(InputStreamTest, KeptOpenItWaitsUntilFinish) {
  InputStream inputs(files_, options_, "out", true);
  std::atomic<int> taken{0};
  std::jthread taker([&] {
    while (inputs.Next()) ++taken;
  });
  ASSERT_TRUE(inputs.Add("a.jpg", 0));
  while (taken == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  ASSERT_TRUE(inputs.Add("b.jpg", 0));
  while (taken == 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  inputs.Finish();
  taker.join();
  EXPECT_FALSE(inputs.Add("c.jpg", 0));
  EXPECT_EQ(taken, 2);
}

TEST_F(InputStreamTest, StopEndsTheWait) {
  InputStream inputs(files_, options_, "out", true);
  std::jthread taker([&] { EXPECT_FALSE(inputs.Next()); });
  inputs.Stop();
  taker.join();
}

TEST_F(InputStreamTest, ListsThatCantBeReadAreErrorsThatDoNotStopTheRest) {
  files_.AddFile("in/a.jpg");
  options_.paths = {"in"};
  options_.lists = {{"no/such/list", '\n'}};
  InputStream inputs(files_, options_, "out", false);
  EXPECT_THAT(All(inputs), ElementsAre("in/a.jpg > "));
  EXPECT_EQ(inputs.error_count(), 1u);
  EXPECT_EQ(inputs.errors().size(), 1u);
}

TEST_F(InputStreamTest, CountInputsCountsWhatWillCome) {
  files_.AddFile("in/a.jpg");
  files_.AddFile("in/x/b.jpg");
  files_.AddFile("in/x/.hidden.jpg");
  options_.paths = {"in", "c.jpg"};
  std::atomic<uint64_t> so_far = 0;
  EXPECT_EQ(CountInputs(files_, options_, "out", {}, &so_far), 3u);
  EXPECT_EQ(so_far, 3u);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(CountInputs(files_, options_, "out", stop.get_token()), std::nullopt);
}

TEST_F(InputStreamTest, SomeDirectoriesOnlyAreAsInAWalkOfAll) {
  for (const char* path : {"in/a.jpg", "in/x/b.jpg", "in/x/y/c.jpg", "in/z/d.jpg"}) files_.AddFile(path);
  options_.paths = {"in"};
  options_.only = {{0, "x"}, {0, "gone"}, {0, ""}, {1, ""}};
  InputStream inputs(files_, options_, "out", false);
  const auto first = inputs.Next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->path, "in/x/b.jpg");
  EXPECT_EQ(first->output_directory, "x");
  EXPECT_TRUE(first->found);
  EXPECT_TRUE(first->whole_directory);
  EXPECT_THAT(All(inputs), ElementsAre("in/a.jpg > "));
  EXPECT_EQ(inputs.error_count(), 0u);
}

TEST_F(InputStreamTest, SomeDirectoriesOfSeveralTrees) {
  for (const char* path : {"p/one/x/a.jpg", "p/two/x/b.jpg"}) files_.AddFile(path);
  options_.paths = {"p/one", "p/two/"};
  options_.only = {{1, "x"}};
  InputStream inputs(files_, options_, "out", false);
  EXPECT_THAT(All(inputs), ElementsAre("p/two/x/b.jpg > two/x"));
}

TEST_F(InputStreamTest, OfWhatIsALinkNowNothingIsTaken) {
  files_.AddFile("elsewhere/a.jpg");
  files_.AddLink("in/x", "elsewhere");
  options_.paths = {"in"};
  options_.only = {{0, "x"}};
  InputStream inputs(files_, options_, "out", false);
  EXPECT_FALSE(inputs.Next());
}

TEST_F(InputStreamTest, AwaitedFilesKeepTheirPlaces) {
  for (const char* path : {"in/a.jpg", "in/x/b.jpg", "in/x/c.jpg"}) files_.AddFile(path);
  options_.paths = {"in"};
  options_.awaited = {{0, "x/b.jpg"}, {1, "a.jpg"}};
  InputStream inputs(files_, options_, "out", false);
  std::vector<std::string> awaited;
  while (auto file = inputs.Next()) {
    if (file->awaited) awaited.push_back(file->path);
  }
  EXPECT_THAT(awaited, ElementsAre("in/x/b.jpg"));
}

}  // namespace
}  // namespace tbbthumbs
