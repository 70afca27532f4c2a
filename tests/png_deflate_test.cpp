#include "codecs/png_deflate.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace tbbthumbs {
namespace {

constexpr DeflateLevel kLevels[] = {DeflateLevel::kFast, DeflateLevel::kTrial, DeflateLevel::kUsual,
                                    DeflateLevel::kSmall, DeflateLevel::kFiltered};

std::vector<uint8_t> Noise(size_t count) {
  uint32_t noise = 7;
  std::vector<uint8_t> bytes(count);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>((noise = noise * 1664525 + 1013904223) >> 24);
  return bytes;
}

// Words in no order.
std::vector<uint8_t> Text(size_t count) {
  constexpr std::string_view kWords[] = {"filter ", "row ", "deflate ", "the ", "of a ", "picture ", "\n", "window, "};
  const std::vector<uint8_t> choices = Noise(count);
  std::vector<uint8_t> bytes;
  for (size_t i = 0; bytes.size() < count; ++i) {
    const std::string_view word = kWords[choices[i] % std::size(kWords)];
    bytes.insert(bytes.end(), word.begin(), word.end());
  }
  bytes.resize(count);
  return bytes;
}

// What zlib makes of a whole stream, with its checksum proven and no byte left over.
std::vector<uint8_t> Inflate(std::span<const uint8_t> stream, size_t expected) {
  std::vector<uint8_t> bytes(expected + 1);
  z_stream zlib{};
  EXPECT_EQ(inflateInit(&zlib), Z_OK);
  zlib.next_in = const_cast<uint8_t*>(stream.data());
  zlib.avail_in = static_cast<uInt>(stream.size());
  zlib.next_out = bytes.data();
  zlib.avail_out = static_cast<uInt>(bytes.size());
  EXPECT_EQ(inflate(&zlib, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(zlib.avail_in, 0u);
  bytes.resize(zlib.total_out);
  inflateEnd(&zlib);
  return bytes;
}

TEST(PngDeflater, StreamsHoldWhatWentIn) {
  PngDeflater deflater;
  RawBytes out;
  for (const auto& bytes : {std::vector<uint8_t>{}, std::vector<uint8_t>{0}, std::vector<uint8_t>{1, 2, 3, 4},
                            std::vector<uint8_t>(70'000, 5), Noise(1000), Noise(300'000), Text(65'536), Text(200'001),
                            std::vector<uint8_t>(5'000'000, 0), Noise(40)}) {
    for (const DeflateLevel level : kLevels) {
      SCOPED_TRACE(std::to_string(bytes.size()) + " bytes, level " + std::to_string(static_cast<int>(level)));
      const auto made = deflater.Compress(bytes, level, out);
      ASSERT_TRUE(made.has_value());
      ASSERT_LE(*made, out.size());
      EXPECT_LE(*made, bytes.size() + bytes.size() / 1000 + 64);
      const std::span<const uint8_t> stream = std::span(out).first(*made);
      EXPECT_TRUE(Inflate(stream, bytes.size()) == bytes);
      // Deflate, a window of at most 32 KiB, no dictionary, the check bits.
      EXPECT_EQ(stream[0] & 15, 8);
      EXPECT_LE(stream[0] >> 4, 7);
      EXPECT_EQ(stream[1] & 0x20, 0);
      EXPECT_EQ((stream[0] * 256 + stream[1]) % 31, 0);
    }
  }
}

TEST(PngDeflater, HigherLevelsMakeSmallerStreams) {
  PngDeflater deflater;
  RawBytes out;
  const auto text = Text(150'000);
  const size_t fast = deflater.Compress(text, DeflateLevel::kFast, out).value();
  const size_t usual = deflater.Compress(text, DeflateLevel::kUsual, out).value();
  const size_t small = deflater.Compress(text, DeflateLevel::kSmall, out).value();
  EXPECT_LT(usual, fast);
  EXPECT_LT(small, usual);
}

// Nothing of an earlier stream is left in a compressor.
TEST(PngDeflater, TheSameBytesGiveTheSameStream) {
  const auto text = Text(100'000);
  for (const DeflateLevel level : kLevels) {
    std::vector<uint8_t> streams[3];
    PngDeflater used;
    RawBytes out;
    for (auto& stream : streams) {
      PngDeflater fresh;
      PngDeflater& deflater = &stream == &streams[2] ? fresh : used;
      const size_t made = deflater.Compress(text, level, out).value();
      stream.assign(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(made));
      ASSERT_TRUE(used.Compress(Noise(50'000), level, out).has_value());
    }
    EXPECT_EQ(streams[0], streams[1]);
    EXPECT_EQ(streams[0], streams[2]);
  }
}

// zlib is given a large picture in pieces, and that can't be seen in the stream.
TEST(PngDeflater, PiecesMakeNoDifference) {
  std::vector<uint8_t> bytes = Text(2'000'000);
  const std::vector<uint8_t> noise = Noise(1'500'001);
  bytes.insert(bytes.end(), noise.begin(), noise.end());
  PngDeflater deflater;
  RawBytes out;
  const size_t made = deflater.Compress(bytes, DeflateLevel::kFiltered, out).value();
  z_stream zlib{};
  ASSERT_EQ(deflateInit2(&zlib, Z_BEST_COMPRESSION, Z_DEFLATED, 15, 8, Z_FILTERED), Z_OK);
  std::vector<uint8_t> whole(deflateBound(&zlib, static_cast<uLong>(bytes.size())));
  zlib.next_in = bytes.data();
  zlib.avail_in = static_cast<uInt>(bytes.size());
  zlib.next_out = whole.data();
  zlib.avail_out = static_cast<uInt>(whole.size());
  EXPECT_EQ(deflate(&zlib, Z_FINISH), Z_STREAM_END);
  whole.resize(zlib.total_out);
  deflateEnd(&zlib);
  EXPECT_TRUE(std::ranges::equal(std::span(out).first(made), whole));
  // ISA-L's pieces are larger.
  bytes.resize(9'000'000, 5);
  const size_t fast = deflater.Compress(bytes, DeflateLevel::kFast, out).value();
  EXPECT_TRUE(Inflate(std::span(out).first(fast), bytes.size()) == bytes);
}

TEST(PngDeflater, AStopIsSeenBeforeAndBetweenPieces) {
  PngDeflater deflater;
  RawBytes out;
  std::stop_source stop;
  const Watch watch({.cpu_deadline = {}}, stop.get_token());
  const auto bytes = Noise(32'000'000);
  {
    // Noise takes zlib a second at least; what comes before the first look, is seen by that.
    const std::jthread stopper([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      stop.request_stop();
    });
    const auto made = deflater.Compress(bytes, DeflateLevel::kFiltered, out, &watch);
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().code, ErrorCode::kStopped);
  }
  for (const DeflateLevel level : kLevels) {
    const auto made = deflater.Compress(std::span(bytes).first(1), level, out, &watch);
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().code, ErrorCode::kStopped);
  }
}

TEST(PngDeflater, TheBufferGrowsAndStays) {
  PngDeflater deflater;
  RawBytes out;
  ASSERT_TRUE(deflater.Compress(Noise(100'000), DeflateLevel::kUsual, out).has_value());
  const uint8_t* data = out.data();
  const size_t size = out.size();
  ASSERT_TRUE(deflater.Compress(Noise(10), DeflateLevel::kUsual, out).has_value());
  EXPECT_EQ(out.data(), data);
  EXPECT_EQ(out.size(), size);
}

}  // namespace
}  // namespace tbbthumbs
