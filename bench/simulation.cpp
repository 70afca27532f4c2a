#include "bench/simulation.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pipeline/task_graph.h"

namespace tbbthumbs::bench {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

double Sane(double seconds) { return std::isfinite(seconds) && seconds > 0 ? seconds : 0; }

}  // namespace

Simulation::Simulation(const std::vector<PictureCost>& costs, const ModelOptions& options)
    : costs_(costs), options_(options) {
  options_.threads = std::max(1, options.threads);
  options_.cpus = std::max(1, options.cpus);
  options_.io_threads = std::max(1, options.io_threads);
  options_.window = std::max(1, options.window);
  options_.tokens = options.tokens > 0 ? options.tokens : DefaultTokens(options_.threads);
  options_.contention = Sane(options.contention);
  options_.storage.latency_s = Sane(options.storage.latency_s);
  options_.storage.bytes_per_s = Sane(options.storage.bytes_per_s);
  if (options.pictures == 0) options_.pictures = costs.size();
  for_bytes_.assign(static_cast<size_t>(options_.window), -1);
  read_.assign(static_cast<size_t>(options_.window), 0);
  parked_.assign(static_cast<size_t>(options_.tokens), 0);
  threads_.resize(static_cast<size_t>(options_.threads) + static_cast<size_t>(options_.io_threads));
  for (int id = 0; id < static_cast<int>(threads_.size()); ++id) {
    Thread& thread = threads_[static_cast<size_t>(id)];
    thread.worker = id < options_.threads;
    ++in_phase_[thread.worker ? 1 : 0][thread.phase];
    if (!thread.worker) ready_.push_back(id);
  }
  for (int id = options_.threads - 1; id >= 0; --id) idle_.push_back(id);
}

double Simulation::Seconds(uint64_t picture, Stage stage) const {
  return Sane(CostOf(picture).stage_s[static_cast<size_t>(stage)]);
}

void Simulation::SetPhase(int id, Phase phase) {
  Thread& thread = threads_[static_cast<size_t>(id)];
  auto& counts = in_phase_[thread.worker ? 1 : 0];
  --counts[thread.phase];
  ++counts[phase];
  thread.phase = phase;
}

bool Simulation::StartCpu(int id, Stage stage) {
  const double seconds = Seconds(threads_[static_cast<size_t>(id)].picture, stage);
  if (seconds == 0) return false;
  SetPhase(id, kOnCpu);
  cpu_.Add(seconds, id);
  return true;
}

bool Simulation::StartRequest(int id, uint64_t bytes) {
  const Storage& storage = options_.storage;
  if (storage.latency_s == 0 && (storage.bytes_per_s == 0 || bytes == 0)) return false;
  threads_[static_cast<size_t>(id)].request_bytes = static_cast<double>(bytes);
  if (storage.parallel > 0 && requests_ >= storage.parallel) {
    SetPhase(id, kInLine);
    in_line_.push_back(id);
  } else {
    BeginRequest(id);
  }
  return true;
}

void Simulation::BeginRequest(int id) {
  ++requests_;
  if (options_.storage.latency_s == 0) return BeginTransfer(id);
  SetPhase(id, kLatency);
  latencies_.emplace_back(now_ + options_.storage.latency_s, id);
}

void Simulation::BeginTransfer(int id) {
  const double bytes = threads_[static_cast<size_t>(id)].request_bytes;
  if (options_.storage.bytes_per_s == 0 || bytes == 0) return EndRequest(id);
  SetPhase(id, kTransfer);
  transfers_.Add(bytes, id);
}

void Simulation::EndRequest(int id) {
  --requests_;
  ready_.push_back(id);
  if (in_line_.empty()) return;
  const int next = in_line_.front();
  in_line_.pop_front();
  BeginRequest(next);
}

void Simulation::Go(int id) {
  Thread& thread = threads_[static_cast<size_t>(id)];
  for (bool going = true; going;) {
    switch (thread.step) {
      case Step::kTake:
        going = Take(id, thread);
        break;
      case Step::kClaim:
        going = Claim(id, thread);
        break;
      case Step::kRead:
        thread.step = Step::kDeliver;
        going = !StartCpu(id, Stage::kRead);
        break;
      case Step::kDeliver:
        going = Deliver(thread);
        break;
      case Step::kReadRest:
        going = ReadRest(id, thread);
        break;
      case Step::kThumbnail:
        thread.step = Step::kWrite;
        going = !StartCpu(id, Stage::kThumbnail);
        break;
      case Step::kWrite: {
        const uint64_t claimed = Claimed(thread.picture);
        held_ -= claimed - std::min(claimed, options_.thumbnail_bytes);
        thread.step = Step::kPark;
        going = !StartCpu(id, Stage::kWrite);
        break;
      }
      case Step::kPark:
        going = Park(id, thread);
        break;
      case Step::kPublished:
        going = Published(id, thread);
        break;
    }
  }
}

bool Simulation::Take(int id, Thread& reader) {
  if (next_take_ == options_.pictures) {
    SetPhase(id, kForWork);
    return false;
  }
  if (next_take_ >= next_hand_ + static_cast<uint64_t>(options_.window)) {
    SetPhase(id, kForRoom);
    for_room_.push_back(id);
    return false;
  }
  reader.picture = next_take_++;
  reader.step = Step::kClaim;
  return !StartCpu(id, Stage::kLookUp);
}

