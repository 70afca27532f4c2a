#include "pipeline/job.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "pipeline/confined_file_system.h"
#include "pipeline/cpu_count.h"
#include "pipeline/file_system.h"
#include "pipeline/grace_timer.h"
#include "pipeline/input_count.h"
#include "pipeline/journal.h"
#include "pipeline/name_planner.h"
#include "pipeline/name_template.h"
#include "pipeline/result_queue.h"
#include "pipeline/run_clock.h"
#include "pipeline/source.h"
#include "pipeline/stages.h"
#include "pipeline/start_threads.h"
#include "pipeline/task_graph.h"
#include "pipeline/thread_name.h"
#include "pipeline/thumbnail_maker.h"
#include "pipeline/url.h"

namespace tbbthumbs {
namespace {

constexpr size_t kQueuedResults = 1024;

Status CheckUrlOptions(const UrlOptions& options) {
  const auto senseless = [](std::string message) { return Fail(ErrorCode::kUnsupported, std::move(message)); };
  const auto is_number_of_transfers = [](int n) { return n >= 1 && n <= UrlOptions::kMostConnections; };
  if (!is_number_of_transfers(options.connections) || !is_number_of_transfers(options.per_host)) {
    return senseless("at least one connection is needed, and no more than " +
                     std::to_string(UrlOptions::kMostConnections));
  }
  if (!(options.requests_per_second >= 0) || options.retries < 0 || options.held_bytes == 0) {
    return senseless("neither requests a second nor retries can be negative, and something must be held");
  }
  if (options.first_wait.count() < 0 || options.longest_wait.count() < 0 || options.connect_time.count() < 1 ||
      options.stall_time.count() < 1) {
    return senseless("a time to wait is too short");
  }
  return {};
}

Status CheckOptions(const JobOptions& options) {
  const auto senseless = [](std::string message) { return Fail(ErrorCode::kUnsupported, std::move(message)); };
  if (options.output.empty()) return senseless("no output directory");
  if (options.specs.sizes.empty()) return senseless("no size is wanted");
  if (Status status = CheckEncoding(options.specs); !status) return status;
  if (options.threads < 0 || options.tokens < 0 || options.io_threads < 1) {
    return senseless("threads and tokens can't be negative, and at least one I/O thread is needed");
  }
  if (options.read_ahead_bytes == 0) return senseless("nothing may be read ahead");
  if (options.memory_bytes > 0 && options.memory_bytes < JobOptions::kLeastMemoryBytes) {
    return senseless("less memory than 64 MiB");
  }
  if (options.input.part && (!options.input.paths.empty() || !options.input.lists.empty() || options.keep_open)) {
    return senseless("a part of a plan has no other inputs");
  }
  if (Status status = CheckUrlOptions(options.urls); !status) return status;
  return CheckNameOptions(options.names, options.specs);
}

// {total} must be known before the first name is.
Status CheckTotalIsKnown(FileSystem& file_system, const JobOptions& options) {
  const auto name_template = NameTemplate::Parse(options.names.name_template);
  if (!name_template || !name_template->Uses(NameField::kTotal)) return {};
  if (!options.keep_open && CanCountInputs(file_system, options.input)) return {};
  return Fail(ErrorCode::kUnsupported,
              "{total} in names: the inputs can't be counted before the run (a list is no regular file)");
}

// Thumbnails among their own inputs would become inputs of the next run.
Status CheckInputsOutsideOutput(FileSystem& file_system, const JobOptions& options) {
  const auto output = file_system.Stat(options.output.string(), true);
  // A dry run makes none.
  if (!output && options.dry_run && output.error().code == ErrorCode::kNotFound) return {};
  if (!output) return tl::unexpected<Error>(output.error());
  for (const std::filesystem::path& path : options.input.paths) {
    if (LooksLikeUrl(path.native())) continue;
    if (file_system.Stat(path.string(), true) && LiesWithin(file_system, path.string(), output->id)) {
      return Fail(ErrorCode::kUnsupported, "the input " + path.string() + " is or lies in the output directory " +
                                               options.output.string() + ": choose another");
    }
  }
  return {};
}

// Made where they are missing; not among the thumbnails, whose names they may have.
Status PrepareOriginals(FileSystem& file_system, const JobOptions& options) {
  const std::string directory = options.urls.originals.string();
  if (directory.empty() || options.dry_run) return {};
  if (Status status = CreateNamedDirectory(file_system, "originals'", directory); !status) return status;
  const auto output = file_system.Stat(options.output.string(), true);
  if (!output) return tl::unexpected<Error>(output.error());
  for (const std::filesystem::path& path : options.input.paths) {
    if (LooksLikeUrl(path.native())) continue;
    const auto input = file_system.Stat(path.string(), true);
    if (!input || input->kind != FileKind::kDirectory || !LiesWithin(file_system, directory, input->id)) continue;
    return Fail(ErrorCode::kUnsupported, "the originals' directory " + directory + " is or lies in the input " +
                                             path.string() + ": choose another");
  }
  if (!LiesWithin(file_system, directory, output->id)) return {};
  return Fail(ErrorCode::kUnsupported, "the originals' directory " + directory +
                                           " is or lies in the output directory " + options.output.string() +
                                           ": choose another");
}

Status CheckAuthorities(FileSystem& file_system, const UrlOptions& options) {
  if (options.authorities.empty()) return {};
  const auto file = file_system.Open(options.authorities.string());
  if (file) return {};
  return Fail(ErrorCode::kUnsupported,
              "the authorities' file " + options.authorities.string() + ": " + file.error().message);
}

// Others may write there too.
std::vector<std::string> OutputDirectories(const JobOptions& options) {
  std::vector<std::string> directories = {options.output.string()};
  if (!options.urls.originals.empty()) directories.push_back(options.urls.originals.string());
  return directories;
}

// With the number of threads that it will have.
JobOptions WithThreads(JobOptions options) {
  options.threads = std::min(options.threads > 0 ? options.threads : UsableCpus(), MaxTaskThreads());
  return options;
}

std::chrono::nanoseconds CpuTimeSoFar(const JobOptions& options) {
  return ProcessCpuTime() + (options.maker ? options.maker->CpuTime() : std::chrono::nanoseconds(0));
}

}  // namespace

class Job::Impl {
 public:
  // `journal`: may be null.
  Impl(JobOptions options, std::unique_ptr<Journal> journal);
  ~Impl();

