// Linear light on real photographs: beside a full decode of them that is resampled in linear light.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "codecs/color.h"
#include "codecs/linear_light.h"
#include "codecs/orientation.h"
#include "codecs/resizer.h"
#include "codecs/thumbnail.h"
#include "tests/support/collecting_sink.h"
#include "tests/support/corpus.h"

namespace tbbthumbs {
namespace {

// Every sixth, largest and smallest among them.
std::vector<testing::CorpusFile> Photographs() {
  const auto corpus = testing::FindCorpus(TBBTHUMBS_SOURCE_DIR);
  if (!corpus) return {};
  const auto all = testing::ListCorpus(*corpus, "photos-big");
  std::vector<testing::CorpusFile> some;
  for (size_t i = 0; i < all.size(); i += 6) some.push_back(all[i]);
  return some;
}

// A thumbnail of 256 pixels by the command's way.
Raster Thumbnail(const std::vector<std::byte>& file, bool linear) {
  MemorySource source{std::span<const std::byte>(file)};
  Workspace workspace;
  const auto made = MakeThumbnails(source, {.linear = linear, .format = OutputFormat::kPng}, {}, workspace);
  EXPECT_TRUE(made) << made.error().message;
  if (!made) return {};
  MemorySource png{std::span<const std::byte>(made->thumbnails[0].bytes)};
  testing::CollectingSink sink;
  auto decoder = OpenDecoder(png, {});
  EXPECT_TRUE((*decoder)->Decode({.at_least = made->thumbnails[0].size}, sink, workspace, Watch(DecodeLimits(), {})));
  return {made->thumbnails[0].size, sink.format.color, false, SampleType::kU8, sink.bytes};
}

// The same by way of all pixels, as libjpeg-turbo decodes them.
Raster FromAllPixels(const std::vector<std::byte>& file, Size upright) {
  MemorySource source{std::span<const std::byte>(file)};
  Workspace workspace;
  auto decoder = OpenDecoder(source, {});
  EXPECT_TRUE(decoder);
  const ImageInfo& info = (*decoder)->info();
  Resizer resizer(SwapsSides(info.orientation) ? upright.Transposed() : upright, Kernel::kLanczos3, workspace.taps());
  LinearLight light(resizer, info.profile, workspace.curves());
  const DecodeRequest request{.at_least = info.size, .decoder = DecoderChoice::kReference};
  EXPECT_TRUE((*decoder)->Decode(request, light, workspace, Watch(DecodeLimits(), {})));
  Raster raster = resizer.Take();
  light.Leave(raster);
  EXPECT_TRUE(workspace.colors().Convert(raster, info.profile, {}));
  ApplyOrientation(raster, info.orientation);
  return raster;
}

double Luma(const Raster& raster, int x, int y) {
  const auto* pixel = raster.u8().data() + static_cast<size_t>((y * raster.size.width + x) * raster.channels());
  return raster.channels() == 1 ? pixel[0] : 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
}

// Wang and others, 2004, of luma in windows of 7 x 7 pixels.
double Ssim(const Raster& a, const Raster& b) {
  constexpr int kWindow = 7;
  constexpr double kCount = kWindow * kWindow;
  constexpr double kC1 = 0.01 * 255 * 0.01 * 255, kC2 = 0.03 * 255 * 0.03 * 255;
  double sum = 0;
  int windows = 0;
  for (int y = 0; y + kWindow <= a.size.height; ++y) {
    for (int x = 0; x + kWindow <= a.size.width; ++x, ++windows) {
      double sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
      for (int i = 0; i < kWindow * kWindow; ++i) {
        const double va = Luma(a, x + i % kWindow, y + i / kWindow), vb = Luma(b, x + i % kWindow, y + i / kWindow);
        sa += va, sb += vb, saa += va * va, sbb += vb * vb, sab += va * vb;
      }
      const double ma = sa / kCount, mb = sb / kCount;
      const double va = saa / kCount - ma * ma, vb = sbb / kCount - mb * mb, cov = sab / kCount - ma * mb;
      sum += (2 * ma * mb + kC1) * (2 * cov + kC2) / ((ma * ma + mb * mb + kC1) * (va + vb + kC2));
    }
  }
  return sum / windows;
}

TEST(LinearLightOfPhotographs, IsNearThatOfAllTheirPixels) {
  const auto files = Photographs();
  if (files.empty()) GTEST_SKIP() << "no corpus of real pictures here (set TBBTHUMBS_CORPUS)";
  double linear = 0, plain = 0;
  for (const auto& file : files) {
    const std::vector<std::byte> bytes = testing::ReadBytes(file.path);
    const Raster made = Thumbnail(bytes, true);
    const Raster expected = FromAllPixels(bytes, made.size);
    ASSERT_EQ(expected.size, made.size);
    const double near = Ssim(made, expected);
    EXPECT_GT(near, 0.97) << file.path;
    linear += near;
    plain += Ssim(Thumbnail(bytes, false), expected);
  }
  const auto count = static_cast<double>(files.size());
  EXPECT_GE(linear / count, 0.99);
  EXPECT_GT(linear, plain) << "nearer than without linear light";
  RecordProperty("mean_ssim", std::to_string(linear / count));
}

}  // namespace
}  // namespace tbbthumbs
