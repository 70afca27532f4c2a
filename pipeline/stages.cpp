#include "pipeline/stages.h"

#include <algorithm>
#include <new>
#include <utility>

#include "pipeline/input_count.h"

namespace tbbthumbs {
namespace {

bool KeepsOriginals(const JobOptions& options) { return !options.urls.originals.empty() && !options.dry_run; }

}  // namespace

Stages::Stages(FileSystem& file_system, const JobOptions& options, std::function<void(PictureResult)> on_result,
               std::function<void()> on_fatal, Journal* journal)
    : planner_(options.output.string(), options.names, options.specs),
      names_(planner_),
      maker_(options.maker ? *options.maker : local_),
      memory_(ShareMemory(options)),
      receives_in_turn_(planner_.needs() > NameNeeds::kPath || (memory_.limited && options.order == WorkOrder::kList)),
      order_(planner_.needs() > NameNeeds::kPath ? WorkOrder::kList : options.order),
      fetcher_(options.urls,
               {memory_.bodies, std::min(memory_.largest_body, options.input.max_bytes), order_ == WorkOrder::kList}),
      budget_(memory_.read_ahead, memory_.pictures),
      inputs_(file_system, options.input, options.output.string(), options.keep_open),
      originals_(KeepsOriginals(options)
                     ? std::optional<OriginalFiles>(std::in_place, file_system, options.urls.originals.string())
                     : std::nullopt),
      items_(inputs_, names_, originals(),
             [this, &file_system, &options] { return CountForNames(file_system, options); }),
      earlier_(file_system, options, journal),
      reader_(file_system, options, maker_, names_, earlier_, memory_, journal),
      url_reader_(options, maker_, names_, earlier_, memory_, originals(), journal),
      thumbnailer_(maker_, options.specs, options.limits, memory_.kept_by_worker, closed_.get_token(),
                   stop_.get_token()),
      publisher_(file_system, options.output.string(), options.if_exists, std::move(on_result), std::move(on_fatal),
                 journal) {}

// {total} is the one field that waits for the whole walk.
Status Stages::CountForNames(FileSystem& file_system, const JobOptions& options) {
  if (!planner_.NeedsTotal() || options.input.part) return {};
  const auto total = CountInputs(file_system, options.input, options.output.string(), closed_.get_token());
  if (total) {
    planner_.SetTotal(*total);
  } else if (!stopped()) {
    return Fail(ErrorCode::kIo, "the inputs can't be counted: a list is gone");
  }
  return {};
}

size_t Stages::LookUp(Item& item) const {
  if (item.file.url == nullptr) return reader_.LookUp(item);
  url_reader_.LookUp(item);
  return 0;
}

void Stages::Fetch(Item& item, size_t resident_bytes) {
  if (item.file.url == nullptr) {
    reader_.Fetch(item, resident_bytes);
  } else if (!item.ended) {
    const StageTimer timer(item.result.stages, Stage::kRead);
    url_reader_.Receive(item, fetcher_.Fetch(url_reader_.RequestOf(item)));
  }
}

void Stages::Process(ItemGroup& group) {
  Item* const item = group.to_work_on();
  if (item != nullptr && KeepOriginal(*item)) thumbnailer_.Process(*item);
}

bool Stages::KeepOriginal(Item& item) {
  if (item.original.empty() || stopped()) return true;
  Status status;
  try {
    status = originals_->Save(item.original, item.source->Resident());
    if (status) item.result.original = item.original;
  } catch (const std::bad_alloc&) {
    status = Fail(ErrorCode::kOutOfMemory, "no memory left");
  }
  if (status) return true;
  item.source.reset();
  item.claim.Release();
  if (status.error().code == ErrorCode::kNoSpace) {
    publisher_.EndRun(item, {status.error().code, "the originals: " + status.error().message});
  } else {
    item.Fail({status.error().code, "its original can't be kept: " + status.error().message});
  }
  return false;
}

void Stages::Stage(ItemGroup& group) {
  if (Item* const item = group.to_work_on()) publisher_.Stage(*item);
}

void Stages::Commit(ItemGroup& group) {
  for (const std::unique_ptr<Item>& item : group.items) {
    // Others would fail as this one.
    const bool may_be_lost = item->result.error && item->result.error->code == ErrorCode::kIo;
    if (auto lost = may_be_lost ? maker_.Lost() : std::nullopt) publisher_.EndRun(*item, std::move(*lost));
    publisher_.Commit(*item);
  }
}

void Stages::StopReading() {
  inputs_.Stop();
  fetcher_.Stop();
  budget_.Stop();
  names_.Stop();
}

void Stages::CloseInputs() {
  closed_.request_stop();
  StopReading();
}

void Stages::Stop() {
  stop_.request_stop();
  CloseInputs();
}

}  // namespace tbbthumbs
