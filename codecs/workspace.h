// What one worker keeps from picture to picture.
#ifndef TBBTHUMBS_CODECS_WORKSPACE_H_
#define TBBTHUMBS_CODECS_WORKSPACE_H_

#include <cstddef>
#include <memory>
#include <vector>

namespace tbbthumbs {

class ColorCurves;         // codecs/color_curves.h
class ColorTransforms;     // codecs/color.h
class HuffmanTableCache;   // codecs/jpeg_huffman.h
struct PngBuffers;         // codecs/png_fast.h
struct PngEncoderScratch;  // codecs/png_encoder_scratch.h
struct ScanBuffers;        // codecs/jpeg_scan_bytes.h
class TapCache;            // codecs/filter_taps.h

// Caches and scratch memory: colour transforms by profile, filter taps by geometry, row buffers. Each worker owns one
// and passes it in; never used by two threads at once. Nothing in it changes what comes out, only how soon.
class Workspace {
 public:
  Workspace();
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  ColorTransforms& colors() { return *colors_; }
  ColorCurves& curves() { return *curves_; }
  TapCache& taps() { return *taps_; }
  HuffmanTableCache& huffman_tables() { return *huffman_tables_; }
  ScanBuffers& scan_buffers() { return *scan_buffers_; }
  PngBuffers& png_buffers() { return *png_buffers_; }
  PngEncoderScratch& png_encoder() { return *png_encoder_; }
  // Rows on their way out of a decoder. A decoder resizes it as it needs and leaves it as it is.
  std::vector<std::byte>& decode_rows() { return decode_rows_; }

  // Bytes that are kept for the next picture, about.
  size_t held_bytes();
  // Gives memory back until held_bytes() is not over `most_bytes`: first what is had again soonest. Between two
  // pictures, after a large one.
  void Trim(size_t most_bytes);

 private:
  std::unique_ptr<ColorTransforms> colors_;
  std::unique_ptr<ColorCurves> curves_;
  std::unique_ptr<TapCache> taps_;
  std::unique_ptr<HuffmanTableCache> huffman_tables_;
  std::unique_ptr<ScanBuffers> scan_buffers_;
  std::unique_ptr<PngBuffers> png_buffers_;
  std::unique_ptr<PngEncoderScratch> png_encoder_;
  std::vector<std::byte> decode_rows_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_WORKSPACE_H_
