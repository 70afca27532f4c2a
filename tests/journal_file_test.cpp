#include "pipeline/journal_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "pipeline/file_system.h"
#include "pipeline/posix_file.h"
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

// What the version before this one has made.
constexpr char kVersionBefore[] = R"(
CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE directory(id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE);
CREATE TABLE decoder(id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE);
CREATE TABLE options(id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, description TEXT NOT NULL);
CREATE TABLE picture(
  directory INTEGER NOT NULL, name BLOB NOT NULL, bytes INTEGER NOT NULL, modified_ns INTEGER NOT NULL,
  status TEXT NOT NULL, options INTEGER NOT NULL, format TEXT NOT NULL, code TEXT, message TEXT,
  outputs BLOB NOT NULL, cpu_us INTEGER NOT NULL, decoder INTEGER NOT NULL,
  PRIMARY KEY(directory, name)) WITHOUT ROWID;
CREATE TABLE run(
  id INTEGER PRIMARY KEY, options INTEGER NOT NULL, version TEXT NOT NULL, label TEXT NOT NULL,
  started_ns INTEGER NOT NULL, ended_ns INTEGER, "end" TEXT NOT NULL,
  inputs INTEGER NOT NULL, made INTEGER NOT NULL, up_to_date INTEGER NOT NULL, failed INTEGER NOT NULL,
  skipped INTEGER NOT NULL, "left" INTEGER NOT NULL, bytes_in INTEGER NOT NULL, bytes_out INTEGER NOT NULL,
  wall_ns INTEGER NOT NULL, cpu_ns INTEGER NOT NULL);
INSERT INTO meta VALUES('created_ns', 1700000000123456789);
INSERT INTO directory VALUES(1, CAST('/photos/' AS BLOB));
INSERT INTO decoder VALUES(1, CAST('libpng' AS BLOB));
INSERT INTO options VALUES(1, 'digest', 'description');
INSERT INTO picture VALUES(1, CAST('1.jpg' AS BLOB), 1, 1600000001000000000, 'made', 1, 'JPEG', NULL, NULL,
  CAST('1:0:0:out/1.jpg' AS BLOB) || X'00', 1, 1);
INSERT INTO run VALUES(1, 1, '0.9', '', 1, 2, 'done', 1, 1, 0, 0, 0, 0, 1, 1, 1, 1);
PRAGMA application_id=1952604788;
PRAGMA user_version=2)";

class JournalFileTest : public JournalFixture {
 protected:
  void MakeOneOfTheVersionBefore() {
    fs::remove(Path());
    RawDatabase(Path()).Execute(kVersionBefore);
  }

  static std::string TablesOf(const std::string& path) {
    return RawDatabase(path).Text("SELECT group_concat(sql) FROM (SELECT sql FROM sqlite_schema ORDER BY name)");
  }

  // The new path of the one that lies at `path`.
  static std::string SetAside(const std::string& path) {
    return SetJournalAside(path, RealFileSystem().Stat(path, true).value().id).value().value_or("");
  }
};

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
  RawDatabase(Path()).Execute("PRAGMA user_version=4");
  for (const JournalStore::Mode mode : {kWrite, kReadOnly}) {
    const auto store = JournalStore::Open(Path(), mode);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::kIo);
    EXPECT_THAT(store.error().message, HasSubstr("newer"));
  }
}

TEST_F(JournalFileTest, OneOfTheVersionBeforeIsReadAsItIs) {
  MakeOneOfTheVersionBefore();
  const std::string before = tree_.Read("journal");
  {
    const Store store = Open(Path(), kReadOnly);
    EXPECT_EQ(store->created(), std::chrono::nanoseconds(1'700'000'000'123'456'789));
    EXPECT_EQ(FindOne(*store, "/photos/1.jpg"), JournalRowOf(1));
    EXPECT_EQ(FindOne(*store, "https://host/1.jpg"), std::nullopt);
    EXPECT_EQ(All(*store), (JournalRows{{"/photos/1.jpg", JournalRowOf(1)}}));
    EXPECT_EQ(store->Counts().value().made, 1u);
    EXPECT_EQ(store->Runs(1).value().at(0).version, "0.9");
  }
  EXPECT_TRUE(tree_.Read("journal") == before);
  EXPECT_THAT(tree_.Files(), ElementsAre("journal"));
}

