#include "pipeline/journal_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/file_system.h"
#include "tests/support/journal_fixture.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using testing::FailedJournalRow;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::JournalFixture;
using testing::JournalRowOf;
using testing::JournalRows;
using testing::RawDatabase;
using Store = std::unique_ptr<JournalStore>;

constexpr JournalStore::Mode kWrite = JournalStore::Mode::kWrite;
constexpr JournalStore::Mode kReadOnly = JournalStore::Mode::kReadOnly;

class JournalFileTest : public JournalFixture {};

TEST_F(JournalFileTest, ReadingMakesNothing) {
  EXPECT_EQ(CodeOf(Path(), kReadOnly), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(Path("none/journal"), kReadOnly), ErrorCode::kNotFound);
  EXPECT_THAT(tree_.Files(), IsEmpty());
  tree_.Write("journal", "");
  EXPECT_EQ(CodeOf(Path(), kReadOnly), ErrorCode::kNotFound);
  EXPECT_EQ(fs::file_size(Path()), 0);
  EXPECT_THAT(tree_.Files(), ElementsAre("journal"));
}

TEST_F(JournalFileTest, ReadingWritesNothing) {
  const JournalRows rows = WriteMany(Path(), 2, 300);
  const std::string before = tree_.Read("journal");
  const auto info = RealFileSystem().Stat(Path(), true).value();
  {
    const Store store = Open(Path(), kReadOnly);
    EXPECT_EQ(All(*store), rows);
    for (const Status& status :
         {store->Write(std::vector<JournalEntry>{{"/a", JournalRowOf(1)}}),
          store->Remove(std::vector<std::string>{"/a"}), store->Clear(), store->EndRun({.id = 1})}) {
      ASSERT_FALSE(status);
      EXPECT_EQ(status.error().code, ErrorCode::kIo);
    }
    EXPECT_FALSE(store->BeginRun({}));
    EXPECT_FALSE(store->OptionsId("new", ""));
    EXPECT_TRUE(store->OptionsId("digest", ""));
    EXPECT_THAT(tree_.Files(), ElementsAre("journal"));
  }
  EXPECT_TRUE(tree_.Read("journal") == before);
  EXPECT_EQ(RealFileSystem().Stat(Path(), true).value().modified, info.modified);
  EXPECT_THAT(tree_.Files(), ElementsAre("journal"));
}

TEST_F(JournalFileTest, LeavesOneFile) {
  {
    const Store store = Open(Path());
    Write(*store, {{"/a", JournalRowOf(1)}});
    EXPECT_THAT(tree_.Files(), ElementsAre("journal"));
  }
  EXPECT_THAT(tree_.Files(), ElementsAre("journal"));
}

// What means something else to SQLite is the name of a file.
TEST_F(JournalFileTest, NamesAreNames) {
  const fs::path before = fs::current_path();
  fs::current_path(tree_.root());
  for (const char* name : {":memory:", "file:a?mode=memory"}) {
    const Store store = Open(name);
    Write(*store, {{"/a", JournalRowOf(1)}});
    EXPECT_TRUE(fs::exists(tree_.root() / name)) << name;
  }
  EXPECT_FALSE(JournalStore::Open("", kWrite));
  fs::current_path(before);
}

TEST_F(JournalFileTest, NewerVersionsAreNotDamaged) {
  Open(Path());
  RawDatabase(Path()).Execute("PRAGMA user_version=2");
  for (const JournalStore::Mode mode : {kWrite, kReadOnly}) {
    const auto store = JournalStore::Open(Path(), mode);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::kIo);
    EXPECT_THAT(store.error().message, HasSubstr("newer"));
  }
}

