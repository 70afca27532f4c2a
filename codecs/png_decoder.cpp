#include "codecs/png_decoder.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "codecs/png_chunk_walk.h"
#include "codecs/png_color.h"
#include "codecs/png_fast.h"
#include "codecs/png_layout.h"
#include "codecs/png_session.h"
#include "codecs/png_texts.h"

namespace tbbthumbs {
namespace {

// Pixels decoded between two visits to the sink and the watch: they stay in the second-level cache.
constexpr size_t kBandBytes = 64 << 10;
// What libpng, zlib and the session hold beside rows: the inflate window and state, read buffers.
constexpr uint64_t kFixedBytes = 192 << 10;
// Deflate's densest code: 258 bytes from 2 bits.
constexpr uint64_t kMaxInflation = 1032;
constexpr int kPasses = 7;
constexpr png_alloc_size_t kMaxChunkBytes = 8'000'000;
// Of kMaxChunkBytes each. libpng keeps two less; nobody needs a second one of either.
constexpr int kMaxKeptChunks = 6;
// libpng takes image data in pieces and drops a piece that is not whole; smaller ones save more of a cut file.
constexpr size_t kSalvagePieceBytes = 256;

// A thumbnail has no use for these: they are skipped unread, and zTXt and iTXt can't ask for inflation. Of eXIf libpng
// would hold any size.
constexpr char kSkippedChunks[] = "tEXt\0zTXt\0iTXt\0sPLT\0hIST\0pCAL\0sCAL\0tIME\0oFFs\0pHYs\0bKGD\0sBIT\0eXIf";
constexpr int kSkippedChunkCount = 13;
constexpr char kKeptChunks[] = "acTL\0cICP";
constexpr int kKeptChunkCount = 2;
static_assert(sizeof(kSkippedChunks) == 5 * kSkippedChunkCount && sizeof(kKeptChunks) == 5 * kKeptChunkCount);

std::string CodingName(int color_type, int depth, bool interlaced) {
  const char* name = "gray";
  if (color_type == PNG_COLOR_TYPE_GRAY_ALPHA) name = "gray+alpha";
  if (color_type == PNG_COLOR_TYPE_PALETTE) name = "palette";
  if (color_type == PNG_COLOR_TYPE_RGB) name = "RGB";
  if (color_type == PNG_COLOR_TYPE_RGB_ALPHA) name = "RGBA";
  return std::string(name) + " " + std::to_string(depth) + "-bit" + (interlaced ? " interlaced" : "");
}

bool IsDamage(const Error& error) { return error.code == ErrorCode::kCorrupt || error.code == ErrorCode::kTruncated; }

class PngDecoder final : public Decoder {
 public:
  PngDecoder(ByteSource& source, const DecodeLimits& limits)
      : source_(source), limits_(limits), session_(std::in_place, source) {}

  Status ReadHeader(const KeptMetadata& wanted);
  Result<DecodeReport> Decode(const DecodeRequest& request, RowSink& sink, Workspace& workspace,
                              const Watch& watch) override;

 private:
  void DescribePicture(const KeptMetadata& wanted);
  // What libpng's last error means; `where` says how far the picture had come.
  Error Failure(const std::string& where) const;
  Status CheckInputSuffices() const;
  bool CanTakeFastWay(const DecodeRequest& request) const;
  bool ReadInfo();
  Status StartRows();
  Status DeliverRows(RowSink& sink, Workspace& workspace, const Watch& watch, DecodeReport& report);
  Status StreamRows(std::vector<std::byte>& band, RowSink& sink, const Watch& watch, DecodeReport& report);
  Status ReadPasses(std::span<std::byte> pixels, const Watch& watch, DecodeReport& report);
  Status PushRows(std::span<const std::byte> rows, RowSink& sink) const;
  Status PushPicture(std::span<const std::byte> pixels, RowSink& sink, const Watch& watch) const;
  Status PushBlankRows(int count, std::span<std::byte> band, RowSink& sink, const Watch& watch) const;
  // After an error: true where the rows that came are to be used all the same.
  bool Tolerates(const Error& error, bool some_rows, DecodeReport& report) const;
  Status CheckToTheEnd();
  RowFormat OutputFormat() const;