  void Start();
  Progress progress() const;
  void Pause();
  void Resume();
  void Cancel(std::chrono::nanoseconds grace);
  Status Add(std::string path, int priority) { return stages_.inputs().Add(std::move(path), priority); }
  void Finish() { stages_.inputs().Finish(); }
  std::optional<PictureResult> NextResult() { return results_.Pop(); }
  RunSummary Wait();

 private:
  void Run();
  void Report(PictureResult result);
  // Of the counters, after the graph has ended with so many threads.
  RunSummary Summarise(std::optional<Error> failure, int threads) const;

  const JobOptions options_;
  const std::string output_;
  ConfinedFileSystem file_system_;
  const int threads_;
  const int tokens_;

  RunClock clock_;
  const std::chrono::nanoseconds cpu_start_ = CpuTimeSoFar(options_);
  const std::unique_ptr<Journal> journal_;
  ResultQueue results_{kQueuedResults};
  Stages stages_;
  Source source_;
  GraceTimer grace_{[this] { stages_.Stop(); }};

  mutable std::mutex mutex_;  // guards all below: the runner ends while others wait
  std::condition_variable ended_;
  std::optional<RunSummary> summary_;
  std::optional<uint64_t> counted_;
  std::atomic<uint64_t> counted_so_far_ = 0;

