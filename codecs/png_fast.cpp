#include "codecs/png_fast.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <span>
#include <utility>

#include "codecs/png_unfilter.h"
#include "codecs/png_unfilter_simd.h"

namespace tbbthumbs {
namespace {

// Rows inflated at a time. ISA-L copies its history of 32 KiB in and out of each such window, and the rows shall still
// be in the second-level cache when they are unfiltered and resampled.
constexpr size_t kWindowBytes = size_t{256} << 10;
// ISA-L's state: tables, history, and as much again.
constexpr uint64_t kInflaterBytes = 96 << 10;

// What a picture of very long rows took is given back; others leave it to the next one.
constexpr size_t kMostKept = size_t{1} << 20;

// Rows of the window, each behind its filter byte.
size_t WindowRows(const PngLayout& layout) {
  const size_t rows = std::max<size_t>(1, kWindowBytes / (1 + layout.row_bytes()));
  return std::min(rows, static_cast<size_t>(layout.size.height));
}

size_t WindowBytes(const PngLayout& layout) {
  return layout.row_bytes() + WindowRows(layout) * (1 + layout.row_bytes()) + kUnfilterSlack;
}

// Whole bytes of a pixel, as filters count them.
int FilterPixelBytes(const PngLayout& layout) { return (layout.pixel_bits() + 7) / 8; }

class FastPass {
 public:
  FastPass(const PngLayout& layout, ByteSource& source, uint64_t offset, const DecodeRequest& request,
           PngBuffers& buffers, const Watch& watch)
      : layout_(layout),
        scalar_(request.decoder == DecoderChoice::kScalar),
        buffers_(buffers),
        watch_(watch),
        row_bytes_(layout.row_bytes()),
        window_rows_(WindowRows(layout)),
        idat_(source, offset, buffers.idat),
        expander_(layout) {}

  // False where the image data is not as it should be.
  Result<bool> Run(const RowFormat& format, RowSink& sink);

 private:
  // Fills `out` with the next bytes of the stream; false where it has fewer.
  Result<bool> Inflate(std::span<std::byte> out);
  // Whether the stream ends here, whole, and the chunk with it.
  Result<bool> FinishStream();
  // Takes the next piece of input; false where there is none.
  Result<bool> TakeInput();
  Status PushRows(const uint8_t* rows, size_t count, RowSink& sink);

