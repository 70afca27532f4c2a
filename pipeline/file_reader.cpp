#include "pipeline/file_reader.h"

#include <algorithm>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "codecs/format.h"
#include "pipeline/file_source.h"

namespace tbbthumbs {
namespace {

std::vector<std::string_view> Extensions(OutputFormat format) {
  switch (format) {
    case OutputFormat::kJpeg:
      return {".jpg"};
    case OutputFormat::kPng:
      return {".png"};
    case OutputFormat::kAuto:
      return {".jpg", ".png"};
  }
  return {};
}

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

}  // namespace

FileReader::FileReader(FileSystem& file_system, const JobOptions& options, const OutputNames& names)
    : file_system_(file_system), options_(options), names_(names) {}

size_t FileReader::LookUp(Item& item) const {
  const StageTimer timer(item.result.stages, Stage::kLookUp);
  Guard(item, [&] { Examine(item); });
  if (item.ended) return 0;
  return static_cast<size_t>(std::min<uint64_t>(item.result.bytes_in, options_.read_ahead_bytes));
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

void FileReader::Examine(Item& item) const {
  if (item.file.error) {
    item.Fail(*item.file.error);
    return;
  }
  const auto info = file_system_.Stat(item.file.path, true);
  if (!info) {
    item.Fail(info.error());
  } else if (info->kind != FileKind::kRegular) {
    item.Fail({ErrorCode::kUnsupported, info->kind == FileKind::kDirectory ? "a directory" : "not a regular file"});
  } else if (Filtered(*info)) {
    item.End(Outcome::kFiltered);
  } else {
    item.result.bytes_in = info->bytes;
    CompareWithOutputs(item, *info);
  }
}

void FileReader::CompareWithOutputs(Item& item, const FileInfo& input) const {
  if (options_.if_exists == IfExists::kOverwrite) return;
  const auto settled = [&](std::string_view extension, size_t size_index) {
    const auto output = file_system_.Stat(names_.Path(item.name, size_index, extension), false);
    if (!output || output->kind == FileKind::kDirectory) return false;
    if (options_.if_exists != IfExists::kUpdate) return true;
    return output->bytes > 0 && output->modified > input.modified;
  };
  size_t settled_count = 0;
  for (size_t i = 0; i < names_.size_count(); ++i) {
    const auto extensions = Extensions(options_.specs.format);
    const bool there = std::any_of(extensions.begin(), extensions.end(), [&](auto ext) { return settled(ext, i); });
    if (there) ++settled_count;
    // One missing: all are made anew. One there that must not be: no need to look at the others.
    if (there == (options_.if_exists == IfExists::kFail)) break;
  }
  if (options_.if_exists == IfExists::kFail) {
    if (settled_count > 0) item.Fail({ErrorCode::kExists, "its thumbnail exists already"});
  } else if (settled_count == names_.size_count()) {
    item.End(Outcome::kUpToDate);
  }
}

Status FileReader::Read(Item& item, size_t resident_bytes) const {
  auto file = file_system_.Open(item.file.path);
  if (!file) return tl::unexpected<Error>(std::move(file.error()));
  auto source = std::make_unique<FileSource>(std::move(*file), buffers_);
  if (source->size() > options_.limits.max_input_bytes) {
    return Fail(ErrorCode::kTooLarge, std::to_string(source->size()) + " bytes: over max-input-bytes, " +
                                          std::to_string(options_.limits.max_input_bytes));
  }
  // The first bytes alone: what is no picture is not read.
  constexpr size_t kSmall = size_t{32} << 10;
  const size_t first = resident_bytes <= kSmall ? resident_bytes : kSniffBytes;
  if (Status status = source->MakeResident(first); !status) return status;
  const auto head = source->Resident();
  item.result.format = SniffFormat(head.first(std::min(head.size(), kSniffBytes)));
  if (item.file.found && !IsDecoded(item.result.format)) {
    item.End(item.result.format == Format::kUnknown ? Outcome::kNotPicture : Outcome::kUnsupported);
    return {};
  }
  // Named one by one, the decoder says what is wrong with it.
  if (IsDecoded(item.result.format)) {
    if (Status status = source->MakeResident(resident_bytes); !status) return status;
  }
  item.source = std::move(source);
  return {};
}

}  // namespace tbbthumbs
