#include "pipeline/file_reader.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "codecs/decoder.h"
#include "codecs/format.h"
#include "pipeline/file_facts.h"
#include "pipeline/guard_item.h"
#include "pipeline/picture_weight.h"
#include "pipeline/planned_outputs.h"

namespace tbbthumbs {
namespace {

// A header that is longer is read as it is needed.
constexpr size_t kHeaderBytes = size_t{32} << 10;

// Runs `f`; what it throws becomes the item's failure.
template <class F>
void Guard(Item& item, F&& f) {
  GuardItem(item, "no memory to read the file", std::forward<F>(f));
}

// Who named the file may have made a mistake; what was found was there.
Error OpenError(const InputFile& file, Error error) {
  if (error.code == ErrorCode::kNotFound && file.found) error.message = "it is gone since it was found";
  return error;
}

}  // namespace

FileReader::FileReader(FileSystem& file_system, const JobOptions& options, ThumbnailMaker& maker, NameTurns& names,
                       const EarlierOutcomes& earlier, const MemoryShares& memory, Journal* journal)
    : file_system_(file_system),
      options_(options),
      maker_(maker),
      names_(names),
      earlier_(earlier),
      memory_(memory),
      journal_(journal) {}

void FileReader::Recall(std::span<const std::unique_ptr<Item>> items) const {
  if (journal_ == nullptr) return;
  try {
    journal_->Recall(items);
  } catch (const std::bad_alloc&) {
    // Nothing is known of them: they are made anew.
  }
}

size_t FileReader::LookUp(Item& item) const {
  const StageTimer timer(item.result.stages, Stage::kLookUp);
  FileFacts facts;
  const NameNeeds needs = item.file.planned ? NameNeeds::kPath : names_.needs();
  Guard(item, [&] {
    if (options_.names_only && needs == NameNeeds::kPath) {
      if (item.file.error) item.Fail(*item.file.error);
      return;
    }
    Examine(item, facts);
    if (item.ended) return;
    if (Status status = ReadFacts(item, needs, facts); !status) item.Fail(std::move(status.error()));
  });
  Guard(item, [&] { names_.PlanLookedUp(item, facts); });
  if (item.ended) return 0;
  Guard(item, [&] {
    if (options_.names_only) {
      EndAsPlanned(item, options_.specs, {});
      return;
    }
    if (item.file.planned) {
      if (Status status = CheckPlanned(item); !status) item.Fail(std::move(status.error()));
      if (item.ended) return;
    }
    earlier_.Settle(item);
  });
  if (item.ended) return 0;
  auto resident_bytes = static_cast<size_t>(std::min<uint64_t>(item.result.bytes_in, memory_.read_ahead));
  Guard(item, [&] {
    if (memory_.limited) {
      if (Status status = Weigh(item, resident_bytes); !status) item.Fail(std::move(status.error()));
    }
    if (!item.ended && options_.dry_run) Plan(item, facts);
  });
  if (!item.ended) return resident_bytes;
  item.opened.reset();
  item.working_bytes = 0;
  return 0;
}

void FileReader::Fetch(Item& item, size_t resident_bytes) const {
  if (item.ended) return;
  const StageTimer timer(item.result.stages, Stage::kRead);
  Guard(item, [&] {
    if (Status status = Read(item, resident_bytes); !status) item.Fail(std::move(status.error()));
  });
  if (item.ended) {
    item.source.reset();
    item.claim.Release();
  }
}

bool FileReader::Filtered(const FileInfo& info) const {
  const InputOptions& input = options_.input;
  return info.bytes < input.min_bytes || info.bytes > input.max_bytes ||
         (input.newer_than && info.modified <= input.newer_than->time_since_epoch());
}

void FileReader::Examine(Item& item, FileFacts& facts) const {
  // Of a plan only after it is known which file that was; what is no address is none.
  if (item.file.error && (!item.file.planned || LooksLikeUrl(item.file.path))) {
    item.Fail(*item.file.error);
    return;
  }
  if (item.file.awaited) {
    item.End(Outcome::kLeft);
    return;
  }
  const auto info = file_system_.Stat(item.file.path, true);
  if (!info) {
    item.Fail(OpenError(item.file, info.error()));
  } else if (info->kind != FileKind::kRegular) {
    item.Fail({ErrorCode::kUnsupported, info->kind == FileKind::kDirectory ? "a directory" : "not a regular file"});
  } else if (Filtered(*info)) {
    item.End(Outcome::kFiltered);
  } else {
    item.result.bytes_in = info->bytes;
    item.modified = facts.modified = info->modified;
    if (item.file.error) {
      item.Fail(*item.file.error);
      return;
    }
    const JournalRow* known = journal_ != nullptr ? journal_->KnownNoPicture(item) : nullptr;
    if (known == nullptr) return;
    item.result.format = known->format;
    item.End(known->format == Format::kUnknown ? Outcome::kNotPicture : Outcome::kUnsupported);
  }
}

Status FileReader::CheckPlanned(Item& item) const {
  if (item.names.empty()) {
    const auto source = OpenPicture(item, kHeaderBytes);
    if (!source) return tl::unexpected<Error>(source.error());
    if (item.ended) return {};
  }
  return CheckPlannedNames(item, options_.specs);
}

// Ends the item where it is no picture.
Status FileReader::ReadFacts(Item& item, NameNeeds needs, FileFacts& facts) const {
  if (needs < NameNeeds::kHeader) return {};
  const auto source = OpenPicture(item, kHeaderBytes);
  if (!source) return tl::unexpected<Error>(source.error());
  if (item.ended) return {};
  const auto read_header = [&] { return maker_.ReadHeader(**source, options_.specs, options_.limits); };
  return ReadFileFacts(**source, needs, read_header, facts);
}

void FileReader::Plan(Item& item, FileFacts& facts) const {
  if (names_.needs() < NameNeeds::kHeader) {
    if (Status status = ReadFacts(item, NameNeeds::kHeader, facts); !status) item.Fail(std::move(status.error()));
    if (item.ended) return;
  }
  EndAsPlanned(item, options_.specs, facts.size);
}

// With at least `first_bytes` in memory. Ends the item where it was found by walking and is no picture.
Result<std::unique_ptr<FileSource>> FileReader::OpenPicture(Item& item, size_t first_bytes) const {
  auto file = file_system_.Open(item.file.path);
  if (!file) return tl::unexpected<Error>(OpenError(item.file, std::move(file.error())));
  auto source = std::make_unique<FileSource>(std::move(*file), buffers_);
  if (source->size() > options_.limits.max_input_bytes) {
    return Fail(ErrorCode::kTooLarge, std::to_string(source->size()) + " bytes: over max-input-bytes, " +
                                          std::to_string(options_.limits.max_input_bytes));
  }
  if (Status status = source->MakeResident(first_bytes); !status) return tl::unexpected<Error>(status.error());
  const auto head = source->Resident();
  item.result.format = SniffFormat(head.first(std::min(head.size(), kSniffBytes)));
  if (item.file.found && !IsDecoded(item.result.format)) {
    item.End(item.result.format == Format::kUnknown ? Outcome::kNotPicture : Outcome::kUnsupported);
  }
  return source;
}

Status FileReader::Weigh(Item& item, size_t& resident_bytes) const {
  auto opened = OpenPicture(item, std::clamp(resident_bytes, kSniffBytes, kHeaderBytes));
  if (!opened) return tl::unexpected<Error>(std::move(opened.error()));
  if (item.ended) return {};
  if (Status status = WeighPicture(item, maker_, **opened, std::min(resident_bytes, kHeaderBytes), options_, memory_);
      !status) {
    return status;
  }
  resident_bytes = std::min(resident_bytes, memory_.pictures - item.working_bytes);
  item.opened = std::move(*opened);
  return {};
}

Status FileReader::Read(Item& item, size_t resident_bytes) const {
  std::unique_ptr<FileSource> source = std::move(item.opened);
  if (source == nullptr) {
    // The first bytes alone: what is no picture is not read.
    auto opened =
        OpenPicture(item, resident_bytes <= kHeaderBytes ? std::max(resident_bytes, kSniffBytes) : kSniffBytes);
    if (!opened) return tl::unexpected<Error>(std::move(opened.error()));
    if (item.ended) return {};
    source = std::move(*opened);
  }
  // Named one by one, the decoder says what is wrong with it; at once, so that the file is not kept open.
  if (!IsDecoded(item.result.format)) {
    if (const auto decoder = OpenDecoder(*source, options_.limits); !decoder) {
      return tl::unexpected<Error>(decoder.error());
    }
  }
  if (Status status = source->MakeResident(resident_bytes); !status) return status;
  item.source = std::move(source);
  return {};
}

}  // namespace tbbthumbs
