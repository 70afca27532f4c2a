#include "codecs/jpeg_decoder.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "codecs/jpeg_fast.h"
#include "codecs/jpeg_frame.h"
#include "codecs/jpeg_pass.h"
#include "codecs/jpeg_session.h"

namespace tbbthumbs {
namespace {

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

bool IsDamage(const Error& error) { return error.code == ErrorCode::kCorrupt || error.code == ErrorCode::kTruncated; }

// The first bytes of a source, which must outlive it.
class BeginningOf final : public ByteSource {
 public:
  BeginningOf(ByteSource& source, uint64_t bytes) : source_(source), size_(std::min(bytes, source.size())) {}

  uint64_t size() const override { return size_; }
  Result<size_t> ReadAt(uint64_t offset, std::span<std::byte> out) override {
    if (offset >= size_) return 0;
    return source_.ReadAt(offset, out.first(std::min<uint64_t>(out.size(), size_ - offset)));
  }
  std::span<const std::byte> Resident() const override {
    const std::span<const std::byte> resident = source_.Resident();
    return resident.first(std::min<uint64_t>(resident.size(), size_));
  }

 private:
  ByteSource& source_;
  const uint64_t size_;
};

class JpegDecoder final : public Decoder {
 public:
  JpegDecoder(ByteSource& source, const DecodeLimits& limits)
      : source_(source), limits_(limits), jpeg_(std::in_place, source) {}

  Status Open(const KeptMetadata& wanted);
  Result<DecodeReport> Decode(const DecodeRequest& request, RowSink& sink, Workspace& workspace,
                              const Watch& watch) override;

 private:
  Status CheckFileCanHoldPicture(Strictness strictness) const;
  bool CanDeliverPlanes(const DecodeRequest& request) const;
  Result<DecodeReport> DecodeOnLadder(const DecodeRequest& request, RowSink& sink, Workspace& workspace,
                                      const Watch& watch);
  Status BeginAgain(ByteSource& source);
  Result<DecodeReport> DecodeSound(uint64_t bytes, Error damage, const DecodeRequest& request, RowSink& sink,
                                   Workspace& workspace, const Watch& watch);

