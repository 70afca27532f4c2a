// What the command holds in memory while pictures come from the web.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/pictures.h"
#include "tests/support/url_fixture.h"

namespace tbbthumbs {
namespace {

using testing::ProcessResult;

#ifdef TBBTHUMBS_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

constexpr long kMegabyteInKb = 1024;

class UrlMemoryTest : public testing::UrlFixture {
 protected:
  void SetUp() override {
    if (kSanitized) GTEST_SKIP() << "sanitizers have memory of their own";
    UrlFixture::SetUp();
  }

  // So many pictures of it, all of one file.
  void Serve(const std::string& name, const std::vector<std::byte>& bytes, int count, Words& lines) const {
    tree_.Write("web/" + name, bytes);
    for (int i = 0; i < count; ++i) lines.push_back(Url(name + "?" + std::to_string(i)));
  }

  // The highest quality, noisy: large for its size.
  static std::vector<std::byte> HeavyJpeg(Size size) {
    uint32_t state = 1;
    return testing::MakeJpeg(
        {.size = size, .luma_sampling = {1, 1}, .quality = 95, .paint = [&](int, int, uint8_t* sample) {
           state = state * 1664525 + 1013904223;
           sample[0] = static_cast<uint8_t>(100 + (state >> 26));
           sample[1] = static_cast<uint8_t>(100 + (state >> 20) % 64);
           sample[2] = static_cast<uint8_t>(100 + (state >> 14) % 64);
         }});
  }
};

class UrlMemoryInOrderTest : public UrlMemoryTest, public ::testing::WithParamInterface<const char*> {};

// The shares of 64 MiB leave a picture of 8 MB no room.
TEST_P(UrlMemoryInOrderTest, LargePicturesInALimit) {
  Words lines;
  const auto heavy = HeavyJpeg({1500, 1000});
  ASSERT_GT(heavy.size(), 2'000'000u);
  ASSERT_LT(heavy.size(), 4'500'000u);
  for (int i = 0; i < 12; ++i) {
    Serve("heavy" + std::to_string(i) + ".jpg", heavy, 3, lines);
    Serve("alpha" + std::to_string(i) + ".png", testing::PngFile({1000, 700}, true), 1, lines);
  }
  // Sixteen bits, interlaced: all of it is needed at once.
  Serve("_/chunked/heavy0.jpg", heavy, 0, lines);
  lines.push_back(Url("_/chunked/heavy0.jpg"));
  WriteList(lines);
  const ProcessResult result =
      Fetch({"--memory", "64M", "--connections", "16", "--per-host", "16", "--order", GetParam(), "--threads", "2"});
  const auto summary = Summary(result);
  EXPECT_EQ(summary["made"], lines.size()) << result.err;
  EXPECT_LT(result.peak_kb, 80 * kMegabyteInKb);
  EXPECT_LT(summary["urls"]["peak_held_bytes"], 16 << 20);
  EXPECT_GT(summary["urls"]["peak_held_bytes"], heavy.size());
}

TEST_P(UrlMemoryInOrderTest, ManyOfUsualSizeWithoutALimit) {
  Words lines;
  const auto picture = HeavyJpeg({300, 200});
  ASSERT_GT(picture.size(), 80'000u);
  ASSERT_LT(picture.size(), 250'000u);
  Serve("a.jpg", picture, 300, lines);
  WriteList(lines);
  const ProcessResult result =
      Fetch({"--connections", "64", "--per-host", "64", "--order", GetParam(), "--threads", "2"});
  EXPECT_EQ(Summary(result)["made"], 300) << result.err;
  EXPECT_LT(result.peak_kb, 120 * kMegabyteInKb);
  EXPECT_LE(Summary(result)["urls"]["peak_held_bytes"], (uint64_t{64} << 20) + picture.size());
}

// Far more than may be held comes while the first is late.
TEST_P(UrlMemoryInOrderTest, WhatWaitsForALateOneIsBounded) {
  Words lines;
  const auto heavy = HeavyJpeg({1500, 1000});
  tree_.Write("web/heavy.jpg", heavy);
  lines.push_back(Url("_/delay/3000/heavy.jpg"));
  for (int i = 0; i < 50; ++i) lines.push_back(Url("heavy.jpg?" + std::to_string(i)));
  WriteList(lines);
  const ProcessResult result =
      Fetch({"--connections", "64", "--per-host", "64", "--order", GetParam(), "--threads", "2"});
  EXPECT_EQ(Summary(result)["made"], lines.size()) << result.err;
  EXPECT_LE(Summary(result)["urls"]["peak_held_bytes"], (uint64_t{64} << 20) + heavy.size());
  EXPECT_LT(result.peak_kb, 160 * kMegabyteInKb);
}

INSTANTIATE_TEST_SUITE_P(, UrlMemoryInOrderTest, ::testing::Values("list", "arrival"),
                         [](const auto& param) { return std::string(param.param); });

TEST_F(UrlMemoryTest, WhatIsOverItsShareFailsAndTheRestIsMade) {
  Words lines;
  const auto heavy = HeavyJpeg({3000, 2000});
  ASSERT_GT(heavy.size(), 8u << 20);
  Serve("heavy.jpg", heavy, 2, lines);
  lines.push_back(Url("_/chunked/heavy.jpg"));
  Serve("a.jpg", testing::JpegFile({300, 200}), 20, lines);
  WriteList(lines);
  const auto summary = Summary(Fetch({"--memory", "64M"}, 1));
  EXPECT_EQ(summary["made"], 20);
  EXPECT_EQ(summary["failed_by_code"]["too_large"], 3);
  // It is that run's affair.
  EXPECT_EQ(Summary(Fetch())["made"], 3);
}

}  // namespace
}  // namespace tbbthumbs
