// Where the time of a PNG goes that becomes much smaller, step by step, one thread: in a file named by
// TBBTHUMBS_MICRO_PNG, or in a made picture of 12 megapixels.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "bench/made_pictures.h"
#include "bench/micro_support.h"
#include "codecs/png_encoder.h"
#include "codecs/png_expand.h"
#include "codecs/png_idat.h"
#include "codecs/png_inflate.h"
#include "codecs/png_layout.h"
#include "codecs/png_session.h"
#include "codecs/png_unfilter.h"
#include "codecs/png_unfilter_simd.h"
#include "codecs/thumbnail.h"

namespace tbbthumbs::bench {
namespace {

using Bytes = std::vector<std::byte>;

// Inflated, and unfiltered, at a time: what the reader takes.
constexpr size_t kWindowBytes = size_t{256} << 10;

Bytes ReadPicture() {
  if (auto named = ReadNamedFile("TBBTHUMBS_MICRO_PNG")) return std::move(*named);
  return OrExit(EncodePng(MakePicture({4000, 3000})));
}

// Gives `take` all of the inflated image data in windows of `window`.
template <class F>
bool InflateAll(ByteSource& source, uint64_t offset, std::span<std::byte> window, IdatBuffers& buffers,
                ZlibInflater& inflater, F&& take) {
  IdatReader idat(source, offset, buffers);
  inflater.Begin();
  inflater.SetInput({});
  for (;;) {
    size_t written = 0;
    const ZlibInflater::State state = inflater.Inflate(window, written);
    take(std::span<const std::byte>(window.first(written)));
    if (state == ZlibInflater::State::kEnd) return true;
    if (state == ZlibInflater::State::kBad) return false;
    if (written == window.size() || inflater.input_left() > 0) continue;
    const auto piece = idat.ended() ? Result<std::span<const std::byte>>() : idat.Next();
    if (!piece || piece->empty()) return false;
    inflater.SetInput(*piece);
  }
}

// The file, what its header says, and its image data inflated.
struct Picture {
  Bytes bytes = ReadPicture();
  MemorySource source{std::span<const std::byte>(bytes)};
  PngReadSession session{source};
  PngLayout layout;
  uint64_t offset = 0;  // of the image data's first chunk
  std::vector<uint8_t> rows;

  Picture() {
    const bool read = session.Guarded([this] { png_read_info(session.png(), session.info()); });
    if (!read) Exit("TBBTHUMBS_MICRO_PNG names no PNG");
    layout = ReadPngLayout(session);
    if (layout.interlaced) Exit("TBBTHUMBS_MICRO_PNG names an interlaced PNG");
    offset = session.position() - 8;
    rows.reserve(layout.InflatedBytes() + kUnfilterSlack);
    IdatBuffers buffers;
    ZlibInflater inflater;
    std::vector<std::byte> window(kWindowBytes);
    const bool whole = InflateAll(source, offset, window, buffers, inflater, [this](std::span<const std::byte> data) {
      const auto* begin = reinterpret_cast<const uint8_t*>(data.data());
      rows.insert(rows.end(), begin, begin + data.size());
    });
    if (!whole || rows.size() != layout.InflatedBytes()) Exit("TBBTHUMBS_MICRO_PNG names a damaged PNG");
    rows.resize(rows.size() + kUnfilterSlack);
  }

