#include "pipeline/journal.h"

#include <exception>
#include <new>
#include <utility>

#include "pipeline/absolute_path.h"
#include "pipeline/confined_file_system.h"
#include "pipeline/file_system.h"
#include "pipeline/journal_file.h"
#include "pipeline/options_digest.h"
#include "pipeline/thread_name.h"

namespace tbbthumbs {
namespace {

// What a kill may lose: pictures that the next run makes again.
constexpr std::chrono::seconds kWriteEvery{1};
constexpr size_t kBatch = 1000;
// A disk that takes no more rows holds the run back.
constexpr size_t kMostPending = 16 * kBatch;

// Others may set a journal aside again and again: not for ever.
constexpr int kMostReopenings = 8;

// Of options that no run has had.
constexpr uint64_t kNoOptions = ~uint64_t{0};

std::chrono::nanoseconds Now() { return std::chrono::system_clock::now().time_since_epoch(); }

tl::unexpected<Error> NoJournal() {
  return Fail(ErrorCode::kUnsupported, "it is no journal: remove it, or name another");
}

std::string EndOf(const Error& fatal) {
  return fatal.code == ErrorCode::kNoSpace ? "output full" : "failed: " + fatal.message;
}

}  // namespace

std::string JournalPath(const JournalOptions& options, const std::string& output) {
  if (!options.path.empty()) return options.path.string();
  return JoinPath(JoinPath(output, kOwnDirectory), "journal.db");
}

Result<OpenedJournal> OpenJournal(const std::string& path, bool is_own_place, bool reads_all) {
  if (!is_own_place && !IsJournal(path)) return NoJournal();
  const auto open = [&]() -> Result<std::unique_ptr<JournalStore>> {
    auto store = JournalStore::Open(path, JournalStore::Mode::kWrite);
    if (!store || !reads_all) return store;
    if (const auto counts = (*store)->Counts(); !counts) return tl::unexpected<Error>(counts.error());
    if (const auto runs = (*store)->Runs(JournalStore::kMostRuns); !runs) return tl::unexpected<Error>(runs.error());
    return store;
  };
  const auto before = RealFileSystem().Stat(path, true);
  OpenedJournal opened;
  auto store = open();
  if (!store && store.error().code == ErrorCode::kCorrupt) {
    auto moved = SetJournalAside(path, before ? before->id : FileId{});
    if (!moved) return tl::unexpected<Error>(std::move(moved.error()));
    opened.set_aside = std::move(*moved);
    store = open();
  }
  if (!store) return tl::unexpected<Error>(std::move(store.error()));
  opened.store = std::move(*store);
  return opened;
}

std::string JournalInput(const std::string& path) { return AbsolutePath(CurrentDirectory(), path); }

Journal::Journal(const JobOptions& options)
    : path_(JournalPath(options.journal, options.output.string())),
      output_(options.output.string() + (options.output.string().ends_with('/') ? "" : "/")),
      read_only_(options.dry_run),
      retry_all_(options.if_exists == IfExists::kOverwrite),
      skips_(options.if_exists == IfExists::kSkip),
      options_(options.journal),
      pictures_(DescribePictures(options.specs)),
      outcomes_(DescribeOutcomes(options.specs, options.limits)),
      directory_(CurrentDirectory()) {}

Result<std::unique_ptr<Journal>> Journal::Open(const JobOptions& options) {
  std::unique_ptr<Journal> journal(new Journal(options));
  if (!journal->read_only_ && options.journal.path.empty()) {
    const std::string directory = JoinPath(options.output.string(), kOwnDirectory);
    if (Status status = CreateDirectoriesBelow(options.output.string(), directory); !status) {
      const Error& error = status.error();
      // A link that is in the way is named already.
      if (error.message.starts_with(directory)) return Fail(error.code, error.message);
      return Fail(error.code, directory + ": " + error.message);
    }
  }
  // A slip of the pen must not set somebody's file aside.
  if (!options.journal.path.empty() && !IsJournal(journal->path_)) {
    const Error error = NoJournal().value();
    return Fail(error.code, "the journal " + journal->path_ + ": " + error.message);
  }
  const std::lock_guard lock(journal->store_mutex_);
  Status status = journal->OpenStore();
  if (!status && status.error().code == ErrorCode::kCorrupt && !journal->read_only_) status = journal->SetAside();
  if (!status && journal->read_only_ && status.error().code == ErrorCode::kNotFound) return nullptr;
  if (!status && journal->read_only_ && status.error().code == ErrorCode::kCorrupt) {
    journal->is_damaged_ = true;
    return journal;
  }
  if (!status) return Fail(status.error().code, "the journal " + journal->path_ + ": " + status.error().message);
  return journal;
}

Journal::~Journal() { StopWriting(); }

void Journal::StopWriting() {
  {
    const std::lock_guard lock(pending_mutex_);
    closing_ = true;
  }
  pending_changed_.notify_all();
  if (writer_.joinable()) writer_.join();
}

Status Journal::OpenStore() {
  // Before it is opened: what comes there later is not known to be damaged.
  const auto info = RealFileSystem().Stat(path_, true);
  opened_ = info ? info->id : FileId{};
  auto store = JournalStore::Open(path_, read_only_ ? JournalStore::Mode::kReadOnly : JournalStore::Mode::kWrite);
  if (!store) return tl::unexpected<Error>(std::move(store.error()));
  store_ = std::move(*store);
  opened_ = store_->id();
  return {};
}

// With the store's mutex held.
Status Journal::SetAside() {
  store_.reset();
  Status status;
  for (int tries = 0; tries < kMostReopenings; ++tries) {
    if (set_aside_) {
      const auto info = RealFileSystem().Stat(path_, true);
      if (info && info->id == opened_) {
        return Fail(ErrorCode::kCorrupt, "damaged again, soon after it was made anew");
      }
    } else {
      auto moved = SetJournalAside(path_, opened_);
      if (!moved) return tl::unexpected<Error>(std::move(moved.error()));
      // Nothing: another run has set it aside, and this one has that one's new journal.
      if (*moved) set_aside_ = std::move(**moved);
    }
    status = OpenStore();
    if (status || status.error().code != ErrorCode::kCorrupt) break;
  }
  return status;
}

bool Journal::WithStore(const std::function<Status(JournalStore&)>& f) {
  const std::lock_guard lock(store_mutex_);
  if (!store_) return false;
  Status status = f(*store_);
  for (int tries = 0; tries < kMostReopenings; ++tries) {
    if (status || status.error().code != ErrorCode::kCorrupt || read_only_ || !store_) break;
    status = SetAside();
    if (status) status = BeginRun(*store_);
    if (status) status = f(*store_);
  }
  if (status) return true;
  store_.reset();
  failure_ = Error{status.error().code, "the journal " + path_ + ": " + status.error().message};
  return false;
}

// With the store's mutex held.
Status Journal::BeginRun(JournalStore& store) {
  const auto pictures = store.OptionsId(DigestOf(pictures_), pictures_);
  if (!pictures) return tl::unexpected<Error>(pictures.error());
  const auto outcomes = store.OptionsId(DigestOf(outcomes_), outcomes_);
  if (!outcomes) return tl::unexpected<Error>(outcomes.error());
  {
    const std::lock_guard lock(ids_mutex_);
    ids_ = {*pictures, *outcomes, store.created()};
  }
  run_.options = *outcomes;
  if (options_.only_news) return {};
  const auto id = store.BeginRun(run_);
  if (!id) return tl::unexpected<Error>(id.error());
  run_.id = *id;
  return {};
}

void Journal::Begin() {
  run_.version = TBBTHUMBS_VERSION;
  run_.label = options_.label;
  run_.started = Now();
  if (is_damaged_ || (read_only_ && options_.forget)) {
    has_rows_ = false;
    const std::lock_guard lock(ids_mutex_);
    ids_ = {kNoOptions, kNoOptions, is_damaged_ ? std::chrono::nanoseconds::max() : std::chrono::nanoseconds(0)};
    return;
  }
  if (read_only_) {
    WithStore([&](JournalStore& store) -> Status {
      const auto pictures = store.FindOptionsId(DigestOf(pictures_));
      if (!pictures) return tl::unexpected<Error>(pictures.error());
      const auto outcomes = store.FindOptionsId(DigestOf(outcomes_));
      if (!outcomes) return tl::unexpected<Error>(outcomes.error());
      const std::lock_guard lock(ids_mutex_);
      // A number that no row has where the journal does not know the options.
      ids_ = {pictures->value_or(kNoOptions), outcomes->value_or(kNoOptions), store.created()};
      return {};
    });
    return;
  }
  WithStore([&](JournalStore& store) -> Status {
    if (options_.forget) {
      if (Status status = store.Clear(); !status) return status;
    }
    return BeginRun(store);
  });
  WithStore([&](JournalStore& store) -> Status {
    // Nothing to look up in a first run, which has enough to write.
    const auto has_rows = store.HasRows();
    if (!has_rows) return tl::unexpected<Error>(has_rows.error());
    has_rows_ = *has_rows;
    return {};
  });
  writer_ = std::jthread([this] { WriteLoop(); });
}

void Journal::Recall(std::span<const std::unique_ptr<Item>> items) {
  if (!has_rows_) return;
  std::vector<std::string> paths;
  std::vector<std::string_view> views;
  paths.reserve(items.size());
  views.reserve(items.size());
  for (const std::unique_ptr<Item>& item : items) paths.push_back(InputOf(item->file));
  views.assign(paths.begin(), paths.end());
  std::vector<std::optional<JournalRow>> rows(items.size());
  if (!WithStore([&](JournalStore& store) { return store.Find(views, rows); })) return;
  for (size_t i = 0; i < items.size(); ++i) items[i]->known = std::move(rows[i]);
}

Journal::Ids Journal::ids() const {
  const std::lock_guard lock(ids_mutex_);
  return ids_;
}

std::string Journal::InputOf(const InputFile& file) const {
  if (file.url) return file.url->text;
  return LooksLikeUrl(file.path) ? "" : AbsolutePath(directory_, file.path);
}

void Journal::Record(const Item& item) {
  // The commonest of all, without a copy.
  if (read_only_ || item.result.known) return;
  try {
    Add(item);
  } catch (const std::bad_alloc&) {
    // The next run does not know what has become of it, and makes it again.
  }
}

void Journal::Add(const Item& item) {
  std::optional<JournalRow> row = RowOf(item);
  if (!row) return;
  std::string input = InputOf(item.file);
  if (input.empty()) return;
  bool wake = false;
  {
    std::unique_lock lock(pending_mutex_);
    pending_changed_.wait(lock, [&] { return pending_.size() < kMostPending || closing_; });
    pending_.push_back({std::move(input), std::move(*row)});
    wake = pending_.size() == 1 || pending_.size() == kBatch;
  }
  if (wake) pending_changed_.notify_all();
}

void Journal::WriteLoop() {
  NameThisThread("tbbt-journal");
  std::vector<JournalEntry> batch;
  for (;;) {
    bool last = false;
    {
      std::unique_lock lock(pending_mutex_);
      pending_changed_.wait(lock, [&] { return closing_ || !pending_.empty(); });
      pending_changed_.wait_for(lock, kWriteEvery, [&] { return closing_ || pending_.size() >= kBatch; });
      batch.swap(pending_);
      last = closing_;
    }
    pending_changed_.notify_all();
    try {
      if (!batch.empty()) WithStore([&](JournalStore& store) { return store.Write(batch); });
    } catch (const std::bad_alloc&) {
      GiveUp();
    }
    batch.clear();
    if (last) return;
  }
}

void Journal::GiveUp() {
  const std::lock_guard lock(store_mutex_);
  store_.reset();
  failure_ = Error{ErrorCode::kOutOfMemory, "the journal was given up: no memory left"};
}

void Journal::Close(const RunSummary& summary) {
  if (read_only_) return;
  StopWriting();
  WithStore([&](JournalStore& store) -> Status {
    run_.ended = Now();
    run_.end = summary.fatal ? EndOf(*summary.fatal) : summary.stopped ? "stopped" : "done";
    run_.inputs = summary.inputs;
    run_.made = summary.made;
    run_.up_to_date = summary.up_to_date;
    run_.failed = summary.failed;
    run_.skipped = summary.not_pictures + summary.unsupported + summary.filtered;
    run_.left = summary.left;
    run_.bytes_in = summary.bytes_in;
    run_.bytes_out = summary.bytes_out;
    run_.wall_time = summary.wall_time;
    run_.cpu_time = summary.cpu_time;
    if (options_.only_news && summary.made == 0 && summary.failed == summary.known_failures) return {};
    if (options_.only_news) {
      const auto id = store.BeginRun(run_);
      if (!id) return tl::unexpected<Error>(id.error());
      run_.id = *id;
    }
    return store.EndRun(run_);
  });
}

std::optional<Error> Journal::failure() const {
  const std::lock_guard lock(store_mutex_);
  return failure_;
}

std::optional<std::string> Journal::set_aside() const {
  const std::lock_guard lock(store_mutex_);
  return set_aside_;
}

}  // namespace tbbthumbs
