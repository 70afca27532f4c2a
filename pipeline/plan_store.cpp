#include "pipeline/plan_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <limits>
#include <span>
#include <utility>

#include "pipeline/file_system.h"
#include "pipeline/journal_rows.h"
#include "pipeline/name_hash.h"
#include "pipeline/posix_file.h"
#include "pipeline/sqlite_database.h"
#include "pipeline/temporary_name.h"

namespace tbbthumbs {
namespace {

// "tbbp".
constexpr int64_t kApplicationId = 0x74626270;
constexpr int64_t kVersion = 1;

// Items of a shard lie together, in order: id = shard << 32 | seq / shards. Directories end with their '/'. jpeg and
// png: names, each ended by '\0'. "check": of all that is in the row.
constexpr std::array kTables = {
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID",
    "CREATE TABLE option(place INTEGER PRIMARY KEY, name TEXT NOT NULL, value TEXT NOT NULL)",
    "CREATE TABLE directory(id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE)",
    R"(CREATE TABLE item(
  id INTEGER PRIMARY KEY, directory INTEGER NOT NULL, name BLOB NOT NULL, found INTEGER NOT NULL,
  jpeg BLOB NOT NULL, png BLOB NOT NULL, changes INTEGER NOT NULL, code TEXT, message TEXT, "check" INTEGER NOT NULL))",
};

constexpr char kAddItem[] =
    "INSERT INTO item(id, directory, name, found, jpeg, png, changes, code, message, \"check\") "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
constexpr char kPage[] =
    "SELECT id, directory, name, found, jpeg, png, changes, code, message, \"check\" FROM item "
    "WHERE id>=?1 AND id<?2 ORDER BY id LIMIT ?3";

constexpr JournalTexts::Queries kDirectories = {"SELECT id FROM directory WHERE path=?1",
                                                "INSERT INTO directory(path) VALUES(?1)",
                                                "SELECT path FROM directory WHERE id=?1"};

constexpr size_t kItemsPerPage = 500;
// Places in a shard.
constexpr uint64_t kPlaceBits = 32;

int64_t IdOf(int shard, uint64_t place) {
  return static_cast<int64_t>(static_cast<uint64_t>(shard) << kPlaceBits | place);
}

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text.append(name).append(1, '\0');
  return text;
}

std::vector<std::string> Split(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\0'), text.size() - 1);
    names.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return names;
}

int64_t Number(const NameChanges& changes) {
  return (changes.respelled ? 1 : 0) | (changes.taken ? 2 : 0) | (changes.too_long ? 4 : 0);
}

// All that is in a row, in a form that says where each part ends.
std::string Description(const PlanItem& item, const std::string& jpeg, const std::string& png) {
  std::string text = std::to_string(item.seq);
  const auto add = [&](std::string_view part) {
    text.append(":").append(std::to_string(part.size())).append(":").append(part);
  };
  add(item.path);
  add(item.found ? "1" : "0");
  add(jpeg);
  add(png);
  add(std::to_string(Number(item.changes)));
  if (item.error) {
    add(ErrorCodeName(item.error->code));
    add(item.error->message);
  }
  return text;
}

int64_t CheckOf(const std::string& description) {
  return static_cast<int64_t>(HashOf(description) & static_cast<uint64_t>(std::numeric_limits<int64_t>::max()));
}

std::span<const std::byte> BytesOf(const std::string& text) {
  return std::as_bytes(std::span<const char>(text.data(), text.size()));
}

void AddTo(ContentHash& hash, const std::string& text) {
  hash.Add(BytesOf(std::to_string(text.size()) + ":"));
  hash.Add(BytesOf(text));
}

// Not the journal's time: that is of a machine's past.
void AddTo(ContentHash& hash, const PlanSettings& settings) {
  AddTo(hash, TBBTHUMBS_VERSION);
  AddTo(hash, std::to_string(settings.shards));
  AddTo(hash, settings.output);
  AddTo(hash, settings.journal);
  for (const auto& [name, value] : settings.options) {
    AddTo(hash, name);
    AddTo(hash, value);
  }
}

