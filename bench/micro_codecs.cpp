// What each step from a picture's bytes to a thumbnail's costs, one thread, on made pictures.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "bench/made_pictures.h"
#include "bench/micro_support.h"
#include "codecs/decoder.h"
#include "codecs/jpeg_encoder.h"
#include "codecs/png_encoder.h"
#include "codecs/resizer.h"
#include "codecs/thumbnail.h"

namespace tbbthumbs::bench {
namespace {

constexpr Size kSource{4000, 3000};

const std::vector<std::byte>& Jpeg() {
  static const auto jpeg = OrExit(EncodeJpeg(MakePicture(kSource), {.quality = 92}));
  return jpeg;
}

const std::vector<std::byte>& Png() {
  static const auto png = OrExit(EncodePng(MakePicture({1500, 1000})));
  return png;
}

class NoSink final : public RowSink {
 public:
  Status Begin(const RowFormat&) override { return {}; }
  Status Row(int, std::span<const std::byte>) override { return {}; }
  Status End() override { return {}; }
};

void Decode(benchmark::State& state, const std::vector<std::byte>& bytes, Size at_least) {
  Workspace workspace;
  uint64_t pixels = 0;
  while (state.KeepRunning()) {
    MemorySource source{std::span<const std::byte>(bytes)};
    auto decoder = OrExit(OpenDecoder(source, {}));
    NoSink sink;
    const DecodeReport report = OrExit(
        decoder->Decode({.at_least = at_least, .strictness = Strictness::kStrict}, sink, workspace, Watch({}, {})));
    state.SetLabel(report.path);
    pixels += decoder->info().size.pixels();
  }
  state.counters["source_pixels/s"] = benchmark::Counter(static_cast<double>(pixels), benchmark::Counter::kIsRate);
}

void DecodeJpeg(benchmark::State& state) {
  const auto side = static_cast<int>(state.range(0));
  Decode(state, Jpeg(), {side, side * 3 / 4});
}
// 4000 pixels to these: the decoder scales to an eighth, a quarter, a half, and not at all.
BENCHMARK(DecodeJpeg)->Arg(250)->Arg(500)->Arg(1000)->Arg(4000)->Unit(benchmark::kMillisecond);

void DecodePng(benchmark::State& state) { Decode(state, Png(), {256, 170}); }
BENCHMARK(DecodePng)->Unit(benchmark::kMillisecond);

// From that width (4:3) to 256 pixels, by each kernel.
constexpr std::pair<const char*, Kernel> kKernels[] = {{"lanczos3", Kernel::kLanczos3},
                                                       {"mitchell", Kernel::kMitchell},
                                                       {"catmull-rom", Kernel::kCatmullRom},
                                                       {"area", Kernel::kArea}};

void Resize(benchmark::State& state) {
  const auto width = static_cast<int>(state.range(0));
  const auto& [name, kernel] = kKernels[static_cast<size_t>(state.range(1))];
  state.SetLabel(name);
  const Raster source = MakePicture({width, width * 3 / 4});
  RowFormat format;
  format.planes = {{source.size.width, source.size.height, 3, double(source.size.width), double(source.size.height)}};
  Workspace workspace;
  while (state.KeepRunning()) {
    Resizer resizer({256, 192}, kernel, workspace.taps());
    if (!resizer.Begin(format)) Exit("the resizer refuses the picture");
    for (int y = 0; y < source.size.height; ++y) {
      if (!resizer.Row(0, source.row(y))) Exit("the resizer refuses a row");
    }
    if (!resizer.End()) Exit("the resizer refuses the end");
    benchmark::DoNotOptimize(resizer.Take());
  }
}
BENCHMARK(Resize)->ArgsProduct({{504, 1000, 2000, 4000}, {0, 1, 2, 3}})->Unit(benchmark::kMillisecond);

void EncodeJpegThumbnail(benchmark::State& state) {
  const Raster thumbnail = MakePicture({256, 192});
  while (state.KeepRunning()) benchmark::DoNotOptimize(EncodeJpeg(thumbnail, {}));
}
BENCHMARK(EncodeJpegThumbnail)->Unit(benchmark::kMillisecond);

// By PngEffort.
constexpr std::pair<const char*, PngEffort> kEfforts[] = {
    {"fast", PngEffort::kFast}, {"usual", PngEffort::kUsual}, {"small", PngEffort::kSmall}};

void EncodePngThumbnail(benchmark::State& state) {
  const auto& [name, effort] = kEfforts[static_cast<size_t>(state.range(0))];
  state.SetLabel(name);
  const Raster thumbnail = MakePicture({256, 192});
  Workspace workspace;
  size_t bytes = 0;
  while (state.KeepRunning()) {
    const auto file = OrExit(EncodePng(thumbnail, effort, workspace));
    bytes = file.size();
    benchmark::DoNotOptimize(file.data());
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(EncodePngThumbnail)->DenseRange(0, 2)->Unit(benchmark::kMillisecond);

void WholeThumbnail(benchmark::State& state) {
  Workspace workspace;
  while (state.KeepRunning()) {
    MemorySource source{std::span<const std::byte>(Jpeg())};
    benchmark::DoNotOptimize(OrExit(MakeThumbnails(source, {}, {}, workspace)));
  }
}
BENCHMARK(WholeThumbnail)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tbbthumbs::bench
