#include "pipeline/journal_inputs.h"

#include <algorithm>
#include <utility>

#include "pipeline/journal_rows.h"

namespace tbbthumbs {
namespace {

// From so many inputs of a directory on, one scan is faster than finding each.
constexpr size_t kLeastScan = 8;

constexpr char kFindRow[] =
    "SELECT name, bytes, modified_ns, status, options, format, code, message, outputs, cpu_us, decoder FROM picture "
    "WHERE directory=?1 AND name=?2";
constexpr char kScanRows[] =
    "SELECT name, bytes, modified_ns, status, options, format, code, message, outputs, cpu_us, decoder FROM picture "
    "WHERE directory=?1 AND name>=?2 AND name<=?3 ORDER BY name";
constexpr char kWriteRow[] =
    "INSERT OR REPLACE INTO picture(directory, name, bytes, modified_ns, status, options, format, code, message, "
    "outputs, cpu_us, decoder) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
constexpr char kFindValidators[] = "SELECT etag, last_modified FROM validator WHERE directory=?1 AND name=?2";
constexpr char kWriteValidators[] =
    "INSERT OR REPLACE INTO validator(directory, name, etag, last_modified) VALUES(?1, ?2, ?3, ?4)";

// With its '/'; "" where there is none.
std::string_view DirectoryOf(std::string_view input) { return input.substr(0, input.rfind('/') + 1); }

}  // namespace

JournalInputs::JournalInputs(JournalConnection& connection)
    : connection_(connection),
      find_row_(connection.database(), kFindRow),
      scan_rows_(connection.database(), kScanRows),
      write_row_(connection.database(), kWriteRow),
      remove_row_(connection.database(), "DELETE FROM picture WHERE directory=?1 AND name=?2"),
      find_validators_(connection.database(), kFindValidators),
      write_validators_(connection.database(), kWriteValidators),
      remove_validators_(connection.database(), "DELETE FROM validator WHERE directory=?1 AND name=?2") {}

Status JournalInputs::Find(std::span<const std::string_view> inputs, std::span<std::optional<JournalRow>> rows) {
  return connection_.Reading([&]() -> Status {
    for (size_t begin = 0, end = 0; begin < inputs.size(); begin = end) {
      const std::string_view directory = DirectoryOf(inputs[begin]);
      for (end = begin + 1; end < inputs.size() && DirectoryOf(inputs[end]) == directory;) ++end;
      const size_t count = end - begin;
      const auto id = connection_.directories().Find(directory);
      if (!id) return tl::unexpected<Error>(id.error());
      const Group group{*id, LooksLikeUrl(directory), directory.size(), inputs.subspan(begin, count),
                        rows.subspan(begin, count)};
      if (Status status = FindGroup(group); !status) return status;
    }
    return {};
  });
}

Status JournalInputs::FindGroup(const Group& group) {
  size_t found = 0;
  if (group.directory == 0) {
    std::fill(group.rows.begin(), group.rows.end(), std::nullopt);
    return {};
  }
  if (group.inputs.size() >= kLeastScan && std::is_sorted(group.inputs.begin(), group.inputs.end())) {
    const auto scanned = ScanGroup(group);
    if (!scanned) return tl::unexpected<Error>(scanned.error());
    found = *scanned;
  }
  for (; found < group.inputs.size(); ++found) {
    if (Status status = FindOne(group, found); !status) return status;
  }
  return {};
}

// Returns how many of the first inputs are dealt with: not all, where far more rows lie between them.
Result<size_t> JournalInputs::ScanGroup(const Group& group) {
  const size_t count = group.inputs.size();
  const SqliteUse use(scan_rows_);
  scan_rows_.BindInt(1, group.directory);
  scan_rows_.BindBlob(2, group.name(0));
  scan_rows_.BindBlob(3, group.name(count - 1));
  size_t next = 0;
  for (size_t left = 4 * count + 64; left > 0; --left) {
    const Result<bool> row = scan_rows_.Step();
    if (!row) return tl::unexpected<Error>(row.error());
    if (!*row) break;
    const std::string_view name = scan_rows_.Bytes(0);
    while (next < count && group.name(next) < name) group.rows[next++].reset();
    for (; next < count && group.name(next) == name; ++next) {
      auto& wanted = group.rows[next];
      if (!wanted) wanted.emplace();
      if (Status status = ReadRow(scan_rows_, 1, connection_.decoders(), *wanted); !status) {
        return tl::unexpected<Error>(std::move(status.error()));
      }
      if (!group.of_addresses) continue;
      if (Status status = FindValidators(group.directory, name, wanted->validators); !status) {
        return tl::unexpected<Error>(std::move(status.error()));
      }
    }
    if (next == count) return count;
    if (left == 1) return next;
  }
  std::fill(group.rows.begin() + static_cast<std::ptrdiff_t>(next), group.rows.end(), std::nullopt);
  return count;
}

Status JournalInputs::FindOne(const Group& group, size_t i) {
  const SqliteUse use(find_row_);
  find_row_.BindInt(1, group.directory);
  find_row_.BindBlob(2, group.name(i));
  const Result<bool> row = find_row_.Step();
  if (!row) return tl::unexpected<Error>(row.error());
  group.rows[i].reset();
  if (!*row) return {};
  JournalRow& found = group.rows[i].emplace();
  if (Status status = ReadRow(find_row_, 1, connection_.decoders(), found); !status || !group.of_addresses)
    return status;
  return FindValidators(group.directory, group.name(i), found.validators);
}

Status JournalInputs::FindValidators(int64_t directory, std::string_view name, UrlValidators& validators) {
  if (!connection_.has_validators()) return {};
  const SqliteUse use(find_validators_);
  find_validators_.BindInt(1, directory);
  find_validators_.BindBlob(2, name);
  const Result<bool> row = find_validators_.Step();
  if (!row) return tl::unexpected<Error>(row.error());
  return *row ? ReadValidators(find_validators_, 0, validators) : Status();
}

Status JournalInputs::WriteValidators(int64_t directory, std::string_view name, const UrlValidators& validators) {
  if (validators.empty()) return RemoveFrom(remove_validators_, directory, name);
  const SqliteUse use(write_validators_);
  write_validators_.BindInt(1, directory);
  write_validators_.BindBlob(2, name);
  if (Status status = BindValidators(write_validators_, 3, validators); !status) return status;
  return write_validators_.Run();
}

Status JournalInputs::RemoveFrom(SqliteStatement& remove, int64_t directory, std::string_view name) {
  const SqliteUse use(remove);
  remove.BindInt(1, directory);
  remove.BindBlob(2, name);
  return remove.Run();
}

Status JournalInputs::Write(std::span<const JournalEntry> entries) {
  if (entries.empty()) return {};
  return connection_.Writing([&]() -> Status {
    std::string_view last;
    int64_t directory = 0;
    bool of_addresses = false;
    for (const JournalEntry& entry : entries) {
      const std::string_view path = DirectoryOf(entry.input);
      if (directory == 0 || path != last) {
        const auto id = connection_.directories().FindOrAdd(path);
        if (!id) return tl::unexpected<Error>(id.error());
        directory = *id;
        last = path;
        of_addresses = LooksLikeUrl(path);
      }
      const std::string_view name = std::string_view(entry.input).substr(path.size());
      const auto decoder = connection_.decoders().FindOrAdd(entry.row.decoder);
      if (!decoder) return tl::unexpected<Error>(decoder.error());
      const SqliteUse use(write_row_);
      write_row_.BindInt(1, directory);
      write_row_.BindBlob(2, name);
      if (Status status = BindRow(write_row_, 3, entry.row, *decoder, outputs_); !status) return status;
      if (Status status = write_row_.Run(); !status) return status;
      if (!of_addresses) continue;
      if (Status status = WriteValidators(directory, name, entry.row.validators); !status) return status;
    }
    return {};
  });
}

Status JournalInputs::Remove(std::span<const std::string> inputs) {
  if (inputs.empty()) return {};
  return connection_.Writing([&]() -> Status {
    for (const std::string_view input : inputs) {
      const std::string_view path = DirectoryOf(input);
      const auto directory = connection_.directories().Find(path);
      if (!directory) return tl::unexpected<Error>(directory.error());
      const std::string_view name = input.substr(path.size());
      if (Status status = RemoveFrom(remove_row_, *directory, name); !status) return status;
      if (!LooksLikeUrl(path)) continue;
      if (Status status = RemoveFrom(remove_validators_, *directory, name); !status) return status;
    }
    return {};
  });
}

Status JournalInputs::Clear() {
  return connection_.Writing([&]() -> Status {
    connection_.Forget();
    return connection_.database().Execute(
        "DELETE FROM picture; DELETE FROM validator; DELETE FROM directory; DELETE FROM decoder;"
        "UPDATE meta SET value=0 WHERE name='created_ns'");
  });
}

}  // namespace tbbthumbs
