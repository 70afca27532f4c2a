// Where the time of a baseline JPEG goes that becomes much smaller, step by step, one thread: in a photograph named by
// TBBTHUMBS_MICRO_JPEG, or in a made picture of 12 megapixels.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "bench/made_pictures.h"
#include "bench/micro_support.h"
#include "codecs/jpeg_encoder.h"
#include "codecs/jpeg_fast.h"
#include "codecs/jpeg_frame.h"
#include "codecs/jpeg_lane_reader.h"
#include "codecs/jpeg_plane_writer.h"
#include "codecs/jpeg_scan_reader.h"
#include "codecs/jpeg_session.h"
#include "codecs/thumbnail.h"

namespace tbbthumbs::bench {
namespace {

using Bytes = std::vector<std::byte>;

Bytes ReadPhoto() {
  if (auto named = ReadNamedFile("TBBTHUMBS_MICRO_JPEG")) return std::move(*named);
  return OrExit(EncodeJpeg(MakePicture({4000, 3000}), {.quality = 92}));
}

// The file, and what its header says.
struct Photo {
  Bytes bytes = ReadPhoto();
  MemorySource source{std::span<const std::byte>(bytes)};
  JpegDecompressor session{source};
  JpegFrame frame;
  uint64_t scan_offset = 0;

  Photo() {
    if (!session.ReadHeader()) Exit("TBBTHUMBS_MICRO_JPEG names no JPEG");
    auto read = ReadBaselineFrame(session.info());
    if (!read) Exit("TBBTHUMBS_MICRO_JPEG names a JPEG that is not of the ordinary baseline kind");
    frame = std::move(*read);
    scan_offset = session.offset();
  }
};

Photo& ThePhoto() {
  static Photo photo;
  return photo;
}

void CountPhotos(benchmark::State& state) {
  const Photo& photo = ThePhoto();
  const double megapixels = static_cast<double>(photo.frame.size.pixels()) * 1e-6;
  state.counters["s/MP"] =
      benchmark::Counter(megapixels, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(photo.bytes.size()));
}

void JpegCopy(benchmark::State& state) {
  const Photo& photo = ThePhoto();
  Bytes copy(photo.bytes.size());
  while (state.KeepRunning()) {
    std::memcpy(copy.data(), photo.bytes.data(), copy.size());
    benchmark::ClobberMemory();
  }
  CountPhotos(state);
}
BENCHMARK(JpegCopy)->Unit(benchmark::kMillisecond);

void JpegUnstuff(benchmark::State& state) {
  Photo& photo = ThePhoto();
  ScanBuffers buffers;
  while (state.KeepRunning()) {
    ScanBytes bytes(photo.source, photo.scan_offset, photo.frame.restart_interval > 0, buffers);
    do {
      if (!bytes.Advance(bytes.end())) Exit("the photograph cannot be read");
      while (bytes.TakeRestart()) {
      }
    } while (!bytes.complete());
  }
  CountPhotos(state);
}
BENCHMARK(JpegUnstuff)->Unit(benchmark::kMillisecond);

std::vector<int> Sides(const benchmark::State& state) {
  return std::vector<int>(ThePhoto().frame.components.size(), static_cast<int>(state.range(0)));
}

// Corners of 1 and 2: for an eighth and a quarter.
void JpegScan(benchmark::State& state) {
  Photo& photo = ThePhoto();
  const std::vector<int> sides = Sides(state);
  ScanBuffers buffers;
  HuffmanTableCache tables;
  while (state.KeepRunning()) {
    ScanBytes bytes(photo.source, photo.scan_offset, photo.frame.restart_interval > 0, buffers);
    auto reader = ScanReader::Open(photo.frame, sides, std::move(bytes), tables);
    if (!reader) Exit("the photograph's Huffman tables are none");
    for (int y = 0; y < photo.frame.mcus.height; ++y) {
      if (!reader->ReadRow().value_or(false)) Exit("the photograph is damaged");
    }
  }
  CountPhotos(state);
}
BENCHMARK(JpegScan)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond);

void JpegLanes(benchmark::State& state) {
  const RunLanes run = FindVectorLanes();
  if (run == nullptr) return state.SkipWithError("this CPU has no AVX-512");
  Photo& photo = ThePhoto();
  const std::vector<int> sides = Sides(state);
  ScanBuffers buffers;
  HuffmanTableCache tables;
  while (state.KeepRunning()) {
    ScanBytes bytes(photo.source, photo.scan_offset, photo.frame.restart_interval > 0, buffers, LaneReader::kWindow);
    auto reader = LaneReader::Open(photo.frame, sides, std::move(bytes), tables, run, buffers.coefficients);
    if (!reader) Exit("the photograph's Huffman tables are none");
    for (int y = 0; y < photo.frame.mcus.height; ++y) {
      if (!reader->ReadRow().value_or(false)) return state.SkipWithError("the photograph is not for lanes");
    }
  }
  CountPhotos(state);
}
BENCHMARK(JpegLanes)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond);

// From the file in memory to the thumbnail in memory, at the sizes that need an eighth and a quarter of the picture.
void JpegThumbnail(benchmark::State& state) {
  const Photo& photo = ThePhoto();
  const int side = std::max(photo.frame.size.width, photo.frame.size.height) / static_cast<int>(state.range(0));
  SpecSet specs{.sizes = {{side, side}}, .decoder = static_cast<DecoderChoice>(state.range(1))};
  Workspace workspace;
  while (state.KeepRunning()) {
    MemorySource source{std::span<const std::byte>(photo.bytes)};
    state.SetLabel(OrExit(MakeThumbnails(source, specs, {}, workspace)).decode.path);
  }
  CountPhotos(state);
}
BENCHMARK(JpegThumbnail)
    ->ArgsProduct({{16, 12},
                   {static_cast<int64_t>(DecoderChoice::kAuto), static_cast<int64_t>(DecoderChoice::kScalar),
                    static_cast<int64_t>(DecoderChoice::kReference)}})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tbbthumbs::bench
