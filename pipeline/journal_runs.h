// Runs and their options, in the journal's tables.
#ifndef TBBTHUMBS_PIPELINE_JOURNAL_RUNS_H_
#define TBBTHUMBS_PIPELINE_JOURNAL_RUNS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "codecs/error.h"
#include "pipeline/journal_connection.h"
#include "pipeline/journal_store.h"
#include "pipeline/sqlite_database.h"

namespace tbbthumbs {

// What JournalStore says of its members of these names.
class JournalRuns {
 public:
  // `connection` must outlive it.
  explicit JournalRuns(JournalConnection& connection);

  Result<uint64_t> OptionsId(const std::string& digest, const std::string& description);
  Result<std::optional<uint64_t>> FindOptionsId(const std::string& digest);
  Result<std::string> OptionsDescription(uint64_t id);
  Result<uint64_t> BeginRun(const JournalRun& run);
  Status EndRun(const JournalRun& run);
  Result<std::vector<JournalRun>> Runs(size_t count);

 private:
  Result<std::optional<uint64_t>> FindOptions(const std::string& digest);

  JournalConnection& connection_;
  SqliteStatement find_options_;
  SqliteStatement add_options_;
  SqliteStatement describe_options_;
  SqliteStatement begin_run_;
  SqliteStatement end_run_;
  SqliteStatement drop_runs_;
  SqliteStatement last_runs_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_JOURNAL_RUNS_H_
