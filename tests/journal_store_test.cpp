#include "pipeline/journal_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "pipeline/file_system.h"
#include "tests/support/journal_fixture.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using std::chrono::microseconds;
using std::chrono::nanoseconds;
using ::testing::ElementsAre;
using testing::FailedJournalRow;
using ::testing::IsEmpty;
using testing::JournalFixture;
using testing::JournalRowOf;
using testing::JournalRows;
using testing::RawDatabase;
using Store = std::unique_ptr<JournalStore>;

constexpr JournalStore::Mode kWrite = JournalStore::Mode::kWrite;
constexpr JournalStore::Mode kReadOnly = JournalStore::Mode::kReadOnly;

class JournalStoreTest : public JournalFixture {
 protected:
  static JournalRow RowOfAddress(uint64_t number) {
    JournalRow row = JournalRowOf(number);
    if (number % 3 != 0) row.validators.etag = "\"" + std::to_string(number) + "\"";
    if (number % 4 != 0) row.validators.last_modified = "Sat, 01 Jan 2022 00:00:00 GMT";
    return row;
  }
};

TEST_F(JournalStoreTest, EveryFieldComesBack) {
  JournalRow row;
  row.bytes = std::numeric_limits<uint64_t>::max();
  row.modified = nanoseconds(1'234'567'890'123'456'789);
  row.status = PictureStatus::kFailed;
  row.options = std::numeric_limits<uint64_t>::max() - 1;
  row.format = Format::kJpeg2000;
  row.error = Error{ErrorCode::kTooLarge, "a \xFF\xFE \xC3 message"};
  row.outputs = {
      {"a\xFF/b:c.jpg", std::numeric_limits<uint64_t>::max(), std::numeric_limits<uint64_t>::max(), nanoseconds::max()},
      {"", 0, 0, nanoseconds::min()},
      {"12:34", 56, 35, nanoseconds(-36)}};
  row.cpu_time = std::chrono::hours(1000) + microseconds(1);
  row.decoder = "decoder \xFF";
  const std::string input = "/a\xFF\xC3/\x01 b\n:\xFE";
  JournalRow old = JournalRowOf(1);
  old.modified = nanoseconds(-1);
  JournalRow empty;
  empty.error = Error{ErrorCode::kIo, ""};
  {
    const Store store = Open(Path());
    Write(*store, {{input, row}, {"/empty", empty}, {"/old", old}, {"/plain", {}}});
    EXPECT_EQ(FindOne(*store, input), row);
  }
  for (const JournalStore::Mode mode : {kWrite, kReadOnly}) {
    const Store store = Open(Path(), mode);
    EXPECT_EQ(FindOne(*store, input), row);
    EXPECT_EQ(FindOne(*store, "/old"), old);
    EXPECT_EQ(FindOne(*store, "/empty"), empty);
    EXPECT_EQ(FindOne(*store, "/plain"), JournalRow{});
    EXPECT_EQ(FindOne(*store, "/none"), std::nullopt);
    EXPECT_EQ(All(*store), (JournalRows{{input, row}, {"/old", old}, {"/empty", empty}, {"/plain", {}}}));
  }
}

TEST_F(JournalStoreTest, EveryStatusFormatAndCodeComesBack) {
  const Store store = Open(Path());
  JournalRows rows;
  for (const PictureStatus status : {PictureStatus::kMade, PictureStatus::kSkipped, PictureStatus::kFailed}) {
    rows["/status/" + std::string(PictureStatusName(status))].status = status;
  }
  for (int i = 0; i < kFormatCount; ++i) rows["/format/" + std::to_string(i)].format = static_cast<Format>(i);
  for (int i = 0; i < kErrorCodeCount; ++i) {
    rows["/code/" + std::to_string(i)].error = Error{static_cast<ErrorCode>(i), "m"};
  }
  std::vector<JournalEntry> entries;
  for (const auto& [input, row] : rows) entries.push_back({input, row});
  Write(*store, entries);
  EXPECT_EQ(All(*store), rows);
}

