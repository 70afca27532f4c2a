#include "codecs/jpeg_session.h"

#include <algorithm>
#include <new>
#include <span>
#include <string_view>
#include <utility>

namespace tbbthumbs {
namespace {

constexpr size_t kInputBufferBytes = size_t{64} << 10;
// libjpeg-turbo reads damaged scans otherwise shortly before the end of what it has at once: it is given the same
// pieces of them, from multiple to multiple of this, however much of the file is in memory. Each ends with some slow
// kilobytes.
constexpr size_t kScanPieceBytes = size_t{128} << 10;
// A profile is 0.5-4 KB in photographs, up to about 2.5 MB for printing presses.
constexpr size_t kMaxIccBytes = size_t{4} << 20;
// They are numbered with a byte, from 1 on.
constexpr size_t kMaxIccParts = 255;
constexpr std::string_view kExifTag("Exif\0\0", 6);
constexpr std::string_view kXmpTag("http://ns.adobe.com/xap/1.0/\0", 29);
constexpr std::string_view kIccTag("ICC_PROFILE\0", 12);

// What libjpeg hands out when the source ends: an end-of-image marker.
constexpr JOCTET kEndOfImage[2] = {0xFF, JPEG_EOI};

ErrorCode CodeOf(int message_code) {
  switch (message_code) {
    case JERR_OUT_OF_MEMORY:
      return ErrorCode::kOutOfMemory;
    case JERR_INPUT_EOF:
    case JERR_INPUT_EMPTY:
      return ErrorCode::kTruncated;
    case JERR_IMAGE_TOO_BIG:
    case JERR_WIDTH_OVERFLOW:
      return ErrorCode::kTooLarge;
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_ARITH_NOTIMPL:
    case JERR_COMPONENT_COUNT:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_NOTIMPL:
    case JERR_NOT_COMPILED:
      return ErrorCode::kUnsupported;
    default:
      return ErrorCode::kCorrupt;
  }
}

// libjpeg's texts begin with a capital and speak of what the code of the error says; ours are clauses.
std::string Clause(std::string text) {
  constexpr std::string_view kSaidByTheCode = "Corrupt JPEG data: ";
  if (text.starts_with(kSaidByTheCode)) text.erase(0, kSaidByTheCode.size());
  if (text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a' && text[1] <= 'z') {
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  }
  return text;
}

}  // namespace

JpegErrorTrap::JpegErrorTrap() {
  jpeg_std_error(&manager_.base);
  manager_.trap = this;
  manager_.base.error_exit = &OnError;
  manager_.base.emit_message = &OnMessage;
  manager_.base.output_message = [](j_common_ptr) {};
}

std::string JpegErrorTrap::MessageText() const {
  if (last_info_ == nullptr) return {};
  char text[JMSG_LENGTH_MAX] = {};
  manager_.base.format_message(last_info_, text);
  return Clause(text);
}

std::string JpegErrorTrap::first_warning() const { return Clause(first_warning_); }

void JpegErrorTrap::OnError(j_common_ptr info) {
  JpegErrorTrap& trap = *reinterpret_cast<Manager*>(info->err)->trap;
  trap.last_info_ = info;
  trap.Leave();
}

void JpegErrorTrap::OnMessage(j_common_ptr info, int level) {
  if (level >= 0) return;  // traces
  JpegErrorTrap& trap = *reinterpret_cast<Manager*>(info->err)->trap;
  trap.last_info_ = info;
  if (++info->err->num_warnings == 1) info->err->format_message(info, trap.first_warning_);
  if (trap.WarningEnds(info->err->msg_code)) trap.Leave();
}

bool JpegErrorTrap::WarningEnds(int message_code) {
  if (!on_warning) return false;
  std::optional<Error> error = on_warning(message_code);
  if (!error) return false;
  error_ = std::move(error);
  return true;
}

Error JpegErrorTrap::TakeError() {
  if (error_) {
    Error error = std::move(*error_);
    error_.reset();
    return error;
  }
  const int code = manager_.base.msg_code;
  if (code == JERR_BAD_PRECISION) {
    return {ErrorCode::kUnsupported, std::to_string(manager_.base.msg_parm.i[0]) + "-bit JPEG"};
  }
  if (code == JERR_SOF_UNSUPPORTED) {
    const int sof = manager_.base.msg_parm.i[0] - 0xC0;
    const bool lossless = sof % 4 == 3;
    return {ErrorCode::kUnsupported,
            std::string(lossless ? "lossless" : "hierarchical") + " JPEG (SOF" + std::to_string(sof) + ")"};
  }
  return {CodeOf(code), MessageText()};
}

JpegDecompressor::JpegDecompressor(ByteSource& source) {
  input_.session = this;
  input_.source = &source;
  input_.base.init_source = &InitSource;
  input_.base.fill_input_buffer = &FillInput;
  input_.base.skip_input_data = &SkipInput;
  input_.base.resync_to_restart = &jpeg_resync_to_restart;
  input_.base.term_source = &TermSource;
  monitor_.session = this;
  monitor_.base.progress_monitor = &OnProgress;
  info_.err = trap_.manager();
}

JpegDecompressor::~JpegDecompressor() { jpeg_destroy_decompress(&info_); }

Status JpegDecompressor::ReadHeader(bool with_xmp) {
  with_xmp_ = with_xmp;
  const bool ok = trap_.Guarded([this] {
    jpeg_create_decompress(&info_);
    info_.client_data = this;
    info_.src = &input_.base;
    jpeg_set_marker_processor(&info_, JPEG_APP0 + 1, &OnSegment);
    jpeg_set_marker_processor(&info_, JPEG_APP0 + 2, &OnSegment);
    jpeg_read_header(&info_, TRUE);
  });
  if (ok) return {};
  return tl::unexpected<Error>(TakeError());
}

Error JpegDecompressor::TakeError() {
  const bool told = trap_.has_error();
  Error error = trap_.TakeError();
  if (told || error.code != ErrorCode::kCorrupt) return error;
  if (!input_.hit_end) {
    if (info_.input_scan_number > 0) error.message += ", at scan " + std::to_string(info_.input_scan_number);
    return error;
  }
  const std::string where = info_.input_scan_number > 0
                                ? "scan " + std::to_string(info_.input_scan_number) + " or what follows it"
                                : "the header";
  return {ErrorCode::kTruncated, "the file ends within " + where};
}

Status JpegDecompressor::Start(std::function<std::optional<Error>()> on_progress) {
  on_progress_ = std::move(on_progress);
  input_.in_scans = true;
  if (!input_.hit_end && offset() < input_.source->size()) {
    input_.next_offset = offset();
    if (!Refill()) return tl::unexpected<Error>(TakeError());
  }
  // Only for the scans: jpeg_read_scanlines would call it for every row.
  info_.progress = multiple_scans() ? &monitor_.base : nullptr;
  const bool ok = trap_.Guarded([this] { jpeg_start_decompress(&info_); });
  info_.progress = nullptr;
  if (!ok) return tl::unexpected<Error>(TakeError());
  return {};
}

JpegDecompressor& JpegDecompressor::Of(j_decompress_ptr info) {
  return *static_cast<JpegDecompressor*>(info->client_data);
}

boolean JpegDecompressor::FillInput(j_decompress_ptr info) {
  JpegDecompressor& session = Of(info);
  if (!session.Refill()) session.trap_.Leave();
  return TRUE;
}

bool JpegDecompressor::Refill() {
  auto read = NextPiece();
  if (!read) {
    trap_.SetError(std::move(read.error()));
    return false;
  }
  const std::span<const std::byte> piece = *read;
  if (piece.empty()) {
    input_.hit_end = true;
    input_.base.next_input_byte = kEndOfImage;
    input_.base.bytes_in_buffer = sizeof(kEndOfImage);
    return true;
  }
  input_.next_offset += piece.size();
  input_.base.next_input_byte = reinterpret_cast<const JOCTET*>(piece.data());
  input_.base.bytes_in_buffer = piece.size();
  return true;
}

// Empty at the end.
Result<std::span<const std::byte>> JpegDecompressor::NextPiece() {
  const uint64_t begin = input_.next_offset;
  const auto resident = input_.source->Resident();
  if (begin >= input_.source->size()) return std::span<const std::byte>();
  if (!input_.in_scans) {
    if (begin < resident.size()) return resident.subspan(begin);
    return ReadPiece(begin, kInputBufferBytes);
  }
  const uint64_t end = std::min((begin / kScanPieceBytes + 1) * kScanPieceBytes, input_.source->size());
  if (end <= resident.size()) return resident.subspan(begin, end - begin);
  return ReadPiece(begin, end - begin);
}

// All of it but at the end of the file.
Result<std::span<const std::byte>> JpegDecompressor::ReadPiece(uint64_t offset, size_t bytes) {
  try {
    input_.buffer.resize(bytes);
  } catch (const std::bad_alloc&) {
    return Fail(ErrorCode::kOutOfMemory, "no memory for an input buffer");
  }
  size_t have = 0;
  while (have < bytes) {
    const auto count = input_.source->ReadAt(offset + have, std::span(input_.buffer).subspan(have));
    if (!count) return tl::unexpected<Error>(count.error());
    if (*count == 0) break;
    have += *count;
    // Of the header that may be enough.
    if (!input_.in_scans) break;
  }
  return std::span(input_.buffer).first(have);
}

void JpegDecompressor::SkipInput(j_decompress_ptr info, long count) {
  if (count <= 0) return;
  Input& input = Of(info).input_;
  auto left = static_cast<uint64_t>(count);
  const size_t buffered = input.base.bytes_in_buffer;
  if (left <= buffered) {
    input.base.next_input_byte += left;
    input.base.bytes_in_buffer -= left;
    return;
  }
  left -= buffered;
  input.base.bytes_in_buffer = 0;
  // Not read at all. Beyond the end, the next read says so.
  input.next_offset = std::min(input.source->size(), input.next_offset + left);
}

void JpegDecompressor::OnProgress(j_common_ptr info) {
  JpegDecompressor& session = Of(reinterpret_cast<j_decompress_ptr>(info));
  if (session.ProgressEnds()) session.trap_.Leave();
}

bool JpegDecompressor::ProgressEnds() {
  std::optional<Error> error = on_progress_();
  if (!error) return false;
  trap_.SetError(std::move(*error));
  return true;
}

// APP1 and APP2: Exif, ICC and wanted XMP are kept, all else skipped. Replaces libjpeg's own saving of markers, which
// would keep any amount of any of them.
boolean JpegDecompressor::OnSegment(j_decompress_ptr info) {
  JpegDecompressor& session = Of(info);
  unsigned length = static_cast<unsigned>(session.NextByte()) << 8;
  length |= session.NextByte();
  if (length < 2) ERREXIT(info, JERR_BAD_LENGTH);
  size_t left = length - 2;
  const Segment kind = session.ReadTag(left);
  if (kind == Segment::kNone) {
    SkipInput(info, static_cast<long>(left));
    return TRUE;
  }
  bool room = true;
  try {
    session.segment_.resize(left);
  } catch (const std::bad_alloc&) {
    room = false;
  }
  if (!room) ERREXIT1(info, JERR_OUT_OF_MEMORY, 0);
  for (size_t i = 0; i < left; ++i) session.segment_[i] = static_cast<std::byte>(session.NextByte());
  if (!session.KeepSegment(kind)) ERREXIT1(info, JERR_OUT_OF_MEMORY, 0);
  return TRUE;
}

// Reads no more than tells what the segment is: most are skipped unread. `left`: the bytes of it that are not read.
// Owns nothing, since NextByte may leave by a jump.
JpegDecompressor::Segment JpegDecompressor::ReadTag(size_t& left) {
  char head[32];
  size_t have = 0;
  const auto is = [&](std::string_view tag) {
    for (; have < tag.size() && left > 0; --left) head[have++] = static_cast<char>(NextByte());
    return std::string_view(head, have) == tag;
  };
  if (info_.unread_marker == JPEG_APP0 + 2) {
    const bool room = icc_parts_.size() < kMaxIccParts && icc_bytes_ + left <= kMaxIccBytes;
    return room && is(kIccTag) ? Segment::kIcc : Segment::kNone;
  }
  if (is(kExifTag)) return exif_.empty() ? Segment::kExif : Segment::kNone;
  return with_xmp_ && xmp_.empty() && is(kXmpTag) ? Segment::kXmp : Segment::kNone;
}

uint8_t JpegDecompressor::NextByte() {
  jpeg_source_mgr& source = input_.base;
  if (source.bytes_in_buffer == 0) FillInput(&info_);
  --source.bytes_in_buffer;
  return *source.next_input_byte++;
}

bool JpegDecompressor::KeepSegment(Segment kind) {
  try {
    if (kind == Segment::kExif) {
      exif_ = segment_;
    } else if (kind == Segment::kXmp) {
      xmp_ = segment_;
    } else if (segment_.size() > 2) {
      IccPart part;
      part.number = static_cast<int>(segment_[0]);
      part.count = static_cast<int>(segment_[1]);
      part.bytes.assign(segment_.begin() + 2, segment_.end());
      icc_bytes_ += part.bytes.size();
      icc_parts_.push_back(std::move(part));
    }
  } catch (const std::bad_alloc&) {
    return false;
  }
  return true;
}

JpegMetadata JpegDecompressor::TakeMetadata() {
  JpegMetadata metadata;
  metadata.exif = std::move(exif_);
  metadata.xmp = std::move(xmp_);
  std::stable_sort(icc_parts_.begin(), icc_parts_.end(),
                   [](const IccPart& a, const IccPart& b) { return a.number < b.number; });
  const auto count = static_cast<int>(icc_parts_.size());
  for (int i = 0; i < count; ++i) {
    if (icc_parts_[i].number != i + 1 || icc_parts_[i].count != count) return metadata;
  }
  for (const IccPart& part : icc_parts_) metadata.icc.insert(metadata.icc.end(), part.bytes.begin(), part.bytes.end());
  return metadata;
}

}  // namespace tbbthumbs
