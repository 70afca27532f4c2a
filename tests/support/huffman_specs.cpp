#include "tests/support/huffman_specs.h"

#include <cstddef>
#include <cstdint>

#include "codecs/byte_source.h"
#include "codecs/jpeg_frame.h"
#include "codecs/jpeg_session.h"
#include "tests/support/jpeg_fixture.h"

namespace tbbthumbs::testing {

HuffmanSpec Staircase(int longest) {
  HuffmanSpec spec;
  for (int length = 1; length <= longest; ++length) {
    spec.counts[static_cast<size_t>(length) - 1] = 1;
    spec.symbols[static_cast<size_t>(length) - 1] = static_cast<uint8_t>(length % 12);
  }
  return spec;
}

std::vector<HuffmanSpec> OptimisedCodes(bool ac) {
  JpegFixture fixture{.size = {160, 120}, .quality = 90};
  fixture.optimize = true;
  fixture.paint = [](int x, int y, uint8_t* s) {
    for (int c = 0; c < 3; ++c) s[c] = static_cast<uint8_t>(x * x / 7 + y * (c + 1) * 5 + x * y % 31);
  };
  MemorySource source(MakeJpeg(fixture));
  JpegDecompressor jpeg(source);
  if (!jpeg.ReadHeader()) return {};
  const auto frame = ReadBaselineFrame(jpeg.info());
  if (!frame) return {};
  if (ac) return {frame->components[0].ac, frame->components[1].ac};
  return {frame->components[0].dc, frame->components[1].dc};
}

}  // namespace tbbthumbs::testing
