#include "tests/support/journal_fixture.h"

#include <sqlite3.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace tbbthumbs::testing {
namespace {

namespace fs = std::filesystem;

std::string ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

RawDatabase::RawDatabase(const std::string& path) {
  EXPECT_EQ(sqlite3_open(path.c_str(), &handle_), SQLITE_OK) << path;
  sqlite3_busy_timeout(handle_, 10'000);
}

RawDatabase::~RawDatabase() { EXPECT_EQ(sqlite3_close(handle_), SQLITE_OK); }

void RawDatabase::Execute(const std::string& sql) const {
  EXPECT_EQ(sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sql << ": " << sqlite3_errmsg(handle_);
}

std::string RawDatabase::Text(const std::string& sql) const {
  std::string text;
  const auto take = [](void* out, int, char** values, char**) {
    *static_cast<std::string*>(out) = values[0] == nullptr ? "NULL" : values[0];
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(handle_, sql.c_str(), take, &text, nullptr), SQLITE_OK)
      << sql << ": " << sqlite3_errmsg(handle_);
  return text;
}

JournalRow JournalRowOf(uint64_t number) {
  JournalRow row;
  row.bytes = number;
  row.modified = std::chrono::seconds(1'600'000'000 + static_cast<int64_t>(number % 1000));
  row.options = 1;
  row.format = Format::kJpeg;
  row.outputs = {{"out/" + std::to_string(number) + ".jpg", 1}};
  row.cpu_time = std::chrono::microseconds(number % 100'000);
  row.decoder = number % 2 == 0 ? "libjpeg-turbo 1/8" : "libpng";
  return row;
}

JournalRow FailedJournalRow(ErrorCode code, const std::string& message) {
  JournalRow row = JournalRowOf(9);
  row.status = PictureStatus::kFailed;
  row.error = Error{code, message};
  row.outputs.clear();
  return row;
}

std::unique_ptr<JournalStore> JournalFixture::Open(const std::string& path, JournalStore::Mode mode) {
  auto store = JournalStore::Open(path, mode);
  if (!store) throw std::runtime_error(path + ": " + store.error().message);
  return std::move(*store);
}

ErrorCode JournalFixture::CodeOf(const std::string& path, JournalStore::Mode mode) {
  const auto store = JournalStore::Open(path, mode);
  EXPECT_FALSE(store) << path;
  return store ? ErrorCode::kInternal : store.error().code;
}

void JournalFixture::Write(JournalStore& store, const std::vector<JournalEntry>& entries) {
  const Status status = store.Write(entries);
  EXPECT_TRUE(status) << status.error().message;
}

std::vector<std::optional<JournalRow>> JournalFixture::Find(JournalStore& store,
                                                            const std::vector<std::string>& inputs) {
  const std::vector<std::string_view> views(inputs.begin(), inputs.end());
  // What lay there before must not stay.
  std::vector<std::optional<JournalRow>> rows(inputs.size(), FailedJournalRow(ErrorCode::kHttp, "before"));
  const Status status = store.Find(views, rows);
  EXPECT_TRUE(status) << status.error().message;
  return rows;
}

std::optional<JournalRow> JournalFixture::FindOne(JournalStore& store, const std::string& input) {
  return Find(store, {input}).front();
}

JournalRows JournalFixture::All(JournalStore& store) {
  JournalRows rows;
  const Status status = store.ForEach(std::nullopt, [&](const std::string& input, const JournalRow& row) {
    EXPECT_TRUE(rows.emplace(input, row).second) << input << " comes twice";
    return true;
  });
  EXPECT_TRUE(status) << status.error().message;
  return rows;
}

JournalRows JournalFixture::WriteMany(const std::string& path, int directories, int names) {
  const auto store = Open(path);
  std::vector<JournalEntry> entries;
  entries.reserve(static_cast<size_t>(directories * names));
  for (int i = 0; i < directories * names; ++i) {
    entries.push_back(
        {"/photos/" + std::to_string(i / names) + "/" + std::to_string(i % names) + ".jpg",
         i % 10 == 9 ? FailedJournalRow(ErrorCode::kCorrupt, "broken") : JournalRowOf(static_cast<uint64_t>(i))});
  }
  Write(*store, entries);
  EXPECT_TRUE(store->OptionsId("digest", "description"));
  EXPECT_TRUE(store->BeginRun({.version = "1"}));
  JournalRows rows;
  for (const JournalEntry& entry : entries) rows[entry.input] = entry.row;
  return rows;
}

void JournalFixture::CopyHalfWritten(const std::string& from, const std::string& to) {
  const RawDatabase raw(from);
  raw.Execute("PRAGMA cache_size=5; BEGIN IMMEDIATE; UPDATE picture SET bytes=bytes+1");
  // By their bytes: the file may be there already, and open.
  for (const char* suffix : {"", "-journal"}) std::ofstream(to + suffix, std::ios::binary) << ReadWhole(from + suffix);
  raw.Execute("ROLLBACK");
  EXPECT_TRUE(ReadWhole(to) != ReadWhole(from));
  EXPECT_GT(fs::file_size(to + "-journal"), 512);
}

}  // namespace tbbthumbs::testing