  size_t stride() const { return 1 + layout.row_bytes(); }
  size_t height() const { return static_cast<size_t>(layout.size.height); }
  size_t window_rows() const { return std::clamp<size_t>(kWindowBytes / stride(), 1, height()); }
};

Picture& ThePicture() {
  static Picture picture;
  return picture;
}

void CountPictures(benchmark::State& state) {
  const double megapixels = static_cast<double>(ThePicture().layout.size.pixels()) * 1e-6;
  state.counters["s/MP"] =
      benchmark::Counter(megapixels, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

// Calls `take` with each window of filtered rows, copied to where it may be changed, and the row above it.
template <class F>
void CopyWindows(std::vector<uint8_t>& copy, F&& take) {
  const Picture& picture = ThePicture();
  const size_t row_bytes = picture.layout.row_bytes();
  copy.resize(row_bytes + picture.window_rows() * picture.stride() + kUnfilterSlack);
  uint8_t* const above = copy.data();
  uint8_t* const window = above + row_bytes;
  std::fill_n(above, row_bytes, uint8_t{0});
  for (size_t y = 0; y < picture.height(); y += picture.window_rows()) {
    const size_t count = std::min(picture.window_rows(), picture.height() - y);
    std::memcpy(window, picture.rows.data() + y * picture.stride(), count * picture.stride());
    take(FilteredRows{window, count, row_bytes, (picture.layout.pixel_bits() + 7) / 8, above});
    std::memcpy(above, window + count * picture.stride() - row_bytes, row_bytes);
  }
}

void PngCopy(benchmark::State& state) {
  std::vector<uint8_t> copy;
  while (state.KeepRunning()) CopyWindows(copy, [](const FilteredRows&) { benchmark::ClobberMemory(); });
  CountPictures(state);
}
BENCHMARK(PngCopy)->Unit(benchmark::kMillisecond);

void PngInflate(benchmark::State& state) {
  Picture& picture = ThePicture();
  IdatBuffers buffers;
  ZlibInflater inflater;
  std::vector<std::byte> window(kWindowBytes);
  while (state.KeepRunning()) {
    InflateAll(picture.source, picture.offset, window, buffers, inflater,
               [](std::span<const std::byte>) { benchmark::ClobberMemory(); });
  }
  CountPictures(state);
}
BENCHMARK(PngInflate)->Unit(benchmark::kMillisecond);

// With the copy.
void PngUnfilter(benchmark::State& state) {
  const bool scalar = state.range(0) != 0;
  state.SetLabel(scalar ? "scalar" : "vector");
  std::vector<uint8_t> copy;
  while (state.KeepRunning()) {
    CopyWindows(copy, [&](const FilteredRows& rows) {
      if (!(scalar ? scalar::UnfilterRows(rows) : simd::UnfilterRows(rows))) Exit("the picture has an unknown filter");
    });
  }
  CountPictures(state);
}
BENCHMARK(PngUnfilter)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

void PngExpand(benchmark::State& state) {
  const Picture& picture = ThePicture();
  const RowExpander expander(picture.layout);
  if (!expander.needed()) return state.SkipWithError("rows that are right as they are");
  std::vector<uint8_t> out(picture.layout.row_bytes_out() + RowExpander::kSlack);
  while (state.KeepRunning()) {
    for (size_t y = 0; y < picture.height(); ++y) {
      expander.Expand(picture.rows.data() + y * picture.stride() + 1, out.data());
      benchmark::ClobberMemory();
    }
  }
  CountPictures(state);
}
BENCHMARK(PngExpand)->Unit(benchmark::kMillisecond);

// From the file in memory to the thumbnail of 256 pixels in memory.
void PngThumbnail(benchmark::State& state) {
  const Picture& picture = ThePicture();
  SpecSet specs{.sizes = {{256, 256}}, .decoder = static_cast<DecoderChoice>(state.range(0))};
  specs.format = state.range(1) != 0 ? OutputFormat::kPng : OutputFormat::kJpeg;
  Workspace workspace;
  while (state.KeepRunning()) {
    MemorySource source{std::span<const std::byte>(picture.bytes)};
    state.SetLabel(OrExit(MakeThumbnails(source, specs, {}, workspace)).decode.path);
  }
  CountPictures(state);
}
BENCHMARK(PngThumbnail)
    ->ArgsProduct({{static_cast<int64_t>(DecoderChoice::kAuto), static_cast<int64_t>(DecoderChoice::kScalar),
                    static_cast<int64_t>(DecoderChoice::kReference)},
                   {0, 1}})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tbbthumbs::bench
