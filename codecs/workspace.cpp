#include "codecs/workspace.h"

#include <algorithm>
#include <functional>
#include <type_traits>
#include <vector>

#include "codecs/color.h"
#include "codecs/color_curves.h"
#include "codecs/filter_taps.h"
#include "codecs/jpeg_huffman.h"
#include "codecs/jpeg_scan_bytes.h"
#include "codecs/png_encoder_scratch.h"
#include "codecs/png_fast.h"

namespace tbbthumbs {
namespace {

// Something that can be given back.
struct Part {
  size_t bytes = 0;
  std::function<void(size_t most_bytes)> trim;  // to so many bytes, or fewer
};

// What is had again soonest comes first.
std::vector<Part> PartsOf(Workspace& workspace) {
  std::vector<Part> parts;
  const auto add = [&parts](auto& buffer, size_t size) {
    using Buffer = std::remove_reference_t<decltype(buffer)>;
    parts.push_back({size * sizeof(typename Buffer::value_type), [&buffer](size_t) { Buffer().swap(buffer); }});
  };
  ScanBuffers& scan = workspace.scan_buffers();
  PngBuffers& png = workspace.png_buffers();
  PngEncoderScratch& encoder = workspace.png_encoder();
  for (auto* buffer : {&workspace.decode_rows(), &scan.input, &png.idat.input, &png.idat.data}) {
    add(*buffer, buffer->capacity());
  }
  for (auto* buffer :
       {&scan.clean, &png.window, &png.row, &encoder.filter, &encoder.direct_rows, &encoder.narrow_rows}) {
    add(*buffer, buffer->capacity());
  }
  for (auto* buffer : {&encoder.filtered, &encoder.stream, &encoder.trial}) add(*buffer, buffer->capacity());
  // Of these, much more is reserved than is ever touched.
  add(scan.coefficients, scan.coefficients.size());
  parts.push_back({encoder.deflater.held_bytes(), [&encoder](size_t) { encoder.deflater.Clear(); }});
  parts.push_back({workspace.taps().bytes(), [&workspace](size_t) { workspace.taps() = TapCache(); }});
  parts.push_back({workspace.curves().bytes(), [&workspace](size_t) { workspace.curves().Clear(); }});
  parts.push_back(
      {workspace.colors().bytes(), [&workspace](size_t most_bytes) { workspace.colors().Trim(most_bytes); }});
  return parts;
}

}  // namespace

Workspace::Workspace()
    : colors_(std::make_unique<ColorTransforms>()),
      curves_(std::make_unique<ColorCurves>()),
      taps_(std::make_unique<TapCache>()),
      huffman_tables_(std::make_unique<HuffmanTableCache>()),
      scan_buffers_(std::make_unique<ScanBuffers>()),
      png_buffers_(std::make_unique<PngBuffers>()),
      png_encoder_(std::make_unique<PngEncoderScratch>()) {}
Workspace::~Workspace() = default;

size_t Workspace::held_bytes() {
  size_t bytes = 0;
  for (const Part& part : PartsOf(*this)) bytes += part.bytes;
  return bytes;
}

void Workspace::Trim(size_t most_bytes) {
  size_t bytes = held_bytes();
  for (const Part& part : PartsOf(*this)) {
    if (bytes <= most_bytes) return;
    const size_t others = bytes - part.bytes;
    part.trim(most_bytes - std::min(most_bytes, others));
    bytes = others;
  }
}

}  // namespace tbbthumbs
