#include "pipeline/journal_store.h"

#include <atomic>
#include <utility>

#include "pipeline/journal_connection.h"
#include "pipeline/journal_file.h"
#include "pipeline/journal_inputs.h"
#include "pipeline/journal_pages.h"
#include "pipeline/journal_runs.h"

namespace tbbthumbs {
namespace {

class SqliteJournal final : public JournalStore {
 public:
  explicit SqliteJournal(JournalFile file) : created_(file.created), connection_(std::move(file)) {}

  FileId id() const override { return connection_.id(); }
  std::chrono::nanoseconds created() const override { return created_.load(); }

  Status Find(std::span<const std::string_view> inputs, std::span<std::optional<JournalRow>> rows) override {
    return inputs_.Find(inputs, rows);
  }
  Status Write(std::span<const JournalEntry> entries) override { return inputs_.Write(entries); }
  Status Remove(std::span<const std::string> inputs) override { return inputs_.Remove(inputs); }
  Status Clear() override {
    Status status = inputs_.Clear();
    if (status) created_ = std::chrono::nanoseconds(0);
    return status;
  }

  Status ForEach(std::optional<PictureStatus> status, const JournalPages::Visit& visit) override {
    return pages_.ForEach(status, visit);
  }
  Status ForEachIn(const std::string& directory, bool below, const JournalPages::Visit& visit) override {
    return pages_.ForEachIn(directory, below, visit);
  }
  Status ForEachDirectory(const std::function<bool(const std::string& directory)>& visit) override {
    return pages_.ForEachDirectory(visit);
  }
  Result<JournalCounts> Counts() override { return pages_.Counts(); }
  Result<bool> HasRows() override { return pages_.HasRows(); }

  Result<uint64_t> OptionsId(const std::string& digest, const std::string& description) override {
    return runs_.OptionsId(digest, description);
  }
  Result<std::optional<uint64_t>> FindOptionsId(const std::string& digest) override {
    return runs_.FindOptionsId(digest);
  }
  Result<std::string> OptionsDescription(uint64_t id) override { return runs_.OptionsDescription(id); }
  Result<uint64_t> BeginRun(const JournalRun& run) override { return runs_.BeginRun(run); }
  Status EndRun(const JournalRun& run) override { return runs_.EndRun(run); }
  Result<std::vector<JournalRun>> Runs(size_t count) override { return runs_.Runs(count); }

 private:
  std::atomic<std::chrono::nanoseconds> created_;
  JournalConnection connection_;
  JournalInputs inputs_{connection_};
  JournalPages pages_{connection_, inputs_};
  JournalRuns runs_{connection_};
};

}  // namespace

Result<std::unique_ptr<JournalStore>> JournalStore::Open(const std::string& path, Mode mode) {
  return WithoutExceptions([&]() -> Result<std::unique_ptr<JournalStore>> {
    auto file = OpenJournalFile(path, mode);
    if (!file) return tl::unexpected<Error>(std::move(file.error()));
    return std::make_unique<SqliteJournal>(std::move(*file));
  });
}

}  // namespace tbbthumbs