  ByteSource& source_;
  DecodeLimits limits_;
  std::optional<JpegDecompressor> jpeg_;  // its header is read; nothing after Decode
};

Status JpegDecoder::Open(const KeptMetadata& wanted) {
  jpeg_decompress_struct& jpeg = jpeg_->info();
  if (Status status = jpeg_->ReadHeader(wanted.xmp); !status) {
    // Of larger ones libjpeg speaks without their size.
    if (status.error().code != ErrorCode::kTooLarge) return status;
    Status named = CheckPictureSize(SizeOf(jpeg), limits_);
    if (!named && named.error().code == ErrorCode::kTooLarge) return named;
    return Fail(ErrorCode::kTooLarge, std::to_string(jpeg.image_width) + " x " + std::to_string(jpeg.image_height) +
                                          " pixels: a side is over " + std::to_string(JPEG_MAX_DIMENSION) +
                                          ", the most of a JPEG");
  }
  if (jpeg.arith_code) limits_.max_scans_times_pixels /= 2;
  info_.format = tbbthumbs::Format::kJpeg;
  info_.size = SizeOf(jpeg);
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
  info_.own_reader = CanReadJpegFast(jpeg);
  // Several scans: libjpeg-turbo holds every coefficient, 64 of 2 bytes a block. Else a few rows of blocks, or our own
  // readers a part of the file and 4 coefficients a block, with room to spare.
  info_.row_bytes = uint64_t{jpeg.image_width} * static_cast<uint64_t>(jpeg.num_components) * 32;
  info_.decoded_bytes = info_.row_bytes;
  if (jpeg_->multiple_scans()) {
    info_.decoded_bytes += BlockCount(jpeg) * 128;
  } else if (info_.own_reader) {
    info_.own_reader_bytes =
        std::min(source_.size(), kMaxJpegFastWindow) + std::min(BlockCount(jpeg) * 12, kMaxJpegFastCoefficients);
    info_.decoded_bytes += info_.own_reader_bytes;
  }
  if (Status status = CheckDecodedBytes(info_.decoded_bytes, limits_); !status) return status;
  JpegMetadata metadata = jpeg_->TakeMetadata();
  TakeExif(metadata.exif, wanted);
  info_.metadata.xmp = std::move(metadata.xmp);
  if (!metadata.icc.empty()) info_.profile = IccProfile{std::move(metadata.icc)};
  return {};
}

// A block takes at least one bit in a scan that codes DC (a code of one bit for "no change"), and one more for its end
// of block in a sequential file. A file smaller than that is cut short, whatever it holds: known before any work. To be
// salvaged it need not be whole; but what it lacks would be worked out, too.
Status JpegDecoder::CheckFileCanHoldPicture(Strictness strictness) const {
  const jpeg_decompress_struct& jpeg = jpeg_->info();
  if (jpeg.arith_code) return {};
  const uint64_t bits_a_block = info_.progressive ? 1 : 2;
  uint64_t bits = BlockCount(jpeg) * bits_a_block;
  if (strictness == Strictness::kSalvage) bits /= kLeastSalvaged;
  if (bits <= source_.size() * 8) return {};
  return Fail(ErrorCode::kTruncated, std::to_string(source_.size()) + " bytes can't hold " +
                                         std::to_string(info_.size.width) + " x " + std::to_string(info_.size.height) +
                                         " pixels");
}

// Planes need no conversion by libjpeg: three components that are YCbCr, however they are sampled.
bool JpegDecoder::CanDeliverPlanes(const DecodeRequest& request) const {
  return request.decoder != DecoderChoice::kReference && request.chroma_at_least != Size{} &&
         jpeg_->info().jpeg_color_space == JCS_YCbCr && jpeg_->info().num_components == 3;
}

// A session that knows nothing of what was decoded so far; the old one gives its memory back first.
Status JpegDecoder::BeginAgain(ByteSource& source) {
  jpeg_.emplace(source);
  return jpeg_->ReadHeader();
}

// A ladder: each rung delivers the picture, or gives up and leaves it to the next, which begins anew. The last one has
// the last word about the file.
Result<DecodeReport> JpegDecoder::DecodeOnLadder(const DecodeRequest& request, RowSink& sink, Workspace& workspace,
                                                 const Watch& watch) {
  const auto failed = [](Status& status) { return tl::unexpected<Error>(std::move(status.error())); };
  if (Status status = CheckFileCanHoldPicture(request.strictness); !status) return failed(status);
  if (request.decoder != DecoderChoice::kReference && request.decoder != DecoderChoice::kTurbo) {
    auto path = DecodeJpegFast(jpeg_->info(), source_, jpeg_->offset(), request, sink, workspace, limits_, watch);
    if (!path) return tl::unexpected<Error>(std::move(path.error()));
    if (*path) return DecodeReport{.path = std::move(**path)};
  }
  if (CanDeliverPlanes(request)) {
    auto report = JpegPass(*jpeg_, request, limits_, watch).DecodePlanes(sink, workspace);
    if (!report) return tl::unexpected<Error>(std::move(report.error()));
    if (*report) return std::move(**report);
    if (Status status = BeginAgain(source_); !status) return failed(status);
  }
  JpegPass pass(*jpeg_, request, limits_, watch);
  auto report = pass.DecodePixels(sink, workspace);
  if (report || request.strictness != Strictness::kSalvage || !IsDamage(report.error())) return report;
  return DecodeSound(pass.sound_bytes(), std::move(report.error()), request, sink, workspace, watch);
}

// libjpeg gives up what it has of several scans where it can't read what stands between two of them; but not where the
// file ends there.
Result<DecodeReport> JpegDecoder::DecodeSound(uint64_t bytes, Error damage, const DecodeRequest& request, RowSink& sink,
                                              Workspace& workspace, const Watch& watch) {
  BeginningOf sound(source_, bytes);
  const bool readable = bytes > 0 && BeginAgain(sound);
  auto report = readable ? JpegPass(*jpeg_, request, limits_, watch).DecodePixels(sink, workspace)
                         : Result<DecodeReport>(tl::unexpected<Error>(damage));
  jpeg_.reset();  // it reads from what is gone hereafter
  if (report) {
    report->damage = std::move(damage);
  } else if (IsDamage(report.error())) {
    report.error() = std::move(damage);
  }
  return report;
}

Result<DecodeReport> JpegDecoder::Decode(const DecodeRequest& request, RowSink& sink, Workspace& workspace,
                                         const Watch& watch) {
  if (request.strictness == Strictness::kStrict && jpeg_->trap().warnings() > 0) {
    return Fail(ErrorCode::kCorrupt, jpeg_->trap().first_warning());
  }
  auto report = DecodeOnLadder(request, sink, workspace, watch);
  // It holds all coefficients of a progressive picture, and thumbnails are to be encoded yet.
  jpeg_.reset();
  return report;
}

}  // namespace

Result<std::unique_ptr<Decoder>> OpenJpeg(ByteSource& source, const DecodeLimits& limits, const KeptMetadata& wanted) {
  auto decoder = std::make_unique<JpegDecoder>(source, limits);
  if (Status status = decoder->Open(wanted); !status) return tl::unexpected<Error>(std::move(status.error()));
  return decoder;
}

}  // namespace tbbthumbs
