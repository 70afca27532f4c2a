#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/plan_store.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/database_damage.h"
#include "tests/fuzz/input_reader.h"
#include "tests/fuzz/targets.h"
#include "tests/support/temp_tree.h"

namespace tbbthumbs::fuzz {
namespace {

constexpr int kShards = 3;
constexpr uint64_t kItems = 60;

PlanSettings Settings() {
  PlanSettings settings;
  settings.shards = kShards;
  settings.output = "/thumbs/out";
  settings.journal = "/thumbs/out/.tbbthumbs/journal.db";
  settings.journal_created = std::chrono::nanoseconds(1'700'000'000'123'456'789);
  settings.options = {{"size", "64"}, {"size", "128"}, {"name", "{seq}'\n"}};
  return settings;
}

PlanItem Item(uint64_t seq) {
  PlanItem item;
  item.seq = seq;
  item.path = "/photos/" + std::to_string(seq / 10) + "/" + std::to_string(seq) + ".jpg";
  item.found = seq % 2 == 0;
  if (seq % 7 == 3) {
    item.error = Error{ErrorCode::kTruncated, "cut " + std::to_string(seq)};
  } else if (seq % 7 != 4) {
    item.jpeg = {std::to_string(seq) + "_64.jpg", std::to_string(seq) + "_128.jpg"};
    if (seq % 3 == 0) item.png = {std::to_string(seq) + "_64.png", std::to_string(seq) + "_128.png"};
  }
  item.changes = {.respelled = seq % 5 == 0, .taken = seq % 5 == 1, .too_long = seq % 5 == 2};
  return item;
}

bool Same(const PlanItem& a, const PlanItem& b) {
  return a.seq == b.seq && a.path == b.path && a.found == b.found && a.error == b.error && a.jpeg == b.jpeg &&
         a.png == b.png && a.changes == b.changes;
}

constexpr std::array kStatements = {
    "UPDATE OR REPLACE meta SET value=?1 WHERE name=(SELECT name FROM meta LIMIT 1 OFFSET ?2)",
    "UPDATE OR REPLACE meta SET name=?1 WHERE name=(SELECT name FROM meta LIMIT 1 OFFSET ?2)",
    "DELETE FROM meta WHERE name=(SELECT name FROM meta LIMIT 1 OFFSET ?2) OR name=?1",
    "UPDATE OR REPLACE option SET place=?1 WHERE place=?2",
    "UPDATE OR REPLACE option SET name=?1 WHERE place=?2",
    "UPDATE OR REPLACE option SET value=?1 WHERE place=?2",
    "INSERT INTO option VALUES(?2, ?1, 'more')",
    "UPDATE OR REPLACE directory SET path=?1 WHERE id=?2",
    "UPDATE OR REPLACE directory SET id=?1 WHERE id=?2",
    "DELETE FROM directory WHERE id=?2 OR id=?1",
    "UPDATE OR REPLACE item SET id=?1 WHERE id=(SELECT id FROM item LIMIT 1 OFFSET ?2)",
    "UPDATE item SET directory=?1 WHERE id=(SELECT id FROM item LIMIT 1 OFFSET ?2)",
    "UPDATE item SET name=?1 WHERE id=(SELECT id FROM item LIMIT 1 OFFSET ?2)",
    "UPDATE item SET found=?1 WHERE id=(SELECT id FROM item LIMIT 1 OFFSET ?2)",
    "UPDATE item SET jpeg=?1 WHERE id=(SELECT id FROM item LIMIT 1 OFFSET ?2)",
    "UPDATE item SET png=?1 WHERE id=(SELECT id FROM item LIMIT 1 OFFSET ?2)",
    "UPDATE item SET changes=?1 WHERE id=(SELECT id FROM item LIMIT 1 OFFSET ?2)",
    "UPDATE item SET code=?1 WHERE id=(SELECT id FROM item LIMIT 1 OFFSET ?2)",
    "UPDATE item SET message=?1 WHERE id=(SELECT id FROM item LIMIT 1 OFFSET ?2)",
    "UPDATE item SET \"check\"=?1 WHERE id=(SELECT id FROM item LIMIT 1 OFFSET ?2)",
    "DELETE FROM item WHERE id=(SELECT id FROM item LIMIT 1 OFFSET ?2) OR id=?1",
    "UPDATE sqlite_schema SET sql=?1 WHERE rowid=?2",
    "UPDATE sqlite_schema SET rootpage=?1 WHERE rowid=?2",
    "UPDATE sqlite_schema SET name=?1 WHERE rowid=?2",
    "UPDATE sqlite_schema SET type=?1 WHERE rowid=?2",
    "UPDATE sqlite_schema SET sql=replace(sql, 'INTEGER', 'TEXT') WHERE rowid=?2 OR rowid=?1",
    "CREATE TABLE other(x)",
    "CREATE INDEX other ON item(name)",
    "CREATE TRIGGER other AFTER INSERT ON item BEGIN DELETE FROM item; END",
    "CREATE VIEW other AS SELECT * FROM item",
    "PRAGMA user_version=2",
    "PRAGMA application_id=1",
    "PRAGMA encoding='UTF-16le'",
    "PRAGMA journal_mode=WAL",
    "PRAGMA auto_vacuum=1",
    "VACUUM",
};

struct Workshop {
  Workshop() {
    auto writer = PlanWriter::Create(path, Settings());
    Require(writer.has_value(), "a plan to be begun");
    for (uint64_t seq = 0; seq < kItems; ++seq) Require((*writer)->Add(Item(seq)).has_value(), "an item to be added");
    Require((*writer)->Finish().has_value(), "a plan to be finished");
    whole = ReadFile(path);
    RemoveDatabase(path);
  }

