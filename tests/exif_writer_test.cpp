#include "codecs/exif_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "codecs/exif.h"
#include "codecs/metadata.h"
#include "codecs/tiff_reader.h"
#include "tests/support/tiff_fixture.h"

namespace tbbthumbs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::MakeTiff;
using testing::NumberField;
using testing::TextField;
using testing::TiffFixture;

constexpr uint32_t kShort = 3;
constexpr uint32_t kLong = 4;
constexpr uint32_t kRational = 5;
constexpr uint32_t kUndefined = 7;

// A camera's block: all that the rewriter has to look at, and some that it leaves alone.
TiffFixture Camera(bool big_endian = false) {
  return {.picture = {NumberField(0x0100, kLong, {4000}), TextField(0x010F, "Maker"), TextField(0x0110, "Model 7"),
                      NumberField(0x0112, kShort, {6}), NumberField(0x011A, kRational, {72, 1}),
                      NumberField(0x0111, kLong, {8}), TextField(0x013B, "An artist"), NumberField(0x0213, kShort, {2}),
                      TextField(0x8298, "(c) an artist"), NumberField(0x014A, kLong, {77})},
          .exif = {NumberField(0x829A, kRational, {1, 200}), TextField(0x9003, "2024:05:01 12:30:59"),
                   NumberField(0x927C, kUndefined, std::vector<uint32_t>(500, 1)), NumberField(0xA001, kShort, {1}),
                   NumberField(0xA002, kShort, {4000}), NumberField(0xA003, kLong, {3000}),
                   NumberField(0xA005, kLong, {400}), NumberField(0x9214, kShort, {2000, 1500})},
          .gps = {NumberField(0x0000, 1, {2, 3, 0, 0}), TextField(0x0001, "N"),
                  NumberField(0x0002, kRational, {50, 1, 5, 1, 3, 10})},
          .thumbnail = {NumberField(0x0201, kLong, {8}), NumberField(0x0202, kLong, {100}),
                        NumberField(0x0112, kShort, {8})},
          .big_endian = big_endian};
}

std::vector<uint32_t> Tags(const TiffReader& reader, size_t directory) {
  std::vector<uint32_t> tags;
  for (uint32_t i = 0; const auto entry = reader.Entry(directory, i); ++i) tags.push_back(entry->tag);
  return tags;
}

// A block that was made, with its directories found.
struct Block {
  explicit Block(std::vector<std::byte> made) : bytes(std::move(made)), reader(TiffReader::Open(bytes)) {
    if (!reader) return;
    picture = reader->first_directory();
    exif = reader->NumberOf(reader->Find(picture, 0x8769)).value_or(0);
    gps = reader->NumberOf(reader->Find(picture, 0x8825)).value_or(0);
  }
  std::optional<uint32_t> Number(size_t directory, uint32_t tag) const {
    return reader->NumberOf(reader->Find(directory, tag));
  }
  std::string Text(size_t directory, uint32_t tag) const {
    return std::string(reader->TextOf(reader->Find(directory, tag)));
  }

  std::vector<std::byte> bytes;
  std::optional<TiffReader> reader;
  size_t picture = 0;
  size_t exif = 0;
  size_t gps = 0;
};

