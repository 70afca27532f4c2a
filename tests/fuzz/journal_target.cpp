#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/journal_file.h"
#include "pipeline/journal_store.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/database_damage.h"
#include "tests/fuzz/input_reader.h"
#include "tests/fuzz/targets.h"
#include "tests/support/temp_tree.h"

namespace tbbthumbs::fuzz {
namespace {

constexpr int kRows = 60;

JournalEntry Entry(int number) {
  const std::string name = std::to_string(number) + ".jpg";
  JournalEntry entry;
  JournalRow& row = entry.row;
  entry.input = (number % 6 == 0 ? "http://host/a/" : number % 2 == 0 ? "/photos/b/" : "/photos/b/c/") + name;
  row.bytes = static_cast<uint64_t>(number) * 1000;
  row.modified = std::chrono::seconds(1'600'000'000 + number);
  row.options = 1;
  row.format = Format::kJpeg;
  row.cpu_time = std::chrono::microseconds(number);
  row.decoder = number % 2 == 0 ? "libjpeg-turbo 1/8" : "libpng";
  if (number % 6 == 0) row.validators = {"\"" + name + "\"", "a date"};
  if (number % 7 == 3) {
    row.status = PictureStatus::kFailed;
    row.error = Error{ErrorCode::kCorrupt, "broken " + name};
  } else if (number % 7 == 4) {
    row.status = PictureStatus::kSkipped;
  } else {
    row.outputs = {{"b/" + name, 1, 1000, std::chrono::seconds(1'600'000'001)}, {"c/" + name, 2, 2000}};
  }
  return entry;
}

constexpr std::array kStatements = {
    "UPDATE OR REPLACE meta SET value=?1",
    "UPDATE OR REPLACE meta SET name=?1",
    "DELETE FROM meta",
    "UPDATE OR REPLACE directory SET path=?1 WHERE id=?2",
    "UPDATE OR REPLACE directory SET id=?1 WHERE id=?2",
    "DELETE FROM directory WHERE id=?2 OR id=?1",
    "UPDATE OR REPLACE decoder SET path=?1 WHERE id=?2",
    "UPDATE OR REPLACE decoder SET id=?1 WHERE id=?2",
    "UPDATE OR REPLACE options SET id=?1 WHERE id=?2",
    "UPDATE OR REPLACE options SET digest=?1 WHERE id=?2",
    "UPDATE OR REPLACE options SET description=?1 WHERE id=?2",
    "UPDATE OR REPLACE picture SET directory=?1 WHERE name=(SELECT name FROM picture LIMIT 1 OFFSET ?2)",
    "UPDATE OR REPLACE picture SET name=?1 WHERE name=(SELECT name FROM picture LIMIT 1 OFFSET ?2)",
    "UPDATE picture SET bytes=?1 WHERE name=(SELECT name FROM picture LIMIT 1 OFFSET ?2)",
    "UPDATE picture SET modified_ns=?1 WHERE name=(SELECT name FROM picture LIMIT 1 OFFSET ?2)",
    "UPDATE picture SET status=?1 WHERE name=(SELECT name FROM picture LIMIT 1 OFFSET ?2)",
    "UPDATE picture SET options=?1 WHERE name=(SELECT name FROM picture LIMIT 1 OFFSET ?2)",
    "UPDATE picture SET format=?1 WHERE name=(SELECT name FROM picture LIMIT 1 OFFSET ?2)",
    "UPDATE picture SET code=?1 WHERE name=(SELECT name FROM picture LIMIT 1 OFFSET ?2)",
    "UPDATE picture SET message=?1 WHERE name=(SELECT name FROM picture LIMIT 1 OFFSET ?2)",
    "UPDATE picture SET outputs=?1 WHERE name=(SELECT name FROM picture LIMIT 1 OFFSET ?2)",
    "UPDATE picture SET cpu_us=?1 WHERE name=(SELECT name FROM picture LIMIT 1 OFFSET ?2)",
    "UPDATE picture SET decoder=?1 WHERE name=(SELECT name FROM picture LIMIT 1 OFFSET ?2)",
    "DELETE FROM picture WHERE name=(SELECT name FROM picture LIMIT 1 OFFSET ?2) OR name=?1",
    "UPDATE OR REPLACE validator SET directory=?1 WHERE name=(SELECT name FROM validator LIMIT 1 OFFSET ?2)",
    "UPDATE OR REPLACE validator SET name=?1 WHERE name=(SELECT name FROM validator LIMIT 1 OFFSET ?2)",
    "UPDATE validator SET etag=?1 WHERE name=(SELECT name FROM validator LIMIT 1 OFFSET ?2)",
    "UPDATE validator SET last_modified=?1 WHERE name=(SELECT name FROM validator LIMIT 1 OFFSET ?2)",
    "UPDATE OR REPLACE run SET id=?1 WHERE id=?2",
    "UPDATE run SET started_ns=?1, wall_ns=?1, inputs=?1 WHERE id=?2",
    "UPDATE run SET ended_ns=?1 WHERE id=?2",
    "UPDATE run SET \"end\"=?1, version=?1, label=?1 WHERE id=?2",
    "UPDATE sqlite_schema SET sql=?1 WHERE rowid=?2",
    "UPDATE sqlite_schema SET rootpage=?1 WHERE rowid=?2",
    "UPDATE sqlite_schema SET name=?1 WHERE rowid=?2",
    "UPDATE sqlite_schema SET type=?1 WHERE rowid=?2",
    "UPDATE sqlite_schema SET sql=replace(sql, 'INTEGER', 'TEXT') WHERE rowid=?2 OR rowid=?1",
    "CREATE TABLE other(x)",
    "CREATE INDEX other ON picture(bytes)",
    "CREATE TRIGGER other AFTER INSERT ON picture BEGIN DELETE FROM picture; END",
    "CREATE VIEW other AS SELECT * FROM picture",
    "DROP TABLE validator",
    "PRAGMA user_version=2",
    "PRAGMA user_version=4",
    "PRAGMA application_id=1",
    "PRAGMA encoding='UTF-16le'",
    "PRAGMA journal_mode=WAL",
    "PRAGMA auto_vacuum=1",
    "VACUUM",
};

struct Workshop {
  Workshop() {
    {
      auto store = JournalStore::Open(path, JournalStore::Mode::kWrite);
      Require(store.has_value(), "a journal to be made");
      std::vector<JournalEntry> entries;
      entries.reserve(kRows);
      for (int i = 0; i < kRows; ++i) entries.push_back(Entry(i));
      Require((*store)->Write(entries).has_value(), "rows to be written");
      Require((*store)->OptionsId("digest", "description").has_value(), "options to be written");
      JournalRun run{.options = 1, .version = "1", .started = std::chrono::seconds(1'600'000'000)};
      const auto id = (*store)->BeginRun(run);
      Require(id.has_value() && (*store)->BeginRun(run).has_value(), "runs to be begun");
      run.id = *id;
      run.ended = std::chrono::seconds(1'600'000'100);
      run.end = "done";
      Require((*store)->EndRun(run).has_value(), "a run to be ended");
    }
    whole = ReadFile(path);
    RemoveDatabase(path);
  }

  testing::TempTree tree;
  const std::string path = (tree.root() / "journal.db").string();
  std::string whole;
};

class JournalCheck {
 public:
  explicit JournalCheck(JournalStore& store) : store_(store) {}

  // Whether all could be read.
  bool Read(size_t file_bytes) {
    // A row takes some bytes, and none is read twice.
    const size_t most = file_bytes;
    size_t visited = 0;
    const auto visit = [&](const std::string& input, const JournalRow& row) {
      Require(++visited <= most, "rows that end");
      CheckRow(input, row);
      return true;
    };
    Look(store_.ForEach(std::nullopt, visit));
    visited = 0;
    Look(store_.ForEach(PictureStatus::kFailed, [&](const std::string& input, const JournalRow& row) {
      Require(row.status == PictureStatus::kFailed, "the rows asked for");
      return visit(input, row);
    }));
    for (const bool below : {false, true}) {
      visited = 0;
      Look(store_.ForEachIn("/photos/b/", below, visit));
    }
    size_t directories = 0;
    Look(store_.ForEachDirectory([&](const std::string&) {
      Require(++directories <= most, "directories that end");
      return true;
    }));
    std::vector<std::string> inputs;
    inputs.reserve(kRows);
    for (int i = 0; i < kRows; ++i) inputs.push_back(Entry(i).input);
    std::sort(inputs.begin(), inputs.end());
    std::vector<std::string_view> views(inputs.begin(), inputs.end());
    views.emplace_back("/photos/b/missing.jpg");
    std::vector<std::optional<JournalRow>> rows(views.size());
    if (Look(store_.Find(views, rows))) {
      for (size_t i = 0; i < rows.size(); ++i) {
        if (rows[i]) CheckRow(std::string(views[i]), *rows[i]);
      }
    }
    if (const auto runs = store_.Runs(10); Look(runs)) Require(runs->size() <= 10, "as many runs as asked for");
    Look(store_.Counts());
    Look(store_.HasRows());
    Look(store_.FindOptionsId("digest"));
    return whole_;
  }

  void Write() {
    const std::vector<JournalEntry> entries = {Entry(5), Entry(7), Entry(12)};
    if (Look(store_.Write(entries)) && whole_) {
      const std::vector<std::string_view> inputs = {entries[0].input, entries[1].input, entries[2].input};
      std::vector<std::optional<JournalRow>> rows(inputs.size());
      if (Look(store_.Find(inputs, rows))) {
        for (const auto& row : rows) {
          if (row) CheckRow("", *row);
        }
      }
    }
    const JournalRun run{.options = 1, .version = "1"};
    if (auto id = store_.BeginRun(run); Look(id)) {
      JournalRun ended = run;
      ended.id = *id;
      Look(store_.EndRun(ended));
    }
    Look(store_.OptionsId("other", "other"));
    const std::vector<std::string> gone = {Entry(6).input, Entry(8).input};
    Look(store_.Remove(gone));
    Look(store_.Clear());
    if (const auto has_rows = store_.HasRows(); Look(has_rows) && whole_) Require(!*has_rows, "a cleared journal");
  }

 private:
  static void CheckRow(const std::string& input, const JournalRow& row) {
    Require(IsKept(row.validators), "validators that may stand in a header");
    Require(input.size() <= SqliteSizes(), "inputs of bounded length");
    for (const JournalOutput& output : row.outputs) {
      Require(output.path.find('\0') == std::string::npos, "no NUL in a path");
    }
    Require(static_cast<int>(row.status) <= 2 && static_cast<int>(row.format) < kFormatCount, "a status and a format");
  }
  static constexpr size_t SqliteSizes() { return 8 << 20; }

  template <class T>
  bool Look(const T& result) {
    if (result) return true;
    whole_ = false;
    const ErrorCode code = result.error().code;
    Require(!result.error().message.empty(), "a reason");
    Require(code == ErrorCode::kIo || code == ErrorCode::kCorrupt || code == ErrorCode::kOutOfMemory ||
                code == ErrorCode::kNotFound,
            "a reason of a journal");
    return false;
  }

  JournalStore& store_;
  bool whole_ = true;
};

void CheckReason(const Error& error) {
  const bool is_one_of_its = error.code == ErrorCode::kIo || error.code == ErrorCode::kCorrupt ||
                             error.code == ErrorCode::kNotFound || error.code == ErrorCode::kOutOfMemory;
  Require(is_one_of_its && !error.message.empty(), "a reason");
}

}  // namespace

DatabaseOutcome JournalDatabase(std::span<const std::byte> input) {
  static Workshop workshop;
  InputReader reader(input);
  const auto choice = reader.Number(1);
  const Damage damage = WriteDamaged(workshop.path, workshop.whole, kStatements, reader);
  const bool damaged = damage.statements || damage.bytes || damage.beside;
  const std::string before = ReadFile(workshop.path);
  DatabaseOutcome outcome = DatabaseOutcome::kRefused;
  {
    const auto store = JournalStore::Open(workshop.path, JournalStore::Mode::kReadOnly);
    if (!store) {
      CheckReason(store.error());
    } else {
      Require(IsJournal(workshop.path), "what is opened to be a journal");
      outcome = JournalCheck(**store).Read(before.size()) ? DatabaseOutcome::kWhole : DatabaseOutcome::kDamaged;
    }
  }
  Require(damaged || outcome == DatabaseOutcome::kWhole, "a whole journal to be read");
  Require(damage.beside || ReadFile(workshop.path) == before, "a journal that is read to stay as it is");
  if ((choice & 1) != 0) {
    std::optional<FileId> id;
    {
      auto store = JournalStore::Open(workshop.path, JournalStore::Mode::kWrite);
      if (store) {
        id = (*store)->id();
        JournalCheck(**store).Write();
      } else {
        CheckReason(store.error());
      }
    }
    // Whatever it is, it can be set aside, and a new one begun.
    if ((choice & 2) != 0 && id) {
      const auto aside = SetJournalAside(workshop.path, *id);
      Require(aside.has_value() && aside->has_value(), "a journal to be set aside");
      Require(JournalStore::Open(workshop.path, JournalStore::Mode::kWrite).has_value(), "a new journal");
      RemoveDatabase(**aside);
    }
  }
  RemoveDatabase(workshop.path);
  return outcome;
}

}  // namespace tbbthumbs::fuzz
