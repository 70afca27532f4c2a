#include "bench/strategies/async_io.h"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <semaphore>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "bench/io/event_loop.h"
#include "bench/io/fiber_queue.h"
#include "bench/io/uring_file_system.h"
#include "pipeline/thread_name.h"

namespace tbbthumbs::bench {
namespace {

using ItemPtr = std::unique_ptr<Item>;

// Lets reads begin while the budget has room, first come, first served. Of the loop's thread.
class Admission {
 public:
  Admission(EventLoop& loop, ByteBudget& budget) : loop_(loop), budget_(budget) {}

  // On a fiber: waits for room. Without waiters nothing is held or someone will call AdmitMore.
  ByteClaim Take(size_t bytes) {
    if (waiting_.empty() && budget_.HasRoom(bytes)) return budget_.Charge(bytes);
    Waiter waiter{Fiber::Current(), bytes, {}};
    waiting_.push_back(&waiter);
    loop_.Park();
    return std::move(waiter.claim);
  }

  // After bytes may have been given back.
  void AdmitMore() {
    while (!waiting_.empty() && budget_.HasRoom(waiting_.front()->bytes)) {
      Waiter& waiter = *waiting_.front();
      waiting_.pop_front();
      waiter.claim = budget_.Charge(waiter.bytes);
      loop_.Unpark(waiter.fiber);
    }
  }

 private:
  struct Waiter {
    Fiber* fiber;
    size_t bytes;
    ByteClaim claim;
  };

  EventLoop& loop_;
  ByteBudget& budget_;
  std::deque<Waiter*> waiting_;
};

class AsyncIo {
 public:
  AsyncIo(Stages& stages, const Knobs& knobs, EventLoop& loop)
      : stages_(stages),
        loop_(loop),
        tokens_(std::max(knobs.tokens, 1)),
        admission_(loop, stages.budget()),
        to_read_(loop),
        to_write_(loop),
        free_tokens_(tokens_) {}

  Status Run(int threads);

 private:
  // Threads of their own.
  void ListInputs();
  void Compute();

  // On the loop's thread.
  void TakeNews();
  void CloseWhenDone();

  // Fibers, each as many as may read or write at once.
  void ReadItems();
  void FetchFromServer(Item& item);
  void WriteItems();
  void PublishInOrder(ItemPtr item);

  void PushToCompute(ItemPtr item);
  void CloseCompute();

  Stages& stages_;
  EventLoop& loop_;
  const int tokens_;

  // Of the loop's thread alone.
  Admission admission_;
  FiberQueue<ItemPtr> to_read_;
  FiberQueue<ItemPtr> to_write_;
  std::map<uint64_t, ItemPtr> parked_;  // written, and waiting for their turn
  uint64_t next_ = 0;                   // to be published
  bool publishing_ = false;
  uint64_t taken_ = 0;
  bool all_taken_ = false;

  // Given back for each picture published; the lister takes one for each input.
  std::counting_semaphore<> free_tokens_;

  // What a fiber waits for.
  struct Arrival {
    Fiber* fiber;
    Fetched fetched;
  };

  std::mutex news_mutex_;  // guards what the loop has not yet been told
  std::vector<ItemPtr> listed_;
  std::vector<ItemPtr> computed_;
  std::vector<Arrival*> arrived_;
  bool all_listed_ = false;

