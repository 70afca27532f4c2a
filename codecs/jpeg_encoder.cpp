#include "codecs/jpeg_encoder.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "codecs/jpeg_session.h"

namespace tbbthumbs {
namespace {

// What is to be compressed, as libjpeg is to be told.
struct Source {
  Size size;
  J_COLOR_SPACE space = JCS_RGB;
  int channels = 3;
  bool planar = false;  // comes as the planes that the file holds
};

constexpr size_t kIccPartBytes = 65'519;

// A segment: `tag`, `numbers` and `data` one behind the other.
void WriteSegment(j_compress_ptr info, int marker, std::string_view tag, std::initializer_list<size_t> numbers,
                  std::span<const std::byte> data) {
  jpeg_write_m_header(info, marker, static_cast<unsigned>(tag.size() + numbers.size() + data.size()));
  for (const char c : tag) jpeg_write_m_byte(info, static_cast<unsigned char>(c));
  for (const size_t number : numbers) jpeg_write_m_byte(info, static_cast<int>(number));
  for (const std::byte byte : data) jpeg_write_m_byte(info, std::to_integer<int>(byte));
}

// Behind JFIF's own segment. Owns nothing: libjpeg may leave it by a jump.
void WriteMetadata(j_compress_ptr info, const Metadata& metadata) {
  constexpr std::string_view kExifTag("Exif\0\0", 6);
  constexpr std::string_view kXmpTag("http://ns.adobe.com/xap/1.0/\0", 29);
  constexpr std::string_view kIccTag("ICC_PROFILE\0", 12);
  if (!metadata.exif.empty()) WriteSegment(info, JPEG_APP0 + 1, kExifTag, {}, metadata.exif);
  if (!metadata.xmp.empty()) WriteSegment(info, JPEG_APP0 + 1, kXmpTag, {}, metadata.xmp);
  const size_t parts = (metadata.icc.size() + kIccPartBytes - 1) / kIccPartBytes;
  for (size_t i = 0; i < parts; ++i) {
    const auto rest = metadata.icc.subspan(i * kIccPartBytes);
    WriteSegment(info, JPEG_APP0 + 2, kIccTag, {i + 1, parts}, rest.first(std::min(rest.size(), kIccPartBytes)));
  }
}

// One JPEG being compressed into memory that libjpeg allocates.
class JpegCompressor {
 public:
  JpegCompressor() {
    info_.err = trap_.manager();
    monitor_.base.progress_monitor = &OnProgress;
    monitor_.trap = &trap_;
  }
  ~JpegCompressor() {
    // Left before its end, libjpeg has not told yet where the buffer is now.
    if (info_.dest != nullptr) info_.dest->term_destination(&info_);
    jpeg_destroy_compress(&info_);
    std::free(buffer_);
  }
  JpegCompressor(const JpegCompressor&) = delete;
  JpegCompressor& operator=(const JpegCompressor&) = delete;

  // `write` hands libjpeg rows until there are image_height of them; see JpegErrorTrap::Guarded for what it may do.
  template <class Write>
  Result<std::vector<std::byte>> Encode(const Source& source, const JpegOptions& options, Write&& write) {
    if (source.size.width > JPEG_MAX_DIMENSION || source.size.height > JPEG_MAX_DIMENSION) {
      return Fail(ErrorCode::kTooLarge, "a JPEG ends at " + std::to_string(JPEG_MAX_DIMENSION) + " pixels a side");
    }
    const Metadata& metadata = options.metadata;
    if (metadata.exif.size() > kMaxExifBytes || metadata.xmp.size() > kMaxXmpBytes ||
        metadata.icc.size() > kMaxIccSegments * kIccPartBytes) {
      return Fail(ErrorCode::kInternal, "metadata are over their limits");
    }
    const bool ok = trap_.Guarded([&] {
      jpeg_create_compress(&info_);
      if (options.watch != nullptr) {
        monitor_.watch = options.watch;
        info_.progress = &monitor_.base;
      }
      jpeg_mem_dest(&info_, &buffer_, &buffer_bytes_);
      info_.image_width = static_cast<JDIMENSION>(source.size.width);
      info_.image_height = static_cast<JDIMENSION>(source.size.height);
      info_.input_components = source.channels;
      info_.in_color_space = source.space;
      jpeg_set_defaults(&info_);
      jpeg_set_quality(&info_, options.quality, TRUE);
      if (options.full_chroma) info_.comp_info[0].h_samp_factor = info_.comp_info[0].v_samp_factor = 1;
      info_.raw_data_in = source.planar ? TRUE : FALSE;
      info_.optimize_coding = options.optimize ? TRUE : FALSE;
      if (options.progressive) jpeg_simple_progression(&info_);
      jpeg_start_compress(&info_, TRUE);
      WriteMetadata(&info_, metadata);
      while (info_.next_scanline < info_.image_height) write(info_);
      jpeg_finish_compress(&info_);
    });
    if (!ok) return tl::unexpected<Error>(trap_.TakeError());
    const auto* bytes = reinterpret_cast<const std::byte*>(buffer_);
    return std::vector<std::byte>(bytes, bytes + buffer_bytes_);
  }