TEST(RewriteExif, MakesACamerasBlockTrueOfTheThumbnail) {
  for (const bool big_endian : {false, true}) {
    const Block block(RewriteExif(MakeTiff(Camera(big_endian)), {.size = {256, 192}}));
    ASSERT_TRUE(block.reader);
    EXPECT_EQ(block.reader->big_endian(), big_endian);
    EXPECT_THAT(Tags(*block.reader, block.picture),
                ElementsAre(0x010F, 0x0110, 0x0112, 0x011A, 0x013B, 0x0213, 0x8298, 0x8769, 0x8825));
    EXPECT_THAT(Tags(*block.reader, block.exif), ElementsAre(0x829A, 0x9003, 0xA001, 0xA002, 0xA003));
    EXPECT_THAT(Tags(*block.reader, block.gps), ElementsAre(0x0000, 0x0001, 0x0002));
    EXPECT_EQ(block.Number(block.picture, 0x0112), 1u);
    EXPECT_EQ(block.Number(block.picture, 0x0213), 1u);
    EXPECT_EQ(block.Number(block.exif, 0xA002), 256u);
    EXPECT_EQ(block.Number(block.exif, 0xA003), 192u);
    EXPECT_EQ(block.Number(block.exif, 0xA001), 1u);
    EXPECT_EQ(block.Text(block.picture, 0x010F), "Maker");
    EXPECT_EQ(block.Text(block.gps, 0x0001), "N");
    const auto exposure = block.reader->BytesOf(*block.reader->Find(block.exif, 0x829A));
    ASSERT_TRUE(exposure);
    EXPECT_EQ((*exposure)[big_endian ? 3 : 0], std::byte{1});
    EXPECT_EQ((*exposure)[big_endian ? 7 : 4], std::byte{200});
    // No next directory.
    EXPECT_EQ(block.reader->Number(block.picture + 2 + 12 * 9, 4), 0u);
    // What others read of it.
    const ExifInfo info = ReadExif(block.bytes);
    EXPECT_EQ(info.camera, "Maker Model 7");
    EXPECT_EQ(info.taken, (CalendarTime{2024, 5, 1, 12, 30, 59}));
    EXPECT_LT(block.bytes.size(), 400u) << "without MakerNote";
  }
}

TEST(RewriteExif, SaysWhatTheColoursAre) {
  const Block block(RewriteExif(MakeTiff(Camera()), {.size = {10, 10}, .srgb = false}));
  EXPECT_EQ(block.Number(block.exif, 0xA001), 0xFFFFu);
}

TEST(RewriteExif, IsItsOwnFixedPoint) {
  const ExifEdit edit{.size = {256, 192}};
  const auto once = RewriteExif(MakeTiff(Camera(true)), edit);
  EXPECT_EQ(RewriteExif(once, edit), once);
}

TEST(RewriteExif, SortsAndKeepsTheFirstOfEach) {
  const TiffFixture fixture{.picture = {TextField(0x8298, "second"), TextField(0x0110, "first model"),
                                        TextField(0x0110, "second model"), TextField(0x010F, "a maker")}};
  const Block block(RewriteExif(MakeTiff(fixture), {.size = {10, 10}}));
  EXPECT_THAT(Tags(*block.reader, block.picture), ElementsAre(0x010F, 0x0110, 0x8298));
  EXPECT_EQ(block.Text(block.picture, 0x0110), "first model");
}

TEST(RewriteExif, CopyrightAlone) {
  const Block block(RewriteExif(MakeTiff(Camera()), {.size = {10, 10}, .copyright_only = true}));
  EXPECT_THAT(Tags(*block.reader, block.picture), ElementsAre(0x013B, 0x8298));
  EXPECT_EQ(block.Text(block.picture, 0x013B), "An artist");
  EXPECT_EQ(block.Text(block.picture, 0x8298), "(c) an artist");
  EXPECT_THAT(RewriteExif(MakeTiff({.picture = {TextField(0x010F, "Maker")}}), {.copyright_only = true}), IsEmpty());
}

TEST(RewriteExif, TextsFillWhatIsMissing) {
  const Block fresh(RewriteExif({}, {.copyright_only = true, .artist = "me", .copyright = "(c) somebody"}));
  ASSERT_TRUE(fresh.reader);
  EXPECT_EQ(fresh.Text(fresh.picture, 0x013B), "me");
  EXPECT_EQ(fresh.Text(fresh.picture, 0x8298), "(c) somebody");
  const Block filled(RewriteExif(MakeTiff({.picture = {TextField(0x8298, "the block's")}}),
                                 {.size = {1, 1}, .artist = "me", .copyright = "the text's"}));
  EXPECT_EQ(filled.Text(filled.picture, 0x013B), "me");
  EXPECT_EQ(filled.Text(filled.picture, 0x8298), "the block's");
}

