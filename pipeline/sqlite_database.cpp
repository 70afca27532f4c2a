#include "pipeline/sqlite_database.h"

#include <sqlite3.h>

#include <system_error>
#include <utility>

namespace tbbthumbs {
namespace {

constexpr int kBusyMilliseconds = 10'000;

// The one place where SQLite's codes become ours. `system_error`: errno of the call that failed, or 0.
Error ToError(int code, int system_error, std::string message) {
  if (code == SQLITE_IOERR_NOMEM) return {ErrorCode::kOutOfMemory, "out of memory"};
  switch (code & 0xFF) {
    case SQLITE_NOMEM:
      return {ErrorCode::kOutOfMemory, "out of memory"};
    // A constraint of ours can't fail on what we write unless an index is damaged.
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      return {ErrorCode::kCorrupt, std::move(message)};
    case SQLITE_FULL:
      return {ErrorCode::kNoSpace, "the disk is full"};
    case SQLITE_BUSY:
      return {ErrorCode::kIo,
              "another process has kept it locked for " + std::to_string(kBusyMilliseconds / 1000) + " seconds"};
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      if (system_error != 0) message += ": " + std::generic_category().message(system_error);
      return {ErrorCode::kIo, std::move(message)};
    default:
      return {ErrorCode::kIo, std::move(message)};
  }
}

}  // namespace

Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::Open(const std::string& path, Mode mode) {
  // Not ":memory:", not "file:..." and not "", which mean something to SQLite.
  const std::string name = path.starts_with('/') ? path : "./" + path;
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE;
  flags |= mode == Mode::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (mode == Mode::kCreate) flags |= SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
  if (handle == nullptr) return Fail(ErrorCode::kOutOfMemory, "out of memory");
  std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(handle));
  if (code != SQLITE_OK) return tl::unexpected<Error>(database->LastError(code));
  if (mode != Mode::kReadOnly && sqlite3_db_readonly(handle, "main") == 1) {
    return Fail(ErrorCode::kIo, "it may not be written");
  }
  if (Status status = database->Configure(mode); !status) return tl::unexpected<Error>(std::move(status.error()));
  return database;
}

SqliteDatabase::~SqliteDatabase() { sqlite3_close_v2(handle_); }

Status SqliteDatabase::Configure(Mode mode) {
  sqlite3_busy_timeout(handle_, kBusyMilliseconds);
  // Whoever wrote the file may have been anybody.
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  // Before the settings, some of which read the file: takes back what a killed writer left.
  {
    SqliteTransaction transaction(*this);
    if (Status status = transaction.BeginRead(); !status) return status;
  }
  if (Status status = Execute("PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA cache_size=-8000;"
                              "PRAGMA temp_store=MEMORY; PRAGMA secure_delete=OFF; PRAGMA synchronous=NORMAL");
      !status) {
    return status;
  }
  if (mode == Mode::kReadOnly) return {};
  // Also where someone has chosen the mode that shares memory, which the file would keep. A journal that is removed
  // costs less while reading than one that is emptied: it need not be opened to see that.
  return Execute("PRAGMA journal_mode=DELETE");
}

Status SqliteDatabase::Execute(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return tl::unexpected<Error>(LastError(code));
  return {};
}

Result<int64_t> SqliteDatabase::Number(const char* sql) {
  SqliteStatement statement(*this, sql);
  const SqliteUse use(statement);
  const Result<bool> row = statement.Step();
  if (!row) return tl::unexpected<Error>(row.error());
  if (!*row) return Fail(ErrorCode::kCorrupt, "a number is missing");
  return statement.Int(0);
}

int64_t SqliteDatabase::LastId() const { return sqlite3_last_insert_rowid(handle_); }

int64_t SqliteDatabase::Changes() const { return sqlite3_changes64(handle_); }

Status SqliteDatabase::RollBackTheKilled() {
  const char* const path = sqlite3_db_filename(handle_, "main");
  const auto fail = [](const Error& error) {
    return Fail(error.code, "a write that was broken off has to be taken back first, but " + error.message);
  };
  const auto writer = Open(path, Mode::kReadWrite);
  if (!writer) return fail(writer.error());
  return {};
}

