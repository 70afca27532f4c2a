#include "pipeline/shard_attempts.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "pipeline/confined_directory.h"
#include "pipeline/confined_file_system.h"
#include "pipeline/file_system.h"
#include "pipeline/journal_copy.h"
#include "pipeline/journal_store.h"
#include "pipeline/posix_file.h"
#include "pipeline/posix_places.h"
#include "pipeline/temporary_name.h"

namespace tbbthumbs {
namespace {

constexpr std::string_view kOpen = ".part";
constexpr std::string_view kClosed = ".db";
// What lies beside a journal.
constexpr std::string_view kRollback = "-journal";
constexpr std::string_view kCopy = ".copy";
constexpr std::string_view kAside = ".damaged-";
constexpr size_t kIndexDigits = 5;
constexpr size_t kPlanDigits = 16;

// A run writes every second in which a picture was made: one that has not for so long is dead, or works on a giant.
constexpr std::chrono::seconds kSilence{60};

// SQLite's own, beside a journal that is being written.
std::string RollbackOf(const std::string& path) { return path + std::string(kRollback); }

std::string IndexText(int shard) {
  const std::string digits = std::to_string(shard);
  return std::string(kIndexDigits - std::min(kIndexDigits, digits.size()), '0') + digits;
}

// The rest of the file's name; nothing where it is no journal's.
std::optional<ShardAttempt> ParseName(std::string_view name) {
  ShardAttempt attempt;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), attempt.shard);
  const auto digits = static_cast<size_t>(end - name.data());
  if (error != std::errc() || digits != kIndexDigits || name.starts_with('-')) return std::nullopt;
  name.remove_prefix(digits);
  attempt.closed = name.ends_with(kClosed);
  const std::string_view ending = attempt.closed ? kClosed : kOpen;
  // With the name of a run between two points.
  if (!name.starts_with('.') || !name.ends_with(ending) || name.size() < 2 + ending.size()) return std::nullopt;
  return attempt;
}

bool RemoveEnding(std::string_view& name, std::string_view ending) {
  if (!name.ends_with(ending)) return false;
  name.remove_suffix(ending.size());
  return true;
}

// A journal's, or of what lies beside one: SQLite's own file, a PrivateCopy, and a damaged one set aside.
bool IsOfAttempt(std::string_view name) {
  RemoveEnding(name, kRollback);
  if (!RemoveEnding(name, kCopy)) {
    const size_t number = name.find_last_not_of("0123456789") + 1;
    std::string_view aside = name.substr(0, number);
    if (number < name.size() && RemoveEnding(aside, kAside)) name = aside;
  }
  return ParseName(name).has_value();
}

// "HOST+PID@START+RANDOM".
std::string_view WriterNameOf(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.substr(kIndexDigits + 1, name.size() - kIndexDigits - 1 - kOpen.size());
}

// All that says whether somebody has written meanwhile.
using State = std::tuple<uint64_t, std::chrono::nanoseconds, uint64_t, std::chrono::nanoseconds>;

State StateOf(const std::string& path) {
  const FileInfo file = RealFileSystem().Stat(path, false).value_or(FileInfo{});
  const FileInfo rollback = RealFileSystem().Stat(RollbackOf(path), false).value_or(FileInfo{});
  return {file.bytes, file.modified, rollback.bytes, rollback.modified};
}

// Both below the directory. kNotFound: `from` is not there.
Status CopyFile(const ConfinedDirectory& directory, const std::string& from, const std::string& to) {
  const auto source = directory.Open(std::string(directory.Below(from).value_or("")), kOpenToRead, 0, "opening");
  if (!source) return tl::unexpected<Error>(source.error());
  const auto copy = directory.Open(std::string(directory.Below(to).value_or("")), kCreateNew, kNewFileMode, "creating");
  if (!copy) return Fail(ErrorCode::kIo, copy.error().message);
  std::vector<std::byte> piece(size_t{1} << 20);
  for (uint64_t offset = 0;;) {
    const auto count = ReadFully(source->get(), offset, piece);
    if (!count) return tl::unexpected<Error>(count.error());
    if (Status status = WriteAll(copy->get(), std::span(piece).first(*count)); !status) return status;
    if (*count < piece.size()) return {};
    offset += *count;
  }
}