bool Simulation::Claim(int id, Thread& reader) {
  const uint64_t bytes = Claimed(reader.picture);
  const bool room = bytes == 0 || waiting_ == 0 ||
                    (waiting_ <= options_.read_ahead_bytes && bytes <= options_.read_ahead_bytes - waiting_);
  if (reader.picture != next_claim_ || !room) {
    SetPhase(id, kForBytes);
    for_bytes_[reader.picture % for_bytes_.size()] = id;
    return false;
  }
  ++next_claim_;
  held_ += bytes;
  waiting_ += bytes;
  peak_held_ = std::max(peak_held_, held_);
  WakeClaimer();
  reader.step = Step::kRead;
  return !StartRequest(id, bytes);
}

bool Simulation::Deliver(Thread& reader) {
  read_[reader.picture % read_.size()] = 1;
  reader.step = Step::kTake;
  HandOut();
  return true;
}

bool Simulation::ReadRest(int id, Thread& worker) {
  worker.step = Step::kThumbnail;
  const uint64_t claimed = Claimed(worker.picture);
  const uint64_t bytes = IsRead(worker.picture) ? CostOf(worker.picture).bytes : 0;
  return bytes <= claimed || !StartRequest(id, bytes - claimed);
}

bool Simulation::Park(int id, Thread& worker) {
  const uint64_t claimed = Claimed(worker.picture);
  held_ -= std::min(claimed, options_.thumbnail_bytes);
  if (publishing_ || worker.picture != next_publish_) {
    parked_[worker.picture % parked_.size()] = 1;
    Rest(id);
    return false;
  }
  publishing_ = true;
  worker.step = Step::kPublished;
  return !StartCpu(id, Stage::kPublish);
}

bool Simulation::Published(int id, Thread& worker) {
  if (next_publish_ == 0) first_s_ = now_;
  ++next_publish_;
  --in_flight_;
  HandOut();
  char& next_is_parked = parked_[next_publish_ % parked_.size()];
  if (next_is_parked == 0) {
    publishing_ = false;
    Rest(id);
    return false;
  }
  next_is_parked = 0;
  worker.picture = next_publish_;
  return !StartCpu(id, Stage::kPublish);
}

void Simulation::Rest(int id) {
  SetPhase(id, kForWork);
  idle_.push_back(id);
  HandOut();
}

void Simulation::HandOut() {
  while (!idle_.empty() && in_flight_ < static_cast<uint64_t>(options_.tokens) &&
         read_[next_hand_ % read_.size()] != 0) {
    const int id = idle_.back();
    idle_.pop_back();
    read_[next_hand_ % read_.size()] = 0;
    Thread& worker = threads_[static_cast<size_t>(id)];
    worker.picture = next_hand_++;
    worker.step = Step::kReadRest;
    ++in_flight_;
    BeginWork(Claimed(worker.picture));
    ready_.push_back(id);
    if (!for_room_.empty()) {
      ready_.push_back(for_room_.front());
      for_room_.pop_front();
    }
  }
}

void Simulation::BeginWork(uint64_t bytes) {
  if (bytes == 0) return;
  waiting_ -= bytes;
  WakeClaimer();
}

// Whose turn it is to claim; it waits again if there is still no room.
void Simulation::WakeClaimer() {
  int& waiting = for_bytes_[next_claim_ % for_bytes_.size()];
  if (waiting >= 0 && threads_[static_cast<size_t>(waiting)].picture == next_claim_) {
    ready_.push_back(std::exchange(waiting, -1));
  }
}

double Simulation::CpuSpeed() const {
  if (cpu_.empty()) return 1;
  const int at_work = std::min({in_phase_[1][kOnCpu], options_.cpus, options_.contention_until});
  const double share = std::min(1.0, options_.cpus / static_cast<double>(cpu_.size()));
  return share / (1 + options_.contention * std::max(0, at_work - 1));
}

double Simulation::TransferSpeed() const {
  return transfers_.empty() ? 1 : options_.storage.bytes_per_s / static_cast<double>(transfers_.size());
}

void Simulation::Pass(double seconds) {
  for (size_t role = 0; role < 2; ++role) {
    for (size_t phase = 0; phase < kPhaseCount; ++phase) phase_s_[role][phase] += in_phase_[role][phase] * seconds;
  }
  cpu_s_ += std::min(static_cast<double>(cpu_.size()), static_cast<double>(options_.cpus)) * seconds;
  if (!transfers_.empty()) transfer_s_ += seconds;
  requests_s_ += requests_ * seconds;
  if (publishing_) publishing_s_ += seconds;
  const double idle_s = static_cast<double>(idle_.size()) * seconds;
  if (next_hand_ == options_.pictures) {
    idle_at_end_s_ += idle_s;
  } else if (in_flight_ >= static_cast<uint64_t>(options_.tokens)) {
    idle_for_order_s_ += idle_s;
  } else {
    idle_for_input_s_ += idle_s;
  }
  cpu_.Advance(seconds, CpuSpeed());
  transfers_.Advance(seconds, TransferSpeed());
  now_ += seconds;
}

bool Simulation::NextEvent() {
  const double cpu = cpu_.Wait(CpuSpeed());
  const double transfer = transfers_.Wait(TransferSpeed());
  const double latency = latencies_.empty() ? kNever : std::max(0.0, latencies_.front().first - now_);
  const double first = std::min({cpu, transfer, latency});
  if (first == kNever) return false;
  Pass(first);
  if (first == cpu) {
    ready_.push_back(cpu_.RemoveFirst());
  } else if (first == transfer) {
    EndRequest(transfers_.RemoveFirst());
  } else {
    const int id = latencies_.front().second;
    latencies_.pop_front();
    BeginTransfer(id);
  }
  return true;
}

ModelResult Simulation::Run() {
  do {
    while (!ready_.empty()) {
      const int id = ready_.front();
      ready_.pop_front();
      Go(id);
    }
  } while (NextEvent());
  return Result();
}

}  // namespace tbbthumbs::bench
