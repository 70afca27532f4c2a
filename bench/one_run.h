// One run of one strategy, in this process or in one of its own.
#ifndef TBBTHUMBS_BENCH_ONE_RUN_H_
#define TBBTHUMBS_BENCH_ONE_RUN_H_

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "bench/results.h"
#include "codecs/thumbnail_spec.h"
#include "pipeline/run_summary.h"

namespace tbbthumbs::bench {

// What is to be run.
struct RunRequest {
  Config config;
  std::vector<std::filesystem::path> paths;  // files and directories
  std::filesystem::path list;                // of files, separated by NUL; "": none
  std::filesystem::path output;              // exists
  SizeSpec size;
  bool update = false;  // leave what is up to date; else all are made
  // What begins with this path answers like a network disk (SlowFileSystem); "": nothing does.
  std::filesystem::path slow_prefix;
  double latency_s = 0;    // of a round trip
  double bytes_per_s = 0;  // of all together
  // The list is of addresses (FileList::urls) of servers on this machine, so many of which are fetched at once at most.
  // That one can't be is an error then. 0: it is of files.
  int connections = 0;
  bool want_details = false;  // the timeline and the costs
};

std::string ToJson(const RunRequest& request);
tl::expected<RunRequest, std::string> ParseRunRequest(const std::string& json);

// What came of it.
struct RunReply {
  Run run;
  std::vector<double> latencies_s;  // quantiles: 0 %, 1 %, ... 100 %; empty where nothing was made
  std::string counts;               // "66 inputs, 54 made, ...": the same for every strategy
  std::string decoders;             // who decoded how many: "12 lanes 1/4, 3 libpng"
  Timeline timeline;                // where details were wanted, as the next
  std::vector<PictureCost> costs;   // in input order, of those made
};

// All that a run in this process ended with, for who wants to know it picture by picture.
struct RunRecord {
  RunReply reply;
  std::vector<PictureResult> results;
  std::chrono::steady_clock::time_point begin;
};

// Runs it here and now. Errors: a sentence.
tl::expected<RunRecord, std::string> RunHere(const RunRequest& request);

// Runs it in a new process of this program, so that its peak memory is its own. `pid` is set while it lasts, for who
// wants to end it early; 0 otherwise.
tl::expected<RunReply, std::string> RunInChild(const RunRequest& request, std::atomic<pid_t>& pid);

// The life of that process: `tbbthumbs-bench one-run REQUEST`. Writes the reply to standard output as JSON. Returns the
// exit code.
int OneRunCommand(const std::string& request);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_ONE_RUN_H_
