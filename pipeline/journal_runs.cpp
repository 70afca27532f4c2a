#include "pipeline/journal_runs.h"

#include <algorithm>
#include <utility>

#include "pipeline/journal_rows.h"

namespace tbbthumbs {
namespace {

constexpr char kBeginRun[] =
    "INSERT INTO run(options, version, label, started_ns, ended_ns, \"end\", inputs, made, up_to_date, failed, "
    "skipped, \"left\", bytes_in, bytes_out, wall_ns, cpu_ns) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
constexpr char kEndRun[] =
    "UPDATE run SET options=?2, version=?3, label=?4, started_ns=?5, ended_ns=?6, \"end\"=?7, inputs=?8, made=?9, "
    "up_to_date=?10, failed=?11, skipped=?12, \"left\"=?13, bytes_in=?14, bytes_out=?15, wall_ns=?16, cpu_ns=?17 "
    "WHERE id=?1";
constexpr char kDropRuns[] = "DELETE FROM run WHERE id<=(SELECT id FROM run ORDER BY id DESC LIMIT 1 OFFSET ?1)";
constexpr char kLastRuns[] =
    "SELECT id, options, version, label, started_ns, ended_ns, \"end\", inputs, made, up_to_date, failed, skipped, "
    "\"left\", bytes_in, bytes_out, wall_ns, cpu_ns FROM run ORDER BY id DESC LIMIT ?1";

}  // namespace

JournalRuns::JournalRuns(JournalConnection& connection)
    : connection_(connection),
      find_options_(connection.database(), "SELECT id FROM options WHERE digest=?1"),
      add_options_(connection.database(), "INSERT INTO options(digest, description) VALUES(?1, ?2)"),
      describe_options_(connection.database(), "SELECT description FROM options WHERE id=?1"),
      begin_run_(connection.database(), kBeginRun),
      end_run_(connection.database(), kEndRun),
      drop_runs_(connection.database(), kDropRuns),
      last_runs_(connection.database(), kLastRuns) {}

Result<std::optional<uint64_t>> JournalRuns::FindOptions(const std::string& digest) {
  const SqliteUse use(find_options_);
  find_options_.BindText(1, digest);
  const Result<bool> row = find_options_.Step();
  if (!row) return tl::unexpected<Error>(row.error());
  if (!*row) return std::nullopt;
  return static_cast<uint64_t>(find_options_.Int(0));
}

Result<std::optional<uint64_t>> JournalRuns::FindOptionsId(const std::string& digest) {
  return connection_.Reading([&] { return FindOptions(digest); });
}

Result<uint64_t> JournalRuns::OptionsId(const std::string& digest, const std::string& description) {
  const auto known = FindOptionsId(digest);
  if (!known) return tl::unexpected<Error>(known.error());
  if (*known) return **known;
  return connection_.Writing([&]() -> Result<uint64_t> {
    // Another process may have been faster.
    const auto found = FindOptions(digest);
    if (!found) return tl::unexpected<Error>(found.error());
    if (*found) return **found;
    const SqliteUse use(add_options_);
    add_options_.BindText(1, digest);
    add_options_.BindText(2, description);
    if (Status status = add_options_.Run(); !status) return tl::unexpected<Error>(std::move(status.error()));
    return static_cast<uint64_t>(connection_.database().LastId());
  });
}

Result<std::string> JournalRuns::OptionsDescription(uint64_t id) {
  return connection_.Reading([&]() -> Result<std::string> {
    const SqliteUse use(describe_options_);
    describe_options_.BindInt(1, static_cast<int64_t>(id));
    const Result<bool> row = describe_options_.Step();
    if (!row) return tl::unexpected<Error>(row.error());
    if (!*row) return Fail(ErrorCode::kNotFound, "there are no such options");
    return std::string(describe_options_.Bytes(0));
  });
}

Result<uint64_t> JournalRuns::BeginRun(const JournalRun& run) {
  return connection_.Writing([&]() -> Result<uint64_t> {
    JournalRun begun = run;
    begun.ended.reset();
    begun.end.clear();
    const SqliteUse use(begin_run_);
    BindRun(begin_run_, 1, begun);
    if (Status status = begin_run_.Run(); !status) return tl::unexpected<Error>(std::move(status.error()));
    const int64_t id = connection_.database().LastId();
    const SqliteUse use_drop(drop_runs_);
    drop_runs_.BindInt(1, JournalStore::kMostRuns);
    if (Status status = drop_runs_.Run(); !status) return tl::unexpected<Error>(std::move(status.error()));
    return static_cast<uint64_t>(id);
  });
}

Status JournalRuns::EndRun(const JournalRun& run) {
  return connection_.Writing([&]() -> Status {
    const SqliteUse use(end_run_);
    end_run_.BindInt(1, static_cast<int64_t>(run.id));
    BindRun(end_run_, 2, run);
    if (Status status = end_run_.Run(); !status) return status;
    if (connection_.database().Changes() == 0) return Fail(ErrorCode::kNotFound, "there is no such run");
    return {};
  });
}

Result<std::vector<JournalRun>> JournalRuns::Runs(size_t count) {
  return connection_.Reading([&]() -> Result<std::vector<JournalRun>> {
    std::vector<JournalRun> runs;
    const SqliteUse use(last_runs_);
    last_runs_.BindInt(1, static_cast<int64_t>(std::min<size_t>(count, INT64_MAX)));
    for (;;) {
      const Result<bool> row = last_runs_.Step();
      if (!row) return tl::unexpected<Error>(row.error());
      if (!*row) return runs;
      runs.push_back(ReadRun(last_runs_, 1));
      runs.back().id = static_cast<uint64_t>(last_runs_.Int(0));
    }
  });
}

}  // namespace tbbthumbs