// A journal of this run's own that is the same as that of a run which never came to its end; gone with this. Reading
// may mean taking back what the dead one left half done, and perhaps it is not dead.
class PrivateCopy {
 public:
  // `root`: of the paths, which lie below.
  PrivateCopy(const std::string& root, const std::string& from, std::string to)
      : files_(RealFileSystem(), {root}), path_(std::move(to)) {
    const State before = StateOf(from);
    const ConfinedDirectory directory(root);
    Status status = CopyFile(directory, from, path_);
    if (status) {
      status = CopyFile(directory, RollbackOf(from), RollbackOf(path_));
      if (!status && status.error().code == ErrorCode::kNotFound) status = {};
    }
    made_ = status && StateOf(from) == before;
  }
  ~PrivateCopy() {
    static_cast<void>(files_.Remove(path_));
    static_cast<void>(files_.Remove(RollbackOf(path_)));
  }
  PrivateCopy(const PrivateCopy&) = delete;
  PrivateCopy& operator=(const PrivateCopy&) = delete;

  // Whether it is one.
  explicit operator bool() const { return made_; }

 private:
  ConfinedFileSystem files_;
  const std::string path_;
  bool made_ = false;
};

void TakeOverAttempt(const ShardAttempt& attempt, JournalStore& journal) {
  const auto store = JournalStore::Open(attempt.path, JournalStore::Mode::kReadOnly);
  if (store) static_cast<void>(CopyJournalRows(**store, journal));
}

// `root`: the output directory. `now`: by the clock of the file system. `path`: of the new journal.
void TakeOver(const ShardAttempt& attempt, const std::string& root, std::chrono::nanoseconds now,
              const std::string& path, JournalStore& journal) {
  if (attempt.closed) {
    TakeOverAttempt(attempt, journal);
    return;
  }
  const Writer writer = WriterOf(WriterNameOf(attempt.path));
  if (writer == Writer::kAlive || (writer == Writer::kUnknown && now - attempt.modified < kSilence)) return;
  const std::string copy_path = path + std::string(kCopy);
  const PrivateCopy copy(root, attempt.path, copy_path);
  if (!copy) return;
  ShardAttempt copied = attempt;
  copied.path = copy_path;
  TakeOverAttempt(copied, journal);
}

// What `known` has of the shard's inputs.
Status TakeOverInputs(PlanReader& plan, int shard, const AttemptOptions& options, JournalStore& known,
                      JournalStore& journal) {
  const auto has_rows = known.HasRows();
  if (!has_rows) return tl::unexpected<Error>(has_rows.error());
  if (!*has_rows) return {};
  JournalTranslator translator(known, journal);
  for (uint64_t place = 0; !options.go_on || options.go_on();) {
    const auto items = plan.Page(shard, place);
    if (!items) return tl::unexpected<Error>(items.error());
    if (items->empty()) break;
    place += items->size();
    std::vector<std::string_view> paths;
    for (const PlanItem& item : *items) paths.push_back(item.path);
    std::vector<std::optional<JournalRow>> rows(paths.size());
    if (Status status = known.Find(paths, rows); !status) return status;
    std::vector<JournalEntry> entries;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (!rows[i] || (options.retry_failed && rows[i]->status == PictureStatus::kFailed)) continue;
      if (Status status = translator.Translate(*rows[i]); !status) return status;
      entries.push_back({(*items)[i].path, std::move(*rows[i])});
    }
    if (Status status = journal.Write(entries); !status) return status;
  }
  return {};
}

}  // namespace

