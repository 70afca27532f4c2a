// The journal's database: made, known again, and renamed where it is damaged.
#ifndef TBBTHUMBS_PIPELINE_JOURNAL_FILE_H_
#define TBBTHUMBS_PIPELINE_JOURNAL_FILE_H_

#include <chrono>
#include <memory>
#include <string>

#include "codecs/error.h"
#include "pipeline/file_system.h"
#include "pipeline/journal_store.h"
#include "pipeline/sqlite_database.h"

namespace tbbthumbs {

struct JournalFile {
  std::unique_ptr<SqliteDatabase> database;
  FileId id;
  std::chrono::nanoseconds created{};  // JournalStore::created
};

// Tables and columns are those of kTables in the .cpp. Errors: those of JournalStore::Open.
[[nodiscard]] Result<JournalFile> OpenJournalFile(const std::string& path, JournalStore::Mode mode);

// False where `path` is a file that can be read, and is no journal: not by its first bytes, and not empty. Whether a
// journal is whole, opening it says, and also why what is no file or can't be read is none.
[[nodiscard]] bool IsJournal(const std::string& path);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_JOURNAL_FILE_H_
