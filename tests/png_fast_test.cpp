// Our own reader of PNG image data against libpng: the same rows, the same decision about every file, the same words.
#include "codecs/png_fast.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "codecs/png_decoder.h"
#include "tests/support/piecewise_source.h"
#include "tests/support/png_decoding.h"
#include "tests/support/png_fixture.h"
#include "tests/support/thinning.h"

namespace tbbthumbs {
namespace {

using testing::BigEndian;
using testing::DecodePng;
using testing::HeaderChunk;
using testing::JoinChunks;
using testing::kThinning;
using testing::MakePng;
using testing::PngChunk;
using testing::PngColor;
using testing::PngFixture;
using testing::PngOutcome;
using testing::SplitChunks;
using Bytes = std::vector<std::byte>;

PngFixture Noise(Size size, PngColor color = PngColor::kRgb, int depth = 8) {
  PngFixture fixture{.size = size, .color = color, .depth = depth};
  fixture.samples = NoiseSamples(fixture);
  if (color == PngColor::kPalette) {
    for (int i = 0; i < 1 << depth; ++i) {
      fixture.palette.push_back(
          {static_cast<uint8_t>(i * 3), static_cast<uint8_t>(255 - i), static_cast<uint8_t>(i * i)});
    }
  }
  return fixture;
}

PngOutcome Decode(const Bytes& file, DecoderChoice choice) {
  return DecodePng(file, Strictness::kFailTruncated, {}, choice);
}

std::string PathOf(const PngOutcome& outcome) { return outcome.report ? outcome.report->path : ""; }
std::string MessageOf(const PngOutcome& outcome) { return outcome.report ? "" : outcome.report.error().message; }

// Whatever the file is: all choices say the same of it.
void ExpectSame(const Bytes& file) {
  const PngOutcome reference = Decode(file, DecoderChoice::kReference);
  for (const DecoderChoice choice : {DecoderChoice::kAuto, DecoderChoice::kScalar, DecoderChoice::kTurbo}) {
    const PngOutcome outcome = Decode(file, choice);
    ASSERT_EQ(outcome.error_name(), reference.error_name()) << MessageOf(outcome) << MessageOf(reference);
    ASSERT_EQ(MessageOf(outcome), MessageOf(reference));
    if (!reference.report) continue;
    ASSERT_TRUE(outcome.sink.bytes == reference.sink.bytes);
    ASSERT_EQ(outcome.sink.format.color, reference.sink.format.color);
    ASSERT_EQ(outcome.sink.format.alpha, reference.sink.format.alpha);
    ASSERT_EQ(outcome.sink.format.sample, reference.sink.format.sample);
    ASSERT_TRUE(outcome.sink.ended);
  }
}

// And it is ours to read.
void ExpectSameAndFast(const Bytes& file) {
  ASSERT_NO_FATAL_FAILURE(ExpectSame(file));
  ASSERT_EQ(PathOf(Decode(file, DecoderChoice::kFast)), "fast png");
  ASSERT_EQ(PathOf(Decode(file, DecoderChoice::kScalar)), "fast png");
  ASSERT_EQ(PathOf(Decode(file, DecoderChoice::kTurbo)), "libpng");
  ASSERT_EQ(PathOf(Decode(file, DecoderChoice::kReference)), "libpng");
}

struct Coding {
  PngColor color;
  int depth;
};
const Coding kCodings[] = {{PngColor::kGray, 1},       {PngColor::kGray, 2},    {PngColor::kGray, 4},
                           {PngColor::kGray, 8},       {PngColor::kGray, 16},   {PngColor::kRgb, 8},
                           {PngColor::kRgb, 16},       {PngColor::kPalette, 1}, {PngColor::kPalette, 2},
                           {PngColor::kPalette, 4},    {PngColor::kPalette, 8}, {PngColor::kGrayAlpha, 8},
                           {PngColor::kGrayAlpha, 16}, {PngColor::kRgba, 8},    {PngColor::kRgba, 16}};

TEST(PngFast, EveryCodingAndWidth) {
  for (const Coding& coding : kCodings) {
    for (const int width : {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100}) {
      SCOPED_TRACE("color " + std::to_string(static_cast<int>(coding.color)) + ", depth " +
                   std::to_string(coding.depth) + ", width " + std::to_string(width));
      ASSERT_NO_FATAL_FAILURE(ExpectSameAndFast(MakePng(Noise({width, 20}, coding.color, coding.depth))));
    }
  }
}

TEST(PngFast, EveryFilter) {
  for (const Coding& coding : kCodings) {
    for (int filter = 0; filter <= 4; ++filter) {
      PngFixture fixture = Noise({45, 30}, coding.color, coding.depth);
      fixture.filter = filter;
      ASSERT_NO_FATAL_FAILURE(ExpectSameAndFast(MakePng(fixture)));
    }
  }
}

// tRNS of gray and RGB: the colour of a pixel that is there, one that is not, and one with bits above those of a
// sample.
TEST(PngFast, ColourKeys) {
  for (const Coding& coding : kCodings) {
    if (coding.color != PngColor::kGray && coding.color != PngColor::kRgb) continue;
    const size_t channels = coding.color == PngColor::kGray ? 1 : 3;
    PngFixture fixture = Noise({70, 20}, coding.color, coding.depth);
    // The key's pixel, and pixels that differ from it in one sample, or by a high byte.
    for (size_t i = 0; i < 20 * channels; ++i) fixture.samples[i] = fixture.samples[i % channels];
    fixture.samples[channels] ^= 1;
    fixture.samples[3 * channels - 1] ^= 1;
    if (coding.depth == 16) fixture.samples[3 * channels] ^= 0x100;
    for (const uint32_t more : {0u, 1u, 0x100u, 0xFF00u}) {
      Bytes key;
      for (size_t c = 0; c < channels; ++c) {
        const Bytes number = BigEndian({(fixture.samples[c] ^ more) & 0xFFFF}, 2);
        key.insert(key.end(), number.begin(), number.end());
      }
      PngFixture keyed = fixture;
      keyed.before_data.push_back({"tRNS", key});
      SCOPED_TRACE("channels " + std::to_string(channels) + ", depth " + std::to_string(coding.depth));
      const Bytes file = MakePng(keyed);
      ASSERT_NO_FATAL_FAILURE(ExpectSameAndFast(file));
      EXPECT_TRUE(Decode(file, DecoderChoice::kAuto).sink.format.alpha);
    }
  }
}

TEST(PngFast, PalettesWithAlphaAndPalettesThatAreTooShort) {
  for (const int depth : {1, 2, 4, 8}) {
    for (const size_t alphas : {size_t{0}, size_t{1}, size_t{2}, size_t{1} << depth}) {
      for (const bool too_short : {false, true}) {
        PngFixture fixture = Noise({61, 20}, PngColor::kPalette, depth);
        if (too_short) fixture.palette.resize(std::max<size_t>(alphas, (size_t{1} << depth) / 2));
        Bytes alpha;
        for (size_t i = 0; i < alphas; ++i) alpha.push_back(static_cast<std::byte>(i * 37 + 5));
        if (alphas > 0) fixture.before_data.push_back({"tRNS", alpha});
        SCOPED_TRACE("depth " + std::to_string(depth) + ", alphas " + std::to_string(alphas));
        ASSERT_NO_FATAL_FAILURE(ExpectSameAndFast(MakePng(fixture)));
      }
    }
  }
}

// tRNS that libpng warns of, and goes on.
TEST(PngFast, TransparencyThatIsWrong) {
  for (const Coding& coding : kCodings) {
    for (const size_t length : {0, 1, 2, 5, 6, 300}) {
      PngFixture fixture = Noise({20, 20}, coding.color, coding.depth);
      fixture.before_data.push_back({"tRNS", Bytes(length, std::byte{1})});
      ASSERT_NO_FATAL_FAILURE(ExpectSame(MakePng(fixture)));
    }
  }
}

TEST(PngFast, TransparencyInFrontOfThePaletteIsNone) {
  for (const int depth : {8, 16}) {
    PngFixture fixture = Noise({20, 20}, PngColor::kRgb, depth);
    fixture.before_data = {{"tRNS", Bytes(6)}, {"PLTE", Bytes(30)}};
    const Bytes file = MakePng(fixture);
    ASSERT_NO_FATAL_FAILURE(ExpectSameAndFast(file));
    EXPECT_FALSE(Decode(file, DecoderChoice::kAuto).info.alpha);
  }
}

TEST(PngFast, SeveralWindowsAndRowsLargerThanOne) {
  for (const PngColor color : {PngColor::kGray, PngColor::kRgb, PngColor::kRgba}) {
    ASSERT_NO_FATAL_FAILURE(ExpectSameAndFast(MakePng(Noise({700, 900}, color))));
    ASSERT_NO_FATAL_FAILURE(ExpectSameAndFast(MakePng(Noise({300'000 / kThinning, 3}, color))));
    ASSERT_NO_FATAL_FAILURE(ExpectSameAndFast(MakePng(Noise({1, 300'000 / kThinning}, color))));
  }
  ASSERT_NO_FATAL_FAILURE(ExpectSameAndFast(MakePng(Noise({100'000, 4}, PngColor::kRgb, 16))));
}

TEST(PngFast, ChunksAndSourcesOfEveryKind) {
  PngFixture fixture = Noise({100, 90});
  const Bytes expected = Decode(MakePng(fixture), DecoderChoice::kReference).sink.bytes;
  for (const size_t chunk_bytes : {size_t{1}, size_t{1000}, size_t{8192}, size_t{1} << 20}) {
    for (const int level : {0, 1, 9}) {
      fixture.chunk_bytes = chunk_bytes;
      fixture.zlib_level = level;
      const Bytes file = MakePng(fixture);
      for (const size_t resident : {size_t{0}, size_t{100}, file.size() - 30, file.size()}) {
        testing::PiecewiseSource source(file, {.resident_bytes = resident});
        const PngOutcome outcome = DecodePngFrom(source);
        ASSERT_EQ(PathOf(outcome), "fast png");
        ASSERT_TRUE(outcome.sink.bytes == expected);
      }
    }
  }
}

// A sink that counts how often it had to begin.
class CountingSink final : public RowSink {
 public:
  Status Begin(const RowFormat&) override {
    ++begun;
    return {};
  }
  Status Row(int, std::span<const std::byte>) override { return {}; }
  Status End() override { return {}; }
  int begun = 0;
};

TEST(PngFast, OneWorkspaceForAll) {
  Workspace workspace;
  const auto decode = [&](const Bytes& file, DecoderChoice choice) {
    MemorySource source{std::span<const std::byte>(file)};
    auto decoder = OpenPng(source, {});
    EXPECT_TRUE(decoder.has_value());
    testing::CollectingSink sink;
    const auto report =
        (*decoder)->Decode({.at_least = {1, 1}, .decoder = choice}, sink, workspace, Watch(DecodeLimits(), {}));
    return report ? sink.bytes : Bytes();
  };
  for (const Coding& coding : kCodings) {
    const Bytes file = MakePng(Noise({200, 150}, coding.color, coding.depth));
    EXPECT_TRUE(decode(Bytes(file.begin(), file.end() - 5000 * (coding.depth > 4 ? 1 : 0) - 100), DecoderChoice::kAuto)
                    .empty());
    EXPECT_TRUE(decode(file, DecoderChoice::kAuto) == decode(file, DecoderChoice::kReference));
  }
}

TEST(PngFast, HoldsNoMoreThanItAnnounces) {
  for (const Coding& coding : kCodings) {
    for (const Size size : {Size{3, 3}, Size{900 / kThinning, 900}, Size{40'000, 2}}) {
      const Bytes file = MakePng(Noise(size, coding.color, coding.depth));
      MemorySource source{std::span<const std::byte>(file)};
      auto decoder = OpenPng(source, {});
      ASSERT_TRUE(decoder.has_value());
      Workspace workspace;
      testing::CollectingSink sink;
      ASSERT_TRUE((*decoder)->Decode({.at_least = size}, sink, workspace, Watch(DecodeLimits(), {})).has_value());
      const PngBuffers& buffers = workspace.png_buffers();
      const uint64_t held = buffers.idat.input.capacity() + buffers.idat.data.capacity() + buffers.window.capacity() +
                            buffers.row.capacity();
      EXPECT_LE(held, (*decoder)->info().decoded_bytes);
      EXPECT_LT((*decoder)->info().decoded_bytes, held + 6 * size.width * 8 + (size_t{600} << 10));
    }
  }
}

TEST(PngFast, GivesBackWhatLongRowsTook) {
  const Bytes file = MakePng(Noise({1'000'000, 2}, PngColor::kPalette));
  MemorySource source{std::span<const std::byte>(file)};
  auto decoder = OpenPng(source, {});
  ASSERT_TRUE(decoder.has_value());
  Workspace workspace;
  CountingSink sink;
  ASSERT_TRUE((*decoder)->Decode({.at_least = {1, 1}}, sink, workspace, Watch(DecodeLimits(), {})).has_value());
  EXPECT_LE(workspace.png_buffers().window.capacity() + workspace.png_buffers().row.capacity(), size_t{2} << 20);
}

TEST(PngFast, NotForInterlacedPicturesNorForHugeOnes) {
  PngFixture fixture = Noise({20, 20});
  fixture.interlaced = true;
  const PngOutcome outcome = Decode(MakePng(fixture), DecoderChoice::kAuto);
  EXPECT_EQ(PathOf(outcome), "libpng");
  EXPECT_FALSE(outcome.info.own_reader);
  EXPECT_TRUE(Decode(MakePng(Noise({20, 20})), DecoderChoice::kAuto).info.own_reader);

  PngLayout layout{.size = {65'535, 65'536}, .color = PngColorType::kGray, .depth = 8};
  EXPECT_FALSE(CanReadPngFast(layout)) << "2^32 bytes with the filters";
  layout.size.height = 65'535;
  EXPECT_TRUE(CanReadPngFast(layout));
  layout.color = PngColorType::kRgb;
  EXPECT_FALSE(CanReadPngFast(layout));
  layout = {.size = {1'000'000, 30'000}, .color = PngColorType::kPalette, .depth = 1};
  EXPECT_TRUE(CanReadPngFast(layout));
}

TEST(PngFast, StrictReadersAreLibpngAndSalvagingOnesWhereThereIsDamage) {
  Bytes file = MakePng(Noise({20, 20}));
  EXPECT_EQ(PathOf(DecodePng(file, Strictness::kStrict)), "libpng");
  EXPECT_EQ(PathOf(DecodePng(file, Strictness::kSalvage)), "fast png");
  file.resize(file.size() / 2);
  const PngOutcome damaged = DecodePng(file, Strictness::kSalvage);
  EXPECT_EQ(PathOf(damaged), "libpng");
  EXPECT_TRUE(damaged.report->salvaged());
}

TEST(PngFast, BeginsAgainOnlyWhereRowsHadGoneOut) {
  const auto begun = [](const Bytes& file) {
    MemorySource source{std::span<const std::byte>(file)};
    auto decoder = OpenPng(source, {});
    EXPECT_TRUE(decoder.has_value());
    CountingSink sink;
    Workspace workspace;
    static_cast<void>((*decoder)->Decode({.at_least = {1, 1}}, sink, workspace, Watch(DecodeLimits(), {})));
    return sink.begun;
  };
  const auto broken = [](Size size) {
    std::vector<PngChunk> chunks = SplitChunks(MakePng(Noise(size)));
    chunks[1].wrong_crc = true;
    return JoinChunks(chunks);
  };
  EXPECT_EQ(begun(MakePng(Noise({100, 100}))), 1);
  EXPECT_EQ(begun(broken({100, 100})), 1);
  EXPECT_EQ(begun(broken({1000, 1000})), 2);
}

TEST(PngFastDamage, CutAtEveryByte) {
  for (const PngColor color : {PngColor::kRgb, PngColor::kPalette, PngColor::kGrayAlpha}) {
    PngFixture fixture = Noise({11, 9}, color);
    fixture.chunk_bytes = 70;
    const Bytes file = MakePng(fixture);
    for (size_t length = 0; length <= file.size(); ++length) {
      SCOPED_TRACE(length);
      ASSERT_NO_FATAL_FAILURE(ExpectSame(Bytes(file.begin(), file.begin() + static_cast<ptrdiff_t>(length))));
    }
  }
}

TEST(PngFastDamage, EveryFlippedBit) {
  PngFixture fixture = Noise({9, 7}, PngColor::kRgba);
  fixture.chunk_bytes = 120;
  const Bytes file = MakePng(fixture);
  for (size_t bit = 8 * 33; bit < 8 * file.size(); ++bit) {
    Bytes flipped = file;
    flipped[bit / 8] ^= std::byte{1} << (bit % 8);
    SCOPED_TRACE(bit);
    ASSERT_NO_FATAL_FAILURE(ExpectSame(flipped));
  }
}

// Checksums of chunks repaired, so that the inflater has to notice.
TEST(PngFastDamage, EveryFlippedBitOfTheStream) {
  for (const int level : {0, 1, 9}) {
    PngFixture fixture = Noise({30, 20}, PngColor::kGray, 4);
    std::fill(fixture.samples.begin() + 200, fixture.samples.end(), uint16_t{3});
    fixture.zlib_level = level;
    const std::vector<PngChunk> chunks = SplitChunks(MakePng(fixture));
    for (size_t bit = 0; bit < 8 * chunks[1].data.size(); ++bit) {
      std::vector<PngChunk> flipped = chunks;
      flipped[1].data[bit / 8] ^= std::byte{1} << (bit % 8);
      SCOPED_TRACE("level " + std::to_string(level) + ", bit " + std::to_string(bit));
      ASSERT_NO_FATAL_FAILURE(ExpectSame(JoinChunks(flipped)));
    }
  }
}

// The same file with other image data, in chunks as given.
Bytes WithData(const PngFixture& fixture, const std::vector<Bytes>& data) {
  std::vector<PngChunk> chunks = SplitChunks(MakePng(fixture));
  chunks.erase(chunks.begin() + 1);
  for (size_t i = 0; i < data.size(); ++i) {
    chunks.insert(chunks.begin() + 1 + static_cast<ptrdiff_t>(i), {"IDAT", data[i]});
  }
  return JoinChunks(chunks);
}

Bytes Part(const Bytes& bytes, size_t begin, size_t end) {
  return {bytes.begin() + static_cast<ptrdiff_t>(begin), bytes.begin() + static_cast<ptrdiff_t>(end)};
}

TEST(PngFastDamage, StreamsThatAreTooLongOrTooShort) {
  const PngFixture fixture = Noise({40, 30});
  const Bytes rows = FilteredRows(fixture);
  for (const int level : {0, 6}) {
    for (const ptrdiff_t more : {-200, -121, -1, 1, 121, 5000, 100'000}) {
      Bytes other = rows;
      other.resize(static_cast<size_t>(static_cast<ptrdiff_t>(rows.size()) + more));
      SCOPED_TRACE(more);
      ASSERT_NO_FATAL_FAILURE(ExpectSame(WithData(fixture, {testing::Deflate(other, level)})));
    }
  }
}

// The end of the stream, its checksum among it, in chunks of its own, and what may be wrong with those.
TEST(PngFastDamage, WhereTheStreamEnds) {
  const PngFixture fixture = Noise({40, 30});
  const Bytes stream = testing::Deflate(FilteredRows(fixture));
  const size_t size = stream.size();
  const Bytes junk(50, std::byte{0xA5});
  for (size_t tail = 0; tail <= 8; ++tail) {
    SCOPED_TRACE(tail);
    const Bytes head = Part(stream, 0, size - tail);
    const Bytes rest = Part(stream, size - tail, size);
    Bytes wrong = rest;
    if (!wrong.empty()) wrong.back() ^= std::byte{1};
    Bytes trailing = rest;
    trailing.insert(trailing.end(), junk.begin(), junk.end());
    for (const std::vector<Bytes>& data : {std::vector<Bytes>{head},
                                           {head, rest},
                                           {head, {}, rest, {}},
                                           {head, wrong},
                                           {head, trailing},
                                           {head, rest, junk},
                                           {head, rest, Bytes(200'000, std::byte{1})},
                                           {head, junk}}) {
      const Bytes file = WithData(fixture, data);
      ASSERT_NO_FATAL_FAILURE(ExpectSame(file));
      // The checksum of each chunk from there on, and another chunk in each place.
      const std::vector<PngChunk> chunks = SplitChunks(file);
      for (size_t i = 1; i + 1 < chunks.size(); ++i) {
        std::vector<PngChunk> changed = chunks;
        changed[i].wrong_crc = true;
        ASSERT_NO_FATAL_FAILURE(ExpectSame(JoinChunks(changed)));
        changed = chunks;
        changed.insert(changed.begin() + static_cast<ptrdiff_t>(i) + 1, {"tEXt", junk});
        ASSERT_NO_FATAL_FAILURE(ExpectSame(JoinChunks(changed)));
      }
    }
  }
  Bytes trailing = stream;
  trailing.resize(size + 300'000);
  ASSERT_NO_FATAL_FAILURE(ExpectSame(WithData(fixture, {trailing})));
}

TEST(PngFastDamage, FilterTypesThatDoNotExist) {
  for (const PngColor color : {PngColor::kGray, PngColor::kRgb}) {
    const PngFixture fixture = Noise({40, 30}, color);
    const size_t row = 1 + 40 * (color == PngColor::kGray ? 1 : 3);
    for (const size_t y : {0, 7, 29}) {
      Bytes rows = FilteredRows(fixture);
      rows[y * row] = std::byte{5};
      ASSERT_NO_FATAL_FAILURE(ExpectSame(WithData(fixture, {testing::Deflate(rows)})));
    }
  }
}

// 256 million zeros in 256 KB.
TEST(PngFastLimits, ABombMeetsTheDeadline) {
  PngFixture fixture{.size = {16'000, 16'000}, .color = PngColor::kGray, .depth = 8};
  PngFixture small = Noise({1, 1}, PngColor::kGray);
  std::vector<PngChunk> chunks = SplitChunks(MakePng(small));
  chunks[0] = HeaderChunk(fixture);
  chunks[1].data = testing::Deflate(Bytes(size_t{16'000} * 16'001), 9);
  DecodeLimits limits;
  limits.cpu_deadline = std::chrono::milliseconds(10);
  MemorySource source(JoinChunks(chunks));
  auto decoder = OpenPng(source, limits);
  ASSERT_TRUE(decoder.has_value());
  CountingSink sink;
  Workspace workspace;
  const Watch watch(limits, {});
  const auto report = (*decoder)->Decode({.at_least = {1, 1}}, sink, workspace, watch);
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kTimeout);
  EXPECT_LT(watch.Used(), std::chrono::milliseconds(200));
}

TEST(PngFastLimits, AStopIsSeen) {
  const Bytes file = MakePng(Noise({600, 600}));
  MemorySource source{std::span<const std::byte>(file)};
  auto decoder = OpenPng(source, {});
  ASSERT_TRUE(decoder.has_value());
  std::stop_source stop;
  stop.request_stop();
  CountingSink sink;
  Workspace workspace;
  const auto report =
      (*decoder)->Decode({.at_least = {1, 1}}, sink, workspace, Watch(DecodeLimits(), stop.get_token()));
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kStopped);
  EXPECT_EQ(sink.begun, 0);
}

}  // namespace
}  // namespace tbbthumbs
