#include "pipeline/plan_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/name_hash.h"
#include "pipeline/sqlite_database.h"
#include "tests/support/temp_tree.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::TempTree;

class PlanStoreTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name = "plan.db") const { return (tree_.root() / name).string(); }

  static PlanSettings Settings(int shards) {
    PlanSettings settings;
    settings.shards = shards;
    settings.output = "/thumbs/o\xffut";
    settings.journal = "/thumbs/out/.tbbthumbs/journal.db";
    settings.journal_created = std::chrono::nanoseconds(1'700'000'000'123'456'789);
    settings.options = {{"size", "64"}, {"size", "128"}, {"name", "{seq}'\n"}};
    return settings;
  }

  static PlanItem Item(uint64_t seq) {
    PlanItem item;
    item.seq = seq;
    item.path = "/photos/" + std::to_string(seq / 10) + "/" + std::to_string(seq) + ".jpg";
    item.found = seq % 2 == 0;
    if (seq % 7 == 3) {
      item.error = Error{ErrorCode::kTruncated, "cut " + std::to_string(seq)};
      return item;
    }
    if (seq % 7 == 4) return item;
    item.jpeg = {std::to_string(seq) + "_64.jpg", std::to_string(seq) + "_128.jpg"};
    if (seq % 3 == 0) item.png = {std::to_string(seq) + "_64.png", std::to_string(seq) + "_128.png"};
    item.changes = {.respelled = seq % 5 == 0, .taken = seq % 5 == 1, .too_long = seq % 5 == 2};
    return item;
  }

  static void ExpectSame(const PlanItem& a, const PlanItem& b) {
    EXPECT_EQ(a.seq, b.seq);
    EXPECT_EQ(a.path, b.path);
    EXPECT_EQ(a.found, b.found);
    ASSERT_EQ(a.error.has_value(), b.error.has_value());
    if (a.error) {
      EXPECT_EQ(a.error->code, b.error->code);
      EXPECT_EQ(a.error->message, b.error->message);
    }
    EXPECT_EQ(a.jpeg, b.jpeg);
    EXPECT_EQ(a.png, b.png);
    EXPECT_EQ(a.changes, b.changes);
  }

  PlanInfo Make(const std::string& name, int shards, uint64_t total) const {
    auto writer = PlanWriter::Create(Path(name), Settings(shards));
    EXPECT_TRUE(writer) << writer.error().message;
    for (uint64_t seq = 0; seq < total; ++seq) EXPECT_TRUE((*writer)->Add(Item(seq)));
    auto info = (*writer)->Finish();
    EXPECT_TRUE(info) << info.error().message;
    return std::move(*info);
  }

  std::unique_ptr<PlanReader> Open(const std::string& name = "plan.db") const {
    auto reader = PlanReader::Open(Path(name));
    EXPECT_TRUE(reader) << reader.error().message;
    return reader ? std::move(*reader) : nullptr;
  }

  Error OpenError() const {
    const auto reader = PlanReader::Open(Path());
    EXPECT_FALSE(reader);
    return reader ? Error{ErrorCode::kInternal, ""} : reader.error();
  }

  static std::vector<PlanItem> All(PlanReader& reader, int shard) {
    std::vector<PlanItem> all;
    for (;;) {
      auto page = reader.Page(shard, all.size());
      EXPECT_TRUE(page) << page.error().message;
      if (!page || page->empty()) return all;
      all.insert(all.end(), page->begin(), page->end());
    }
  }

  void Change(const std::string& sql) const {
    auto database = SqliteDatabase::Open(Path(), SqliteDatabase::Mode::kReadWrite);
    ASSERT_TRUE(database);
    ASSERT_TRUE((*database)->Execute(sql.c_str()));
  }

  std::string Meta(const std::string& name) const {
    const auto database = SqliteDatabase::Open(Path(), SqliteDatabase::Mode::kReadOnly);
    const std::string sql = "SELECT value FROM meta WHERE name='" + name + "'";
    SqliteStatement statement(**database, sql.c_str());
    const SqliteUse use(statement);
    EXPECT_TRUE(statement.Step());
    return std::string(statement.Bytes(0));
  }

  TempTree tree_;
};