// As LongHexOf writes it.
bool IsLongHex(std::string_view text) {
  constexpr size_t kDigits = 32;
  return text.size() == kDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Of what a plan is beside its items.
std::string SettingsHash(const PlanInfo& info) {
  ContentHash hash;
  AddTo(hash, info);
  AddTo(hash, info.id);
  return hash.Hex();
}

tl::unexpected<Error> Damaged(const std::string& what) {
  return Fail(ErrorCode::kCorrupt, "the plan is damaged: " + what);
}

// On the disk, not only on its way there.
Status Sync(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return FailErrno("opening");
  if (fsync(file.get()) != 0) return FailErrno("syncing");
  return {};
}

class SqlitePlanWriter final : public PlanWriter {
 public:
  SqlitePlanWriter(std::string path, std::string part, PlanSettings settings, std::unique_ptr<SqliteDatabase> database)
      : path_(std::move(path)), part_(std::move(part)), database_(std::move(database)) {
    static_cast<PlanSettings&>(info_) = std::move(settings);
  }
  ~SqlitePlanWriter() override;

  Status Begin();
  Status Add(const PlanItem& item) override;
  Result<PlanInfo> Finish() override;

 private:
  Status WriteSettings();
  Status WriteMeta(const char* name, std::string_view value);

  const std::string path_;
  const std::string part_;
  PlanInfo info_;
  ContentHash hash_;
  // All that uses the database; closed by Finish.
  std::unique_ptr<SqliteDatabase> database_;
  struct Statements {
    explicit Statements(SqliteDatabase& database)
        : transaction(database), directories(database, kDirectories), add(database, kAddItem) {}
    SqliteTransaction transaction;
    JournalTexts directories;
    SqliteStatement add;
  };
  std::optional<Statements> use_;
  std::string last_directory_;
  int64_t last_directory_id_ = 0;
};

SqlitePlanWriter::~SqlitePlanWriter() {
  if (!database_) return;
  use_.reset();
  database_.reset();
  static_cast<void>(RealFileSystem().Remove(part_));
  static_cast<void>(RealFileSystem().Remove(part_ + "-journal"));
}

Status SqlitePlanWriter::Begin() {
  // Nobody reads it before it is finished, and nobody finishes it after a crash. Items come in at as many places as
  // there are shards: most of these stay in memory.
  if (Status status = database_->Execute("PRAGMA synchronous=OFF; PRAGMA cache_size=-64000"); !status) return status;
  use_.emplace(*database_);
  if (Status status = use_->transaction.BeginWrite(); !status) return status;
  if (Status status = database_->CreateTables(kTables); !status) return status;
  for (const std::string& sql :
       {"PRAGMA application_id=" + std::to_string(kApplicationId), "PRAGMA user_version=" + std::to_string(kVersion)}) {
    if (Status status = database_->Execute(sql.c_str()); !status) return status;
  }
  return WriteSettings();
}

Status SqlitePlanWriter::WriteMeta(const char* name, std::string_view value) {
  SqliteStatement statement(*database_, "INSERT INTO meta VALUES(?1, ?2)");
  const SqliteUse use(statement);
  statement.BindText(1, name);
  statement.BindText(2, value);
  return statement.Run();
}

Status SqlitePlanWriter::WriteSettings() {
  AddTo(hash_, info_);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  info_.id = LongHexOf(hash_.Hex() + ":" + std::to_string(now.count()) + ":" + RandomHex());
  for (const auto& [name, value] : {std::pair<const char*, std::string>("version", TBBTHUMBS_VERSION),
                                    {"shards", std::to_string(info_.shards)},
                                    {"output", info_.output},
                                    {"journal", info_.journal},
                                    {"journal_created_ns", std::to_string(info_.journal_created.count())},
                                    {"id", info_.id},
                                    {"settings", SettingsHash(info_)}}) {
    if (Status status = WriteMeta(name, value); !status) return status;
  }
  SqliteStatement add(*database_, "INSERT INTO option VALUES(?1, ?2, ?3)");
  for (size_t i = 0; i < info_.options.size(); ++i) {
    const auto& [name, value] = info_.options[i];
    const SqliteUse use(add);
    add.BindInt(1, static_cast<int64_t>(i));
    add.BindText(2, name);
    add.BindText(3, value);
    if (Status status = add.Run(); !status) return status;
  }
  return {};
}

Status SqlitePlanWriter::Add(const PlanItem& item) {
  const size_t slash = item.path.rfind('/') + 1;
  const std::string_view path = item.path;
  if (last_directory_id_ == 0 || path.substr(0, slash) != last_directory_) {
    const auto id = use_->directories.FindOrAdd(path.substr(0, slash));
    if (!id) return tl::unexpected<Error>(id.error());
    last_directory_ = path.substr(0, slash);
    last_directory_id_ = *id;
  }
  const std::string jpeg = Joined(item.jpeg);
  const std::string png = Joined(item.png);
  const std::string description = Description(item, jpeg, png);
  const auto shards = static_cast<uint64_t>(info_.shards);
  SqliteStatement& add = use_->add;
  const SqliteUse use(add);
  add.BindInt(1, IdOf(static_cast<int>(item.seq % shards), item.seq / shards));
  add.BindInt(2, last_directory_id_);
  add.BindBlob(3, path.substr(slash));
  add.BindInt(4, item.found ? 1 : 0);
  add.BindBlob(5, jpeg);
  add.BindBlob(6, png);
  add.BindInt(7, Number(item.changes));
  if (item.error) {
    add.BindText(8, ErrorCodeName(item.error->code));
    add.BindText(9, item.error->message);
  } else {
    add.BindNull(8);
    add.BindNull(9);
  }
  add.BindInt(10, CheckOf(description));
  if (Status status = add.Run(); !status) return status;
  AddTo(hash_, description);
  ++info_.total;
  return {};
}

Result<PlanInfo> SqlitePlanWriter::Finish() {
  info_.digest = hash_.Hex();
  for (const auto& [name, value] :
       {std::pair<const char*, std::string>("total", std::to_string(info_.total)), {"digest", info_.digest}}) {
    if (Status status = WriteMeta(name, value); !status) return tl::unexpected<Error>(std::move(status.error()));
  }
  Status status = use_->transaction.Commit();
  use_.reset();
  database_.reset();
  if (status) status = Sync(part_);
  if (status) status = RealFileSystem().Rename(part_, path_, false);
  if (!status) {
    static_cast<void>(RealFileSystem().Remove(part_));
    return tl::unexpected<Error>(std::move(status.error()));
  }
  return info_;
}

class SqlitePlanReader final : public PlanReader {
 public:
  explicit SqlitePlanReader(std::unique_ptr<SqliteDatabase> database) : database_(std::move(database)) {}

  Status Begin();
  const PlanInfo& info() const override { return info_; }
  Result<std::vector<PlanItem>> Page(int shard, uint64_t place) override;

 private:
  Status Identify();
  Status ReadInfo();
  Result<std::string> Meta(const char* name);
  Result<uint64_t> MetaNumber(const char* name);
  Result<PlanItem> ReadItem(int shard, uint64_t place);

  const std::unique_ptr<SqliteDatabase> database_;
  JournalTexts directories_{*database_, kDirectories};
  SqliteStatement page_{*database_, kPage};
  PlanInfo info_;
};

Status SqlitePlanReader::Begin() {
  // One lock for as long as it is open, none for each page: the file may lie on another machine.
  if (Status status = database_->Execute("PRAGMA locking_mode=EXCLUSIVE"); !status) return status;
  if (Status status = Identify(); !status) return status;
  return ReadInfo();
}

Status SqlitePlanReader::Identify() {
  const auto application = database_->Number("PRAGMA application_id");
  if (!application) return tl::unexpected<Error>(application.error());
  if (*application != kApplicationId) return Fail(ErrorCode::kCorrupt, "it is no plan");
  const auto version = database_->Number("PRAGMA user_version");
  if (!version) return tl::unexpected<Error>(version.error());
  std::string program;
  if (*version == kVersion) {
    if (Status status = database_->CheckTables(kTables); !status) return status;
    auto text = Meta("version");
    if (!text) return tl::unexpected<Error>(std::move(text.error()));
    program = std::move(*text);
  }
  if (program == TBBTHUMBS_VERSION) return {};
  return Fail(ErrorCode::kUnsupported, "it was made by " +
                                           (program.empty() ? "another tbbthumbs" : "tbbthumbs " + program) +
                                           ", and this is tbbthumbs " TBBTHUMBS_VERSION ": all machines need the same");
}

Result<std::string> SqlitePlanReader::Meta(const char* name) {
  SqliteStatement statement(*database_, "SELECT value FROM meta WHERE name=?1");
  const SqliteUse use(statement);
  statement.BindText(1, name);
  const Result<bool> row = statement.Step();
  if (!row) return tl::unexpected<Error>(row.error());
  if (!*row) return Damaged(std::string("it does not say its ") + name);
  return std::string(statement.Bytes(0));
}

Result<uint64_t> SqlitePlanReader::MetaNumber(const char* name) {
  const auto text = Meta(name);
  if (!text) return tl::unexpected<Error>(text.error());
  constexpr size_t kMostDigits = 19;
  if (text->empty() || text->size() > kMostDigits || text->find_first_not_of("0123456789") != std::string::npos) {
    return Damaged(std::string(name) + " is no number");
  }
  return std::stoull(*text);
}

Status SqlitePlanReader::ReadInfo() {
  const auto shards = MetaNumber("shards");
  if (!shards) return tl::unexpected<Error>(shards.error());
  if (*shards < 1 || *shards > kMostShards) return Damaged("so many shards it can't have");
  info_.shards = static_cast<int>(*shards);
  const auto total = MetaNumber("total");
  if (!total) return tl::unexpected<Error>(total.error());
  info_.total = *total;
  const auto created = MetaNumber("journal_created_ns");
  if (!created) return tl::unexpected<Error>(created.error());
  info_.journal_created = std::chrono::nanoseconds(*created);
  for (const auto& [name, target] : {std::pair("output", &info_.output),
                                     {"journal", &info_.journal},
                                     {"digest", &info_.digest},
                                     {"id", &info_.id}}) {
    auto text = Meta(name);
    if (!text) return tl::unexpected<Error>(std::move(text.error()));
    *target = std::move(*text);
  }
  // What becomes a part of paths.
  if (!IsLongHex(info_.id) || !IsLongHex(info_.digest)) return Damaged("its id is none");
  if (!info_.output.starts_with('/') || !info_.journal.starts_with('/')) return Damaged("its paths are none");
  SqliteStatement options(*database_, "SELECT place, name, value FROM option ORDER BY place");
  const SqliteUse use(options);
  for (;;) {
    const Result<bool> row = options.Step();
    if (!row) return tl::unexpected<Error>(row.error());
    if (!*row) break;
    // Else a damaged file might be read for ever.
    if (options.Int(0) != static_cast<int64_t>(info_.options.size())) return Damaged("its options are not in order");
    info_.options.emplace_back(options.Bytes(1), options.Bytes(2));
  }
  const auto settings = Meta("settings");
  if (!settings) return tl::unexpected<Error>(settings.error());
  if (*settings != SettingsHash(info_)) return Damaged("its settings are not what was written");
  return {};
}

// The row that the page's statement stands at.
Result<PlanItem> SqlitePlanReader::ReadItem(int shard, uint64_t place) {
  const auto directory = directories_.Text(page_.Int(1));
  if (!directory) return Damaged("an item lies nowhere");
  PlanItem item;
  item.seq = place * static_cast<uint64_t>(info_.shards) + static_cast<uint64_t>(shard);
  item.path.append(*directory).append(page_.Bytes(2));
  item.found = page_.Int(3) != 0;
  const std::string jpeg(page_.Bytes(4));
  const std::string png(page_.Bytes(5));
  const int64_t changes = page_.Int(6);
  item.changes = {.respelled = (changes & 1) != 0, .taken = (changes & 2) != 0, .too_long = (changes & 4) != 0};
  for (int i = 0; !page_.IsNull(7) && i < kErrorCodeCount; ++i) {
    const auto code = static_cast<ErrorCode>(i);
    if (page_.Bytes(7) == ErrorCodeName(code)) item.error = Error{code, std::string(page_.Bytes(8))};
  }
  if (page_.Int(0) != IdOf(shard, place) || page_.Int(9) != CheckOf(Description(item, jpeg, png))) {
    return Damaged("item " + std::to_string(item.seq) + " is not what was written");
  }
  item.jpeg = Split(jpeg);
  item.png = Split(png);
  return item;
}

Result<std::vector<PlanItem>> SqlitePlanReader::Page(int shard, uint64_t place) {
  const uint64_t count = CountOf(shard);
  std::vector<PlanItem> items;
  if (place >= count) return items;
  const size_t wanted = static_cast<size_t>(std::min<uint64_t>(kItemsPerPage, count - place));
  items.reserve(wanted);
  const SqliteUse use(page_);
  page_.BindInt(1, IdOf(shard, place));
  page_.BindInt(2, IdOf(shard + 1, 0));
  page_.BindInt(3, static_cast<int64_t>(wanted));
  while (items.size() < wanted) {
    const Result<bool> row = page_.Step();
    if (!row) return tl::unexpected<Error>(row.error());
    if (!*row) return Damaged("items are missing");
    auto item = ReadItem(shard, place + items.size());
    if (!item) return tl::unexpected<Error>(std::move(item.error()));
    items.push_back(std::move(*item));
  }
  return items;
}

}  // namespace

