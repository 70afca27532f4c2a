#include "tools/load_limit.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <stop_token>
#include <string>
#include <system_error>
#include <utility>

#include "pipeline/posix_file.h"

namespace tbbthumbs::tool {
namespace {

// A new look's part of the mean.
constexpr double kWeight = 0.25;

// Threads of a process that run or wait for a CPU.
int RunningOf(const std::string& process) {
  int running = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc/" + process + "/task", error), end; !error && it != end;
       it.increment(error)) {
    // "1234 (name) R ...": a name may hold anything. Of a thread that has just ended there is nothing.
    const std::string stat = ReadStatusFile((it->path() / "stat").string());
    const size_t state = stat.rfind(')');
    if (state != std::string::npos && state + 2 < stat.size() && stat[state + 2] == 'R') ++running;
  }
  return running;
}

}  // namespace

std::optional<double> LoadOfOthers(const std::vector<pid_t>& own) {
  // "0.20 0.18 0.12 3/180 11206": what counts is the 3.
  int running = 0;
  if (std::sscanf(ReadStatusFile("/proc/loadavg").c_str(), "%*s %*s %*s %d/", &running) != 1) return std::nullopt;
  int own_running = RunningOf("self");
  for (const pid_t process : own) own_running += RunningOf(std::to_string(process));
  // Threads come and go between the two.
  return std::max(0, running - own_running);
}

bool LoadGate::Look(std::optional<double> load, uint64_t done, Clock::time_point now) {
  if (!load) return false;
  load_ = looked_ ? load_ + kWeight * (*load - load_) : *load;
  looked_ = true;
  if (load_ <= max_load_) {
    held_since_.reset();
    let_through_.reset();
    return false;
  }
  if (let_through_ && done > *let_through_) let_through_.reset();
  if (let_through_) return false;
  if (!held_since_) held_since_ = now;
  if (now - *held_since_ < kPatience) return true;
  held_since_.reset();
  let_through_ = done;
  return false;
}

LoadLimit::LoadLimit(double max_load, Functions functions) : functions_(std::move(functions)), gate_(max_load) {
  Look();
  thread_ = std::jthread([this](const std::stop_token& stop) {
    pthread_setname_np(pthread_self(), "load");
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any never;
    for (;;) {
      never.wait_for(lock, stop, functions_.interval, [] { return false; });
      if (stop.stop_requested()) return;
      Look();
    }
  });
}

LoadLimit::~LoadLimit() = default;

void LoadLimit::Look() {
  const bool hold = gate_.Look(functions_.load(), functions_.done(), LoadGate::Clock::now());
  holding_ = hold ? gate_.load() : -1;
  if (hold != held_) (hold ? functions_.pause : functions_.resume)();
  held_ = hold;
}

std::optional<double> LoadLimit::holding() const {
  const double load = holding_;
  return load < 0 ? std::nullopt : std::optional(load);
}

}  // namespace tbbthumbs::tool
