#include "pipeline/walker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/memory_file_system.h"

namespace tbbthumbs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::MemoryFileSystem;
using ::testing::SizeIs;

std::vector<std::string> Walk(MemoryFileSystem& files, const InputOptions& options, const std::string& root = "in",
                              std::set<FileId> skip = {}, std::vector<Error>* errors = nullptr) {
  Walker walker(files, options, root, std::move(skip));
  std::vector<std::string> found;
  while (auto file = walker.Next()) found.push_back(file->path);
  if (errors != nullptr) *errors = walker.TakeErrors();
  return found;
}

TEST(Walker, FilesOfADirectoryFirstThenSubdirectoriesEachByName) {
  MemoryFileSystem files;
  for (const char* path :
       {"in/b.jpg", "in/a/z.jpg", "in/a/b/c.jpg", "in/c.jpg", "in/B.jpg", "in/a.jpg", "in/d/e.jpg"}) {
    files.AddFile(path);
  }
  EXPECT_THAT(Walk(files, {}),
              ElementsAre("in/B.jpg", "in/a.jpg", "in/b.jpg", "in/c.jpg", "in/a/z.jpg", "in/a/b/c.jpg", "in/d/e.jpg"));
}

TEST(Walker, SaysTheDirectoryRelativeToTheRoot) {
  MemoryFileSystem files;
  files.AddFile("in/a/b/c.jpg");
  const InputOptions options;
  Walker walker(files, options, "in", {});
  EXPECT_EQ(walker.Next()->directory, "a/b");
}

TEST(Walker, TheRootItselfMayBeTheWorkingDirectory) {
  MemoryFileSystem files;
  files.AddFile("a/b.jpg");
  files.AddFile("c.jpg");
  EXPECT_THAT(Walk(files, {}, "."), ElementsAre("c.jpg", "a/b.jpg"));
}

TEST(Walker, HiddenNamesAndSubdirectoriesByOption) {
  MemoryFileSystem files;
  for (const char* path : {"in/.a.jpg", "in/.d/b.jpg", "in/c/d.jpg", "in/e.jpg"}) files.AddFile(path);
  EXPECT_THAT(Walk(files, {}), ElementsAre("in/e.jpg", "in/c/d.jpg"));
  InputOptions hidden;
  hidden.hidden = true;
  EXPECT_THAT(Walk(files, hidden), ElementsAre("in/.a.jpg", "in/e.jpg", "in/.d/b.jpg", "in/c/d.jpg"));
  InputOptions flat;
  flat.recursive = false;
  EXPECT_THAT(Walk(files, flat), ElementsAre("in/e.jpg"));
}

TEST(Walker, GlobsChooseFilesAndKeepOutOfDirectories) {
  MemoryFileSystem files;
  for (const char* path : {"in/a.jpg", "in/a.png", "in/raw/b.jpg", "in/x/raw/c.jpg", "in/x/d.jpg"}) files.AddFile(path);
  InputOptions options;
  options.include = {"*.jpg"};
  options.exclude = {"raw", "x/d*"};
  EXPECT_THAT(Walk(files, options), ElementsAre("in/a.jpg"));
}

TEST(Walker, LinksByOptionAndLoopsOnce) {
  MemoryFileSystem files;
  files.AddFile("in/a.jpg");
  files.AddLink("in/link.jpg", "in/a.jpg");
  files.AddLink("in/dangling.jpg", "nowhere");
  files.AddLink("in/loop", "in");
  files.AddFile("other/b.jpg");
  files.AddLink("in/other", "other");
  EXPECT_THAT(Walk(files, {}), ElementsAre("in/a.jpg"));
  InputOptions follow;
  follow.follow_links = true;
  EXPECT_THAT(Walk(files, follow), ElementsAre("in/a.jpg", "in/link.jpg", "in/other/b.jpg"));
}

TEST(Walker, FifosSocketsAndDevicesAreNotFound) {
  MemoryFileSystem files;
  files.AddOther("in/pipe.jpg");
  EXPECT_THAT(Walk(files, {}), IsEmpty());
}

TEST(Walker, SkippedDirectoriesAreNotEntered) {
  MemoryFileSystem files;
  files.AddFile("in/a.jpg");
  files.AddFile("in/thumbs/a_256.jpg");
  EXPECT_THAT(Walk(files, {}, "in", {files.Stat("in/thumbs", true)->id}), ElementsAre("in/a.jpg"));
}

TEST(Walker, AnUnreadableDirectoryIsAnErrorAndTheRestIsFound) {
  MemoryFileSystem files;
  for (const char* path : {"in/a/1.jpg", "in/b/2.jpg", "in/c/3.jpg"}) files.AddFile(path);
  files.on_call = [](const std::string& operation, const std::string& path) {
    return operation == "List" && path == "in/b" ? std::optional(Error{ErrorCode::kIo, "refused"}) : std::nullopt;
  };
  std::vector<Error> errors;
  EXPECT_THAT(Walk(files, {}, "in", {}, &errors), ElementsAre("in/a/1.jpg", "in/c/3.jpg"));
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_EQ(errors[0].message, "in/b: refused");
}

}  // namespace
}  // namespace tbbthumbs
