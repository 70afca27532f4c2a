#include "codecs/workspace.h"

#include "codecs/color.h"
#include "codecs/color_curves.h"
#include "codecs/filter_taps.h"
#include "codecs/jpeg_huffman.h"
#include "codecs/jpeg_scan_bytes.h"
#include "codecs/png_encoder_scratch.h"
#include "codecs/png_fast.h"

namespace tbbthumbs {

Workspace::Workspace()
    : colors_(std::make_unique<ColorTransforms>()),
      curves_(std::make_unique<ColorCurves>()),
      taps_(std::make_unique<TapCache>()),
      huffman_tables_(std::make_unique<HuffmanTableCache>()),
      scan_buffers_(std::make_unique<ScanBuffers>()),
      png_buffers_(std::make_unique<PngBuffers>()),
      png_encoder_(std::make_unique<PngEncoderScratch>()) {}
Workspace::~Workspace() = default;

}  // namespace tbbthumbs
