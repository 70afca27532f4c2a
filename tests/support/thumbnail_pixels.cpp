#include "tests/support/thumbnail_pixels.h"

#include <gtest/gtest.h>

#include <span>

#include "codecs/byte_source.h"
#include "codecs/decoder.h"
#include "tests/support/collecting_sink.h"

namespace tbbthumbs::testing {

Raster Decoded(const Encoded& thumbnail) {
  MemorySource source{std::span<const std::byte>(thumbnail.bytes)};
  auto decoder = OpenDecoder(source, {});
  EXPECT_TRUE(decoder);
  if (!decoder) return {};
  CollectingSink sink;
  Workspace workspace;
  const DecodeRequest request{.at_least = thumbnail.size, .decoder = DecoderChoice::kReference};
  EXPECT_TRUE((*decoder)->Decode(request, sink, workspace, Watch(DecodeLimits(), {})));
  return {thumbnail.size, sink.format.color, sink.format.alpha, SampleType::kU8, sink.bytes};
}

}  // namespace tbbthumbs::testing
