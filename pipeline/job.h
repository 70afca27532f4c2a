// Thumbnails of many pictures, made in the background: the public face of the library.
//
//   tbbthumbs::JobOptions options;
//   options.input.paths = {"photos"};
//   options.output = "thumbs";
//   auto job = tbbthumbs::StartJob(options);      // returns at once
//   ...                                           // whatever else the program does
//   tbbthumbs::RunSummary summary = job->Wait();
#ifndef TBBTHUMBS_PIPELINE_JOB_H_
#define TBBTHUMBS_PIPELINE_JOB_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "codecs/error.h"
#include "codecs/limits.h"
#include "codecs/thumbnail_spec.h"
#include "pipeline/input_options.h"
#include "pipeline/name_options.h"
#include "pipeline/run_summary.h"
#include "pipeline/url_options.h"

namespace tbbthumbs {

class ThumbnailMaker;  // pipeline/thumbnail_maker.h

// What happens when a thumbnail is there already.
enum class IfExists {
  kUpdate,     // made anew unless the journal knows it for one of this picture as it is, by these options; or unless,
               // where it was there before the journal, or there is none, it is newer than its picture; never if empty
  kSkip,       // left as it is, whatever its age
  kOverwrite,  // made anew
  kFail,       // an error of that picture: kExists
};

// What is kept from run to run: of each input its size and date, what came of it, and which thumbnails it has. An
// SQLite database, written by one run at a time, row by row (see JournalStore). A plain value.
struct JournalOptions {
  // Without it inputs are compared with their thumbnails by their dates alone, and failures are tried again each time.
  bool enabled = true;
  std::filesystem::path path;  // empty: OUTPUT/.tbbthumbs/journal.db
  bool retry_failed = false;   // also what has failed before and has not changed since
  bool forget = false;         // drops all that it knows first
  std::string label;           // of the run, for who reads the journal
  // Thumbnails that it does not know are believed by their dates where they were made before this, since 1970; nothing:
  // before the journal was.
  std::optional<std::chrono::nanoseconds> trusts_before{};
  // All runs with these sizes name alike: what an input has under another name is out of use (see PruneOptions).
  bool one_naming = false;
  bool only_news = false;  // the run is noted when it ends, and only if it has made something or something has failed
};

// In which order pictures are worked on and their results come. Numbers and names are always by the order of the
// inputs.
enum class WorkOrder {
  kList,     // that of the inputs: one that is slow to come holds up those behind it
  kArrival,  // as they have been read or fetched; names that headers decide about need the other
};

// A plain value.
struct JobOptions {
  InputOptions input;

  // Where the thumbnails go; made when missing. The {dir} of their names: one input directory maps onto OUTPUT itself,
  // several each onto OUTPUT/<name>, lists mirror their relative paths. What lies in it is never taken as input.
  std::filesystem::path output;
  IfExists if_exists = IfExists::kUpdate;
  NameOptions names;
  JournalOptions journal;

  // Reads the headers of the pictures, decides as the run would, and writes nothing: what would be made ends as
  // kPlanned, with its names.
  bool dry_run = false;
  // A dry run that only names its inputs: looks at them as far as the names ask for it, at the output not at all. All
  // that have names end as kPlanned.
  bool names_only = false;

  SpecSet specs;
  DecodeLimits limits;
  // Who reads headers and makes the thumbnails, in the place of this process; null: nobody. Jobs may share it.
  std::shared_ptr<ThumbnailMaker> maker;

  // Worker threads; 0: the CPUs this process may use (affinity and cgroup quota). The library never starts more than
  // oneTBB allows (tbb::global_control is the program's to set).
  int threads = 0;
  // Pictures in flight at once; 0: 64 per thread, at least 64, at most 1024. Costs a few hundred bytes each, and a
  // finished thumbnail's bytes while it waits for its turn.
  int tokens = 0;
  // Threads that look up and read files ahead. More help storage that answers slowly; from 3 on as many others write
  // the thumbnails, which the workers do by themselves where that is quick.
  int io_threads = 2;
  // Bytes of files read ahead that wait for a worker; and at most so many of each file that is worked on, the rest is
  // read as it is needed. At least one picture is always admitted. Many io_threads are of use only with more of it.
  size_t read_ahead_bytes = size_t{16} << 20;
  // Of the whole process, about: pictures are admitted by what they will hold while they are worked on, as their
  // headers say, besides the limits above. Large ones go one at a time; one that can't fit is kTooLarge. 0: no such
  // limit. At least kLeastMemoryBytes.
  uint64_t memory_bytes = 0;
  static constexpr uint64_t kLeastMemoryBytes = uint64_t{64} << 20;

