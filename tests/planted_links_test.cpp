// Symbolic links that somebody has put into directories that the command writes into.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/exchanger.h"
#include "tests/support/pictures.h"
#include "tests/support/without_openat2.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::JpegFile;
using testing::ProcessResult;

class PlantedLinksTest : public testing::CommandFixture {
 protected:
  PlantedLinksTest() {
    for (const char* name : {"in/a.jpg", "in/sub/b.jpg"}) tree_.Write(name, JpegFile({64, 48}));
    tree_.Write("outside/file", "of somebody else");
    fs::create_directory(Path("outside/empty"));
    fs::create_directory(Path("out"));
  }

  fs::path Path(const std::string& relative) const { return tree_.root() / relative; }

  // `place` becomes a link to a directory outside of all that the command has been told of.
  void Plant(const std::string& place, const std::string& target = "outside") const {
    fs::create_directories(Path(place).parent_path());
    fs::create_symlink(Path(target), Path(place));
  }

  void ExpectOutsideUntouched() const {
    EXPECT_THAT(tree_.Files("outside"), ElementsAre("file"));
    EXPECT_EQ(tree_.Read("outside/file"), "of somebody else");
    EXPECT_EQ(std::distance(fs::recursive_directory_iterator(Path("outside")), {}), 2);
  }
};

TEST_F(PlantedLinksTest, InThePlaceOfADirectory) {
  Plant("out/sub");
  const ProcessResult result = Run({"in", "-o", "out", "--json"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("in/sub/b.jpg: io: its thumbnail: out/sub is a symbolic link, and none is followed "
                                    "there\n"));
  const auto lines = JsonLines(result.out);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[2]["made"], 1);
  EXPECT_EQ(lines[2]["failed"], 1);
  EXPECT_TRUE(fs::is_symlink(Path("out/sub")));
  EXPECT_THAT(tree_.Files("out"), ElementsAre("a_256.jpg"));
  ExpectOutsideUntouched();
  fs::remove(Path("out/sub"));
  EXPECT_EQ(Run({"in", "-o", "out"}).exit_code, 0);
  EXPECT_THAT(tree_.Files("out"), ElementsAre("a_256.jpg", "sub/b_256.jpg"));
}

TEST_F(PlantedLinksTest, InThePlaceOfAThumbnail) {
  for (const char* target : {"outside/file", "outside/new", "outside"}) {
    for (const char* how : {"update", "overwrite"}) {
      fs::remove_all(Path("out"));
      Plant("out/a_256.jpg", target);
      const ProcessResult result = Run({"in", "-o", "out", "--if-exists", how});
      EXPECT_EQ(result.exit_code, 0) << result.err;
      EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(Path("out/a_256.jpg")))) << target << " " << how;
      ExpectOutsideUntouched();
    }
    for (const char* how : {"skip", "fail"}) {
      fs::remove_all(Path("out"));
      Plant("out/a_256.jpg", target);
      EXPECT_EQ(Run({"in", "-o", "out", "--if-exists", how}).exit_code, how == std::string("fail") ? 1 : 0);
      EXPECT_TRUE(fs::is_symlink(Path("out/a_256.jpg"))) << target << " " << how;
      EXPECT_TRUE(fs::exists(Path("out/sub/b_256.jpg")));
      ExpectOutsideUntouched();
    }
  }
}

// Not even what is newer than its picture and has the bytes of its thumbnail.
TEST_F(PlantedLinksTest, ALinkToAThumbnailIsNone) {
  ASSERT_EQ(Run({"in", "-o", "out"}).exit_code, 0);
  fs::rename(Path("out/a_256.jpg"), Path("elsewhere.jpg"));
  Plant("out/a_256.jpg", "elsewhere.jpg");
  for (const char* journal : {"--no-journal", "--progress=never"}) {
    EXPECT_EQ(Run({"in", "-o", "out", journal}).exit_code, 0);
    EXPECT_FALSE(fs::is_symlink(Path("out/a_256.jpg"))) << journal;
    fs::remove(Path("out/a_256.jpg"));
    Plant("out/a_256.jpg", "elsewhere.jpg");
  }
}

