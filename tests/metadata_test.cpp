// What thumbnails say beside their pixels, and in which colours they are: from the bytes of a picture to those of its
// thumbnails, and back through our own decoders.
#include "codecs/metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "codecs/exif.h"
#include "codecs/thumbnail.h"
#include "codecs/tiff_reader.h"
#include "tests/support/collecting_sink.h"
#include "tests/support/icc_fixture.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/png_fixture.h"
#include "tests/support/tiff_fixture.h"

namespace tbbthumbs {
namespace {

using testing::GrayIcc;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kAdobePrimaries;
using testing::kP3Primaries;
using testing::kSrgbPrimaries;
using testing::MakeJpeg;
using testing::MakePng;
using testing::MakeTiff;
using ::testing::Not;
using testing::NumberField;
using testing::PngChunk;
using testing::PngColor;
using testing::PngFixture;
using testing::RgbIcc;
using testing::TextField;

using Bytes = std::vector<std::byte>;

constexpr KeptMetadata kAll{true, true, true, true};
constexpr const char* kXmp =
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
    "<rdf:Description rdf:about=\"\" xmlns:tiff=\"http://ns.adobe.com/tiff/1.0/\" tiff:Orientation=\"6\"/></rdf:RDF>"
    "</x:xmpmeta>";

Bytes ToBytes(std::string_view text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}
std::string ToText(const Bytes& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

Bytes CameraExif() {
  return MakeTiff({.picture = {TextField(0x010F, "Maker"), NumberField(0x0112, 3, {6}), TextField(0x8298, "(c) me")},
                   .exif = {NumberField(0xA002, 3, {64}), NumberField(0xA003, 3, {48})}});
}

// Puts an APP1 segment behind the start of a JPEG.
Bytes WithApp1(const Bytes& jpeg, std::string_view tag, const Bytes& data) {
  const size_t length = 2 + tag.size() + data.size();
  Bytes out(jpeg.begin(), jpeg.begin() + 2);
  for (const size_t byte : {size_t{0xFF}, size_t{0xE1}, length >> 8, length & 0xFF}) {
    out.push_back(static_cast<std::byte>(byte));
  }
  const Bytes head = ToBytes(tag);
  out.insert(out.end(), head.begin(), head.end());
  out.insert(out.end(), data.begin(), data.end());
  out.insert(out.end(), jpeg.begin() + 2, jpeg.end());
  return out;
}

constexpr std::string_view kXmpTag("http://ns.adobe.com/xap/1.0/\0", 29);

Bytes SmallJpeg(const Bytes& icc = {}, const Bytes& exif = {}, testing::JpegColor color = testing::JpegColor::kYcc) {
  return MakeJpeg({.size = {64, 48}, .color = color, .exif = exif, .icc = icc});
}

PngChunk TextChunk(const std::string& type, const std::string& text) { return {type, ToBytes(text)}; }
PngChunk IccChunk(const Bytes& icc) {
  Bytes data = ToBytes(std::string_view("p\0\0", 3));
  const Bytes packed = testing::Deflate(icc);
  data.insert(data.end(), packed.begin(), packed.end());
  return {"iCCP", data};
}

Bytes SmallPng(std::vector<PngChunk> chunks, PngColor color = PngColor::kRgb, std::vector<PngChunk> after = {}) {
  PngFixture fixture{.size = {40, 30}, .color = color};
  fixture.samples = testing::NoiseSamples(fixture);
  fixture.before_palette = std::move(chunks);
  fixture.after_data = std::move(after);
  return MakePng(fixture);
}

Bytes Thumbnail(const Bytes& file, const SpecSet& specs, std::string* path = nullptr) {
  MemorySource source{std::span<const std::byte>(file)};
  Workspace workspace;
  const auto made = MakeThumbnails(source, specs, {}, workspace);
  EXPECT_TRUE(made) << made.error().message;
  if (!made) return {};
  EXPECT_TRUE(made->info.metadata.exif.empty() && made->info.metadata.xmp.empty());
  if (path != nullptr) *path = made->decode.path;
  return made->thumbnails[0].bytes;
}

SpecSet Specs(OutputFormat format, const KeptMetadata& keep, ColorSpace color = ColorSpace::kSrgb) {
  return {.sizes = {{32, 32}}, .format = format, .color = color, .keep = keep};
}

ImageInfo Read(const Bytes& file, const KeptMetadata& wanted = kAll) {
  MemorySource source{std::span<const std::byte>(file)};
  const auto decoder = OpenDecoder(source, {}, wanted);
  EXPECT_TRUE(decoder) << decoder.error().message;
  return decoder ? (*decoder)->info() : ImageInfo();
}

Bytes IccOf(const Bytes& file) {
  const auto info = Read(file);
  const auto* icc = std::get_if<IccProfile>(&info.profile);
  return icc == nullptr ? Bytes() : icc->bytes;
}

uint32_t Number(const Bytes& tiff, uint32_t tag) {
  const auto reader = TiffReader::Open(tiff);
  if (!reader) return 0;
  const auto in_exif = reader->NumberOf(reader->Find(reader->first_directory(), 0x8769));
  return reader->NumberOf(reader->Find(in_exif && tag >= 0xA000 ? *in_exif : reader->first_directory(), tag))
      .value_or(0);
}

constexpr OutputFormat kFormats[] = {OutputFormat::kJpeg, OutputFormat::kPng};

TEST(Metadata, NothingIsKeptUnlessWanted) {
  const Bytes jpeg = WithApp1(SmallJpeg(RgbIcc(kAdobePrimaries, 2.2), CameraExif()), kXmpTag, ToBytes(kXmp));
  for (const OutputFormat format : kFormats) {
    const ImageInfo info = Read(Thumbnail(jpeg, Specs(format, {})));
    EXPECT_TRUE(std::holds_alternative<std::monostate>(info.profile));
    EXPECT_THAT(info.metadata.exif, IsEmpty());
    EXPECT_THAT(info.metadata.xmp, IsEmpty());
  }
  EXPECT_THAT(Read(jpeg, {}).metadata.exif, IsEmpty());
  EXPECT_THAT(Read(jpeg, {}).metadata.xmp, IsEmpty());
}

TEST(Metadata, GoesFromBothFormatsIntoBoth) {
  const Bytes jpeg = WithApp1(SmallJpeg({}, CameraExif()), kXmpTag, ToBytes(kXmp));
  const std::string itxt = std::string("XML:com.adobe.xmp\0\0\0\0\0", 22) + kXmp;
  const Bytes png = SmallPng({{"eXIf", CameraExif()}, TextChunk("iTXt", itxt)});
  const Bytes late = SmallPng({}, PngColor::kRgba, {{"eXIf", CameraExif()}, TextChunk("iTXt", itxt)});
  std::string packed = std::string("XML:com.adobe.xmp\0\1\0\0\0", 22) + ToText(testing::Deflate(ToBytes(kXmp)));
  const Bytes compressed = SmallPng({{"eXIf", CameraExif()}, TextChunk("iTXt", packed)}, PngColor::kGray);
  for (const Bytes& file : {jpeg, png, late, compressed}) {
    for (const OutputFormat format : kFormats) {
      const ImageInfo info = Read(Thumbnail(file, Specs(format, {.exif = true, .xmp = true})));
      EXPECT_EQ(info.orientation, 1) << "the pixels are upright";
      EXPECT_EQ(info.camera, "Maker");
      EXPECT_EQ(Number(info.metadata.exif, 0xA002), static_cast<uint32_t>(info.size.width));
      EXPECT_EQ(Number(info.metadata.exif, 0xA003), static_cast<uint32_t>(info.size.height));
      EXPECT_LT(info.size.width, info.size.height);
      EXPECT_THAT(ToText(info.metadata.xmp), HasSubstr("tiff:Orientation=\"1\""));
      EXPECT_TRUE(std::holds_alternative<std::monostate>(info.profile));
    }
  }
}

TEST(Metadata, OneOfThemAlone) {
  const Bytes jpeg = WithApp1(SmallJpeg({}, CameraExif()), kXmpTag, ToBytes(kXmp));
  const ImageInfo xmp = Read(Thumbnail(jpeg, Specs(OutputFormat::kJpeg, {.xmp = true})));
  EXPECT_THAT(xmp.metadata.exif, IsEmpty());
  EXPECT_THAT(xmp.metadata.xmp, Not(IsEmpty()));
  const ImageInfo copyright = Read(Thumbnail(jpeg, Specs(OutputFormat::kPng, {.copyright = true})));
  EXPECT_EQ(copyright.camera, "");
  EXPECT_THAT(ToText(copyright.metadata.exif), HasSubstr("(c) me"));
}

TEST(Metadata, TextsOfPngAreCopyright) {
  const std::string author = std::string("Author\0", 7) + "J\xFCrgen";
  const std::string copyright = std::string("Copyright\0\0\0en\0\0", 16) + "\xC2\xA9 2024";
  const Bytes png = SmallPng({TextChunk("tEXt", author), TextChunk("iTXt", copyright)});
  for (const OutputFormat format : kFormats) {
    const Bytes exif = Read(Thumbnail(png, Specs(format, {.copyright = true}))).metadata.exif;
    EXPECT_THAT(ToText(exif), HasSubstr("J\xC3\xBCrgen"));
    EXPECT_THAT(ToText(exif), HasSubstr("\xC2\xA9 2024"));
    EXPECT_THAT(Read(Thumbnail(png, Specs(format, {.exif = true}))).metadata.exif, IsEmpty());
  }
  // A text whose checksum is wrong says nothing.
  PngChunk damaged = TextChunk("tEXt", author);
  damaged.wrong_crc = true;
  EXPECT_THAT(Read(SmallPng({damaged})).metadata.artist, IsEmpty());
}

TEST(Metadata, IsBounded) {
  const auto packet = [](size_t bytes) { return std::string(kXmp) + std::string(bytes - std::strlen(kXmp), ' '); };
  const Bytes largest = WithApp1(SmallJpeg(), kXmpTag, ToBytes(packet(kMaxXmpBytes)));
  for (const OutputFormat format : kFormats) {
    EXPECT_EQ(Read(Thumbnail(largest, Specs(format, {.xmp = true}))).metadata.xmp.size(), kMaxXmpBytes);
  }
  const std::string head("XML:com.adobe.xmp\0\0\0\0\0", 22);
  EXPECT_THAT(Read(Thumbnail(SmallPng({TextChunk("iTXt", head + packet(kMaxXmpBytes + 1))}),
                             Specs(OutputFormat::kJpeg, {.xmp = true})))
                  .metadata.xmp,
              IsEmpty());
  // 60 MB of blanks in 60 KB.
  const std::string bomb =
      std::string("XML:com.adobe.xmp\0\1\0\0\0", 22) + ToText(testing::Deflate(ToBytes(packet(60'000'000)), 9));
  EXPECT_THAT(Read(SmallPng({TextChunk("iTXt", bomb)})).metadata.xmp, IsEmpty());
  Bytes exif = CameraExif();
  exif.resize(kMaxExifBytes);
  EXPECT_EQ(Read(SmallJpeg({}, exif)).metadata.exif.size(), kMaxExifBytes);
  EXPECT_EQ(Read(Thumbnail(SmallJpeg({}, exif), Specs(OutputFormat::kPng, {.exif = true}))).camera, "Maker");
}

TEST(Profiles, OtherColoursThanSrgbComeWithTheirProfile) {
  for (const OutputFormat format : kFormats) {
    EXPECT_THAT(ToText(IccOf(Thumbnail(SmallJpeg(), Specs(format, {}, ColorSpace::kDisplayP3)))), HasSubstr("P\0003"));
    const Bytes adobe = RgbIcc(kAdobePrimaries, 2.2);
    const Bytes srgb = RgbIcc(kSrgbPrimaries, 0);
    for (const bool png : {false, true}) {
      const auto source = [&](const Bytes& icc) { return png ? SmallPng({IccChunk(icc)}) : SmallJpeg(icc); };
      EXPECT_EQ(IccOf(Thumbnail(source(adobe), Specs(format, {}, ColorSpace::kKeep))), adobe);
      EXPECT_THAT(IccOf(Thumbnail(source(srgb), Specs(format, {}, ColorSpace::kKeep))), IsEmpty());
      EXPECT_EQ(IccOf(Thumbnail(source(srgb), Specs(format, {.icc = true}, ColorSpace::kKeep))), srgb);
      EXPECT_THAT(IccOf(Thumbnail(source(adobe), Specs(format, {}))), IsEmpty());
      const Bytes compact = IccOf(Thumbnail(source(adobe), Specs(format, {.icc = true})));
      EXPECT_THAT(compact, Not(IsEmpty()));
      EXPECT_LT(compact.size(), 600u);
    }
  }
}

TEST(Profiles, PngsNumbersBecomeAProfile) {
  // gAMA of 1.0, as linear light has it.
  const PngChunk gamma{"gAMA", testing::BigEndian({100'000}, 4)};
  for (const PngColor color : {PngColor::kRgb, PngColor::kGray}) {
    const Bytes png = SmallPng({gamma}, color);
    for (const OutputFormat format : kFormats) {
      EXPECT_THAT(IccOf(Thumbnail(png, Specs(format, {}, ColorSpace::kKeep))), Not(IsEmpty()));
      EXPECT_THAT(IccOf(Thumbnail(png, Specs(format, {}))), IsEmpty());
    }
    // What the profile says is what the number said: both are the same in sRGB. (40 pixels stay 40.)
    SpecSet same = Specs(OutputFormat::kPng, {}, ColorSpace::kKeep);
    same.sizes = {{64, 64}};
    const Bytes kept = Thumbnail(png, same);
    same.color = ColorSpace::kSrgb;
    EXPECT_EQ(Thumbnail(kept, same), Thumbnail(png, same));
  }
}

TEST(Profiles, GrayPicturesHaveProfilesOfGray) {
  const Bytes gray = GrayIcc(1.0);
  const auto space = [](const Bytes& icc) { return icc.size() < 20 ? "" : ToText(icc).substr(16, 4); };
  const Bytes jpeg = SmallJpeg(gray, {}, testing::JpegColor::kGray);
  for (const OutputFormat format : kFormats) {
    EXPECT_EQ(IccOf(Thumbnail(jpeg, Specs(format, {}, ColorSpace::kKeep))), gray);
    EXPECT_EQ(space(IccOf(Thumbnail(jpeg, Specs(format, {.icc = true})))), "GRAY");
    EXPECT_EQ(space(IccOf(Thumbnail(jpeg, Specs(format, {.icc = true}, ColorSpace::kDisplayP3)))), "GRAY");
    // On a coloured ground it becomes RGB, in sRGB.
    SpecSet padded = Specs(format, {.icc = true}, ColorSpace::kKeep);
    padded.sizes = {ParseSizeSpec("32x32,fit=pad").value()};
    padded.background = {255, 0, 0};
    EXPECT_EQ(space(IccOf(Thumbnail(jpeg, padded))), "RGB ");
  }
}

// RGB whose pixels are all gray would be written as gray, and few grays as a palette, of which the profile is none.
TEST(Profiles, PngStaysWhatItsProfileIsOf) {
  PngFixture fixture{.size = {16, 16}, .color = PngColor::kRgb};
  for (int i = 0; i < 256; ++i) fixture.samples.insert(fixture.samples.end(), 3, static_cast<uint16_t>(i));
  fixture.before_palette = {IccChunk(RgbIcc(kP3Primaries, 0))};
  EXPECT_THAT(Read(Thumbnail(MakePng(fixture), Specs(OutputFormat::kPng, {}))).coding, HasSubstr("gray"));
  const Bytes kept = Thumbnail(MakePng(fixture), Specs(OutputFormat::kPng, {}, ColorSpace::kKeep));
  EXPECT_THAT(Read(kept).coding, Not(HasSubstr("gray")));
  EXPECT_EQ(IccOf(kept), RgbIcc(kP3Primaries, 0));

  PngFixture few{.size = {32, 32}, .color = PngColor::kGray};
  const std::vector<uint16_t> noise = testing::NoiseSamples(few);
  for (const uint16_t sample : noise) few.samples.push_back(sample < 80 ? 7 : sample < 160 ? 99 : 201);
  few.before_palette = {IccChunk(GrayIcc(1.0))};
  EXPECT_THAT(Read(Thumbnail(MakePng(few), Specs(OutputFormat::kPng, {}))).coding, HasSubstr("palette"));
  EXPECT_THAT(Read(Thumbnail(MakePng(few), Specs(OutputFormat::kPng, {}, ColorSpace::kKeep))).coding,
              HasSubstr("gray"));
}

TEST(Profiles, LargeOnesAreSplit) {
  Bytes large = RgbIcc(kAdobePrimaries, 2.2);
  large.resize(200'000, std::byte{7});
  const Bytes made = Thumbnail(SmallJpeg(large), Specs(OutputFormat::kJpeg, {}, ColorSpace::kKeep));
  EXPECT_EQ(IccOf(made), large);
  size_t segments = 0;
  const std::string text = ToText(made);
  for (size_t at = 0; (at = text.find("ICC_PROFILE", at)) != std::string::npos; ++at) ++segments;
  EXPECT_EQ(segments, 4u);
}

// Without its APP2 segments.
Bytes WithoutIcc(const Bytes& jpeg) {
  std::string text = ToText(jpeg);
  for (size_t at = text.find("ICC_PROFILE"); at != std::string::npos; at = text.find("ICC_PROFILE")) {
    const size_t length = static_cast<uint8_t>(text[at - 2]) * 256u + static_cast<uint8_t>(text[at - 1]);
    text.erase(at - 4, length + 2);
  }
  return ToBytes(text);
}

// They come out as those of a picture without a profile, to the last bit; by way of RGB they would not.
TEST(Profiles, PicturesThatAreNotConvertedKeepTheirPlanes) {
  const auto picture = [](const Bytes& icc) { return MakeJpeg({.size = {400, 300}, .icc = icc}); };
  const Bytes p3 = RgbIcc(kP3Primaries, 0);
  const Bytes plain = Thumbnail(picture({}), Specs(OutputFormat::kJpeg, {}));
  const auto made = [&](const Bytes& icc, ColorSpace color, const KeptMetadata& keep = {}) {
    return WithoutIcc(Thumbnail(picture(icc), Specs(OutputFormat::kJpeg, keep, color)));
  };
  EXPECT_EQ(made(RgbIcc(kAdobePrimaries, 2.2), ColorSpace::kKeep), plain);
  EXPECT_EQ(made(p3, ColorSpace::kKeep, {.icc = true}), plain);
  EXPECT_EQ(made(p3, ColorSpace::kDisplayP3), plain);
  EXPECT_EQ(made(RgbIcc(kSrgbPrimaries, 0), ColorSpace::kSrgb, {.icc = true}), plain);
  EXPECT_EQ(made(Bytes(200), ColorSpace::kSrgb), plain) << "a broken profile changes nothing";
  EXPECT_NE(made(p3, ColorSpace::kSrgb), plain);
  SpecSet reference = Specs(OutputFormat::kJpeg, {});
  reference.decoder = DecoderChoice::kReference;
  EXPECT_NE(Thumbnail(picture({}), reference), plain);
}

TEST(Profiles, InksBecomeSrgbWhereTheirSpaceIsToBeKept) {
  const Bytes jpeg = SmallJpeg(testing::SwappedCmykIcc(), {}, testing::JpegColor::kCmyk);
  EXPECT_EQ(Thumbnail(jpeg, Specs(OutputFormat::kPng, {}, ColorSpace::kKeep)),
            Thumbnail(jpeg, Specs(OutputFormat::kPng, {})));
}

TEST(Profiles, AnUnusableProfileIsRefusedStrictly) {
  const Bytes jpeg = SmallJpeg(Bytes(300, std::byte{1}));
  for (const ColorSpace color : {ColorSpace::kSrgb, ColorSpace::kDisplayP3, ColorSpace::kKeep}) {
    SpecSet specs = Specs(OutputFormat::kJpeg, {}, color);
    Thumbnail(jpeg, specs);
    specs.strictness = Strictness::kStrict;
    MemorySource source{std::span<const std::byte>(jpeg)};
    Workspace workspace;
    const auto made = MakeThumbnails(source, specs, {}, workspace);
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().message, HasSubstr("profile"));
  }
}

// White stays white, and a colour is the same colour, whatever the pixels' space.
TEST(Profiles, TheBackgroundIsInTheSpaceOfThePixels) {
  PngFixture fixture{.size = {20, 20}, .color = PngColor::kRgba};
  fixture.samples.assign(20 * 20 * 4, 0);
  fixture.before_palette = {IccChunk(RgbIcc(kSrgbPrimaries, 1.0))};
  SpecSet specs = Specs(OutputFormat::kJpeg, {}, ColorSpace::kKeep);
  specs.background = {188, 188, 188};
  const Bytes kept = Thumbnail(MakePng(fixture), specs);
  MemorySource source{std::span<const std::byte>(kept)};
  auto decoder = OpenDecoder(source, {});
  ASSERT_TRUE(decoder);
  testing::CollectingSink sink;
  Workspace workspace;
  ASSERT_TRUE((*decoder)->Decode({.at_least = {20, 20}}, sink, workspace, Watch(DecodeLimits(), {})));
  EXPECT_NEAR(static_cast<int>(sink.bytes[0]), 128, 3) << "half of the light";
}

}  // namespace
}  // namespace tbbthumbs
