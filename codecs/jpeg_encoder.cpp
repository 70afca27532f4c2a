#include "codecs/jpeg_encoder.h"

#include <cstdlib>
#include <string>

#include "codecs/jpeg_session.h"

namespace tbbthumbs {
namespace {

// One JPEG being compressed into memory that libjpeg allocates.
class JpegCompressor {
 public:
  JpegCompressor() { info_.err = trap_.manager(); }
  ~JpegCompressor() {
    jpeg_destroy_compress(&info_);
    std::free(buffer_);
  }
  JpegCompressor(const JpegCompressor&) = delete;
  JpegCompressor& operator=(const JpegCompressor&) = delete;

  Result<std::vector<std::byte>> Encode(const Raster& raster, const JpegOptions& options) {
    const bool ok = trap_.Guarded([&] {
      jpeg_create_compress(&info_);
      jpeg_mem_dest(&info_, &buffer_, &buffer_bytes_);
      info_.image_width = static_cast<JDIMENSION>(raster.size.width);
      info_.image_height = static_cast<JDIMENSION>(raster.size.height);
      info_.input_components = raster.channels();
      info_.in_color_space = raster.color == ColorModel::kGray ? JCS_GRAYSCALE : JCS_RGB;
      jpeg_set_defaults(&info_);
      jpeg_set_quality(&info_, options.quality, TRUE);
      info_.optimize_coding = options.optimize ? TRUE : FALSE;
      if (options.progressive) jpeg_simple_progression(&info_);
      jpeg_start_compress(&info_, TRUE);
      while (info_.next_scanline < info_.image_height) {
        const std::byte* bytes = raster.pixels.data() + info_.next_scanline * raster.row_bytes();
        // libjpeg reads the row only, but takes it without const.
        auto* row = reinterpret_cast<JSAMPROW>(const_cast<std::byte*>(bytes));
        jpeg_write_scanlines(&info_, &row, 1);
      }
      jpeg_finish_compress(&info_);
    });
    if (!ok) return tl::unexpected<Error>(trap_.TakeError());
    const auto* bytes = reinterpret_cast<const std::byte*>(buffer_);
    return std::vector<std::byte>(bytes, bytes + buffer_bytes_);
  }

 private:
  JpegErrorTrap trap_;
  jpeg_compress_struct info_{};
  unsigned char* buffer_ = nullptr;
  unsigned long buffer_bytes_ = 0;
};

}  // namespace

Result<std::vector<std::byte>> EncodeJpeg(const Raster& raster, const JpegOptions& options) {
  if (raster.alpha || raster.sample != SampleType::kU8 || raster.color == ColorModel::kCmyk) {
    return Fail(ErrorCode::kInternal, "the JPEG encoder takes 8-bit gray or RGB without alpha");
  }
  if (raster.size.width > JPEG_MAX_DIMENSION || raster.size.height > JPEG_MAX_DIMENSION) {
    return Fail(ErrorCode::kTooLarge, "a JPEG ends at " + std::to_string(JPEG_MAX_DIMENSION) + " pixels a side");
  }
  return JpegCompressor().Encode(raster, options);
}

}  // namespace tbbthumbs
