#include "pipeline/journal.h"

#include <algorithm>
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

bool SameFile(const JournalRow& row, const Item& item) {
  if (item.file.url) return item.unchanged;
  return row.bytes == item.result.bytes_in && row.modified == item.modified;
}

// Of the file and the options: trying again is no use while these are the same. Others may be gone by the next run. Of
// what servers did, the row has options only where that is lasting.
bool IsLasting(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnsupported:
    case ErrorCode::kCorrupt:
    case ErrorCode::kTruncated:
    case ErrorCode::kTooLarge:
    case ErrorCode::kTimeout:
    case ErrorCode::kHttp:
    case ErrorCode::kInternal:
      return true;
    default:
      return false;
  }
}

// Of a picture that is the same as before: what its server does not say again still holds (RFC 9111, 3.2).
UrlValidators Renewed(const UrlValidators& known, const UrlValidators& said) {
  UrlValidators renewed = said;
  if (renewed.etag.empty()) renewed.etag = known.etag;
  if (renewed.last_modified.empty()) renewed.last_modified = known.last_modified;
  return IsKept(renewed) ? renewed : known;
}

const JournalOutput* FindOutput(const JournalRow& row, std::string_view path) {
  const auto found = std::find_if(row.outputs.begin(), row.outputs.end(),
                                  [&](const JournalOutput& output) { return output.path == path; });
  return found == row.outputs.end() ? nullptr : &*found;
}

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

const JournalRow* Journal::KnownNoPicture(const Item& item) const {
  const auto& row = item.known;
  if (!row || row->status != PictureStatus::kSkipped || !item.file.found || retry_all_) return nullptr;
  return SameFile(*row, item) && row->options == ids().outcomes ? &*row : nullptr;
}

const JournalRow* Journal::KnownFailure(const Item& item) const {
  return KnowsFailure(item) != Knowledge::kNo ? &*item.known : nullptr;
}

Journal::Knowledge Journal::KnowsFailure(const Item& item) const {
  const auto& row = item.known;
  if (!row || row->status != PictureStatus::kFailed || !row->error || retry_all_ || options_.retry_failed) {
    return Knowledge::kNo;
  }
  const ErrorCode code = row->error->code;
  if (!SameFile(*row, item) || !IsLasting(code) || row->options != ids().outcomes) return Knowledge::kNo;
  if (!item.file.url || code == ErrorCode::kHttp) return Knowledge::kYes;
  return row->validators.empty() ? Knowledge::kNo : Knowledge::kIfUnchanged;
}

Journal::Current Journal::IsCurrent(const Item& item, std::string_view path, const FileInfo& output) const {
  const Ids now = ids();
  const JournalOutput* known = item.known ? FindOutput(*item.known, RelativeToOutput(path)) : nullptr;
  if (known != nullptr) {
    const bool is_current = known->options == now.pictures && SameFile(*item.known, item) && known->IsStill(output);
    return is_current ? Current::kByItsRow : Current::kNo;
  }
  // Nothing is known of it: it was there before the journal was, or a run was killed before it could say.
  const bool is_believed = output.modified < options_.trusts_before.value_or(now.created);
  return output.modified > item.modified && is_believed ? Current::kByItsDate : Current::kNo;
}

std::string_view Journal::RelativeToOutput(std::string_view path) const {
  if (path.starts_with(output_)) path.remove_prefix(output_.size());
  return path;
}

bool Journal::Knows(const Item& item, std::string_view path) const {
  const JournalOutput* known = item.known ? FindOutput(*item.known, RelativeToOutput(path)) : nullptr;
  return known != nullptr && known->options != JournalOutput::kOutOfUse;
}

bool Journal::HasOthers(const Item& item) const {
  const bool renamed = options_.one_naming || item.names.changes.taken;
  return renamed && item.known && item.known->outputs.size() > std::max(item.names.jpeg.size(), item.names.png.size());
}

uint64_t Journal::OptionsOfOther(const JournalOutput& output, const Item& item, const Ids& now) const {
  if (output.options == JournalOutput::kOutOfUse) return output.options;
  // Who has the name now has made another thumbnail of it.
  const bool renamed = options_.one_naming || item.names.changes.taken;
  if (renamed && output.options == now.pictures) return JournalOutput::kOutOfUse;
  return SameFile(*item.known, item) ? output.options : 0;
}