  testing::TempTree tree;
  const std::string path = (tree.root() / "plan.db").string();
  std::string whole;
};

void CheckReason(const Error& error) {
  const bool is_one_of_its = error.code == ErrorCode::kIo || error.code == ErrorCode::kCorrupt ||
                             error.code == ErrorCode::kUnsupported || error.code == ErrorCode::kNotFound ||
                             error.code == ErrorCode::kOutOfMemory;
  Require(is_one_of_its && !error.message.empty(), "a reason");
}

}  // namespace

DatabaseOutcome Plan(std::span<const std::byte> input) {
  static Workshop workshop;
  InputReader reader(input);
  const Damage damage = WriteDamaged(workshop.path, workshop.whole, kStatements, reader);
  const std::string before = ReadFile(workshop.path);
  DatabaseOutcome outcome = DatabaseOutcome::kRefused;
  {
    const auto plan = PlanReader::Open(workshop.path);
    if (!plan) {
      CheckReason(plan.error());
      Require(damage.statements || damage.bytes || damage.beside, "a whole plan to be opened");
    } else {
      const PlanInfo& info = (*plan)->info();
      const PlanSettings settings = Settings();
      Require(info.shards == settings.shards && info.output == settings.output && info.journal == settings.journal &&
                  info.options == settings.options,
              "the settings that were written, or none");
      uint64_t read = 0;
      bool whole = true;
      for (int shard = 0; shard < kShards && whole; ++shard) {
        for (uint64_t place = 0;;) {
          const auto items = (*plan)->Page(shard, place);
          if (!items) CheckReason(items.error());
          whole = items.has_value();
          if (!whole || items->empty()) break;
          for (const PlanItem& item : *items) {
            Require(item.seq == place * kShards + static_cast<uint64_t>(shard), "the items of a shard in their order");
            Require(item.seq < kItems && Same(item, Item(item.seq)), "the items that were written, or none");
            ++place;
            ++read;
          }
        }
      }
      Require(!whole || read == info.total, "all items");
      outcome = whole ? DatabaseOutcome::kWhole : DatabaseOutcome::kDamaged;
      Require(whole || damage.statements || damage.bytes || damage.beside, "a whole plan to be read");
    }
  }
  // A rollback journal is taken back by whoever opens it next.
  Require(damage.beside || ReadFile(workshop.path) == before, "a plan that is read to stay as it is");
  RemoveDatabase(workshop.path);
  return outcome;
}

}  // namespace tbbthumbs::fuzz