TEST_F(PlanStoreTest, EachShardHasItsInputsInOrder) {
  constexpr uint64_t kTotal = 2003;
  const PlanInfo written = Make("plan.db", 3, kTotal);
  const auto reader = Open();
  const PlanInfo& info = reader->info();
  EXPECT_EQ(info.total, kTotal);
  EXPECT_EQ(info.shards, 3);
  EXPECT_EQ(info.digest, written.digest);
  EXPECT_EQ(info.id, written.id);
  EXPECT_EQ(info.output, Settings(3).output);
  EXPECT_EQ(info.journal, Settings(3).journal);
  EXPECT_EQ(info.journal_created, Settings(3).journal_created);
  EXPECT_EQ(info.options, Settings(3).options);
  for (int shard = 0; shard < 3; ++shard) {
    EXPECT_TRUE(reader->Check(shard));
    const std::vector<PlanItem> items = All(*reader, shard);
    EXPECT_EQ(items.size(), reader->CountOf(shard));
    EXPECT_EQ(items.size(), shard == 2 ? 667u : 668u);
    for (size_t i = 0; i < items.size(); ++i) ExpectSame(items[i], Item(i * 3 + static_cast<uint64_t>(shard)));
  }
  EXPECT_THAT(tree_.Files(), ElementsAre("plan.db"));
}

TEST_F(PlanStoreTest, AnyNumberOfShardsHoldsAll) {
  for (const auto& [shards, total] : {std::pair(1, 1200), {7, 0}, {7, 3}, {7, 7}, {kMostShards, 3000}}) {
    const std::string name = std::to_string(shards) + "-" + std::to_string(total);
    Make(name, shards, static_cast<uint64_t>(total));
    const auto reader = Open(name);
    uint64_t sum = 0;
    for (int shard = 0; shard < shards; ++shard) sum += reader->CountOf(shard);
    EXPECT_EQ(sum, static_cast<uint64_t>(total));
    for (const int shard : {0, 5 % shards, shards - 1}) {
      EXPECT_TRUE(reader->Check(shard)) << name;
      EXPECT_THAT(All(*reader, shard), SizeIs(reader->CountOf(shard))) << name;
    }
  }
}

TEST_F(PlanStoreTest, TheDigestIsOfWhatIsInIt) {
  const PlanInfo one = Make("one", 4, 100);
  const PlanInfo same = Make("same", 4, 100);
  EXPECT_EQ(one.digest, same.digest);
  EXPECT_NE(one.id, same.id) << "no two plans are the same one";
  EXPECT_NE(one.digest, Make("shards", 5, 100).digest);
  EXPECT_NE(one.digest, Make("total", 4, 101).digest);
  auto writer = PlanWriter::Create(Path("renamed"), Settings(4));
  for (uint64_t seq = 0; seq < 100; ++seq) {
    PlanItem item = Item(seq);
    if (seq == 50) item.jpeg.front() += "x";
    EXPECT_TRUE((*writer)->Add(item));
  }
  EXPECT_NE(one.digest, (*writer)->Finish()->digest);
  PlanSettings settings = Settings(4);
  settings.options.back().second = "{stem}";
  EXPECT_NE((*PlanWriter::Create(Path("a"), settings))->Finish()->digest,
            (*PlanWriter::Create(Path("b"), Settings(4)))->Finish()->digest);
}

TEST_F(PlanStoreTest, ThereIsNeverHalfAPlan) {
  {
    const auto writer = PlanWriter::Create(Path(), Settings(2));
    for (uint64_t seq = 0; seq < 5000; ++seq) EXPECT_TRUE((*writer)->Add(Item(seq)));
    EXPECT_FALSE(fs::exists(Path()));
  }
  EXPECT_THAT(tree_.Files(), IsEmpty());
}

