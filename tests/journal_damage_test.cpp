#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "pipeline/item.h"
#include "pipeline/job.h"
#include "pipeline/journal.h"
#include "pipeline/journal_store.h"
#include "pipeline/run_summary.h"
#include "tests/support/journal_fixture.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using testing::FailedJournalRow;
using testing::JournalFixture;
using testing::JournalRowOf;
using testing::JournalRows;
using testing::RawDatabase;
using Store = std::unique_ptr<JournalStore>;

constexpr JournalStore::Mode kWrite = JournalStore::Mode::kWrite;
constexpr JournalStore::Mode kReadOnly = JournalStore::Mode::kReadOnly;

class JournalDamageTest : public JournalFixture {};

TEST_F(JournalDamageTest, DamagedRowsAreToldOf) {
  for (const char* damage :
       {"UPDATE picture SET status='odd'", "UPDATE picture SET status=''", "UPDATE picture SET outputs=X'31'",
        "UPDATE picture SET outputs=X'313A61'", "UPDATE picture SET outputs=X'3100'",
        "UPDATE picture SET outputs=X'3A6100'", "UPDATE picture SET outputs=X'00'",
        "UPDATE picture SET outputs=X'313233343536373839303132333435363738393031323A6100'",
        "UPDATE picture SET cpu_us=9223372036854775807", "UPDATE picture SET cpu_us=-9223372036854775807-1",
        "UPDATE picture SET decoder=99"}) {
    fs::remove(Path());
    const Store store = Open(Path());
    Write(*store, {{"/a/1", JournalRowOf(1)}});
    RawDatabase(Path()).Execute(damage);
    std::vector<std::optional<JournalRow>> rows(1);
    const Status found = store->Find(std::vector<std::string_view>{"/a/1"}, rows);
    const Status visited = store->ForEach(std::nullopt, [](const auto&, const auto&) { return true; });
    const auto counted = store->Counts();
    ASSERT_FALSE(found) << damage;
    ASSERT_FALSE(visited) << damage;
    ASSERT_FALSE(counted) << damage;
    for (const Error& error : {found.error(), visited.error(), counted.error()}) {
      EXPECT_EQ(error.code, ErrorCode::kCorrupt) << damage;
    }
    // Written anew, it is whole.
    Write(*store, {{"/a/1", JournalRowOf(2)}});
    EXPECT_EQ(FindOne(*store, "/a/1"), JournalRowOf(2));
  }
}

TEST_F(JournalDamageTest, DamagedValidatorsAreToldOf) {
  for (const char* damage : {"UPDATE validator SET etag=zeroblob(1)", "UPDATE validator SET last_modified=char(13, 10)",
                             "UPDATE validator SET etag=printf('%.1020c', 'x')"}) {
    fs::remove(Path());
    const Store store = Open(Path());
    JournalRow row = JournalRowOf(1);
    row.validators = {"\"1\"", "a date"};
    Write(*store, {{"http://host/1", row}});
    RawDatabase(Path()).Execute(damage);
    std::vector<std::optional<JournalRow>> rows(1);
    const Status found = store->Find(std::vector<std::string_view>{"http://host/1"}, rows);
    const Status visited = store->ForEach(std::nullopt, [](const auto&, const auto&) { return true; });
    const auto counted = store->Counts();
    ASSERT_FALSE(found) << damage;
    ASSERT_FALSE(visited) << damage;
    ASSERT_FALSE(counted) << damage;
    for (const Error& error : {found.error(), visited.error(), counted.error()}) {
      EXPECT_EQ(error.code, ErrorCode::kCorrupt) << damage;
    }
    Write(*store, {{"http://host/1", row}});
    EXPECT_EQ(FindOne(*store, "http://host/1"), row);
  }
}

TEST_F(JournalDamageTest, RowsWithoutADirectoryAreToldOf) {
  const Store store = Open(Path());
  Write(*store, {{"/a/1", JournalRowOf(1)}});
  RawDatabase(Path()).Execute("DELETE FROM directory");
  const Status visited = store->ForEach(std::nullopt, [](const auto&, const auto&) { return true; });
  ASSERT_FALSE(visited);
  EXPECT_EQ(visited.error().code, ErrorCode::kCorrupt);
}