std::string AttemptsDirectory(const PlanInfo& plan) {
  return JoinPath(JoinPath(JoinPath(plan.output, kOwnDirectory), "shards"), plan.id.substr(0, kPlanDigits));
}

std::string ShardLabel(const PlanInfo& plan, int shard) {
  return plan.id + " " + std::to_string(shard) + "/" + std::to_string(plan.shards);
}

Result<std::vector<ShardAttempt>> ListAttempts(const PlanInfo& plan, int shard) {
  ConfinedFileSystem files(RealFileSystem(), {plan.output});
  const std::string directory = AttemptsDirectory(plan);
  const auto listing = files.List(directory);
  std::vector<ShardAttempt> attempts;
  if (!listing && listing.error().code == ErrorCode::kNotFound) return attempts;
  if (!listing) return Fail(listing.error().code, directory + ": " + listing.error().message);
  for (size_t i = 0; i < listing->size(); ++i) {
    auto attempt = ParseName(listing->name(i));
    if (!attempt || attempt->shard >= plan.shards || (shard >= 0 && attempt->shard != shard)) continue;
    attempt->path = JoinPath(directory, listing->name(i));
    const auto info = files.Stat(attempt->path, false);
    if (!info || info->kind != FileKind::kRegular) continue;
    attempt->modified = info->modified;
    attempts.push_back(std::move(*attempt));
  }
  std::sort(attempts.begin(), attempts.end(), [](const ShardAttempt& a, const ShardAttempt& b) {
    return std::tie(a.modified, a.path) < std::tie(b.modified, b.path);
  });
  return attempts;
}

Result<std::string> BeginAttempt(PlanReader& plan, int shard, const AttemptOptions& options) {
  const std::string directory = AttemptsDirectory(plan.info());
  if (Status status = CreateDirectoriesBelow(plan.info().output, directory); !status) {
    return Fail(status.error().code, directory + ": " + status.error().message);
  }
  const auto attempts = ListAttempts(plan.info(), shard);
  if (!attempts) return tl::unexpected<Error>(attempts.error());
  std::string path = JoinPath(directory, IndexText(shard) + "." + TemporaryNames().Next()).append(kOpen);
  auto journal = JournalStore::Open(path, JournalStore::Mode::kWrite);
  if (!journal) return Fail(journal.error().code, "the journal " + path + ": " + journal.error().message);
  if (!options.forget) {
    const auto known = JournalStore::Open(plan.info().journal, JournalStore::Mode::kReadOnly);
    if (known) static_cast<void>(TakeOverInputs(plan, shard, options, **known, **journal));
  }
  for (const ShardAttempt& attempt : *attempts) {
    if (options.go_on && !options.go_on()) break;
    TakeOver(attempt, plan.info().output, (*journal)->created(), path, **journal);
  }
  return path;
}

Status CloseAttempt(const std::string& path) {
  if (!path.ends_with(kOpen)) return {};
  const auto own = FindOwnPath(path);
  ConfinedFileSystem files(RealFileSystem(), {own ? own->root : std::string()});
  return files.Rename(path, path.substr(0, path.size() - kOpen.size()).append(kClosed), false);
}

void RemoveAttempts(const PlanInfo& plan) {
  ConfinedFileSystem files(RealFileSystem(), {plan.output});
  const std::string directory = AttemptsDirectory(plan);
  const auto listing = files.List(directory);
  if (!listing) return;
  for (size_t i = 0; i < listing->size(); ++i) {
    const std::string path = JoinPath(directory, listing->name(i));
    const auto info = files.Stat(path, false);
    if (!IsOfAttempt(listing->name(i)) || !info || info->kind != FileKind::kRegular) continue;
    static_cast<void>(files.Remove(path));
  }
  for (const std::string& empty : {directory, JoinPath(JoinPath(plan.output, kOwnDirectory), "shards")}) {
    static_cast<void>(files.Remove(empty));
  }
}

}  // namespace tbbthumbs
