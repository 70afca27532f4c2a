#include "pipeline/absolute_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/temp_tree.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using ::testing::Each;

class AbsolutePathTest : public ::testing::Test {
 protected:
  // As it is seen from the tree's root.
  std::string Of(const std::string& path) const { return AbsolutePath(root_, path); }

  testing::TempTree tree_;
  const std::string root_ = fs::canonical(tree_.root()).string() + "/";
};

TEST_F(AbsolutePathTest, WithoutParentsTheTextSaysAll) {
  EXPECT_EQ(AbsolutePath("/d/", "a.jpg"), "/d/a.jpg");
  EXPECT_EQ(AbsolutePath("/d/", "/e/a.jpg"), "/e/a.jpg");
  EXPECT_EQ(AbsolutePath("/d/", "./in/"), "/d/in/");
  EXPECT_EQ(AbsolutePath("/d/", "."), "/d/");
  EXPECT_EQ(AbsolutePath("/d/", "in//sub/./a.jpg"), "/d/in/sub/a.jpg");
  EXPECT_EQ(AbsolutePath("/d/", "in/."), "/d/in/");
  EXPECT_EQ(AbsolutePath("/d/", "/."), "/");
  EXPECT_EQ(AbsolutePath("/d/", "//e"), "/e");
  EXPECT_EQ(AbsolutePath("/d/", ".hidden/..a/b..jpg"), "/d/.hidden/..a/b..jpg");
}

TEST_F(AbsolutePathTest, ParentsOfDirectories) {
  fs::create_directories(tree_.root() / "in/sub");
  EXPECT_EQ(Of("in/sub/../a.jpg"), root_ + "in/a.jpg");
  EXPECT_EQ(Of(root_ + "in/./sub/..//a.jpg"), root_ + "in/a.jpg");
  EXPECT_EQ(Of("in/sub/../"), root_ + "in/");
  EXPECT_EQ(Of("in/sub/.."), root_ + "in/");
  EXPECT_EQ(Of("in/sub/../../../" + fs::path(root_).parent_path().filename().string() + "/a"), root_ + "a");
  EXPECT_EQ(Of("/../.."), "/");
}

TEST_F(AbsolutePathTest, ParentsBehindLinksAreThoseOfWhatTheyPointTo) {
  fs::create_directories(tree_.root() / "real/sub");
  fs::create_directories(tree_.root() / "cwd");
  fs::create_symlink("../real/sub", tree_.root() / "cwd/link");
  EXPECT_EQ(AbsolutePath(root_ + "cwd/", "link/../pics/.//a.jpg"), root_ + "real/pics/a.jpg");
  EXPECT_EQ(Of("cwd/link/.."), root_ + "real/");
  // In front of them alone.
  EXPECT_EQ(Of("cwd/link/a.jpg"), root_ + "cwd/link/a.jpg");
  EXPECT_EQ(Of("real/../cwd/link/a.jpg"), root_ + "cwd/link/a.jpg");
}

TEST_F(AbsolutePathTest, ParentsOfWhatIsNotThereStay) {
  EXPECT_EQ(Of("missing/../in/./a.jpg"), root_ + "missing/../in/a.jpg");
  fs::create_directories(tree_.root() / "missing");
  EXPECT_EQ(Of("missing/../in/./a.jpg"), root_ + "in/a.jpg");
}

TEST_F(AbsolutePathTest, ThreadsDoNotDisturbEachOther) {
  constexpr int kThreads = 4;
  std::vector<int> wrong(kThreads, 0);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    const std::string own = std::to_string(i);
    fs::create_directories(tree_.root() / own / "x");
    fs::create_directory_symlink(own + "/x", tree_.root() / ("link" + own));
    threads.emplace_back([this, own, &count = wrong[static_cast<size_t>(i)]] {
      for (int n = 0; n < 2000; ++n) {
        const std::string name = std::to_string(n);
        if (Of("link" + own + "/../" + name) != root_ + own + "/" + name) ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(wrong, Each(0));
}

}  // namespace
}  // namespace tbbthumbs