// What has no '/', or lies in the root, or ends with one.
TEST_F(JournalStoreTest, PathsThatLookAlikeAreDifferent) {
  const Store store = Open(Path());
  const std::vector<std::string> inputs = {"a", "/a", "//a", "a/", "/a/", "/", "//", "", "/a/a", "a/a", "/A"};
  for (size_t i = 0; i < inputs.size(); ++i) Write(*store, {{inputs[i], JournalRowOf(i)}});
  const auto rows = Find(*store, inputs);
  for (size_t i = 0; i < inputs.size(); ++i) EXPECT_EQ(rows[i], JournalRowOf(i)) << inputs[i];
  const JournalRows all = All(*store);
  EXPECT_EQ(all.size(), inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) EXPECT_EQ(all.at(inputs[i]), JournalRowOf(i)) << inputs[i];
}

TEST_F(JournalStoreTest, AddressesComeBackWithWhatServersSay) {
  const std::string longest = std::string(7980, 'x');
  std::vector<std::string> inputs = {"http://host/",
                                     "https://host/",
                                     "https://host/a/b.jpg?x=1",
                                     "https://host/a?u=/x//y/z.jpg",
                                     "https://host/a?u=/x//y/",
                                     "https://host:8080/a/b.jpg",
                                     "https://host/" + longest,
                                     "https://host/" + longest + "/a",
                                     "https://host/a?" + std::string(7980, '/')};
  for (int i = 0; i < 2500; ++i) inputs.push_back("https://host" + std::to_string(i) + ".org/pictures/a.jpg");
  for (int i = 1000; i < 3000; ++i) inputs.push_back("https://host/many/" + std::to_string(i));
  for (int i = 0; i < 10; ++i) inputs.push_back("https://host/long/" + longest + std::to_string(i));
  std::vector<JournalEntry> entries;
  JournalRows all;
  for (size_t i = 0; i < inputs.size(); ++i) {
    entries.push_back({inputs[i], RowOfAddress(i)});
    ASSERT_TRUE(all.emplace(inputs[i], RowOfAddress(i)).second);
  }
  {
    const Store store = Open(Path());
    Write(*store, entries);
    Write(*store, {{"/a/b.jpg", JournalRowOf(1)}});
  }
  all["/a/b.jpg"] = JournalRowOf(1);
  for (const JournalStore::Mode mode : {kWrite, kReadOnly}) {
    const Store store = Open(Path(), mode);
    const auto rows = Find(*store, inputs);
    for (size_t i = 0; i < inputs.size(); ++i) ASSERT_EQ(rows[i], RowOfAddress(i)) << inputs[i];
    EXPECT_TRUE(All(*store) == all);
    EXPECT_EQ(FindOne(*store, "https://host/a/b.jpg"), std::nullopt);
    EXPECT_EQ(store->Counts().value().made, all.size());
  }
}

TEST_F(JournalStoreTest, WhatServersSayIsReplacedAndRemovedWithTheRow) {
  const Store store = Open(Path());
  const std::string kept = "http://host/kept";
  const std::string input = "http://host/a?/b";
  Write(*store, {{kept, RowOfAddress(1)}, {input, RowOfAddress(2)}});
  Write(*store, {{input, RowOfAddress(7)}});
  EXPECT_EQ(FindOne(*store, input), RowOfAddress(7));
  Write(*store, {{input, JournalRowOf(7)}});
  EXPECT_EQ(FindOne(*store, input), JournalRowOf(7));
  Write(*store, {{input, RowOfAddress(2)}});
  EXPECT_TRUE(store->Remove(std::vector<std::string>{input}));
  EXPECT_EQ(All(*store), (JournalRows{{kept, RowOfAddress(1)}}));
  EXPECT_EQ(RawDatabase(Path()).Text("SELECT count(*) FROM validator"), "1");
  EXPECT_TRUE(store->Clear());
  EXPECT_EQ(RawDatabase(Path()).Text("SELECT count(*) FROM validator"), "0");
  // Files have none.
  Write(*store, {{"/a", RowOfAddress(1)}});
  EXPECT_EQ(FindOne(*store, "/a"), JournalRowOf(1));
  EXPECT_EQ(RawDatabase(Path()).Text("SELECT count(*) FROM validator"), "0");
}