TEST_F(PlanStoreTest, NoPlanIsReplaced) {
  const auto slower = PlanWriter::Create(Path(), Settings(2));
  const PlanInfo info = Make("plan.db", 3, 10);
  EXPECT_EQ((*slower)->Finish().error().code, ErrorCode::kExists);
  EXPECT_EQ(PlanWriter::Create(Path(), Settings(2)).error().code, ErrorCode::kExists);
  EXPECT_EQ(Open()->info().id, info.id);
  EXPECT_THAT(tree_.Files(), ElementsAre("plan.db"));
}

TEST_F(PlanStoreTest, DamageIsFoundOut) {
  Make("plan.db", 2, 2000);
  const std::string good = tree_.Read("plan.db");
  tree_.Write("plan.db", std::string_view(good).substr(0, good.size() / 2));
  {
    const auto reader = PlanReader::Open(Path());
    if (reader) {
      EXPECT_FALSE((*reader)->Check(0) && (*reader)->Check(1));
    }
  }
  // Every byte of a page of items that means anything; the header alone says nothing about them.
  int found_out = 0;
  for (size_t at = good.size() / 2; at < good.size() / 2 + 4096; at += 64) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x55);
    tree_.Write("plan.db", bad);
    const auto reader = PlanReader::Open(Path());
    const bool whole = reader && (*reader)->Check(0) && (*reader)->Check(1);
    if (!whole) {
      ++found_out;
      continue;
    }
    // The byte was none of an item: all are as they were.
    for (int shard = 0; shard < 2; ++shard) {
      const std::vector<PlanItem> items = All(**reader, shard);
      for (size_t i = 0; i < items.size(); ++i) ExpectSame(items[i], Item(i * 2 + static_cast<uint64_t>(shard)));
    }
  }
  EXPECT_GT(found_out, 30);
}

TEST_F(PlanStoreTest, ChangedRowsAndSettingsAreFoundOut) {
  Make("plan.db", 2, 100);
  Change("UPDATE item SET name=CAST('other.jpg' AS BLOB) WHERE id=10");
  EXPECT_EQ(Open()->Check(0).error().code, ErrorCode::kCorrupt);
  EXPECT_TRUE(Open()->Check(1));
  Change("DELETE FROM item WHERE id=10");
  EXPECT_EQ(Open()->Check(0).error().code, ErrorCode::kCorrupt);
  Change("DELETE FROM item WHERE id=(SELECT max(id) FROM item)");
  EXPECT_EQ(Open()->Check(1).error().code, ErrorCode::kCorrupt);
  Change("UPDATE option SET value='65' WHERE value='64'");
  EXPECT_EQ(OpenError().code, ErrorCode::kCorrupt);
}

// Whoever can write such a file can write what checks it.
TEST_F(PlanStoreTest, WhatCanBeNoIdIsRefused) {
  PlanInfo info = Make("plan.db", 2, 10);
  const std::string id = info.id;
  ASSERT_THAT(id, ::testing::MatchesRegex("[0-9a-f]{32}"));
  const auto forge = [&] {
    ContentHash hash;
    const auto add = [&](const std::string& text) {
      const std::string whole = std::to_string(text.size()) + ":" + text;
      hash.Add(std::as_bytes(std::span(whole.data(), whole.size())));
    };
    for (const std::string& text : {Meta("version"), std::to_string(info.shards), info.output, info.journal}) {
      add(text);
    }
    for (const auto& [name, value] : info.options) {
      add(name);
      add(value);
    }
    add(info.id);
    for (const auto& [name, value] : {std::pair("id", info.id),
                                      {"digest", info.digest},
                                      {"output", info.output},
                                      {"journal", info.journal},
                                      {"settings", hash.Hex()}}) {
      Change("UPDATE meta SET value=CAST('" + value + "' AS TEXT) WHERE name='" + name + "'");
    }
  };
  forge();
  EXPECT_EQ(Open()->info().id, id);
  for (const std::string& other : {std::string("../../.."), std::string(), id + "0", id.substr(1), "/" + id.substr(1),
                                   id.substr(1) + "A", std::string("../../../../../../../../../../aa")}) {
    info.id = other;
    forge();
    EXPECT_EQ(OpenError().code, ErrorCode::kCorrupt) << other;
    EXPECT_THAT(OpenError().message, HasSubstr("its id")) << other;
  }
  info.id = id;
  for (std::string* path : {&info.output, &info.journal}) {
    const std::string before = std::exchange(*path, "relative/path");
    forge();
    EXPECT_EQ(OpenError().code, ErrorCode::kCorrupt);
    EXPECT_THAT(OpenError().message, HasSubstr("its paths"));
    *path = before;
  }
  forge();
  EXPECT_TRUE(Open());
  // Without new checks.
  Change("UPDATE meta SET value='" + std::string(32, '0') + "' WHERE name='id'");
  EXPECT_THAT(OpenError().message, HasSubstr("its settings"));
}

