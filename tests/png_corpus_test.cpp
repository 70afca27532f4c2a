// The PNG files of the corpus: the same rows as libpng gives when it reads a picture at once, and no crash.
#include <gtest/gtest.h>
#include <png.h>

#include <chrono>
#include <csetjmp>
#include <cstring>
#include <string>
#include <vector>

#include "codecs/format.h"
#include "tests/support/corpus.h"
#include "tests/support/png_decoding.h"

namespace tbbthumbs {
namespace {

using testing::CorpusFile;
using testing::PngOutcome;

// The whole picture by png_read_image, or nothing where libpng refuses the file. Reads through libpng's own handlers
// and structs, so that nothing is shared with what is tested.
struct Reference {
  std::span<const std::byte> rest;
  std::jmp_buf jump;
  std::vector<std::byte> pixels;
  std::vector<png_bytep> rows;
};

bool ReadByReference(Reference& reference) {
  png_structp png = png_create_read_struct(
      PNG_LIBPNG_VER_STRING, &reference,
      [](png_structp p, png_const_charp) { std::longjmp(static_cast<Reference*>(png_get_error_ptr(p))->jump, 1); },
      [](png_structp, png_const_charp) {});
  png_infop info = png_create_info_struct(png);
  if (setjmp(reference.jump) != 0) {
    png_destroy_read_struct(&png, &info, nullptr);
    return false;
  }
  png_set_read_fn(png, &reference, [](png_structp p, png_bytep out, size_t count) {
    auto* from = static_cast<Reference*>(png_get_io_ptr(p));
    if (count > from->rest.size()) png_error(p, "end");
    std::memcpy(out, from->rest.data(), count);
    from->rest = from->rest.subspan(count);
  });
  png_read_info(png, info);
  png_set_expand(png);
  png_set_swap(png);
  png_read_update_info(png, info);
  const size_t row_bytes = png_get_rowbytes(png, info);
  const size_t height = png_get_image_height(png, info);
  reference.pixels.resize(row_bytes * height);
  reference.rows.resize(height);
  for (size_t y = 0; y < height; ++y) reference.rows[y] = reinterpret_cast<png_bytep>(&reference.pixels[y * row_bytes]);
  png_read_image(png, reference.rows.data());
  png_destroy_read_struct(&png, &info, nullptr);
  return true;
}

std::vector<CorpusFile> PngFiles(const std::filesystem::path& corpus, std::string_view set) {
  std::vector<CorpusFile> files = testing::ListCorpus(corpus, set);
  std::erase_if(files, [](const CorpusFile& file) {
    return SniffFormat(testing::ReadBytes(file.path, kSniffBytes)) != Format::kPng;
  });
  return files;
}

// Larger ones are decoded, and not compared: with sanitizers that takes long.
constexpr uint64_t kLargestCompared = 4'000'000;

// What pngcheck accepted is decoded, and what libpng reads whole comes out the same.
TEST(PngCorpus, SameRowsAsLibpngAtOnce) {
  const auto corpus = testing::FindCorpus(TBBTHUMBS_SOURCE_DIR);
  if (!corpus) GTEST_SKIP() << "no picture corpus beside the source tree";
  int compared = 0;
  for (const std::string set : {"conformance", "png-real", "hostile"}) {
    DecodeLimits limits;
    if (set == "hostile") limits.max_pixels = kLargestCompared;
    for (const CorpusFile& file : PngFiles(*corpus, set)) {
      SCOPED_TRACE(file.path);
      const std::vector<std::byte> bytes = testing::ReadBytes(file.path);
      const PngOutcome outcome = testing::DecodePng(bytes, Strictness::kFailTruncated, limits);
      if (set != "hostile") {
        EXPECT_EQ(outcome.error_name(), "") << outcome.report.error().message;
      }
      if (outcome.error_name() == "too_large" || outcome.info.size.pixels() > kLargestCompared) continue;
      Reference reference{.rest = bytes, .jump = {}, .pixels = {}, .rows = {}};
      if (!ReadByReference(reference)) continue;
      EXPECT_EQ(outcome.error_name(), "");
      EXPECT_TRUE(outcome.sink.bytes == reference.pixels) << outcome.info.coding;
      ++compared;
    }
  }
  EXPECT_GT(compared, 900);
}

// Our own reader and libpng: the same rows of every file, the same decision, the same words. No file differs.
TEST(PngCorpus, EveryDecoderSaysTheSame) {
  const auto corpus = testing::FindCorpus(TBBTHUMBS_SOURCE_DIR);
  if (!corpus) GTEST_SKIP() << "no picture corpus beside the source tree";
  DecodeLimits limits;
  limits.max_pixels = 4 * kLargestCompared;  // the sinks hold all of it
  int fast = 0;
  int refused = 0;
  int salvaged = 0;
  for (const std::string set : {"conformance", "png-real", "hostile"}) {
    for (const CorpusFile& file : PngFiles(*corpus, set)) {
      SCOPED_TRACE(file.path);
      const std::vector<std::byte> bytes = testing::ReadBytes(file.path);
      const auto decode = [&](DecoderChoice choice, Strictness strictness = Strictness::kFailTruncated) {
        return testing::DecodePng(bytes, strictness, limits, choice);
      };
      const PngOutcome reference = decode(DecoderChoice::kReference);
      refused += reference.report ? 0 : 1;
      if (set == "hostile") {
        const PngOutcome expected = decode(DecoderChoice::kReference, Strictness::kSalvage);
        const PngOutcome actual = decode(DecoderChoice::kAuto, Strictness::kSalvage);
        EXPECT_EQ(actual.error_name(), expected.error_name());
        EXPECT_TRUE(actual.sink.bytes == expected.sink.bytes) << "salvaged";
        if (actual.report && expected.report) {
          EXPECT_EQ(actual.report->salvaged(), expected.report->salvaged());
          salvaged += expected.report->salvaged() ? 1 : 0;
        }
      }
      for (const DecoderChoice choice : {DecoderChoice::kAuto, DecoderChoice::kScalar}) {
        const PngOutcome outcome = decode(choice);
        EXPECT_EQ(outcome.error_name(), reference.error_name());
        if (!outcome.report || !reference.report) {
          EXPECT_EQ(outcome.report.error().message, reference.report.error().message);
          continue;
        }
        EXPECT_TRUE(outcome.sink.bytes == reference.sink.bytes) << outcome.info.coding;
        fast += outcome.report->path == "fast png" ? 1 : 0;
        // Among the hostile ones libpng takes some with a wrong checksum behind the last row.
        if (set != "hostile") {
          EXPECT_EQ(outcome.report->path, outcome.info.own_reader ? "fast png" : "libpng");
        }
      }
    }
  }
  EXPECT_GT(fast, 2 * 900);
  EXPECT_GT(refused, 100);
  EXPECT_GT(salvaged, 20);
}

TEST(PngCorpus, HostileFilesGiveAPictureOrAnError) {
  const auto corpus = testing::FindCorpus(TBBTHUMBS_SOURCE_DIR);
  if (!corpus) GTEST_SKIP() << "no picture corpus beside the source tree";
  DecodeLimits limits;
  limits.max_pixels = 1 << 24;  // the collecting sink holds all of it
  int failed = 0;
  for (const CorpusFile& file : PngFiles(*corpus, "hostile")) {
    SCOPED_TRACE(file.path);
    const std::vector<std::byte> bytes = testing::ReadBytes(file.path);
    for (const Strictness strictness : {Strictness::kFailTruncated, Strictness::kSalvage, Strictness::kStrict}) {
      const auto start = std::chrono::steady_clock::now();
      const PngOutcome outcome = testing::DecodePng(bytes, strictness, limits);
      EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
      const std::string name = outcome.error_name();
      EXPECT_TRUE(name.empty() || name == "corrupt" || name == "truncated" || name == "too_large") << name;
      EXPECT_EQ(outcome.sink.ended, name.empty());
      failed += name.empty() ? 0 : 1;
    }
  }
  EXPECT_GT(failed, 100);
}

}  // namespace
}  // namespace tbbthumbs
