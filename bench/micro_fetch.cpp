// What it costs to fetch pictures, without working on them.
#include <benchmark/benchmark.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <ctime>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "bench/made_pictures.h"
#include "bench/micro_support.h"
#include "bench/picture_server.h"
#include "bench/scratch.h"
#include "bench/workloads.h"
#include "pipeline/url_fetcher.h"

namespace tbbthumbs::bench {
namespace {

constexpr size_t kPictureBytes = 100'000;
constexpr const char* kName = "picture.jpg";

// How it is spoken with the server.
enum class Protocol { kHttp1, kTlsHttp1, kTlsHttp2 };

// Of all threads of this process: not of the server, which is another.
double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// A small picture with bytes behind it: nobody looks at more of it than its header.
void WritePicture(const std::filesystem::path& path) {
  std::vector<std::byte> bytes = OrExit(MakeJpegPicture({64, 48}));
  bytes.resize(kPictureBytes);
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) Exit(path.string() + ": can't be written");
}

// One file under many addresses.
std::vector<std::shared_ptr<const Url>> Addresses(const PictureServer& server, Protocol protocol, size_t count) {
  std::vector<std::shared_ptr<const Url>> addresses;
  for (size_t i = 0; i < count; ++i) {
    const std::string name = kName + ("?" + std::to_string(i));
    addresses.push_back(std::make_shared<const Url>(
        OrExit(ParseUrl(protocol == Protocol::kHttp1 ? server.Url(name) : server.SecureUrl(name)))));
  }
  return addresses;
}

// All of them, which are let go as soon as they have come. False: one could not be fetched.
bool FetchAll(const std::vector<std::shared_ptr<const Url>>& addresses, const UrlOptions& options) {
  std::atomic<size_t> failed{0};
  std::mutex mutex;
  std::condition_variable changed;
  size_t left = addresses.size();
  UrlFetcher fetcher(options, {.held_bytes = options.held_bytes, .max_body_bytes = 2 * kPictureBytes});
  for (size_t i = 0; i < addresses.size(); ++i) {
    fetcher.Start({.seq = i, .url = addresses[i]}, [&](Fetched fetched) {
      if (fetched.body == nullptr || fetched.body->size() != kPictureBytes) ++failed;
      fetched.body.reset();
      const std::lock_guard lock(mutex);
      if (--left == 0) changed.notify_one();
    });
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return left == 0; });
  return failed == 0;
}

// Connections are made anew each time, as by each run of the command.
void FetchUrls(benchmark::State& state, Protocol protocol) {
  const auto scratch = Scratch::Make({});
  if (!scratch) {
    state.SkipWithError(scratch.error().c_str());
    return;
  }
  WritePicture(scratch->path() / kName);
  const auto server =
      PictureServer::Start(scratch->path(), {.delay = kServerDelay, .http2 = protocol == Protocol::kTlsHttp2});
  if (!server) {
    state.SkipWithError(server.error().c_str());
    return;
  }
  UrlOptions options;
  options.connections = options.per_host = static_cast<int>(state.range(0));
  options.allow_private = true;
  options.authorities = server->certificate_authority();
  const auto count = static_cast<size_t>(state.range(1));
  const auto addresses = Addresses(*server, protocol, count);
  const double cpu_before = CpuSeconds();
  while (state.KeepRunning()) {
    if (!FetchAll(addresses, options)) {
      state.SkipWithError("a picture could not be fetched");
      return;
    }
  }
  const auto pictures = state.iterations() * static_cast<int64_t>(count);
  state.counters["cpu_us_per_picture"] = (CpuSeconds() - cpu_before) * 1e6 / static_cast<double>(pictures);
  state.SetItemsProcessed(pictures);
  state.SetBytesProcessed(pictures * static_cast<int64_t>(kPictureBytes));
}

// One at a time has nothing to gain from more of them.
void AtOnce(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"at_once", "pictures"})->Args({1, 200})->Args({kUrlConnections, 2000});
  benchmark->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();
}
BENCHMARK_CAPTURE(FetchUrls, http_1, Protocol::kHttp1)->Apply(AtOnce);
BENCHMARK_CAPTURE(FetchUrls, tls_http_1, Protocol::kTlsHttp1)->Apply(AtOnce);
BENCHMARK_CAPTURE(FetchUrls, tls_http_2, Protocol::kTlsHttp2)->Apply(AtOnce);

}  // namespace
}  // namespace tbbthumbs::bench
