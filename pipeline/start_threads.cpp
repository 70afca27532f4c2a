#include "pipeline/start_threads.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

namespace tbbthumbs {
namespace {

// What those wait for that have been started.
struct Gate {
  std::function<void(int)> work;
  std::mutex mutex;                 // guards all below
  std::condition_variable decided;  // how many stay
  std::optional<int> staying;

  void Pass(int index) {
    {
      std::unique_lock lock(mutex);
      decided.wait(lock, [&] { return staying.has_value(); });
      if (index >= *staying) return;
    }
    work(index);
  }
  void Open(int count) {
    {
      const std::lock_guard lock(mutex);
      staying = count;
    }
    decided.notify_all();
  }
};

int Staying(int started, Shortage shortage) {
  constexpr int kLeft = 3;
  const int wanted = shortage == Shortage::kHalve ? (started + 1) / 2 : started - kLeft;
  return std::clamp(wanted, std::min(started, 1), started);
}

}  // namespace

std::vector<std::jthread> StartThreads(int wanted, Shortage shortage, std::function<void(int)> work) {
  std::vector<std::jthread> threads;
  std::shared_ptr<Gate> gate;
  try {
    gate = std::make_shared<Gate>();
    gate->work = std::move(work);
    // One more than wanted, to see that there is room for others.
    const int tried = wanted > 0 ? wanted + 1 : 0;
    threads.reserve(static_cast<size_t>(tried));
    for (int i = 0; i < tried; ++i) {
      threads.emplace_back([gate, i] { gate->Pass(i); });
    }
  } catch (const std::exception&) {
    // Of starting one: bad_alloc or system_error.
  }
  const int started = static_cast<int>(threads.size());
  const int staying = started <= wanted ? Staying(started, shortage) : wanted;
  if (started > 0) gate->Open(staying);
  threads.resize(static_cast<size_t>(staying));
  return threads;
}

std::jthread StartThread(const std::function<void()>& work) {
  constexpr int kTries = 20;
  for (int i = 1; i < kTries; ++i) {
    try {
      return std::jthread(work);
    } catch (const std::system_error&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  return std::jthread(work);
}

}  // namespace tbbthumbs
