#include "codecs/png_encoder.h"

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "codecs/png_chunk_writer.h"
#include "codecs/png_encoder_scratch.h"
#include "codecs/png_metadata_writer.h"

namespace tbbthumbs {
namespace {

constexpr size_t kHeaderBytes = 13;
// A buffer that had to be larger, for a picture of more than a million pixels, goes back to the system behind it.
constexpr size_t kMostKeptBytes = size_t{4} << 20;

// A way to store the picture.
struct Candidate {
  PngStorage storage;
  PngFiltering filtering = PngFiltering::kNone;
};

// Of an effort below kSmall. (kSmall tries its ways besides the usual one.)
DeflateLevel LevelOf(PngEffort effort) {
  constexpr std::array<uint8_t, 10> kLevels = {1, 0, 1, 2, 4, 5, 6, 8, 12, 6};
  return static_cast<DeflateLevel>(kLevels[static_cast<size_t>(effort)]);
}

// One picture being encoded.
class PngEncoder {
 public:
  PngEncoder(const Raster& raster, PngEffort effort, const Metadata& metadata, const Watch* watch,
             PngEncoderScratch& scratch)
      : raster_(raster), effort_(effort), metadata_(metadata), watch_(watch), scratch_(scratch) {}

  Result<std::vector<std::byte>> Encode() {
    FindStorage();
    const Status status = effort_ == PngEffort::kSmall ? CompressSmall() : CompressUsual();
    if (!status) return tl::unexpected<Error>(status.error());
    return Assemble();
  }

 private:
  // Sets direct_ and, where fewer bits a pixel will do, narrow_; and packs rows of both.
  void FindStorage() {
    // A profile is of gray or of RGB, which palettes are as well: the picture has to stay what it is.
    const bool profiled = !metadata_.icc.empty();
    direct_ = DirectStorage(raster_, profiled);
    PngPalette& palette = scratch_.palette;
    // Beside 8-bit gray a palette is worth its bytes only with fewer bits a pixel.
    const bool gray = direct_.color == PngColorType::kGray;
    const bool may_have_palette = !profiled || raster_.color == ColorModel::kRgb;
    if (direct_.depth > 1 && may_have_palette && palette.Collect(raster_, gray ? 16 : PngPalette::kMaxColors) &&
        palette.depth() < direct_.channels() * direct_.depth) {
      narrow_ = PngStorage{PngColorType::kPalette, palette.depth()};
    } else if (direct_.depth < 8) {
      narrow_ = direct_;
    }
    direct_.depth = 8;
    if (direct_.channels() != raster_.channels()) PackRows(raster_, direct_, palette, scratch_.direct_rows);
    if (narrow_) PackRows(raster_, *narrow_, palette, scratch_.narrow_rows);
  }

  // In one way; in two where colours are few. Such pictures compress in a fraction of a photograph's time, and no rule
  // was found that tells beforehand which is smaller: a palette is for 3 of 4, by half, but where its colours are many,
  // the likeness of those that are neighbours is lost on it.
  Status CompressUsual() {
    const DeflateLevel level = LevelOf(effort_);
    if (Status status = Try({direct_, PngFiltering::kAdaptive}, level); !status || !narrow_) return status;
    return Try({*narrow_, PngFiltering::kNone}, level);
  }

  // Every way of filtering at a low level, which tells as well as a high one which is best, and then that one at the
  // highest. But now and then that is not the smallest: so also what libpng makes at its highest level, and the usual.
  Status CompressSmall() {
    for (const auto& storage : {std::optional(direct_), narrow_}) {
      for (int filtering = 0; storage && filtering < kPngFilterings; ++filtering) {
        const Candidate candidate{*storage, static_cast<PngFiltering>(filtering)};
        if (Status status = Try(candidate, DeflateLevel::kTrial); !status) return status;
      }
    }
    if (Status status = Try(best_->candidate, DeflateLevel::kSmall); !status) return status;
    if (Status status = Try({direct_, PngFiltering::kLeastSum}, DeflateLevel::kFiltered); !status) return status;
    return CompressUsual();
  }

  // Compresses the picture and, where that takes less bytes than any before, keeps it as best_ in scratch_.stream.
  Status Try(Candidate candidate, DeflateLevel level) {
    const Result<size_t> made = Compress(candidate, level);
    if (!made) return tl::unexpected<Error>(made.error());
    const size_t bytes = *made + ExtraBytes(candidate.storage);
    if (best_ && best_->bytes <= bytes) return {};
    best_ = {candidate, *made, bytes};
    std::swap(scratch_.stream, scratch_.trial);
    return {};
  }

  // Into scratch_.trial.
  Result<size_t> Compress(const Candidate& candidate, DeflateLevel level) {
    const PngStorage& storage = candidate.storage;
    PngRows rows;
    rows.bytes = storage != direct_                         ? scratch_.narrow_rows.data()
                 : direct_.channels() != raster_.channels() ? scratch_.direct_rows.data()
                                                            : raster_.u8().data();
    rows.row_bytes = storage.row_bytes(raster_.size.width);
    rows.count = static_cast<size_t>(raster_.size.height);
    rows.pixel_bytes = static_cast<size_t>(storage.channels());
    scratch_.filtered.resize(rows.filtered_bytes());
    if (Status status = FilterRows(rows, candidate.filtering, scratch_.filter, scratch_.filtered, watch_); !status) {
      return tl::unexpected<Error>(status.error());
    }
    return scratch_.deflater.Compress(scratch_.filtered, level, scratch_.trial, watch_);
  }