TEST_F(PlantedLinksTest, InThePlaceOfTheCommandsOwn) {
  for (const std::string place :
       {".tbbthumbs", ".tbbthumbs/tmp", ".tbbthumbs/journal.db", ".tbbthumbs/journal.db-journal"}) {
    for (const std::string target : {"outside", "outside/file", "outside/new"}) {
      fs::remove_all(Path("out"));
      Plant("out/" + place, target);
      const ProcessResult result = Run({"in", "-o", "out"});
      // What lies beside the database makes it a damaged one, which is set aside.
      const bool beside = place.ends_with("-journal");
      EXPECT_EQ(result.exit_code, beside ? 0 : 74) << place << "\n" << result.err;
      if (!beside) {
        EXPECT_THAT(result.err, HasSubstr("is a symbolic link, and none is followed there")) << place;
        EXPECT_TRUE(fs::is_symlink(Path("out/" + place))) << place;
      }
      Run({"prune", "out"});
      Run({"status", "out"});
      Run({"in", "-o", "out", "--dry-run"});
      ExpectOutsideUntouched();
    }
  }
}

TEST_F(PlantedLinksTest, PruningRemovesNothingBehindThem) {
  ASSERT_EQ(Run({"in", "-o", "out"}).exit_code, 0);
  fs::remove_all(Path("in/sub"));
  // The very files that the journal knows, but elsewhere.
  fs::rename(Path("out/sub"), Path("kept"));
  fs::create_directory(Path("kept/empty"));
  Plant("out/sub", "kept");
  const ProcessResult result = Run({"prune", "out"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("out/sub is a symbolic link, and none is followed there"));
  EXPECT_THAT(tree_.Files("kept"), ElementsAre("b_256.jpg"));
  EXPECT_TRUE(fs::is_directory(Path("kept/empty")));
  EXPECT_TRUE(fs::is_symlink(Path("out/sub")));
}

TEST_F(PlantedLinksTest, ShardsAndTheirMerge) {
  ASSERT_EQ(Run({"plan", "in", "-o", "out", "--shards", "2", "--plan", "p.db"}).exit_code, 0);
  Plant("out/.tbbthumbs/shards");
  const ProcessResult refused = Run({"run", "--plan", "p.db", "--shard", "0"});
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_THAT(refused.err, HasSubstr("out/.tbbthumbs/shards is a symbolic link, and none is followed there"));
  Run({"merge", "--plan", "p.db"});
  ExpectOutsideUntouched();
  fs::remove(Path("out/.tbbthumbs/shards"));
  for (const char* shard : {"0", "1"}) EXPECT_EQ(Run({"run", "--plan", "p.db", "--shard", shard}).exit_code, 0);
  fs::rename(Path("out/.tbbthumbs/shards"), Path("kept"));
  Plant("out/.tbbthumbs/shards", "kept");
  const auto before = tree_.Files("kept");
  EXPECT_NE(Run({"merge", "--plan", "p.db"}).exit_code, 0);
  EXPECT_EQ(tree_.Files("kept"), before);
}

TEST_F(PlantedLinksTest, LogsOfRenaming) {
  for (const std::string place : {".tbbthumbs", ".tbbthumbs/renames"}) {
    Plant("in/" + place);
    const ProcessResult result = Run({"rename", "in", "--name", "{seq}"});
    EXPECT_NE(result.exit_code, 0) << place;
    EXPECT_THAT(result.err, HasSubstr("in/" + place + " is a symbolic link, and none is followed there"));
    fs::remove_all(Path("in/.tbbthumbs"));
    EXPECT_TRUE(fs::exists(Path("in/a.jpg")));
    ExpectOutsideUntouched();
  }
  Plant("in/.tbbthumbs/renames/new.part", "outside/file");
  EXPECT_EQ(Run({"rename", "in", "--name", "{seq}"}).exit_code, 0);
  EXPECT_FALSE(fs::exists(Path("in/a.jpg")));
  ExpectOutsideUntouched();
}

TEST_F(PlantedLinksTest, TheUsersOwnAreFollowed) {
  fs::create_directory(Path("disk"));
  fs::create_directory_symlink("disk", Path("way"));
  EXPECT_EQ(Run({"in", "-o", "way/there"}).exit_code, 0);
  EXPECT_EQ(Run({"in", "-o", "way"}).exit_code, 0);
  EXPECT_THAT(tree_.Files("disk"), ElementsAre("a_256.jpg", "sub/b_256.jpg", "there/a_256.jpg", "there/sub/b_256.jpg"));
  EXPECT_TRUE(fs::is_symlink(Path("way")));
}

// In a directory like /tmp, what belongs to neither the user nor the directory's owner decides about nothing.
TEST_F(PlantedLinksTest, WhatIsSomebodyElsesIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  tree_.Write("out/tbbthumbs.conf", "journal = outside/journal.db\n");
  constexpr uid_t kOther = 12345;
  ASSERT_EQ(chown(Path("out/tbbthumbs.conf").c_str(), kOther, 0), 0);
  ASSERT_EQ(chmod(Path("out").c_str(), 01777), 0);
  const ProcessResult refused = Run({"in", "-o", "out"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("out/tbbthumbs.conf belongs to another user, in a directory where everybody may"));
  ExpectOutsideUntouched();
  fs::remove(Path("out/tbbthumbs.conf"));
  tree_.Write("out/.tbbthumbs/theirs", "");
  ASSERT_EQ(chown(Path("out/.tbbthumbs").c_str(), kOther, 0), 0);
  for (const char* journal : {"--no-journal", "--progress=never"}) {
    const ProcessResult result = Run({"in", "-o", "out", journal});
    EXPECT_EQ(result.exit_code, 74) << journal;
    EXPECT_THAT(result.err, HasSubstr("out/.tbbthumbs belongs to another user, in a directory where everybody may"));
  }
  ASSERT_EQ(chmod(Path("out").c_str(), 0777), 0);
  EXPECT_EQ(Run({"in", "-o", "out"}).exit_code, 0);
}

// Exchanged over and over while the command works: directories of thumbnails, and its own.
TEST_F(PlantedLinksTest, PutThereMeanwhile) {
  constexpr int kPictures = 300;
  for (int i = 0; i < kPictures; ++i) tree_.Write("in/sub/" + std::to_string(i) + ".jpg", JpegFile({16, 16}));
  for (const int error_number : {0, ENOSYS}) {
    for (const std::string place : {"sub", ".tbbthumbs", ".tbbthumbs/tmp"}) {
      fs::remove_all(Path("out"));
      fs::create_directories(Path("out/" + place));
      Plant("out/link");
      ProcessResult result;
      uint64_t exchanges = 0;
      const auto run = [&] {
        const testing::Exchanger exchanger(Path("out/" + place), Path("out/link"));
        result = Run({"in", "-o", "out", "--json"});
        exchanges = exchanger.times();
      };
      if (error_number == 0) {
        run();
      } else if (!testing::RunWithoutOpenat2(error_number, run)) {
        GTEST_SKIP() << "system calls can't be forbidden here";
      }
      EXPECT_GT(exchanges, 0u);
      ExpectOutsideUntouched();
      if (result.out.empty()) continue;  // refused before it began
      const auto summary = JsonLines(result.out).back();
      const uint64_t made = summary["made"];
      const uint64_t failed = summary["failed"];
      const uint64_t left = summary["left"];
      EXPECT_EQ(summary["inputs"], made + failed + left) << place;
      // Without its own directory no run goes on.
      if (place == "sub") {
        EXPECT_EQ(made + failed, kPictures + 2u);
      }
      const auto files = tree_.Files("out");
      const auto is_thumbnail = [](const std::string& name) { return name.ends_with(".jpg"); };
      EXPECT_EQ(std::count_if(files.begin(), files.end(), is_thumbnail), made) << place;
    }
  }
}

// What the umask leaves is what others may do, with the journal too.
TEST_F(PlantedLinksTest, ModesAreThoseOfTheUmask) {
  const mode_t before = umask(0);
  for (const mode_t mask : {0022U, 0027U, 0077U, 0002U}) {
    fs::remove_all(Path("out"));
    umask(mask);
    const ProcessResult result = Run({"in", "-o", "out"});
    const ProcessResult planned = Run({"plan", "in", "-o", "out", "--shards", "1", "--plan", "out/p.db"});
    umask(before);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    ASSERT_EQ(planned.exit_code, 0) << planned.err;
    int files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(Path("out"))) {
      const mode_t most = entry.is_directory() ? 0777 : 0666;
      struct stat status {};
      ASSERT_EQ(stat(entry.path().c_str(), &status), 0);
      EXPECT_EQ(status.st_mode & 07777U, most & ~mask) << entry.path() << " with " << mask;
      ++files;
    }
    EXPECT_EQ(files, 6) << "two thumbnails, a directory, our own, the journal in it and the plan";
  }
  umask(before);
}

}  // namespace
}  // namespace tbbthumbs
