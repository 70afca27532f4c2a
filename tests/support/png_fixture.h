// PNG files made chunk by chunk, right or wrong.
#ifndef TBBTHUMBS_TESTS_SUPPORT_PNG_FIXTURE_H_
#define TBBTHUMBS_TESTS_SUPPORT_PNG_FIXTURE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "codecs/size.h"

namespace tbbthumbs::testing {

// As IHDR numbers them.
enum class PngColor { kGray = 0, kRgb = 2, kPalette = 3, kGrayAlpha = 4, kRgba = 6 };

int PngChannels(PngColor color);

struct PngChunk {
  std::string type;
  std::vector<std::byte> data;
  bool wrong_crc = false;
};

struct PngFixture {
  Size size{16, 16};
  PngColor color = PngColor::kRgb;
  int depth = 8;
  bool interlaced = false;
  // Row after row, PngChannels(color) a pixel, each below 2^depth.
  std::vector<uint16_t> samples{};
  std::vector<std::array<uint8_t, 3>> palette{};
  std::vector<PngChunk> before_palette{};  // colour chunks
  std::vector<PngChunk> before_data{};     // tRNS, eXIf
  std::vector<PngChunk> after_data{};
  // Filter type of every row; -1: types 0 to 4 in turn.
  int filter = -1;
  // Image data is split into chunks of this many bytes.
  size_t chunk_bytes = 1 << 20;
  int zlib_level = 6;
};

// The whole file.
std::vector<std::byte> MakePng(const PngFixture& fixture);

// Samples that look like noise, the same for the same seed.
std::vector<uint16_t> NoiseSamples(const PngFixture& fixture, uint32_t seed = 1);

// The image data before compression: rows behind their filter bytes, pass after pass where interlaced.
std::vector<std::byte> FilteredRows(const PngFixture& fixture);
std::vector<std::byte> Deflate(std::span<const std::byte> bytes, int level = 6);

// The signature and the chunks with their checksums; and back, as far as the bytes make sense.
std::vector<std::byte> JoinChunks(const std::vector<PngChunk>& chunks);
std::vector<PngChunk> SplitChunks(std::span<const std::byte> png);

PngChunk HeaderChunk(const PngFixture& fixture);

// Numbers as they stand in chunks.
std::vector<std::byte> BigEndian(std::initializer_list<uint32_t> numbers, int bytes_each);

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_PNG_FIXTURE_H_
