#include "pipeline/journal_rows.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <limits>
#include <optional>

namespace tbbthumbs {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

constexpr size_t kTextsInMemory = 32;

// Of names of another version of this program, nothing.
std::optional<Format> FormatOf(std::string_view name) {
  for (int i = 0; i < kFormatCount; ++i) {
    if (FormatName(static_cast<Format>(i)) == name) return static_cast<Format>(i);
  }
  return std::nullopt;
}

std::optional<ErrorCode> ErrorCodeOf(std::string_view name) {
  for (int i = 0; i < kErrorCodeCount; ++i) {
    if (ErrorCodeName(static_cast<ErrorCode>(i)) == name) return static_cast<ErrorCode>(i);
  }
  return std::nullopt;
}

// Numbers with many digits take fewer so.
constexpr int kShortBase = 36;

// As "OPTIONS:BYTES:NANOSECONDS:PATH", ended by '\0'.
void AppendOutput(std::string& text, const JournalOutput& output) {
  std::array<char, 64> digits{};
  const auto append = [&](auto number, int base) {
    text.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr);
    text += ':';
  };
  append(output.options, 10);
  append(output.bytes, kShortBase);
  append(int64_t{output.modified.count()}, kShortBase);
  text += output.path;
  text += '\0';
}

// False where there is none; else it is behind `text`.
template <class T>
bool ReadNumber(const char*& text, const char* end, int base, T& number) {
  const auto [colon, failure] = std::from_chars(text, end, number, base);
  if (failure != std::errc() || colon == end || *colon != ':') return false;
  text = colon + 1;
  return true;
}

// False where they are none.
bool ReadOutputs(std::string_view text, std::vector<JournalOutput>& outputs) {
  outputs.clear();
  outputs.reserve(static_cast<size_t>(std::count(text.begin(), text.end(), '\0')));
  while (!text.empty()) {
    const size_t length = text.find('\0');
    if (length == std::string_view::npos) return false;
    const char* const end = text.data() + length;
    const char* next = text.data();
    JournalOutput& output = outputs.emplace_back();
    int64_t modified = 0;
    if (!ReadNumber(next, end, 10, output.options) || !ReadNumber(next, end, kShortBase, output.bytes) ||
        !ReadNumber(next, end, kShortBase, modified)) {
      return false;
    }
    output.modified = nanoseconds(modified);
    output.path.assign(next, end);
    text.remove_prefix(length + 1);
  }
  return true;
}

tl::unexpected<Error> Damaged(const char* what) {
  return Fail(ErrorCode::kCorrupt, std::string("a row is damaged: ") + what);
}

}  // namespace

std::string_view PictureStatusName(PictureStatus status) {
  switch (status) {
    case PictureStatus::kMade:
      return "made";
    case PictureStatus::kSkipped:
      return "skipped";
    case PictureStatus::kFailed:
      return "failed";
  }
  return "failed";
}

bool IsKept(const UrlValidators& validators) {
  constexpr size_t kMostBytes = 1024;
  const auto may_stand = [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != '\x7F'; };
  return validators.etag.size() + validators.last_modified.size() <= kMostBytes &&
         std::all_of(validators.etag.begin(), validators.etag.end(), may_stand) &&
         std::all_of(validators.last_modified.begin(), validators.last_modified.end(), may_stand);
}

bool JournalOutput::IsStill(const FileInfo& file) const {
  if (file.kind != FileKind::kRegular || file.bytes != bytes) return false;
  // FAT keeps times in steps of 2 s, exFAT of 10 ms, and lets them be finer until the file has left the memory.
  constexpr nanoseconds kCoarse = std::chrono::milliseconds(10);
  constexpr nanoseconds kCoarsest = std::chrono::seconds(2);
  if (file.modified % kCoarse != nanoseconds(0)) return file.modified == modified;
  const nanoseconds low = std::min(file.modified, modified);
  const nanoseconds high = std::max(file.modified, modified);
  return low >= high - kCoarsest;
}

JournalTexts::JournalTexts(SqliteDatabase& database, const Queries& queries)
    : database_(database), find_(database, queries.find), add_(database, queries.add), text_(database, queries.path) {}

Result<int64_t> JournalTexts::Find(std::string_view text) {
  const auto known = std::find_if(known_.begin(), known_.end(), [&](const Known& k) { return k.text == text; });
  if (known != known_.end()) return known->id;
  const SqliteUse use(find_);
  find_.BindBlob(1, text);
  const Result<bool> row = find_.Step();
  if (!row) return tl::unexpected<Error>(row.error());
  if (!*row) return 0;
  return Remember(find_.Int(0), text).id;
}

Result<int64_t> JournalTexts::FindOrAdd(std::string_view text) {
  auto found = Find(text);
  if (!found || *found != 0) return found;
  const SqliteUse use(add_);
  add_.BindBlob(1, text);
  if (Status status = add_.Run(); !status) return tl::unexpected<Error>(std::move(status.error()));
  return Remember(database_.LastId(), text).id;
}

Result<std::string_view> JournalTexts::Text(int64_t id) {
  if (last_ < known_.size() && known_[last_].id == id) return known_[last_].text;
  const auto known = std::find_if(known_.begin(), known_.end(), [&](const Known& k) { return k.id == id; });
  if (known != known_.end()) {
    last_ = static_cast<size_t>(known - known_.begin());
    return known->text;
  }
  const SqliteUse use(text_);
  text_.BindInt(1, id);
  const Result<bool> row = text_.Step();
  if (!row) return tl::unexpected<Error>(row.error());
  if (!*row) return Damaged("it names what is not there");
  return Remember(id, text_.Bytes(0)).text;
}