TEST_F(JournalFileTest, OneOfTheVersionBeforeIsTakenOver) {
  MakeOneOfTheVersionBefore();
  JournalRow row = JournalRowOf(2);
  row.validators = {"\"1\"", "Sat, 01 Jan 2022 00:00:00 GMT"};
  const Store reader = Open(Path(), kReadOnly);
  {
    const Store store = Open(Path());
    EXPECT_EQ(store->created(), std::chrono::nanoseconds(1'700'000'000'123'456'789));
    EXPECT_EQ(FindOne(*store, "/photos/1.jpg"), JournalRowOf(1));
    EXPECT_EQ(store->OptionsId("digest", "").value(), 1u);
    Write(*store, {{"https://host/1.jpg", row}});
  }
  for (const JournalStore::Mode mode : {kReadOnly, kWrite}) {
    EXPECT_EQ(All(*Open(Path(), mode)), (JournalRows{{"/photos/1.jpg", JournalRowOf(1)}, {"https://host/1.jpg", row}}));
  }
  // Whoever has had it open goes on with what was there then.
  EXPECT_EQ(FindOne(*reader, "/photos/1.jpg"), JournalRowOf(1));
  EXPECT_EQ(reader->Counts().value().made, 2u);
  Open(Path("new"));
  EXPECT_EQ(TablesOf(Path()), TablesOf(Path("new")));
  EXPECT_EQ(RawDatabase(Path()).Text("PRAGMA user_version"), RawDatabase(Path("new")).Text("PRAGMA user_version"));
  EXPECT_EQ(RawDatabase(Path()).Text("PRAGMA integrity_check"), "ok");
}

