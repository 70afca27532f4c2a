#include "codecs/jpeg_pass.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "codecs/jpeg_frame.h"

namespace tbbthumbs {

Result<DecodeReport> JpegPass::DecodePixels(RowSink& sink, Workspace& workspace) {
  auto report = Run(JpegOutput::kPixels, sink, workspace);
  if (!report) return tl::unexpected<Error>(std::move(report.error()));
  if (!*report) return tl::unexpected<Error>(std::move(file_error_));
  return std::move(**report);
}

Result<std::optional<DecodeReport>> JpegPass::DecodePlanes(RowSink& sink, Workspace& workspace) {
  ends_at_damage_ = true;
  return Run(JpegOutput::kPlanes, sink, workspace);
}

Result<std::optional<DecodeReport>> JpegPass::Run(JpegOutput output, RowSink& sink, Workspace& workspace) {
  const jpeg_decompress_struct& jpeg = jpeg_.info();
  const auto failed = [](Status& status) { return tl::unexpected<Error>(std::move(status.error())); };
  const auto ended = [this](Error error) {
    file_error_ = std::move(error);
    return std::nullopt;
  };
  const int scale = ChooseDctScale(SizeOf(jpeg), request_.at_least, request_.fast);
  if (Status status = Start(output, scale); !status) return ended(std::move(status.error()));
  if (Status status = sink.Begin(JpegRowFormat(jpeg, output, scale)); !status) return failed(status);
  const auto whole = PumpJpegRows(jpeg_, output, sink, workspace, watch_);
  if (!whole) return tl::unexpected<Error>(whole.error());
  if (!*whole) return ended(jpeg_.TakeError());
  if (Status status = Finish(); !status) return ended(std::move(status.error()));
  if (Status status = sink.End(); !status) return failed(status);
  DecodeReport report;
  report.path = (output == JpegOutput::kPlanes ? "libjpeg-turbo planar " : "libjpeg-turbo ") + DctScaleName(scale);
  report.salvaged = request_.strictness == Strictness::kSalvage && damaged_;
  return report;
}

Status JpegPass::Start(JpegOutput output, int scale) {
  jpeg_.trap().on_warning = [this](int message_code) { return OnWarning(message_code); };
  jpeg_decompress_struct& jpeg = jpeg_.info();
  jpeg.scale_num = static_cast<unsigned>(scale);
  jpeg.scale_denom = 8;
  if (output == JpegOutput::kPlanes) {
    jpeg.raw_data_out = TRUE;
    jpeg.out_color_space = jpeg.jpeg_color_space;
  } else {
    const J_COLOR_SPACE stored = jpeg.jpeg_color_space;
    const bool inks = stored == JCS_CMYK || stored == JCS_YCCK;
    jpeg.out_color_space = stored == JCS_GRAYSCALE ? JCS_GRAYSCALE : inks ? JCS_CMYK : JCS_RGB;
  }
  if (Status status = jpeg_.Start([this] { return OnProgress(); }); !status) return status;
  if (!jpeg_.multiple_scans()) return {};
  std::optional<Error> error = CheckAllScansRead();
  if (!error) return {};
  damaged_ = true;
  if (request_.strictness == Strictness::kSalvage && !ends_at_damage_) return {};
  return tl::unexpected<Error>(std::move(*error));
}

Status JpegPass::Finish() {
  if (request_.strictness != Strictness::kStrict) return {};
  if (!jpeg_.trap().Guarded([&] { jpeg_finish_decompress(&jpeg_.info()); })) {
    return tl::unexpected<Error>(jpeg_.TakeError());
  }
  if (jpeg_.hit_end()) return Fail(ErrorCode::kTruncated, "no end-of-image marker");
  return {};
}

std::optional<Error> JpegPass::OnProgress() {
  const jpeg_decompress_struct& jpeg = jpeg_.info();
  for (int i = 0; i < jpeg.comps_in_scan; ++i) components_seen_ |= 1U << jpeg.cur_comp_info[i]->component_index;
  const auto scans = static_cast<uint64_t>(jpeg.input_scan_number);
  if (Status status = CheckScans(scans, SizeOf(jpeg), limits_); !status) return std::move(status.error());
  if (Status status = watch_.Poll(); !status) return std::move(status.error());
  return std::nullopt;
}

int JpegPass::PercentOfRows() const {
  const jpeg_decompress_struct& jpeg = jpeg_.info();
  return static_cast<int>(100 * uint64_t{jpeg.input_iMCU_row} / std::max<uint64_t>(1, jpeg.total_iMCU_rows));
}

std::optional<Error> JpegPass::OnWarning(int message_code) {
  const jpeg_decompress_struct& jpeg = jpeg_.info();
  // The decoder ran into a marker in the middle of a scan. The end of the image, or of the file: rows are missing.
  const bool cut_short = message_code == JWRN_HIT_MARKER && (jpeg.unread_marker == JPEG_EOI || jpeg_.hit_end());
  if (message_code != JWRN_EXTRANEOUS_DATA && message_code != JWRN_ADOBE_XFORM) damaged_ = true;
  if (cut_short && request_.strictness != Strictness::kSalvage) {
    const bool many = jpeg_.multiple_scans();
    const std::string scan = many ? "scan " + std::to_string(jpeg.input_scan_number) : "scan data";
    return Error{ErrorCode::kTruncated, scan + " ends at " + std::to_string(PercentOfRows()) + " % of the rows"};
  }
  if (request_.strictness == Strictness::kStrict || (ends_at_damage_ && damaged_)) {
    return Error{ErrorCode::kCorrupt, jpeg_.trap().MessageText()};
  }
  return std::nullopt;
}

// A file of several scans that ends between two of them decodes without a warning, but coarser than it was, or with a
// component missing.
std::optional<Error> JpegPass::CheckAllScansRead() const {
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

}  // namespace tbbthumbs
