#include "pipeline/publisher.h"

#include <algorithm>
#include <exception>
#include <new>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace tbbthumbs {
namespace {

// Directories remembered as made. Names by hash or date go from one to another: each made anew would cost as much as
// the rename itself.
constexpr size_t kMadeDirectories = 4096;

}  // namespace

Publisher::Publisher(FileSystem& file_system, std::string output, IfExists if_exists,
                     std::function<void(PictureResult)> on_result, std::function<void()> on_fatal, Journal* journal)
    : file_system_(file_system),
      output_(std::move(output)),
      temporary_(file_system, output_),
      if_exists_(if_exists),
      on_result_(std::move(on_result)),
      on_fatal_(std::move(on_fatal)),
      journal_(journal) {}

void Publisher::Stage(Item& item, int lane) {
  if (item.ended) return;
  const StageTimer timer(item.result.stages, Stage::kWrite);
  try {
    if (Status status = StageAll(item, lane); !status) FailOutput(item, std::move(status.error()), lane);
  } catch (const std::exception&) {
    RemoveStaged(item);
    item.Fail({ErrorCode::kOutOfMemory, "no memory left to write the thumbnails"});
  }
  item.thumbnails.clear();
  item.thumbnails.shrink_to_fit();
  item.claim.Release();
}

Status Publisher::StageAll(Item& item, int lane) {
  item.staged.reserve(item.thumbnails.size());
  for (size_t i = 0; i < item.thumbnails.size(); ++i) {
    const Encoded& thumbnail = item.thumbnails[i];
    auto file = temporary_.Write(thumbnail.bytes, lane);
    if (!file) return tl::unexpected<Error>(std::move(file.error()));
    item.staged.push_back(std::move(file->path));
    item.result.outputs.push_back(
        {item.names.Path(i, thumbnail.format), thumbnail.size, thumbnail.bytes.size(), file->modified});
  }
  return {};
}

void Publisher::Publish(Item& item, Naming naming) {
  if (item.ended) return;
  const StageTimer timer(item.result.stages, Stage::kPublish);
  try {
    if (Status status = PublishAll(item, naming); status) {
      item.End(Outcome::kMade);
    } else if (status.error().code == ErrorCode::kExists) {
      RemoveStaged(item);
      item.Fail({ErrorCode::kExists, "its thumbnail exists already"});
    } else {
      FailOutput(item, std::move(status.error()), -1);
    }
  } catch (const std::exception&) {
    RemoveStaged(item);
    item.Fail({ErrorCode::kOutOfMemory, "no memory left to name the thumbnails"});
  }
}

void Publisher::Commit(Item& item) {
  Publish(item);
  try {
    if (journal_ != nullptr) journal_->Record(item);
    const bool has_outputs = item.result.outcome == Outcome::kMade || item.result.outcome == Outcome::kPlanned;
    if (!has_outputs) item.result.outputs.clear();
    if (has_outputs) item.result.name_changes = item.names.changes;
    Count(item.result);
    if (item.result.outcome != Outcome::kLeft) on_result_(std::move(item.result));
  } catch (const std::exception&) {
    // Out of memory while reporting; the thumbnails themselves are under their names.
  }
}

Status Publisher::Name(std::string& from, const std::string& to, Naming naming) {
  const bool replace = if_exists_ != IfExists::kFail;
  if (naming == Naming::kLink && if_exists_ != IfExists::kOverwrite && has_links_) {
    Status status = file_system_.Link(from, to);
    if (status) return status;
    if (status.error().code == ErrorCode::kExists && !replace) return status;
    if (status.error().code == ErrorCode::kUnsupported) has_links_ = false;
  }
  Status status = file_system_.Rename(from, to, replace);
  if (status) from.clear();
  return status;
}

Status Publisher::PublishAll(Item& item, Naming naming) {
  for (size_t i = 0; i < item.staged.size(); ++i) {
    const std::string to = item.result.outputs[i].path.string();
    if (Status status = MakeDirectoryOf(to); !status) return status;
    Status status = Name(item.staged[i], to, naming);
    if (!status && status.error().code == ErrorCode::kNotFound) {
      // Somebody has removed it meanwhile.
      status = MakeDirectoryOf(to, true);
      if (status) status = Name(item.staged[i], to, naming);
    }
    if (!status) return status;
  }
  if (naming == Naming::kRename) item.staged.clear();
  return {};
}