TEST_F(JournalFileTest, OtherFilesAreNotJournals) {
  tree_.Write("short", "x");
  tree_.Write("text", std::string(5000, 'x'));
  RawDatabase(Path("foreign")).Execute("CREATE TABLE picture(a); PRAGMA user_version=1");
  RawDatabase(Path("other")).Execute("CREATE TABLE a(a); PRAGMA application_id=1; PRAGMA user_version=1");
  RawDatabase(Path("unborn")).Execute("CREATE TABLE a(a); DROP TABLE a");
  for (const char* name : {"short", "text", "foreign", "other", "unborn"}) {
    const std::string before = tree_.Read(name);
    EXPECT_EQ(CodeOf(Path(name), kReadOnly), ErrorCode::kCorrupt) << name;
    EXPECT_EQ(CodeOf(Path(name), kWrite), ErrorCode::kCorrupt) << name;
    EXPECT_TRUE(tree_.Read(name) == before) << name;
  }
  EXPECT_THAT(tree_.Files(), ElementsAre("foreign", "other", "short", "text", "unborn"));
  ASSERT_EQ(mkfifo(Path("fifo").c_str(), 0600), 0);
  for (const JournalStore::Mode mode : {kWrite, kReadOnly}) {
    EXPECT_EQ(CodeOf(Path("fifo"), mode), ErrorCode::kIo);
    EXPECT_EQ(CodeOf(tree_.root().string(), mode), ErrorCode::kIo);
  }
  const auto no_directory = JournalStore::Open(Path("none/journal"), kWrite);
  ASSERT_FALSE(no_directory);
  EXPECT_EQ(no_directory.error().code, ErrorCode::kIo);
  EXPECT_THAT(no_directory.error().message, HasSubstr("No such file"));
}

TEST_F(JournalFileTest, EmptyFilesBecomeJournals) {
  tree_.Write("journal", "");
  const Store store = Open(Path());
  Write(*store, {{"/a", JournalRowOf(1)}});
  EXPECT_EQ(FindOne(*Open(Path(), kReadOnly), "/a"), JournalRowOf(1));
}

// Somebody has chosen the mode that shares memory.
TEST_F(JournalFileTest, WriteAheadLogsAreGivenUp) {
  const JournalRows rows = WriteMany(Path(), 1, 100);
  EXPECT_EQ(RawDatabase(Path()).Text("PRAGMA journal_mode=WAL"), "wal");
  const Store store = Open(Path());
  Write(*store, {{"/a", JournalRowOf(1)}});
  EXPECT_EQ(All(*store).size(), rows.size() + 1);
  EXPECT_THAT(tree_.Files(), ElementsAre("journal"));
  EXPECT_EQ(RawDatabase(Path()).Text("PRAGMA journal_mode"), "delete");
}

TEST_F(JournalFileTest, PeopleCanReadIt) {
  {
    const Store store = Open(Path());
    Write(*store, {{"/photos/a.jpg", JournalRowOf(1)},
                   {"/photos/b.jpg", FailedJournalRow(ErrorCode::kTooLarge, "300 megapixels")}});
  }
  const RawDatabase raw(Path());
  EXPECT_EQ(raw.Text("SELECT directory.path || name || ' ' || status || ' ' || format || ' ' || code || ' ' || message "
                     "FROM picture, directory ON directory.id=directory WHERE status='failed'"),
            "/photos/b.jpg failed JPEG too_large 300 megapixels");
  EXPECT_EQ(raw.Text("PRAGMA integrity_check"), "ok");
}

TEST_F(JournalFileTest, DamagedOnesAreSetAside) {
  tree_.Write("journal", "first");
  EXPECT_EQ(SetJournalAside(Path()).value(), Path("journal.damaged-1"));
  tree_.Write("journal", "second");
  tree_.Write("journal-journal", "beside");
  EXPECT_EQ(SetJournalAside(Path()).value(), Path("journal.damaged-2"));
  EXPECT_THAT(tree_.Files(), ElementsAre("journal.damaged-1", "journal.damaged-2", "journal.damaged-2-journal"));
  EXPECT_EQ(tree_.Read("journal.damaged-1"), "first");
  EXPECT_EQ(tree_.Read("journal.damaged-2"), "second");
  EXPECT_EQ(tree_.Read("journal.damaged-2-journal"), "beside");
  // The numbers go up, whoever removed which.
  fs::remove(Path("journal.damaged-1"));
  tree_.Write("journal.damaged-9-journal", "");
  tree_.Write("journal.damaged-x", "");
  tree_.Write("other.damaged-20", "");
  tree_.Write("journal", "third");
  EXPECT_EQ(SetJournalAside(Path()).value(), Path("journal.damaged-10"));
  const auto none = SetJournalAside(Path());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
  // A new one can take its place.
  EXPECT_TRUE(JournalStore::Open(Path(), kWrite));
}

TEST_F(JournalFileTest, IsSetAsideInTheDirectoryAtHand) {
  const fs::path before = fs::current_path();
  fs::current_path(tree_.root());
  tree_.Write("journal", "first");
  EXPECT_EQ(SetJournalAside("journal").value(), "journal.damaged-1");
  fs::current_path(before);
  EXPECT_THAT(tree_.Files(), ElementsAre("journal.damaged-1"));
}

}  // namespace
}  // namespace tbbthumbs