TEST_F(PlanStoreTest, OtherTablesAreRefused) {
  for (const char* sql : {"CREATE TABLE more(a)", "DROP TABLE option", "ALTER TABLE item ADD COLUMN more",
                          "DROP TABLE meta; CREATE TABLE meta(name, value AS (zeroblob(900000000)))",
                          "DROP TABLE option; CREATE TABLE option(place, name, value)"}) {
    fs::remove(Path());
    Make("plan.db", 2, 10);
    Change(sql);
    EXPECT_EQ(OpenError().code, ErrorCode::kCorrupt) << sql;
    EXPECT_THAT(OpenError().message, HasSubstr("tables")) << sql;
  }
}

TEST_F(PlanStoreTest, OptionsOutOfPlaceAreFoundOut) {
  Make("plan.db", 2, 10);
  Change("UPDATE option SET place=7 WHERE place=2");
  EXPECT_EQ(OpenError().code, ErrorCode::kCorrupt);
}

TEST_F(PlanStoreTest, WhatLiesBesideItIsNotObeyed) {
  Make("plan.db", 2, 10);
  tree_.Write("plan.db-journal", std::string(600, 'X') + "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7");
  EXPECT_EQ(OpenError().code, ErrorCode::kCorrupt);
  EXPECT_THAT(tree_.Files(), ElementsAre("plan.db", "plan.db-journal"));
}

TEST_F(PlanStoreTest, WhatIsNoPlanOrAnotherVersionsIsRefused) {
  EXPECT_EQ(OpenError().code, ErrorCode::kNotFound);
  fs::create_directories(Path());
  EXPECT_EQ(OpenError().code, ErrorCode::kCorrupt);
  fs::remove(Path());
  tree_.Write("plan.db", "no database, though it is longer than the name of one in a file's first bytes");
  EXPECT_EQ(OpenError().code, ErrorCode::kCorrupt);
  tree_.Write("plan.db", "");
  EXPECT_EQ(OpenError().code, ErrorCode::kCorrupt);
  fs::remove(Path());
  Make("plan.db", 2, 10);
  Change("UPDATE meta SET value='9.9.9' WHERE name='version'");
  EXPECT_EQ(OpenError().code, ErrorCode::kUnsupported);
  EXPECT_THAT(OpenError().message, HasSubstr("tbbthumbs 9.9.9"));
  Change("PRAGMA user_version=2");
  EXPECT_EQ(OpenError().code, ErrorCode::kUnsupported);
  Change("PRAGMA application_id=0");
  EXPECT_EQ(OpenError().code, ErrorCode::kCorrupt);
}

TEST_F(PlanStoreTest, ReadingWritesNothing) {
  Make("plan.db", 2, 1000);
  chmod(Path().c_str(), 0444);
  const auto before = fs::last_write_time(Path());
  const std::string bytes = tree_.Read("plan.db");
  const auto reader = Open();
  const auto second = Open();
  EXPECT_THAT(All(*reader, 0), SizeIs(500));
  EXPECT_THAT(All(*second, 1), SizeIs(500));
  EXPECT_THAT(tree_.Files(), ElementsAre("plan.db"));
  EXPECT_EQ(fs::last_write_time(Path()), before);
  EXPECT_EQ(tree_.Read("plan.db"), bytes);
}

}  // namespace
}  // namespace tbbthumbs