TEST_F(JournalStoreTest, WhatNoServerSaysIsRefused) {
  const Store store = Open(Path());
  for (const std::string& text : {std::string(1025, 'x'), std::string("a\0b", 3), std::string("a\r\nb"),
                                  std::string("\t"), std::string("\x7F")}) {
    EXPECT_FALSE(IsKept({text, ""}));
    EXPECT_FALSE(IsKept({"", text}));
    JournalRow row;
    row.validators.etag = text;
    const Status status = store->Write(std::vector<JournalEntry>{{"http://host/b", {}}, {"http://host/a", row}});
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kInternal);
    EXPECT_THAT(All(*store), IsEmpty());
  }
  JournalRow row;
  row.validators = {"W/\"\xE9\"" + std::string(1018, ' '), "x"};
  EXPECT_TRUE(IsKept(row.validators));
  Write(*store, {{"http://host/a", row}});
  EXPECT_EQ(FindOne(*store, "http://host/a"), row);
  row.validators.last_modified += 'x';
  EXPECT_FALSE(IsKept(row.validators));
}

TEST_F(JournalStoreTest, AFileIsStillThatOfTheRowByItsSizeAndTime) {
  const nanoseconds time(1'700'000'000'123'456'789);
  const JournalOutput output{"a.jpg", 1, 100, time};
  EXPECT_TRUE(output.IsStill({.bytes = 100, .modified = time}));
  EXPECT_FALSE(output.IsStill({.bytes = 99, .modified = time}));
  EXPECT_FALSE(output.IsStill({.bytes = 100, .modified = time + nanoseconds(1)}));
  EXPECT_FALSE(output.IsStill({.bytes = 100, .modified = time - nanoseconds(1)}));
  EXPECT_FALSE(output.IsStill({.kind = FileKind::kLink, .bytes = 100, .modified = time}));
  // Of file systems that keep whole seconds or two.
  for (const int64_t seconds : {1'699'999'999, 1'700'000'000, 1'700'000'002}) {
    EXPECT_TRUE(output.IsStill({.bytes = 100, .modified = std::chrono::seconds(seconds)})) << seconds;
  }
  EXPECT_FALSE(output.IsStill({.bytes = 100, .modified = std::chrono::seconds(1'699'999'998)}));
  EXPECT_FALSE(output.IsStill({.bytes = 100, .modified = std::chrono::seconds(1'700'000'003)}));
}

TEST_F(JournalStoreTest, PathsOfOutputsWithNulAreRefused) {
  const Store store = Open(Path());
  JournalRow row = JournalRowOf(1);
  row.outputs[0].path = std::string("a\0b", 3);
  const Status status = store->Write(std::vector<JournalEntry>{{"/new/a", JournalRowOf(2)}, {"/new/b", row}});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kInternal);
  EXPECT_THAT(All(*store), IsEmpty());
  // The directory that came with it is gone too, and known to be.
  Write(*store, {{"/other/c", JournalRowOf(3)}, {"/new/a", JournalRowOf(4)}});
  EXPECT_EQ(All(*store), (JournalRows{{"/other/c", JournalRowOf(3)}, {"/new/a", JournalRowOf(4)}}));
}

TEST_F(JournalStoreTest, RowsAreReplacedAndRemoved) {
  const Store store = Open(Path());
  Write(*store, {{"/a/1", JournalRowOf(1)}, {"/a/2", JournalRowOf(2)}, {"/b/1", JournalRowOf(3)}});
  Write(*store,
        {{"/a/2", FailedJournalRow(ErrorCode::kIo, "m")}, {"/a/1", JournalRowOf(4)}, {"/a/1", JournalRowOf(5)}});
  EXPECT_EQ(All(*store), (JournalRows{{"/a/1", JournalRowOf(5)},
                                      {"/a/2", FailedJournalRow(ErrorCode::kIo, "m")},
                                      {"/b/1", JournalRowOf(3)}}));
  EXPECT_TRUE(store->Remove(std::vector<std::string>{"/a/1", "/a/none", "/none/1", "/b/1"}));
  EXPECT_EQ(All(*store), (JournalRows{{"/a/2", FailedJournalRow(ErrorCode::kIo, "m")}}));
  EXPECT_EQ(FindOne(*store, "/a/1"), std::nullopt);
  EXPECT_TRUE(store->Write({}));
  EXPECT_TRUE(store->Remove({}));
  EXPECT_EQ(All(*store).size(), 1);
}

TEST_F(JournalStoreTest, ClearDropsRowsAlone) {
  const Store store = Open(Path());
  EXPECT_FALSE(store->HasRows().value());
  Write(*store, {{"/a/1", JournalRowOf(1)}, {"/b/1", JournalRowOf(2)}});
  EXPECT_TRUE(store->HasRows().value());
  const uint64_t options = store->OptionsId("digest", "description").value();
  const uint64_t run = store->BeginRun({.version = "1"}).value();
  EXPECT_TRUE(store->Clear());
  EXPECT_FALSE(store->HasRows().value());
  EXPECT_THAT(All(*store), IsEmpty());
  EXPECT_EQ(FindOne(*store, "/a/1"), std::nullopt);
  EXPECT_EQ(store->OptionsId("digest", "").value(), options);
  EXPECT_EQ(store->Runs(10).value().at(0).id, run);
  Write(*store, {{"/b/1", JournalRowOf(3)}});
  EXPECT_EQ(All(*store), (JournalRows{{"/b/1", JournalRowOf(3)}}));
}

// Against a map: batches written and removed at random, and inputs asked for in every order.
TEST_F(JournalStoreTest, FindsWhatAMapFinds) {
  std::mt19937 random(1);
  const auto below = [&](size_t count) { return std::uniform_int_distribution<size_t>(0, count - 1)(random); };
  const std::string letters = "aAb0\x01\xFF\xC3.";
  const std::vector<std::string> directories = {"/", "", "/p/", "/p/\xFF/", "/p/q/", "/p/q/r/", "relative/"};
  const auto any_input = [&] {
    std::string input = directories[below(directories.size())];
    for (size_t length = 1 + below(4); length > 0; --length) input += letters[below(letters.size())];
    return input;
  };
  const Store store = Open(Path());
  JournalRows oracle;
  size_t found = 0;
  for (int round = 0; round < 12; ++round) {
    std::vector<JournalEntry> entries(below(800));
    for (JournalEntry& entry : entries) {
      entry = {any_input(), JournalRowOf(random())};
      oracle[entry.input] = entry.row;
    }
    Write(*store, entries);
    std::vector<std::string> removed(below(100));
    for (std::string& input : removed) {
      input = any_input();
      oracle.erase(input);
    }
    ASSERT_TRUE(store->Remove(removed));
    for (int query = 0; query < 60; ++query) {
      std::vector<std::string> inputs(1 + below(200));
      for (std::string& input : inputs) input = any_input();
      // In order, all of one directory with what is there twice, both, or none of these.
      const bool sorted = query % 2 == 0;
      if (query % 4 < 2) {
        const std::string& directory = directories[below(directories.size())];
        for (std::string& input : inputs) input.replace(0, input.rfind('/') + 1, directory);
        for (size_t twice = inputs.size() / 4; twice > 0; --twice) inputs.push_back(inputs[below(inputs.size())]);
      }
      if (sorted) std::sort(inputs.begin(), inputs.end());
      const auto rows = Find(*store, inputs);
      for (size_t i = 0; i < inputs.size(); ++i) {
        const auto expected = oracle.find(inputs[i]);
        ASSERT_EQ(rows[i].has_value(), expected != oracle.end()) << inputs[i];
        if (!rows[i]) continue;
        ASSERT_EQ(*rows[i], expected->second) << inputs[i];
        ++found;
      }
    }
  }
  EXPECT_GT(found, 1000);
  EXPECT_EQ(All(*store), oracle);
}

// A few names that lie far apart in a large directory.
TEST_F(JournalStoreTest, FindsWhatLiesFarApart) {
  const JournalRows all = WriteMany(Path(), 3, 3000);
  const Store store = Open(Path());
  std::vector<std::string> inputs;
  for (const char* name :
       {"0.jpg", "0.jpg", "1", "1000.jpg", "1999.jpg", "2", "2500.jpg", "2999.jpg", "999.jpg", "~"}) {
    inputs.push_back(std::string("/photos/1/") + name);
  }
  const auto rows = Find(*store, inputs);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto expected = all.find(inputs[i]);
    EXPECT_EQ(rows[i], expected == all.end() ? std::nullopt : std::optional(expected->second)) << inputs[i];
  }
}

TEST_F(JournalStoreTest, ForEachKeepsTheOrder) {
  const Store store = Open(Path());
  Write(*store,
        {{"/z/b", JournalRowOf(1)}, {"/z/\xFF", FailedJournalRow(ErrorCode::kIo, "")}, {"/z/a", JournalRowOf(2)}});
  Write(*store, {{"/a/1", FailedJournalRow(ErrorCode::kIo, "")}, {"/z/A", JournalRowOf(3)}});
  std::vector<std::string> seen;
  const auto note = [&](const std::string& input, const JournalRow&) {
    seen.push_back(input);
    return seen.size() < 3;
  };
  EXPECT_TRUE(store->ForEach(std::nullopt, note));
  EXPECT_THAT(seen, ElementsAre("/z/A", "/z/a", "/z/b"));
  seen.clear();
  EXPECT_TRUE(store->ForEach(PictureStatus::kFailed, note));
  EXPECT_THAT(seen, ElementsAre("/z/\xFF", "/a/1"));
  seen.clear();
  EXPECT_TRUE(store->ForEach(PictureStatus::kSkipped, note));
  EXPECT_THAT(seen, IsEmpty());
}

TEST_F(JournalStoreTest, ForEachVisitsAllOnce) {
  const JournalRows all = WriteMany(Path(), 3, 1000);
  const Store store = Open(Path(), kReadOnly);
  EXPECT_EQ(All(*store), all);
  size_t failed = 0;
  EXPECT_TRUE(store->ForEach(PictureStatus::kFailed, [&](const std::string& input, const JournalRow& row) {
    EXPECT_EQ(all.at(input), row);
    ++failed;
    return true;
  }));
  EXPECT_EQ(failed, 300);
}

// The visitor drops each row that it has seen and writes others; all that was there before is visited.
TEST_F(JournalStoreTest, VisitorsMayWrite) {
  const JournalRows all = WriteMany(Path(), 2, 1200);
  const Store store = Open(Path());
  const Store other = Open(Path());
  std::set<std::string> seen;
  EXPECT_TRUE(store->ForEach(std::nullopt, [&](const std::string& input, const JournalRow& row) {
    EXPECT_TRUE(seen.insert(input).second);
    EXPECT_EQ(row, all.at(input));
    if (seen.size() % 200 == 0) {
      EXPECT_TRUE(store->Remove(std::vector<std::string>{input}));
      Write(*other, {{"/" + std::to_string(seen.size()), JournalRowOf(1)}, {"/photos/0/", JournalRowOf(2)}});
      EXPECT_EQ(FindOne(*store, "/photos/0/"), JournalRowOf(2));
    }
    return seen.size() < all.size();
  }));
  EXPECT_EQ(seen.size(), all.size());
  // Twelve removed, twelve in the root and one in a directory added.
  EXPECT_EQ(All(*store).size(), all.size() + 1);
}

TEST_F(JournalStoreTest, CountsAll) {
  const Store store = Open(Path());
  JournalRow skipped = JournalRowOf(1);
  skipped.status = PictureStatus::kSkipped;
  skipped.outputs.clear();
  JournalRow two = JournalRowOf(2);
  two.outputs.push_back({"second", 1});
  Write(*store, {{"/a/1", JournalRowOf(1)},
                 {"/a/2", two},
                 {"/a/3", skipped},
                 {"/a/4", FailedJournalRow(ErrorCode::kIo, "")},
                 {"/b/1", FailedJournalRow(ErrorCode::kCorrupt, "")},
                 {"/b/2", FailedJournalRow(ErrorCode::kCorrupt, "")},
                 {"/b/3", FailedJournalRow(ErrorCode::kTimeout, "")}});
  const auto counts = store->Counts();
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->made, 2);
  EXPECT_EQ(counts->skipped, 1);
  EXPECT_EQ(counts->failed, 4);
  EXPECT_EQ(counts->outputs, 3);
  EXPECT_THAT(counts->failed_by_code, ElementsAre(std::pair(ErrorCode::kCorrupt, 2), std::pair(ErrorCode::kIo, 1),
                                                  std::pair(ErrorCode::kTimeout, 1)));
}

TEST_F(JournalStoreTest, OptionsKeepTheirNumbers) {
  uint64_t first = 0;
  uint64_t second = 0;
  {
    const Store store = Open(Path());
    EXPECT_EQ(store->FindOptionsId("one").value(), std::nullopt);
    first = store->OptionsId("one", "--size 256 \xFF").value();
    second = store->OptionsId("two", "").value();
    EXPECT_GT(first, 0);
    EXPECT_GT(second, 0);
    EXPECT_NE(first, second);
    EXPECT_EQ(store->OptionsId("one", "of another day").value(), first);
  }
  const Store store = Open(Path());
  const Store other = Open(Path());
  EXPECT_EQ(store->OptionsId("two", "").value(), second);
  EXPECT_EQ(store->FindOptionsId("one").value(), first);
  EXPECT_EQ(store->OptionsDescription(first).value(), "--size 256 \xFF");
  EXPECT_EQ(store->OptionsDescription(second).value(), "");
  const auto none = store->OptionsDescription(12345);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
  const uint64_t third = other->OptionsId("three", "").value();
  EXPECT_EQ(store->OptionsId("three", "").value(), third);
  EXPECT_NE(third, first);
  EXPECT_NE(third, second);
}

TEST_F(JournalStoreTest, RunsComeBackNewestFirst) {
  JournalRun run;
  run.id = 77;
  run.options = 3;
  run.version = "0.1 \xFF";
  run.label = "abc 3/8";
  run.started = nanoseconds(1'600'000'000'123'456'789);
  run.ended = nanoseconds(5);
  run.end = "done";
  run.inputs = std::numeric_limits<uint64_t>::max();
  run.made = 1;
  run.up_to_date = 2;
  run.failed = 3;
  run.skipped = 4;
  run.left = 5;
  run.bytes_in = uint64_t{1} << 60;
  run.bytes_out = 6;
  run.wall_time = nanoseconds(7);
  run.cpu_time = nanoseconds(8);
  const auto expect_same = [](const JournalRun& a, const JournalRun& b) {
    const auto fields = [](const JournalRun& r) {
      return std::tie(r.options, r.version, r.label, r.started, r.inputs, r.made, r.up_to_date, r.failed, r.skipped,
                      r.left, r.bytes_in, r.bytes_out, r.wall_time, r.cpu_time);
    };
    EXPECT_EQ(fields(a), fields(b));
  };
  {
    const Store store = Open(Path());
    EXPECT_THAT(store->Runs(10).value(), IsEmpty());
    const uint64_t first = store->BeginRun(run).value();
    const uint64_t second = store->BeginRun({.version = "second"}).value();
    EXPECT_GT(second, first);
    const auto runs = store->Runs(10).value();
    ASSERT_EQ(runs.size(), 2);
    EXPECT_EQ(runs[0].id, second);
    EXPECT_EQ(runs[1].id, first);
    expect_same(runs[1], run);
    EXPECT_EQ(runs[1].ended, std::nullopt);
    EXPECT_EQ(runs[1].end, "");
    run.id = first;
    run.made = 1000;
    EXPECT_TRUE(store->EndRun(run));
  }
  const Store store = Open(Path(), kReadOnly);
  const auto runs = store->Runs(10).value();
  ASSERT_EQ(runs.size(), 2);
  EXPECT_EQ(runs[0].version, "second");
  EXPECT_EQ(runs[0].ended, std::nullopt);
  expect_same(runs[1], run);
  EXPECT_EQ(runs[1].ended, run.ended);
  EXPECT_EQ(runs[1].end, "done");
  EXPECT_EQ(store->Runs(1).value().size(), 1);
  EXPECT_THAT(store->Runs(0).value(), IsEmpty());
}

TEST_F(JournalStoreTest, AThousandRunsAreKept) {
  const Store store = Open(Path());
  const uint64_t first = store->BeginRun({.version = "first"}).value();
  RawDatabase(Path()).Execute(
      "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<998) INSERT INTO run SELECT id+i, options, "
      "i, label, started_ns, ended_ns, \"end\", inputs, made, up_to_date, failed, skipped, \"left\", bytes_in, "
      "bytes_out, wall_ns, cpu_ns FROM c, run");
  EXPECT_TRUE(store->BeginRun({.version = "thousandth"}));
  auto runs = store->Runs(5000).value();
  ASSERT_EQ(runs.size(), 1000);
  EXPECT_EQ(runs.back().id, first);
  EXPECT_TRUE(store->BeginRun({.version = "one more"}));
  runs = store->Runs(5000).value();
  ASSERT_EQ(runs.size(), 1000);
  EXPECT_EQ(runs.front().version, "one more");
  EXPECT_EQ(runs.back().version, "1");
  const Status ended = store->EndRun({.id = first});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::kNotFound);
}

TEST_F(JournalStoreTest, KnowsWhenItWasMade) {
  const auto modified = [](const std::string& path) { return RealFileSystem().Stat(path, true).value().modified; };
  // Empty since long ago: nothing was made then.
  tree_.Write("journal", "");
  fs::last_write_time(Path(), fs::file_time_type::clock::now() - std::chrono::hours(10'000));
  tree_.Write("before", "");
  nanoseconds created{};
  {
    const Store store = Open(Path());
    created = store->created();
    tree_.Write("after", "");
    EXPECT_GE(created, modified(Path("before")));
    EXPECT_LE(created, modified(Path("after")));
    Write(*store, {{"/a", JournalRowOf(1)}});
  }
  EXPECT_EQ(Open(Path())->created(), created);
  EXPECT_EQ(Open(Path(), kReadOnly)->created(), created);
  EXPECT_GT(Open(Path("new"))->created(), created);
}

// It is to know of no thumbnail, and so not either which of them were there before it.
TEST_F(JournalStoreTest, AClearedOneWasNeverMade) {
  {
    const Store store = Open(Path());
    EXPECT_GT(store->created().count(), 0);
    EXPECT_TRUE(store->Clear());
    EXPECT_EQ(store->created().count(), 0);
    Write(*store, {{"/a", JournalRowOf(1)}});
  }
  EXPECT_EQ(Open(Path())->created().count(), 0);
  const Store reader = Open(Path(), kReadOnly);
  EXPECT_EQ(reader->created().count(), 0);
  EXPECT_EQ(FindOne(*reader, "/a"), JournalRowOf(1));
}

TEST_F(JournalStoreTest, WhatIsTooLongIsNotWritten) {
  const Store store = Open(Path());
  const std::string most(size_t{4} << 20, 'x');
  const JournalRow row = FailedJournalRow(ErrorCode::kIo, most.substr(0, most.size() - 1000));
  Write(*store, {{"/a", row}});
  // A part of the row, and parts that fit alone.
  JournalRow both = row;
  both.decoder = "one that is new";
  both.outputs = {{most.substr(0, 2000), 1}};
  for (const JournalRow& too_long : {FailedJournalRow(ErrorCode::kIo, most + "x"), both}) {
    const Status status = store->Write(std::vector<JournalEntry>{{"/b", too_long}});
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kIo);
    EXPECT_EQ(status.error().message, "no row can have more than 4194304 bytes");
  }
  std::vector<std::optional<JournalRow>> rows(1);
  const Status found = store->Find(std::vector<std::string_view>{"/" + most + "x"}, rows);
  EXPECT_TRUE(!found && found.error().code == ErrorCode::kIo);
  Write(*store, {{"/b", JournalRowOf(2)}});
  EXPECT_EQ(All(*store), (JournalRows{{"/a", row}, {"/b", JournalRowOf(2)}}));
}

// Each writes where the other has cached what it knows.
TEST_F(JournalStoreTest, TwoStoresWriteInTurn) {
  const Store a = Open(Path());
  const Store b = Open(Path());
  const Store reader = Open(Path(), kReadOnly);
  JournalRows oracle;
  for (uint64_t i = 0; i < 10; ++i) {
    JournalStore& writer = i % 2 == 0 ? *a : *b;
    const std::string directory = "/" + std::to_string(i / 3) + "/";
    JournalRow row = JournalRowOf(i);
    row.decoder = "decoder " + std::to_string(i / 3);
    if (i == 7) {
      EXPECT_TRUE(writer.Clear());
      oracle.clear();
    }
    Write(writer, {{"/all/" + std::to_string(i), row}, {directory + "x", row}});
    oracle["/all/" + std::to_string(i)] = row;
    oracle[directory + "x"] = row;
    for (const Store* store : {&a, &b, &reader}) {
      EXPECT_EQ(FindOne(**store, directory + "x"), row);
      EXPECT_EQ(All(**store), oracle);
    }
  }
}

// What one has cached of directories and decoders is another's by then.
TEST_F(JournalStoreTest, WritesAfterAnotherHasCleared) {
  const Store a = Open(Path());
  const Store b = Open(Path());
  Write(*a, {{"/a/1", JournalRowOf(1)}});
  EXPECT_TRUE(b->Clear());
  Write(*b, {{"/b/1", JournalRowOf(2)}});
  Write(*a, {{"/a/2", JournalRowOf(3)}});
  EXPECT_EQ(All(*b), (JournalRows{{"/b/1", JournalRowOf(2)}, {"/a/2", JournalRowOf(3)}}));
}

TEST_F(JournalStoreTest, ThreadsMayShareOne) {
  const Store store = Open(Path());
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t i = 0; i < 5; ++i) {
        const std::string input = "/" + std::to_string(t) + "/" + std::to_string(i);
        Write(*store, {{input, JournalRowOf(i)}});
        EXPECT_EQ(FindOne(*store, input), JournalRowOf(i));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(All(*store).size(), 20);
}

TEST_F(JournalStoreTest, RowsOfDirectoriesAlone) {
  const Store store = Open(Path());
  std::vector<JournalEntry> entries;
  entries.reserve(2500);
  for (int i = 0; i < 2500; ++i) entries.push_back({"/a/b/" + std::to_string(i), JournalRowOf(1)});
  for (const char* input : {"/a/1", "/a/b/c/1", "/a/b/c/d/1", "/a/b!/1", "/a/b0/1", "/a/bc/1", "/z\xFF/1"}) {
    entries.push_back({input, JournalRowOf(2)});
  }
  ASSERT_TRUE(store->Write(entries));
  const auto inputs_in = [&](const std::string& directory, bool below, size_t most = 10'000) {
    std::vector<std::string> inputs;
    const auto read = store->ForEachIn(directory, below, [&](const std::string& input, const JournalRow& row) {
      EXPECT_EQ(row, JournalRowOf(input.starts_with("/a/b/") && input.find('c') == std::string::npos ? 1 : 2));
      inputs.push_back(input);
      return inputs.size() < most;
    });
    EXPECT_TRUE(read);
    return inputs;
  };
  EXPECT_THAT(inputs_in("/a/", false), ElementsAre("/a/1"));
  EXPECT_EQ(inputs_in("/a/b/", false).size(), 2500u);
  EXPECT_EQ(inputs_in("/a/b/", true).size(), 2502u);
  EXPECT_EQ(inputs_in("/a/b/", true, 1200).size(), 1200u);
  EXPECT_EQ(inputs_in("/", true).size(), 2507u);
  EXPECT_THAT(inputs_in("/a/b/c/", true), ElementsAre("/a/b/c/1", "/a/b/c/d/1"));
  EXPECT_THAT(inputs_in("/z\xFF/", false), ElementsAre("/z\xFF/1"));
  EXPECT_THAT(inputs_in("/none/", true), IsEmpty());
  for (const char* input : {"http://a/b/1", "http://a/b/c/2", "http://a.b/3", "http://a/b?/4"}) {
    Write(*store, {{input, JournalRowOf(2)}});
  }
  EXPECT_EQ(inputs_in("/", true).size(), 2507u);
  EXPECT_THAT(inputs_in("http://a/b/", true), ElementsAre("http://a/b/1", "http://a/b/c/2"));
  EXPECT_THAT(inputs_in("http://a/", true), ElementsAre("http://a/b/1", "http://a/b/c/2", "http://a/b?/4"));
  EXPECT_THAT(inputs_in("http://a/b?/", false), ElementsAre("http://a/b?/4"));
}

TEST_F(JournalStoreTest, AllDirectories) {
  const Store store = Open(Path());
  std::vector<JournalEntry> entries;
  entries.reserve(2500);
  for (int i = 0; i < 2500; ++i) entries.push_back({"/" + std::to_string(i) + "/1", JournalRowOf(1)});
  ASSERT_TRUE(store->Write(entries));
  size_t count = 0;
  std::string last;
  ASSERT_TRUE(store->ForEachDirectory([&](const std::string& directory) {
    EXPECT_LT(last, directory);
    last = directory;
    return ++count > 0;
  }));
  EXPECT_EQ(count, 2500u);
  EXPECT_EQ(last, "/999/");
  ASSERT_TRUE(store->ForEachDirectory([&](const std::string&) { return ++count < 2600; }));
  EXPECT_EQ(count, 2600u);
  Write(*store, {{"https://host/a/b", JournalRowOf(1)}});
  count = 0;
  ASSERT_TRUE(store->ForEachDirectory([&](const std::string& directory) {
    last = directory;
    return ++count > 0;
  }));
  EXPECT_EQ(count, 2501u);
  EXPECT_EQ(last, "https://host/a/");
}

}  // namespace
}  // namespace tbbthumbs
