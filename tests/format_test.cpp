#include "codecs/format.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "tests/support/corpus.h"

namespace tbbthumbs {
namespace {

using namespace std::string_literals;

Format Sniff(const std::string& head) { return SniffFormat(std::as_bytes(std::span(head))); }

std::string Box(const std::string& major, const std::string& compatible = "") {
  return "\0\0\0"s + static_cast<char>(16 + compatible.size()) + "ftyp" + major + "\0\0\0\0"s + compatible;
}

TEST(SniffFormat, ShortestDecisiveBytes) {
  EXPECT_EQ(Sniff("\xFF\xD8\xFF"), Format::kJpeg);
  EXPECT_EQ(Sniff("\xFF\xD8\xFF\xFE comment first"), Format::kJpeg);
  EXPECT_EQ(Sniff("\xFF\xD8"), Format::kJpeg);
  EXPECT_EQ(Sniff("\xFF\xD8 garbage before the first marker"), Format::kJpeg);
  EXPECT_EQ(Sniff("\xFF"), Format::kUnknown);
  EXPECT_EQ(Sniff("\x89PNG\r\n\x1A\n"), Format::kPng);
  EXPECT_EQ(Sniff("\x89PNG\n\x1A\n"), Format::kUnknown) << "line ends converted";
  EXPECT_EQ(Sniff("RIFF\1\2\3\4WEBP"), Format::kWebp);
  EXPECT_EQ(Sniff("RIFF\1\2\3\4WAVE"), Format::kUnknown);
  EXPECT_EQ(Sniff("GIF87a"), Format::kGif);
  EXPECT_EQ(Sniff("GIF89a"), Format::kGif);
  EXPECT_EQ(Sniff("GIF88a"), Format::kUnknown);
  EXPECT_EQ(Sniff("8BPS"), Format::kPsd);
  EXPECT_EQ(Sniff("\x76\x2F\x31\x01"), Format::kExr);
  EXPECT_EQ(Sniff("FUJIFILMCCD-RAW 0201"), Format::kRaf);
  EXPECT_EQ(Sniff("\xFF\x0A"), Format::kJxl);
  EXPECT_EQ(Sniff("\0\0\0\x0CJXL \r\n\x87\n"s), Format::kJxl);
  EXPECT_EQ(Sniff("\0\0\0\x0CjP  \r\n\x87\n"s), Format::kJpeg2000);
  EXPECT_EQ(Sniff("\xFF\x4F\xFF\x51"), Format::kJpeg2000);
}

TEST(SniffFormat, TiffAndItsRawRelatives) {
  for (const std::string& magic : {"II*\0"s, "MM\0*"s, "II+\0"s, "MM\0+"s, "IIRO"s, "IIRS"s, "MMOR"s, "IIU\0"s}) {
    EXPECT_EQ(Sniff(magic + "\1\2\3\4"), Format::kTiff) << magic;
  }
  EXPECT_EQ(Sniff("II*x"), Format::kUnknown);
}

TEST(SniffFormat, BoxesByBrand) {
  EXPECT_EQ(Sniff(Box("heic")), Format::kHeic);
  EXPECT_EQ(Sniff(Box("hevx")), Format::kHeic);
  EXPECT_EQ(Sniff(Box("avif")), Format::kAvif);
  EXPECT_EQ(Sniff(Box("avis")), Format::kAvif);
  EXPECT_EQ(Sniff(Box("crx ")), Format::kCr3);
  EXPECT_EQ(Sniff(Box("mif1", "mif1miafheic")), Format::kHeic);
  EXPECT_EQ(Sniff(Box("mif1", "mif1miafavif")), Format::kAvif);
  EXPECT_EQ(Sniff(Box("mif1", "miaf") + "avif"), Format::kHeic) << "behind the box";
  EXPECT_EQ(Sniff(Box("isom", "mp42avif")), Format::kUnknown) << "a video";
  EXPECT_EQ(Sniff(Box("qt  ")), Format::kUnknown);
}

TEST(SniffFormat, WeakMagicsNeedAPlausibleHeader) {
  const std::string bitmap_core = "BM"s + std::string(12, '\0') + "\x0C\0\0\0\2\0\2\0\1\0\x18\0\0\0"s;
  const std::string bitmap_info = "BM"s + std::string(12, '\0') + "\x28\0\0\0\2\0\0\0\2\0\0\0\1\0\x18\0"s;
  EXPECT_EQ(Sniff(bitmap_core), Format::kBmp);
  EXPECT_EQ(Sniff(bitmap_info), Format::kBmp);
  EXPECT_EQ(Sniff("BM is how this text begins, and it goes on for a while"), Format::kUnknown);
  const std::string icon = "\0\0\1\0\1\0\x20\x20\0\0\1\0\x20\0\x80\x10\0\0\x16\0\0\0"s;
  EXPECT_EQ(Sniff(icon), Format::kIco);
  std::string inside = icon;
  inside[18] = 3;  // the picture would begin inside the directory
  EXPECT_EQ(Sniff(inside), Format::kUnknown);
  EXPECT_EQ(Sniff("\0\0\1\0"s + std::string(40, '\xBA')), Format::kUnknown);
}

TEST(SniffFormat, SvgBehindWhateverXmlAllows) {
  EXPECT_EQ(Sniff("<svg>"), Format::kSvg);
  EXPECT_EQ(Sniff("<svg xmlns='x'/>"), Format::kSvg);
  EXPECT_EQ(Sniff("\xEF\xBB\xBF \n<?xml version='1.0'?>\n<!-- <html> -->\n<svg\n>"), Format::kSvg);
  EXPECT_EQ(Sniff("<?xml version='1.0'?><svg:svg xmlns:svg='x'>"), Format::kSvg);
  EXPECT_EQ(Sniff("<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' [" + std::string(2000, ' ')), Format::kSvg);
  EXPECT_EQ(Sniff("<!DOCTYPE html><svg>"), Format::kUnknown);
  EXPECT_EQ(Sniff("<html><svg>"), Format::kUnknown);
  EXPECT_EQ(Sniff("<svgfoo>"), Format::kUnknown);
  EXPECT_EQ(Sniff("<!-- <svg> "), Format::kUnknown);
  EXPECT_EQ(Sniff("svg"), Format::kUnknown);
}

TEST(SniffFormat, EveryPrefixOfEveryMagicIsSafe) {
  const std::string all[] = {Box("mif1", "miafavif"), "\0\0\1\0\1\0\x20\x20\0\0\1\0\x20\0\x80\x10\0\0\x16\0\0\0"s,
                             "BM"s + std::string(30, '\x28'), "<?xml?><!-- --><!DOCTYPE svg><svg>", "RIFF1234WEBPVP8 "};
  for (const std::string& whole : all) {
    for (size_t length = 0; length <= whole.size(); ++length) {
      const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length));
      (void)SniffFormat(std::as_bytes(std::span(cut)));
    }
  }
  EXPECT_EQ(SniffFormat({}), Format::kUnknown);
}

