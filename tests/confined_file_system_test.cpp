#include "pipeline/confined_file_system.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/original_files.h"
#include "tests/support/exchanger.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/temp_tree.h"
#include "tests/support/without_openat2.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<std::byte> kBytes(10);

// The parameter: the error number of openat2(2), 0 where it works.
class ConfinedFileSystemTest : public ::testing::TestWithParam<int> {
 protected:
  ConfinedFileSystemTest() {
    tree_.Write("out/own/file", "mine");
    tree_.Write("outside/file", "of somebody else");
    fs::create_directory(tree_.root() / "outside/empty");
    fs::create_directory_symlink("../outside", tree_.root() / "out/link");
    fs::create_directory_symlink("../../outside", tree_.root() / "out/own/link");
    fs::create_symlink("../outside/file", tree_.root() / "out/to_file");
  }

  void RunAll(const std::function<void(ConfinedFileSystem&)>& f) const {
    const auto run = [&] {
      ConfinedFileSystem files(RealFileSystem(), {Path("out")});
      f(files);
    };
    if (GetParam() == 0) {
      run();
    } else if (!testing::RunWithoutOpenat2(GetParam(), run)) {
      GTEST_SKIP() << "system calls can't be forbidden here";
    }
  }

  std::string Path(const std::string& relative) const { return (tree_.root() / relative).string(); }

  // Nothing was made or removed there, and nothing changed.
  void ExpectOutsideUntouched() const {
    EXPECT_THAT(tree_.Files("outside"), ElementsAre("file"));
    EXPECT_EQ(tree_.Read("outside/file"), "of somebody else");
    EXPECT_EQ(std::distance(fs::directory_iterator(tree_.root() / "outside"), {}), 2);
    EXPECT_TRUE(fs::is_directory(tree_.root() / "outside/empty"));
  }

  testing::TempTree tree_;
};

std::string ToName(const ::testing::TestParamInfo<int>& info) {
  return info.param == 0 ? "Openat2" : info.param == ENOSYS ? "OldSystem" : "Forbidden";
}

INSTANTIATE_TEST_SUITE_P(Systems, ConfinedFileSystemTest, ::testing::Values(0, ENOSYS, EPERM), ToName);

