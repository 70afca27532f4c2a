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
  // Arithmetic coding goes on without a warning where there is no more data: it need not be damage, but for all of it.
  const bool no_data = jpeg.arith_code && !jpeg_.multiple_scans() && jpeg_.offset() <= data_offset_ + 2;
  if (no_data) return ended({ErrorCode::kTruncated, "scan data ends at 0 % of the rows"});
  if (Status status = Finish(); !status) return ended(std::move(status.error()));
  if (Status status = sink.End(); !status) return failed(status);
  DecodeReport report;
  report.path = (output == JpegOutput::kPlanes ? "libjpeg-turbo planar " : "libjpeg-turbo ") + DctScaleName(scale);
  report.damage = std::move(damage_);
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
  if (error) error = Tolerate(std::move(*error));
  return error ? tl::unexpected<Error>(std::move(*error)) : Status();
}

// Nothing where it goes on all the same.
std::optional<Error> JpegPass::Tolerate(Error damage) {
  if (request_.strictness != Strictness::kSalvage || ends_at_damage_) return damage;
  if (!damage_) damage_ = std::move(damage);
  return std::nullopt;
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
  // Called between two rows of blocks. A marker that ended the data is read already.
  sound_bytes_ = jpeg_.offset() - (jpeg.unread_marker != 0 ? 2 : 0);
  for (int i = 0; i < jpeg.comps_in_scan; ++i) components_seen_ |= 1U << jpeg.cur_comp_info[i]->component_index;
  const auto scans = static_cast<uint64_t>(jpeg.input_scan_number);
  if (Status status = CheckScans(scans, SizeOf(jpeg), limits_); !status) return std::move(status.error());
  if (Status status = watch_.Poll(); !status) return std::move(status.error());
  return std::nullopt;
}

// "scan data ends at 58 % of the rows", or "scan 6 ends ..." where there are several.
Error JpegPass::EndsEarly() const {
  const bool many = jpeg_.multiple_scans();
  const std::string scan = many ? "scan " + std::to_string(jpeg_.info().input_scan_number) : "scan data";
  return {ErrorCode::kTruncated, scan + " ends" + AtRow()};
}

Error JpegPass::Corrupt(const std::string& what) const {
  const bool many = jpeg_.multiple_scans();
  const std::string scan = many ? "scan " + std::to_string(jpeg_.info().input_scan_number) + ": " : "";
  return {ErrorCode::kCorrupt, scan + what + AtRow()};
}

std::string JpegPass::AtRow() const {
  const jpeg_decompress_struct& jpeg = jpeg_.info();
  const uint64_t percent = 100 * uint64_t{jpeg.input_iMCU_row} / std::max<uint64_t>(1, jpeg.total_iMCU_rows);
  return " at " + std::to_string(percent) + " % of the rows";
}

std::optional<Error> JpegPass::OnWarning(int message_code) {
  const int marker = jpeg_.info().unread_marker;
  // Behind the end of the source libjpeg finds the end of the image.
  const bool ends = marker == JPEG_EOI || jpeg_.hit_end();
  switch (message_code) {
    case JWRN_HIT_MARKER:
      // In the middle of a scan, or of a restart interval.
      if (!ends && marker >= JPEG_RST0 && marker < JPEG_RST0 + 8) {
        return Tolerate(Corrupt("a restart interval ends early"));
      }
      // Before the first blocks were whole: libjpeg goes on with gray, and there is nothing to keep.
      if (jpeg_.offset() <= data_offset_ + 2) return EndsEarly();
      return Tolerate(EndsEarly());
    case JWRN_MUST_RESYNC:
      return Tolerate(ends ? EndsEarly() : Corrupt("a restart marker is missing"));
    case JWRN_HUFF_BAD_CODE:
      return Tolerate(Corrupt("bad Huffman code"));
    case JWRN_ARITH_BAD_CODE:
      return Tolerate(Corrupt("bad arithmetic code"));
    default:
      if (request_.strictness != Strictness::kStrict) return std::nullopt;
      return Error{ErrorCode::kCorrupt, jpeg_.trap().MessageText()};
  }
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
