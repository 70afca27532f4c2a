// What each Strictness makes of damaged files: the same of JPEG and of PNG, whichever decoder reads them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <vector>

#include "codecs/thumbnail.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/png_fixture.h"

namespace tbbthumbs {
namespace {

using ::testing::MatchesRegex;
using Bytes = std::vector<std::byte>;

constexpr std::array<Strictness, 3> kModes = {Strictness::kFailTruncated, Strictness::kSalvage, Strictness::kStrict};
constexpr std::array<DecoderChoice, 4> kDecoders = {DecoderChoice::kAuto, DecoderChoice::kScalar, DecoderChoice::kTurbo,
                                                    DecoderChoice::kReference};
// What becomes of a file in each of kModes.
using Expected = std::array<const char*, kModes.size()>;
constexpr Expected kWhole = {"made", "made", "made"};
constexpr Expected kCut = {"truncated", "salvaged", "truncated"};
constexpr Expected kBroken = {"corrupt", "salvaged", "corrupt"};
constexpr Expected kWarned = {"made", "made", "corrupt"};
constexpr Expected kNoEnd = {"made", "made", "truncated"};
constexpr Expected kNothing = {"truncated", "truncated", "truncated"};

struct DamageCase {
  const char* name;
  std::function<Bytes()> make;
  Expected expected;
  const char* message = "";  // a regular expression for what is said where it is salvaged, or an error
};

void PrintTo(const DamageCase& damage, std::ostream* out) { *out << damage.name; }

uint32_t NoiseAt(int x, int y) {
  return (static_cast<uint32_t>(x) * 2654435761U ^ static_cast<uint32_t>(y) * 40503U) >> 13;
}

Bytes Jpeg(testing::JpegFixture fixture = {}) {
  fixture.size = {640, 480};
  fixture.paint = [](int x, int y, uint8_t* sample) {
    for (int c = 0; c < 3; ++c) sample[c] = static_cast<uint8_t>(x / 4 + (NoiseAt(x + c, y) & 63));
  };
  return MakeJpeg(fixture);
}

testing::PngFixture Picture(bool interlaced = false) {
  testing::PngFixture fixture{.size = {320, 240}, .interlaced = interlaced, .chunk_bytes = 20'000};
  fixture.samples = NoiseSamples(fixture);
  return fixture;
}

Bytes Png(bool interlaced = false) { return MakePng(Picture(interlaced)); }

Bytes First(Bytes bytes, size_t count) {
  bytes.resize(count);
  return bytes;
}

// Up to that part of its image data, about.
Bytes CutJpeg(const Bytes& jpeg, double part) {
  const size_t start = testing::ScanStart(jpeg);
  return First(jpeg, start + static_cast<size_t>(part * static_cast<double>(jpeg.size() - start)));
}
Bytes CutPng(const Bytes& png, double part) {
  return First(png, static_cast<size_t>(part * static_cast<double>(png.size())));
}

Bytes Inserted(Bytes bytes, size_t at, const Bytes& what) {
  bytes.insert(bytes.begin() + static_cast<ptrdiff_t>(at), what.begin(), what.end());
  return bytes;
}

Bytes Of(std::initializer_list<int> values) {
  Bytes bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

// Ones only, which no code is, `before_end` bytes before the end of the file. Of one scan libjpeg-turbo looks for bad
// codes only in the last 3 KB.
Bytes WithBadCode(Bytes jpeg, size_t before_end) {
  const size_t at = jpeg.size() - before_end;
  for (size_t i = 0; i < 16; ++i) jpeg[at + i] = std::byte{i % 2 == 0 ? uint8_t{0xFF} : uint8_t{0}};
  return jpeg;
}

// The offset of the `number`th marker with that code, from `from` on.
size_t FindMarker(const Bytes& jpeg, int code, int number = 0, size_t from = 0) {
  for (size_t i = from; i + 1 < jpeg.size(); ++i) {
    if (jpeg[i] == std::byte{0xFF} && jpeg[i + 1] == static_cast<std::byte>(code) && number-- == 0) return i;
  }
  ADD_FAILURE() << "there is no such marker";
  return 0;
}

Bytes WithRestarts() { return Jpeg({.restart_rows = 1}); }

// Its chunks changed.
Bytes Rejoined(const std::function<void(std::vector<testing::PngChunk>&)>& change, bool interlaced = false) {
  std::vector<testing::PngChunk> chunks = testing::SplitChunks(Png(interlaced));
  change(chunks);
  return JoinChunks(chunks);
}

// The deflate stream ends with another checksum than it has.
Bytes WithWrongAdler(bool interlaced) {
  return Rejoined([](std::vector<testing::PngChunk>& chunks) { chunks[chunks.size() - 2].data.back() ^= std::byte{1}; },
                  interlaced);
}

Bytes WithAncillary(testing::PngChunk chunk) {
  testing::PngFixture fixture = Picture();
  fixture.before_data.push_back(std::move(chunk));
  return MakePng(fixture);
}

Bytes MoreDataThanRows() {
  const testing::PngFixture fixture = Picture();
  Bytes rows = FilteredRows(fixture);
  rows.resize(rows.size() + 5'000);
  return testing::JoinChunks({HeaderChunk(fixture), {"IDAT", testing::Deflate(rows)}, {"IEND", {}}});
}

constexpr const char* kRows = "(image data|scan data|scan 1) ends at [0-9]+ % of the rows( of pass [1-7])?";

class DamageModes : public ::testing::TestWithParam<DamageCase> {};

TEST_P(DamageModes, AreWhatTheTableSays) {
  const Bytes file = GetParam().make();
  Workspace workspace;
  for (const DecoderChoice decoder : kDecoders) {
    for (size_t mode = 0; mode < kModes.size(); ++mode) {
      SCOPED_TRACE(::testing::Message() << "decoder " << static_cast<int>(decoder) << ", mode " << mode);
      MemorySource source{std::span<const std::byte>(file)};
      SpecSet specs;
      specs.sizes = {{32, 32}};
      specs.strictness = kModes[mode];
      specs.decoder = decoder;
      const auto made = MakeThumbnails(source, specs, {}, workspace);
      const std::string outcome = !made                     ? std::string(ErrorCodeName(made.error().code))
                                  : made->decode.salvaged() ? "salvaged"
                                                            : "made";
      EXPECT_EQ(outcome, GetParam().expected[mode]);
      if (outcome == "made") continue;
      const Error& said = made ? *made->decode.damage : made.error();
      EXPECT_THAT(said.message, MatchesRegex(GetParam().message));
      // Salvaged is what is an error else, and it says the same.
      if (made) {
        EXPECT_EQ(ErrorCodeName(said.code), GetParam().expected[0]) << said.message;
      }
    }
  }
}

std::string NameOf(const ::testing::TestParamInfo<DamageCase>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(
    Jpeg, DamageModes,
    ::testing::Values(DamageCase{"Whole", [] { return Jpeg(); }, kWhole},
                      DamageCase{"Cut", [] { return CutJpeg(Jpeg(), 0.5); }, kCut, kRows},
                      DamageCase{"CutProgressive", [] { return CutJpeg(Jpeg({.progressive = true}), 0.02); }, kCut,
                                 kRows},
                      DamageCase{"CutWithRestarts", [] { return CutJpeg(WithRestarts(), 0.5); }, kCut, kRows},
                      DamageCase{"CutAtARestart",
                                 [] { return First(WithRestarts(), FindMarker(WithRestarts(), 0xD3)); }, kCut, kRows},
                      DamageCase{"CutBetweenScans",
                                 [] {
                                   const Bytes whole = Jpeg({.several_scans = true});
                                   return First(whole, FindMarker(whole, 0xDA, 1));
                                 },
                                 kCut, "the file ends after scan 1"},
                      DamageCase{"EndMarkerTooEarly",
                                 [] {
                                   Bytes cut = CutJpeg(Jpeg(), 0.5);
                                   return Inserted(cut, cut.size(), Of({0xFF, 0xD9}));
                                 },
                                 kCut, kRows},
                      DamageCase{"NoImageData", [] { return CutJpeg(Jpeg(), 0); }, kNothing,
                                 "[0-9]+ bytes can't hold 640 x 480 pixels|scan data ends at 0 % of the rows"},
                      DamageCase{"BadCode", [] { return WithBadCode(Jpeg(), 1'500); }, kBroken,
                                 "bad Huffman code at 9[0-9] % of the rows"},
                      DamageCase{"BadCodeProgressive",
                                 [] {
                                   const Bytes jpeg = Jpeg({.progressive = true});
                                   return WithBadCode(jpeg, jpeg.size() - testing::ScanStart(jpeg) - 1'500);
                                 },
                                 kBroken, "scan 1: bad Huffman code at [0-9]+ % of the rows"},
                      DamageCase{"NoRestartMarker",
                                 [] {
                                   Bytes jpeg = WithRestarts();
                                   const auto at = jpeg.begin() + static_cast<ptrdiff_t>(FindMarker(jpeg, 0xD3));
                                   jpeg.erase(at, at + 2);
                                   return jpeg;
                                 },
                                 kBroken,
                                 "[0-9]+ extraneous bytes before marker 0xd4|(bad Huffman code|a restart marker is "
                                 "missing|a restart interval ends early) at [0-9]+ % of the rows"},
                      DamageCase{"AnotherRestartMarker",
                                 [] {
                                   Bytes jpeg = WithRestarts();
                                   jpeg[FindMarker(jpeg, 0xD3) + 1] = std::byte{0xD7};
                                   return jpeg;
                                 },
                                 kBroken, "a restart marker is missing at [0-9]+ % of the rows"},
                      DamageCase{"EarlyRestart",
                                 [] {
                                   const Bytes jpeg = WithRestarts();
                                   return Inserted(jpeg, FindMarker(jpeg, 0xD3) - 200, Of({0xFF, 0xD3}));
                                 },
                                 kBroken, "a restart interval ends early at [0-9]+ % of the rows"},
                      DamageCase{"WhatStandsBetweenScans",
                                 [] {
                                   const Bytes jpeg = Jpeg({.several_scans = true});
                                   return Inserted(jpeg, FindMarker(jpeg, 0xDA, 1), Of({0xFF, 0xC4, 0, 4, 0x77, 0}));
                                 },
                                 kBroken, "bogus marker length, at scan 1"},
                      DamageCase{"BytesBetweenSegments",
                                 [] {
                                   const Bytes jpeg = Jpeg();
                                   return Inserted(jpeg, FindMarker(jpeg, 0xDB), Of({1, 2, 3}));
                                 },
                                 kWarned, "3 extraneous bytes before marker 0xdb"},
                      DamageCase{"BytesBeforeTheEnd",
                                 [] {
                                   const Bytes jpeg = Jpeg();
                                   return Inserted(jpeg, jpeg.size() - 2, Bytes(300, std::byte{0x55}));
                                 },
                                 kWarned, "[0-9]+ extraneous bytes before marker 0xd9"},
                      DamageCase{"NoEndMarker",
                                 [] {
                                   const Bytes jpeg = Jpeg();
                                   return First(jpeg, jpeg.size() - 2);
                                 },
                                 kNoEnd, "no end-of-image marker"},
                      DamageCase{"WhatFollows",
                                 [] {
                                   const Bytes jpeg = Jpeg();
                                   return Inserted(jpeg, jpeg.size(), Bytes(5'000, std::byte{0xFF}));
                                 },
                                 kWhole}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Png, DamageModes,
    ::testing::Values(
        DamageCase{"Whole", [] { return Png(); }, kWhole},
        DamageCase{"Cut", [] { return CutPng(Png(), 0.5); }, kCut, kRows},
        DamageCase{"CutInterlaced", [] { return CutPng(Png(true), 0.5); }, kCut, kRows},
        DamageCase{"CutBetweenChunks", [] { return Rejoined([](auto& chunks) { chunks.resize(4); }); }, kCut, kRows},
        DamageCase{"EndMarkerTooEarly",
                   [] { return Rejoined([](auto& chunks) { chunks.erase(chunks.begin() + 4, chunks.end() - 1); }); },
                   kCut, kRows},
        DamageCase{"NoImageData", [] { return First(Png(), 8 + 25 + 8); }, kNothing,
                   "[0-9]+ bytes can't hold 320 x 240 pixels|image data ends at 0 % of the rows"},
        DamageCase{"CutInTheLastChecksum",
                   [] {
                     const Bytes png = Png();
                     return First(png, png.size() - 14);
                   },
                   kCut, "image data ends at 100 % of the rows"},
        DamageCase{"WrongChecksum", [] { return Rejoined([](auto& chunks) { chunks[3].wrong_crc = true; }); }, kBroken,
                   "chunk IDAT has a wrong checksum at byte 60065(, at [0-9]+ % of the rows)?"},
        DamageCase{"WrongChecksumInterlaced",
                   [] { return Rejoined([](auto& chunks) { chunks[3].wrong_crc = true; }, true); }, kBroken,
                   "chunk IDAT has a wrong checksum at byte 60065(, at [0-9]+ % of the rows of pass [1-7])?"},
        DamageCase{"WrongAdler", [] { return WithWrongAdler(false); }, kBroken,
                   "IDAT: incorrect data check( at [0-9]+ % of the rows)?"},
        DamageCase{"WrongAdlerInterlaced", [] { return WithWrongAdler(true); }, kBroken,
                   "IDAT: incorrect data check( at [0-9]+ % of the rows( of pass [1-7])?)?"},
        DamageCase{"WrongAdlerBehindTheRows",
                   [] {
                     return Rejoined([](auto& chunks) {
                       Bytes& data = chunks[chunks.size() - 2].data;
                       data.resize(data.size() - 4);
                       chunks.insert(chunks.end() - 1, {"IDAT", Of({1, 2, 3, 4})});
                     });
                   },
                   kBroken, "IDAT: incorrect data check"},
        DamageCase{"BadStream",
                   [] {
                     return Rejoined([](auto& chunks) {
                       std::fill(chunks[6].data.begin(), chunks[6].data.end(), std::byte{0xFF});
                     });
                   },
                   kBroken, "(IDAT: invalid .*|bad adaptive filter value) at [0-9]+ % of the rows"},
        DamageCase{"WrongChecksumElsewhere",
                   [] {
                     return WithAncillary({"gAMA", testing::BigEndian({45'455}, 4), true});
                   },
                   kWarned, "chunk gAMA has a wrong checksum at byte 45"},
        DamageCase{"MoreImageDataThanRows", MoreDataThanRows, kWarned,
                   "IDAT: ([Ee]xtra compressed|Too much image) data"},
        DamageCase{"NoEndMarker",
                   [] {
                     const Bytes png = Png();
                     return First(png, png.size() - 12);
                   },
                   kNoEnd, "the file ends after the image data"},
        DamageCase{"WhatFollows",
                   [] {
                     const Bytes png = Png();
                     return Inserted(png, png.size(), Bytes(5'000, std::byte{0xFF}));
                   },
                   kWhole}),
    NameOf);

// Of several scans those that came whole are used, and nothing is lost of them.
TEST(DamagedScans, WhatCameBeforeTheDamageIsKept) {
  const Bytes whole = Jpeg({.several_scans = true});
  const size_t second = FindMarker(whole, 0xDA, 1);
  const auto decoded = [](const Bytes& file) {
    MemorySource source{std::span<const std::byte>(file)};
    Workspace workspace;
    SpecSet specs;
    specs.sizes = {{640, 480}};
    specs.format = OutputFormat::kPng;
    specs.strictness = Strictness::kSalvage;
    auto made = MakeThumbnails(source, specs, {}, workspace);
    EXPECT_TRUE(made && made->decode.salvaged());
    return made ? std::move(made->thumbnails[0].bytes) : Bytes();
  };
  // Brightness alone, as where the file ends there.
  const Bytes damaged = decoded(Inserted(whole, second, Of({0xFF, 0xC4, 0, 4, 0x77, 0})));
  EXPECT_FALSE(damaged.empty());
  EXPECT_TRUE(damaged == decoded(First(whole, second)));
}

}  // namespace
}  // namespace tbbthumbs