JournalOutput Journal::OutputOf(const OutputFile& output, const Item& item, const Ids& now) const {
  JournalOutput row{std::string(RelativeToOutput(output.path.native())), now.pictures, output.bytes, output.modified};
  if (item.result.outcome != Outcome::kUpToDate || !skips_) return row;
  // Nobody has asked what it was made of: it is this input's, that is all.
  const JournalOutput* known = item.known && SameFile(*item.known, item) ? FindOutput(*item.known, row.path) : nullptr;
  if (known != nullptr && known->options != JournalOutput::kOutOfUse) return *known;
  row.options = 0;
  return row;
}

std::optional<JournalRow> Journal::RowOf(const Item& item) const {
  const Ids now = ids();
  const PictureResult& result = item.result;
  JournalRow row;
  row.bytes = result.bytes_in;
  row.modified = item.modified;
  row.options = now.outcomes;
  row.format = result.format;
  if (IsKept(item.validators)) row.validators = item.validators;
  const bool same = item.known && SameFile(*item.known, item);
  switch (result.outcome) {
    case Outcome::kMade:
      row.cpu_time = std::chrono::floor<std::chrono::microseconds>(result.cpu_time);
      row.decoder = result.decoder;
      row.error = result.damage;
      break;
    case Outcome::kUpToDate:
      // Without the journal's word for it there is nothing to say, with it only what its server has said.
      if (result.outputs.empty() && (!same || !item.file.url)) return std::nullopt;
      if (same) row = *item.known;
      if (same && item.file.url) row.validators = Renewed(item.known->validators, item.validators);
      if (result.outputs.empty()) return row.validators != item.known->validators ? std::optional(row) : std::nullopt;
      if (row.status != PictureStatus::kMade) row.error.reset();
      row.status = PictureStatus::kMade;
      row.outputs.clear();
      break;
    case Outcome::kFailed:
      // Neither says anything about a picture.
      if (result.error->code == ErrorCode::kExists) return std::nullopt;
      if (result.error->code == ErrorCode::kNotFound && item.file.found) return std::nullopt;
      row.status = PictureStatus::kFailed;
      row.error = result.error;
      if (item.weighed_out || (result.error->code == ErrorCode::kHttp && !item.lasting)) row.options = 0;
      if (item.file.url && same) {
        // Nothing new has come: what was made of it before is still made of that.
        row.bytes = item.known->bytes;
        row.modified = item.known->modified;
        row.format = item.known->format;
        row.validators = item.known->validators;
      } else if (result.error->code == ErrorCode::kHttp) {
        row.validators = {};
      }
      break;
    case Outcome::kNotPicture:
    case Outcome::kUnsupported:
      if (!item.file.found) return std::nullopt;
      row.status = PictureStatus::kSkipped;
      break;
    case Outcome::kPlanned:
    case Outcome::kFiltered:
    case Outcome::kLeft:
      return std::nullopt;
  }
  const bool has_outputs = result.outcome == Outcome::kMade || result.outcome == Outcome::kUpToDate;
  if (has_outputs) {
    for (const OutputFile& output : result.outputs) row.outputs.push_back(OutputOf(output, item, now));
  }
  if (item.known) {
    // Of other sizes or under other names: they stay the journal's, but for what they were made from.
    for (const JournalOutput& output : item.known->outputs) {
      if (FindOutput(row, output.path) != nullptr) continue;
      row.outputs.push_back(output);
      row.outputs.back().options = OptionsOfOther(output, item, now);
    }
    // The order means nothing.
    const auto by_path = [](const JournalOutput& a, const JournalOutput& b) { return a.path < b.path; };
    std::sort(row.outputs.begin(), row.outputs.end(), by_path);
    JournalRow known = *item.known;
    std::sort(known.outputs.begin(), known.outputs.end(), by_path);
    known.cpu_time = row.cpu_time;
    if (known == row) return std::nullopt;
  }
  return row;
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
