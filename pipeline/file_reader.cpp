#include "pipeline/file_reader.h"

#include <algorithm>
#include <exception>
#include <limits>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "codecs/decoder.h"
#include "codecs/format.h"
#include "codecs/thumbnail_layout.h"
#include "codecs/thumbnail_spec.h"
#include "codecs/working_bytes.h"
#include "pipeline/file_facts.h"

namespace tbbthumbs {
namespace {

// A header that is longer is read as it is needed.
constexpr size_t kHeaderBytes = size_t{32} << 10;

// Runs `f`; what it throws becomes the item's failure.
template <class F>
void Guard(Item& item, F&& f) {
  try {
    f();
  } catch (const std::bad_alloc&) {
    item.Fail({ErrorCode::kOutOfMemory, "no memory to read the file"});
  } catch (const std::exception& error) {
    item.Fail({ErrorCode::kInternal, error.what()});
  }
}

// Who named the file may have made a mistake; what was found was there.
Error OpenError(const InputFile& file, Error error) {
  if (error.code == ErrorCode::kNotFound && file.found) error.message = "it is gone since it was found";
  return error;
}

}  // namespace

FileReader::FileReader(FileSystem& file_system, const JobOptions& options, NameTurns& names, const MemoryShares& memory,
                       Journal* journal)
    : file_system_(file_system), options_(options), names_(names), memory_(memory), journal_(journal) {}

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
      AddOutputs(item, {});
      return;
    }
    if (item.file.planned) {
      if (Status status = CheckPlanned(item); !status) item.Fail(std::move(status.error()));
      if (item.ended) return;
    }
    CompareWithOutputs(item);
    if (!item.ended && journal_ != nullptr) FailAsKnown(item);
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
  if (item.file.error && !item.file.planned) {
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
    // Only after it is known which file that was.
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
  if (!item.names.empty()) {
    for (const OutputFormat format : PossibleFormats(options_.specs.format)) {
      const std::vector<std::string>& names = format == OutputFormat::kPng ? item.names.png : item.names.jpeg;
      if (names.size() == options_.specs.sizes.size()) continue;
      return Fail(ErrorCode::kInternal, "its plan was made for other sizes or formats");
    }
    return {};
  }
  const auto source = OpenPicture(item, kHeaderBytes);
  if (!source) return tl::unexpected<Error>(source.error());
  if (item.ended) return {};
  return Fail(ErrorCode::kIo, "it was no picture when it was planned, and has no name");
}

// Ends the item where it is no picture.
Status FileReader::ReadFacts(Item& item, NameNeeds needs, FileFacts& facts) const {
  if (needs < NameNeeds::kHeader) return {};
  const auto source = OpenPicture(item, kHeaderBytes);
  if (!source) return tl::unexpected<Error>(source.error());
  if (item.ended) return {};
  return ReadFileFacts(**source, needs, options_.limits, facts);
}

void FileReader::Plan(Item& item, FileFacts& facts) const {
  if (names_.needs() < NameNeeds::kHeader) {
    if (Status status = ReadFacts(item, NameNeeds::kHeader, facts); !status) item.Fail(std::move(status.error()));
    if (item.ended) return;
  }
  AddOutputs(item, facts.size);
}

void FileReader::AddOutputs(Item& item, Size upright) const {
  const auto formats = PossibleFormats(options_.specs.format);
  for (size_t i = 0; i < options_.specs.sizes.size(); ++i) {
    OutputFile& output = item.result.outputs.emplace_back();
    output.path = item.names.Path(i, formats.front());
    if (formats.size() > 1) output.or_path = item.names.Path(i, formats.back());
    if (upright.width > 0) output.size = ThumbnailSize(upright, options_.specs.sizes[i]);
  }
  item.End(Outcome::kPlanned);
}

void FileReader::FailAsKnown(Item& item) const {
  const JournalRow* known = journal_->KnownFailure(item);
  if (known == nullptr) return;
  item.result.known = true;
  item.result.format = known->format;
  item.Fail(*known->error);
}

std::optional<FileInfo> FileReader::Settled(const Item& item, const std::string& path, bool& by_row) const {
  const auto output = file_system_.Stat(path, false);
  if (!output || output->kind == FileKind::kDirectory) return std::nullopt;
  bool settled = true;
  if (options_.if_exists != IfExists::kUpdate) {
    by_row = by_row && journal_->Knows(item, path);
  } else if (output->bytes == 0) {
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

void FileReader::CompareWithOutputs(Item& item) const {
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
    if (journal_ == nullptr || (by_row && !journal_->HasOthers(item))) return;
    // For the journal, which does not know them yet.
    for (size_t i = 0; i < size_count; ++i) {
      const auto& [format, info] = in_place[i];
      item.result.outputs.push_back(
          {.path = item.names.Path(i, format), .bytes = info.bytes, .modified = info.modified});
    }
  }
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
  // What has no header is the decoder's to tell.
  size_t working = 0;
  if (const auto decoder = OpenDecoder(**opened, options_.limits)) {
    working = static_cast<size_t>(
        std::min<uint64_t>(WorkingBytes((*decoder)->info(), options_.specs), std::numeric_limits<size_t>::max() / 2));
  }
  const size_t least = working + std::min(resident_bytes, kHeaderBytes);
  if (least > memory_.pictures) {
    item.weighed_out = true;
    return Fail(ErrorCode::kTooLarge, "it would take about " + std::to_string((least >> 20) + 1) + " MiB of memory, " +
                                          std::to_string(memory_.pictures >> 20) + " MiB are for pictures");
  }
  item.working_bytes = working;
  resident_bytes = std::min(resident_bytes, memory_.pictures - working);
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