Status Publisher::MakeDirectoryOf(const std::string& path, bool anew) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return {};
  std::string directory = path.substr(0, slash);
  {
    const std::lock_guard lock(directories_mutex_);
    if (!anew && made_directories_.contains(directory)) return {};
  }
  if (Status status = MakeDirectoryWithin(file_system_, output_, directory); !status) return status;
  RemoveAbandonedParts(directory);
  const std::lock_guard lock(directories_mutex_);
  if (made_directories_.size() == kMadeDirectories) made_directories_.clear();
  made_directories_.insert(std::move(directory));
  return {};
}

void Publisher::RemoveStaged(Item& item) {
  for (const std::string& path : item.staged) {
    if (!path.empty()) static_cast<void>(file_system_.Remove(path));
  }
  item.staged.clear();
}

// What can't be written for one picture (a directory in the way of its name) is that picture's failure; but when the
// disk is full, or a file of that size can't be written at all, all others would fail alike, a million times.
void Publisher::FailOutput(Item& item, Error error, int lane) {
  RemoveStaged(item);
  // Where the directory has been moved away, temporary files could still be written into it.
  const bool is_gone = error.code == ErrorCode::kNotFound && !file_system_.Stat(output_, true);
  if (error.code == ErrorCode::kNoSpace || is_gone) {
    GiveUp(item, error);
    return;
  }
  size_t probe_bytes = 4096;
  for (const Encoded& thumbnail : item.thumbnails) probe_bytes = std::max(probe_bytes, thumbnail.bytes.size());
  const auto probe = temporary_.Write(std::vector<std::byte>(probe_bytes), lane);
  if (!probe) {
    GiveUp(item, probe.error());
    return;
  }
  static_cast<void>(file_system_.Remove(probe->path));
  error.message = "its thumbnail: " + error.message;
  item.Fail(std::move(error));
}

void Publisher::GiveUp(Item& item, const Error& error) {
  EndRun(item, {error.code, "the output " + output_ + ": " + error.message});
}

void Publisher::EndRun(Item& item, Error error) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = !counters_.fatal;
    if (first) counters_.fatal = std::move(error);
  }
  item.Fail({ErrorCode::kStopped, "stopped"});
  if (first) on_fatal_();
}

void Publisher::Count(const PictureResult& result) {
  const std::lock_guard lock(mutex_);
  RunSummary& c = counters_;
  ++c.inputs;
  switch (result.outcome) {
    case Outcome::kMade:
      ++c.made;
      if (result.salvaged()) ++c.salvaged;
      ++c.made_by_decoder[result.decoder];
      c.bytes_in += result.bytes_in;
      c.thumbnails += result.outputs.size();
      for (const OutputFile& output : result.outputs) c.bytes_out += output.bytes;
      break;
    case Outcome::kPlanned:
      ++c.planned;
      break;
    case Outcome::kUpToDate:
      ++c.up_to_date;
      break;
    case Outcome::kFailed:
      ++c.failed;
      if (result.known) ++c.known_failures;
      c.bytes_in += result.bytes_in;
      ++c.failed_by_code[static_cast<size_t>(result.error->code)];
      break;
    case Outcome::kNotPicture:
      ++c.not_pictures;
      break;
    case Outcome::kUnsupported:
      ++c.unsupported;
      ++c.unsupported_by_format[static_cast<size_t>(result.format)];
      break;
    case Outcome::kFiltered:
      ++c.filtered;
      break;
    case Outcome::kLeft:
      ++c.left;
      break;
  }
}

RunSummary Publisher::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

uint64_t Publisher::TemporaryDevice() {
  const std::lock_guard lock(directories_mutex_);
  if (!temporary_device_) {
    const auto info = file_system_.Stat(temporary_.directory(), true);
    temporary_device_ = info ? info->id.device : 0;
  }
  return *temporary_device_;
}

// Parts are copies from one file system to another: they are where a disk is mounted in the output directory. A run
// that dies over one leaves the original as well: so the same command finds them also where the numbers of the devices
// are the same (a directory mounted a second time).
void Publisher::RemoveAbandonedParts(const std::string& directory) {
  if (!others_died_) {
    const auto info = file_system_.Stat(directory, true);
    if (!info || info->id.device == TemporaryDevice()) return;
  }
  RemoveAbandoned(file_system_, directory, NameOfPart);
}

}  // namespace tbbthumbs