TEST(FormatName, NamesAreDistinct) {
  std::set<std::string_view> names;
  for (int i = 0; i < kFormatCount; ++i) names.insert(FormatName(static_cast<Format>(i)));
  EXPECT_EQ(names.size(), static_cast<size_t>(kFormatCount));
  EXPECT_EQ(FormatName(Format::kHeic), "HEIC");
  EXPECT_EQ(FormatName(Format::kUnknown), "no picture");
}

// The manifest's word for a file's format comes from other programs; where it is a family, the name decides.
std::set<Format> Expected(const testing::CorpusFile& file) {
  static const std::map<std::string, std::set<Format>> kByFormat = {
      {"isobmff:avif", {Format::kAvif}}, {"isobmff:heic", {Format::kHeic}}, {"isobmff:heix", {Format::kHeic}},
      {"isobmff:mif1", {Format::kHeic}}, {"isobmff:crx ", {Format::kCr3}},  {"bmp", {Format::kBmp}},
      {"gif", {Format::kGif}},           {"jxl", {Format::kJxl}},           {"psd", {Format::kPsd}},
      {"svg", {Format::kSvg}},           {"tiff", {Format::kTiff}},         {"webp", {Format::kWebp}},
  };
  static const std::map<std::string, std::set<Format>> kByExtension = {
      {".avif", {Format::kAvif}},
      {".ico", {Format::kIco}},
      {".jp2", {Format::kJpeg2000}},
      {".rw2", {Format::kTiff}},
      {".TGA", {Format::kUnknown}},
      {".tga", {Format::kUnknown}},
      // One of the two carries a damaged magic.
      {".raf", {Format::kRaf, Format::kUnknown}},
  };
  const auto by_extension = kByExtension.find(file.path.extension().string());
  if (by_extension != kByExtension.end()) return by_extension->second;
  const auto by_format = kByFormat.find(file.format);
  return by_format != kByFormat.end() ? by_format->second : std::set<Format>{};
}

TEST(SniffFormat, RecognisesTheCorpus) {
  const auto corpus = testing::FindCorpus(TBBTHUMBS_SOURCE_DIR);
  if (!corpus) GTEST_SKIP() << "no picture corpus beside the source tree";
  const auto files = testing::ListCorpus(*corpus, "other-formats");
  ASSERT_GT(files.size(), 50u);
  for (const testing::CorpusFile& file : files) {
    const Format format = SniffFormat(testing::ReadBytes(file.path, kSniffBytes));
    EXPECT_TRUE(Expected(file).contains(format)) << file.path << ": " << FormatName(format);
  }
  for (const char* set : {"conformance", "png-real", "photos-web"}) {
    for (const testing::CorpusFile& file : testing::ListCorpus(*corpus, set)) {
      const Format format = SniffFormat(testing::ReadBytes(file.path, kSniffBytes));
      EXPECT_EQ(format, file.format == "png" ? Format::kPng : Format::kJpeg) << file.path;
    }
  }
}

}  // namespace
}  // namespace tbbthumbs