// All see what it is before one of them may write.
TEST_F(JournalFileTest, OneOfManyTakesItOver) {
  MakeOneOfTheVersionBefore();
  std::vector<std::thread> threads;
  threads.reserve(4);
  {
    const RawDatabase raw(Path());
    raw.Execute("BEGIN IMMEDIATE");
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([this, i] {
        const auto store = JournalStore::Open(Path(), i == 3 ? kReadOnly : kWrite);
        ASSERT_TRUE(store) << store.error().message;
        EXPECT_EQ(FindOne(**store, "/photos/1.jpg"), JournalRowOf(1));
      });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    raw.Execute("ROLLBACK");
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(RawDatabase(Path()).Text("PRAGMA user_version"), "3");
}

TEST_F(JournalFileTest, WhatOnlySaysThatItIsOfTheVersionBeforeIsRefused) {
  for (const char* lie : {"PRAGMA user_version=3", "PRAGMA user_version=1", "CREATE TABLE more(a)", "DROP TABLE run",
                          "CREATE TABLE validator(a)"}) {
    MakeOneOfTheVersionBefore();
    RawDatabase(Path()).Execute(lie);
    const std::string before = tree_.Read("journal");
    for (const JournalStore::Mode mode : {kReadOnly, kWrite}) {
      EXPECT_EQ(CodeOf(Path(), mode), ErrorCode::kCorrupt) << lie;
      EXPECT_TRUE(tree_.Read("journal") == before) << lie;
    }
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
TEST_F(JournalFileTest, WriteAheadLogsAreRefused) {
  WriteMany(Path(), 1, 100);
  EXPECT_EQ(RawDatabase(Path()).Text("PRAGMA journal_mode=WAL"), "wal");
  const std::string before = tree_.Read("journal");
  for (const JournalStore::Mode mode : {kWrite, kReadOnly}) {
    EXPECT_EQ(CodeOf(Path(), mode), ErrorCode::kCorrupt);
    EXPECT_THAT(tree_.Files(), ElementsAre("journal"));
  }
  EXPECT_TRUE(tree_.Read("journal") == before);
}

// SQLite reads one that is there, whatever the file says of its mode.
TEST_F(JournalFileTest, AWriteAheadLogBesideItIsRefused) {
  const JournalRows rows = WriteMany(Path(), 1, 100);
  tree_.Write("journal-wal", "");
  EXPECT_EQ(All(*Open(Path(), kReadOnly)), rows);
  tree_.Write("journal-wal", "x");
  for (const JournalStore::Mode mode : {kWrite, kReadOnly}) {
    EXPECT_EQ(CodeOf(Path(), mode), ErrorCode::kCorrupt);
    EXPECT_THAT(tree_.Files(), ElementsAre("journal", "journal-wal"));
  }
}

// The end of a rollback journal may name a file that SQLite removes.
TEST_F(JournalFileTest, NoOtherFileIsRemoved) {
  WriteMany(Path(), 1, 100);
  const std::string victim = tree_.Write("victim", "a file of somebody's").string();
  const auto number = [](uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xFF);
    return bytes;
  };
  uint32_t sum = 0;
  for (const char c : victim) sum += static_cast<uint32_t>(static_cast<signed char>(c));
  const std::string rollback = std::string(512, 'X') + number(0x40000000 / 4096 + 1) + victim +
                               number(static_cast<uint32_t>(victim.size())) + number(sum) +
                               "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";
  fs::create_symlink("journal", Path("link"));
  for (const char* name : {"journal", "link"}) {
    for (const JournalStore::Mode mode : {kReadOnly, kWrite}) {
      tree_.Write("journal-journal", rollback);
      EXPECT_EQ(CodeOf(Path(name), mode), ErrorCode::kCorrupt) << name;
      EXPECT_TRUE(fs::exists(victim)) << name;
    }
  }
}

TEST_F(JournalFileTest, OnlyFilesBesideItAreOpened) {
  WriteMany(Path(), 1, 10);
  ASSERT_EQ(mkfifo(Path("journal-journal").c_str(), 0600), 0);
  for (const JournalStore::Mode mode : {kReadOnly, kWrite}) EXPECT_EQ(CodeOf(Path(), mode), ErrorCode::kCorrupt);
  fs::remove(Path("journal-journal"));
  fs::create_symlink("other", Path("journal-journal"));
  tree_.Write("other", std::string(600, 'x'));
  for (const JournalStore::Mode mode : {kReadOnly, kWrite}) EXPECT_EQ(CodeOf(Path(), mode), ErrorCode::kCorrupt);
  fs::remove(Path("journal-journal"));
  EXPECT_TRUE(JournalStore::Open(Path(), kWrite));
}

TEST_F(JournalFileTest, OtherTablesAreRefused) {
  const auto expect_refused = [&](const std::string& sql) {
    fs::remove(Path());
    WriteMany(Path(), 1, 10);
    RawDatabase(Path()).Execute(sql);
    for (const JournalStore::Mode mode : {kWrite, kReadOnly}) {
      const auto store = JournalStore::Open(Path(), mode);
      ASSERT_FALSE(store) << sql;
      EXPECT_EQ(store.error().code, ErrorCode::kCorrupt) << sql;
      EXPECT_THAT(store.error().message, HasSubstr("tables")) << sql;
    }
  };
  expect_refused("CREATE TABLE more(a)");
  expect_refused("CREATE VIEW more AS SELECT 1");
  expect_refused("CREATE INDEX more ON picture(status)");
  expect_refused("CREATE TRIGGER more AFTER INSERT ON run BEGIN DELETE FROM picture; END");
  expect_refused("DROP TABLE decoder");
  expect_refused("DROP TABLE validator");
  expect_refused("PRAGMA user_version=2");
  expect_refused("ALTER TABLE run ADD COLUMN more");
  expect_refused("CREATE TABLE p AS SELECT * FROM picture; DROP TABLE picture; ALTER TABLE p RENAME TO picture");
  expect_refused(
      "DROP TABLE picture; CREATE TABLE picture(directory INTEGER NOT NULL, name BLOB NOT NULL, bytes INTEGER NOT "
      "NULL, modified_ns INTEGER NOT NULL, status TEXT NOT NULL, options INTEGER NOT NULL, format TEXT NOT NULL, code "
      "TEXT, message AS (zeroblob(900000000)), outputs BLOB NOT NULL, cpu_us INTEGER NOT NULL, decoder INTEGER NOT "
      "NULL, PRIMARY KEY(directory, name)) WITHOUT ROWID");
}

TEST_F(JournalFileTest, KnowsJournalsByTheirFirstBytes) {
  WriteMany(Path(), 1, 10);
  EXPECT_TRUE(IsJournal(Path()));
  EXPECT_TRUE(IsJournal(Path("missing")));
  tree_.Write("empty", "");
  EXPECT_TRUE(IsJournal(Path("empty")));
  // Damaged, but a journal.
  std::string bytes = tree_.Read("journal");
  std::fill(bytes.begin() + 100, bytes.end(), 'x');
  tree_.Write("damaged", bytes);
  EXPECT_TRUE(IsJournal(Path("damaged")));
  EXPECT_EQ(CodeOf(Path("damaged"), kReadOnly), ErrorCode::kCorrupt);
  RawDatabase(Path("catalog")).Execute("CREATE TABLE a(a); PRAGMA user_version=1");
  tree_.Write("notes.txt", "bread");
  tree_.Write("long.txt", std::string(5000, 'x'));
  tree_.Write("cut", bytes.substr(0, 99));
  for (const char* name : {"catalog", "notes.txt", "long.txt", "cut"}) {
    const std::string before = tree_.Read(name);
    EXPECT_FALSE(IsJournal(Path(name))) << name;
    EXPECT_TRUE(tree_.Read(name) == before) << name;
  }
  EXPECT_THAT(tree_.Files(), ElementsAre("catalog", "cut", "damaged", "empty", "journal", "long.txt", "notes.txt"));
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
  EXPECT_EQ(SetAside(Path()), Path("journal.damaged-1"));
  tree_.Write("journal", "second");
  tree_.Write("journal-journal", "beside");
  EXPECT_EQ(SetAside(Path()), Path("journal.damaged-2"));
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
  EXPECT_EQ(SetAside(Path()), Path("journal.damaged-10"));
  // A new one can take its place.
  EXPECT_TRUE(JournalStore::Open(Path(), kWrite));
}

TEST_F(JournalFileTest, OnlyTheDamagedOneIsSetAside) {
  tree_.Write("journal", "damaged");
  const FileId damaged = RealFileSystem().Stat(Path(), true).value().id;
  EXPECT_EQ(SetJournalAside(Path(), damaged).value(), Path("journal.damaged-1"));
  // There is none, and then that of whoever was faster.
  EXPECT_EQ(SetJournalAside(Path(), damaged).value(), std::nullopt);
  const JournalRows rows = WriteMany(Path(), 1, 10);
  EXPECT_EQ(SetJournalAside(Path(), damaged).value(), std::nullopt);
  EXPECT_EQ(All(*Open(Path())), rows);
  EXPECT_THAT(tree_.Files(), ElementsAre("journal", "journal.damaged-1"));
  EXPECT_EQ(SetJournalAside(Path(), Open(Path())->id()).value(), Path("journal.damaged-2"));
}

TEST_F(JournalFileTest, OneThatIsSetAsideIsNotWrittenAnyMore) {
  Store store = Open(Path());
  Write(*store, {{"/a", JournalRowOf(1)}});
  EXPECT_EQ(store->id(), RealFileSystem().Stat(Path(), true).value().id);
  const Store reader = Open(Path(), kReadOnly);
  fs::rename(Path(), Path("aside"));
  const std::string before = tree_.Read("aside");
  const Store other = Open(Path());
  Write(*other, {{"/b", JournalRowOf(2)}});
  std::vector<std::optional<JournalRow>> rows(1);
  for (const Status& status :
       {store->Write(std::vector<JournalEntry>{{"/c", JournalRowOf(3)}}), store->EndRun({.id = 1}),
        store->Find(std::vector<std::string_view>{"/a"}, rows), store->Remove(std::vector<std::string>{"/a"})}) {
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(status.error().message, HasSubstr("another file"));
  }
  // What is only read is as good as it was.
  EXPECT_EQ(FindOne(*reader, "/a"), JournalRowOf(1));
  store.reset();
  EXPECT_TRUE(tree_.Read("aside") == before);
  EXPECT_EQ(All(*other), (JournalRows{{"/b", JournalRowOf(2)}}));
  EXPECT_NE(other->id(), reader->id());
}

// The database would take what lies beside the next journal for its own.
TEST_F(JournalFileTest, IsNotSetAsideWhileItIsUsed) {
  const Store store = Open(Path());
  const Descriptor directory(open(tree_.root().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::atomic<bool> done = false;
  const auto expect_waits = [&](int kind, const std::function<void()>& work) {
    ASSERT_EQ(flock(directory.get(), kind), 0);
    done = false;
    std::thread worker([&] {
      work();
      done = true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_FALSE(done);
    EXPECT_EQ(flock(directory.get(), LOCK_UN), 0);
    worker.join();
  };
  expect_waits(LOCK_EX, [&] { Write(*store, {{"/a", JournalRowOf(1)}}); });
  expect_waits(LOCK_EX, [&] { EXPECT_EQ(FindOne(*store, "/a"), JournalRowOf(1)); });
  expect_waits(LOCK_EX, [&] { EXPECT_TRUE(JournalStore::Open(Path(), kReadOnly)); });
  expect_waits(LOCK_SH, [&] { EXPECT_TRUE(SetJournalAside(Path(), store->id()).value()); });
}

TEST_F(JournalFileTest, IsSetAsideInTheDirectoryAtHand) {
  const fs::path before = fs::current_path();
  fs::current_path(tree_.root());
  tree_.Write("journal", "first");
  EXPECT_EQ(SetAside("journal"), "journal.damaged-1");
  fs::current_path(before);
  EXPECT_THAT(tree_.Files(), ElementsAre("journal.damaged-1"));
}

}  // namespace
}  // namespace tbbthumbs
