#include "pipeline/journal_pages.h"

#include <algorithm>
#include <array>
#include <utility>

#include "pipeline/journal_rows.h"

namespace tbbthumbs {
namespace {

constexpr size_t kRowsPerPage = 1000;

constexpr char kPageRows[] =
    "SELECT directory, name, bytes, modified_ns, status, options, format, code, message, outputs, cpu_us, decoder "
    "FROM picture WHERE (directory, name)>(?1, ?2) ORDER BY directory, name LIMIT ?3";
constexpr char kPageOfDirectory[] =
    "SELECT directory, name, bytes, modified_ns, status, options, format, code, message, outputs, cpu_us, decoder "
    "FROM picture WHERE directory=?1 AND name>?2 ORDER BY name LIMIT ?3";
constexpr char kPageDirectories[] = "SELECT id, path FROM directory WHERE path>=?1 AND path<?2 ORDER BY path LIMIT ?3";
constexpr char kPageValidators[] =
    "SELECT directory, name, etag, last_modified FROM validator WHERE (directory, name)>(?1, ?2) "
    "ORDER BY directory, name LIMIT ?3";

}  // namespace

JournalPages::JournalPages(JournalConnection& connection, JournalInputs& inputs)
    : connection_(connection),
      inputs_(inputs),
      page_rows_(connection.database(), kPageRows),
      page_of_directory_(connection.database(), kPageOfDirectory),
      page_directories_(connection.database(), kPageDirectories),
      page_validators_(connection.database(), kPageValidators) {}

// Calls `work` with the rows after `place`, the columns as in kPageRows, and moves it on. False: there were no more.
template <class Work>
Result<bool> JournalPages::ReadPage(SqliteStatement& page, Place& place, Work work) {
  return connection_.Reading([&]() -> Result<bool> {
    const Place after = place;
    size_t count = 0;
    const SqliteUse use(page);
    page.BindInt(1, after.directory);
    page.BindBlob(2, after.name);
    page.BindInt(3, kRowsPerPage);
    for (;; ++count) {
      const Result<bool> row = page.Step();
      if (!row) return tl::unexpected<Error>(row.error());
      if (!*row) return count == kRowsPerPage;
      const int64_t directory = page.Int(0);
      const std::string_view name = page.Bytes(1);
      // Else a damaged file might be read for ever.
      if (directory < place.directory || (directory == place.directory && name <= place.name)) {
        return Fail(ErrorCode::kCorrupt, "the rows are not in their order");
      }
      place.directory = directory;
      place.name = name;
      if (Status status = work(); !status) return tl::unexpected<Error>(std::move(status.error()));
    }
  });
}

Result<bool> JournalPages::VisitRows(SqliteStatement& page, Place place, std::optional<PictureStatus> status,
                                     const Visit& visit) {
  for (bool more = true; more;) {
    std::vector<JournalEntry> entries;
    const auto read = ReadPage(page, place, [&]() -> Status {
      const auto its_status = ReadStatus(page, 2);
      if (!its_status) return tl::unexpected<Error>(its_status.error());
      if (status && *status != *its_status) return {};
      const auto directory = connection_.directories().Text(page.Int(0));
      if (!directory) return tl::unexpected<Error>(directory.error());
      JournalEntry& entry = entries.emplace_back();
      const bool of_addresses = LooksLikeUrl(*directory);
      entry.input.append(*directory).append(page.Bytes(1));
      if (Status whole = ReadRow(page, 2, connection_.decoders(), entry.row); !whole || !of_addresses) return whole;
      return inputs_.FindValidators(page.Int(0), page.Bytes(1), entry.row.validators);
    });
    if (!read) return tl::unexpected<Error>(read.error());
    for (const JournalEntry& entry : entries) {
      if (!visit(entry.input, entry.row)) return false;
    }
    more = *read;
  }
  return true;
}

Status JournalPages::ForEach(std::optional<PictureStatus> status, const Visit& visit) {
  return WithoutExceptions([&]() -> Status {
    const auto all = VisitRows(page_rows_, {}, status, visit);
    return all ? Status() : tl::unexpected<Error>(all.error());
  });
}

Result<std::vector<JournalPages::Directory>> JournalPages::ReadDirectories(std::string& from, std::string_view end) {
  return connection_.Reading([&]() -> Result<std::vector<Directory>> {
    std::vector<Directory> directories;
    const SqliteUse use(page_directories_);
    page_directories_.BindBlob(1, from);
    page_directories_.BindBlob(2, end);
    page_directories_.BindInt(3, kRowsPerPage);
    for (;;) {
      const Result<bool> row = page_directories_.Step();
      if (!row) return tl::unexpected<Error>(row.error());
      if (!*row) break;
      directories.push_back({page_directories_.Int(0), std::string(page_directories_.Bytes(1))});
    }
    // Else a damaged file might be read for ever.
    if (!directories.empty() && directories.back().path < from) {
      return Fail(ErrorCode::kCorrupt, "the directories are not in their order");
    }
    // What comes next in the order of bytes.
    if (!directories.empty()) from = directories.back().path + '\0';
    return directories;
  });
}

Status JournalPages::ForEachIn(const std::string& directory, bool below, const Visit& visit) {
  return WithoutExceptions([&]() -> Status {
    std::string from = directory;
    std::string end = directory;
    if (below && end.ends_with('/')) {
      end.back() = '/' + 1;
    } else {
      end += '\0';
    }
    for (;;) {
      const auto directories = ReadDirectories(from, end);
      if (!directories) return tl::unexpected<Error>(directories.error());
      if (directories->empty()) return {};
      for (const Directory& one : *directories) {
        const auto all = VisitRows(page_of_directory_, {.directory = one.id, .name = ""}, std::nullopt, visit);
        if (!all) return tl::unexpected<Error>(all.error());
        if (!*all) return {};
      }
    }
  });
}

Status JournalPages::ForEachDirectory(const std::function<bool(const std::string& directory)>& visit) {
  return WithoutExceptions([&]() -> Status {
    for (std::string from;;) {
      const auto directories = ReadDirectories(from, "\xFF");
      if (!directories) return tl::unexpected<Error>(directories.error());
      if (directories->empty()) return {};
      for (const Directory& one : *directories) {
        if (!visit(one.path)) return {};
      }
    }
  });
}

Result<JournalCounts> JournalPages::Counts() {
  return WithoutExceptions([&]() -> Result<JournalCounts> {
    JournalCounts counts;
    std::array<uint64_t, kErrorCodeCount> failed{};
    JournalRow row;
    Place place;
    for (bool more = true; more;) {
      const auto read = ReadPage(page_rows_, place, [&]() -> Status {
        if (Status status = ReadRow(page_rows_, 2, connection_.decoders(), row); !status) return status;
        ++(row.status == PictureStatus::kMade      ? counts.made
           : row.status == PictureStatus::kSkipped ? counts.skipped
                                                   : counts.failed);
        if (row.status == PictureStatus::kMade && row.error) ++counts.salvaged;
        counts.outputs += row.outputs.size();
        if (row.status == PictureStatus::kFailed && row.error) ++failed[static_cast<size_t>(row.error->code)];
        return {};
      });
      if (!read) return tl::unexpected<Error>(read.error());
      more = *read;
    }
    // Only whether they can be read.
    UrlValidators validators;
    place = {};
    for (bool more = connection_.has_validators(); more;) {
      const auto read = ReadPage(page_validators_, place,
                                 [&]() -> Status { return ReadValidators(page_validators_, 2, validators); });
      if (!read) return tl::unexpected<Error>(read.error());
      more = *read;
    }
    for (size_t i = 0; i < failed.size(); ++i) {
      if (failed[i] != 0) counts.failed_by_code.emplace_back(static_cast<ErrorCode>(i), failed[i]);
    }
    std::stable_sort(counts.failed_by_code.begin(), counts.failed_by_code.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    return counts;
  });
}

Result<bool> JournalPages::HasRows() {
  return connection_.Reading([&]() -> Result<bool> {
    const auto found = connection_.database().Number("SELECT EXISTS(SELECT 1 FROM picture)");
    if (!found) return tl::unexpected<Error>(found.error());
    return *found != 0;
  });
}

}  // namespace tbbthumbs
