#include "pipeline/journal_store.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <mutex>
#include <new>
#include <type_traits>
#include <utility>

#include "pipeline/journal_file.h"
#include "pipeline/journal_rows.h"
#include "pipeline/posix_file.h"
#include "pipeline/sqlite_database.h"

namespace tbbthumbs {
namespace {

// From so many inputs of a directory on, one scan is faster than finding each.
constexpr size_t kLeastScan = 8;
// Of ForEach and Counts: others may write between two.
constexpr size_t kRowsPerPage = 1000;

constexpr char kFindRow[] =
    "SELECT name, bytes, modified_ns, status, options, format, code, message, outputs, cpu_us, decoder FROM picture "
    "WHERE directory=?1 AND name=?2";
constexpr char kScanRows[] =
    "SELECT name, bytes, modified_ns, status, options, format, code, message, outputs, cpu_us, decoder FROM picture "
    "WHERE directory=?1 AND name>=?2 AND name<=?3 ORDER BY name";
constexpr char kPageRows[] =
    "SELECT directory, name, bytes, modified_ns, status, options, format, code, message, outputs, cpu_us, decoder "
    "FROM picture WHERE (directory, name)>(?1, ?2) ORDER BY directory, name LIMIT ?3";
constexpr char kPageOfDirectory[] =
    "SELECT directory, name, bytes, modified_ns, status, options, format, code, message, outputs, cpu_us, decoder "
    "FROM picture WHERE directory=?1 AND name>?2 ORDER BY name LIMIT ?3";
constexpr char kPageDirectories[] = "SELECT id, path FROM directory WHERE path>=?1 AND path<?2 ORDER BY path LIMIT ?3";
constexpr char kWriteRow[] =
    "INSERT OR REPLACE INTO picture(directory, name, bytes, modified_ns, status, options, format, code, message, "
    "outputs, cpu_us, decoder) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
constexpr char kFindValidators[] = "SELECT etag, last_modified FROM validator WHERE directory=?1 AND name=?2";
constexpr char kPageValidators[] =
    "SELECT directory, name, etag, last_modified FROM validator WHERE (directory, name)>(?1, ?2) "
    "ORDER BY directory, name LIMIT ?3";
constexpr char kWriteValidators[] =
    "INSERT OR REPLACE INTO validator(directory, name, etag, last_modified) VALUES(?1, ?2, ?3, ?4)";
constexpr char kBeginRun[] =
    "INSERT INTO run(options, version, label, started_ns, ended_ns, \"end\", inputs, made, up_to_date, failed, "
    "skipped, \"left\", bytes_in, bytes_out, wall_ns, cpu_ns) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
constexpr char kEndRun[] =
    "UPDATE run SET options=?2, version=?3, label=?4, started_ns=?5, ended_ns=?6, \"end\"=?7, inputs=?8, made=?9, "
    "up_to_date=?10, failed=?11, skipped=?12, \"left\"=?13, bytes_in=?14, bytes_out=?15, wall_ns=?16, cpu_ns=?17 "
    "WHERE id=?1";
constexpr char kDropRuns[] = "DELETE FROM run WHERE id<=(SELECT id FROM run ORDER BY id DESC LIMIT 1 OFFSET ?1)";
constexpr char kLastRuns[] =
    "SELECT id, options, version, label, started_ns, ended_ns, \"end\", inputs, made, up_to_date, failed, skipped, "
    "\"left\", bytes_in, bytes_out, wall_ns, cpu_ns FROM run ORDER BY id DESC LIMIT ?1";

constexpr JournalTexts::Queries kDirectories = {"SELECT id FROM directory WHERE path=?1",
                                                "INSERT INTO directory(path) VALUES(?1)",
                                                "SELECT path FROM directory WHERE id=?1"};
constexpr JournalTexts::Queries kDecoders = {"SELECT id FROM decoder WHERE path=?1",
                                             "INSERT INTO decoder(path) VALUES(?1)",
                                             "SELECT path FROM decoder WHERE id=?1"};

// With its '/'; "" where there is none.
std::string_view DirectoryOf(std::string_view input) { return input.substr(0, input.rfind('/') + 1); }

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

class SqliteJournal final : public JournalStore {
 public:
  explicit SqliteJournal(JournalFile file)
      : id_(file.id),
        has_validators_(file.has_validators),
        created_(file.created),
        directory_(std::move(file.directory)),
        database_(std::move(file.database)) {}