const JournalTexts::Known& JournalTexts::Remember(int64_t id, std::string_view text) {
  if (known_.size() < kTextsInMemory) {
    known_.push_back({id, std::string(text)});
    last_ = known_.size() - 1;
  } else {
    last_ = (last_ + 1) % kTextsInMemory;
    known_[last_] = {id, std::string(text)};
  }
  return known_[last_];
}

Status BindRow(SqliteStatement& statement, int first, const JournalRow& row, int64_t decoder, std::string& outputs) {
  outputs.clear();
  for (const JournalOutput& output : row.outputs) {
    if (output.path.find('\0') != std::string::npos) return Fail(ErrorCode::kInternal, "a path has a NUL in it");
    AppendOutput(outputs, output);
  }
  statement.BindInt(first, static_cast<int64_t>(row.bytes));
  statement.BindInt(first + 1, row.modified.count());
  statement.BindText(first + 2, PictureStatusName(row.status));
  statement.BindInt(first + 3, static_cast<int64_t>(row.options));
  statement.BindText(first + 4, FormatName(row.format));
  if (row.error) {
    statement.BindText(first + 5, ErrorCodeName(row.error->code));
    statement.BindText(first + 6, row.error->message);
  } else {
    statement.BindNull(first + 5);
    statement.BindNull(first + 6);
  }
  statement.BindBlob(first + 7, outputs);
  statement.BindInt(first + 8, std::chrono::duration_cast<microseconds>(row.cpu_time).count());
  statement.BindInt(first + 9, decoder);
  return {};
}

Result<PictureStatus> ReadStatus(const SqliteStatement& statement, int first) {
  const std::string_view word = statement.Bytes(first + 2);
  for (const PictureStatus status : {PictureStatus::kMade, PictureStatus::kSkipped, PictureStatus::kFailed}) {
    if (word == PictureStatusName(status)) return status;
  }
  return Damaged("its status is none");
}

Status ReadRow(const SqliteStatement& statement, int first, JournalTexts& decoders, JournalRow& row) {
  const auto status = ReadStatus(statement, first);
  if (!status) return tl::unexpected<Error>(status.error());
  row.bytes = static_cast<uint64_t>(statement.Int(first));
  row.modified = nanoseconds(statement.Int(first + 1));
  row.status = *status;
  row.options = static_cast<uint64_t>(statement.Int(first + 3));
  row.format = FormatOf(statement.Bytes(first + 4)).value_or(Format::kUnknown);
  row.error.reset();
  if (!statement.IsNull(first + 5)) {
    row.error = Error{ErrorCodeOf(statement.Bytes(first + 5)).value_or(ErrorCode::kInternal),
                      std::string(statement.Bytes(first + 6))};
  }
  if (!ReadOutputs(statement.Bytes(first + 7), row.outputs)) return Damaged("its outputs are none");
  const int64_t cpu_us = statement.Int(first + 8);
  constexpr int64_t kMost = std::chrono::duration_cast<microseconds>(nanoseconds::max()).count();
  if (cpu_us < -kMost || cpu_us > kMost) return Damaged("its time is none");
  row.cpu_time = microseconds(cpu_us);
  const auto decoder = decoders.Text(statement.Int(first + 9));
  if (!decoder) return tl::unexpected<Error>(decoder.error());
  row.decoder = *decoder;
  row.validators = {};
  return {};
}

Status BindValidators(SqliteStatement& statement, int first, const UrlValidators& validators) {
  if (!IsKept(validators)) return Fail(ErrorCode::kInternal, "what a server says of a picture is too long, or no text");
  statement.BindText(first, validators.etag);
  statement.BindText(first + 1, validators.last_modified);
  return {};
}

Status ReadValidators(const SqliteStatement& statement, int first, UrlValidators& validators) {
  validators.etag = statement.Bytes(first);
  validators.last_modified = statement.Bytes(first + 1);
  return IsKept(validators) ? Status() : Damaged("what a server has said is nothing that one says");
}

void BindRun(SqliteStatement& statement, int first, const JournalRun& run) {
  int parameter = first;
  statement.BindInt(parameter++, static_cast<int64_t>(run.options));
  statement.BindText(parameter++, run.version);
  statement.BindText(parameter++, run.label);
  statement.BindInt(parameter++, run.started.count());
  if (run.ended) {
    statement.BindInt(parameter++, run.ended->count());
  } else {
    statement.BindNull(parameter++);
  }
  statement.BindText(parameter++, run.end);
  for (const uint64_t count :
       {run.inputs, run.made, run.up_to_date, run.failed, run.skipped, run.left, run.bytes_in, run.bytes_out}) {
    statement.BindInt(parameter++, static_cast<int64_t>(count));
  }
  statement.BindInt(parameter++, run.wall_time.count());
  statement.BindInt(parameter, run.cpu_time.count());
}

JournalRun ReadRun(const SqliteStatement& statement, int first) {
  int column = first;
  JournalRun run;
  run.options = static_cast<uint64_t>(statement.Int(column++));
  run.version = statement.Bytes(column++);
  run.label = statement.Bytes(column++);
  run.started = nanoseconds(statement.Int(column++));
  if (!statement.IsNull(column)) run.ended = nanoseconds(statement.Int(column));
  ++column;
  run.end = statement.Bytes(column++);
  for (uint64_t* count :
       {&run.inputs, &run.made, &run.up_to_date, &run.failed, &run.skipped, &run.left, &run.bytes_in, &run.bytes_out}) {
    *count = static_cast<uint64_t>(statement.Int(column++));
  }
  run.wall_time = nanoseconds(statement.Int(column++));
  run.cpu_time = nanoseconds(statement.Int(column));
  return run;
}

}  // namespace tbbthumbs
