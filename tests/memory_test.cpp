// What the command holds in memory at the peak, whatever the size of the pictures.
#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <random>
#include <regex>
#include <sstream>
#include <string>
#include <utility>
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

void WriteLargePng(const std::string& path, uint32_t width, uint32_t height, bool interlaced = false) {
  FILE* file = std::fopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_init_io(png, file);
  png_set_IHDR(png, info, width, height, 8, PNG_COLOR_TYPE_RGBA, interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_compression_level(png, 1);
  png_set_filter(png, PNG_FILTER_TYPE_DEFAULT, PNG_FILTER_UP);
  png_write_info(png, info);
  const int passes = png_set_interlace_handling(png);
  std::vector<uint8_t> row(size_t{width} * 4);
  for (size_t x = 0; x < row.size(); ++x) row[x] = static_cast<uint8_t>(x / 50);
  for (int pass = 0; pass < passes; ++pass) {
    for (uint32_t y = 0; y < height; ++y) {
      row[(y * 97) % row.size()] ^= 0x55;
      png_write_row(png, row.data());
    }
  }
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  std::fclose(file);
}

void WriteLargeJpeg(const std::string& path, unsigned width, unsigned height, bool progressive = false) {
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
  jpeg_set_quality(&jpeg, progressive ? 75 : 95, TRUE);
  if (progressive) jpeg_simple_progression(&jpeg);
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
  const long few = PeakKb({"few", "--no-journal"});
  EXPECT_LT(PeakKb({"many", "--no-journal"}), few + 6 * kMegabyteInKb);
  // SQLite's cache, which small journals do not fill.
  EXPECT_LT(PeakKb({"many"}), few + 16 * kMegabyteInKb);
}

class MemoryLimitTest : public MemoryTest {
 protected:
  // Of all sizes, small ones between large ones.
  void MakePictures() {
    const std::filesystem::path in = tree_.root() / "in";
    std::filesystem::create_directory(in);
    WriteLargeJpeg(in / "a0.jpg", 4000, 3000);
    WriteLargeJpeg(in / "b0.jpg", 5200, 4000, true);
    WriteLargePng(in / "c0.png", 4600, 4400, true);
    WriteLargeJpeg(in / "d0.jpg", 1600, 1200, true);
    WriteLargeJpeg(in / "e0.jpg", 9200, 6600, true);
    WriteLargePng(in / "f0.png", 6200, 4900, true);
    for (const auto& [name, copies] :
         {std::pair{"a0.jpg", 6}, {"b0.jpg", 4}, {"c0.png", 4}, {"d0.jpg", 10}, {"f0.png", 2}}) {
      for (int i = 1; i < copies; ++i) {
        std::string copy = name;
        copy[1] = static_cast<char>('0' + i);
        std::filesystem::copy_file(in / name, in / copy);
      }
    }
  }

  testing::ProcessResult Run(const std::string& output, std::vector<std::string> more) const {
    more.insert(more.end(), {"in", "-o", output, "-s", "256", "--json"});
    testing::ProcessOptions options;
    options.directory = tree_.root();
    options.timeout = std::chrono::seconds(240);
    return testing::RunProcess(TBBTHUMBS_COMMAND, more, options);
  }

  // What is in `output` must be what is in `whole`; returns how many there are.
  size_t CompareWith(const std::string& whole, const std::string& output) const {
    const std::vector<std::string> files = tree_.Files(output);
    for (const std::string& file : files) EXPECT_EQ(tree_.Read(output + "/" + file), tree_.Read(whole + "/" + file));
    return files.size();
  }
};

TEST_F(MemoryLimitTest, TheWholeProcessKeepsIt) {
  MakePictures();
  const testing::ProcessResult free = Run("whole", {"-j", "8"});
  EXPECT_EQ(free.exit_code, 0) << free.err;
  ASSERT_EQ(tree_.Files("whole").size(), 27u);
  EXPECT_GT(free.peak_kb, 256 * kMegabyteInKb) << "there is nothing to limit";
  // Those that fit, by themselves, into what is left of it.
  const std::vector<std::pair<int, size_t>> made = {{64, 16}, {128, 24}, {256, 27}};
  for (const auto& [megabytes, pictures] : made) {
    for (const std::string threads : {"2", "8"}) {
      const std::string limit = std::to_string(megabytes) + "M";
      const std::string output = "out" + limit + threads;
      SCOPED_TRACE(output);
      const testing::ProcessResult result = Run(output, {"--memory", limit, "-j", threads});
      EXPECT_EQ(result.exit_code, pictures == 27 ? 0 : 1) << result.err;
      EXPECT_LE(result.peak_kb, megabytes * kMegabyteInKb * 11 / 10);
      EXPECT_EQ(CompareWith("whole", output), pictures);
      size_t too_large = 0;
      std::istringstream lines(result.err);
      for (std::string line; std::getline(lines, line);) {
        if (line.find(": too_large: ") == std::string::npos) continue;
        ++too_large;
        EXPECT_TRUE(std::regex_search(line, std::regex("would take about [0-9]+ MiB .* [0-9]+ MiB are for pictures")))
            << line;
      }
      EXPECT_EQ(too_large, 27 - pictures);
    }
  }
  // That there was no room says nothing about a picture: with more it is made.
  EXPECT_EQ(Run("out64M2", {"--memory", "128M"}).exit_code, 1);
  EXPECT_EQ(CompareWith("whole", "out64M2"), 24u);
  EXPECT_EQ(Run("out64M2", {}).exit_code, 0);
  EXPECT_EQ(CompareWith("whole", "out64M2"), 27u);
}

TEST_F(MemoryLimitTest, OtherValuesAreRefused) {
  std::filesystem::create_directory(tree_.root() / "in");
  for (const char* value : {"", "0", "63M", "1", "-1G", "many", "64X", "99999999999999999999G"}) {
    const testing::ProcessResult result = Run("out", {std::string("--memory=") + value});
    EXPECT_EQ(result.exit_code, 2) << value;
    EXPECT_NE(result.err.find("--memory"), std::string::npos) << result.err;
  }
  for (const char* value : {"64M", "67108864", "1000G"}) {
    EXPECT_EQ(Run("out", {std::string("--memory=") + value}).exit_code, 0) << value;
  }
}

// A file that is no picture, one that is empty, one without a header: the decoder says what is wrong, as ever.
TEST_F(MemoryLimitTest, WhatCannotBeWeighedFailsAsWithoutALimit) {
  std::filesystem::create_directory(tree_.root() / "in");
  tree_.Write("text.jpg", "no picture");
  tree_.Write("empty.jpg", "");
  tree_.Write("large.jpg", std::string(3'000'000, 'x'));
  tree_.Write("cut.jpg", "\xFF\xD8\xFF\xE0");
  const std::vector<std::string> files = {"text.jpg", "empty.jpg", "large.jpg", "cut.jpg", "gone.jpg"};
  std::vector<std::string> limited = files;
  limited.insert(limited.end(), {"--memory", "64M"});
  const testing::ProcessResult with = Run("with", limited);
  const testing::ProcessResult without = Run("without", files);
  const auto failures = [](const std::string& text) { return text.substr(0, text.find("\nmade")); };
  EXPECT_EQ(with.exit_code, 1);
  EXPECT_EQ(failures(with.err), failures(without.err));
  EXPECT_NE(with.err.find("failed 5"), std::string::npos) << with.err;
}

}  // namespace
}  // namespace tbbthumbs