  FileId id() const override { return id_; }
  std::chrono::nanoseconds created() const override { return created_.load(); }
  Status Find(std::span<const std::string_view> inputs, std::span<std::optional<JournalRow>> rows) override;
  Status Write(std::span<const JournalEntry> entries) override;
  Status Remove(std::span<const std::string> inputs) override;
  Status Clear() override;
  using Visit = std::function<bool(const std::string& input, const JournalRow& row)>;
  Status ForEach(std::optional<PictureStatus> status, const Visit& visit) override;
  Status ForEachIn(const std::string& directory, bool below, const Visit& visit) override;
  Status ForEachDirectory(const std::function<bool(const std::string& directory)>& visit) override;
  Result<uint64_t> OptionsId(const std::string& digest, const std::string& description) override;
  Result<std::optional<uint64_t>> FindOptionsId(const std::string& digest) override;
  Result<std::string> OptionsDescription(uint64_t id) override;
  Result<uint64_t> BeginRun(const JournalRun& run) override;
  Status EndRun(const JournalRun& run) override;
  Result<std::vector<JournalRun>> Runs(size_t count) override;
  Result<JournalCounts> Counts() override;
  Result<bool> HasRows() override;

 private:
  // Inputs of one directory and their rows.
  struct Group {
    int64_t directory;
    bool of_addresses;
    size_t prefix;  // length of the directory's path
    std::span<const std::string_view> inputs;
    std::span<std::optional<JournalRow>> rows;
    std::string_view name(size_t i) const { return inputs[i].substr(prefix); }
  };
  // The last row of a page.
  struct Place {
    int64_t directory = 0;  // before all
    std::string name;
  };

  template <class Work>
  std::invoke_result_t<Work> Reading(Work work);
  template <class Work>
  std::invoke_result_t<Work> Writing(Work work);
  Status FindGroup(const Group& group);
  Result<size_t> ScanGroup(const Group& group);
  Status FindOne(const Group& group, size_t i);
  // None where none were written.
  Status FindValidators(int64_t directory, std::string_view name, UrlValidators& validators);
  Status WriteValidators(int64_t directory, std::string_view name, const UrlValidators& validators);
  Status RemoveFrom(SqliteStatement& remove, int64_t directory, std::string_view name);
  template <class Work>
  Result<bool> ReadPage(SqliteStatement& page, Place& place, Work work);
  // Of all rows behind `place` that `page` gives. False: `visit` has said so.
  Result<bool> VisitRows(SqliteStatement& page, Place place, std::optional<PictureStatus> status, const Visit& visit);
  struct Directory {
    int64_t id;
    std::string path;
  };
  // Those from `from` on, before `end`: a page of them, from which on `from` is moved; none at the end.
  Result<std::vector<Directory>> ReadDirectories(std::string& from, std::string_view end);
  Result<std::optional<uint64_t>> FindOptions(const std::string& digest);
  void Forget() noexcept;

  const FileId id_;
  const bool has_validators_;
  std::atomic<std::chrono::nanoseconds> created_;