Error SqliteDatabase::LastError(int code) {
  last_failure_ = code;
  return ToError(code, sqlite3_system_errno(handle_), sqlite3_errmsg(handle_));
}

SqliteStatement::~SqliteStatement() { sqlite3_finalize(handle_); }

bool SqliteStatement::IsPrepared() {
  if (handle_ != nullptr) return true;
  if (failure_ != SQLITE_OK) return false;
  failure_ = sqlite3_prepare_v3(database_.handle_, sql_, -1, SQLITE_PREPARE_PERSISTENT, &handle_, nullptr);
  return failure_ == SQLITE_OK;
}

void SqliteStatement::Remember(int code) {
  if (failure_ == SQLITE_OK) failure_ = code;
}

void SqliteStatement::BindInt(int parameter, int64_t value) {
  if (IsPrepared()) Remember(sqlite3_bind_int64(handle_, parameter, value));
}

void SqliteStatement::BindText(int parameter, std::string_view bytes) {
  // Null pointers would be NULL.
  const char* const data = bytes.data() == nullptr ? "" : bytes.data();
  if (IsPrepared()) {
    Remember(sqlite3_bind_text64(handle_, parameter, data, bytes.size(), SQLITE_STATIC, SQLITE_UTF8));
  }
}

void SqliteStatement::BindBlob(int parameter, std::string_view bytes) {
  const char* const data = bytes.data() == nullptr ? "" : bytes.data();
  if (IsPrepared()) Remember(sqlite3_bind_blob64(handle_, parameter, data, bytes.size(), SQLITE_STATIC));
}

void SqliteStatement::BindNull(int parameter) {
  if (IsPrepared()) Remember(sqlite3_bind_null(handle_, parameter));
}

Result<bool> SqliteStatement::Step() {
  if (!IsPrepared() || failure_ != SQLITE_OK) {
    // Our own SQL is right: the file has other tables.
    if (handle_ == nullptr && (failure_ & 0xFF) == SQLITE_ERROR) {
      return Fail(ErrorCode::kCorrupt, sqlite3_errmsg(database_.handle_));
    }
    return tl::unexpected<Error>(database_.LastError(failure_));
  }
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return tl::unexpected<Error>(database_.LastError(code));
}

Status SqliteStatement::Run() {
  for (;;) {
    const Result<bool> row = Step();
    if (!row) return tl::unexpected<Error>(row.error());
    if (!*row) return {};
  }
}

int64_t SqliteStatement::Int(int column) const { return sqlite3_column_int64(handle_, column); }

std::string_view SqliteStatement::Bytes(int column) const {
  const void* const data = sqlite3_column_blob(handle_, column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<size_t>(sqlite3_column_bytes(handle_, column))};
}

bool SqliteStatement::IsNull(int column) const { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }

void SqliteStatement::Reset() {
  failure_ = SQLITE_OK;
  sqlite3_reset(handle_);
}

SqliteTransaction::~SqliteTransaction() {
  // SQLite has taken it back itself after some errors.
  if (sqlite3_get_autocommit(database_.handle_) == 0) {
    sqlite3_exec(database_.handle_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

Status SqliteTransaction::BeginRead() {
  for (bool again = false;; again = true) {
    if (Status status = database_.Execute("BEGIN"); !status) return status;
    Status status = Look();
    if (status || again || database_.last_failure_ != SQLITE_READONLY_ROLLBACK) return status;
    if (status = database_.Execute("ROLLBACK"); !status) return status;
    if (status = database_.RollBackTheKilled(); !status) return status;
  }
}

Status SqliteTransaction::BeginWrite() {
  if (sqlite3_db_readonly(database_.handle_, "main") == 1) {
    return Fail(ErrorCode::kIo, "it was opened for reading only");
  }
  if (Status status = database_.Execute("BEGIN IMMEDIATE"); !status) return status;
  return Look();
}

// BEGIN alone doesn't look at the file.
Status SqliteTransaction::Look() {
  const auto version = database_.Number("PRAGMA data_version");
  if (!version) return tl::unexpected<Error>(version.error());
  others_wrote_ = std::exchange(database_.data_version_, *version) != *version;
  return {};
}

Status SqliteTransaction::Commit() { return database_.Execute("COMMIT"); }

}  // namespace tbbthumbs