  std::string RowsDone(int rows) const;
  int BandRows() const { return std::clamp(static_cast<int>(kBandBytes / row_bytes_), 1, info_.size.height); }
  // Mid-grey, or transparent where the picture can be.
  std::byte Blank() const { return info_.alpha ? std::byte{0} : std::byte{0x80}; }

  ByteSource& source_;
  const DecodeLimits limits_;
  std::optional<PngReadSession> session_;
  Strictness strictness_ = Strictness::kFailTruncated;
  bool ignores_adler_ = false;
  PngLayout layout_;
  size_t row_bytes_ = 0;  // as delivered
};

Error PngDecoder::Failure(const std::string& where) const {
  if (!session_->source_status()) return session_->source_status().error();
  if (session_->out_of_memory()) return {ErrorCode::kOutOfMemory, "out of memory for the PNG decoder"};
  const std::string_view text = session_->error_text();
  if (session_->ended_early() || text == "Not enough image data") {
    return {ErrorCode::kTruncated, "image data ends" + where};
  }
  // Which of two places is meant, a comma tells.
  const bool says_where = text.starts_with("chunk ") && !where.empty();
  return {ErrorCode::kCorrupt, std::string(text) + (says_where ? "," : "") + where};
}

// False where libpng reports an error.
bool PngDecoder::ReadInfo() {
  png_struct* const png = session_->png();
  const auto max_side = static_cast<png_uint_32>(limits_.max_side);
  return session_->Guarded([&] {
    png_set_user_limits(png, max_side, max_side);
    png_set_chunk_cache_max(png, kMaxKeptChunks);
    png_set_chunk_malloc_max(png, kMaxChunkBytes);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, reinterpret_cast<png_const_bytep>(kSkippedChunks),
                                kSkippedChunkCount);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_ALWAYS, reinterpret_cast<png_const_bytep>(kKeptChunks),
                                kKeptChunkCount);
    // Writers exist that declare too small a window; browsers show their pictures.
    png_set_option(png, PNG_MAXIMUM_INFLATE_WINDOW, PNG_OPTION_ON);
    png_read_info(png, session_->info());
  });
}

Status PngDecoder::ReadHeader(const KeptMetadata& wanted) {
  if (session_->png() == nullptr) return Fail(ErrorCode::kOutOfMemory, "out of memory for the PNG decoder");
  const bool read = ReadInfo();
  png_struct* const png = session_->png();
  png_info* const info = session_->info();
  info_.size = {static_cast<int>(png_get_image_width(png, info)), static_cast<int>(png_get_image_height(png, info))};
  Status size_status = CheckPictureSize(info_.size, limits_);
  if (!read) {
    // libpng knows the limit of the sides too, but not that it is no defect of the file to exceed it.
    if (!size_status && size_status.error().code == ErrorCode::kTooLarge) return size_status;
    if (session_->ended_early()) return Fail(ErrorCode::kTruncated, "the file ends inside the PNG header");
    Error error = Failure("");
    if (error.code == ErrorCode::kCorrupt) error.message.insert(0, "PNG header: ");
    return tl::unexpected<Error>(std::move(error));
  }
  if (!size_status) return size_status;
  DescribePicture(wanted);
  return CheckDecodedBytes(info_.decoded_bytes, limits_);
}

