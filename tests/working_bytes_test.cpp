#include "codecs/working_bytes.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "codecs/jpeg_scan_bytes.h"
#include "codecs/thumbnail.h"
#include "tests/support/corpus.h"
#include "tests/support/icc_fixture.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/png_fixture.h"

#ifndef TBBTHUMBS_SANITIZED

namespace {

// Bytes that this program holds and held at most, the C libraries' among them. It has one thread.
size_t held = 0;
size_t peak = 0;

void* Taken(void* block) {
  if (block == nullptr) return nullptr;
  held += malloc_usable_size(block);
  if (held > peak) peak = held;
  return block;
}

void GiveBack(void* block) {
  if (block != nullptr) held -= malloc_usable_size(block);
}

}  // namespace

extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier): what glibc calls them.
void* __libc_malloc(size_t size) noexcept;
void* __libc_calloc(size_t count, size_t size) noexcept;
void* __libc_realloc(void* block, size_t size) noexcept;
void* __libc_memalign(size_t alignment, size_t size) noexcept;
void __libc_free(void* block) noexcept;
// NOLINTEND(bugprone-reserved-identifier)

void* malloc(size_t size) noexcept { return Taken(__libc_malloc(size)); }
void* calloc(size_t count, size_t size) noexcept { return Taken(__libc_calloc(count, size)); }
void* memalign(size_t alignment, size_t size) noexcept { return Taken(__libc_memalign(alignment, size)); }
void* aligned_alloc(size_t alignment, size_t size) noexcept { return Taken(__libc_memalign(alignment, size)); }
int posix_memalign(void** block, size_t alignment, size_t size) noexcept {
  *block = Taken(__libc_memalign(alignment, size));
  return *block == nullptr ? ENOMEM : 0;
}
void* realloc(void* block, size_t size) noexcept {
  // Both are there while one is copied to the other, if it has to be.
  const size_t before = block == nullptr ? 0 : malloc_usable_size(block);
  void* const moved = __libc_realloc(block, size);
  if (moved == nullptr) {
    if (size == 0) held -= before;
    return nullptr;
  }
  Taken(moved);
  held -= before;
  return moved;
}
void free(void* block) noexcept {
  GiveBack(block);
  __libc_free(block);
}
}

// Only so that this file becomes a program of its own: those of the library call malloc as well.
void* operator new(size_t size) {
  if (void* const block = malloc(size)) return block;
  throw std::bad_alloc();
}
void operator delete(void* block) noexcept { free(block); }
void operator delete(void* block, size_t /*size*/) noexcept { free(block); }

