// Journals in output directories where others may write: what lies at their paths may change at any moment.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/file_system.h"
#include "pipeline/journal_store.h"
#include "tests/support/exchanger.h"
#include "tests/support/journal_fixture.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::JournalFixture;
using testing::JournalRowOf;
using testing::JournalRows;

class JournalPlaceTest : public JournalFixture {
 protected:
  JournalPlaceTest() {
    fs::create_directories(tree_.root() / "out/.tbbthumbs");
    fs::create_directories(tree_.root() / "outside");
  }

  std::string Journal() const { return Path("out/.tbbthumbs/journal.db"); }
  bool IsOutsideEmpty() const { return fs::is_empty(tree_.root() / "outside"); }
};

TEST_F(JournalPlaceTest, LinksAreRefused) {
  const auto expect_refused = [&](const std::string& link) {
    for (const JournalStore::Mode mode : {JournalStore::Mode::kReadOnly, JournalStore::Mode::kWrite}) {
      const auto store = JournalStore::Open(Journal(), mode);
      ASSERT_FALSE(store);
      EXPECT_EQ(store.error().code, ErrorCode::kIo);
      EXPECT_THAT(store.error().message, HasSubstr(link + " is a symbolic link, and none is followed there"));
    }
    EXPECT_TRUE(IsOutsideEmpty());
  };
  fs::create_symlink("../../outside/journal.db", Journal());
  ASSERT_NO_FATAL_FAILURE(expect_refused("it"));
  fs::remove_all(tree_.root() / "out/.tbbthumbs");
  fs::create_directory_symlink("../outside", tree_.root() / "out/.tbbthumbs");
  ASSERT_NO_FATAL_FAILURE(expect_refused(Path("out/.tbbthumbs")));
  fs::remove(tree_.root() / "out/.tbbthumbs");
  EXPECT_EQ(CodeOf(Journal(), JournalStore::Mode::kReadOnly), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(Journal(), JournalStore::Mode::kWrite), ErrorCode::kIo);
}

// It goes on in the directory that it was opened in.
TEST_F(JournalPlaceTest, ItsDirectoryIsReplaced) {
  const auto store = Open(Journal());
  Write(*store, {{"/a.jpg", JournalRowOf(1)}});
  fs::rename(tree_.root() / "out/.tbbthumbs", tree_.root() / "out/old");
  fs::create_directory_symlink("../outside", tree_.root() / "out/.tbbthumbs");
  Write(*store, {{"/b.jpg", JournalRowOf(2)}});
  EXPECT_TRUE(IsOutsideEmpty());
  const auto moved = Open(Path("out/old/journal.db"));
  EXPECT_EQ(All(*moved), (JournalRows{{"/a.jpg", JournalRowOf(1)}, {"/b.jpg", JournalRowOf(2)}}));
}

TEST_F(JournalPlaceTest, ItsDirectoryIsReplacedOverAndOver) {
  fs::create_directory_symlink("../outside", tree_.root() / "out/link");
  int opened = 0;
  uint64_t exchanges = 0;
  {
    const testing::Exchanger exchanger(tree_.root() / "out/.tbbthumbs", tree_.root() / "out/link");
    for (int i = 0; i < 200; ++i) {
      const auto store = JournalStore::Open(Journal(), JournalStore::Mode::kWrite);
      if (!store) continue;
      ++opened;
      const std::vector<JournalEntry> entries = {{"/" + std::to_string(i), JournalRowOf(1)}};
      EXPECT_TRUE((*store)->Write(entries));
    }
    exchanges = exchanger.times();
  }
  EXPECT_GT(exchanges, 0u);
  EXPECT_TRUE(IsOutsideEmpty());
  EXPECT_EQ(All(*Open(Journal())).size(), static_cast<size_t>(opened));
}

TEST_F(JournalPlaceTest, WhatAKilledWriterLeftIsTakenBack) {
  for (const JournalStore::Mode mode : {JournalStore::Mode::kReadOnly, JournalStore::Mode::kWrite}) {
    fs::remove_all(tree_.root() / "out/.tbbthumbs");
    fs::create_directory(tree_.root() / "out/.tbbthumbs");
    const JournalRows rows = WriteMany(Path(), 2, 300);
    CopyHalfWritten(Path(), Journal());
    EXPECT_EQ(All(*Open(Journal(), mode)), rows);
    EXPECT_FALSE(fs::exists(Journal() + "-journal"));
    fs::remove(Path());
  }
}

TEST_F(JournalPlaceTest, ADamagedOneIsSetAsideInItsDirectory) {
  Open(Journal()).reset();
  const FileId id = RealFileSystem().Stat(Journal(), true).value().id;
  fs::create_symlink("../../outside/other", Journal() + "-journal");
  EXPECT_EQ(CodeOf(Journal(), JournalStore::Mode::kWrite), ErrorCode::kCorrupt);
  EXPECT_EQ(SetJournalAside(Journal(), id).value().value_or(""), Journal() + ".damaged-1");
  EXPECT_TRUE(fs::is_symlink(Journal() + ".damaged-1-journal"));
  EXPECT_TRUE(IsOutsideEmpty());
  EXPECT_TRUE(Open(Journal()));
}

}  // namespace
}  // namespace tbbthumbs