  // Of the chunks that the storage needs besides.
  size_t ExtraBytes(const PngStorage& storage) const {
    if (storage.color != PngColorType::kPalette) return 0;
    const size_t transparent = scratch_.palette.transparent();
    return PngChunkWriter::kFrameBytes + 3 * scratch_.palette.colors().size() +
           (transparent > 0 ? PngChunkWriter::kFrameBytes + transparent : 0);
  }

  // The file around scratch_.stream.
  Result<std::vector<std::byte>> Assemble() const {
    const PngStorage& storage = best_->candidate.storage;
    std::span<const uint8_t> stream = std::span(scratch_.stream).first(best_->stream_bytes);
    const size_t data_chunks = 1 + (stream.size() - 1) / PngChunkWriter::kMaxChunkBytes;
    PngChunkWriter writer(PngChunkWriter::kSignatureBytes + PngChunkWriter::kFrameBytes + kHeaderBytes +
                          MetadataBytes(metadata_) + ExtraBytes(storage) + stream.size() +
                          (data_chunks + 1) * PngChunkWriter::kFrameBytes);
    const auto width = PngNumber(static_cast<uint32_t>(raster_.size.width));
    const auto height = PngNumber(static_cast<uint32_t>(raster_.size.height));
    std::array<uint8_t, kHeaderBytes> header{};  // with the only compression and filter method, not interlaced
    std::copy(width.begin(), width.end(), header.begin());
    std::copy(height.begin(), height.end(), header.begin() + 4);
    header[8] = static_cast<uint8_t>(storage.depth);
    header[9] = static_cast<uint8_t>(storage.color);
    writer.Append("IHDR", header);
    if (Status status = AppendMetadata(writer, metadata_); !status) return tl::unexpected<Error>(status.error());
    if (storage.color == PngColorType::kPalette) WritePalette(writer);
    while (!stream.empty()) {
      const size_t count = std::min(stream.size(), PngChunkWriter::kMaxChunkBytes);
      writer.Append("IDAT", stream.first(count));
      stream = stream.subspan(count);
    }
    writer.Append("IEND", {});
    return writer.Take();
  }

  void WritePalette(PngChunkWriter& writer) const {
    const PngPalette& palette = scratch_.palette;
    std::array<uint8_t, 3 * PngPalette::kMaxColors> colors{};
    std::array<uint8_t, PngPalette::kMaxColors> alphas{};
    size_t count = 0;
    for (const Rgba32 color : palette.colors()) {
      for (size_t c = 0; c < 3; ++c) colors[3 * count + c] = static_cast<uint8_t>(color >> 8 * c);
      alphas[count++] = static_cast<uint8_t>(color >> 24);
    }
    writer.Append("PLTE", std::span(colors).first(3 * count));
    if (palette.transparent() > 0) writer.Append("tRNS", std::span(alphas).first(palette.transparent()));
  }

  const Raster& raster_;
  const PngEffort effort_;
  const Metadata& metadata_;
  const Watch* const watch_;
  PngEncoderScratch& scratch_;
  PngStorage direct_;
  std::optional<PngStorage> narrow_;  // fewer bits a pixel
  struct Best {
    Candidate candidate;
    size_t stream_bytes = 0;
    size_t bytes = 0;  // with those of the chunks that only it needs
  };
  std::optional<Best> best_;
};

void ReleaseLargeBuffers(PngEncoderScratch& scratch) {
  const auto release = [](auto& buffer) {
    if (buffer.capacity() > kMostKeptBytes) std::remove_reference_t<decltype(buffer)>().swap(buffer);
  };
  for (auto* buffer : {&scratch.filter, &scratch.direct_rows, &scratch.narrow_rows}) release(*buffer);
  for (auto* buffer : {&scratch.filtered, &scratch.stream, &scratch.trial}) release(*buffer);
}

Result<std::vector<std::byte>> EncodeWith(const Raster& raster, PngEffort effort, const Metadata& metadata,
                                          const Watch* watch, PngEncoderScratch& scratch) {
  if (effort < PngEffort::kFast || effort > PngEffort::kSmall) return Fail(ErrorCode::kInternal, "no such PNG effort");
  const bool known_color = raster.color == ColorModel::kGray || raster.color == ColorModel::kRgb;
  if (raster.sample != SampleType::kU8 || !known_color || raster.size.width < 1 || raster.size.height < 1 ||
      raster.pixels.size() != raster.row_bytes() * static_cast<size_t>(raster.size.height)) {
    return Fail(ErrorCode::kInternal, "the PNG encoder takes 8-bit gray or RGB pictures");
  }
  if (metadata.exif.size() > kMaxExifBytes || metadata.xmp.size() > kMaxXmpBytes) {
    return Fail(ErrorCode::kInternal, "metadata are over their limits");
  }
  Result<std::vector<std::byte>> file;
  try {
    file = PngEncoder(raster, effort, metadata, watch, scratch).Encode();
  } catch (const std::bad_alloc&) {
    file = Fail(ErrorCode::kOutOfMemory, "out of memory for the PNG encoder");
  }
  ReleaseLargeBuffers(scratch);
  return file;
}

}  // namespace

Result<std::vector<std::byte>> EncodePng(const Raster& raster, PngEffort effort, Workspace& workspace,
                                         const Metadata& metadata, const Watch* watch) {
  return EncodeWith(raster, effort, metadata, watch, workspace.png_encoder());
}

Result<std::vector<std::byte>> EncodePng(const Raster& raster, PngEffort effort) {
  try {
    const auto scratch = std::make_unique<PngEncoderScratch>();
    return EncodeWith(raster, effort, {}, nullptr, *scratch);
  } catch (const std::bad_alloc&) {
    return Fail(ErrorCode::kOutOfMemory, "out of memory for the PNG encoder");
  }
}

}  // namespace tbbthumbs
