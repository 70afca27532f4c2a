// What the command holds in memory at the peak, whatever the size of the pictures.
#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <random>
#include <string>
#include <vector>

// clang-format off
#include <cstdio>
#include <jpeglib.h>
// clang-format on

#include "tests/support/corpus.h"
#include "tests/support/process.h"
#include "tests/support/temp_tree.h"

namespace tbbthumbs {
namespace {

#ifdef TBBTHUMBS_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

constexpr long kMegabyteInKb = 1024;

void WriteLargePng(const std::string& path, uint32_t width, uint32_t height) {
  FILE* file = std::fopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_init_io(png, file);
  png_set_IHDR(png, info, width, height, 8, PNG_COLOR_TYPE_RGBA, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_set_compression_level(png, 1);
  png_set_filter(png, PNG_FILTER_TYPE_DEFAULT, PNG_FILTER_UP);
  png_write_info(png, info);
  std::vector<uint8_t> row(size_t{width} * 4);
  for (size_t x = 0; x < row.size(); ++x) row[x] = static_cast<uint8_t>(x / 50);
  for (uint32_t y = 0; y < height; ++y) {
    row[(y * 97) % row.size()] ^= 0x55;
    png_write_row(png, row.data());
  }
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  std::fclose(file);
}

void WriteLargeJpeg(const std::string& path, unsigned width, unsigned height) {
  FILE* file = std::fopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  jpeg_stdio_dest(&jpeg, file);
  jpeg.image_width = width;
  jpeg.image_height = height;
  jpeg.input_components = 3;
  jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 95, TRUE);
  jpeg_start_compress(&jpeg, TRUE);
  // Noise of a strength that makes about 5 bits a pixel.
  std::minstd_rand random(1);
  std::vector<uint8_t> row(size_t{width} * 3);
  for (unsigned y = 0; y < height; ++y) {
    if (y % 2 == 0) {
      for (uint8_t& sample : row) sample = static_cast<uint8_t>(100 + random() % 64);
    }
    JSAMPROW rows[1] = {row.data()};
    jpeg_write_scanlines(&jpeg, rows, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  std::fclose(file);
}

class MemoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (kSanitized) GTEST_SKIP() << "sanitizers have memory of their own";
  }

  // Peak resident memory of the command with two threads, in KB.
  long PeakKb(std::vector<std::string> inputs) {
    inputs.insert(inputs.end(), {"-o", "out", "-s", "256", "-j", "2", "--force", "--quiet"});
    testing::ProcessOptions options;
    options.directory = tree_.root();
    const testing::ProcessResult result = testing::RunProcess(TBBTHUMBS_COMMAND, inputs, options);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.peak_kb;
  }

  testing::TempTree tree_;
};

TEST_F(MemoryTest, ALargePng) {
  WriteLargePng(tree_.root() / "large.png", 12715, 8277);
  EXPECT_LT(PeakKb({"large.png"}), 32 * kMegabyteInKb);
}

TEST_F(MemoryTest, ALargeBaselineJpeg) {
  WriteLargeJpeg(tree_.root() / "large.jpg", 12000, 8400);
  EXPECT_GT(std::filesystem::file_size(tree_.root() / "large.jpg"), 55u << 20);
  EXPECT_LT(PeakKb({"large.jpg"}), 128 * kMegabyteInKb);
}

TEST_F(MemoryTest, ManyPhotographs) {
  const auto corpus = testing::FindCorpus(TBBTHUMBS_SOURCE_DIR);
  if (!corpus) GTEST_SKIP() << "no corpus of photographs here (set TBBTHUMBS_CORPUS)";
  std::vector<std::string> files;
  for (const testing::CorpusFile& file : testing::ListCorpus(*corpus, "photos-big")) {
    const std::vector<std::byte> bytes = testing::ReadBytes(file.path);
    const std::byte progressive[] = {std::byte{0xFF}, std::byte{0xC2}};
    // A progressive file is held as coefficients; the bound is for the others.
    if (std::search(bytes.begin(), bytes.end(), std::begin(progressive), std::end(progressive)) == bytes.end()) {
      files.push_back(file.path);
    }
  }
  ASSERT_GT(files.size(), 20u);
  EXPECT_LT(PeakKb(files), 64 * kMegabyteInKb);
}

TEST_F(MemoryTest, ManyTinyFilesTakeNoMoreThanAFew) {
  const std::string jpeg = [this] {
    WriteLargeJpeg(tree_.root() / "one.jpg", 32, 24);
    return tree_.Read("one.jpg");
  }();
  for (int i = 0; i < 5000; ++i) {
    tree_.Write("many/d" + std::to_string(i / 500) + "/p" + std::to_string(i) + ".jpg", jpeg);
    if (i < 100) tree_.Write("few/p" + std::to_string(i) + ".jpg", jpeg);
  }
  const long few = PeakKb({"few"});
  EXPECT_LT(PeakKb({"many"}), few + 6 * kMegabyteInKb);
}

}  // namespace
}  // namespace tbbthumbs
