#include "pipeline/url_fetcher.h"

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <future>
#include <map>
#include <mutex>
#include <new>
#include <random>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "pipeline/body_budget.h"
#include "pipeline/buffer_pool.h"
#include "pipeline/curl_library.h"
#include "pipeline/thread_name.h"
#include "pipeline/url_schedule.h"
#include "pipeline/url_transfer.h"

namespace tbbthumbs {
namespace {

using Clock = UrlSchedule::Clock;

// What a body is taken to have before any has come.
constexpr size_t kFirstGuess = size_t{128} << 10;
// How often a transfer that we have made to wait is begun again at no cost: servers lose patience.
constexpr int kMostForgiven = 10;
// Of a wait for nothing in particular; whoever wants something wakes the thread.
constexpr int kMostMilliseconds = 60'000;

Fetched FetchError(ErrorCode code, std::string message) {
  Fetched fetched;
  fetched.error = Error{code, std::move(message)};
  return fetched;
}

// Of what was stopped, or could not go on; no message is so long that it needs memory.
Fetched Dropped(ErrorCode code) { return FetchError(code, code == ErrorCode::kStopped ? "stopped" : "no memory"); }

struct Task {
  UrlRequest request;
  std::function<void(Fetched)> done;
  int attempts = 0;
  int forgiven = 0;
};

}  // namespace

class UrlFetcher::Loop {
 public:
  Loop(const UrlOptions& options, const UrlLimits& limits)
      : options_(options),
        limits_(limits),
        budget_(BodyBudget::Make(limits.held_bytes, limits.in_order)),
        schedule_({options.connections, options.per_host, options.requests_per_second}) {}
  ~Loop();

  void Start(UrlRequest request, std::function<void(Fetched)> done);
  void Stop();
  UrlSummary summary() const;

 private:
  struct Cleanup {
    void operator()(CURLM* multi) const { Curl().multi_cleanup(multi); }
  };

  // With the mutex held. False: there is none.
  bool StartThread();
  void Run();
  void Work();
  void TakeIncoming();
  // Whether one ended at once.
  bool BeginTransfers();
  bool Begin(uint64_t seq);
  bool HasRoomFor(uint64_t seq);
  bool MayExceed(uint64_t seq);
  void ResumePaused();
  void EndTransfers();
  void End(UrlTransfer& transfer, CURLcode code);
  // Whether the task is to be done again.
  bool Repeat(Task& task, const TransferEnd& end);
  void Finish(uint64_t seq, Fetched fetched);
  void Wait();
  void DropAll();

  const UrlOptions& options_;
  const UrlLimits limits_;
  const std::shared_ptr<BodyBudget> budget_;

  // Of the thread alone.
  std::unique_ptr<CURLM, Cleanup> multi_;  // made before it starts; wakeups come from all
  std::optional<TransferSettings> settings_;
  UrlSchedule schedule_;
  std::map<uint64_t, Task> tasks_;  // all that have not ended
  std::map<uint64_t, std::unique_ptr<UrlTransfer>> running_;
  std::vector<std::unique_ptr<UrlTransfer>> idle_;
  uint64_t favourite_ = 0;     // where they come in any order: while it runs, no other may go over the limit
  Clock::time_point asked_{};  // when the schedule was asked last: what has changed since is to be waited for
  size_t average_bytes_ = kFirstGuess;
  std::minstd_rand random_{std::random_device()()};

  mutable std::mutex mutex_;  // guards all below
  std::vector<Task> incoming_;
  std::optional<ErrorCode> stopped_;  // kStopped, or kOutOfMemory
  UrlSummary summary_;

  std::jthread thread_;  // last: it uses all of the above
};

UrlFetcher::Loop::~Loop() {
  Stop();
  budget_->OnRoom(nullptr);
  if (thread_.joinable()) thread_.join();
}

bool UrlFetcher::Loop::StartThread() {
  if (thread_.joinable()) return true;
  if (LoadCurl() == nullptr) return false;
  multi_.reset(Curl().multi_init());
  if (multi_ == nullptr) return false;
  Curl().multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(options_.connections));
  Curl().multi_setopt(multi_.get(), CURLMOPT_MAX_CONCURRENT_STREAMS, static_cast<long>(options_.connections));
  budget_->OnRoom([multi = multi_.get()] { Curl().multi_wakeup(multi); });
  try {
    thread_ = std::jthread([this] { Run(); });
  } catch (const std::system_error&) {
    return false;
  }
  return true;
}

void UrlFetcher::Loop::Start(UrlRequest request, std::function<void(Fetched)> done) {
  Task task{std::move(request), std::move(done)};
  ErrorCode why = ErrorCode::kOutOfMemory;
  try {
    const std::lock_guard lock(mutex_);
    if (stopped_) {
      why = *stopped_;
    } else if (StartThread()) {
      incoming_.push_back(std::move(task));
      // The others have woken it.
      if (incoming_.size() == 1) Curl().multi_wakeup(multi_.get());
      return;
    }
  } catch (const std::bad_alloc&) {
    // The task is still here.
  }
  task.done(Dropped(why));
}

