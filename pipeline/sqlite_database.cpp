#include "pipeline/sqlite_database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "pipeline/posix_file.h"

namespace tbbthumbs {
namespace {

constexpr int kBusyMilliseconds = 10'000;

// The file format of SQLite.
// With the NUL at its end.
constexpr std::array<char, 16> kMagicBytes = {"SQLite format 3"};
constexpr std::string_view kMagic(kMagicBytes.data(), kMagicBytes.size());
constexpr size_t kWriteVersionOffset = 18;
constexpr size_t kReadVersionOffset = 19;
constexpr size_t kApplicationIdOffset = 68;
// At the end of a rollback journal after the name of a super-journal, which SQLite removes when it has taken back what
// is in the journal.
constexpr std::array<unsigned char, 8> kSuperJournalMagic = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};

// What this program wants to write or to find, not what it reads.
tl::unexpected<Error> FailTooLong() {
  return Fail(ErrorCode::kIo, "no row can have more than " + std::to_string(SqliteDatabase::kMostBytes) + " bytes");
}

tl::unexpected<Error> FailMoved() { return Fail(ErrorCode::kCorrupt, "another file has its place, or none"); }

// The one place where SQLite's codes become ours. `system_error`: errno of the call that failed, or 0.
Error ToError(int code, int system_error, std::string message) {
  if (code == SQLITE_IOERR_NOMEM) return {ErrorCode::kOutOfMemory, "out of memory"};
  if (code == SQLITE_READONLY_DBMOVED) return FailMoved().value();
  switch (code & 0xFF) {
    case SQLITE_NOMEM:
      return {ErrorCode::kOutOfMemory, "out of memory"};
    // A constraint of ours can't fail on what we write unless an index is damaged.
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      return {ErrorCode::kCorrupt, std::move(message)};
    case SQLITE_TOOBIG:
      return {ErrorCode::kCorrupt,
              "it has a value of more than " + std::to_string(SqliteDatabase::kMostBytes) + " bytes"};
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

// As SQLite's own, which would make of "/proc/self/fd/N" the path that the directory has just now.
int NameAsItIs(sqlite3_vfs* /*vfs*/, const char* name, int size, char* out) {
  const std::string_view text = name;
  if (text.size() >= static_cast<size_t>(size)) return SQLITE_CANTOPEN;
  out[text.copy(out, text.size())] = '\0';
  return SQLITE_OK;
}

// SQLite's way to the system's files, but that it takes names as they are. Null: there is none.
const char* VfsOfNamesAsTheyAre() {
  static const char* const name = []() -> const char* {
    const sqlite3_vfs* const own = sqlite3_vfs_find(nullptr);
    if (own == nullptr) return nullptr;
    static sqlite3_vfs vfs = *own;
    vfs.pNext = nullptr;
    vfs.zName = "tbbthumbs-names";
    vfs.xFullPathname = NameAsItIs;
    return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK ? vfs.zName : nullptr;
  }();
  return name;
}

// The path of an open directory for as long as it is open; "" where there is no /proc.
std::string PathOfOpen(int directory) {
  std::string path = "/proc/self/fd/" + std::to_string(directory);
  struct stat by_path {};
  struct stat opened {};
  if (stat(path.c_str(), &by_path) != 0 || fstat(directory, &opened) != 0) return "";
  const bool same = by_path.st_dev == opened.st_dev && by_path.st_ino == opened.st_ino;
  return same ? path : "";
}

}  // namespace

Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::OpenOnly(const std::string& path, Mode mode, int directory) {
  // Not ":memory:", not "file:..." and not "", which mean something to SQLite.
  std::string name = path.starts_with('/') ? path : "./" + path;
  const char* vfs = directory >= 0 ? VfsOfNamesAsTheyAre() : nullptr;
  if (const std::string pinned = vfs != nullptr ? PathOfOpen(directory) : ""; !pinned.empty()) {
    name = pinned + name.substr(name.rfind('/'));
  } else {
    vfs = nullptr;
  }
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE;
  flags |= mode == Mode::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (mode == Mode::kCreate) flags |= SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle, flags, vfs);
  if (handle == nullptr) return Fail(ErrorCode::kOutOfMemory, "out of memory");
  std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(handle, directory));
  if (code != SQLITE_OK) return tl::unexpected<Error>(database->LastError(code));
  return database;
}

Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::Open(const std::string& path, Mode mode, int directory) {
  auto opened = OpenOnly(path, mode, directory);
  if (!opened) return opened;
  SqliteDatabase& database = **opened;
  if (mode != Mode::kReadOnly && sqlite3_db_readonly(database.handle_, "main") == 1) {
    return Fail(ErrorCode::kIo, "it may not be written");
  }
  if (Status status = database.Configure(mode); !status) return tl::unexpected<Error>(std::move(status.error()));
  return opened;
}