  const PngLayout& layout_;
  const bool scalar_;
  PngBuffers& buffers_;
  const Watch& watch_;
  const size_t row_bytes_;
  const size_t window_rows_;
  IdatReader idat_;
  const RowExpander expander_;
};

Result<bool> FastPass::TakeInput() {
  // Input need not become rows: empty blocks, empty chunks.
  if (Status status = watch_.Poll(); !status) return tl::unexpected<Error>(std::move(status.error()));
  if (idat_.ended()) return false;
  const auto piece = idat_.Next();
  if (!piece) return tl::unexpected<Error>(piece.error());
  if (idat_.damaged()) return false;
  buffers_.inflater.SetInput(*piece);
  return true;
}

Result<bool> FastPass::Inflate(std::span<std::byte> out) {
  while (!out.empty()) {
    size_t written = 0;
    const ZlibInflater::State state = buffers_.inflater.Inflate(out, written);
    out = out.subspan(written);
    if (out.empty()) break;
    if (state != ZlibInflater::State::kGoesOn) return false;
    if (buffers_.inflater.input_left() > 0) continue;
    Result<bool> more = TakeInput();
    if (!more || !*more) return more;
  }
  return true;
}

Result<bool> FastPass::FinishStream() {
  for (;;) {
    size_t written = 0;
    const ZlibInflater::State state = buffers_.inflater.Inflate({}, written);
    if (state == ZlibInflater::State::kEnd) break;
    if (state == ZlibInflater::State::kBad || buffers_.inflater.holds_output()) return false;
    if (buffers_.inflater.input_left() > 0) return false;  // it waits for room
    Result<bool> more = TakeInput();
    if (!more || !*more) return more;
  }
  if (Status status = idat_.FinishChunk(); !status) return tl::unexpected<Error>(std::move(status.error()));
  return !idat_.damaged();
}

Status FastPass::PushRows(const uint8_t* rows, size_t count, RowSink& sink) {
  const auto push = [&](const uint8_t* row, size_t bytes) {
    return sink.Row(0, {reinterpret_cast<const std::byte*>(row), bytes});
  };
  for (; count > 0; --count, rows += 1 + row_bytes_) {
    if (expander_.needed()) expander_.Expand(rows + 1, buffers_.row.data());
    Status status =
        expander_.needed() ? push(buffers_.row.data(), layout_.row_bytes_out()) : push(rows + 1, row_bytes_);
    if (!status) return status;
  }
  return {};
}

Result<bool> FastPass::Run(const RowFormat& format, RowSink& sink) {
  const auto failed = [](Status& status) { return tl::unexpected<Error>(std::move(status.error())); };
  std::vector<uint8_t>& window = buffers_.window;
  if (window.size() < WindowBytes(layout_)) window.resize(WindowBytes(layout_));
  if (expander_.needed() && buffers_.row.size() < layout_.row_bytes_out() + RowExpander::kSlack) {
    buffers_.row.resize(layout_.row_bytes_out() + RowExpander::kSlack);
  }
  buffers_.inflater.Begin();
  buffers_.inflater.SetInput({});
  uint8_t* const above = window.data();
  uint8_t* const rows = above + row_bytes_;
  std::memset(above, 0, row_bytes_);
  const size_t height = static_cast<size_t>(layout_.size.height);
  for (size_t y = 0; y < height;) {
    if (Status status = watch_.Poll(); !status) return failed(status);
    const size_t count = std::min(window_rows_, height - y);
    const size_t bytes = count * (1 + row_bytes_);
    Result<bool> whole = Inflate({reinterpret_cast<std::byte*>(rows), bytes});
    if (!whole || !*whole) return whole;
    const FilteredRows filtered{rows, count, row_bytes_, FilterPixelBytes(layout_), above};
    if (!(scalar_ ? scalar::UnfilterRows(filtered) : simd::UnfilterRows(filtered))) return false;
    if (y + count == height) {
      Result<bool> ends = FinishStream();
      if (!ends || !*ends) return ends;
    }
    if (y == 0) {
      if (Status status = sink.Begin(format); !status) return failed(status);
    }
    y += count;
    if (Status status = PushRows(rows, count, sink); !status) return failed(status);
    std::memcpy(above, rows + bytes - row_bytes_, row_bytes_);
  }
  if (Status status = sink.End(); !status) return failed(status);
  return true;
}

}  // namespace

bool CanReadPngFast(const PngLayout& layout) {
  return !layout.interlaced && layout.InflatedBytes() <= std::numeric_limits<uint32_t>::max();
}

uint64_t PngFastBytes(const PngLayout& layout) {
  return kInflaterBytes + 2 * IdatReader::kPieceBytes + WindowBytes(layout) + layout.row_bytes_out() +
         RowExpander::kSlack;
}

Result<std::optional<std::string>> DecodePngFast(const PngLayout& layout, const RowFormat& format, ByteSource& source,
                                                 uint64_t offset, const DecodeRequest& request, RowSink& sink,
                                                 Workspace& workspace, const Watch& watch) {
  PngBuffers& buffers = workspace.png_buffers();
  const Result<bool> done = FastPass(layout, source, offset, request, buffers, watch).Run(format, sink);
  for (std::vector<uint8_t>* buffer : {&buffers.window, &buffers.row}) {
    if (buffer->capacity() > kMostKept) std::vector<uint8_t>().swap(*buffer);
  }
  if (!done) return tl::unexpected<Error>(done.error());
  if (!*done) return std::optional<std::string>();
  return std::optional<std::string>("fast png");
}

}  // namespace tbbthumbs
