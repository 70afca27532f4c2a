// What names and files cost beside the pixels.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/scratch.h"
#include "codecs/thumbnail_spec.h"
#include "pipeline/file_system.h"
#include "pipeline/name_planner.h"

namespace tbbthumbs::bench {
namespace {

// Half of them collide. A fresh planner each time: it remembers what it has given out.
void PlanNames(benchmark::State& state, const char* name_template, const char* letter) {
  std::vector<InputFile> files(10'000);
  for (size_t i = 0; i < files.size(); ++i) {
    files[i].path =
        std::string("photos/2024/IM") + letter + "_" + std::to_string(i / 2) + (i % 2 == 0 ? ".jpg" : ".png");
    files[i].output_directory = "2024";
  }
  NameOptions options;
  options.name_template = name_template;
  while (state.KeepRunning()) {
    NamePlanner names("thumbs", options, SpecSet{});
    uint64_t seq = 0;
    for (const InputFile& file : files) benchmark::DoNotOptimize(names.Plan(file, seq++));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(files.size()));
}
BENCHMARK_CAPTURE(PlanNames, mirrored, "{dir}/{stem}_{size}", "G")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(PlanNames, mirrored_not_ascii, "{dir}/{stem}_{size}", "\u00E9")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(PlanNames, sharded, "{hash:2}/{hash}", "G")->Unit(benchmark::kMillisecond);

// As the publisher writes: a temporary file, then the rename. One name, replaced again and again.
void WriteAndRename(benchmark::State& state) {
  const auto scratch = Scratch::Make({});
  if (!scratch) {
    state.SkipWithError(scratch.error().c_str());
    return;
  }
  const std::vector<std::byte> bytes(static_cast<size_t>(state.range(0)));
  const std::string temporary = scratch->path() / "temporary";
  const std::string target = scratch->path() / "thumbnail.jpg";
  FileSystem& files = RealFileSystem();
  while (state.KeepRunning()) {
    if (!files.WriteNew(temporary, bytes) || !files.Rename(temporary, target, true)) {
      state.SkipWithError("can't write");
      return;
    }
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(WriteAndRename)->Arg(4 << 10)->Arg(64 << 10)->Unit(benchmark::kMicrosecond);

// What an up-to-date picture costs in system calls: its own state and its thumbnail's.
void StatTwice(benchmark::State& state) {
  const auto scratch = Scratch::Make({});
  if (!scratch) {
    state.SkipWithError(scratch.error().c_str());
    return;
  }
  FileSystem& files = RealFileSystem();
  const std::string there = scratch->path();
  const std::string missing = scratch->path() / "missing";
  while (state.KeepRunning()) {
    benchmark::DoNotOptimize(files.Stat(there, true));
    benchmark::DoNotOptimize(files.Stat(missing, false));
  }
}
BENCHMARK(StatTwice)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tbbthumbs::bench
