#include "pipeline/missing_disk.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "tests/support/memory_file_system.h"

namespace tbbthumbs {
namespace {

class MissingDiskTest : public ::testing::Test {
 protected:
  // The disk that may be missing; "" where there is none.
  std::string Find(const std::string& directory) { return MissingDiskFinder(files_).Find(directory).value_or(""); }

  testing::MemoryFileSystem files_;
};

TEST_F(MissingDiskTest, ParentsEndAtTheRoot) {
  EXPECT_EQ(ParentDirectory("/a/b"), "/a");
  EXPECT_EQ(ParentDirectory("/a"), "/");
  EXPECT_EQ(ParentDirectory("/"), "/");
}

TEST_F(MissingDiskTest, WhereOthersAreAFileWasRemoved) {
  files_.AddFile("/home/ann/photos/b.jpg");
  EXPECT_EQ(Find("/home/ann/photos"), "");
  EXPECT_EQ(Find("/home/ann/photos/2023/05"), "");
}

TEST_F(MissingDiskTest, AnEmptyDirectoryMayBeWhereADiskBelongs) {
  files_.AddDirectory("/data/disk");
  files_.AddFile("/data/other/b.jpg");
  EXPECT_EQ(Find("/data/disk"), "/data/disk");
  EXPECT_EQ(Find("/data/disk/2023/05"), "/data/disk");
}

TEST_F(MissingDiskTest, DirectoriesOfTheRootAreOftenDisks) {
  files_.AddFile("/home/b.jpg");
  EXPECT_EQ(Find("/photos"), "/photos");
  EXPECT_EQ(Find("/photos/2023/05"), "/photos");
}

TEST_F(MissingDiskTest, WhereOtherDisksAreMountedOneMayBeMissing) {
  files_.AddMounted("/data/disks/one");
  files_.AddFile("/data/disks/one/b.jpg");
  files_.AddFile("/data/disks/readme.txt");
  EXPECT_EQ(Find("/data/disks/two/2023"), "/data/disks/two");
  EXPECT_EQ(Find("/data/disks/one/2023"), "");
  // A file is no disk.
  EXPECT_EQ(Find("/data/disks"), "");
}

TEST_F(MissingDiskTest, DirectoriesForDisksComeAndGoWithThem) {
  for (const char* place : {"/mnt", "/media", "/media/ann", "/run/media", "/run/media/ann"}) {
    const std::string directory = place;
    files_.AddFile(directory + "/readme.txt");
    EXPECT_EQ(Find(directory + "/disk/2023"), directory + "/disk");
  }
}

TEST_F(MissingDiskTest, ADiskThatIsThereIsNone) {
  for (const char* place : {"/mnt", "/mnt/one", "/media/one", "/media/ann/one", "/run/media/ann/one"}) {
    files_.AddMounted(place);
    files_.AddFile(std::string(place) + "/b.jpg");
    EXPECT_EQ(Find(std::string(place) + "/2023"), "") << place;
  }
}

TEST_F(MissingDiskTest, ALinkThatPointsNowhereMayPointToADisk) {
  files_.AddFile("/home/ann/b.jpg");
  files_.AddLink("/home/ann/photos", "/data/disk");
  EXPECT_EQ(Find("/home/ann/photos"), "/home/ann/photos");
  EXPECT_EQ(Find("/home/ann/photos/2023"), "/home/ann/photos");
}

TEST_F(MissingDiskTest, AFileInPlaceOfADirectoryIsNoDisk) {
  files_.AddFile("/home/ann/photos");
  EXPECT_EQ(Find("/home/ann/photos/2023"), "");
}

TEST_F(MissingDiskTest, WhatCantBeLookedUpMayBeADisk) {
  files_.AddFile("/home/ann/b.jpg");
  files_.AddFile("/home/ann/photos/b.jpg");
  files_.on_call = [](const std::string& operation, const std::string& path) -> std::optional<Error> {
    if (operation == "List" && path == "/home/ann/photos") return Error{ErrorCode::kIo, "no permission"};
    if (operation == "Stat" && path == "/home/ann/stale") return Error{ErrorCode::kIo, "stale file handle"};
    return std::nullopt;
  };
  EXPECT_EQ(Find("/home/ann/photos/2023"), "/home/ann/photos");
  EXPECT_EQ(Find("/home/ann/stale/2023"), "/home/ann/stale");
  EXPECT_EQ(Find("/home/ann/2023"), "");
}

}  // namespace
}  // namespace tbbthumbs