SqliteDatabase::~SqliteDatabase() { sqlite3_close_v2(handle_); }

Status SqliteDatabase::Configure(Mode mode) {
  sqlite3_busy_timeout(handle_, kBusyMilliseconds);
  // Whoever wrote the file may have been anybody.
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_limit(handle_, SQLITE_LIMIT_LENGTH, kMostBytes);
  sqlite3_limit(handle_, SQLITE_LIMIT_ATTACHED, 0);
  if (Status status = CheckWhatLiesBeside(); !status) return status;
  if (Status status = CheckHeader(); !status) return status;
  // Before the settings, some of which read the file: takes back what a killed writer left.
  {
    SqliteTransaction transaction(*this);
    if (Status status = transaction.BeginRead(); !status) return status;
  }
  // As it is now that something may have been taken back.
  if (Status status = CheckHeader(); !status) return status;
  if (Status status = Execute("PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA cache_size=-8000;"
                              "PRAGMA temp_store=MEMORY; PRAGMA secure_delete=OFF; PRAGMA synchronous=NORMAL");
      !status) {
    return status;
  }
  if (mode == Mode::kReadOnly) return {};
  // A journal that is removed costs less while reading than one that is emptied: it need not be opened to see that.
  return Execute("PRAGMA journal_mode=DELETE");
}

