// Journals to test with, and their databases as others see them.
#ifndef TBBTHUMBS_TESTS_SUPPORT_JOURNAL_FIXTURE_H_
#define TBBTHUMBS_TESTS_SUPPORT_JOURNAL_FIXTURE_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/journal_store.h"
#include "tests/support/temp_tree.h"

struct sqlite3;

namespace tbbthumbs::testing {

using JournalRows = std::map<std::string, JournalRow>;

// The database of a journal, past it. What fails is a failure of the test.
class RawDatabase {
 public:
  explicit RawDatabase(const std::string& path);
  ~RawDatabase();
  RawDatabase(const RawDatabase&) = delete;
  RawDatabase& operator=(const RawDatabase&) = delete;

  void Execute(const std::string& sql) const;
  // The first column of the last row.
  std::string Text(const std::string& sql) const;

 private:
  sqlite3* handle_ = nullptr;
};

// Made; each number gives another.
JournalRow JournalRowOf(uint64_t number);
JournalRow FailedJournalRow(ErrorCode code, const std::string& message);

// Whatever fails that is not asked about is a failure of the test.
class JournalFixture : public ::testing::Test {
 protected:
  std::string Path(const std::string& name = "journal") const { return (tree_.root() / name).string(); }

  static std::unique_ptr<JournalStore> Open(const std::string& path,
                                            JournalStore::Mode mode = JournalStore::Mode::kWrite);
  // Why it can't be opened.
  static ErrorCode CodeOf(const std::string& path, JournalStore::Mode mode);

  static void Write(JournalStore& store, const std::vector<JournalEntry>& entries);
  static std::vector<std::optional<JournalRow>> Find(JournalStore& store, const std::vector<std::string>& inputs);
  static std::optional<JournalRow> FindOne(JournalStore& store, const std::string& input);
  // By ForEach.
  static JournalRows All(JournalStore& store);

  // A journal of rows over many pages: "/photos/DIRECTORY/NAME.jpg", each by its number, every tenth of them failed.
  // With options "digest" and one run.
  static JournalRows WriteMany(const std::string& path, int directories, int names);

  // Copies the file in the middle of a transaction, as whoever is killed then leaves it.
  static void CopyHalfWritten(const std::string& from, const std::string& to);

  TempTree tree_;
};

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_JOURNAL_FIXTURE_H_
