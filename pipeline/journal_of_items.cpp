// What a journal's rows say of items, and what becomes a row.
#include <algorithm>

#include "pipeline/journal.h"

namespace tbbthumbs {
namespace {

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

}  // namespace

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

}  // namespace tbbthumbs
