#include "pipeline/url_reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "codecs/format.h"
#include "pipeline/guard_item.h"
#include "pipeline/picture_weight.h"
#include "pipeline/planned_outputs.h"

namespace tbbthumbs {
namespace {

// Runs `f`; what it throws becomes the item's failure.
template <class F>
void Guard(Item& item, F&& f) {
  GuardItem(item, "no memory to fetch it", std::forward<F>(f));
}

// What was said of the item on the assumption that its server has nothing new.
void TakeBack(Item& item) {
  item.ended = item.ends_if_unchanged = false;
  item.result.outcome = Outcome::kLeft;
  item.result.error.reset();
  item.result.outputs.clear();
  item.result.known = false;
  item.result.format = Format::kUnknown;
  item.result.bytes_in = 0;
  item.modified = {};
}

}  // namespace

bool UrlReader::LooksUpNames(const Item& item) const { return !item.file.planned && names_.needs() > NameNeeds::kPath; }

void UrlReader::LookUp(Item& item) const {
  const StageTimer timer(item.result.stages, Stage::kLookUp);
  Guard(item, [&] {
    if (item.file.error) {
      item.Fail(*item.file.error);
    } else if (item.file.planned) {
      if (Status status = CheckPlannedNames(item, options_.specs); !status) item.Fail(std::move(status.error()));
    }
    if (item.ended || LooksUpNames(item)) return;
    if (!options_.names_only) Compare(item);
    // Who only asks what would be done does not ask servers.
    if (options_.dry_run && item.ends_if_unchanged) item.ended = true;
    if (options_.dry_run && !item.ended) EndAsPlanned(item, options_.specs, {});
  });
  if (item.ended) Guard(item, [&] { names_.PlanLookedUp(item, {}); });
}

void UrlReader::Compare(Item& item) const {
  item.unchanged = item.known.has_value();
  if (item.known) {
    item.result.bytes_in = item.known->bytes;
    item.modified = item.known->modified;
  }
  earlier_.Settle(item);
  if (!item.ended) return;
  // What stands there is to stay, whatever the server has.
  const bool has_failed = item.result.outcome == Outcome::kFailed;
  if (options_.if_exists != IfExists::kUpdate && !item.result.known) return;
  if (has_failed && (!item.result.known || journal_->KnowsFailure(item) == Journal::Knowledge::kYes)) return;
  item.ended = false;
  item.ends_if_unchanged = true;
  const UrlRequest request = RequestOf(item);
  const bool can_ask = !request.known.empty() || request.changed_since;
  const bool lacks_original = originals_ != nullptr && !has_failed && !originals_->Has(item.original);
  if (!can_ask || lacks_original) TakeBack(item);
}

UrlRequest UrlReader::RequestOf(const Item& item) const {
  UrlRequest request;
  request.seq = item.seq;
  request.url = item.file.url;
  if (!item.ends_if_unchanged) return request;
  if (item.known) request.known = item.known->validators;
  if (request.known.empty() && item.result.outcome == Outcome::kUpToDate) request.changed_since = item.oldest_output;
  return request;
}

void UrlReader::Receive(Item& item, Fetched fetched) const {
  FileFacts facts;
  Guard(item, [&] {
    if (fetched.error) {
      const bool says_nothing_new =
          fetched.error->code == ErrorCode::kHttp || fetched.error->code == ErrorCode::kStopped;
      TakeBack(item);
      if (fetched.error->code == ErrorCode::kTooLarge && options_.input.max_bytes <= memory_.largest_body) {
        // The fetcher did not wait for all of what is not wanted.
        item.End(Outcome::kFiltered);
        return;
      }
      item.unchanged = item.known && says_nothing_new;
      item.lasting = fetched.lasting;
      item.validators = item.unchanged ? item.known->validators : std::move(fetched.validators);
      item.Fail(std::move(*fetched.error));
    } else if (fetched.unchanged) {
      item.ended = true;
      item.validators = std::move(fetched.validators);
    } else {
      TakeBack(item);
      TakeBody(item, std::move(fetched), facts);
    }
  });
  Guard(item, [&] {
    if (LooksUpNames(item)) {
      names_.PlanLookedUp(item, facts);
      // By the server's date, where it has told any.
      const bool can_tell = options_.if_exists != IfExists::kUpdate || item.modified.count() > 0;
      if (!item.ended && can_tell) earlier_.Settle(item);
    }
    if (!item.ended && options_.dry_run) EndAsPlanned(item, options_.specs, facts.size);
    if (!item.ended && memory_.limited) {
      if (Status status = WeighPicture(item, maker_, *item.source, 0, options_, memory_); !status) {
        item.Fail(std::move(status.error()));
      }
    }
  });
  if (item.ended) item.source.reset();
}

void UrlReader::TakeBody(Item& item, Fetched fetched, FileFacts& facts) const {
  // As the server would have said, had it been asked so.
  item.unchanged = item.known && !fetched.validators.empty() && fetched.validators == item.known->validators &&
                   fetched.body->size() == item.known->bytes;
  item.validators = std::move(fetched.validators);
  item.modified = facts.modified = fetched.modified;
  // For names: the best that is known.
  if (facts.modified.count() == 0) facts.modified = std::chrono::system_clock::now().time_since_epoch();
  item.source = std::move(fetched.body);
  item.result.bytes_in = item.source->size();
  const auto head = item.source->Resident();
  item.result.format = SniffFormat(head.first(std::min(head.size(), kSniffBytes)));
  if (Filtered(item)) {
    item.End(Outcome::kFiltered);
    return;
  }
  NameNeeds needs = LooksUpNames(item) ? names_.needs() : NameNeeds::kPath;
  if (options_.dry_run) needs = std::max(needs, NameNeeds::kHeader);
  const auto read_header = [&] { return maker_.ReadHeader(*item.source, options_.specs, options_.limits); };
  if (Status status = ReadFileFacts(*item.source, needs, read_header, facts); !status) {
    item.Fail(std::move(status.error()));
  }
}

bool UrlReader::Filtered(const Item& item) const {
  const InputOptions& input = options_.input;
  const uint64_t bytes = item.result.bytes_in;
  const bool is_old =
      input.newer_than && item.modified.count() > 0 && item.modified <= input.newer_than->time_since_epoch();
  return bytes < input.min_bytes || bytes > input.max_bytes || is_old;
}

}  // namespace tbbthumbs
