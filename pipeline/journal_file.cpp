#include "pipeline/journal_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "pipeline/confined_directory.h"
#include "pipeline/file_system.h"
#include "pipeline/posix_file.h"
#include "pipeline/posix_places.h"
#include "pipeline/temporary_name.h"

namespace tbbthumbs {
namespace {

// "tbbt". Files of other programs have another one, or 0.
constexpr int64_t kApplicationId = 0x74626274;
constexpr int64_t kVersion = 3;
// It has all tables but the last.
constexpr int64_t kVersionBefore = 2;

// Directories end with their '/': directory || name is the input. Outputs: "OPTIONS:BYTES:NANOSECONDS:PATH" each, ended
// by '\0', the second and third in base 36. Run's counters are those of JournalRun. Validators are those of addresses
// alone, and only where their servers name any.
constexpr std::array kTables = {
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID",
    "CREATE TABLE directory(id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE)",
    "CREATE TABLE decoder(id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE)",
    "CREATE TABLE options(id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, description TEXT NOT NULL)",
    R"(CREATE TABLE picture(
  directory INTEGER NOT NULL, name BLOB NOT NULL, bytes INTEGER NOT NULL, modified_ns INTEGER NOT NULL,
  status TEXT NOT NULL, options INTEGER NOT NULL, format TEXT NOT NULL, code TEXT, message TEXT,
  outputs BLOB NOT NULL, cpu_us INTEGER NOT NULL, decoder INTEGER NOT NULL,
  PRIMARY KEY(directory, name)) WITHOUT ROWID)",
    R"(CREATE TABLE run(
  id INTEGER PRIMARY KEY, options INTEGER NOT NULL, version TEXT NOT NULL, label TEXT NOT NULL,
  started_ns INTEGER NOT NULL, ended_ns INTEGER, "end" TEXT NOT NULL,
  inputs INTEGER NOT NULL, made INTEGER NOT NULL, up_to_date INTEGER NOT NULL, failed INTEGER NOT NULL,
  skipped INTEGER NOT NULL, "left" INTEGER NOT NULL, bytes_in INTEGER NOT NULL, bytes_out INTEGER NOT NULL,
  wall_ns INTEGER NOT NULL, cpu_ns INTEGER NOT NULL))",
    R"(CREATE TABLE validator(
  directory INTEGER NOT NULL, name BLOB NOT NULL, etag TEXT NOT NULL, last_modified TEXT NOT NULL,
  PRIMARY KEY(directory, name)) WITHOUT ROWID)",
};

SqliteDatabase::Tables TablesOf(int64_t version) {
  const SqliteDatabase::Tables tables(kTables);
  return version == kVersionBefore ? tables.first(tables.size() - 1) : tables;
}

std::string SetVersion() { return "PRAGMA user_version=" + std::to_string(kVersion); }

template <class T>
tl::unexpected<Error> Forward(T& failed) {
  return tl::unexpected<Error>(std::move(failed.error()));
}

// The directory with its '/', and the name in it.
std::pair<std::string, std::string> SplitPath(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {"", path};
  return {path.substr(0, slash + 1), path.substr(slash + 1)};
}

// Where a journal lies: below a kOwnDirectory in the directory that was opened, and no link is followed; else where its
// path leads to.
struct Place {
  Descriptor directory;  // none where it can't be opened
  bool is_own = false;
  std::string prefix;  // "" in our own, else the directory with its '/'
  std::string name;

  // For names in the directory, what the system is asked.
  std::string PathOf(const std::string& file) const { return prefix + file; }
  int at() const { return is_own ? directory.get() : AT_FDCWD; }

  Result<FileInfo> Stat() const {
    struct stat status {};
    if (fstatat(at(), PathOf(name).c_str(), &status, is_own ? AT_SYMLINK_NOFOLLOW : 0) != 0) {
      return FailErrno("looking up");
    }
    return InfoOf(status);
  }
};

Result<Place> OpenPlace(const std::string& path) {
  const auto [directory, name] = SplitPath(path);
  const auto own = FindOwnPath(path);
  if (!own) {
    const char* const opened = directory.empty() ? "." : directory.c_str();
    return Place{Descriptor(open(opened, O_RDONLY | O_DIRECTORY | O_CLOEXEC)), false, directory, name};
  }
  auto fd = ConfinedDirectory(own->root).OpenOwn(SplitPath(own->relative).first);
  if (!fd) return tl::unexpected<Error>(std::move(fd.error()));
  return Place{std::move(*fd), true, "", name};
}

