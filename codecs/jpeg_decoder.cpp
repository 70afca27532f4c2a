#include "codecs/jpeg_decoder.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "codecs/jpeg_scale.h"
#include "codecs/jpeg_session.h"
#include "codecs/orientation.h"

namespace tbbthumbs {
namespace {

// About how many pixels are decoded between two looks at the clock and the stop flag, and handed on at once.
constexpr size_t kBandPixels = size_t{64} << 10;

std::string SamplingName(const jpeg_decompress_struct& info) {
  if (info.num_components == 1) return "gray";
  std::string factors;
  for (int c = 0; c < info.num_components; ++c) {
    const jpeg_component_info& component = info.comp_info[c];
    if (c > 0) factors += ',';
    factors += std::to_string(component.h_samp_factor) + "x" + std::to_string(component.v_samp_factor);
  }
  if (factors == "1x1,1x1,1x1") return "4:4:4";
  if (factors == "2x1,1x1,1x1") return "4:2:2";
  if (factors == "2x2,1x1,1x1") return "4:2:0";
  if (factors == "1x2,1x1,1x1") return "4:4:0";
  if (factors == "4x1,1x1,1x1") return "4:1:1";
  return factors;
}

// 8x8 blocks of all components.
uint64_t BlockCount(const jpeg_decompress_struct& info) {
  uint64_t blocks = 0;
  for (int c = 0; c < info.num_components; ++c) {
    blocks += static_cast<uint64_t>(info.comp_info[c].width_in_blocks) * info.comp_info[c].height_in_blocks;
  }
  return blocks;
}

class JpegDecoder final : public Decoder {
 public:
  JpegDecoder(ByteSource& source, const DecodeLimits& limits) : source_(source), limits_(limits), jpeg_(source) {}

  Status Open();
  Result<DecodeReport> Decode(const DecodeRequest& request, RowSink& sink, Workspace& workspace,
                              const Watch& watch) override;

 private:
  Status CheckFileCanHoldPicture() const;
  std::optional<Error> OnProgress(const Watch& watch);
  std::optional<Error> OnWarning(int message_code);
  std::optional<Error> CheckAllScansRead() const;
  int PercentOfRows() const;
  Status PumpRows(RowSink& sink, Workspace& workspace, const Watch& watch);
  RowFormat Format(int scale) const;