 private:
  struct Monitor {
    jpeg_progress_mgr base;  // first: libjpeg hands back its address
    JpegErrorTrap* trap;
    const Watch* watch;
  };

  // Between rows and, where there are several passes, between the rows of each.
  static void OnProgress(j_common_ptr info) {
    const auto* monitor = reinterpret_cast<const Monitor*>(info->progress);
    if (monitor->watch->PollStop()) return;
    monitor->trap->SetError(ErrorCode::kStopped, "stopped");
    monitor->trap->Leave();
  }

  JpegErrorTrap trap_;
  Monitor monitor_{};
  jpeg_compress_struct info_{};
  unsigned char* buffer_ = nullptr;
  unsigned long buffer_bytes_ = 0;
};

// A band of rows of one plane, as high and wide as whole blocks: the last column and row are repeated.
class PaddedBand {
 public:
  static constexpr size_t kMaxRows = 2 * DCTSIZE;

  PaddedBand(const std::vector<std::byte>& plane, Size size, size_t rows)
      : plane_(plane.data()),
        width_(static_cast<size_t>(size.width)),
        height_(static_cast<size_t>(size.height)),
        stride_((width_ + DCTSIZE - 1) / DCTSIZE * DCTSIZE),
        rows_(rows),
        samples_(stride_ * rows) {
    for (size_t i = 0; i < rows; ++i) pointers_[i] = samples_.data() + i * stride_;
  }

  // The rows from `first` on.
  JSAMPARRAY Fill(size_t first) {
    for (size_t i = 0; i < rows_; ++i) {
      const std::byte* from = plane_ + std::min(first + i, height_ - 1) * width_;
      std::memcpy(pointers_[i], from, width_);
      std::memset(pointers_[i] + width_, static_cast<int>(from[width_ - 1]), stride_ - width_);
    }
    return pointers_.data();
  }

 private:
  const std::byte* plane_;
  size_t width_;
  size_t height_;
  size_t stride_;
  size_t rows_;
  std::vector<JSAMPLE> samples_;
  std::array<JSAMPROW, kMaxRows> pointers_{};
};

}  // namespace

Result<std::vector<std::byte>> EncodeJpeg(const Raster& raster, const JpegOptions& options) {
  const bool gray = raster.color == ColorModel::kGray;
  if (raster.alpha || raster.sample != SampleType::kU8 || !(gray || raster.color == ColorModel::kRgb)) {
    return Fail(ErrorCode::kInternal, "the JPEG encoder takes 8-bit gray or RGB without alpha");
  }
  const Source source{raster.size, gray ? JCS_GRAYSCALE : JCS_RGB, raster.channels()};
  return JpegCompressor().Encode(source, options, [&](jpeg_compress_struct& jpeg) {
    const std::byte* bytes = raster.pixels.data() + jpeg.next_scanline * raster.row_bytes();
    // libjpeg reads the row only, but takes it without const.
    auto* row = reinterpret_cast<JSAMPROW>(const_cast<std::byte*>(bytes));
    jpeg_write_scanlines(&jpeg, &row, 1);
  });
}

Result<std::vector<std::byte>> EncodeJpeg(const YccPlanes& planes, const JpegOptions& options) {
  const size_t luma_rows = options.full_chroma ? DCTSIZE : 2 * DCTSIZE;
  const Size chroma = options.full_chroma ? planes.size : ChromaHalved(planes.size);
  if (planes.size.width < 1 || planes.size.height < 1 || planes.chroma_size != chroma ||
      planes.planes[0].size() != planes.size.pixels() || planes.planes[1].size() != chroma.pixels() ||
      planes.planes[2].size() != chroma.pixels()) {
    return Fail(ErrorCode::kInternal, "the JPEG encoder takes planes with the chroma of its options");
  }
  PaddedBand luma(planes.planes[0], planes.size, luma_rows);
  PaddedBand blue(planes.planes[1], chroma, DCTSIZE);
  PaddedBand red(planes.planes[2], chroma, DCTSIZE);
  const Source source{planes.size, JCS_YCbCr, 3, true};
  return JpegCompressor().Encode(source, options, [&](jpeg_compress_struct& jpeg) {
    const size_t row = jpeg.next_scanline;
    const size_t chroma_row = row * DCTSIZE / luma_rows;
    JSAMPARRAY rows[3] = {luma.Fill(row), blue.Fill(chroma_row), red.Fill(chroma_row)};
    jpeg_write_raw_data(&jpeg, rows, static_cast<JDIMENSION>(luma_rows));
  });
}

}  // namespace tbbthumbs