  std::mutex mutex_;  // guards all below
  const Descriptor directory_;
  const std::unique_ptr<SqliteDatabase> database_;
  JournalTexts directories_{*database_, kDirectories};
  JournalTexts decoders_{*database_, kDecoders};
  SqliteStatement find_row_{*database_, kFindRow};
  SqliteStatement scan_rows_{*database_, kScanRows};
  SqliteStatement page_rows_{*database_, kPageRows};
  SqliteStatement page_of_directory_{*database_, kPageOfDirectory};
  SqliteStatement page_directories_{*database_, kPageDirectories};
  SqliteStatement write_row_{*database_, kWriteRow};
  SqliteStatement remove_row_{*database_, "DELETE FROM picture WHERE directory=?1 AND name=?2"};
  SqliteStatement find_validators_{*database_, kFindValidators};
  SqliteStatement page_validators_{*database_, kPageValidators};
  SqliteStatement write_validators_{*database_, kWriteValidators};
  SqliteStatement remove_validators_{*database_, "DELETE FROM validator WHERE directory=?1 AND name=?2"};
  SqliteStatement find_options_{*database_, "SELECT id FROM options WHERE digest=?1"};
  SqliteStatement add_options_{*database_, "INSERT INTO options(digest, description) VALUES(?1, ?2)"};
  SqliteStatement describe_options_{*database_, "SELECT description FROM options WHERE id=?1"};
  SqliteStatement begin_run_{*database_, kBeginRun};
  SqliteStatement end_run_{*database_, kEndRun};
  SqliteStatement drop_runs_{*database_, kDropRuns};
  SqliteStatement last_runs_{*database_, kLastRuns};
  std::string outputs_;  // of the row being written
};

void SqliteJournal::Forget() noexcept {
  directories_.Forget();
  decoders_.Forget();
}

template <class Work>
std::invoke_result_t<Work> SqliteJournal::Reading(Work work) {
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
std::invoke_result_t<Work> SqliteJournal::Writing(Work work) {
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

Status SqliteJournal::Find(std::span<const std::string_view> inputs, std::span<std::optional<JournalRow>> rows) {
  return Reading([&]() -> Status {
    for (size_t begin = 0, end = 0; begin < inputs.size(); begin = end) {
      const std::string_view directory = DirectoryOf(inputs[begin]);
      for (end = begin + 1; end < inputs.size() && DirectoryOf(inputs[end]) == directory;) ++end;
      const size_t count = end - begin;
      const auto id = directories_.Find(directory);
      if (!id) return tl::unexpected<Error>(id.error());
      const Group group{*id, LooksLikeUrl(directory), directory.size(), inputs.subspan(begin, count),
                        rows.subspan(begin, count)};
      if (Status status = FindGroup(group); !status) return status;
    }
    return {};
  });
}

Status SqliteJournal::FindGroup(const Group& group) {
  size_t found = 0;
  if (group.directory == 0) {
    std::fill(group.rows.begin(), group.rows.end(), std::nullopt);
    return {};
  }
  if (group.inputs.size() >= kLeastScan && std::is_sorted(group.inputs.begin(), group.inputs.end())) {
    const auto scanned = ScanGroup(group);
    if (!scanned) return tl::unexpected<Error>(scanned.error());
    found = *scanned;
  }
  for (; found < group.inputs.size(); ++found) {
    if (Status status = FindOne(group, found); !status) return status;
  }
  return {};
}

// Returns how many of the first inputs are dealt with: not all, where far more rows lie between them.
Result<size_t> SqliteJournal::ScanGroup(const Group& group) {
  const size_t count = group.inputs.size();
  const SqliteUse use(scan_rows_);
  scan_rows_.BindInt(1, group.directory);
  scan_rows_.BindBlob(2, group.name(0));
  scan_rows_.BindBlob(3, group.name(count - 1));
  size_t next = 0;
  for (size_t left = 4 * count + 64; left > 0; --left) {
    const Result<bool> row = scan_rows_.Step();
    if (!row) return tl::unexpected<Error>(row.error());
    if (!*row) break;
    const std::string_view name = scan_rows_.Bytes(0);
    while (next < count && group.name(next) < name) group.rows[next++].reset();
    for (; next < count && group.name(next) == name; ++next) {
      auto& wanted = group.rows[next];
      if (!wanted) wanted.emplace();
      if (Status status = ReadRow(scan_rows_, 1, decoders_, *wanted); !status) {
        return tl::unexpected<Error>(std::move(status.error()));
      }
      if (!group.of_addresses) continue;
      if (Status status = FindValidators(group.directory, name, wanted->validators); !status) {
        return tl::unexpected<Error>(std::move(status.error()));
      }
    }
    if (next == count) return count;
    if (left == 1) return next;
  }
  std::fill(group.rows.begin() + static_cast<std::ptrdiff_t>(next), group.rows.end(), std::nullopt);
  return count;
}

Status SqliteJournal::FindOne(const Group& group, size_t i) {
  const SqliteUse use(find_row_);
  find_row_.BindInt(1, group.directory);
  find_row_.BindBlob(2, group.name(i));
  const Result<bool> row = find_row_.Step();
  if (!row) return tl::unexpected<Error>(row.error());
  group.rows[i].reset();
  if (!*row) return {};
  JournalRow& found = group.rows[i].emplace();
  if (Status status = ReadRow(find_row_, 1, decoders_, found); !status || !group.of_addresses) return status;
  return FindValidators(group.directory, group.name(i), found.validators);
}

Status SqliteJournal::FindValidators(int64_t directory, std::string_view name, UrlValidators& validators) {
  if (!has_validators_) return {};
  const SqliteUse use(find_validators_);
  find_validators_.BindInt(1, directory);
  find_validators_.BindBlob(2, name);
  const Result<bool> row = find_validators_.Step();
  if (!row) return tl::unexpected<Error>(row.error());
  return *row ? ReadValidators(find_validators_, 0, validators) : Status();
}

Status SqliteJournal::WriteValidators(int64_t directory, std::string_view name, const UrlValidators& validators) {
  if (validators.empty()) return RemoveFrom(remove_validators_, directory, name);
  const SqliteUse use(write_validators_);
  write_validators_.BindInt(1, directory);
  write_validators_.BindBlob(2, name);
  if (Status status = BindValidators(write_validators_, 3, validators); !status) return status;
  return write_validators_.Run();
}

Status SqliteJournal::RemoveFrom(SqliteStatement& remove, int64_t directory, std::string_view name) {
  const SqliteUse use(remove);
  remove.BindInt(1, directory);
  remove.BindBlob(2, name);
  return remove.Run();
}

Status SqliteJournal::Write(std::span<const JournalEntry> entries) {
  if (entries.empty()) return {};
  return Writing([&]() -> Status {
    std::string_view last;
    int64_t directory = 0;
    bool of_addresses = false;
    for (const JournalEntry& entry : entries) {
      const std::string_view path = DirectoryOf(entry.input);
      if (directory == 0 || path != last) {
        const auto id = directories_.FindOrAdd(path);
        if (!id) return tl::unexpected<Error>(id.error());
        directory = *id;
        last = path;
        of_addresses = LooksLikeUrl(path);
      }
      const std::string_view name = std::string_view(entry.input).substr(path.size());
      const auto decoder = decoders_.FindOrAdd(entry.row.decoder);
      if (!decoder) return tl::unexpected<Error>(decoder.error());
      const SqliteUse use(write_row_);
      write_row_.BindInt(1, directory);
      write_row_.BindBlob(2, name);
      if (Status status = BindRow(write_row_, 3, entry.row, *decoder, outputs_); !status) return status;
      if (Status status = write_row_.Run(); !status) return status;
      if (!of_addresses) continue;
      if (Status status = WriteValidators(directory, name, entry.row.validators); !status) return status;
    }
    return {};
  });
}

Status SqliteJournal::Remove(std::span<const std::string> inputs) {
  if (inputs.empty()) return {};
  return Writing([&]() -> Status {
    for (const std::string_view input : inputs) {
      const std::string_view path = DirectoryOf(input);
      const auto directory = directories_.Find(path);
      if (!directory) return tl::unexpected<Error>(directory.error());
      const std::string_view name = input.substr(path.size());
      if (Status status = RemoveFrom(remove_row_, *directory, name); !status) return status;
      if (!LooksLikeUrl(path)) continue;
      if (Status status = RemoveFrom(remove_validators_, *directory, name); !status) return status;
    }
    return {};
  });
}

Status SqliteJournal::Clear() {
  Status status = Writing([&]() -> Status {
    Forget();
    return database_->Execute(
        "DELETE FROM picture; DELETE FROM validator; DELETE FROM directory; DELETE FROM decoder;"
        "UPDATE meta SET value=0 WHERE name='created_ns'");
  });
  if (status) created_ = std::chrono::nanoseconds(0);
  return status;
}

// Calls `work` with the rows after `place`, the columns as in kPageRows, and moves it on. False: there were no more.
template <class Work>
Result<bool> SqliteJournal::ReadPage(SqliteStatement& page, Place& place, Work work) {
  return Reading([&]() -> Result<bool> {
    const Place after = place;
    size_t count = 0;
    const SqliteUse use(page);
    page.BindInt(1, after.directory);
    page.BindBlob(2, after.name);
    page.BindInt(3, kRowsPerPage);
    for (;; ++count) {
      const Result<bool> row = page.Step();
      if (!row) return tl::unexpected<Error>(row.error());
      if (!*row) return count == kRowsPerPage;
      const int64_t directory = page.Int(0);
      const std::string_view name = page.Bytes(1);
      // Else a damaged file might be read for ever.
      if (directory < place.directory || (directory == place.directory && name <= place.name)) {
        return Fail(ErrorCode::kCorrupt, "the rows are not in their order");
      }
      place.directory = directory;
      place.name = name;
      if (Status status = work(); !status) return tl::unexpected<Error>(std::move(status.error()));
    }
  });
}

Result<bool> SqliteJournal::VisitRows(SqliteStatement& page, Place place, std::optional<PictureStatus> status,
                                      const Visit& visit) {
  for (bool more = true; more;) {
    std::vector<JournalEntry> entries;
    const auto read = ReadPage(page, place, [&]() -> Status {
      const auto its_status = ReadStatus(page, 2);
      if (!its_status) return tl::unexpected<Error>(its_status.error());
      if (status && *status != *its_status) return {};
      const auto directory = directories_.Text(page.Int(0));
      if (!directory) return tl::unexpected<Error>(directory.error());
      JournalEntry& entry = entries.emplace_back();
      const bool of_addresses = LooksLikeUrl(*directory);
      entry.input.append(*directory).append(page.Bytes(1));
      if (Status whole = ReadRow(page, 2, decoders_, entry.row); !whole || !of_addresses) return whole;
      return FindValidators(page.Int(0), page.Bytes(1), entry.row.validators);
    });
    if (!read) return tl::unexpected<Error>(read.error());
    for (const JournalEntry& entry : entries) {
      if (!visit(entry.input, entry.row)) return false;
    }
    more = *read;
  }
  return true;
}

Status SqliteJournal::ForEach(std::optional<PictureStatus> status, const Visit& visit) {
  return WithoutExceptions([&]() -> Status {
    const auto all = VisitRows(page_rows_, {}, status, visit);
    return all ? Status() : tl::unexpected<Error>(all.error());
  });
}

Result<std::vector<SqliteJournal::Directory>> SqliteJournal::ReadDirectories(std::string& from, std::string_view end) {
  return Reading([&]() -> Result<std::vector<Directory>> {
    std::vector<Directory> directories;
    const SqliteUse use(page_directories_);
    page_directories_.BindBlob(1, from);
    page_directories_.BindBlob(2, end);
    page_directories_.BindInt(3, kRowsPerPage);
    for (;;) {
      const Result<bool> row = page_directories_.Step();
      if (!row) return tl::unexpected<Error>(row.error());
      if (!*row) break;
      directories.push_back({page_directories_.Int(0), std::string(page_directories_.Bytes(1))});
    }
    // Else a damaged file might be read for ever.
    if (!directories.empty() && directories.back().path < from) {
      return Fail(ErrorCode::kCorrupt, "the directories are not in their order");
    }
    // What comes next in the order of bytes.
    if (!directories.empty()) from = directories.back().path + '\0';
    return directories;
  });
}

Status SqliteJournal::ForEachIn(const std::string& directory, bool below, const Visit& visit) {
  return WithoutExceptions([&]() -> Status {
    std::string from = directory;
    std::string end = directory;
    if (below && end.ends_with('/')) {
      end.back() = '/' + 1;
    } else {
      end += '\0';
    }
    for (;;) {
      const auto directories = ReadDirectories(from, end);
      if (!directories) return tl::unexpected<Error>(directories.error());
      if (directories->empty()) return {};
      for (const Directory& one : *directories) {
        const auto all = VisitRows(page_of_directory_, {.directory = one.id, .name = ""}, std::nullopt, visit);
        if (!all) return tl::unexpected<Error>(all.error());
        if (!*all) return {};
      }
    }
  });
}

Status SqliteJournal::ForEachDirectory(const std::function<bool(const std::string& directory)>& visit) {
  return WithoutExceptions([&]() -> Status {
    for (std::string from;;) {
      const auto directories = ReadDirectories(from, "\xFF");
      if (!directories) return tl::unexpected<Error>(directories.error());
      if (directories->empty()) return {};
      for (const Directory& one : *directories) {
        if (!visit(one.path)) return {};
      }
    }
  });
}

Result<std::optional<uint64_t>> SqliteJournal::FindOptions(const std::string& digest) {
  const SqliteUse use(find_options_);
  find_options_.BindText(1, digest);
  const Result<bool> row = find_options_.Step();
  if (!row) return tl::unexpected<Error>(row.error());
  if (!*row) return std::nullopt;
  return static_cast<uint64_t>(find_options_.Int(0));
}

Result<std::optional<uint64_t>> SqliteJournal::FindOptionsId(const std::string& digest) {
  return Reading([&] { return FindOptions(digest); });
}

Result<uint64_t> SqliteJournal::OptionsId(const std::string& digest, const std::string& description) {
  const auto known = FindOptionsId(digest);
  if (!known) return tl::unexpected<Error>(known.error());
  if (*known) return **known;
  return Writing([&]() -> Result<uint64_t> {
    // Another process may have been faster.
    const auto found = FindOptions(digest);
    if (!found) return tl::unexpected<Error>(found.error());
    if (*found) return **found;
    const SqliteUse use(add_options_);
    add_options_.BindText(1, digest);
    add_options_.BindText(2, description);
    if (Status status = add_options_.Run(); !status) return tl::unexpected<Error>(std::move(status.error()));
    return static_cast<uint64_t>(database_->LastId());
  });
}

Result<std::string> SqliteJournal::OptionsDescription(uint64_t id) {
  return Reading([&]() -> Result<std::string> {
    const SqliteUse use(describe_options_);
    describe_options_.BindInt(1, static_cast<int64_t>(id));
    const Result<bool> row = describe_options_.Step();
    if (!row) return tl::unexpected<Error>(row.error());
    if (!*row) return Fail(ErrorCode::kNotFound, "there are no such options");
    return std::string(describe_options_.Bytes(0));
  });
}

Result<uint64_t> SqliteJournal::BeginRun(const JournalRun& run) {
  return Writing([&]() -> Result<uint64_t> {
    JournalRun begun = run;
    begun.ended.reset();
    begun.end.clear();
    const SqliteUse use(begin_run_);
    BindRun(begin_run_, 1, begun);
    if (Status status = begin_run_.Run(); !status) return tl::unexpected<Error>(std::move(status.error()));
    const int64_t id = database_->LastId();
    const SqliteUse use_drop(drop_runs_);
    drop_runs_.BindInt(1, kMostRuns);
    if (Status status = drop_runs_.Run(); !status) return tl::unexpected<Error>(std::move(status.error()));
    return static_cast<uint64_t>(id);
  });
}

Status SqliteJournal::EndRun(const JournalRun& run) {
  return Writing([&]() -> Status {
    const SqliteUse use(end_run_);
    end_run_.BindInt(1, static_cast<int64_t>(run.id));
    BindRun(end_run_, 2, run);
    if (Status status = end_run_.Run(); !status) return status;
    if (database_->Changes() == 0) return Fail(ErrorCode::kNotFound, "there is no such run");
    return {};
  });
}

Result<std::vector<JournalRun>> SqliteJournal::Runs(size_t count) {
  return Reading([&]() -> Result<std::vector<JournalRun>> {
    std::vector<JournalRun> runs;
    const SqliteUse use(last_runs_);
    last_runs_.BindInt(1, static_cast<int64_t>(std::min<size_t>(count, INT64_MAX)));
    for (;;) {
      const Result<bool> row = last_runs_.Step();
      if (!row) return tl::unexpected<Error>(row.error());
      if (!*row) return runs;
      runs.push_back(ReadRun(last_runs_, 1));
      runs.back().id = static_cast<uint64_t>(last_runs_.Int(0));
    }
  });
}

Result<JournalCounts> SqliteJournal::Counts() {
  return WithoutExceptions([&]() -> Result<JournalCounts> {
    JournalCounts counts;
    std::array<uint64_t, kErrorCodeCount> failed{};
    JournalRow row;
    Place place;
    for (bool more = true; more;) {
      const auto read = ReadPage(page_rows_, place, [&]() -> Status {
        if (Status status = ReadRow(page_rows_, 2, decoders_, row); !status) return status;
        ++(row.status == PictureStatus::kMade      ? counts.made
           : row.status == PictureStatus::kSkipped ? counts.skipped
                                                   : counts.failed);
        if (row.status == PictureStatus::kMade && row.error) ++counts.salvaged;
        counts.outputs += row.outputs.size();
        if (row.status == PictureStatus::kFailed && row.error) ++failed[static_cast<size_t>(row.error->code)];
        return {};
      });
      if (!read) return tl::unexpected<Error>(read.error());
      more = *read;
    }
    // Only whether they can be read.
    UrlValidators validators;
    place = {};
    for (bool more = has_validators_; more;) {
      const auto read = ReadPage(page_validators_, place,
                                 [&]() -> Status { return ReadValidators(page_validators_, 2, validators); });
      if (!read) return tl::unexpected<Error>(read.error());
      more = *read;
    }
    for (size_t i = 0; i < failed.size(); ++i) {
      if (failed[i] != 0) counts.failed_by_code.emplace_back(static_cast<ErrorCode>(i), failed[i]);
    }
    std::stable_sort(counts.failed_by_code.begin(), counts.failed_by_code.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    return counts;
  });
}

Result<bool> SqliteJournal::HasRows() {
  return Reading([&]() -> Result<bool> {
    const auto found = database_->Number("SELECT EXISTS(SELECT 1 FROM picture)");
    if (!found) return tl::unexpected<Error>(found.error());
    return *found != 0;
  });
}

}  // namespace

Result<std::unique_ptr<JournalStore>> JournalStore::Open(const std::string& path, Mode mode) {
  return WithoutExceptions([&]() -> Result<std::unique_ptr<JournalStore>> {
    auto file = OpenJournalFile(path, mode);
    if (!file) return tl::unexpected<Error>(std::move(file.error()));
    return std::make_unique<SqliteJournal>(std::move(*file));
  });
}

}  // namespace tbbthumbs
