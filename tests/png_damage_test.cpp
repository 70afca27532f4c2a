// Damaged, cut and hostile PNG files: never a crash, and the right code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "codecs/png_decoder.h"
#include "tests/support/png_decoding.h"
#include "tests/support/png_fixture.h"

namespace tbbthumbs {
namespace {

using testing::BigEndian;
using testing::DecodePng;
using ::testing::HasSubstr;
using testing::JoinChunks;
using testing::MakePng;
using testing::PngChunk;
using testing::PngColor;
using testing::PngFixture;
using testing::SplitChunks;

PngFixture Noise(Size size, PngColor color = PngColor::kRgb, bool interlaced = false) {
  PngFixture fixture{.size = size, .color = color, .depth = 8, .interlaced = interlaced};
  fixture.samples = NoiseSamples(fixture);
  return fixture;
}

std::vector<std::byte> Cut(const std::vector<std::byte>& file, size_t length) {
  return {file.begin(), file.begin() + static_cast<ptrdiff_t>(length)};
}

const DecodeLimits kLimits;

// Bytes behind the image data: IEND.
constexpr size_t kTail = 12;

TEST(PngDamage, CutAtEveryLength) {
  for (const bool interlaced : {false, true}) {
    for (const PngColor color : {PngColor::kRgb, PngColor::kGrayAlpha}) {
      PngFixture fixture = Noise({11, 9}, color, interlaced);
      fixture.chunk_bytes = 100;
      const std::vector<std::byte> whole = MakePng(fixture);
      for (size_t length = 0; length < whole.size(); ++length) {
        SCOPED_TRACE(length);
        const std::vector<std::byte> file = Cut(whole, length);
        const auto outcome = DecodePng(file);
        const bool whole_data = length >= whole.size() - kTail;
        ASSERT_EQ(outcome.error_name(), whole_data ? "" : "truncated") << "IEND is not needed";
        ASSERT_EQ(DecodePng(file, Strictness::kStrict).error_name(), "truncated");
        const auto salvaged = DecodePng(file, Strictness::kSalvage);
        ASSERT_TRUE(salvaged.error_name().empty() || salvaged.error_name() == "truncated") << salvaged.error_name();
        if (salvaged.report) {
          ASSERT_TRUE(salvaged.sink.ended);
        }
      }
    }
  }
}

TEST(PngDamage, MessageSaysHowFarItCame) {
  const std::vector<std::byte> whole = MakePng(Noise({200, 400}));
  const auto streamed = DecodePng(Cut(whole, whole.size() / 2));
  ASSERT_FALSE(streamed.report.has_value());
  EXPECT_THAT(streamed.report.error().message, ::testing::MatchesRegex("image data ends at (4[0-9]|50) % of the rows"));
  const std::vector<std::byte> passes = MakePng(Noise({200, 400}, PngColor::kRgb, true));
  const auto interlaced = DecodePng(Cut(passes, passes.size() / 4 * 3));
  ASSERT_FALSE(interlaced.report.has_value());
  EXPECT_EQ(interlaced.report.error().message, "image data ends at 49 % of the rows of pass 7");
  EXPECT_EQ(DecodePng(Cut(whole, 20)).report.error().message, "the file ends inside the PNG header");
}

TEST(PngDamage, SalvageKeepsTheRowsThatCameAndFillsTheRest) {
  for (const PngColor color : {PngColor::kRgb, PngColor::kRgba}) {
    const PngFixture fixture = Noise({100, 200}, color);
    const std::vector<std::byte> whole = MakePng(fixture);
    const std::vector<std::byte> all = DecodePng(whole).sink.bytes;
    const auto outcome = DecodePng(Cut(whole, whole.size() / 2), Strictness::kSalvage);
    ASSERT_TRUE(outcome.report.has_value());
    EXPECT_TRUE(outcome.report->salvaged());
    const std::vector<std::byte>& bytes = outcome.sink.bytes;
    ASSERT_EQ(bytes.size(), all.size());
    const size_t row = all.size() / 200;
    // Noise does not compress, so half of the bytes are half of the rows, less a piece that was not whole.
    EXPECT_TRUE(std::equal(all.begin(), all.begin() + static_cast<ptrdiff_t>(96 * row), bytes.begin()));
    const std::byte blank = color == PngColor::kRgba ? std::byte{0} : std::byte{128};
    const auto is_blank = [blank](std::byte b) { return b == blank; };
    EXPECT_TRUE(std::all_of(bytes.begin() + static_cast<ptrdiff_t>(101 * row), bytes.end(), is_blank));
  }
}

TEST(PngDamage, SalvageOfInterlacedFillsBlocks) {
  // One colour all over: after the first pass it must stand everywhere, not on every eighth pixel alone.
  PngFixture fixture = Noise({64, 64}, PngColor::kRgb, true);
  std::fill(fixture.samples.begin(), fixture.samples.end(), uint16_t{201});
  fixture.zlib_level = 0;
  const std::vector<std::byte> whole = MakePng(fixture);
  const auto outcome = DecodePng(Cut(whole, whole.size() / 2), Strictness::kSalvage);
  ASSERT_TRUE(outcome.report.has_value());
  EXPECT_TRUE(outcome.report->salvaged());
  EXPECT_THAT(outcome.sink.bytes, ::testing::Each(std::byte{201}));
}

TEST(PngDamage, SalvageNeedsARow) {
  const std::vector<std::byte> whole = MakePng(Noise({100, 100}));
  const size_t header = 8 + 25 + 8;
  EXPECT_EQ(DecodePng(Cut(whole, header + 5), Strictness::kSalvage).error_name(), "truncated");
  EXPECT_EQ(DecodePng(Cut(whole, 30), Strictness::kSalvage).error_name(), "truncated");
}

TEST(PngDamage, WrongChecksumOfImageData) {
  PngFixture fixture = Noise({100, 200});
  fixture.chunk_bytes = 10'000;
  std::vector<PngChunk> chunks = SplitChunks(MakePng(fixture));
  chunks[3].wrong_crc = true;  // the third of six pieces
  ASSERT_EQ(chunks[3].type, "IDAT");
  const std::vector<std::byte> file = JoinChunks(chunks);
  const auto outcome = DecodePng(file);
  EXPECT_EQ(outcome.error_name(), "corrupt");
  EXPECT_THAT(outcome.report.error().message,
              ::testing::MatchesRegex("chunk IDAT has a wrong checksum at byte 30065, at (4[0-9]|50) % of the rows"));
  const auto salvaged = DecodePng(file, Strictness::kSalvage);
  ASSERT_TRUE(salvaged.report.has_value());
  EXPECT_TRUE(salvaged.report->salvaged());
  EXPECT_EQ(salvaged.sink.bytes, DecodePng(MakePng(fixture)).sink.bytes) << "the data itself is whole";
}

TEST(PngDamage, WrongChecksumOfTheLastPieceIsDamageToo) {
  std::vector<PngChunk> chunks = SplitChunks(MakePng(Noise({20, 20})));
  chunks[1].wrong_crc = true;
  EXPECT_EQ(DecodePng(JoinChunks(chunks)).error_name(), "corrupt");
}

TEST(PngDamage, WrongChecksumsElsewhere) {
  PngFixture fixture = Noise({20, 20});
  fixture.before_data.push_back({"gAMA", BigEndian({100'000}, 4), true});
  const std::vector<std::byte> ancillary = MakePng(fixture);
  EXPECT_EQ(DecodePng(ancillary).error_name(), "") << "the chunk is dropped";
  const auto salvaged = DecodePng(ancillary, Strictness::kSalvage);
  ASSERT_TRUE(salvaged.report.has_value());
  EXPECT_FALSE(salvaged.report->salvaged()) << "nothing of the picture is missing";
  const auto strict = DecodePng(ancillary, Strictness::kStrict);
  EXPECT_EQ(strict.error_name(), "corrupt");
  EXPECT_EQ(strict.report.error().message, "chunk gAMA has a wrong checksum at byte 45");

  std::vector<PngChunk> chunks = SplitChunks(MakePng(Noise({20, 20})));
  chunks[0].wrong_crc = true;
  for (const Strictness strictness : {Strictness::kFailTruncated, Strictness::kSalvage, Strictness::kStrict}) {
    const auto header = DecodePng(JoinChunks(chunks), strictness);
    EXPECT_EQ(header.error_name(), "corrupt");
    EXPECT_THAT(header.report.error().message, HasSubstr("PNG header: chunk IHDR has a wrong checksum at byte 29"));
  }
}

TEST(PngDamage, EndOfTheFile) {
  const std::vector<std::byte> whole = MakePng(Noise({20, 20}));
  const std::vector<std::byte> no_end = Cut(whole, whole.size() - 12);
  EXPECT_EQ(DecodePng(no_end).error_name(), "");
  EXPECT_EQ(DecodePng(no_end, Strictness::kStrict).error_name(), "truncated");
  std::vector<std::byte> trailing = whole;
  trailing.insert(trailing.end(), 1000, std::byte{'x'});
  EXPECT_EQ(DecodePng(trailing).error_name(), "");
  EXPECT_EQ(DecodePng(trailing, Strictness::kStrict).error_name(), "");
}

TEST(PngDamage, TooFewRowsInAWholeFile) {
  PngFixture fixture = Noise({20, 20});
  std::vector<PngChunk> chunks = SplitChunks(MakePng(fixture));
  PngFixture taller = fixture;
  taller.size.height = 40;
  chunks[0] = HeaderChunk(taller);
  const auto outcome = DecodePng(JoinChunks(chunks));
  EXPECT_EQ(outcome.error_name(), "truncated");
  EXPECT_EQ(outcome.report.error().message, "image data ends at 50 % of the rows");
}

TEST(PngDamage, EveryFlippedBitWithChecksumsRepaired) {
  for (const bool interlaced : {false, true}) {
    PngFixture fixture = Noise({9, 7}, PngColor::kPalette, interlaced);
    fixture.palette.assign(256, {1, 2, 3});
    fixture.before_palette.push_back({"gAMA", BigEndian({45455}, 4)});
    fixture.before_data.push_back({"tRNS", {std::byte{0}, std::byte{128}}});
    const std::vector<PngChunk> chunks = SplitChunks(MakePng(fixture));
    DecodeLimits limits;
    limits.max_pixels = 1 << 20;
    int accepted = 0;
    for (size_t chunk = 0; chunk < chunks.size(); ++chunk) {
      if (chunks[chunk].type == "PLTE") continue;
      for (size_t bit = 0; bit < chunks[chunk].data.size() * 8; ++bit) {
        std::vector<PngChunk> flipped = chunks;
        flipped[chunk].data[bit / 8] ^= std::byte{1} << (bit % 8);
        const std::vector<std::byte> file = JoinChunks(flipped);
        for (const Strictness strictness : {Strictness::kFailTruncated, Strictness::kSalvage, Strictness::kStrict}) {
          const auto outcome = DecodePng(file, strictness, limits);
          const std::string name = outcome.error_name();
          ASSERT_TRUE(name.empty() || name == "corrupt" || name == "truncated" || name == "too_large") << name;
          ASSERT_EQ(outcome.sink.ended, name.empty());
          accepted += name.empty() ? 1 : 0;
        }
      }
    }
    EXPECT_GT(accepted, 100);
  }
}

TEST(PngDamage, FilterTypesThatDoNotExist) {
  PngFixture fixture = Noise({4, 4});
  std::vector<std::byte> rows = FilteredRows(fixture);
  rows[2 * 13] = std::byte{5};
  std::vector<PngChunk> chunks = SplitChunks(MakePng(fixture));
  chunks[1].data = testing::Deflate(rows);
  const auto outcome = DecodePng(JoinChunks(chunks));
  EXPECT_EQ(outcome.error_name(), "corrupt");
  EXPECT_EQ(outcome.report.error().message, "bad adaptive filter value at 50 % of the rows");
}

TEST(PngDamage, NotAPng) {
  EXPECT_EQ(DecodePng({}).error_name(), "truncated");
  const std::vector<std::byte> text(100, std::byte{'x'});
  EXPECT_EQ(DecodePng(text).error_name(), "corrupt");
}

TEST(PngLimits, SidesAndPixelsBeforeAnythingElse) {
  PngFixture fixture = Noise({300, 200});
  const std::vector<std::byte> file = MakePng(fixture);
  DecodeLimits limits;
  limits.max_side = 299;
  const auto side = DecodePng(file, Strictness::kFailTruncated, limits);
  EXPECT_EQ(side.error_name(), "too_large");
  EXPECT_THAT(side.report.error().message, HasSubstr("max-side"));
  limits.max_side = 300;
  EXPECT_EQ(DecodePng(file, Strictness::kFailTruncated, limits).error_name(), "");
  limits.max_pixels = 59'999;
  const auto pixels = DecodePng(file, Strictness::kFailTruncated, limits);
  EXPECT_EQ(pixels.error_name(), "too_large");
  EXPECT_THAT(pixels.report.error().message, HasSubstr("max-pixels"));
  limits.max_pixels = 60'000;
  EXPECT_EQ(DecodePng(file, Strictness::kFailTruncated, limits).error_name(), "");
}

TEST(PngLimits, OnlyInterlacedPicturesAreHeldWhole) {
  DecodeLimits limits;
  limits.max_decoded_bytes = 1'000'000;
  EXPECT_EQ(DecodePng(MakePng(Noise({600, 600})), Strictness::kFailTruncated, limits).error_name(), "");
  const auto interlaced =
      DecodePng(MakePng(Noise({600, 600}, PngColor::kRgb, true)), Strictness::kFailTruncated, limits);
  EXPECT_EQ(interlaced.error_name(), "too_large");
  EXPECT_THAT(interlaced.report.error().message, HasSubstr("max-decoded-bytes"));
}

TEST(PngLimits, HugePicturesInFewBytesAreRefusedAtOnce) {
  PngFixture fixture = Noise({4, 4});
  for (const bool interlaced : {false, true}) {
    PngFixture lying = fixture;
    lying.size = {16'000, 16'000};
    lying.interlaced = interlaced;
    std::vector<PngChunk> chunks = SplitChunks(MakePng(fixture));
    chunks[0] = HeaderChunk(lying);
    const auto outcome = DecodePng(JoinChunks(chunks));
    EXPECT_EQ(outcome.error_name(), "truncated");
    EXPECT_THAT(outcome.report.error().message, HasSubstr("can't hold 16000 x 16000 pixels"));
    EXPECT_TRUE(outcome.sink.format.planes.empty()) << "no row was asked for";
  }
}

TEST(PngLimits, TheDensestPictureThereIsPasses) {
  // One colour all over comes near to deflate's limit.
  PngFixture fixture{.size = {4000, 4000}, .color = PngColor::kGray, .depth = 8, .filter = 0, .zlib_level = 9};
  fixture.samples.assign(fixture.size.pixels(), 0);
  const auto outcome = DecodePng(MakePng(fixture));
  EXPECT_EQ(outcome.error_name(), "") << outcome.report.error().message;
}

TEST(PngLimits, DeadlineAndStop) {
  const std::vector<std::byte> file = MakePng(Noise({1000, 1000}));
  DecodeLimits limits;
  limits.cpu_deadline = std::chrono::milliseconds(1);
  const auto late = DecodePng(file, Strictness::kSalvage, limits);
  EXPECT_EQ(late.error_name(), "timeout");
  EXPECT_EQ(late.report.error().message, "over the CPU deadline of 1 ms");

  MemorySource source{std::span<const std::byte>(file)};
  auto decoder = OpenPng(source, kLimits);
  ASSERT_TRUE(decoder.has_value());
  std::stop_source stop;
  stop.request_stop();
  Workspace workspace;
  testing::CollectingSink sink;
  const auto report = (*decoder)->Decode({.at_least = {1, 1}, .strictness = Strictness::kSalvage}, sink, workspace,
                                         Watch(DecodeLimits(), stop.get_token()));
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kStopped);
}

TEST(PngLimits, ChunksThatNobodyAskedForAreSkipped) {
  PngFixture fixture = Noise({20, 20});
  std::vector<std::byte> text(4'000, std::byte{'k'});
  text[3] = text[4] = std::byte{0};
  const std::vector<std::byte> bomb = testing::Deflate(std::vector<std::byte>(20'000'000), 9);
  std::vector<std::byte> packed = text;
  packed.insert(packed.end(), bomb.begin(), bomb.end());
  // More than libpng would keep, and one larger than it would hold.
  for (int i = 0; i < 3'000; ++i) fixture.before_data.push_back({i % 2 == 0 ? "tEXt" : "zTXt", i < 50 ? packed : text});
  fixture.before_data.push_back({"tEXt", std::vector<std::byte>(20'000'000, std::byte{'t'})});
  const auto outcome = DecodePng(MakePng(fixture));
  EXPECT_EQ(outcome.error_name(), "");
  EXPECT_EQ(outcome.report->path, "fast png");
}

TEST(PngLimits, ProfilesThatInflateToMuchAreDropped) {
  for (const size_t bytes : {size_t{1} << 20, size_t{20} << 20}) {
    // As large as it says, zeros behind that.
    std::vector<std::byte> profile(bytes);
    const std::vector<std::byte> size = BigEndian({static_cast<uint32_t>(bytes)}, 4);
    std::copy(size.begin(), size.end(), profile.begin());
    std::vector<std::byte> data = {std::byte{'p'}, std::byte{0}, std::byte{0}};
    const std::vector<std::byte> packed = testing::Deflate(profile, 9);
    data.insert(data.end(), packed.begin(), packed.end());
    PngFixture fixture = Noise({20, 20});
    fixture.before_palette.push_back({"iCCP", data});
    const auto outcome = DecodePng(MakePng(fixture));
    EXPECT_EQ(outcome.error_name(), "");
    EXPECT_TRUE(std::holds_alternative<std::monostate>(outcome.info.profile));
  }
}

TEST(PngLimits, ChunksThatAreKeptAreCounted) {
  PngFixture fixture = Noise({20, 20});
  for (const size_t count : {size_t{4}, size_t{100'000}}) {
    fixture.before_data.assign(count, {"acTL", BigEndian({1, 0}, 4)});
    const std::vector<std::byte> file = MakePng(fixture);
    EXPECT_EQ(DecodePng(file).error_name(), "");
    // Those beyond a few are dropped, with one warning.
    EXPECT_EQ(DecodePng(file, Strictness::kStrict).error_name(), count < 1'000 ? "" : "corrupt");
  }
}

TEST(PngLimits, InputThatBecomesNoRowsMeetsTheDeadline) {
  // 60 MB of empty stored blocks before the first row.
  std::vector<std::byte> data = {std::byte{0x78}, std::byte{0x01}};
  std::vector<std::byte> empty_blocks;
  for (int i = 0; i < 10'000; ++i) {
    for (const int byte : {0, 0, 0, 0xFF, 0xFF}) empty_blocks.push_back(static_cast<std::byte>(byte));
  }
  data.reserve(60'000'002);
  while (data.size() < 60'000'000) data.insert(data.end(), empty_blocks.begin(), empty_blocks.end());
  const PngFixture fixture = Noise({4, 4});
  const std::vector<std::byte> file = JoinChunks({HeaderChunk(fixture), {"IDAT", data}, {"IEND", {}}});
  DecodeLimits limits;
  limits.cpu_deadline = std::chrono::milliseconds(20);
  EXPECT_EQ(DecodePng(file, Strictness::kFailTruncated, limits).error_name(), "timeout");
}

TEST(PngErrors, OfTheSourcePassThrough) {
  const std::vector<std::byte> file = MakePng(Noise({300, 300}));
  testing::PartlyResidentSource source(file, 1000);
  source.fails_from = 100'000;
  for (const Strictness strictness : {Strictness::kFailTruncated, Strictness::kSalvage}) {
    const auto outcome = DecodePngFrom(source, strictness);
    EXPECT_EQ(outcome.error_name(), "io");
    EXPECT_EQ(outcome.report.error().message, "the disk is gone");
  }
}

// Refuses one of its calls.
class RefusingSink final : public RowSink {
 public:
  explicit RefusingSink(int good_rows) : good_rows_(good_rows) {}
  Status Begin(const RowFormat&) override { return good_rows_ < 0 ? Refuse() : Status(); }
  Status Row(int, std::span<const std::byte>) override { return good_rows_-- > 0 ? Status() : Refuse(); }
  Status End() override { return Refuse(); }

 private:
  static Status Refuse() { return Fail(ErrorCode::kInternal, "refused"); }
  int good_rows_;
};

TEST(PngErrors, OfTheSinkPassThrough) {
  for (const bool interlaced : {false, true}) {
    const std::vector<std::byte> file = MakePng(Noise({30, 30}, PngColor::kRgb, interlaced));
    for (const int good_rows : {-1, 0, 17, 30}) {
      MemorySource source{std::span<const std::byte>(file)};
      auto decoder = OpenPng(source, kLimits);
      ASSERT_TRUE(decoder.has_value());
      RefusingSink sink(good_rows);
      Workspace workspace;
      const auto report = (*decoder)->Decode({.at_least = {30, 30}, .strictness = Strictness::kSalvage}, sink,
                                             workspace, Watch(DecodeLimits(), std::stop_token()));
      ASSERT_FALSE(report.has_value());
      EXPECT_EQ(report.error().message, "refused");
    }
  }
}

}  // namespace
}  // namespace tbbthumbs
