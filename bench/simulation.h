// The run that the model makes up: threads that work, wait and take turns.
#ifndef TBBTHUMBS_BENCH_SIMULATION_H_
#define TBBTHUMBS_BENCH_SIMULATION_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "bench/model.h"
#include "bench/processor_sharing.h"

namespace tbbthumbs::bench {

// For one Run. The costs must outlive it and not be empty.
class Simulation {
 public:
  Simulation(const std::vector<PictureCost>& costs, const ModelOptions& options);
  ModelResult Run();

 private:
  // What a thread is doing while time passes.
  enum Phase { kOnCpu, kInLine, kLatency, kTransfer, kForBytes, kForRoom, kForWork, kPhaseCount };

  // What a thread does next.
  enum class Step { kTake, kClaim, kRead, kDeliver, kReadRest, kThumbnail, kWrite, kPark, kPublished };

  struct Thread {
    bool worker = false;
    Step step = Step::kTake;
    Phase phase = kForWork;
    uint64_t picture = 0;
    double request_bytes = 0;
  };

  const PictureCost& CostOf(uint64_t picture) const { return costs_[picture % costs_.size()]; }
  double Seconds(uint64_t picture, Stage stage) const;
  // Up to date or no picture: looked up only.
  bool IsRead(uint64_t picture) const {
    return Seconds(picture, Stage::kRead) > 0 || Seconds(picture, Stage::kThumbnail) > 0;
  }
  uint64_t Claimed(uint64_t picture) const {
    return IsRead(picture) ? std::min(CostOf(picture).bytes, options_.read_ahead_bytes) : 0;
  }

  void SetPhase(int id, Phase phase);
  // These start something that takes time and return true, or return false where it takes none.
  bool StartCpu(int id, Stage stage);
  bool StartRequest(int id, uint64_t bytes);
  void BeginRequest(int id);
  void BeginTransfer(int id);
  void EndRequest(int id);

  // Goes on with a thread until it waits for something.
  void Go(int id);
  // The steps; false where the thread waits now.
  bool Take(int id, Thread& reader);
  bool Claim(int id, Thread& reader);
  bool Deliver(Thread& reader);
  bool ReadRest(int id, Thread& worker);
  bool Park(int id, Thread& worker);
  bool Published(int id, Thread& worker);
  void Rest(int id);

  void HandOut();
  void BeginWork(uint64_t bytes);
  void WakeClaimer();

  double CpuSpeed() const;
  double TransferSpeed() const;
  void Pass(double seconds);
  // Lets time pass until something ends; false where nothing is under way.
  bool NextEvent();

  ModelResult Result() const;
  Limit LimitOf(const ModelResult& result) const;
  double Time(bool worker, Phase phase) const { return phase_s_[worker ? 1 : 0][phase]; }

  const std::vector<PictureCost>& costs_;
  ModelOptions options_;
  std::vector<Thread> threads_;  // the workers, then the readers

  double now_ = 0;
  std::deque<int> ready_;  // may go on at once
  ProcessorSharing cpu_;
  ProcessorSharing transfers_;
  std::deque<std::pair<double, int>> latencies_;  // all are equally long: the first to begin ends first
  std::deque<int> in_line_;                       // for the storage
  int requests_ = 0;                              // under way

  uint64_t next_take_ = 0;
  uint64_t next_claim_ = 0;
  uint64_t next_hand_ = 0;
  uint64_t next_publish_ = 0;
  std::deque<int> for_room_;
  std::vector<int> for_bytes_;  // the reader that waits, by picture modulo the window; -1: none
  std::vector<char> read_;      // by picture modulo the window
  std::vector<char> parked_;    // by picture modulo the tokens
  std::vector<int> idle_;
  bool publishing_ = false;
  uint64_t in_flight_ = 0;
  uint64_t held_ = 0;
  uint64_t waiting_ = 0;  // of those held: for a worker

  // Integrals over time.
  std::array<std::array<int, kPhaseCount>, 2> in_phase_{};    // threads now: readers, workers
  std::array<std::array<double, kPhaseCount>, 2> phase_s_{};  // thread-seconds
  double cpu_s_ = 0;
  double transfer_s_ = 0;
  double requests_s_ = 0;
  double publishing_s_ = 0;
  double idle_for_order_s_ = 0;
  double idle_for_input_s_ = 0;
  double idle_at_end_s_ = 0;
  double first_s_ = 0;
  uint64_t peak_held_ = 0;
};

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_SIMULATION_H_