void PngDecoder::DescribePicture(const KeptMetadata& wanted) {
  png_struct* const png = session_->png();
  png_info* const info = session_->info();
  const int color_type = png_get_color_type(png, info);
  info_.format = Format::kPng;
  info_.depth = png_get_bit_depth(png, info);
  info_.color = (color_type & PNG_COLOR_MASK_COLOR) != 0 ? ColorModel::kRgb : ColorModel::kGray;
  layout_ = ReadPngLayout(*session_);
  info_.alpha = layout_.HasAlpha();
  info_.progressive = png_get_interlace_type(png, info) != PNG_INTERLACE_NONE;
  info_.animated = !FindUnknownChunk(*session_, "acTL").empty();
  info_.coding = CodingName(color_type, info_.depth, info_.progressive);
  info_.profile = ReadPngColor(*session_);

  TakeExif(FindPngExif(source_), wanted);
  if (wanted.xmp || wanted.copyright) ReadPngTexts(source_, wanted, info_.metadata);

  const int channels = ColorChannels(info_.color) + (info_.alpha ? 1 : 0);
  row_bytes_ = static_cast<size_t>(info_.size.width) * static_cast<size_t>(channels) * (info_.depth == 16 ? 2 : 1);
  // libpng holds two rows and works on one more.
  info_.decoded_bytes =
      kFixedBytes + 3 * row_bytes_ +
      (info_.progressive ? uint64_t{row_bytes_} * info_.size.height : std::max(kBandBytes, row_bytes_));
  // Where our own reader gives up, what it held stays held.
  info_.own_reader = CanReadPngFast(layout_);
  if (info_.own_reader) info_.decoded_bytes += PngFastBytes(layout_);
}

RowFormat PngDecoder::OutputFormat() const {
  RowFormat format;
  format.color = info_.color;
  format.alpha = info_.alpha;
  format.sample = info_.depth == 16 ? SampleType::kU16 : SampleType::kU8;
  format.planes.push_back({.width = info_.size.width,
                           .height = info_.size.height,
                           .channels = ColorChannels(info_.color) + (info_.alpha ? 1 : 0),
                           .extent_width = static_cast<double>(info_.size.width),
                           .extent_height = static_cast<double>(info_.size.height)});
  return format;
}

std::string PngDecoder::RowsDone(int rows) const {
  return " at " + std::to_string(int64_t{rows} * 100 / info_.size.height) + " % of the rows";
}

Status PngDecoder::CheckInputSuffices() const {
  const uint64_t left = source_.size() - std::min(source_.size(), session_->position());
  uint64_t needed = layout_.InflatedBytes();
  if (strictness_ == Strictness::kSalvage) needed /= kLeastSalvaged;
  if (needed / kMaxInflation <= left) return {};
  return Fail(ErrorCode::kTruncated, std::to_string(left) + " bytes can't hold " + std::to_string(info_.size.width) +
                                         " x " + std::to_string(info_.size.height) + " pixels");
}

// Strictness wants libpng's warnings and all that follows the picture. Salvaging comes to libpng where there is damage.
bool PngDecoder::CanTakeFastWay(const DecodeRequest& request) const {
  return info_.own_reader && request.strictness != Strictness::kStrict && request.decoder != DecoderChoice::kTurbo &&
         request.decoder != DecoderChoice::kReference;
}

Status PngDecoder::StartRows() {
  png_struct* const png = session_->png();
  const bool started = session_->Guarded([&] {
    if (strictness_ == Strictness::kSalvage) {
      png_set_crc_action(png, PNG_CRC_WARN_USE, PNG_CRC_WARN_DISCARD);
      if (ignores_adler_) png_set_option(png, PNG_IGNORE_ADLER32, PNG_OPTION_ON);
      png_set_compression_buffer_size(png, kSalvagePieceBytes);
    }
    png_set_expand(png);
    if (std::endian::native == std::endian::little) png_set_swap(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, session_->info());
  });
  if (!started) return tl::unexpected<Error>(Failure(" before the first row"));
  if (png_get_rowbytes(png, session_->info()) != row_bytes_) {
    return Fail(ErrorCode::kInternal, "libpng's rows have another size than the header says");
  }
  return {};
}

Status PngDecoder::PushRows(std::span<const std::byte> rows, RowSink& sink) const {
  for (; !rows.empty(); rows = rows.subspan(row_bytes_)) {
    if (Status status = sink.Row(0, rows.first(row_bytes_)); !status) return status;
  }
  return {};
}