// The thousandth row comes before the first: whoever goes on behind it begins anew.
TEST_F(JournalDamageTest, RowsOutOfOrderAreToldOf) {
  std::vector<JournalEntry> entries;
  for (int i = 1000; i < 3000; ++i) entries.push_back({"/a/n" + std::to_string(i), JournalRowOf(1)});
  Write(*Open(Path()), entries);
  std::string bytes = tree_.Read("journal");
  const size_t place = bytes.find("n1999");
  ASSERT_NE(place, std::string::npos);
  ASSERT_EQ(bytes.find("n1999", place + 1), std::string::npos);
  bytes[place] = 'a';
  tree_.Write("journal", bytes);
  size_t visited = 0;
  const Store store = Open(Path());
  const Status status = store->ForEach(std::nullopt, [&](const auto&, const auto&) { return ++visited < 10'000; });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
}

// A thousand equal rows that come after every place: a page of them would follow itself.
TEST_F(JournalDamageTest, RowsThatNeverEndAreToldOf) {
  Open(Path());
  const auto retype = [&](const std::string& from, const std::string& to) {
    RawDatabase(Path()).Execute("PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql=replace(sql, '" + from +
                                "', '" + to + "') WHERE name='picture'");
  };
  retype("directory INTEGER", "directory TEXT");
  RawDatabase(Path()).Execute(
      "INSERT INTO directory VALUES(1, CAST('/a/' AS BLOB)); INSERT INTO decoder VALUES(1, X'');"
      "WITH RECURSIVE c(i) AS (SELECT 1000 UNION ALL SELECT i+1 FROM c WHERE i<2999) INSERT INTO picture "
      "SELECT '1', CAST('n' || i AS BLOB), 0, 0, 'made', 1, 'JPEG', NULL, NULL, X'', 0, 1 FROM c");
  retype("directory TEXT", "directory INTEGER");
  std::string bytes = tree_.Read("journal");
  for (int i = 1000; i < 3000; ++i) {
    const size_t place = bytes.find("n" + std::to_string(i));
    ASSERT_NE(place, std::string::npos);
    bytes.replace(place, 5, "nnnnn");
  }
  tree_.Write("journal", bytes);
  const Store store = Open(Path(), kReadOnly);
  size_t visited = 0;
  const Status status = store->ForEach(std::nullopt, [&](const auto&, const auto&) { return ++visited < 10'000; });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
  const auto counts = store->Counts();
  ASSERT_FALSE(counts);
  EXPECT_EQ(counts.error().code, ErrorCode::kCorrupt);
}

TEST_F(JournalDamageTest, LongValuesAreToldOf) {
  const Store store = Open(Path());
  Write(*store, {{"/a/1", JournalRowOf(1)}});
  RawDatabase(Path()).Execute("UPDATE picture SET outputs=zeroblob(5000000)");
  std::vector<std::optional<JournalRow>> rows(1);
  const Status found = store->Find(std::vector<std::string_view>{"/a/1"}, rows);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(found.error().message, ::testing::HasSubstr("4194304 bytes"));
}

JobOptions RunOf(const std::string& journal) {
  JobOptions options;
  options.output = fs::path(journal).parent_path();
  options.journal.path = journal;
  return options;
}

std::unique_ptr<Journal> Begin(const std::string& journal) {
  auto opened = Journal::Open(RunOf(journal));
  if (!opened) throw std::runtime_error(opened.error().message);
  (*opened)->Begin();
  return std::move(*opened);
}

// What the run does with a journal where an input has been made.
void RecordOne(Journal& journal, const std::string& input) {
  auto item = std::make_unique<Item>();
  item->file.path = input;
  item->ended = true;
  item->result.outcome = Outcome::kMade;
  journal.Record(*item);
}

// Looks an input up.
void Use(Journal& journal) {
  std::vector<std::unique_ptr<Item>> items;
  items.push_back(std::make_unique<Item>());
  items.front()->file.path = "/photos/a.jpg";
  journal.Recall(items);
}

// Two runs: each goes on with what the other has made where that has set a damaged journal aside.
TEST_F(JournalDamageTest, RunsDoNotSetAsideWhatOthersHaveMadeAnew) {
  WriteMany(Path(), 1, 10);
  const auto a = Begin(Path());
  const auto b = Begin(Path());
  const auto damage = [&] { tree_.Write("journal", "no database: " + std::string(8192, 'x')); };
  damage();
  Use(*b);
  EXPECT_EQ(b->set_aside(), Path("journal.damaged-1"));
  Use(*a);
  EXPECT_EQ(a->set_aside(), std::nullopt);
  // Each may once.
  damage();
  Use(*a);
  EXPECT_EQ(a->set_aside(), Path("journal.damaged-2"));
  Use(*b);
  EXPECT_EQ(b->set_aside(), Path("journal.damaged-1"));
  RecordOne(*a, "/photos/a.jpg");
  RecordOne(*b, "/photos/b.jpg");
  a->Close({});
  b->Close({});
  EXPECT_FALSE(a->failure());
  EXPECT_FALSE(b->failure());
  EXPECT_THAT(tree_.Files(), ::testing::ElementsAre("journal", "journal.damaged-1", "journal.damaged-2"));
  const Store store = Open(Path());
  EXPECT_EQ(All(*store).size(), 2);
  int done = 0;
  const auto runs = store->Runs(100).value();
  for (const JournalRun& run : runs) done += run.end == "done" ? 1 : 0;
  EXPECT_EQ(done, 2);
}

TEST_F(JournalDamageTest, ARunGivesUpWhatIsDamagedAgain) {
  WriteMany(Path(), 1, 10);
  const auto journal = Begin(Path());
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(journal->failure());
    tree_.Write("journal", "no database: " + std::string(8192, 'x'));
    Use(*journal);
  }
  ASSERT_TRUE(journal->failure());
  EXPECT_EQ(journal->failure()->code, ErrorCode::kCorrupt);
  EXPECT_THAT(tree_.Files(), ::testing::ElementsAre("journal", "journal.damaged-1"));
}

// All at once, in threads that meet the same damaged file.
TEST_F(JournalDamageTest, OneOfManyRunsSetsItAside) {
  for (int round = 0; round < 10; ++round) {
    const std::string name = std::to_string(round) + "/journal";
    fs::create_directory(Path(std::to_string(round)));
    WriteMany(Path(name), 1, 10);
    std::string bytes = tree_.Read(name);
    // Its header stays: else it would not be known as a journal.
    std::fill(bytes.begin() + 100, bytes.end(), 'x');
    const std::string path = tree_.Write(name, bytes).string();
    std::array<std::unique_ptr<Journal>, 6> journals;
    std::vector<std::thread> threads;
    threads.reserve(journals.size());
    for (auto& journal : journals) {
      threads.emplace_back([&] {
        auto opened = Journal::Open(RunOf(path));
        EXPECT_TRUE(opened) << opened.error().message;
        if (!opened) return;
        (*opened)->Begin();
        journal = std::move(*opened);
      });
    }
    for (std::thread& thread : threads) thread.join();
    int set_aside = 0;
    for (const auto& journal : journals) {
      ASSERT_TRUE(journal);
      journal->Close({});
      EXPECT_FALSE(journal->failure()) << journal->failure()->message;
      set_aside += journal->set_aside() ? 1 : 0;
    }
    EXPECT_EQ(set_aside, 1);
    EXPECT_THAT(tree_.Files(std::to_string(round)), ::testing::ElementsAre("journal", "journal.damaged-1"));
    EXPECT_EQ(Open(path)->Runs(100).value().size(), journals.size());
  }
}

// Those that a newer version of the same tables may have.
TEST_F(JournalDamageTest, UnknownNamesAreTaken) {
  const Store store = Open(Path());
  Write(*store, {{"/a", FailedJournalRow(ErrorCode::kIo, "m")}});
  RawDatabase(Path()).Execute("UPDATE picture SET code='of_tomorrow', format='Tomorrow'");
  const auto row = FindOne(*store, "/a");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->error, (Error{ErrorCode::kInternal, "m"}));
  EXPECT_EQ(row->format, Format::kUnknown);
}

TEST_F(JournalDamageTest, MissingTablesAreDamage) {
  for (const char* table : {"meta", "directory", "decoder", "options", "picture", "run", "validator"}) {
    fs::remove(Path());
    WriteMany(Path(), 1, 10);
    RawDatabase(Path()).Execute(std::string("DROP TABLE ") + table);
    std::vector<Error> errors;
    const auto note = [&](const auto& result) {
      if (!result) errors.push_back(result.error());
    };
    const auto store = JournalStore::Open(Path(), kWrite);
    note(store);
    if (store) {
      std::vector<std::optional<JournalRow>> rows(1);
      note((*store)->Find(std::vector<std::string_view>{"/photos/0/1.jpg"}, rows));
      note((*store)->FindOptionsId("digest"));
      note((*store)->Runs(1));
    }
    ASSERT_EQ(errors.size(), 1) << table;
    EXPECT_EQ(errors[0].code, ErrorCode::kCorrupt) << table;
  }
}

// Works with what may be damaged in every way.
std::vector<Error> UseAll(const std::string& path, JournalStore::Mode mode) {
  std::vector<Error> errors;
  const auto note = [&](const auto& result) {
    if (!result) errors.push_back(result.error());
  };
  const auto opened = JournalStore::Open(path, mode);
  note(opened);
  if (!opened) return errors;
  JournalStore& store = **opened;
  std::vector<std::string> inputs;
  inputs.reserve(94);
  for (int i = 0; i < 64; ++i) inputs.push_back("/photos/1/" + std::to_string(i + 100) + ".jpg");
  for (int i = 0; i < 10; ++i) inputs.push_back("/photos/" + std::to_string(i) + "/1.jpg");
  for (int i = 10; i < 30; ++i) inputs.push_back("https://host/" + std::to_string(i));
  const std::vector<std::string_view> views(inputs.begin(), inputs.end());
  std::vector<std::optional<JournalRow>> rows(inputs.size());
  note(store.Find(views, rows));
  size_t visited = 0;
  note(store.ForEach(std::nullopt, [&](const auto&, const auto&) { return ++visited < 1'000'000; }));
  EXPECT_LT(visited, 1'000'000);
  note(store.Counts());
  note(store.HasRows());
  note(store.FindOptionsId("digest"));
  note(store.Runs(2000));
  if (mode == kReadOnly) return errors;
  note(store.OptionsId("another", ""));
  note(store.BeginRun({.version = "2"}));
  note(store.Write(std::vector<JournalEntry>{{"/photos/1/101.jpg", JournalRowOf(1)}, {"/new/1.jpg", JournalRowOf(2)}}));
  note(store.Remove(std::vector<std::string>{"/photos/2/1.jpg"}));
  note(store.Clear());
  return errors;
}

TEST_F(JournalDamageTest, SurvivesDamage) {
  WriteMany(Path(), 3, 400);
  std::vector<JournalEntry> addresses;
  for (int i = 0; i < 100; ++i) {
    addresses.push_back({"https://host/" + std::to_string(i), JournalRowOf(1)});
    addresses.back().row.validators = {"\"" + std::to_string(i) + "\"", "Sat, 01 Jan 2022 00:00:00 GMT"};
  }
  Write(*Open(Path()), addresses);
  const std::string whole = tree_.Read("journal");
  ASSERT_GT(whole.size(), 20 * 4096);
  std::mt19937 random(2);
  const auto below = [&](size_t count) { return std::uniform_int_distribution<size_t>(0, count - 1)(random); };
  int noticed = 0;
  for (int i = 0; i < 300; ++i) {
    std::string bytes = whole;
    if (i % 5 == 0) bytes.resize(below(bytes.size()));
    if (i % 10 == 1) std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(below(bytes.size() - 4096)), 4096, '\0');
    // One in three in the file's header and the tables' definitions.
    const size_t end = i % 3 == 0 ? std::min<size_t>(bytes.size(), 4096) : bytes.size();
    for (size_t count = 1 + below(20); end > 0 && count > 0; --count) bytes[below(end)] = static_cast<char>(random());
    const std::string path = tree_.Write("damaged", bytes).string();
    // Writing takes long where files are brought to the disk.
    const JournalStore::Mode mode = i % 6 == 0 ? kWrite : kReadOnly;
    const auto errors = UseAll(path, mode);
    noticed += errors.empty() ? 0 : 1;
    for (const Error& error : errors) {
      EXPECT_THAT(error.code, AnyOf(ErrorCode::kCorrupt, ErrorCode::kIo, ErrorCode::kNotFound)) << error.message;
      EXPECT_TRUE(error.code != ErrorCode::kNotFound || bytes.empty()) << error.message;
    }
    fs::remove(path + "-journal");
  }
  EXPECT_GT(noticed, 100);
}

TEST_F(JournalDamageTest, TakesBackWhatAKilledWriterLeft) {
  const JournalRows rows = WriteMany(Path(), 2, 500);
  for (const JournalStore::Mode mode : {kWrite, kReadOnly}) {
    const std::string copy = Path(mode == kWrite ? "written" : "read");
    CopyHalfWritten(Path(), copy);
    const Store store = Open(copy, mode);
    EXPECT_EQ(All(*store), rows);
    EXPECT_FALSE(fs::exists(copy + "-journal"));
    EXPECT_EQ(RawDatabase(copy).Text("PRAGMA integrity_check"), "ok");
  }
}

TEST_F(JournalDamageTest, TakesBackWhatIsLeftWhileItIsOpen) {
  const JournalRows rows = WriteMany(Path(), 2, 500);
  fs::copy_file(Path(), Path("copy"));
  const Store store = Open(Path("copy"), kReadOnly);
  EXPECT_EQ(All(*store), rows);
  CopyHalfWritten(Path(), Path("copy"));
  EXPECT_EQ(All(*store), rows);
  EXPECT_FALSE(fs::exists(Path("copy-journal")));
}

// In a child: to be somebody who may not write, if we are one who may do all.
TEST_F(JournalDamageTest, WhatMayNotBeWrittenIsNotTakenBack) {
  WriteMany(Path(), 2, 500);
  CopyHalfWritten(Path(), Path("half"));
  const std::string before = tree_.Read("half");
  for (const char* name : {"journal", "half", "half-journal"}) ASSERT_EQ(chmod(Path(name).c_str(), 0444), 0);
  ASSERT_EQ(chmod(tree_.root().c_str(), 0555), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (geteuid() == 0 && seteuid(65534) != 0) _exit(1);
    const auto half = JournalStore::Open(Path("half"), kReadOnly);
    if (half || half.error().code != ErrorCode::kIo) _exit(2);
    if (half.error().message.find("broken off") == std::string::npos) _exit(3);
    if (!JournalStore::Open(Path(), kReadOnly)) _exit(4);
    const auto written = JournalStore::Open(Path(), kWrite);
    if (written || written.error().code != ErrorCode::kIo) _exit(5);
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(chmod(tree_.root().c_str(), 0700), 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(tree_.Read("half") == before);
}

constexpr int kBatch = 200;

std::vector<JournalEntry> BatchOf(int number) {
  std::vector<JournalEntry> entries;
  entries.reserve(kBatch + 1);
  for (int i = 0; i < kBatch; ++i) {
    entries.push_back({"/" + std::to_string(i % 7) + "/" + std::to_string(number) + "-" + std::to_string(i),
                       JournalRowOf(static_cast<uint64_t>(number))});
  }
  // One that all of them replace.
  entries.push_back({"/last", JournalRowOf(static_cast<uint64_t>(number))});
  return entries;
}

// What was written of the batches 0 to the number returned: each whole.
int WholeBatches(const JournalRows& rows) {
  if (rows.empty()) return 0;
  std::map<uint64_t, int> counts;
  for (const auto& [input, row] : rows) {
    if (input != "/last") ++counts[row.bytes];
  }
  for (const auto& [number, count] : counts) EXPECT_EQ(count, kBatch) << number;
  EXPECT_EQ(rows.at("/last").bytes, counts.rbegin()->first);
  EXPECT_EQ(counts.rbegin()->first, counts.size() - 1);
  return static_cast<int>(counts.size());
}

// At any instant: what it said it had written is there, of the next batch all or nothing.
TEST_F(JournalDamageTest, AKilledWriterLeavesWholeBatches) {
  int written = 0;
  for (int round = 0; round < 6; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto store = JournalStore::Open(Path(), kWrite);
      if (!store) _exit(1);
      for (int number = written;; ++number) {
        if (!(*store)->Write(BatchOf(number))) _exit(2);
        if (write(ends[1], "x", 1) != 1) _exit(3);
      }
    }
    close(ends[1]);
    char said = 0;
    int count = 0;
    while (count < 2 + round && read(ends[0], &said, 1) == 1) ++count;
    std::this_thread::sleep_for(std::chrono::milliseconds(2 * round));
    ASSERT_EQ(kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status)) << status;
    while (read(ends[0], &said, 1) == 1) ++count;
    close(ends[0]);
    // Writing in turn with reading alone.
    const Store store = Open(Path(), round % 2 == 0 ? kReadOnly : kWrite);
    const int whole = WholeBatches(All(*store));
    EXPECT_GE(whole, written + count);
    EXPECT_LE(whole, written + count + 1);
    written = whole;
  }
  EXPECT_EQ(RawDatabase(Path()).Text("PRAGMA integrity_check"), "ok");
}

// Killed between two pages that it writes: the file may not grow further.
TEST_F(JournalDamageTest, AWriterKilledWithinACommitLeavesWholeBatches) {
  for (int number = 0; number < 3; ++number) Write(*Open(Path()), BatchOf(number));
  const std::string before = tree_.Read("journal");
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const rlimit no_core{0, 0};
    const rlimit size{before.size() + 4096, before.size() + 4096};
    setrlimit(RLIMIT_CORE, &no_core);
    setrlimit(RLIMIT_FSIZE, &size);
    std::signal(SIGXFSZ, SIG_DFL);
    const auto store = JournalStore::Open(Path(), kWrite);
    if (!store) _exit(1);
    std::vector<JournalEntry> entries;
    for (int number = 3; number < 8; ++number) {
      const auto batch = BatchOf(number);
      entries.insert(entries.end(), batch.begin(), batch.end());
    }
    (void)(*store)->Write(entries);
    _exit(2);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << status;
  EXPECT_EQ(WTERMSIG(status), SIGXFSZ);
  EXPECT_TRUE(tree_.Read("journal") != before);
  EXPECT_TRUE(fs::exists(Path("journal-journal")));
  const Store store = Open(Path(), kReadOnly);
  EXPECT_EQ(WholeBatches(All(*store)), 3);
}

TEST_F(JournalDamageTest, AFailedWriteChangesNothing) {
  const Store store = Open(Path());
  Write(*store, BatchOf(0));
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit size{fs::file_size(Path()), limit.rlim_max};
  std::vector<JournalEntry> entries;
  for (int number = 1; number < 8; ++number) {
    for (JournalEntry& entry : BatchOf(number)) entries.push_back({"/new" + entry.input, entry.row});
  }
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &size), 0);
  const Status status = store->Write(entries);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kIo);
  EXPECT_EQ(WholeBatches(All(*store)), 1);
  // The directories of the failed batch are forgotten.
  Write(*store, {{"/other/1", JournalRowOf(5)}, {"/new/1/1-1", JournalRowOf(6)}});
  const Store again = Open(Path(), kReadOnly);
  EXPECT_EQ(FindOne(*again, "/new/1/1-1"), JournalRowOf(6));
  EXPECT_EQ(FindOne(*again, "/other/1"), JournalRowOf(5));
  EXPECT_EQ(FindOne(*again, "/other/1-1"), std::nullopt);
  EXPECT_EQ(All(*again).size(), kBatch + 3);
}

}  // namespace
}  // namespace tbbthumbs
