#include "codecs/jpeg_frame.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <vector>

#include "codecs/jpeg_session.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/jpeg_synthesis.h"

namespace tbbthumbs {
namespace {

using testing::SynthJpeg;

std::optional<JpegFrame> ReadFrame(const std::vector<std::byte>& bytes) {
  MemorySource source{std::span<const std::byte>(bytes)};
  JpegDecompressor jpeg(source);
  EXPECT_TRUE(jpeg.ReadHeader());
  return ReadBaselineFrame(jpeg.info());
}

SynthJpeg Parts() {
  SynthJpeg jpeg;
  jpeg.size = {50, 35};
  jpeg.components = {{2, 2, 0, 0, 0}, {1, 1, 1, 1, 1}, {1, 1, 1, 1, 0}};
  jpeg.quants.resize(2);
  jpeg.quants[0].fill(3);
  for (size_t i = 0; i < 64; ++i) jpeg.quants[1][i] = static_cast<uint16_t>(1000 + i);
  testing::SynthRandom random(1);
  jpeg.dc = {testing::StandardDc(), testing::RandomDcCode(random)};
  jpeg.ac = {testing::StandardAc(), testing::RandomAcCode(random)};
  jpeg.restart_interval = 300;
  return jpeg;
}

TEST(JpegFrame, SaysWhatTheHeaderSays) {
  const SynthJpeg parts = Parts();
  const auto frame = ReadFrame(testing::Assemble(parts));
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->size, (Size{50, 35}));
  EXPECT_EQ(frame->mcus, (Size{4, 3}));
  EXPECT_EQ(frame->restart_interval, 300);
  EXPECT_EQ(frame->mcu_blocks(), 6);
  ASSERT_EQ(frame->components.size(), 3U);
  const JpegComponent& luma = frame->components[0];
  EXPECT_EQ(luma.blocks, (Size{7, 5}));
  EXPECT_EQ(luma.coded_blocks, (Size{8, 6}));
  const JpegComponent& chroma = frame->components[2];
  EXPECT_EQ(chroma.blocks, (Size{4, 3}));
  EXPECT_EQ(chroma.coded_blocks, (Size{4, 3}));
  EXPECT_EQ(chroma.quant[0], 1000);
  EXPECT_EQ(chroma.quant[1], 1001);
  EXPECT_EQ(chroma.quant[8], 1002) << "row by row, not in zigzag order";
  EXPECT_EQ(luma.dc, parts.dc[0]);
  EXPECT_EQ(luma.ac, parts.ac[0]);
  EXPECT_EQ(chroma.dc, parts.dc[1]);
  EXPECT_EQ(chroma.ac, parts.ac[0]);
  EXPECT_EQ(frame->components[1].ac, parts.ac[1]);
}

TEST(JpegFrame, ZigzagVisitsEveryPlaceOnDiagonals) {
  const std::set<uint8_t> places(kZigzag.begin(), kZigzag.end());
  EXPECT_EQ(places.size(), 64U);
  for (size_t k = 1; k < 64; ++k) {
    const int before = kZigzag[k - 1] / 8 + kZigzag[k - 1] % 8;
    const int diagonal = kZigzag[k] / 8 + kZigzag[k] % 8;
    EXPECT_TRUE(diagonal == before || diagonal == before + 1) << k;
  }
}

TEST(JpegFrame, OneComponentHasMcusOfABlock) {
  SynthJpeg parts = Parts();
  parts.components = {{2, 3}};
  const auto frame = ReadFrame(testing::Assemble(parts));
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->mcus, (Size{7, 5}));
  EXPECT_EQ(frame->components[0].coded_blocks, (Size{7, 5}));
  EXPECT_EQ(frame->mcu_blocks(), 1);
}

// Tables that the file speaks of and does not have. libjpeg does not look before it decodes.
TEST(JpegFrame, MissingTablesAreDeclined) {
  EXPECT_TRUE(ReadFrame(testing::Assemble(Parts())));
  for (const int number : {2, 3, 4, 15, 16, 200, 255}) {
    SynthJpeg parts = Parts();
    parts.components[1].quant = number;
    EXPECT_FALSE(ReadFrame(testing::Assemble(parts))) << number;
  }
  for (const int number : {2, 3, 4, 15}) {
    SynthJpeg parts = Parts();
    parts.components[2].dc = number;
    EXPECT_FALSE(ReadFrame(testing::Assemble(parts))) << number;
    parts = Parts();
    parts.components[0].ac = number;
    EXPECT_FALSE(ReadFrame(testing::Assemble(parts))) << number;
  }
}

TEST(JpegFrame, QuantizersThatLibjpegTakesForNegativeAreDeclined) {
  // In zigzag order the corner of 2 x 2 are 0, 1, 2 and 4.
  for (const size_t k : {0, 1, 2, 3, 4, 5, 63}) {
    for (const int value : {32767, 32768, 65535}) {
      SynthJpeg parts = Parts();
      parts.quants[1][k] = static_cast<uint16_t>(value);
      const bool in_corner = k <= 2 || k == 4;
      EXPECT_EQ(ReadFrame(testing::Assemble(parts)).has_value(), value == 32767 || !in_corner) << k << " " << value;
    }
  }
}

TEST(JpegFrame, OnlyBaselineInOneScan) {
  using testing::JpegColor;
  using testing::JpegFixture;
  using testing::MakeJpeg;
  EXPECT_TRUE(ReadFrame(MakeJpeg({})));
  EXPECT_FALSE(ReadFrame(MakeJpeg({.progressive = true})));
  EXPECT_FALSE(ReadFrame(MakeJpeg({.arithmetic = true})));
  EXPECT_FALSE(ReadFrame(MakeJpeg({.several_scans = true})));
  EXPECT_FALSE(ReadFrame(MakeJpeg({.color = JpegColor::kCmyk, .luma_sampling = {1, 1}})));
  EXPECT_TRUE(ReadFrame(MakeJpeg({.color = JpegColor::kRgb, .luma_sampling = {1, 1}}))) << "its components are alike";
}

TEST(JpegFrame, AScanOfSomeOfTheCoefficientsIsDeclined) {
  const auto file = testing::Assemble(Parts());
  const size_t scan = testing::ScanStart(file);
  for (const size_t back : {3, 2, 1}) {  // first and last coefficient, bits
    auto changed = file;
    changed[scan - back] ^= std::byte{1};
    EXPECT_FALSE(ReadFrame(changed)) << back;
  }
}

TEST(JpegFrame, TooManyBlocksInAnMcuAreDeclined) {
  SynthJpeg parts = Parts();
  parts.components[0] = {4, 2, 0, 0, 0};
  EXPECT_TRUE(ReadFrame(testing::Assemble(parts))) << "ten";
  parts.components[1] = {2, 1, 0, 0, 0};
  EXPECT_FALSE(ReadFrame(testing::Assemble(parts))) << "eleven";
}

}  // namespace
}  // namespace tbbthumbs