void UrlFetcher::Loop::Stop() {
  const std::lock_guard lock(mutex_);
  if (!stopped_) stopped_ = ErrorCode::kStopped;
  if (multi_ != nullptr) Curl().multi_wakeup(multi_.get());
}

UrlSummary UrlFetcher::Loop::summary() const {
  const std::lock_guard lock(mutex_);
  UrlSummary summary = summary_;
  summary.peak_held_bytes = budget_->peak();
  return summary;
}

void UrlFetcher::Loop::Run() {
  NameThisThread("tbbt-fetch");
  // What it writes to may be closed; that is an error of that transfer alone.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  try {
    Work();
  } catch (const std::bad_alloc&) {
    const std::lock_guard lock(mutex_);
    if (!stopped_) stopped_ = ErrorCode::kOutOfMemory;
  }
  DropAll();
}

// Until it is stopped.
void UrlFetcher::Loop::Work() {
  const std::string agent =
      options_.user_agent.empty() ? "tbbthumbs/" TBBTHUMBS_VERSION " (thumbnails)" : options_.user_agent;
  settings_.emplace(
      TransferSettings{options_, limits_, agent, ProxyAddresses(options_.proxy), std::make_shared<BufferPool>()});
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) return;
    }
    TakeIncoming();
    int still_running = 0;
    Curl().multi_perform(multi_.get(), &still_running);
    EndTransfers();
    // What can't be begun ends, and another may then be the first in turn.
    do {
      ResumePaused();
    } while (BeginTransfers());
    Wait();
  }
}

void UrlFetcher::Loop::TakeIncoming() {
  std::vector<Task> incoming;
  {
    const std::lock_guard lock(mutex_);
    incoming.swap(incoming_);
  }
  for (Task& task : incoming) {
    const uint64_t seq = task.request.seq;
    try {
      schedule_.Add(seq, task.request.url->origin);
      tasks_.emplace(seq, std::move(task));
    } catch (const std::bad_alloc&) {
      // It can't be begun; all others of these have to be told as well.
      for (Task& lost : incoming) {
        if (lost.done) lost.done(Dropped(ErrorCode::kOutOfMemory));
      }
      throw;
    }
  }
}

bool UrlFetcher::Loop::MayExceed(uint64_t seq) {
  uint64_t first = tasks_.begin()->first;
  if (!limits_.in_order) {
    if (!running_.contains(favourite_)) favourite_ = running_.empty() ? seq : running_.begin()->first;
    first = favourite_;
  }
  return seq == first && budget_->MayExceed(seq);
}

bool UrlFetcher::Loop::HasRoomFor(uint64_t seq) {
  // One body that is far larger than the others must not keep all others from being begun.
  const size_t most = std::max(limits_.held_bytes / 4, average_bytes_);
  size_t expected = average_bytes_;
  for (const auto& [number, transfer] : running_) {
    expected += std::clamp(transfer->expected_bytes(), average_bytes_, most);
  }
  return budget_->FitsBesideWhole(expected) || MayExceed(seq);
}

bool UrlFetcher::Loop::BeginTransfers() {
  bool ended = false;
  while (!schedule_.empty()) {
    // The one that all wait for must not wait itself for transfers that wait.
    const bool any_paused =
        std::any_of(running_.begin(), running_.end(), [](const auto& one) { return one.second->paused(); });
    const uint64_t first = *schedule_.first();
    const bool force = any_paused && limits_.in_order && MayExceed(first);
    asked_ = Clock::now();
    const auto seq = schedule_.Next(asked_, force);
    if (!seq || !HasRoomFor(*seq)) break;
    ended |= Begin(*seq);
  }
  return ended;
}

bool UrlFetcher::Loop::Begin(uint64_t seq) {
  schedule_.Begin(seq, Clock::now());
  const Task& task = tasks_.at(seq);
  std::unique_ptr<UrlTransfer> transfer;
  if (idle_.empty()) {
    transfer = std::make_unique<UrlTransfer>(*settings_, [this](uint64_t number) { return MayExceed(number); });
  } else {
    transfer = std::move(idle_.back());
    idle_.pop_back();
  }
  const bool http1 = schedule_.AvoidsHttp2(task.request.url->origin);
  Status status = transfer->Prepare(task.request, budget_->Begin(seq), http1);
  if (status && Curl().multi_add_handle(multi_.get(), transfer->handle()) != CURLM_OK) {
    status = Fail(ErrorCode::kOutOfMemory, "no memory to fetch it");
  }
  if (status) {
    running_.emplace(seq, std::move(transfer));
    const std::lock_guard lock(mutex_);
    ++summary_.requests;
    return false;
  }
  if (status.error().code != ErrorCode::kOutOfMemory) idle_.push_back(std::move(transfer));
  schedule_.End(task.request.url->origin, false);
  Finish(seq, FetchError(status.error().code, std::move(status.error().message)));
  return true;
}