  UrlOptions urls;
  WorkOrder order = WorkOrder::kList;

  // Counts the files below the input directories in the background first, so that Progress::total is known early.
  bool count_total = false;

  // Stay open for Job::Add after the inputs above are through, until Job::Finish.
  bool keep_open = false;

  // Called once for every input that has ended (not for those left by a stop), in the order that `order` says, one call
  // at a time, from background threads. Must not throw; while it takes its time the run waits.
  std::function<void(const PictureResult&)> on_result;
  // Also keep the results for Job::Results. At most 1024 wait; then the run waits for the reader.
  bool queue_results = false;
};

// A moment of a run.
struct Progress {
  uint64_t done = 0;              // inputs that have ended in any way
  std::optional<uint64_t> total;  // all inputs, once known
  uint64_t found = 0;             // inputs known of so far, done ones among them: `total` once that is known
  uint64_t made = 0;
  uint64_t up_to_date = 0;
  uint64_t failed = 0;
  uint64_t bytes_in = 0;
  std::chrono::nanoseconds elapsed{};  // without the time spent paused
  bool paused = false;
};

// The results of a job as an input range: blocks until the next one is there, ends with the run.
class ResultRange {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = PictureResult;
    using difference_type = std::ptrdiff_t;
    using pointer = const PictureResult*;
    using reference = const PictureResult&;

    Iterator() = default;
    reference operator*() const { return *current_; }
    pointer operator->() const { return &*current_; }
    Iterator& operator++();
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return !it.current_; }

   private:
    friend class ResultRange;
    explicit Iterator(ResultRange* range) : range_(range) { ++*this; }
    ResultRange* range_ = nullptr;
    std::optional<PictureResult> current_;
  };

  Iterator begin() { return Iterator(this); }
  std::default_sentinel_t end() const { return {}; }

 private:
  friend class Job;
  explicit ResultRange(std::function<std::optional<PictureResult>()> next) : next_(std::move(next)) {}
  std::function<std::optional<PictureResult>()> next_;
};

// A run in the background. All members may be called from any thread, but for the destructor and moves.
class Job {
 public:
  Job(Job&&) noexcept;
  Job& operator=(Job&&) noexcept;
  // Cancels and waits.
  ~Job();

  Progress progress() const;

  // Starts no further picture until Resume; those begun are finished.
  void Pause();
  void Resume();

  // Ends the run soon: no picture is begun any more, those being worked on have `grace` to be finished and are then
  // given up at the next band of rows. Everything not finished counts as left; no half-written file stays. Returns at
  // once. Called again, the earlier end counts.
  void Cancel(std::chrono::nanoseconds grace = {});

  // One more file, or picture on the web, before or while the run lasts (with keep_open: until Finish). Higher
  // priorities go first; the files of JobOptions::input have priority 0 and, among equals, come first come first
  // served. Errors: kStopped when the run has ended or no longer takes any.
  [[nodiscard]] Status Add(const std::filesystem::path& file, int priority = 0);
  // No more Add.
  void Finish();

  // The results not read yet, one by one as they come; needs JobOptions::queue_results. The job must outlive the range.
  ResultRange Results();

  // Calls Finish, waits for the end, and returns what came of it. May be called more than once. Results that nobody has
  // read by then are dropped.
  RunSummary Wait();

 private:
  class Impl;
  explicit Job(std::unique_ptr<Impl> impl);
  friend Result<Job> StartJob(JobOptions options);
  std::unique_ptr<Impl> impl_;
};

// The first half of StartJob, for who limits the process before there are threads: checks the options and makes the
// output directory, and that of originals (but for dry_run). Errors: those of StartJob.
[[nodiscard]] Status PrepareJob(const JobOptions& options);

// Checks the options, makes the output directory (but for dry_run) and starts the run. Errors: kUnsupported (options
// that make no sense; an input that lies in the output directory, or is it), kIo and kNoSpace (the output directory).
// An input that does not exist is a failure of that input, not of the job.
[[nodiscard]] Result<Job> StartJob(JobOptions options);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_JOB_H_