  std::mutex compute_mutex_;  // guards the pool's queue
  std::condition_variable compute_changed_;
  std::deque<ItemPtr> to_compute_;
  bool compute_closed_ = false;
};

Status AsyncIo::Run(int threads) {
  std::vector<std::jthread> started;
  try {
    for (int i = 0; i < std::max(threads, 1); ++i) {
      started.emplace_back([this, i] {
        NameThisThread("tbbt-work-" + std::to_string(i));
        Compute();
      });
    }
    started.emplace_back([this] {
      NameThisThread("tbbt-list");
      ListInputs();
    });
  } catch (const std::system_error& error) {
    CloseCompute();
    return Fail(ErrorCode::kInternal, std::string("starting a thread: ") + error.what());
  }
  for (int i = 0; i < std::min(tokens_, kReadsAtOnce); ++i) loop_.Spawn([this] { ReadItems(); });
  for (int i = 0; i < std::min(tokens_, kWritesAtOnce); ++i) loop_.Spawn([this] { WriteItems(); });
  loop_.Run([this] { TakeNews(); });
  CloseCompute();
  return {};
}

void AsyncIo::ListInputs() {
  for (bool last = false; !last;) {
    free_tokens_.acquire();
    ItemPtr item = stages_.items().Next();
    last = item == nullptr;
    {
      const std::lock_guard lock(news_mutex_);
      if (last) {
        all_listed_ = true;
      } else {
        listed_.push_back(std::move(item));
      }
    }
    loop_.Wake();
  }
}

void AsyncIo::Compute() {
  for (;;) {
    ItemPtr item;
    {
      std::unique_lock lock(compute_mutex_);
      compute_changed_.wait(lock, [&] { return !to_compute_.empty() || compute_closed_; });
      if (to_compute_.empty()) return;
      item = std::move(to_compute_.front());
      to_compute_.pop_front();
    }
    item->claim.BeginWork();
    loop_.Wake();  // there may be room for the next read
    stages_.thumbnailer().Process(*item);
    {
      const std::lock_guard lock(news_mutex_);
      computed_.push_back(std::move(item));
    }
    loop_.Wake();
  }
}

void AsyncIo::PushToCompute(ItemPtr item) {
  {
    const std::lock_guard lock(compute_mutex_);
    to_compute_.push_back(std::move(item));
  }
  compute_changed_.notify_one();
}

void AsyncIo::CloseCompute() {
  {
    const std::lock_guard lock(compute_mutex_);
    compute_closed_ = true;
  }
  compute_changed_.notify_all();
}

void AsyncIo::TakeNews() {
  std::vector<ItemPtr> listed;
  std::vector<ItemPtr> computed;
  std::vector<Arrival*> arrived;
  {
    const std::lock_guard lock(news_mutex_);
    listed.swap(listed_);
    computed.swap(computed_);
    arrived.swap(arrived_);
    all_taken_ = all_listed_;
  }
  taken_ += listed.size();
  for (const Arrival* arrival : arrived) loop_.Unpark(arrival->fiber);
  for (ItemPtr& item : computed) to_write_.Push(std::move(item));
  for (ItemPtr& item : listed) to_read_.Push(std::move(item));
  admission_.AdmitMore();
  CloseWhenDone();
}

void AsyncIo::CloseWhenDone() {
  if (!all_taken_ || next_ < taken_) return;
  to_read_.Close();
  to_write_.Close();
}

void AsyncIo::ReadItems() {
  while (std::optional<ItemPtr> popped = to_read_.Pop()) {
    ItemPtr item = std::move(*popped);
    if (stages_.stopped()) item->Fail({ErrorCode::kStopped, "stopped"});
    if (!item->ended) {
      const size_t bytes = stages_.LookUp(*item);
      if (!item->ended) item->claim = admission_.Take(bytes);
      if (!item->ended && item->file.url != nullptr) {
        FetchFromServer(*item);
      } else {
        stages_.Fetch(*item, bytes);
      }
    }
    if (item->ended) {
      admission_.AdmitMore();
      PublishInOrder(std::move(item));
    } else {
      PushToCompute(std::move(item));
    }
  }
}

// Stages::Fetch would hold up the loop.
void AsyncIo::FetchFromServer(Item& item) {
  const StageTimer timer(item.result.stages, Stage::kRead);
  Arrival arrival{Fiber::Current(), {}};
  stages_.fetcher().Start(stages_.url_reader().RequestOf(item), [this, &arrival](Fetched fetched) {
    // All of it under the lock: whoever has taken the arrival may soon take leave of the loop.
    const std::lock_guard lock(news_mutex_);
    arrival.fetched = std::move(fetched);
    arrived_.push_back(&arrival);
    loop_.Wake();
  });
  loop_.Park();
  stages_.url_reader().Receive(item, std::move(arrival.fetched));
}

void AsyncIo::WriteItems() {
  while (std::optional<ItemPtr> popped = to_write_.Pop()) {
    stages_.publisher().Stage(**popped);
    admission_.AdmitMore();
    PublishInOrder(std::move(*popped));
  }
}

void AsyncIo::PublishInOrder(ItemPtr item) {
  const uint64_t seq = item->seq;
  parked_.emplace(seq, std::move(item));
  // Another fiber that publishes will come to this one too.
  if (publishing_) return;
  publishing_ = true;
  while (!parked_.empty() && parked_.begin()->first == next_) {
    const ItemPtr first = std::move(parked_.begin()->second);
    parked_.erase(parked_.begin());
    stages_.publisher().Commit(*first);
    ++next_;
    free_tokens_.release();
  }
  publishing_ = false;
  CloseWhenDone();
}

}  // namespace

Status RunAsyncIo(Stages& stages, const Knobs& knobs) {
  auto loop = EventLoop::Make();
  if (!loop) return tl::unexpected<Error>(std::move(loop.error()));
  return AsyncIo(stages, knobs, **loop).Run(knobs.threads);
}

std::unique_ptr<FileSystem> WrapForAsyncIo(FileSystem& base) { return std::make_unique<UringFileSystem>(base); }

Status CheckAsyncIo() {
  if (auto loop = EventLoop::Make(); !loop) return tl::unexpected<Error>(std::move(loop.error()));
  return {};
}

}  // namespace tbbthumbs::bench
