// Files that change, vanish or are replaced between being found and being decoded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/file_source.h"
#include "pipeline/stages.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/temp_tree.h"

namespace tbbthumbs {
namespace {

using std::chrono::seconds;
using testing::MemoryFileSystem;

// The one picture of a run: in memory whole before it is decoded, or read as it is needed.
class ChangedInputTest : public ::testing::TestWithParam<bool> {
 protected:
  ChangedInputTest() {
    files_.AddDirectory("out");
    files_.AddFile(kPath, jpeg_, seconds(1000));
    options_.input.paths = {"in"};
    options_.output = "out";
    options_.specs.sizes = {{16, 16}};
    if (!GetParam()) options_.read_ahead_bytes = 500;
  }

  // Does `change` at the first call of `operation` (see MemoryFileSystem::on_call), before it is answered.
  void At(const std::string& operation, std::function<void()> change) {
    files_.on_call = [operation, change = std::move(change), done = false](
                         const std::string& called, const std::string& path) mutable -> std::optional<Error> {
      if (called == operation && path == kPath && !std::exchange(done, true)) change();
      return std::nullopt;
    };
  }

  PictureResult Run() {
    std::optional<PictureResult> ended;
    Stages stages(
        files_, options_, [&](PictureResult result) { ended = std::move(result); }, [] {});
    const std::unique_ptr<Item> item = stages.items().Next();
    const size_t bytes = stages.LookUp(*item);
    item->claim = stages.budget().Charge(bytes);
    stages.Fetch(*item, bytes);
    stages.thumbnailer().Process(*item);
    stages.publisher().Stage(*item);
    stages.publisher().Commit(*item);
    EXPECT_TRUE(ended);
    return ended.value_or(PictureResult{});
  }

  void ExpectChanged() {
    const PictureResult result = Run();
    EXPECT_EQ(result.outcome, Outcome::kFailed);
    ASSERT_TRUE(result.error);
    EXPECT_EQ(result.error->code, ErrorCode::kChanged) << result.error->message;
    EXPECT_THAT(result.error->message, ::testing::HasSubstr("while it was read"));
    for (const std::string& file : files_.Files()) EXPECT_THAT(file, ::testing::StartsWith("in/"));
  }

  static constexpr const char* kPath = "in/a.jpg";
  const std::vector<std::byte> jpeg_ = testing::MakeJpeg({.size = {320, 240}});
  const std::vector<std::byte> other_ = testing::MakeJpeg({.size = {300, 240}});
  MemoryFileSystem files_;
  JobOptions options_;
};

TEST_P(ChangedInputTest, OneThatStaysIsLookedAtOnce) {
  int looks = 0;
  files_.on_call = [&](const std::string& operation, const std::string&) {
    if (operation == "LookUp") ++looks;
    return std::optional<Error>();
  };
  EXPECT_EQ(Run().outcome, Outcome::kMade);
  EXPECT_EQ(looks, 1);
}

TEST_P(ChangedInputTest, Rewritten) {
  At("ReadAt", [&] { files_.Rewrite(kPath, other_, seconds(2000)); });
  ExpectChanged();
}

TEST_P(ChangedInputTest, RewrittenAfterTheLastByteWasRead) {
  At("LookUp", [&] { files_.Rewrite(kPath, jpeg_, seconds(2000)); });
  ExpectChanged();
}

TEST_P(ChangedInputTest, ShortenedWithinATickOfTheClock) {
  std::vector<std::byte> half = jpeg_;
  half.resize(half.size() / 2);
  At("ReadAt", [&] { files_.Rewrite(kPath, half, seconds(1000)); });
  ExpectChanged();
}

TEST_P(ChangedInputTest, GrownWithinATickOfTheClock) {
  std::vector<std::byte> longer = jpeg_;
  longer.resize(longer.size() + 1);
  At("ReadAt", [&] { files_.Rewrite(kPath, longer, seconds(1000)); });
  ExpectChanged();
}

TEST_P(ChangedInputTest, Removed) {
  At("ReadAt", [&] { EXPECT_TRUE(files_.Remove(kPath)); });
  ExpectChanged();
}

TEST_P(ChangedInputTest, AnotherFileTookItsName) {
  At("ReadAt", [&] { files_.AddFile(kPath, jpeg_, seconds(1000)); });
  ExpectChanged();
}

TEST_P(ChangedInputTest, AServerNoLongerHasIt) {
  for (const std::string operation : {"ReadAt", "LookUp"}) {
    files_.on_call = [&](const std::string& called, const std::string&) {
      return called == operation ? std::optional(Error{ErrorCode::kChanged, "it vanished while it was read"})
                                 : std::nullopt;
    };
    ExpectChanged();
  }
}

TEST_P(ChangedInputTest, GoneBeforeItIsOpened) {
  for (const std::string operation : {"Stat", "Open"}) {
    for (const bool found : {true, false}) {
      files_.AddFile(kPath, jpeg_, seconds(1000));
      options_.input.paths = {found ? "in" : kPath};
      // A file that is named is looked up once more: to see that it is no directory.
      int calls_left = operation == "Stat" && !found ? 2 : 0;
      files_.on_call = [&](const std::string& called, const std::string& path) {
        if (called == operation && path == kPath && calls_left-- == 0) {
          EXPECT_TRUE(files_.Remove(kPath));
        }
        return std::optional<Error>();
      };
      const PictureResult result = Run();
      ASSERT_TRUE(result.error) << operation << found;
      EXPECT_EQ(result.error->code, ErrorCode::kNotFound);
      EXPECT_EQ(result.error->message == "it is gone since it was found", found) << result.error->message;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, ChangedInputTest, ::testing::Bool(),
                         [](const auto& param) { return param.param ? "Resident" : "OnDemand"; });

// The same of real files.
TEST(ChangedFile, IsNoticed) {
  const testing::TempTree tree;
  const auto source_after = [&](const std::function<void()>& change) {
    tree.Write("file", std::string(1000, 'x'));
    auto source = std::move(*FileSource::Open(tree.root() / "file"));
    EXPECT_TRUE(source->MakeResident(500));
    change();
    return source;
  };
  const auto check = [&](const std::function<void()>& change) { return source_after(change)->CheckUnchanged(); };
  const auto rest = [&](const std::function<void()>& change) { return source_after(change)->MakeResident(1000); };
  namespace fs = std::filesystem;
  const fs::path file = tree.root() / "file";
  const std::vector<std::function<void()>> changes = {
      [&] { fs::resize_file(file, 700); }, [&] { fs::resize_file(file, 1001); },
      [&] { fs::last_write_time(file, fs::file_time_type::clock::now() + seconds(5)); }, [&] { fs::remove(file); },
      [&] { fs::rename(tree.Write("other", std::string(1000, 'x')), file); }};
  for (const auto& look : {std::function<Status(const std::function<void()>&)>(check), {rest}}) {
    EXPECT_TRUE(look([] {}));
    for (const auto& change : changes) {
      const Status status = look(change);
      ASSERT_FALSE(status);
      EXPECT_EQ(status.error().code, ErrorCode::kChanged);
    }
  }
}

}  // namespace
}  // namespace tbbthumbs
