#include "pipeline/earlier_outcomes.h"

#include <algorithm>
#include <vector>

#include "codecs/thumbnail_spec.h"
#include "pipeline/name_planner.h"

namespace tbbthumbs {

void EarlierOutcomes::Settle(Item& item) const {
  CompareWithOutputs(item);
  if (!item.ended && journal_ != nullptr) FailAsKnown(item);
}

void EarlierOutcomes::FailAsKnown(Item& item) const {
  const JournalRow* known = journal_->KnownFailure(item);
  if (known == nullptr) return;
  item.result.known = true;
  item.result.format = known->format;
  item.Fail(*known->error);
}

std::optional<FileInfo> EarlierOutcomes::Settled(const Item& item, const std::string& path, bool& by_row) const {
  const auto output = file_system_.Stat(path, false);
  if (!output || output->kind == FileKind::kDirectory) return std::nullopt;
  bool settled = true;
  if (options_.if_exists != IfExists::kUpdate) {
    by_row = by_row && journal_->Knows(item, path);
  } else if (output->kind != FileKind::kRegular || output->bytes == 0) {
    settled = false;
  } else if (journal_ == nullptr) {
    settled = output->modified > item.modified;
  } else {
    const Journal::Current current = journal_->IsCurrent(item, path, *output);
    by_row = by_row && current == Journal::Current::kByItsRow;
    settled = current != Journal::Current::kNo;
  }
  return settled ? std::optional(*output) : std::nullopt;
}

void EarlierOutcomes::CompareWithOutputs(Item& item) const {
  if (options_.if_exists == IfExists::kOverwrite) return;
  const size_t size_count = options_.specs.sizes.size();
  const auto formats = PossibleFormats(options_.specs.format);
  struct InPlace {
    OutputFormat format;
    FileInfo info;
  };
  std::vector<InPlace> in_place;
  bool by_row = journal_ != nullptr && item.known && item.known->status == PictureStatus::kMade;
  for (size_t i = 0; i < size_count; ++i) {
    bool there = false;
    for (size_t f = 0; f < formats.size() && !there; ++f) {
      const auto settled = Settled(item, item.names.Path(i, formats[f]), by_row);
      there = settled.has_value();
      if (there) in_place.push_back({formats[f], *settled});
    }
    // One missing: all are made anew. One there that must not be: no need to look at the others.
    if (there == (options_.if_exists == IfExists::kFail)) break;
  }
  if (options_.if_exists == IfExists::kFail) {
    if (!in_place.empty()) item.Fail({ErrorCode::kExists, "its thumbnail exists already"});
  } else if (in_place.size() == size_count) {
    item.End(Outcome::kUpToDate);
    item.oldest_output = std::min_element(in_place.begin(), in_place.end(), [](const InPlace& a, const InPlace& b) {
                           return a.info.modified < b.info.modified;
                         })->info.modified;
    if (journal_ == nullptr || (by_row && !journal_->HasOthers(item))) return;
    // For the journal, which does not know them yet.
    for (size_t i = 0; i < size_count; ++i) {
      const auto& [format, info] = in_place[i];
      item.result.outputs.push_back(
          {.path = item.names.Path(i, format), .bytes = info.bytes, .modified = info.modified});
    }
  }
}

}  // namespace tbbthumbs