TEST_P(ConfinedFileSystemTest, DoesWhatTheRealOneDoes) {
  RunAll([&](ConfinedFileSystem& files) {
    ASSERT_TRUE(files.CreateDirectories(Path("out/a/b/c")));
    ASSERT_TRUE(files.CreateDirectories(Path("out/a/b/c")));
    const auto written = files.WriteNew(Path("out/a/b/c/new"), kBytes);
    ASSERT_TRUE(written);
    EXPECT_EQ(written->bytes, 10u);
    EXPECT_EQ(files.WriteNew(Path("out/a/b/c/new"), kBytes).error().code, ErrorCode::kExists);
    EXPECT_EQ(files.Stat(Path("out/a/b/c/new"), false)->id, written->id);
    EXPECT_EQ(files.Stat(Path("out/a/b/c"), true)->kind, FileKind::kDirectory);
    ASSERT_TRUE(files.Link(Path("out/a/b/c/new"), Path("out/second")));
    EXPECT_EQ(files.Stat(Path("out/second"), false)->links, 2u);
    EXPECT_EQ(files.Rename(Path("out/second"), Path("out/own/file"), false).error().code, ErrorCode::kExists);
    ASSERT_TRUE(files.Rename(Path("out/a/b/c/new"), Path("out/top"), true));
    EXPECT_EQ((*files.Open(Path("out/top")))->info().bytes, 10u);
    EXPECT_EQ(files.Stat(Path("out/a/b/c/new"), false).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(files.Remove(Path("out/a/b/c/new")).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(files.WriteNew(Path("out/none/new"), kBytes).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(files.Rename(Path("out/top"), Path("out/none/top"), true).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(files.List(Path("out/a"))->size(), 1u);
    ASSERT_TRUE(files.Remove(Path("out/a/b/c")));
    EXPECT_FALSE(files.Remove(Path("out/a"))) << "it is not empty";
    const Status made = files.CreateDirectories(Path("out/top/sub"));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::kIo);
    EXPECT_EQ(made.error().message, "making the directory: a file of that name is in the way");
    EXPECT_EQ(files.Open(Path("out/own")).error().code, ErrorCode::kUnsupported);
  });
}

TEST_P(ConfinedFileSystemTest, NothingGoesThroughLinks) {
  RunAll([&](ConfinedFileSystem& files) {
    for (const std::string link : {"out/link", "out/own/link"}) {
      const std::string below = Path(link) + "/";
      const auto refused = [&](const auto& result) {
        EXPECT_FALSE(result) << link;
        if (result) return;
        EXPECT_EQ(result.error().code, ErrorCode::kIo);
        EXPECT_EQ(result.error().message, Path(link) + " is a symbolic link, and none is followed there");
      };
      refused(files.WriteNew(below + "new", kBytes));
      refused(files.CreateDirectories(below + "new"));
      refused(files.CreateDirectories(Path(link)));
      refused(files.Rename(Path("out/own/file"), below + "new", true));
      refused(files.Rename(Path("out/own/file"), below + "new", false));
      refused(files.Rename(below + "file", Path("out/own/taken"), true));
      refused(files.Link(Path("out/own/file"), below + "new"));
      refused(files.Link(below + "file", Path("out/own/taken")));
      refused(files.Remove(below + "file"));
      refused(files.Remove(below + "empty"));
      refused(files.Stat(below + "file", true));
      refused(files.Stat(below + "none", false));
      refused(files.Open(below + "file"));
      refused(files.List(Path(link)));
      refused(files.List(below + "empty"));
    }
    EXPECT_THAT(files.Open(Path("out/to_file")).error().message, HasSubstr("out/to_file is a symbolic link"));
    EXPECT_EQ(files.WriteNew(Path("out/../outside/new"), kBytes).error().code, ErrorCode::kIo);
  });
  ExpectOutsideUntouched();
  EXPECT_THAT(tree_.Files("out"), ElementsAre("own/file", "to_file"));
}

TEST_P(ConfinedFileSystemTest, ALinkIsTreatedAsItself) {
  RunAll([&](ConfinedFileSystem& files) {
    for (const bool follow : {false, true}) {
      EXPECT_EQ(files.Stat(Path("out/to_file"), follow)->kind, FileKind::kLink);
      EXPECT_EQ(files.Stat(Path("out/link"), follow)->kind, FileKind::kLink);
    }
    EXPECT_EQ(files.WriteNew(Path("out/to_file"), kBytes).error().code, ErrorCode::kExists);
    EXPECT_EQ(files.Rename(Path("out/own/file"), Path("out/to_file"), false).error().code, ErrorCode::kExists);
    EXPECT_EQ(files.Link(Path("out/own/file"), Path("out/to_file")).error().code, ErrorCode::kExists);
    ASSERT_TRUE(files.Rename(Path("out/own/file"), Path("out/to_file"), true));
    EXPECT_EQ(files.Stat(Path("out/to_file"), false)->kind, FileKind::kRegular);
    EXPECT_TRUE(files.Remove(Path("out/link")));
  });
  ExpectOutsideUntouched();
  EXPECT_EQ(tree_.Read("out/to_file"), "mine");
}

// The user's word: what leads to it, it itself, and whatever is not in it.
TEST_P(ConfinedFileSystemTest, LinksToTheDirectoryAreFollowed) {
  fs::create_directory_symlink("out", tree_.root() / "way");
  RunAll([&](ConfinedFileSystem&) {
    ConfinedFileSystem files(RealFileSystem(), {Path("way/")});
    EXPECT_EQ(files.Stat(Path("way"), true)->kind, FileKind::kDirectory);
    EXPECT_TRUE(files.WriteNew(Path("way/new"), kBytes));
    EXPECT_TRUE(files.WriteNew(Path("way//own/new"), kBytes));
    EXPECT_EQ(files.WriteNew(Path("way/link/new"), kBytes).error().code, ErrorCode::kIo);
    EXPECT_TRUE(files.Stat(Path("out/link/file"), true)) << "by another path";
    EXPECT_TRUE(files.Rename(Path("way/new"), Path("outside/moved"), true)) << "there by the caller's will";
  });
  EXPECT_THAT(tree_.Files("outside"), ElementsAre("file", "moved"));
  EXPECT_TRUE(fs::exists(tree_.root() / "out/own/new"));
}

TEST_P(ConfinedFileSystemTest, NoRaceLeadsOutside) {
  constexpr int kFiles = 600;
  fs::create_directory(tree_.root() / "out/tmp");
  int made = 0;
  uint64_t exchanges = 0;
  RunAll([&](ConfinedFileSystem& files) {
    const testing::Exchanger exchanger(tree_.root() / "out/own", tree_.root() / "out/link");
    for (int i = 0; i < kFiles; ++i) {
      const std::string name = std::to_string(i);
      const std::string temporary = Path("out/tmp/" + name);
      ASSERT_TRUE(files.WriteNew(temporary, kBytes));
      static_cast<void>(files.CreateDirectories(Path("out/own/sub")));
      const Status named = files.Rename(temporary, Path("out/own/sub/" + name), true);
      if (!named) {
        ASSERT_TRUE(files.Remove(temporary));
      }
      made += named ? 1 : 0;
      if (const auto direct = files.WriteNew(Path("out/own/" + name), kBytes); direct && i % 2 == 0) {
        static_cast<void>(files.Remove(Path("out/own/" + name)));
      }
      static_cast<void>(files.Remove(Path("out/own/file")));
    }
    exchanges = exchanger.times();
  });
  if (IsSkipped()) return;
  EXPECT_GT(exchanges, 0u);
  ExpectOutsideUntouched();
  const fs::path sub = tree_.root() / "out/own/sub";
  EXPECT_EQ(fs::exists(sub) ? std::distance(fs::directory_iterator(sub), {}) : 0, made);
  EXPECT_TRUE(fs::is_empty(tree_.root() / "out/tmp"));
}

TEST_P(ConfinedFileSystemTest, HoldsFewDescriptors) {
  const auto open_now = [] { return std::distance(fs::directory_iterator("/proc/self/fd"), {}); };
  RunAll([&](ConfinedFileSystem& files) {
    ASSERT_TRUE(files.Stat(Path("out/own"), false));
    const auto before = open_now();
    for (int i = 0; i < 50; ++i) {
      const std::string directory = Path("out/d" + std::to_string(i));
      ASSERT_TRUE(files.CreateDirectories(directory + "/e"));
      ASSERT_TRUE(files.WriteNew(directory + "/e/new", kBytes));
      ASSERT_TRUE(files.Rename(directory + "/e/new", directory + "/moved", true));
      ASSERT_FALSE(files.Rename(directory + "/none/new", directory + "/moved", true));
      ASSERT_TRUE(files.List(directory));
    }
    EXPECT_EQ(open_now(), before);
  });
}

TEST_P(ConfinedFileSystemTest, ADirectoryMadeAnewIsUsed) {
  RunAll([&](ConfinedFileSystem& files) {
    ASSERT_TRUE(files.Stat(Path("out/own"), false));
    fs::rename(tree_.root() / "out", tree_.root() / "old");
    EXPECT_TRUE(files.WriteNew(Path("out/own/new"), kBytes)) << "it goes where the directory has gone";
    fs::remove_all(tree_.root() / "old");
    EXPECT_EQ(files.WriteNew(Path("out/new"), kBytes).error().code, ErrorCode::kNotFound);
    fs::create_directory(tree_.root() / "out");
    EXPECT_EQ(files.WriteNew(Path("out/new"), kBytes).error().code, ErrorCode::kNotFound);
    EXPECT_TRUE(files.CreateDirectories(Path("out/sub")));
    fs::remove_all(tree_.root() / "out");
    EXPECT_EQ(files.CreateDirectories(Path("out/sub")).error().code, ErrorCode::kNotFound);
    EXPECT_FALSE(fs::exists(tree_.root() / "out"));
    fs::create_directory(tree_.root() / "out");
    EXPECT_TRUE(files.CreateDirectories(Path("out/sub")));
    EXPECT_TRUE(files.WriteNew(Path("out/new"), kBytes));
  });
  EXPECT_TRUE(fs::is_directory(tree_.root() / "out/sub"));
}

TEST_P(ConfinedFileSystemTest, OriginalsAreKeptInTheirDirectory) {
  fs::create_directory_symlink("../outside", tree_.root() / "out/example.org");
  RunAll([&](ConfinedFileSystem& files) {
    OriginalFiles originals(files, Path("out"));
    const std::string path = Path("out/example.org/file");
    EXPECT_FALSE(originals.Has(path)) << "it is not there, but elsewhere";
    const Status saved = originals.Save(path, kBytes);
    ASSERT_FALSE(saved);
    EXPECT_THAT(saved.error().message, HasSubstr("out/example.org is a symbolic link"));
    EXPECT_FALSE(originals.Has(Path("out/to_file")));
    EXPECT_TRUE(originals.Save(Path("out/to_file"), kBytes));
    EXPECT_TRUE(originals.Has(Path("out/to_file")));
    originals.RemoveTemporaryDirectory();
  });
  ExpectOutsideUntouched();
}

// From one disk to another a file is copied beside its new name.
TEST(ConfinedFileSystem, CopiesFromDiskToDisk) {
  std::string shared = "/dev/shm/tbbthumbs-test-XXXXXX";
  if (mkdtemp(shared.data()) == nullptr) GTEST_SKIP() << "no second file system";
  const testing::TempTree tree;
  const std::string out = tree.root().string();
  if (RealFileSystem().Stat(shared, true)->id.device != RealFileSystem().Stat(out, true)->id.device) {
    ConfinedFileSystem files(RealFileSystem(), {shared, out});
    tree.Write("outside/file", "of somebody else");
    fs::create_directory_symlink("outside", tree.root() / "link");
    fs::create_symlink("outside/file", tree.root() / "to_file");
    ASSERT_TRUE(files.WriteNew(shared + "/a", kBytes));
    const auto before = files.Stat(shared + "/a", false);
    EXPECT_FALSE(files.Rename(shared + "/a", out + "/link/a", true));
    EXPECT_EQ(files.Rename(shared + "/a", out + "/to_file", false).error().code, ErrorCode::kExists);
    EXPECT_TRUE(files.Rename(shared + "/a", out + "/to_file", true));
    EXPECT_EQ(files.Stat(out + "/to_file", false)->modified, before->modified);
    // A link that has taken the place of what is to be copied.
    fs::create_symlink(tree.root() / "outside/file", shared + "/b");
    EXPECT_FALSE(files.Rename(shared + "/b", out + "/b", true));
    EXPECT_THAT(tree.Files(), ElementsAre("outside/file", "to_file"));
    EXPECT_EQ(tree.Read("outside/file"), "of somebody else");
  }
  fs::remove_all(shared);
}

TEST(ConfinedFileSystem, AsksTheBaseOfAllElse) {
  testing::MemoryFileSystem memory;
  memory.AddFile("in/a.jpg", kBytes);
  const testing::TempTree tree;
  ConfinedFileSystem files(memory, {tree.root().string()});
  EXPECT_EQ((*files.Open("in/a.jpg"))->info().bytes, 10u);
  EXPECT_EQ(files.List("in")->size(), 1u);
  EXPECT_TRUE(files.CreateDirectories("in/b"));
  EXPECT_TRUE(files.WriteNew("in/b/c", kBytes));
  EXPECT_TRUE(files.Rename("in/b/c", "in/b/d", false));
  EXPECT_TRUE(files.Link("in/b/d", "in/e"));
  EXPECT_TRUE(files.Remove("in/b/d"));
  EXPECT_THAT(memory.Files(), ElementsAre("in/a.jpg", "in/e"));
  EXPECT_THAT(tree.Files(), IsEmpty());
  // Of directories in each other the inner one knows.
  tree.Write("a/x/file", "");
  fs::create_directory_symlink("x", tree.root() / "a/link");
  const std::string root = tree.root().string();
  ConfinedFileSystem both(memory, {root, root + "/a/link"});
  EXPECT_TRUE(both.Stat(root + "/a/link/file", false));
}

// In a directory like /tmp, where only the owner of a name may take it away.
TEST(ConfinedFileSystem, SomebodyElsesOwnDirectoryIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  const testing::TempTree tree;
  const std::string out = (tree.root() / "out").string();
  const std::string own = out + "/" + std::string(kOwnDirectory);
  fs::create_directories(own);
  constexpr uid_t kOther = 12345;
  const auto make = [&](mode_t mode, uid_t owner_of_out, uid_t owner_of_own) {
    EXPECT_EQ(chown(out.c_str(), owner_of_out, 0), 0);
    EXPECT_EQ(chown(own.c_str(), owner_of_own, 0), 0);
    EXPECT_EQ(chmod(out.c_str(), mode), 0);
    return ConfinedFileSystem(RealFileSystem(), {out}).CreateDirectories(own + "/tmp");
  };
  const Status refused = make(01777, 0, kOther);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kIo);
  EXPECT_EQ(refused.error().message, own + " belongs to another user, in a directory where everybody may write");
  EXPECT_FALSE(fs::exists(own + "/tmp"));
  EXPECT_EQ(ConfinedDirectory(out).OpenOwn(std::string(kOwnDirectory)).error().message, refused.error().message);
  EXPECT_TRUE(make(01777, 0, 0));
  EXPECT_TRUE(make(01777, kOther, kOther)) << "who owns the directory may do anything in it";
  EXPECT_TRUE(make(0777, 0, kOther));
  EXPECT_TRUE(make(01755, 0, kOther));
}

}  // namespace
}  // namespace tbbthumbs
