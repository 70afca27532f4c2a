#include "tests/fuzz/seeds.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <variant>

#include "codecs/decoder.h"
#include "codecs/format.h"
#include "tests/fuzz/icc_mutator.h"
#include "tests/support/icc_fixture.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/png_fixture.h"
#include "tests/support/tiff_fixture.h"

namespace tbbthumbs::fuzz {
namespace {

using testing::JpegColor;
using testing::PngColor;
using Data = std::vector<std::byte>;
using namespace std::string_view_literals;

// Larger pictures take fuzzers too long; lanes need some data.
constexpr size_t kMostBytes = 20 << 10;
constexpr size_t kMostLaneBytes = 60 << 10;
constexpr size_t kMostProfileBytes = 64 << 10;
// What decides about the format and a little more.
constexpr size_t kSniffedBytes = kSniffBytes + 100;

Data BytesOf(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  return {bytes.begin(), bytes.end()};
}

Data Behind(std::span<const std::byte> picture, uint8_t choice) {
  Data bytes(picture.begin(), picture.end());
  bytes.push_back(std::byte{choice});
  return bytes;
}

Data InFront(uint8_t choice, std::span<const std::byte> picture) {
  Data bytes{std::byte{choice}};
  bytes.insert(bytes.end(), picture.begin(), picture.end());
  return bytes;
}

Data CameraExif() {
  return testing::MakeTiff(
      {.picture = {testing::TextField(0x010F, "Maker"), testing::NumberField(0x0112, 3, {6}),
                   testing::TextField(0x8298, "(c) somebody")},
       .exif = {testing::NumberField(0xA002, 3, {64}), testing::TextField(0x9003, "2024:05:01 12:30:59")},
       .gps = {testing::NumberField(0x0002, 5, {50, 1, 5, 1, 3, 10})},
       .thumbnail = {testing::NumberField(0x0201, 4, {8})}});
}

std::vector<Data> Jpegs() {
  return {testing::MakeJpeg({.size = {48, 40}, .restart_rows = 1}),
          testing::MakeJpeg({.size = {48, 40}, .color = JpegColor::kGray, .progressive = true}),
          testing::MakeJpeg({.size = {40, 30}, .color = JpegColor::kCmyk}),
          testing::MakeJpeg({.size = {40, 30}, .luma_sampling = {2, 1}, .several_scans = true}),
          testing::MakeJpeg({.size = {20, 20}, .exif = CameraExif(), .icc = testing::RgbIcc(testing::kP3Primaries, 0)}),
          testing::MakeJpeg({.size = {40, 30}, .arithmetic = true})};
}

Data Png(PngColor color, int depth, bool interlaced) {
  testing::PngFixture fixture;
  fixture.color = color;
  fixture.depth = depth;
  fixture.interlaced = interlaced;
  fixture.chunk_bytes = 300;
  if (color == PngColor::kPalette) fixture.palette = {{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {9, 9, 9}};
  fixture.samples = testing::NoiseSamples(fixture);
  return testing::MakePng(fixture);
}

std::vector<Data> Pngs() {
  return {Png(PngColor::kRgb, 8, false), Png(PngColor::kRgba, 16, true), Png(PngColor::kGray, 1, false),
          Png(PngColor::kPalette, 2, false), Png(PngColor::kGrayAlpha, 8, false)};
}

std::vector<Data> Texts(std::initializer_list<std::string_view> texts) {
  std::vector<Data> seeds;
  for (const std::string_view text : texts) seeds.push_back(BytesOf(text));
  return seeds;
}

std::vector<Data> Choices(const std::vector<Data>& pictures, std::initializer_list<uint8_t> choices) {
  std::vector<Data> seeds;
  for (const Data& picture : pictures) {
    for (const uint8_t choice : choices) seeds.push_back(Behind(picture, choice));
  }
  return seeds;
}

std::vector<Data> NameSeeds() {
  return Texts(
      {"\0{dir}/{stem}_{size}\n256 x100,fit=cover\n\0\0\0\0\0\0\0\0\0@\1@\1a/b c.jpg\tCamera 1\n"
       "\0\0\0\0\0\0\0\0\0@\1@\1a/b c.png\n"sv,
       "\x88{date:%Y/%m}/{seq:04}-{camera}_{width}x{height}.{format}\na=64 b=64x\n\1\0\0\0\0\0\0\0\0\0\1@\1@\1"
       "\xC3\xA4\xFF/nul.tar\tM/N\n"sv,
       "\1{host}/{path}-{hash:8}{url_hash:32}\n\n\0\0\0\0\0\0\0\0\0@\1@\1http://host/a/b.jpg?x\n"sv,
       "\x40{stem}{ext}{parent}{total:3}{mtime:%j %p}{input_hash}\n\n\4\0\0\0\0\0\0\0\0@\1@\1x/photo_256.jpg\n"sv,
       "\2../{stem}\n\n"sv, "\3.tbbthumbs/{{{stem}}}\n50%\n\0\0\0\0\0\0\0\0\0@\1@\1.x\n"sv});
}

}  // namespace

std::vector<Data> MadeSeeds(std::string_view target) {
  if (target == "thumbnail") {
    std::vector<Data> seeds;
    for (const auto& pictures : {Jpegs(), Pngs()}) {
      for (const Data& picture : pictures) {
        for (const uint8_t choice : std::initializer_list<uint8_t>{0x00, 0x80, 0x13})
          seeds.push_back(InFront(choice, picture));
      }
    }
    return seeds;
  }
  if (target == "sniff") {
    std::vector<Data> seeds =
        Texts({"GIF89a", "RIFF....WEBPVP8 ", "II*\0\10\0\0\0"sv,
               "\0\0\0\x1c"
               "ftypmif1\0\0\0\0mif1heicavif"sv,
               "\xFF\x0A", "8BPS\0\1"sv, "<?xml version='1.0'?><!-- x --><svg xmlns='http://www.w3.org/2000/svg'/>",
               "\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0\x68\4\0\0\x16\0\0\0"sv, "FUJIFILMCCD-RAW 0201"});
    seeds.push_back(Jpegs().front());
    seeds.push_back(Pngs().front());
    return seeds;
  }
  if (target.starts_with("jpeg_")) return Choices(Jpegs(), {0, 7});
  if (target.starts_with("png_")) return Choices(Pngs(), {0, 7});
  if (target == "exif") {
    return {CameraExif(), testing::ExifWithOrientation(5), testing::ExifWithOrientation(6, true)};
  }
  if (target == "xmp") {
    return Texts(
        {"<rdf:RDF xmlns:tiff=\"http://ns.adobe.com/tiff/1.0/\" xmlns:xmp='http://ns.adobe.com/xap/1.0/' "
         "tiff:Orientation=\"6\"><tiff:ImageWidth>64</tiff:ImageWidth><xmp:Thumbnails>x</xmp:Thumbnails>"
         "</rdf:RDF>"});
  }
  if (target == "icc") {
    return Choices({testing::RgbIcc(testing::kSrgbPrimaries, 0), testing::RgbIcc(testing::kAdobePrimaries, 2.2),
                    testing::GrayIcc(1.8), testing::SwappedCmykIcc(), testing::PaleScreenIcc(), testing::LinkIcc()},
                   {0, 0x31, 0x12});
  }
  if (target == "names") return NameSeeds();
  if (target == "sizes") {
    return Texts({"256\n256x\nx256\n320x240\n50%",
                  "square=256x256@2x<,fit=cover,gravity=north,q=70,max=20k,sharpen=1.5",
                  "a=33.3%@3x!,enlarge=yes\na=33.3%@3x\n,fit=pad"});
  }
  if (target == "url") {
    return Texts({"http://Example.ORG:80/a/../b/./My%20Cat.jpg?w=3&h=4#top", "https://me:se%40cret@example.org:8443/c",
                  "http://[2001:DB8::1]:8080/a.jpg\ta/b/cat", "http://h/..%2f..%2fetc%2fpasswd", "http:/me:x@host//a",
                  "http://h/a%00b%0Ac//d/"});
  }
  if (target == "list") {
    return Texts(
        {"\x08"
         "a.jpg\r\nb c.jpg\n\n"sv,
         "\x01"
         "a\nb\0c\0"sv,
         "\x02\xEF\xBB\xBF# a\r\n\t# b\nhttp://a/x y\tn m\nphoto#1.jpg\n"sv});
  }
  // Statements, pages, cells, and what lies beside a database.
  if (target == "plan" || target == "journal") {
    return Texts({""sv, "\1"sv, "\0\0\0\1\2\3xx"sv, "\1\0\1\2\3\4\5\6\7\10\1\2\3"sv, "\1\1\5\0\1\2\3\4\5\6\7\0"sv,
                  "\1\x40\2\0\0\1\2"sv, "\3\x42\x12\1\7\3\4\1\1\x22\1\2"sv, "\1\0\10\x10\x20\0"sv,
                  "\1\xC4\5\4\3abc\2\6\1\1"sv});
  }
  return {};
}

std::vector<Seed> SeedsOf(std::span<const std::byte> file) {
  std::vector<Seed> seeds;
  const auto front = file.first(std::min(file.size(), kSniffedBytes));
  seeds.push_back({"sniff", Data(front.begin(), front.end())});
  const Format format = SniffFormat(file);
  if (!IsDecoded(format)) return seeds;
  const auto add = [&](std::string_view target, size_t most_bytes) {
    if (file.size() > most_bytes) return;
    for (const uint8_t choice : std::initializer_list<uint8_t>{0, 7}) seeds.push_back({target, Behind(file, choice)});
  };
  if (format == Format::kJpeg) {
    add("jpeg_fast", kMostBytes);
    add("jpeg_turbo", kMostBytes);
    add("jpeg_lanes", kMostLaneBytes);
  } else {
    add("png_fast", kMostBytes);
    add("png_reference", kMostBytes);
  }
  if (file.size() <= kMostBytes) seeds.push_back({"thumbnail", InFront(0x80, file)});

  MemorySource source(file);
  const auto decoder = OpenDecoder(source, DecodeLimits(), {.exif = true, .xmp = true});
  if (!decoder) return seeds;
  const ImageInfo& info = (*decoder)->info();
  if (!info.metadata.exif.empty()) seeds.push_back({"exif", info.metadata.exif});
  if (!info.metadata.xmp.empty()) seeds.push_back({"xmp", info.metadata.xmp});
  const auto* icc = std::get_if<IccProfile>(&info.profile);
  if (icc != nullptr && icc->bytes.size() <= kMostProfileBytes) seeds.push_back({"icc", Behind(icc->bytes, 0)});
  return seeds;
}

}  // namespace tbbthumbs::fuzz