Result<std::unique_ptr<PlanWriter>> PlanWriter::Create(const std::string& path, PlanSettings settings) {
  if (RealFileSystem().Stat(path, false)) return Fail(ErrorCode::kExists, "it is there already");
  const std::string part = path + ".part-" + RandomHex();
  MakeEmptyFile(AT_FDCWD, part);
  auto database = SqliteDatabase::Open(part, SqliteDatabase::Mode::kCreate);
  if (!database) return tl::unexpected<Error>(std::move(database.error()));
  auto writer = std::make_unique<SqlitePlanWriter>(path, part, std::move(settings), std::move(*database));
  if (Status status = writer->Begin(); !status) return tl::unexpected<Error>(std::move(status.error()));
  return writer;
}

Result<std::unique_ptr<PlanReader>> PlanReader::Open(const std::string& path) {
  const auto info = RealFileSystem().Stat(path, true);
  if (!info) return tl::unexpected<Error>(info.error());
  if (info->kind != FileKind::kRegular) return Fail(ErrorCode::kCorrupt, "it is no plan, but no regular file");
  auto database = SqliteDatabase::Open(path, SqliteDatabase::Mode::kReadOnly);
  if (!database) return tl::unexpected<Error>(std::move(database.error()));
  auto reader = std::make_unique<SqlitePlanReader>(std::move(*database));
  if (Status status = reader->Begin(); !status) return tl::unexpected<Error>(std::move(status.error()));
  return reader;
}

uint64_t PlanReader::CountOf(int shard) const {
  const auto shards = static_cast<uint64_t>(info().shards);
  const auto number = static_cast<uint64_t>(shard);
  return info().total > number ? (info().total - number - 1) / shards + 1 : 0;
}

Status PlanReader::Check(int shard) {
  for (uint64_t place = 0;;) {
    const auto items = Page(shard, place);
    if (!items) return tl::unexpected<Error>(items.error());
    if (items->empty()) return {};
    place += items->size();
  }
}

}  // namespace tbbthumbs
