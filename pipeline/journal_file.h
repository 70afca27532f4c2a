// The journal's database: made, known again, and renamed where it is damaged.
#ifndef TBBTHUMBS_PIPELINE_JOURNAL_FILE_H_
#define TBBTHUMBS_PIPELINE_JOURNAL_FILE_H_

#include <chrono>
#include <memory>
#include <string>

#include "codecs/error.h"
#include "pipeline/journal_store.h"
#include "pipeline/sqlite_database.h"

namespace tbbthumbs {

struct JournalFile {
  std::unique_ptr<SqliteDatabase> database;
  std::chrono::nanoseconds created{};  // JournalStore::created
};

// Tables and columns are those of kSchema in the .cpp. Errors: those of JournalStore::Open.
[[nodiscard]] Result<JournalFile> OpenJournalFile(const std::string& path, JournalStore::Mode mode);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_JOURNAL_FILE_H_
