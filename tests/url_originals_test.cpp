// What was fetched from the web, kept beside its thumbnails.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/pictures.h"
#include "tests/support/url_fixture.h"

namespace tbbthumbs {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::ProcessResult;
using ::testing::StartsWith;

class UrlOriginalsTest : public testing::UrlFixture {
 protected:
  void TearDown() override {
    for (const std::string& path : mounts_) EXPECT_EQ(umount2(path.c_str(), MNT_DETACH), 0) << std::strerror(errno);
  }

  // A file system of 1 MiB at `path` of the tree. Skips the test where that is not permitted.
  void Mount(const std::string& path) {
    const std::string whole = (tree_.root() / path).string();
    std::filesystem::create_directories(whole);
    if (mount("tmpfs", whole.c_str(), "tmpfs", 0, "size=1m") != 0) {
      ASSERT_TRUE(errno == EPERM || errno == EACCES) << std::strerror(errno);
      GTEST_SKIP() << "a file system can't be mounted here: " << std::strerror(errno);
    }
    mounts_.push_back(whole);
  }

  const Words keep_{"--save-originals", "originals"};
  std::vector<std::string> mounts_;
};

TEST_F(UrlOriginalsTest, AreTheServersBytesUnderTheAddressesNames) {
  const auto jpeg = testing::JpegFile({90, 60});
  tree_.Write("web/a.jpg", jpeg);
  tree_.Write("web/in/two words.png", testing::PngFile({90, 60}));
  tree_.Write("web/in/noending", jpeg);
  tree_.Write("web/damaged.jpg", std::span<const std::byte>(jpeg).first(jpeg.size() / 2));
  tree_.Write("web/page.jpg", "<html>");
  const std::string port = std::to_string(server_->port());
  WriteList({Url("a.jpg"), Url("a.jpg?size=1"), Url("in/two%20words.png"), Url("in/noending"), Url("damaged.jpg"),
             Url("page.jpg"), Url("missing.jpg"), "http://localhost:" + port + "/a.jpg", Url("_/to?url=/a.jpg"),
             Url("_/chunked/a.jpg\tother/name")});
  const ProcessResult result = Fetch(keep_, 1);
  EXPECT_EQ(Summary(result)["made"], 7);
  EXPECT_EQ(Summary(result)["failed"], 3);
  const std::vector<std::string> files = tree_.Files("originals");
  ASSERT_EQ(files.size(), 8u) << ::testing::PrintToString(files);
  // A port of its own is in all of these.
  const auto expect_one = [&](const std::string& begin, const std::string& end, const std::string& of, size_t count) {
    size_t found = 0;
    for (const std::string& file : files) {
      if (!file.starts_with(begin + "_") || !file.ends_with(end) || file.size() != begin.size() + 9 + end.size())
        continue;
      EXPECT_TRUE(tree_.Read("originals/" + file) == tree_.Read("web/" + of)) << file;
      ++found;
    }
    EXPECT_EQ(found, count) << begin << " of " << ::testing::PrintToString(files);
  };
  expect_one("127.0.0.1/a", ".jpg", "a.jpg", 2);
  expect_one("127.0.0.1/in/two words", ".png", "in/two words.png", 1);
  expect_one("127.0.0.1/in/noending", "", "in/noending", 1);
  expect_one("127.0.0.1/damaged", ".jpg", "damaged.jpg", 1);
  expect_one("localhost/a", ".jpg", "a.jpg", 1);
  expect_one("127.0.0.1/_/to", "", "a.jpg", 1);
  expect_one("127.0.0.1/_/chunked/a", ".jpg", "a.jpg", 1);
}

TEST_F(UrlOriginalsTest, WhatIsMissingIsFetchedThoughItsThumbnailIsThere) {
  Words lines;
  for (int i = 0; i < 6; ++i) {
    tree_.Write("web/" + std::to_string(i) + ".jpg", testing::JpegFile({90 + i, 60}));
    lines.push_back(Url(std::to_string(i) + ".jpg"));
  }
  WriteList(lines);
  Fetch();
  EXPECT_EQ(Summary(Fetch(keep_))["urls"]["not_modified"], 0) << "none is kept yet";
  const auto kept = Tree("originals");
  EXPECT_EQ(kept.size(), 6u);
  auto summary = Summary(Fetch(keep_));
  EXPECT_EQ(summary["urls"]["not_modified"], 6);
  EXPECT_EQ(summary["up_to_date"], 6);
  std::filesystem::remove(tree_.root() / "originals" / kept.begin()->first);
  summary = Summary(Fetch(keep_));
  EXPECT_EQ(summary["urls"]["not_modified"], 5);
  EXPECT_EQ(summary["failed"], 0);
  ExpectSame(Tree("originals"), kept);

  // One that changes is replaced.
  tree_.Write("web/3.jpg", testing::JpegFile({200, 70}));
  EXPECT_EQ(Summary(Fetch(keep_))["made"], 1);
  size_t changed = 0;
  for (const auto& [name, bytes] : Tree("originals")) {
    if (bytes == kept.at(name)) continue;
    ++changed;
    EXPECT_TRUE(bytes == tree_.Read("web/3.jpg")) << name;
  }
  EXPECT_EQ(changed, 1u);
}

TEST_F(UrlOriginalsTest, TwiceTheSameAddressIsKeptUnderTwoNames) {
  tree_.Write("web/a.jpg", testing::JpegFile({90, 60}));
  WriteList({Url("a.jpg"), Url("a.jpg"), Url("A.JPG"), Url("_/delay/100/a.jpg")});
  std::filesystem::copy_file(tree_.root() / "web/a.jpg", tree_.root() / "web/A.JPG");
  for (const char* order : {"list", "arrival"}) {
    std::filesystem::remove_all(tree_.root() / "originals");
    std::filesystem::remove_all(tree_.root() / "out");
    EXPECT_EQ(Summary(Fetch(Joined(keep_, {"--order", order})))["made"], 4);
    EXPECT_EQ(Tree("originals").size(), 4u);
    for (const auto& [name, bytes] : Tree("originals")) EXPECT_TRUE(bytes == tree_.Read("web/a.jpg")) << name;
  }
}

TEST_F(UrlOriginalsTest, NotAmongTheThumbnails) {
  tree_.Write("web/a.jpg", testing::JpegFile({90, 60}));
  WriteList({Url("a.jpg")});
  for (const char* place : {"out", "out/originals", "out/../out/x/y"}) {
    const ProcessResult result = Fetch({"--save-originals", place}, 2);
    EXPECT_THAT(result.err, HasSubstr("lies in the output directory")) << place;
  }
  EXPECT_TRUE(server_->Log().empty());
  EXPECT_TRUE(Tree("out").empty());
  tree_.Write("file", "");
  Fetch({"--save-originals", "file/below"}, 74);
  // A dry run keeps nothing.
  Fetch(Joined(keep_, {"--dry-run"}));
  EXPECT_FALSE(std::filesystem::exists(tree_.root() / "originals"));
}

TEST_F(UrlOriginalsTest, OneThatCantBeWrittenIsThatPicturesFailure) {
  tree_.Write("web/a.jpg", testing::JpegFile({90, 60}));
  tree_.Write("web/in/b.jpg", testing::JpegFile({90, 60}));
  WriteList({Url("in/b.jpg"), Url("a.jpg")});
  // A file where a directory is to be.
  tree_.Write("originals/127.0.0.1/in", "in the way");
  const ProcessResult result = Fetch(keep_, 1);
  EXPECT_THAT(result.err, StartsWith("tbbthumbs: " + Url("in/b.jpg") + ": io: its original can't be kept: "));
  EXPECT_EQ(Summary(result)["made"], 1);
  EXPECT_EQ(tree_.Files("originals").size(), 2u);
  std::filesystem::remove(tree_.root() / "originals/127.0.0.1/in");
  EXPECT_EQ(Summary(Fetch(keep_))["made"], 1);
}

TEST_F(UrlOriginalsTest, AFullDiskEndsTheRun) {
  ASSERT_NO_FATAL_FAILURE(Mount("small"));
  if (IsSkipped()) return;
  constexpr int kPictures = 60;
  Words lines;
  for (int i = 0; i < kPictures; ++i) {
    tree_.Write("web/" + std::to_string(i) + ".jpg", testing::JpegFile({900, 600 + i}));
    lines.push_back(Url(std::to_string(i) + ".jpg"));
  }
  WriteList(lines);
  for (const char* order : {"list", "arrival"}) {
    SCOPED_TRACE(order);
    std::filesystem::remove_all(tree_.root() / "out");
    const ProcessResult full = Fetch({"--save-originals", "small/originals", "--order", order}, 74);
    EXPECT_EQ(LinesWith(full.err, "tbbthumbs:"), 1u) << full.err;
    EXPECT_THAT(full.err, StartsWith("tbbthumbs: no_space: the originals: "));
    const auto summary = Summary(full);
    EXPECT_EQ(summary["inputs"].get<int>(), summary["made"].get<int>() + summary["left"].get<int>()) << summary;
    EXPECT_GT(summary["left"], 0);
    const auto kept = Tree("small");
    EXPECT_GT(kept.size(), 0u);
    for (const auto& [name, bytes] : kept) {
      EXPECT_THAT(name, StartsWith("originals/127.0.0.1/")) << "nothing half-written";
      EXPECT_THAT(bytes, EndsWith("\xff\xd9")) << name;
    }
    for (const auto& [name, bytes] : Tree("out")) EXPECT_THAT(bytes, EndsWith("\xff\xd9")) << name;
    ASSERT_EQ(mount("tmpfs", mounts_.back().c_str(), "tmpfs", MS_REMOUNT, "size=20m"), 0) << std::strerror(errno);
    const auto again = Summary(Fetch({"--save-originals", "small/originals", "--order", order}));
    EXPECT_EQ(again["made"].get<int>() + again["up_to_date"].get<int>(), kPictures);
    EXPECT_EQ(Tree("small").size(), size_t{kPictures});
    std::filesystem::remove_all(tree_.root() / "small/originals");
    ASSERT_EQ(mount("tmpfs", mounts_.back().c_str(), "tmpfs", MS_REMOUNT, "size=1m"), 0) << std::strerror(errno);
  }
}

}  // namespace
}  // namespace tbbthumbs
