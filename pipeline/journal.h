// What a run takes from the journal, and what it leaves there.
#ifndef TBBTHUMBS_PIPELINE_JOURNAL_H_
#define TBBTHUMBS_PIPELINE_JOURNAL_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "codecs/error.h"
#include "pipeline/file_system.h"
#include "pipeline/item.h"
#include "pipeline/job.h"
#include "pipeline/journal_store.h"
#include "pipeline/run_summary.h"

namespace tbbthumbs {

// Where the journal of a run lies: JournalOptions::path, or else OUTPUT/.tbbthumbs/journal.db.
std::string JournalPath(const JournalOptions& options, const std::string& output);

// The path by which a journal has a file or directory that is named so from where the program runs. Addresses it has by
// their Url::text.
std::string JournalInput(const std::string& path);

struct OpenedJournal {
  std::unique_ptr<JournalStore> store;
  std::optional<std::string> set_aside;  // where a damaged one was put
};

// For who writes into a journal without being a run. `is_own_place`: the path is the one that no option has named; else
// what is no journal is left alone. Reads all of it, where `reads_all`, as damage may lie anywhere. Errors: those of
// JournalStore::Open, kUnsupported: it is no journal.
[[nodiscard]] Result<OpenedJournal> OpenJournal(const std::string& path, bool is_own_place, bool reads_all);

// One run's view of a journal. Rows are read by the threads that look inputs up, and written in batches by a thread of
// its own: what is recorded is safe a second later. Recall, and the questions about an item, may be asked by any
// thread; Record by one at a time.
//
// A journal that turns out to be damaged is set aside, and a new one begun, once a run: what lay in the output
// directory before is then believed by its date. Where another run has done so, this one goes on with the new one. Any
// other failure ends the journal's part in the run, and is told by Close.
class Journal {
 public:
  // Makes the journal where it is missing, but for a dry run, which has none then (null). Errors: kIo.
  static Result<std::unique_ptr<Journal>> Open(const JobOptions& options);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Before anything is looked up: writes the run's row.
  void Begin();

  // Attaches to each item what is known of it.
  void Recall(std::span<const std::unique_ptr<Item>> items);

  // What is known of an item's input, when it has not changed since: that it is no picture; why it can't be made. Not
  // where the options would have another look at it. Of a file, Item::modified and PictureResult::bytes_in are known;
  // whether an address still leads to the same picture, Item::unchanged says.
  const JournalRow* KnownNoPicture(const Item& item) const;
  const JournalRow* KnownFailure(const Item& item) const;

  // How good that word on a failure is.
  enum class Knowledge {
    kNo,  // there is none
    // Something is wrong with the picture that an address had led to: good where its server, asked with the row's
    // validators, says that it still does.
    kIfUnchanged,
    kYes,  // without asking: of a file, or that a server refuses
  };
  Knowledge KnowsFailure(const Item& item) const;

  // Whether the file `path`, which is there, is this item's thumbnail as these options would make it, and how that is
  // known; `output` is what the file system says of it.
  enum class Current { kNo, kByItsDate, kByItsRow };
  Current IsCurrent(const Item& item, std::string_view path, const FileInfo& output) const;

  // Whether it names `path` as the item's.
  bool Knows(const Item& item, std::string_view path) const;

  // Whether its row may name thumbnails that are out of use and not known to be. Its names are known.
  bool HasOthers(const Item& item) const;

  // When an item has ended, its thumbnails under their names; before its result is passed on.
  void Record(const Item& item);

  // Writes what is left, and the end of the run. No more Record.
  void Close(const RunSummary& summary);

  // Why the journal was given up during the run.
  std::optional<Error> failure() const;
  // Of a dry run, whether the journal could not be read: what is there is believed by its date, as a run would do that
  // sets it aside.
  bool is_damaged() const { return is_damaged_; }
  // Where a damaged journal was put.
  std::optional<std::string> set_aside() const;

 private:
  struct Ids {
    uint64_t pictures = 0;
    uint64_t outcomes = 0;
    std::chrono::nanoseconds created{};
  };

  explicit Journal(const JobOptions& options);

  Status OpenStore();
  Status SetAside();
  // Runs `f` on the store; see above for damage. False when there is no store (any more).
  bool WithStore(const std::function<Status(JournalStore&)>& f);
  Status BeginRun(JournalStore& store);
  Ids ids() const;
  // By which the journal has it. Nothing for what only looks like an address: that is kept nowhere.
  std::string InputOf(const InputFile& file) const;
  std::string_view RelativeToOutput(std::string_view path) const;
  // Of a thumbnail that is none of those the item has now.
  uint64_t OptionsOfOther(const JournalOutput& output, const Item& item, const Ids& now) const;
  JournalOutput OutputOf(const OutputFile& output, const Item& item, const Ids& now) const;
  // What is to be written about it; nothing where that is known.
  std::optional<JournalRow> RowOf(const Item& item) const;
  // To what is to be written.
  void Add(const Item& item);
  void WriteLoop();
  // For want of memory.
  void GiveUp();
  void StopWriting();

  const std::string path_;
  const std::string output_;  // with '/' at its end
  const bool read_only_;
  const bool retry_all_;
  const bool skips_;
  const JournalOptions options_;
  const std::string pictures_;   // DescribePictures
  const std::string outcomes_;   // DescribeOutcomes
  const std::string directory_;  // where relative inputs begin; '/' at its end
  bool is_damaged_ = false;      // and only to be read
  bool has_rows_ = true;         // when the run began

  mutable std::mutex ids_mutex_;  // guards ids_; the store's is held while a disk writes
  Ids ids_;

  mutable std::mutex store_mutex_;  // guards all below
  std::unique_ptr<JournalStore> store_;
  FileId opened_;  // which file that is, or the one that could not be opened
  JournalRun run_;
  std::optional<Error> failure_;
  std::optional<std::string> set_aside_;

  std::mutex pending_mutex_;  // guards all below; not held with the others
  std::condition_variable pending_changed_;
  std::vector<JournalEntry> pending_;
  bool closing_ = false;
  std::jthread writer_;  // last: it uses all of the above
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_JOURNAL_H_