  std::jthread counter_;  // last: they use all of the above
  std::jthread runner_;
};

Job::Impl::Impl(JobOptions options, std::unique_ptr<Journal> journal)
    : options_(WithThreads(std::move(options))),
      output_(options_.output.string()),
      file_system_(RealFileSystem(), OutputDirectories(options_)),
      threads_(options_.threads),
      tokens_(options_.tokens > 0 ? options_.tokens : DefaultTokens(threads_)),
      journal_(std::move(journal)),
      stages_(
          file_system_, options_, [this](PictureResult result) { Report(std::move(result)); }, [this] { Cancel({}); },
          journal_.get()),
      source_(stages_, options_.io_threads) {}

Job::Impl::~Impl() {
  Cancel({});
  Wait();
}

void Job::Impl::Start() {
  const auto count_inputs = [this](const std::stop_token& stop) {
    NameThisThread("tbbt-count");
    std::optional<uint64_t> count;
    try {
      count = CountInputs(file_system_, options_.input, output_, stop, &counted_so_far_);
    } catch (const std::bad_alloc&) {
      // The run is the same without.
    }
    const std::lock_guard lock(mutex_);
    counted_ = count;
  };
  try {
    if (options_.count_total && !options_.keep_open) counter_ = std::jthread(count_inputs);
  } catch (const std::exception&) {
    // The run is the same without.
  }
  try {
    runner_ = StartThread([this] { Run(); });
  } catch (...) {
    // Nothing will run: whoever waits, the destructor among them, must not wait for it.
    summary_.emplace();
    throw;
  }
}

void Job::Impl::Run() {
  NameThisThread("tbbt-run");
  // Whoever waits for the end must see it, whatever is thrown here.
  const auto guarded = [](const auto& f) {
    try {
      f();
      return true;
    } catch (const std::exception&) {
      return false;
    }
  };
  guarded([&] {
    if (!options_.dry_run) stages_.publisher().RemoveStaleFiles();
    if (OriginalFiles* const originals = stages_.originals()) originals->RemoveStaleFiles();
  });
  GraphEnd end = RunTaskGraph(source_, stages_, {threads_, tokens_, WritersFor(options_.io_threads)});
  source_.Stop();
  counter_.request_stop();
  guarded([&] {
    if (!options_.dry_run) stages_.publisher().RemoveTemporaryDirectory();
    if (OriginalFiles* const originals = stages_.originals()) originals->RemoveTemporaryDirectory();
  });
  RunSummary summary;
  const bool summarised = guarded([&] {
    std::optional<Error> failure = source_.failure();
    if (!end.status) failure = std::move(end.status.error());
    summary = Summarise(std::move(failure), end.threads);
    if (!journal_) return;
    journal_->Close(summary);
    summary.journal_failure = journal_->failure();
    if (const auto path = journal_->set_aside()) summary.journal_set_aside = *path;
    summary.journal_damaged = journal_->is_damaged();
  });
  // So short that it needs no memory.
  if (!summarised && !summary.fatal) summary.fatal.emplace(Error{ErrorCode::kOutOfMemory, "no memory left"});
  results_.Close(false);
  {
    const std::lock_guard lock(mutex_);
    summary_ = std::move(summary);
  }
  ended_.notify_all();
}

void Job::Impl::Report(PictureResult result) {
  if (options_.on_result) options_.on_result(result);
  if (options_.queue_results) results_.Push(std::move(result));
}

RunSummary Job::Impl::Summarise(std::optional<Error> failure, int threads) const {
  RunSummary summary = stages_.publisher().counters();
  // Of those taken: dropped by a stop, or lost with a graph that could not go on.
  const uint64_t taken = source_.taken();
  if (taken > summary.inputs) {
    summary.left += taken - summary.inputs;
    summary.inputs = taken;
    if (!failure && !stages_.stopped()) failure = Error{ErrorCode::kOutOfMemory, "no memory to report all pictures"};
  }
  {
    // Those that a stopped run has not even taken, as far as they have been counted.
    const std::lock_guard lock(mutex_);
    if (counted_ && *counted_ > summary.inputs && stages_.stopped()) {
      summary.left += *counted_ - summary.inputs;
      summary.inputs = *counted_;
    }
  }
  if (failure && !summary.fatal) summary.fatal = std::move(failure);
  summary.stopped = stages_.stopped() && !summary.fatal;
  summary.walk_errors = stages_.inputs().errors();
  summary.walk_error_count = stages_.inputs().error_count();
  summary.wall_time = clock_.Elapsed();
  summary.cpu_time = CpuTimeSoFar(options_) - cpu_start_;
  summary.threads = threads;
  summary.threads_wanted = threads_;
  summary.io_threads = source_.threads();
  summary.io_threads_wanted = options_.io_threads;
  summary.dry_run = options_.dry_run;
  summary.peak_at_once = stages_.thumbnailer().peak_at_once();
  summary.urls = stages_.fetcher().summary();
  return summary;
}

Progress Job::Impl::progress() const {
  const RunSummary counters = stages_.publisher().counters();
  Progress progress;
  progress.done = counters.inputs - counters.left;
  progress.made = counters.made;
  progress.up_to_date = counters.up_to_date;
  progress.failed = counters.failed;
  progress.bytes_in = counters.bytes_in;
  progress.elapsed = clock_.Elapsed();
  progress.paused = clock_.paused();
  progress.total = source_.total();
  const std::lock_guard lock(mutex_);
  if (!progress.total && counted_) progress.total = std::max(*counted_, progress.done);
  progress.found = progress.total.value_or(std::max(counted_so_far_.load(), progress.done));
  return progress;
}

void Job::Impl::Pause() {
  source_.Pause();
  clock_.Pause();
}

void Job::Impl::Resume() {
  clock_.Resume();
  source_.Resume();
}

void Job::Impl::Cancel(std::chrono::nanoseconds grace) {
  if (grace.count() > 0) {
    stages_.CloseInputs();
    grace_.Start(grace);
  } else {
    stages_.Stop();
  }
  source_.Stop();
}

RunSummary Job::Impl::Wait() {
  Finish();
  results_.Close(true);
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [&] { return summary_.has_value(); });
  return *summary_;
}

