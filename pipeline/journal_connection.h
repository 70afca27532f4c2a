// A journal's open file, read and written in transactions.
#ifndef TBBTHUMBS_PIPELINE_JOURNAL_CONNECTION_H_
#define TBBTHUMBS_PIPELINE_JOURNAL_CONNECTION_H_

#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <type_traits>
#include <utility>

#include "codecs/error.h"
#include "pipeline/file_system.h"
#include "pipeline/journal_file.h"
#include "pipeline/journal_rows.h"
#include "pipeline/posix_file.h"
#include "pipeline/sqlite_database.h"

namespace tbbthumbs {

// What `work` returns; an exception becomes an error.
template <class Work>
std::invoke_result_t<Work> WithoutExceptions(Work work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return Fail(ErrorCode::kOutOfMemory, "out of memory");
  } catch (const std::exception& error) {
    return Fail(ErrorCode::kInternal, error.what());
  }
}

// Owns the file. Reading and Writing may be called from any thread: one works at a time, and may not call them again.
// Errors: those of SqliteTransaction, and of what is thrown kOutOfMemory and kInternal.
class JournalConnection {
 public:
  explicit JournalConnection(JournalFile file);

  // What `work` returns, called within a transaction. What it has written is taken back where that is an error.
  template <class Work>
  std::invoke_result_t<Work> Reading(Work work);
  template <class Work>
  std::invoke_result_t<Work> Writing(Work work);

  FileId id() const { return id_; }
  // Whether there is a table of them.
  bool has_validators() const { return has_validators_; }

  // What belongs to a connection may refer to it at any time, and use it within `work` only.
  SqliteDatabase& database() { return *database_; }
  // Of inputs: their paths up to the last '/'.
  JournalTexts& directories() { return directories_; }
  JournalTexts& decoders() { return decoders_; }
  // The texts in memory.
  void Forget() noexcept;

 private:
  const FileId id_;
  const bool has_validators_;

  std::mutex mutex_;  // guards all below
  const Descriptor directory_;
  const std::unique_ptr<SqliteDatabase> database_;
  JournalTexts directories_;
  JournalTexts decoders_;
};

template <class Work>
std::invoke_result_t<Work> JournalConnection::Reading(Work work) {
  const std::lock_guard lock(mutex_);
  return WithoutExceptions([&]() -> std::invoke_result_t<Work> {
    const JournalPlaceLock place(directory_, JournalPlaceLock::Kind::kShared);
    SqliteTransaction transaction(*database_);
    if (Status status = transaction.BeginRead(); !status) return tl::unexpected<Error>(std::move(status.error()));
    if (transaction.others_wrote()) Forget();
    return work();
  });
}

template <class Work>
std::invoke_result_t<Work> JournalConnection::Writing(Work work) {
  const std::lock_guard lock(mutex_);
  auto result = WithoutExceptions([&]() -> std::invoke_result_t<Work> {
    const JournalPlaceLock place(directory_, JournalPlaceLock::Kind::kShared);
    SqliteTransaction transaction(*database_);
    if (Status status = transaction.BeginWrite(); !status) return tl::unexpected<Error>(std::move(status.error()));
    if (transaction.others_wrote()) Forget();
    auto made = work();
    if (!made) return made;
    if (Status status = transaction.Commit(); !status) return tl::unexpected<Error>(std::move(status.error()));
    return made;
  });
  if (!result) Forget();
  return result;
}

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_JOURNAL_CONNECTION_H_