// What is there before SQLite looks. By its name: a descriptor of our own would, when closed, drop the locks that other
// connections of this process have.
Result<FileInfo> Look(const Place& place, JournalStore::Mode mode) {
  auto info = place.Stat();
  const bool missing = !info && info.error().code == ErrorCode::kNotFound;
  if (missing && mode == JournalStore::Mode::kWrite) return FileInfo{};
  if (!info) return Forward(info);
  if (info->kind == FileKind::kLink) return Fail(ErrorCode::kIo, "it is a symbolic link, and none is followed there");
  if (info->kind != FileKind::kRegular) return Fail(ErrorCode::kIo, "it is no regular file");
  // SQLite takes it for an empty one, and would write into it.
  if (info->bytes == 1) return Fail(ErrorCode::kCorrupt, "file is not a database");
  return *info;
}

Status CreateTables(SqliteDatabase& database, const Place& place) {
  SqliteTransaction transaction(database);
  if (Status status = transaction.BeginWrite(); !status) return status;
  const auto tables = database.Number("SELECT count(*) FROM sqlite_schema");
  if (!tables) return tl::unexpected<Error>(tables.error());
  if (*tables != 0) return {};  // another process was faster
  // The file system's clock; the file may have lain there empty for long.
  const int flags = place.is_own ? AT_SYMLINK_NOFOLLOW : 0;
  if (utimensat(place.at(), place.PathOf(place.name).c_str(), nullptr, flags) != 0) {
    return FailErrno("setting its time");
  }
  const auto info = place.Stat();
  if (!info) return tl::unexpected<Error>(info.error());
  if (Status status = database.CreateTables(kTables); !status) return status;
  for (const std::string& sql :
       {"INSERT INTO meta VALUES('created_ns', " + std::to_string(info->modified.count()) + ")",
        "PRAGMA application_id=" + std::to_string(kApplicationId), SetVersion()}) {
    if (Status status = database.Execute(sql.c_str()); !status) return status;
  }
  return transaction.Commit();
}

Status BringUpToDate(SqliteDatabase& database) {
  SqliteTransaction transaction(database);
  if (Status status = transaction.BeginWrite(); !status) return status;
  const auto version = database.Number("PRAGMA user_version");
  if (!version) return tl::unexpected<Error>(version.error());
  if (*version != kVersionBefore) return {};  // another process was faster
  for (const std::string& sql : {std::string(kTables.back()), SetVersion()}) {
    if (Status status = database.Execute(sql.c_str()); !status) return status;
  }
  return transaction.Commit();
}

struct Identity {
  int64_t version = 0;
  std::chrono::nanoseconds created{};
};

// Nothing where there are no tables yet.
Result<std::optional<Identity>> Identify(SqliteDatabase& database) {
  SqliteTransaction transaction(database);
  if (Status status = transaction.BeginRead(); !status) return Forward(status);
  const auto pages = database.Number("PRAGMA page_count");
  if (!pages) return tl::unexpected<Error>(pages.error());
  if (*pages == 0) return std::nullopt;
  const auto application = database.Number("PRAGMA application_id");
  if (!application) return tl::unexpected<Error>(application.error());
  if (*application != kApplicationId) return Fail(ErrorCode::kCorrupt, "it is no journal, but another database");
  const auto version = database.Number("PRAGMA user_version");
  if (!version) return tl::unexpected<Error>(version.error());
  if (*version > kVersion) return Fail(ErrorCode::kIo, "it was made by a newer tbbthumbs");
  if (*version < kVersionBefore) return Fail(ErrorCode::kCorrupt, "it was made by an older tbbthumbs");
  if (Status status = database.CheckTables(TablesOf(*version)); !status) return Forward(status);
  const auto created = database.Number("SELECT value FROM meta WHERE name='created_ns'");
  if (!created) return tl::unexpected<Error>(created.error());
  return Identity{*version, std::chrono::nanoseconds(*created)};
}

// N of "NAME.damaged-N" and "NAME.damaged-N-journal", 0 for other names.
uint64_t NumberAside(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return 0;
  uint64_t number = 0;
  std::from_chars(name.data() + prefix.size(), name.data() + name.size(), number);
  return number;
}

}  // namespace

JournalPlaceLock::JournalPlaceLock(const Descriptor& directory, Kind kind) : fd_(directory.get()) {
  constexpr std::chrono::milliseconds kPause{5};
  constexpr int kMostPauses = 2000;
  const int operation = (kind == Kind::kShared ? LOCK_SH : LOCK_EX) | LOCK_NB;
  for (int pauses = 0; fd_ >= 0 && pauses < kMostPauses; ++pauses) {
    if (flock(fd_, operation) == 0 || (errno != EWOULDBLOCK && errno != EINTR)) return;
    std::this_thread::sleep_for(kPause);
  }
}

