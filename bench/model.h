// A model of the product's pipeline, event by event: what a run would take with threads, CPUs and storage that are not
// here.
#ifndef TBBTHUMBS_BENCH_MODEL_H_
#define TBBTHUMBS_BENCH_MODEL_H_

#include <cstdint>
#include <vector>

#include "bench/results.h"
#include "bench/storage.h"

namespace tbbthumbs::bench {

struct ModelOptions {
  int threads = 1;                                 // workers
  int cpus = 1;                                    // shared evenly by all threads that have work, readers too
  int tokens = 0;                                  // pictures in flight at once; 0: the product's default for `threads`
  int io_threads = 2;                              // readers
  uint64_t read_ahead_bytes = uint64_t{16} << 20;  // of files read that wait for a worker
  int window = 256;                                // pictures looked up before the workers take them
  Storage storage;  // where the pictures lie; thumbnails go where they went when measured
  // By how much a thread's work takes longer for each further worker that is at work on a CPU of its own (caches,
  // memory, clock, siblings of one core): 0.05 is 5 %. Counts for workers up to `contention_until`; with more of them
  // work takes as long as with that many.
  double contention = 0;
  int contention_until = 2;
  uint64_t thumbnail_bytes = 0;  // of a picture, between making and writing them
  // Of memory_bytes: of the program, and of each worker (its stack and workspace).
  double fixed_bytes = 0;
  double bytes_per_worker = 0;
  uint64_t pictures = 0;  // made of the costs over and over; 0: each once
};

// What more of would have made the run faster.
enum class Limit {
  kWorkers,           // all of them were busy
  kCpus,              // all threads had work, but not a CPU each
  kStorageLatency,    // readers waited for the first byte
  kStorageBandwidth,  // readers waited for bytes to flow
  kReaders,           // their own work held up the workers
  kReadAheadMemory,   // readers waited for the bytes of others to be given back
  kPublishing,        // one picture at a time
  kOrder,             // finished pictures waited behind a giant until no more were let in, or the run ended with one
};
const char* LimitText(Limit limit);

struct ModelResult {
  double seconds = 0;
  double pictures_per_s = 0;
  double first_s = 0;  // until the first picture is published
  uint64_t peak_held_bytes = 0;
  double memory_bytes = 0;  // fixed, of the workers, and the most held
  // Shares of the run's time, 0 to 1.
  struct Use {
    double workers = 0;  // that have a picture
    double cpus = 0;
    double readers = 0;  // that neither wait for room nor for memory
    double storage = 0;  // of its bandwidth or of its requests at once, whichever is used more
    double publishing = 0;
  } use;
  Limit limit = Limit::kWorkers;
};

// Deterministic. Takes O(log(threads)) for each of some ten events a picture: 20,000 pictures need well under a second.
// No costs: a result of zeros. Times that are negative or no numbers count as 0, options below their least as that.
//
// Modelled as the product works: readers take pictures in order, look them up, claim their bytes in strict order (what
// is larger than read_ahead_bytes claims all of them, and its worker reads the rest), wait for the storage, and read;
// an idle worker takes the next picture in order if fewer than `tokens` are in flight; which gives
// back their claim though they stay held; it makes and writes the thumbnails, and publishes if it is the picture's
// turn, then whatever waits behind it; what is not in its turn waits without a thread. Not modelled: the pipeline's own
// cost (0.1 to 0.3 us a picture), system calls of writing that wait for a disk, and a clock that falls as more cores
// work, but for `contention`.
ModelResult Simulate(const std::vector<PictureCost>& costs, const ModelOptions& options);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_MODEL_H_