ResultRange::Iterator& ResultRange::Iterator::operator++() {
  current_ = range_->next_();
  return *this;
}

Job::Job(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Job::Job(Job&&) noexcept = default;
Job& Job::operator=(Job&&) noexcept = default;
Job::~Job() = default;

Progress Job::progress() const { return impl_->progress(); }
void Job::Pause() { impl_->Pause(); }
void Job::Resume() { impl_->Resume(); }
void Job::Cancel(std::chrono::nanoseconds grace) { impl_->Cancel(grace); }
Status Job::Add(const std::filesystem::path& file, int priority) { return impl_->Add(file.string(), priority); }
void Job::Finish() { impl_->Finish(); }
RunSummary Job::Wait() { return impl_->Wait(); }

ResultRange Job::Results() {
  return ResultRange([impl = impl_.get()] { return impl->NextResult(); });
}

Status PrepareJob(const JobOptions& options) {
  FileSystem& file_system = RealFileSystem();
  if (Status status = CheckOptions(options); !status) return status;
  if (Status status = CheckTotalIsKnown(file_system, options); !status) return status;
  if (Status status = CheckAuthorities(file_system, options.urls); !status) return status;
  if (!options.dry_run) {
    Status made = CreateNamedDirectory(file_system, "output", options.output.string());
    if (!made) return made;
  }
  if (Status status = CheckInputsOutsideOutput(file_system, options); !status) return status;
  return PrepareOriginals(file_system, options);
}

Result<Job> StartJob(JobOptions options) {
  if (options.names_only) {
    options.dry_run = true;
    options.journal.enabled = false;
  }
  if (Status status = PrepareJob(options); !status) return tl::unexpected<Error>(std::move(status.error()));
  try {
    std::unique_ptr<Journal> journal;
    if (options.journal.enabled) {
      auto opened = Journal::Open(options);
      if (!opened) return tl::unexpected<Error>(std::move(opened.error()));
      journal = std::move(*opened);
      if (journal) journal->Begin();
    }
    auto impl = std::make_unique<Job::Impl>(std::move(options), std::move(journal));
    impl->Start();
    return Job(std::move(impl));
  } catch (const std::bad_alloc&) {
    return Fail(ErrorCode::kOutOfMemory, "no memory to start the run");
  } catch (const std::system_error& error) {
    return Fail(ErrorCode::kInternal, std::string("no thread can be started (limits of processes and memory: "
                                                  "ulimit -u, ulimit -v): ") +
                                          error.code().message());
  } catch (const std::exception& error) {
    return Fail(ErrorCode::kInternal, std::string("starting the run: ") + error.what());
  }
}

}  // namespace tbbthumbs