// By SQLite's own file: a descriptor of our own would, when closed, drop the locks that other connections of this
// process have.
Result<std::string> SqliteDatabase::Header() {
  sqlite3_file* file = nullptr;
  const int code = sqlite3_file_control(handle_, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (code != SQLITE_OK || file == nullptr || file->pMethods == nullptr) return Fail(ErrorCode::kIo, "it is not open");
  std::string header(kHeaderBytes, '\0');
  const int read = file->pMethods->xRead(file, header.data(), static_cast<int>(kHeaderBytes), 0);
  if (read == SQLITE_IOERR_SHORT_READ) {
    sqlite3_int64 bytes = 0;
    const int sized = file->pMethods->xFileSize(file, &bytes);
    if (sized != SQLITE_OK) return tl::unexpected<Error>(ToError(sized, 0, sqlite3_errstr(sized)));
    header.resize(std::min(kHeaderBytes, static_cast<size_t>(bytes)));
  } else if (read != SQLITE_OK) {
    return tl::unexpected<Error>(ToError(read, 0, sqlite3_errstr(read)));
  }
  return header;
}

Result<std::string> SqliteDatabase::ReadHeader(const std::string& path) {
  const auto database = OpenOnly(path, Mode::kReadOnly);
  if (!database) return tl::unexpected<Error>(database.error());
  return (*database)->Header();
}

std::optional<int64_t> SqliteDatabase::ApplicationId(std::string_view header) {
  if (header.size() < kHeaderBytes || !header.starts_with(kMagic)) return std::nullopt;
  uint32_t id = 0;
  for (size_t i = 0; i < sizeof(id); ++i) id = id << 8 | static_cast<unsigned char>(header[kApplicationIdOffset + i]);
  return static_cast<int32_t>(id);
}

// What is no database at all, SQLite itself says.
Status SqliteDatabase::CheckHeader() {
  const auto header = Header();
  if (!header) return tl::unexpected<Error>(header.error());
  if (header->size() < kHeaderBytes || !header->starts_with(kMagic)) return {};
  if ((*header)[kWriteVersionOffset] == 1 && (*header)[kReadVersionOffset] == 1) return {};
  return Fail(ErrorCode::kCorrupt, "it is in a mode that shares memory: it was changed by another program");
}

// By descriptors of our own: nobody locks these files.
Status SqliteDatabase::CheckWhatLiesBeside() const {
  const char* const name = sqlite3_db_filename(handle_, "main");
  // One that is empty is none.
  struct stat log {};
  if (lstat(sqlite3_filename_wal(name), &log) == 0 && (!S_ISREG(log.st_mode) || log.st_size > 0)) {
    return Fail(ErrorCode::kCorrupt, "a write-ahead log lies beside it");
  }
  const Descriptor journal(
      open(sqlite3_filename_journal(name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  // What may not be read, SQLite can't read either.
  if (journal.get() < 0 && (errno == ENOENT || errno == EACCES)) return {};
  if (journal.get() < 0 && errno != ELOOP && errno != ENXIO) return FailErrno("opening its rollback journal");
  struct stat info {};
  if (journal.get() < 0 || fstat(journal.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return Fail(ErrorCode::kCorrupt, "what lies beside it as its rollback journal is no regular file");
  }
  std::array<unsigned char, kSuperJournalMagic.size()> end{};
  if (static_cast<size_t>(info.st_size) < end.size()) return {};
  const auto read = ReadFully(journal.get(), static_cast<uint64_t>(info.st_size) - end.size(),
                              std::as_writable_bytes(std::span(end)));
  if (!read) return tl::unexpected<Error>(read.error());
  if (*read == end.size() && end == kSuperJournalMagic) {
    return Fail(ErrorCode::kCorrupt, "the rollback journal beside it names another file to be removed");
  }
  return {};
}

Status SqliteDatabase::CheckPlace() {
  if (sqlite3_db_readonly(handle_, "main") == 1) return {};
  int moved = 0;
  const int code = sqlite3_file_control(handle_, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return code == SQLITE_OK && moved != 0 ? FailMoved() : Status();
}

Status SqliteDatabase::CreateTables(Tables tables) {
  for (const char* table : tables) {
    if (Status status = Execute(table); !status) return status;
  }
  return {};
}

Status SqliteDatabase::CheckTables(Tables tables) {
  // Indexes that tables make themselves have no text.
  SqliteStatement statement(*this, "SELECT sql FROM sqlite_schema WHERE type<>'index' OR sql IS NOT NULL");
  const SqliteUse use(statement);
  std::vector<std::string_view> missing(tables.begin(), tables.end());
  for (;;) {
    const Result<bool> row = statement.Step();
    if (!row) return tl::unexpected<Error>(row.error());
    if (!*row) break;
    const auto found = std::find(missing.begin(), missing.end(), statement.Bytes(0));
    if (found == missing.end()) return Fail(ErrorCode::kCorrupt, "it has other tables than it was made with");
    missing.erase(found);
  }
  if (!missing.empty()) return Fail(ErrorCode::kCorrupt, "it has not all the tables that it was made with");
  return {};
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
  const auto writer = Open(path, Mode::kReadWrite, directory_);
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
    if (handle_ != nullptr && failure_ == SQLITE_TOOBIG) return FailTooLong();
    return tl::unexpected<Error>(database_.LastError(failure_));
  }
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  if (code == SQLITE_TOOBIG && sqlite3_stmt_readonly(handle_) == 0) return FailTooLong();
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
    if (Status status = database_.CheckPlace(); !status) return status;
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
  if (Status status = database_.CheckPlace(); !status) return status;
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
