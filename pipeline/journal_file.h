// The journal's database: made, known again, and renamed where it is damaged.
#ifndef TBBTHUMBS_PIPELINE_JOURNAL_FILE_H_
#define TBBTHUMBS_PIPELINE_JOURNAL_FILE_H_

#include <chrono>
#include <memory>
#include <string>

#include "codecs/error.h"
#include "pipeline/file_system.h"
#include "pipeline/journal_store.h"
#include "pipeline/posix_file.h"
#include "pipeline/sqlite_database.h"

namespace tbbthumbs {

// Of the directory that a journal lies in, held until the end of a scope. The database finds what lies beside its file
// by the file's path: that must not become another journal's while it is used. Where the file system has no such locks,
// or somebody keeps one for 10 s, it goes on without.
class JournalPlaceLock {
 public:
  enum class Kind {
    kShared,     // journals are used
    kExclusive,  // one is renamed
  };
  // `directory` must outlive it.
  JournalPlaceLock(const Descriptor& directory, Kind kind);
  ~JournalPlaceLock();
  JournalPlaceLock(const JournalPlaceLock&) = delete;
  JournalPlaceLock& operator=(const JournalPlaceLock&) = delete;

 private:
  const int fd_;
};

struct JournalFile {
  Descriptor directory;  // that it lies in; for JournalPlaceLock
  std::unique_ptr<SqliteDatabase> database;
  FileId id;
  std::chrono::nanoseconds created{};  // JournalStore::created
  bool has_validators = true;          // the table of them
};

// Tables and columns are those of kTables in the .cpp. One of the version before this one is brought up to date where
// it is opened for writing, in one transaction: older programs then refuse it. Errors: those of JournalStore::Open.
[[nodiscard]] Result<JournalFile> OpenJournalFile(const std::string& path, JournalStore::Mode mode);

// False where `path` is a file that can be read, and is no journal: not by its first bytes, and not empty. Whether a
// journal is whole, opening it says, and also why what is no file or can't be read is none.
[[nodiscard]] bool IsJournal(const std::string& path);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_JOURNAL_FILE_H_