JournalPlaceLock::~JournalPlaceLock() {
  if (fd_ >= 0) flock(fd_, LOCK_UN);
}

Result<JournalFile> OpenJournalFile(const std::string& path, JournalStore::Mode mode) {
  const bool writes = mode == JournalStore::Mode::kWrite;
  auto place = OpenPlace(path);
  if (!place && writes && place.error().code == ErrorCode::kNotFound) {
    return Fail(ErrorCode::kIo, "its directory: " + place.error().message);
  }
  if (!place) return Forward(place);
  const JournalPlaceLock lock(place->directory, JournalPlaceLock::Kind::kShared);
  const auto info = Look(*place, mode);
  if (!info) return tl::unexpected<Error>(info.error());
  // Files that SQLite makes others may not write, whatever the umask says. Where this fails, SQLite says why.
  if (writes && info->id == FileId{}) MakeEmptyFile(place->at(), place->PathOf(place->name));
  auto database = SqliteDatabase::Open(path, writes ? SqliteDatabase::Mode::kCreate : SqliteDatabase::Mode::kReadOnly,
                                       place->is_own ? place->directory.get() : -1);
  if (!database) return Forward(database);
  // The same that is open: else the database says so as soon as it is used.
  const auto opened = place->Stat();
  if (!opened) return Fail(ErrorCode::kCorrupt, "it is no longer there: " + opened.error().message);
  auto identity = Identify(**database);
  if (!identity) return Forward(identity);
  if (!*identity && !writes) return Fail(ErrorCode::kNotFound, "it is empty");
  if (writes && (!*identity || (*identity)->version != kVersion)) {
    Status made = *identity ? BringUpToDate(**database) : (*database)->Execute("PRAGMA auto_vacuum=NONE");
    if (made && !*identity) made = CreateTables(**database, *place);
    if (!made) return Forward(made);
    identity = Identify(**database);
    if (!identity) return Forward(identity);
    if (!*identity) return Fail(ErrorCode::kIo, "it was emptied while it was made");
  }
  return JournalFile{std::move(place->directory), std::move(*database), opened->id, (*identity)->created,
                     (*identity)->version != kVersionBefore};
}

bool IsJournal(const std::string& path) {
  const auto info = RealFileSystem().Stat(path, true);
  if (!info || info->kind != FileKind::kRegular) return true;
  // Empty: one that is being made.
  const auto header = SqliteDatabase::ReadHeader(path);
  return !header || header->empty() || SqliteDatabase::ApplicationId(*header) == kApplicationId;
}

Result<std::optional<std::string>> SetJournalAside(const std::string& path, FileId damaged) {
  auto place = OpenPlace(path);
  if (!place) return Forward(place);
  const JournalPlaceLock lock(place->directory, JournalPlaceLock::Kind::kExclusive);
  const std::string prefix = place->name + ".damaged-";
  Descriptor directory(openat(place->directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) return FailErrno("opening the directory");
  auto listing = ListOpened(std::move(directory));
  if (!listing) return Forward(listing);
  uint64_t number = 0;
  for (size_t i = 0; i < listing->size(); ++i) number = std::max(number, NumberAside(listing->name(i), prefix));
  const auto info = place->Stat();
  if (!info && info.error().code != ErrorCode::kNotFound) return tl::unexpected<Error>(info.error());
  if (!info || info->id != damaged) return std::nullopt;
  TemporaryNames part_names;
  const auto rename = [&](const std::string& from, const std::string& to) {
    const std::string from_path = place->PathOf(from);
    const std::string to_path = place->PathOf(to);
    return RenameAt({place->at(), from_path.c_str()}, {place->at(), to_path.c_str()}, false, part_names);
  };
  for (;;) {
    ++number;
    const std::string aside = prefix + std::to_string(number);
    bool taken = false;
    // The journal itself comes last: what lies beside it would be taken for that of the next one.
    for (const char* suffix : {"-journal", "-wal", "-shm", ""}) {
      const Status status = rename(place->name + suffix, aside + suffix);
      if (status || (*suffix != '\0' && status.error().code == ErrorCode::kNotFound)) continue;
      // Somebody else was faster, where there are no locks.
      if (status.error().code == ErrorCode::kNotFound) return std::nullopt;
      taken = status.error().code == ErrorCode::kExists;
      if (!taken) return tl::unexpected<Error>(status.error());
      break;
    }
    if (!taken) return SplitPath(path).first + aside;
  }
}

}  // namespace tbbthumbs