  ByteSource& source_;
  const DecodeLimits limits_;
  JpegDecompressor jpeg_;
  Strictness strictness_ = Strictness::kFailTruncated;
  bool damaged_ = false;
  unsigned components_seen_ = 0;  // bit by component: in a scan so far
};

Status JpegDecoder::Open() {
  if (Status status = jpeg_.ReadHeader(); !status) return status;
  jpeg_decompress_struct& jpeg = jpeg_.info();
  info_.format = tbbthumbs::Format::kJpeg;
  info_.size = {static_cast<int>(jpeg.image_width), static_cast<int>(jpeg.image_height)};
  if (Status status = CheckPictureSize(info_.size, limits_); !status) return status;
  switch (jpeg.jpeg_color_space) {
    case JCS_GRAYSCALE:
      info_.color = ColorModel::kGray;
      break;
    case JCS_RGB:
    case JCS_YCbCr:
      info_.color = ColorModel::kRgb;
      break;
    case JCS_CMYK:
    case JCS_YCCK:
      info_.color = ColorModel::kCmyk;
      break;
    default:
      return Fail(ErrorCode::kUnsupported, "JPEG of " + std::to_string(jpeg.num_components) + " components");
  }
  info_.progressive = jpeg.progressive_mode != 0;
  info_.coding = std::string(info_.progressive ? "progressive " : "baseline ") +
                 (jpeg.arith_code ? "arithmetic " : "") + SamplingName(jpeg);
  // Several scans: libjpeg-turbo holds every coefficient, 64 of 2 bytes a block. Else a few rows of blocks.
  const uint64_t row_bytes = uint64_t{jpeg.image_width} * static_cast<uint64_t>(jpeg.num_components);
  info_.decoded_bytes = jpeg_.multiple_scans() ? BlockCount(jpeg) * 128 + row_bytes * 32 : row_bytes * 32;
  if (Status status = CheckDecodedBytes(info_.decoded_bytes, limits_); !status) return status;
  JpegMetadata metadata = jpeg_.TakeMetadata();
  info_.orientation = ReadExifOrientation(metadata.exif);
  if (!metadata.icc.empty()) info_.profile = IccProfile{std::move(metadata.icc)};
  return {};
}

// A block takes at least one bit in a scan that codes DC (a code of one bit for "no change"), and one more for its end
// of block in a sequential file. A file smaller than that is cut short, whatever it holds: known before any work.
Status JpegDecoder::CheckFileCanHoldPicture() const {
  const jpeg_decompress_struct& jpeg = jpeg_.info();
  if (jpeg.arith_code || strictness_ == Strictness::kSalvage) return {};
  const uint64_t bits_a_block = info_.progressive ? 1 : 2;
  if (BlockCount(jpeg) * bits_a_block <= source_.size() * 8) return {};
  return Fail(ErrorCode::kTruncated, std::to_string(source_.size()) + " bytes cannot hold " +
                                         std::to_string(info_.size.width) + " x " + std::to_string(info_.size.height) +
                                         " pixels");
}

std::optional<Error> JpegDecoder::OnProgress(const Watch& watch) {
  const jpeg_decompress_struct& jpeg = jpeg_.info();
  for (int i = 0; i < jpeg.comps_in_scan; ++i) components_seen_ |= 1U << jpeg.cur_comp_info[i]->component_index;
  if (static_cast<uint64_t>(jpeg.input_scan_number) * info_.size.pixels() > limits_.max_scans_times_pixels) {
    return Error{ErrorCode::kTooLarge, std::to_string(jpeg.input_scan_number) +
                                           " scans or more: over max-scans-times-pixels, " +
                                           std::to_string(limits_.max_scans_times_pixels)};
  }
  if (Status status = watch.Poll(); !status) return std::move(status.error());
  return std::nullopt;
}

int JpegDecoder::PercentOfRows() const {
  const jpeg_decompress_struct& jpeg = jpeg_.info();
  return static_cast<int>(100 * uint64_t{jpeg.input_iMCU_row} / std::max<uint64_t>(1, jpeg.total_iMCU_rows));
}

std::optional<Error> JpegDecoder::OnWarning(int message_code) {
  const jpeg_decompress_struct& jpeg = jpeg_.info();
  // The decoder ran into a marker in the middle of a scan. The end of the image, or of the file: rows are missing.
  const bool cut_short = message_code == JWRN_HIT_MARKER && (jpeg.unread_marker == JPEG_EOI || jpeg_.hit_end());
  if (message_code != JWRN_EXTRANEOUS_DATA && message_code != JWRN_ADOBE_XFORM) damaged_ = true;
  if (cut_short && strictness_ != Strictness::kSalvage) {
    const bool many = jpeg_.multiple_scans();
    const std::string scan = many ? "scan " + std::to_string(jpeg.input_scan_number) : "scan data";
    return Error{ErrorCode::kTruncated, scan + " ends at " + std::to_string(PercentOfRows()) + " % of the rows"};
  }
  if (strictness_ == Strictness::kStrict) return Error{ErrorCode::kCorrupt, jpeg_.trap().MessageText()};
  return std::nullopt;
}

// A file of several scans that ends between two of them decodes without a warning, but coarser than it was, or with a
// component missing.
std::optional<Error> JpegDecoder::CheckAllScansRead() const {
  if (!jpeg_.hit_end()) return std::nullopt;
  const jpeg_decompress_struct& jpeg = jpeg_.info();
  const Error error{ErrorCode::kTruncated, "the file ends after scan " + std::to_string(jpeg.input_scan_number)};
  if (jpeg.coef_bits == nullptr) {
    const unsigned all = (1U << jpeg.num_components) - 1;
    return components_seen_ == all ? std::nullopt : std::optional(error);
  }
  for (int c = 0; c < jpeg.num_components; ++c) {
    for (int k = 0; k < DCTSIZE2; ++k) {
      if (jpeg.coef_bits[c][k] != 0) return error;
    }
  }
  return std::nullopt;
}

RowFormat JpegDecoder::Format(int scale) const {
  const jpeg_decompress_struct& jpeg = jpeg_.info();
  RowFormat format;
  format.color = info_.color;
  PlaneFormat plane;
  plane.width = static_cast<int>(jpeg.output_width);
  plane.height = static_cast<int>(jpeg.output_height);
  plane.channels = ColorChannels(info_.color);
  plane.extent_width = info_.size.width * scale / 8.0;
  plane.extent_height = info_.size.height * scale / 8.0;
  format.planes = {plane};
  return format;
}

Status JpegDecoder::PumpRows(RowSink& sink, Workspace& workspace, const Watch& watch) {
  jpeg_decompress_struct& jpeg = jpeg_.info();
  const size_t row_bytes = size_t{jpeg.output_width} * static_cast<size_t>(jpeg.output_components);
  const size_t band = std::clamp<size_t>(kBandPixels / jpeg.output_width, 1, 64);
  std::vector<std::byte>& rows = workspace.decode_rows();
  rows.resize(band * row_bytes);
  // Adobe's files hold 255 - ink.
  const bool inverted = info_.color == ColorModel::kCmyk && jpeg.saw_Adobe_marker;
  while (jpeg.output_scanline < jpeg.output_height) {
    size_t got = 0;
    const bool ok = jpeg_.trap().Guarded([&] {
      while (got < band && jpeg.output_scanline < jpeg.output_height) {
        auto* row = reinterpret_cast<JSAMPROW>(rows.data() + got * row_bytes);
        got += jpeg_read_scanlines(&jpeg, &row, 1);
      }
    });
    if (!ok) return tl::unexpected<Error>(jpeg_.TakeError());
    if (inverted) {
      for (size_t i = 0; i < got * row_bytes; ++i) rows[i] = ~rows[i];
    }
    for (size_t y = 0; y < got; ++y) {
      if (Status status = sink.Row(0, {rows.data() + y * row_bytes, row_bytes}); !status) return status;
    }
    if (Status status = watch.Poll(); !status) return status;
  }
  return {};
}

Result<DecodeReport> JpegDecoder::Decode(const DecodeRequest& request, RowSink& sink, Workspace& workspace,
                                         const Watch& watch) {
  const auto failed = [](Status& status) { return tl::unexpected<Error>(std::move(status.error())); };
  strictness_ = request.strictness;
  if (Status status = CheckFileCanHoldPicture(); !status) return failed(status);
  jpeg_.trap().on_warning = [this](int message_code) { return OnWarning(message_code); };
  jpeg_decompress_struct& jpeg = jpeg_.info();
  const int scale = ChooseDctScale(info_.size, request.at_least);
  jpeg.scale_num = static_cast<unsigned>(scale);
  jpeg.scale_denom = 8;
  jpeg.out_color_space = info_.color == ColorModel::kGray  ? JCS_GRAYSCALE
                         : info_.color == ColorModel::kRgb ? JCS_RGB
                                                           : JCS_CMYK;
  if (Status status = jpeg_.Start([this, &watch] { return OnProgress(watch); }); !status) return failed(status);
  if (jpeg_.multiple_scans()) {
    if (std::optional<Error> error = CheckAllScansRead()) {
      if (strictness_ != Strictness::kSalvage) return tl::unexpected<Error>(std::move(*error));
      damaged_ = true;
    }
  }
  if (Status status = sink.Begin(Format(scale)); !status) return failed(status);
  if (Status status = PumpRows(sink, workspace, watch); !status) return failed(status);
  if (strictness_ == Strictness::kStrict) {
    if (!jpeg_.trap().Guarded([&] { jpeg_finish_decompress(&jpeg); })) {
      return tl::unexpected<Error>(jpeg_.TakeError());
    }
    if (jpeg_.hit_end()) return Fail(ErrorCode::kTruncated, "no end-of-image marker");
  }
  if (Status status = sink.End(); !status) return failed(status);
  DecodeReport report;
  report.path = "libjpeg-turbo " + (scale == 8 ? std::string("1/1") : "1/" + std::to_string(8 / scale));
  report.salvaged = strictness_ == Strictness::kSalvage && damaged_;
  return report;
}

}  // namespace

Result<std::unique_ptr<Decoder>> OpenJpeg(ByteSource& source, const DecodeLimits& limits) {
  auto decoder = std::make_unique<JpegDecoder>(source, limits);
  if (Status status = decoder->Open(); !status) return tl::unexpected<Error>(std::move(status.error()));
  return decoder;
}

}  // namespace tbbthumbs