namespace tbbthumbs {
namespace {

using testing::JpegColor;
using testing::JpegFixture;
using testing::MakeJpeg;
using testing::MakePng;
using testing::PngColor;
using testing::PngFixture;

constexpr double kMega = 1 << 20;

// Noise on a ramp, so that files are as large as they get.
std::function<void(int x, int y, uint8_t* sample)> Noise(int channels) {
  return [channels, state = uint32_t{1}](int x, int y, uint8_t* sample) mutable {
    for (int c = 0; c < channels; ++c) {
      state = state * 1664525 + 1013904223;
      sample[c] = static_cast<uint8_t>((x + y) / 40 % 160 + (state >> 24) % 96);
    }
  };
}

std::vector<std::byte> Jpeg(JpegFixture fixture) {
  const bool inks = fixture.color == JpegColor::kCmyk || fixture.color == JpegColor::kYcck;
  fixture.quality = 90;
  fixture.paint = Noise(fixture.color == JpegColor::kGray ? 1 : inks ? 4 : 3);
  return MakeJpeg(fixture);
}

std::vector<std::byte> Png(PngFixture fixture) {
  fixture.samples = testing::NoiseSamples(fixture);
  if (fixture.color == PngColor::kPalette) fixture.palette.assign(256, {200, 100, 50});
  fixture.zlib_level = 1;
  fixture.filter = 1;
  return MakePng(fixture);
}

SpecSet Sizes(std::initializer_list<const char*> sizes) {
  SpecSet specs;
  specs.sizes.clear();
  for (const char* size : sizes) specs.sizes.push_back(*ParseSizeSpec(size));
  return specs;
}

// Another way to make thumbnails.
struct Wish {
  std::string name;
  SpecSet specs;
};

Wish With(std::string name, SpecSet specs, const std::function<void(SpecSet&)>& change) {
  change(specs);
  return {std::move(name), std::move(specs)};
}

std::vector<Wish> Wishes() {
  const SpecSet usual;
  return {
      {"256", usual},
      {"1024", Sizes({"1024"})},
      {"several sizes", Sizes({"64", "160", "320", "640", "750", "1080", "1920", "240x240,fit=cover"})},
      {"cover, attention", Sizes({"400x900,fit=cover,gravity=attention"})},
      With("pad on a blurred copy", Sizes({"1200x1200,fit=pad,enlarge=yes"}),
           [](SpecSet& s) { s.blurred_border = true; }),
      With("linear, sharpened", Sizes({"800"}), [](SpecSet& s) { s.linear = true, s.sharpen = 1; }),
      With("444 below a number of bytes", Sizes({"900"}), [](SpecSet& s) { s.quality = 95, s.max_bytes = 90'000; }),
      With("small JPEG", Sizes({"900"}), [](SpecSet& s) { s.small = true; }),
      With("PNG", Sizes({"700"}), [](SpecSet& s) { s.format = OutputFormat::kPng; }),
      With("PNG of 64 colours", Sizes({"700"}), [](SpecSet& s) { s.format = OutputFormat::kPng, s.palette = 64; }),
      With("small PNG", Sizes({"160"}), [](SpecSet& s) { s.format = OutputFormat::kPng, s.small = true; }),
      With("enlarged", Sizes({"3000,enlarge=yes"}), [](SpecSet& s) { s.quality = 90; }),
      With("PNG of all pixels", Sizes({"5000"}), [](SpecSet& s) { s.format = OutputFormat::kPng, s.fast = true; }),
  };
}

struct Held {
  size_t peak = 0;
  uint64_t bound = 0;
};

// What is held for one picture at most, beside what was held before, with a new Workspace.
std::optional<Held> Measure(const std::vector<std::byte>& file, const SpecSet& specs) {
  MemorySource header{std::span<const std::byte>(file)};
  const auto decoder = OpenDecoder(header, {}, specs.keep);
  if (!decoder) return std::nullopt;
  Held result{0, WorkingBytes((*decoder)->info(), specs)};
  MemorySource source{std::span<const std::byte>(file)};
  Workspace workspace;
  const size_t before = held;
  peak = held;
  const auto made = MakeThumbnails(source, specs, {}, workspace);
  // What is reserved and not used takes no memory.
  const std::vector<int16_t>& coefficients = workspace.scan_buffers().coefficients;
  result.peak = peak - before - (coefficients.capacity() - coefficients.size()) * sizeof(int16_t);
  if (!made) {
    ADD_FAILURE() << made.error().message;
    return std::nullopt;
  }
  return result;
}

// `tight`: not only a bound, but near.
void ExpectBounds(const std::vector<std::byte>& file, const std::string& name, const std::vector<Wish>& wishes,
                  bool tight = true) {
  for (const Wish& wish : wishes) {
    const auto found = Measure(file, wish.specs);
    ASSERT_TRUE(found) << name;
    const auto most = static_cast<double>(found->peak);
    const auto bound = static_cast<double>(found->bound);
    EXPECT_LE(most, bound + 2 * kMega) << name << " to " << wish.name;
    if (tight) {
      EXPECT_LE(bound, 2.5 * most + 4 * kMega) << name << " to " << wish.name;
    }
  }
}

std::vector<Wish> Wishes(DecoderChoice decoder) {
  std::vector<Wish> wishes = Wishes();
  for (Wish& wish : wishes) wish.specs.decoder = decoder;
  return wishes;
}

TEST(WorkingBytesTest, BaselineJpeg) {
  const auto photo = Jpeg({.size = {3264, 2448}});
  ExpectBounds(photo, "4:2:0", Wishes());
  ExpectBounds(photo, "4:2:0 by libjpeg", Wishes(DecoderChoice::kTurbo));
  ExpectBounds(photo, "4:2:0 to RGB", Wishes(DecoderChoice::kReference));
  ExpectBounds(Jpeg({.size = {2400, 1600}, .luma_sampling = {1, 1}}), "4:4:4", Wishes());
  ExpectBounds(Jpeg({.size = {3264, 2448}, .color = JpegColor::kGray}), "gray", Wishes());
  ExpectBounds(Jpeg({.size = {200, 150}}), "small", Wishes());
}

TEST(WorkingBytesTest, TurnedJpeg) {
  ExpectBounds(Jpeg({.size = {2400, 1600}, .exif = testing::ExifWithOrientation(6)}), "turned", Wishes());
}

TEST(WorkingBytesTest, Cmyk) {
  ExpectBounds(Jpeg({.size = {2000, 1600}, .color = JpegColor::kCmyk}), "CMYK", Wishes());
  ExpectBounds(Jpeg({.size = {2000, 1600}, .color = JpegColor::kCmyk, .icc = testing::SwappedCmykIcc()}),
               "CMYK with a profile", Wishes());
}

TEST(WorkingBytesTest, ProfilesAndMetadata) {
  std::vector<Wish> wishes = Wishes();
  for (Wish& wish : wishes) wish.specs.keep = {true, true, true, true};
  ExpectBounds(Jpeg({.size = {1600, 1200}, .icc = testing::RgbIcc(testing::kProPhotoPrimaries, 1.8)}), "ProPhoto",
               wishes);
}

TEST(WorkingBytesTest, ProgressiveJpeg) {
  const auto photo = Jpeg({.size = {3264, 2448}, .progressive = true});
  ExpectBounds(photo, "progressive by libjpeg", Wishes(DecoderChoice::kTurbo));
  // As it is with luck: the coefficients that are needed alone.
  ExpectBounds(photo, "progressive", Wishes(), false);
  ExpectBounds(Jpeg({.size = {2000, 1500}, .several_scans = true}), "several scans", Wishes());
}

TEST(WorkingBytesTest, Png) {
  ExpectBounds(Png({.size = {2400, 1600}}), "RGB", Wishes());
  ExpectBounds(Png({.size = {2000, 1500}, .color = PngColor::kRgba}), "RGBA", Wishes());
  ExpectBounds(Png({.size = {2000, 1500}, .color = PngColor::kGray}), "gray PNG", Wishes());
  ExpectBounds(Png({.size = {1600, 1200}, .color = PngColor::kPalette}), "palette", Wishes());
  ExpectBounds(Png({.size = {1600, 1200}}), "RGB by libpng", Wishes(DecoderChoice::kTurbo));
}

TEST(WorkingBytesTest, PngOf16Bits) {
  ExpectBounds(Png({.size = {1600, 1200}, .color = PngColor::kRgba, .depth = 16}), "RGBA of 16 bits", Wishes());
  ExpectBounds(Png({.size = {1600, 1200}, .color = PngColor::kGray, .depth = 16}), "gray of 16 bits", Wishes());
}

TEST(WorkingBytesTest, InterlacedPng) {
  ExpectBounds(Png({.size = {2400, 1600}, .interlaced = true}), "interlaced", Wishes());
  ExpectBounds(Png({.size = {1600, 1200}, .color = PngColor::kRgba, .depth = 16, .interlaced = true}),
               "interlaced of 16 bits", Wishes());
}

// Every decoder has to try, one after the other.
TEST(WorkingBytesTest, DamagedFiles) {
  std::vector<Wish> wishes = Wishes();
  for (Wish& wish : wishes) wish.specs.strictness = Strictness::kSalvage;
  auto baseline = Jpeg({.size = {3264, 2448}});
  auto progressive = Jpeg({.size = {2000, 1500}, .progressive = true});
  auto png = Png({.size = {2000, 1500}, .color = PngColor::kRgba});
  for (auto* file : {&baseline, &progressive, &png}) file->resize(file->size() * 7 / 10);
  ExpectBounds(baseline, "cut 4:2:0", wishes);
  ExpectBounds(progressive, "cut progressive", wishes);
  ExpectBounds(png, "cut PNG", wishes);
}

// A profile of parts without end.
TEST(WorkingBytesTest, AProfileInAMillionParts) {
  auto jpeg = Jpeg({.size = {64, 64}});
  std::vector<std::byte> part;
  for (const char c : std::string("\xFF\xE2\0\x11ICC_PROFILE\0\1\1x", 19)) part.push_back(static_cast<std::byte>(c));
  std::vector<std::byte> parts;
  for (int i = 0; i < 1'000'000; ++i) parts.insert(parts.end(), part.begin(), part.end());
  jpeg.insert(jpeg.begin() + 2, parts.begin(), parts.end());
  const size_t before = held;
  peak = held;
  MemorySource source{std::span<const std::byte>(jpeg)};
  ASSERT_TRUE(OpenDecoder(source, {}));
  EXPECT_LE(peak - before, size_t{1} << 20);
}

// Of megabytes, where there is use for some bytes.
TEST(WorkingBytesTest, LargeChunks) {
  for (const char* type : {"acTL", "cICP", "eXIf", "tEXt", "iCCP"}) {
    PngFixture fixture{.size = {64, 64}};
    fixture.before_palette.assign(15, {type, std::vector<std::byte>(4'000'000, std::byte{'M'})});
    const auto png = Png(fixture);
    const size_t before = held;
    peak = held;
    MemorySource source{std::span<const std::byte>(png)};
    ASSERT_TRUE(OpenDecoder(source, {})) << type;
    EXPECT_LE(static_cast<double>(peak - before), 20 * kMega) << type;
  }
}

// Odd and hostile files, whatever becomes of them. What fails with its header may hold as much as what is kept of one.
TEST(WorkingBytesTest, HostileFiles) {
  const auto corpus = testing::FindCorpus(TBBTHUMBS_SOURCE_DIR);
  if (!corpus) GTEST_SKIP() << "no corpus of hostile files here (set TBBTHUMBS_CORPUS)";
  SpecSet specs = Sizes({"256", "20"});
  specs.keep = {.exif = true, .xmp = true, .copyright = true};
  for (const char* set : {"hostile", "conformance"}) {
    for (const testing::CorpusFile& file : testing::ListCorpus(*corpus, set)) {
      const std::vector<std::byte> bytes = testing::ReadBytes(file.path);
      for (const Strictness strictness : {Strictness::kFailTruncated, Strictness::kSalvage}) {
        specs.strictness = strictness;
        MemorySource source{std::span<const std::byte>(bytes)};
        const size_t before_header = held;
        peak = held;
        auto decoder = OpenDecoder(source, {}, specs.keep);
        EXPECT_LE(static_cast<double>(peak - before_header), 10 * kMega) << file.path;
        if (!decoder) continue;
        const uint64_t bound = WorkingBytes((*decoder)->info(), specs);
        decoder = tl::unexpected<Error>(Error{});
        Workspace workspace;
        const size_t before = held;
        peak = held;
        const auto made = MakeThumbnails(source, specs, {}, workspace);
        const std::vector<int16_t>& coefficients = workspace.scan_buffers().coefficients;
        const size_t reserved = (coefficients.capacity() - coefficients.size()) * sizeof(int16_t);
        EXPECT_LE(static_cast<double>(peak - before - reserved), static_cast<double>(bound) + 2 * kMega) << file.path;
      }
    }
  }
}

// Profiles cost a copy of the pixels.
TEST(WorkingBytesTest, EnlargedWithAProfile) {
  PngFixture fixture{.size = {30, 30}};
  fixture.before_palette = {{"gAMA", testing::BigEndian({62'500}, 4)}};
  ExpectBounds(Png(fixture), "gamma", Wishes());
}

TEST(WorkingBytesTest, LongRows) {
  ExpectBounds(Png({.size = {60000, 40}}), "long PNG", Wishes());
  ExpectBounds(Jpeg({.size = {60000, 64}}), "long JPEG", Wishes());
  ExpectBounds(Jpeg({.size = {64, 60000}}), "high JPEG", Wishes());
}

// Pictures that leave much in the Workspace.
class WorkspaceTrimTest : public ::testing::Test {
 protected:
  void MakeMuch() {
    const auto photo = Jpeg({.size = {1600, 1200}, .icc = testing::RgbIcc(testing::kProPhotoPrimaries, 1.8)});
    const auto inks = Jpeg({.size = {400, 300}, .color = JpegColor::kCmyk, .icc = testing::SwappedCmykIcc()});
    const auto high = Jpeg({.size = {2000, 1500}});
    for (const auto& file : {photo, inks, high}) {
      for (const Wish& wish : Wishes()) thumbnails_.push_back(Make(file, wish.specs));
    }
  }

  std::vector<std::byte> Make(const std::vector<std::byte>& file, const SpecSet& specs) {
    MemorySource source{std::span<const std::byte>(file)};
    auto made = MakeThumbnails(source, specs, {}, workspace_);
    return made ? std::move(made->thumbnails[0].bytes) : std::vector<std::byte>();
  }

  // Of this program, without what is reserved and not used.
  size_t Touched() {
    const std::vector<int16_t>& coefficients = workspace_.scan_buffers().coefficients;
    return held - (coefficients.capacity() - coefficients.size()) * sizeof(int16_t);
  }

  Workspace workspace_;
  std::vector<std::vector<std::byte>> thumbnails_;
};

TEST_F(WorkspaceTrimTest, SaysWhatItHolds) {
  MakeMuch();
  const size_t before = Touched();
  const size_t said = workspace_.held_bytes();
  EXPECT_GT(said, 10 << 20);
  workspace_.Trim(0);
  const size_t given_back = before - Touched();
  EXPECT_LE(given_back, said + (1 << 20));
  EXPECT_GE(given_back, said / 2);
  EXPECT_EQ(workspace_.held_bytes(), 0u);
}

TEST_F(WorkspaceTrimTest, KeepsWhatItMay) {
  MakeMuch();
  for (size_t most = workspace_.held_bytes() + 1; most > 1000; most /= 2) {
    const size_t before = workspace_.held_bytes();
    workspace_.Trim(most);
    EXPECT_LE(workspace_.held_bytes(), std::min(before, most));
    if (before <= most) {
      EXPECT_EQ(workspace_.held_bytes(), before);
    }
  }
}

TEST_F(WorkspaceTrimTest, ChangesNothingButTheTime) {
  MakeMuch();
  const auto first = std::move(thumbnails_);
  thumbnails_.clear();
  workspace_.Trim(0);
  MakeMuch();
  EXPECT_TRUE(thumbnails_ == first);
}

}  // namespace
}  // namespace tbbthumbs

#endif