Status PngDecoder::PushPicture(std::span<const std::byte> pixels, RowSink& sink, const Watch& watch) const {
  const size_t band_bytes = static_cast<size_t>(BandRows()) * row_bytes_;
  while (!pixels.empty()) {
    if (Status status = watch.Poll(); !status) return status;
    const size_t count = std::min(pixels.size(), band_bytes);
    if (Status status = PushRows(pixels.first(count), sink); !status) return status;
    pixels = pixels.subspan(count);
  }
  return {};
}

Status PngDecoder::PushBlankRows(int count, std::span<std::byte> band, RowSink& sink, const Watch& watch) const {
  std::fill(band.begin(), band.end(), Blank());
  while (count > 0) {
    if (Status status = watch.Poll(); !status) return status;
    const int rows = std::min(count, BandRows());
    if (Status status = PushRows(band.first(static_cast<size_t>(rows) * row_bytes_), sink); !status) return status;
    count -= rows;
  }
  return {};
}

bool PngDecoder::Tolerates(const Error& error, bool some_rows, DecodeReport& report) const {
  if (strictness_ != Strictness::kSalvage || !some_rows || !IsDamage(error)) return false;
  if (session_->wrong_adler()) return false;
  if (!report.damage) report.damage = error;
  return true;
}

Status PngDecoder::StreamRows(std::vector<std::byte>& band, RowSink& sink, const Watch& watch, DecodeReport& report) {
  png_struct* const png = session_->png();
  const int height = info_.size.height;
  const size_t band_bytes = static_cast<size_t>(BandRows()) * row_bytes_;
  if (band.size() < band_bytes) band.resize(band_bytes);
  const std::span<std::byte> rows = std::span(band).first(band_bytes);
  for (int y = 0; y < height;) {
    if (Status status = watch.Poll(); !status) return status;
    const int wanted = std::min(BandRows(), height - y);
    const bool whole = session_->Guarded([&] {
      for (int i = 0; i < wanted; ++i) {
        png_read_row(png, reinterpret_cast<png_bytep>(rows.data() + static_cast<size_t>(i) * row_bytes_), nullptr);
      }
    });
    // libpng counts a row when it is in place, also where checking what follows the last one then fails.
    const int got = whole ? wanted : static_cast<int>(png_get_current_row_number(png)) - y;
    if (Status status = PushRows(rows.first(static_cast<size_t>(got) * row_bytes_), sink); !status) return status;
    y += got;
    if (whole) continue;
    Error error = Failure(RowsDone(y));
    if (!Tolerates(error, y > 0, report)) return tl::unexpected<Error>(std::move(error));
    return PushBlankRows(height - y, rows, sink, watch);
  }
  return {};
}

Status PngDecoder::ReadPasses(std::span<std::byte> pixels, const Watch& watch, DecodeReport& report) {
  png_struct* const png = session_->png();
  const bool salvage = strictness_ == Strictness::kSalvage;
  for (int pass = 0; pass < kPasses; ++pass) {
    for (int y = 0; y < info_.size.height;) {
      if (Status status = watch.Poll(); !status) return status;
      const int end = std::min(y + BandRows(), info_.size.height);
      const bool whole = session_->Guarded([&] {
        for (int i = y; i < end; ++i) {
          const auto row = reinterpret_cast<png_bytep>(pixels.data() + static_cast<size_t>(i) * row_bytes_);
          // As a display row libpng fills each pixel's block, in case that finer passes are missing.
          png_read_row(png, salvage ? nullptr : row, salvage ? row : nullptr);
        }
      });
      y = end;
      if (whole) continue;
      const int reached = png_get_current_pass_number(png);
      const auto rows = static_cast<int>(png_get_current_row_number(png));
      std::string where = RowsDone(reached < kPasses ? rows : info_.size.height);
      if (reached < kPasses) where += " of pass " + std::to_string(reached + 1);
      Error error = Failure(where);
      if (!Tolerates(error, reached > 0 || rows > 0, report)) return tl::unexpected<Error>(std::move(error));
      return {};
    }
  }
  return {};
}