TEST(RewriteExif, NothingComesOfNothing) {
  const ExifEdit edit{.size = {10, 10}};
  EXPECT_THAT(RewriteExif({}, edit), IsEmpty());
  EXPECT_THAT(RewriteExif(std::vector<std::byte>(100), edit), IsEmpty());
  EXPECT_THAT(RewriteExif(MakeTiff({}), edit), IsEmpty());
  EXPECT_THAT(RewriteExif(MakeTiff({.picture = {NumberField(0x0100, kLong, {4000})}}), edit), IsEmpty());
}

TEST(RewriteExif, LeavesOutWhatTheBlockDoesNotHold) {
  TiffFixture fixture{.picture = {TextField(0x010F, "Maker"), NumberField(0x0110, 2, {1, 2, 3, 4, 5}),
                                  NumberField(0x0131, kShort, {1}), NumberField(0x0132, 99, {1})}};
  fixture.picture[1].count = 0x40000000;
  fixture.picture[2].count = 0;
  const Block block(RewriteExif(MakeTiff(fixture), {.size = {10, 10}}));
  EXPECT_THAT(Tags(*block.reader, block.picture), ElementsAre(0x010F));
}

// A thousand entries that share a value of 60,000 bytes would make 60 MB.
TEST(RewriteExif, StaysWithinASegment) {
  TiffFixture fixture;
  for (uint32_t i = 0; i < 1000; ++i) {
    fixture.exif.push_back(NumberField(0x9300 + i, kLong, {i}));
  }
  std::vector<std::byte> tiff = MakeTiff(fixture);
  tiff.resize(kMaxExifBytes);
  // Each entry of the EXIF directory, at 8 + 2 + 12 + 4: UNDEFINED, so many bytes, from the beginning.
  for (size_t i = 0; i < 1000; ++i) {
    std::byte* entry = tiff.data() + 26 + 2 + 12 * i;
    entry[2] = std::byte{7};
    entry[4] = std::byte{0};
    entry[5] = i % 2 == 0 ? std::byte{0xEA} : std::byte{1};
    entry[8] = entry[9] = std::byte{0};
  }
  const auto made = RewriteExif(tiff, {.size = {10, 10}});
  EXPECT_LE(made.size(), kMaxExifBytes);
  EXPECT_GT(made.size(), 60'000u);
  EXPECT_TRUE(TiffReader::Open(made));
}

TEST(RewriteExif, DirectoriesThatAreEachOther) {
  // The EXIF directory is IFD0 itself: its entries are taken once more, and that is all.
  const std::vector<std::byte> tiff = [] {
    // Its pointer is made to point back at the only directory there is.
    std::vector<std::byte> made =
        MakeTiff({.picture = {TextField(0x010F, "Maker")}, .exif = {NumberField(0xA002, kShort, {1})}});
    made[8 + 2 + 12 + 8] = std::byte{8};
    return made;
  }();
  const Block block(RewriteExif(tiff, {.size = {10, 10}}));
  EXPECT_THAT(Tags(*block.reader, block.picture), ElementsAre(0x010F, 0x8769));
  EXPECT_THAT(Tags(*block.reader, block.exif), ElementsAre(0x010F)) << "without the pointer to itself";
}

TEST(RewriteExif, TakesBlocksCutAnywhere) {
  const std::vector<std::byte> whole = MakeTiff(Camera());
  for (size_t length = 0; length < whole.size(); ++length) {
    // An allocation of its own, so that the sanitizer sees a byte too far.
    const std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length));
    const auto made = RewriteExif(cut, {.size = {10, 10}});
    EXPECT_TRUE(made.empty() || TiffReader::Open(made)) << length;
    EXPECT_EQ(ReadExif(made).orientation, 1);
  }
}

}  // namespace
}  // namespace tbbthumbs