void UrlFetcher::Loop::ResumePaused() {
  for (auto it = running_.begin(); it != running_.end();) {
    UrlTransfer& transfer = *it->second;
    ++it;  // End takes it away
    const CURLcode code = transfer.TryToGoOn();
    if (code != CURLE_OK) {
      Curl().multi_remove_handle(multi_.get(), transfer.handle());
      End(transfer, code);
    }
  }
}

void UrlFetcher::Loop::EndTransfers() {
  int left = 0;
  while (const CURLMsg* const message = Curl().multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    char* transfer = nullptr;
    Curl().easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    const CURLcode code = message->data.result;
    Curl().multi_remove_handle(multi_.get(), message->easy_handle);
    End(*reinterpret_cast<UrlTransfer*>(transfer), code);
  }
}

void UrlFetcher::Loop::End(UrlTransfer& transfer, CURLcode code) {
  const uint64_t seq = transfer.seq();
  Task& task = tasks_.at(seq);
  {
    const std::lock_guard lock(mutex_);
    summary_.bytes += transfer.received_bytes();
  }
  TransferEnd end = transfer.Finish(code);
  auto running = running_.extract(seq);
  idle_.push_back(std::move(running.mapped()));
  // Before it ends there: a server that nothing is wanted from may be forgotten.
  const bool repeats = end.fetched.error && Repeat(task, end);
  schedule_.End(task.request.url->origin, end.spoke_http2);
  if (repeats) return;
  if (end.fetched.body != nullptr) {
    average_bytes_ = (7 * average_bytes_ + static_cast<size_t>(end.fetched.body->size())) / 8;
  }
  if (end.fetched.error && end.may_pass && task.attempts > 0) {
    end.fetched.error->message += " (asked " + std::to_string(task.attempts + 1) + " times)";
  }
  if (end.fetched.unchanged) {
    const std::lock_guard lock(mutex_);
    ++summary_.not_modified;
  }
  Finish(seq, std::move(end.fetched));
}

bool UrlFetcher::Loop::Repeat(Task& task, const TransferEnd& end) {
  const auto now = Clock::now();
  const std::string& origin = task.request.url->origin;
  if (end.needs_http1) schedule_.AvoidHttp2(origin);
  if (end.retry_after.count() > 0) schedule_.Rest(origin, now + std::min(end.retry_after, options_.longest_wait));
  if (!end.may_pass) return false;
  std::chrono::milliseconds wait{0};
  if (end.was_paused && task.forgiven < kMostForgiven) {
    ++task.forgiven;
  } else if (task.attempts < options_.retries) {
    // Full jitter: what many have lost at once is not asked for again at once.
    const auto longest = std::min<std::chrono::milliseconds>(
        options_.longest_wait, options_.first_wait * (1LL << std::min(task.attempts, 20)));
    wait = std::chrono::milliseconds(
        std::uniform_int_distribution<int64_t>(0, std::max<int64_t>(longest.count(), 0))(random_));
    ++task.attempts;
  } else {
    return false;
  }
  {
    const std::lock_guard lock(mutex_);
    ++summary_.repeated;
  }
  schedule_.Add(task.request.seq, origin, now + wait);
  return true;
}

void UrlFetcher::Loop::Finish(uint64_t seq, Fetched fetched) {
  const auto task = tasks_.extract(seq);
  task.mapped().done(std::move(fetched));
}

void UrlFetcher::Loop::Wait() {
  int milliseconds = kMostMilliseconds;
  if (const auto change = schedule_.NextChange(asked_)) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*change - Clock::now()).count();
    milliseconds = static_cast<int>(std::clamp<int64_t>(left, 0, kMostMilliseconds));
  }
  Curl().multi_poll(multi_.get(), nullptr, 0, milliseconds, nullptr);
}

void UrlFetcher::Loop::DropAll() {
  for (const auto& [seq, transfer] : running_) Curl().multi_remove_handle(multi_.get(), transfer->handle());
  running_.clear();
  idle_.clear();
  std::vector<Task> incoming;
  ErrorCode why = ErrorCode::kStopped;
  {
    const std::lock_guard lock(mutex_);
    incoming.swap(incoming_);
    why = *stopped_;
  }
  while (!tasks_.empty()) Finish(tasks_.begin()->first, Dropped(why));
  for (Task& task : incoming) task.done(Dropped(why));
}

UrlFetcher::UrlFetcher(const UrlOptions& options, const UrlLimits& limits)
    : loop_(std::make_unique<Loop>(options, limits)) {}

UrlFetcher::~UrlFetcher() = default;

void UrlFetcher::Start(UrlRequest request, std::function<void(Fetched)> done) {
  loop_->Start(std::move(request), std::move(done));
}

Fetched UrlFetcher::Fetch(UrlRequest request) {
  auto promise = std::make_shared<std::promise<Fetched>>();
  std::future<Fetched> fetched = promise->get_future();
  Start(std::move(request), [promise](Fetched result) { promise->set_value(std::move(result)); });
  return fetched.get();
}

void UrlFetcher::Stop() { loop_->Stop(); }

UrlSummary UrlFetcher::summary() const { return loop_->summary(); }

}  // namespace tbbthumbs