Status PngDecoder::CheckToTheEnd() {
  if (!session_->Guarded([&] { png_read_end(session_->png(), nullptr); })) {
    if (session_->ended_early()) return Fail(ErrorCode::kTruncated, "the file ends after the image data");
    return tl::unexpected<Error>(Failure(" after the image data"));
  }
  if (session_->warnings() > 0) return Fail(ErrorCode::kCorrupt, session_->first_warning());
  return {};
}

Status PngDecoder::DeliverRows(RowSink& sink, Workspace& workspace, const Watch& watch, DecodeReport& report) {
  session_->set_watch(&watch);
  if (Status status = StartRows(); !status) return status;
  if (Status status = sink.Begin(OutputFormat()); !status) return status;
  if (!info_.progressive) return StreamRows(workspace.decode_rows(), sink, watch, report);
  std::vector<std::byte> pixels(row_bytes_ * static_cast<size_t>(info_.size.height), Blank());
  if (Status status = ReadPasses(pixels, watch, report); !status) return status;
  return PushPicture(pixels, sink, watch);
}

Result<DecodeReport> PngDecoder::Decode(const DecodeRequest& request, RowSink& sink, Workspace& workspace,
                                        const Watch& watch) try {
  const auto failed = [](Status& status) { return tl::unexpected<Error>(std::move(status.error())); };
  DecodeReport report{.path = "libpng"};
  strictness_ = request.strictness;
  if (strictness_ == Strictness::kStrict && session_->warnings() > 0) {
    return Fail(ErrorCode::kCorrupt, session_->first_warning());
  }
  if (Status enough = CheckInputSuffices(); !enough) return failed(enough);
  if (CanTakeFastWay(request)) {
    // libpng has read the 8 bytes that begin the first chunk of image data, and reads on from there where this gives
    // up.
    auto path =
        DecodePngFast(layout_, OutputFormat(), source_, session_->position() - 8, request, sink, workspace, watch);
    if (!path) return tl::unexpected<Error>(std::move(path.error()));
    if (*path) return DecodeReport{.path = std::move(**path)};
  }
  Status status = DeliverRows(sink, workspace, watch, report);
  if (!status && strictness_ == Strictness::kSalvage && session_->wrong_adler()) {
    Error damage = std::move(status.error());
    session_.emplace(source_);
    if (session_->png() == nullptr || !ReadInfo()) return tl::unexpected<Error>(std::move(damage));
    ignores_adler_ = true;
    report.damage = std::move(damage);
    status = DeliverRows(sink, workspace, watch, report);
  }
  if (!status) return failed(status);
  if (strictness_ == Strictness::kStrict) {
    status = CheckToTheEnd();
    if (!status) return failed(status);
  }
  if (*session_->overlooked() != '\0' && !report.damage) {
    Error damage{ErrorCode::kCorrupt, session_->overlooked()};
    if (strictness_ != Strictness::kSalvage) return tl::unexpected<Error>(std::move(damage));
    report.damage = std::move(damage);
  }
  status = sink.End();
  if (!status) return failed(status);
  return report;
} catch (const std::bad_alloc&) {
  return Fail(ErrorCode::kOutOfMemory, "out of memory for the PNG decoder");
}

}  // namespace

Result<std::unique_ptr<Decoder>> OpenPng(ByteSource& source, const DecodeLimits& limits,
                                         const KeptMetadata& wanted) try {
  auto decoder = std::make_unique<PngDecoder>(source, limits);
  if (Status status = decoder->ReadHeader(wanted); !status) return tl::unexpected<Error>(std::move(status.error()));
  return decoder;
} catch (const std::bad_alloc&) {
  return Fail(ErrorCode::kOutOfMemory, "out of memory for the PNG decoder");
}

}  // namespace tbbthumbs
