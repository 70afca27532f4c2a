#include "pipeline/name_planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "pipeline/name_hash.h"
#include "pipeline/safe_names.h"
#include "pipeline/url_input.h"
#include "tests/support/unsafe_names.h"

namespace tbbthumbs {
namespace {

InputFile File(const std::string& path, const std::string& directory = "", bool whole = false) {
  InputFile file;
  file.path = path;
  file.output_directory = directory;
  file.whole_directory = whole;
  return file;
}

InputFile WebFile(const std::string& address, const std::string& directory = "") {
  InputFile file = UrlInput(address);
  EXPECT_TRUE(file.url) << address;
  file.output_directory = directory;
  return file;
}

// Plans names in "out" and counts the files.
class Names {
 public:
  explicit Names(const std::string& name_template = NameOptions().name_template, const NameOptions& options = {},
                 const SpecSet& specs = {})
      : planner_("out", WithTemplate(options, name_template), specs) {
    const Status checked = CheckNameOptions(WithTemplate(options, name_template), specs);
    EXPECT_TRUE(checked) << (checked ? "" : checked.error().message);
  }

  OutputNames Plan(const InputFile& file, const FileFacts& facts = {}) { return planner_.Plan(file, seq_++, facts); }

  // Of the first size.
  std::string First(const InputFile& file, const FileFacts& facts = {}) { return Plan(file, facts).jpeg.at(0); }
  std::string First(const std::string& path, const std::string& directory = "") { return First(File(path, directory)); }

  NamePlanner& planner() { return planner_; }

 private:
  static NameOptions WithTemplate(NameOptions options, const std::string& name_template) {
    options.name_template = name_template;
    return options;
  }

  NamePlanner planner_;
  uint64_t seq_ = 0;
};

SpecSet Sizes(std::vector<SizeSpec> sizes) { return {.sizes = std::move(sizes)}; }
const NameChanges kNoChange;

TEST(DefaultNames, StemSizeAndExtensionInTheMirroredDirectory) {
  SpecSet specs = Sizes({{256, 256}, {0, 64}});
  specs.format = OutputFormat::kAuto;
  Names names(NameOptions().name_template, {}, specs);
  const OutputNames planned = names.Plan(File("in/a/photo.JPEG", "a"));
  EXPECT_EQ(planned.Path(0, OutputFormat::kJpeg), "out/a/photo_256.jpg");
  EXPECT_EQ(planned.Path(1, OutputFormat::kPng), "out/a/photo_x64.png");
  EXPECT_EQ(planned.changes, kNoChange);
}

TEST(DefaultNames, OddNames) {
  Names names("{dir}/{stem}_{size}", {}, Sizes({{32, 32}}));
  EXPECT_EQ(names.First(File("noextension")), "out/noextension_32.jpg");
  EXPECT_EQ(names.First(File(".hidden")), "out/.hidden_32.jpg");
  EXPECT_EQ(names.First(File("two.dots.png")), "out/two.dots_32.jpg");
  EXPECT_EQ(names.First(File("endsindot.")), "out/endsindot._32.jpg");
}

TEST(DefaultNames, TheFirstKeepsTheBareNameOthersGetTheirExtensionThenAHash) {
  Names names;
  EXPECT_EQ(names.First(File("in/a.jpg")), "out/a_256.jpg");
  EXPECT_EQ(names.First(File("in/a.png")), "out/a_png_256.jpg");
  // Its bare name is taken by the one before.
  const std::string third = names.First(File("in/a_png.jpg"));
  EXPECT_EQ(third, "out/a_png_jpg_256.jpg");
  const std::string other = names.First(File("elsewhere/a.jpg"));
  const std::string again = names.First(File("somewhere/a.jpg"));
  EXPECT_EQ(other, "out/a_jpg_256.jpg");
  EXPECT_TRUE(again.starts_with("out/a_jpg_")) << again;
  EXPECT_EQ(again.size(), std::string("out/a_jpg_01234567_256.jpg").size()) << again;
}

TEST(DefaultNames, TheSamePathTwiceGetsTwoNames) {
  Names names;
  std::set<std::string> all;
  for (int i = 0; i < 20; ++i) all.insert(names.First(File("in/a.jpg")));
  EXPECT_EQ(all.size(), 20u);
}

TEST(DefaultNames, TheSameInputsGetTheSameNames) {
  std::vector<std::string> first;
  std::vector<std::string> second;
  for (std::vector<std::string>* run : {&first, &second}) {
    Names names;
    for (const char* path : {"x/a.jpg", "y/a.jpg", "z/a.jpg", "z/a.png"}) run->push_back(names.First(File(path)));
  }
  EXPECT_EQ(first, second);
}

TEST(DefaultNames, DirectoriesAreKeptApart) {
  Names names;
  EXPECT_EQ(names.First(File("in/a/x.jpg", "a", true)), "out/a/x_256.jpg");
  EXPECT_EQ(names.First(File("in/a/x.png", "a", true)), "out/a/x_png_256.jpg");
  EXPECT_EQ(names.First(File("in/b/x.png", "b", true)), "out/b/x_256.jpg");
}

// As a program adds them to a job that walks a directory.
TEST(DefaultNames, SingleFilesBetweenWholeDirectoriesTakeNoNameFromThem) {
  Names names;
  EXPECT_EQ(names.First(File("in/x.jpg", "", true)), "out/x_256.jpg");
  EXPECT_EQ(names.First(File("in/a/x.jpg", "a", true)), "out/a/x_256.jpg");
  EXPECT_EQ(names.First(File("elsewhere/x.jpg")), "out/x_jpg_256.jpg");
  EXPECT_EQ(names.First(File("in/a/x.png", "a", true)), "out/a/x_png_256.jpg");
}

TEST(DefaultNames, LongNamesAreCutBetweenCharactersAndStayApart) {
  Names names("{dir}/{stem}_{size}", {}, Sizes({{1024, 1024}}));
  std::string long_name;
  for (int i = 0; i < 125; ++i) long_name += "\xC3\xA9";  // 250 bytes
  std::set<std::string> all;
  for (const char* last : {"1", "2", "3"}) {
    const std::string path = names.First(File("in/" + long_name + last + ".jpg"));
    const std::string file = path.substr(4);
    EXPECT_LE(file.size(), 255u);
    // What is left of the name is whole characters: pairs of bytes up to the first '_'.
    EXPECT_EQ(file.find('_') % 2, 0u) << file;
    all.insert(file);
  }
  EXPECT_EQ(all.size(), 3u);
}

TEST(DefaultNames, AHundredThousandAreAllDifferent) {
  Names names;
  std::set<std::string> all;
  for (int i = 0; i < 100'000; ++i) {
    const std::string stem = "in" + std::to_string(i % 7) + "/p" + std::to_string(i / 14);
    all.insert(names.First(File(stem + (i % 2 == 0 ? ".jpg" : ".png"))));
  }
  EXPECT_EQ(all.size(), 100'000u);
}

TEST(DefaultNames, NamesThatDifferOnlyInCaseOrFormAreKeptApart) {
  Names names;
  EXPECT_EQ(names.First("in/a.jpg"), "out/a_256.jpg");
  const OutputNames other = names.Plan(File("in/A.jpg"));
  EXPECT_EQ(other.jpeg[0], "out/A_jpg_256.jpg");
  EXPECT_TRUE(other.changes.taken);
  EXPECT_EQ(names.First("in/caf\u00E9.jpg"), "out/caf\u00E9_256.jpg");
  const OutputNames decomposed = names.Plan(File("in/cafe\u0301.jpg"));
  EXPECT_EQ(decomposed.jpeg[0], "out/caf\u00E9_jpg_256.jpg");
  EXPECT_TRUE(decomposed.changes.taken);
  EXPECT_TRUE(decomposed.changes.respelled);
}

TEST(DefaultNames, AreMadeSafe) {
  Names names;
  EXPECT_EQ(names.First("in/a:b?.jpg"), "out/a_b__256.jpg");
  EXPECT_EQ(names.First("in/nul.tar.jpg"), "out/nul_.tar_256.jpg");
  EXPECT_EQ(names.First("in/caf\xE9.jpg"), "out/caf%E9_256.jpg");
  EXPECT_EQ(names.First("in/x.jpg", "dir./con"), "out/dir_/con_/x_256.jpg");
  EXPECT_EQ(names.First("in/..x.jpg", ".."), "out/__/..x_256.jpg");
  // A device's name that a label follows is none.
  EXPECT_EQ(names.First("in/con.jpg"), "out/con_256.jpg");
}

TEST(DefaultNames, DirectoriesThatDifferOnlyInCaseAreKeptApart) {
  Names names;
  EXPECT_EQ(names.First(File("in/Photos/x.jpg", "Photos", true)), "out/Photos/x_256.jpg");
  const OutputNames other = names.Plan(File("in/photos/x.jpg", "photos", true));
  EXPECT_TRUE(other.jpeg[0].starts_with("out/photos_")) << other.jpeg[0];
  EXPECT_TRUE(other.jpeg[0].ends_with("/x_256.jpg")) << other.jpeg[0];
  EXPECT_TRUE(other.changes.taken);
  const std::string below = names.First(File("in/photos/a/y.jpg", "photos/a", true));
  EXPECT_EQ(below.substr(0, below.find("/a/")), other.jpeg[0].substr(0, other.jpeg[0].find("/x_")));
  // Asked again, the same comes out, also when others have been in between.
  EXPECT_EQ(names.First("in/Photos/z.jpg", "Photos"), "out/Photos/z_256.jpg");
  EXPECT_EQ(names.First("in/photos/z.jpg", "photos"),
            other.jpeg[0].substr(0, other.jpeg[0].find("/x_")) + "/z_256.jpg");
}

TEST(DefaultNames, TheProgramsOwnDirectoryIsLeftAlone) {
  Names names;
  EXPECT_EQ(names.First("in/x.jpg", ".tbbthumbs/tmp"), "out/.tbbthumbs_/tmp/x_256.jpg");
  EXPECT_NE(names.First("in/x.jpg", ".TBBthumbs_/tmp"), "out/.TBBthumbs_/tmp/x_256.jpg");
  Names by_template(".tbbthumbs/{stem}");
  EXPECT_EQ(by_template.First("in/x.jpg"), "out/.tbbthumbs_/x.jpg");
}

TEST(NamePlanner, EveryField) {
  SpecSet specs;
  specs.format = OutputFormat::kPng;
  const InputFile file = File("in/2024/may/cat.JPEG", "2024/may");
  FileFacts facts;
  facts.taken = CalendarTime{2024, 5, 1, 12, 30, 59};
  facts.camera = "Canon/EOS 5D";
  facts.size = {4000, 3000};
  facts.content_hash = "0123456789abcdef0123456789abcdef";
  const std::string hash = LongHexOf("2024/may/cat.JPEG");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"{stem}", "cat"},
      {"{stem}.{ext}", "cat.JPEG"},
      {"{dir}/x", "2024/may/x"},
      {"{path}", "2024/may/cat"},
      {"{parent}", "may"},
      {"{seq}", "1"},
      {"{seq:06}", "000001"},
      {"{seq:3} of {total:03}", "001 of 017"},
      {"{size}/{stem}", "256/cat"},
      {"{width}x{height:4}", "256x0192"},
      {"{date:%Y-%m-%d_%H%M%S}", "2024-05-01_123059"},
      {"{date:%Y/%m}/{stem}", "2024/05/cat"},
      {"{date:%H:%M}", "12_30"},
      {"{camera}", "Canon_EOS 5D"},
      {"{hash}", hash.substr(0, 16)},
      {"{hash:2}/{hash:32}", hash.substr(0, 2) + "/" + hash},
      {"{input_hash:4}", "0123"},
      {"{format}/{stem}", "png/cat"},
      {"{{{stem}}}", "{cat}"},
  };
  for (const auto& [name_template, name] : cases) {
    Names names(name_template, {}, specs);
    names.planner().SetTotal(17);
    EXPECT_EQ(names.Plan(file, facts).png.at(0), "out/" + name + ".png") << name_template;
  }
}

TEST(NamePlanner, FieldsOfPicturesOnTheWeb) {
  const std::string address = "https://user:word@Www.Example.org:8443/2024/may/my%20cat.JPEG?size=big#top";
  const InputFile file = WebFile(address, "2024/may");
  const InputFile bare = WebFile("http://example.org/");
  const std::string hash = LongHexOf("2024/may/my cat.JPEG");
  const std::string url_hash = LongHexOf("https://www.example.org:8443/2024/may/my%20cat.JPEG?size=big");
  const std::vector<std::array<std::string, 3>> cases = {
      {"{stem}.{ext}", "my cat.JPEG", "index."},
      {"{path}", "2024/may/my cat", "index"},
      {"{parent}-{stem}", "may-my cat", "-index"},
      {"{host}/{path}", "www.example.org/2024/may/my cat", "example.org/index"},
      {"{dir}/{host}/{stem}", "2024/may/www.example.org/my cat", "example.org/index"},
      {"{hash}", hash.substr(0, 16), LongHexOf("index").substr(0, 16)},
      {"{url_hash}", url_hash.substr(0, 16), LongHexOf(bare.path).substr(0, 16)},
      {"{url_hash:32}/{url_hash:2}", url_hash + "/" + url_hash.substr(0, 2),
       LongHexOf(bare.path) + "/" + LongHexOf(bare.path).substr(0, 2)},
  };
  for (const auto& [name_template, name, bare_name] : cases) {
    EXPECT_EQ(Names(name_template).First(file), "out/" + name + ".jpg") << name_template;
    EXPECT_EQ(Names(name_template).First(bare), "out/" + bare_name + ".jpg") << name_template;
  }
}

TEST(NamePlanner, FilesHaveNoHost) {
  const InputFile file = File("in/a/cat.jpg", "a");
  EXPECT_EQ(Names("{host}/{path}").First(file), "out/a/cat.jpg");
  EXPECT_EQ(Names("{host}/{dir}/{stem}").First("in/cat.jpg"), "out/cat.jpg");
  EXPECT_EQ(Names("x/{host}/{stem}").First(file), "out/x/cat.jpg");
  EXPECT_EQ(Names("{stem}@{host}").First(file), "out/cat@.jpg");
  EXPECT_EQ(Names("{stem}/{host}").First(file), "out/cat/_.jpg");
  EXPECT_EQ(Names("{url_hash:20}").First(file), Names("{hash:20}").First(file));
}

TEST(NamePlanner, HostsAreMadeSafe) {
  const auto name_of = [](const std::string& address) { return Names("{host}/{stem}").First(WebFile(address)); };
  EXPECT_EQ(name_of("http://[2001:DB8::1]:80/a.jpg"), "out/2001_db8__1/a.jpg");
  EXPECT_EQ(name_of("http://con/a.jpg"), "out/con_/a.jpg");
  EXPECT_EQ(name_of("http://../a.jpg"), "out/__/a.jpg");
  EXPECT_EQ(name_of("http://example.org./a.jpg"), "out/example.org_/a.jpg");
  EXPECT_EQ(name_of("http://.tbbthumbs/a.jpg"), "out/.tbbthumbs_/a.jpg");
}

// What is added to a job that walks a directory may be called like a directory there.
TEST(NamePlanner, HostsAndDirectoriesAreKeptApart) {
  Names names("{host}/{dir}/{stem}");
  std::set<std::string> all;
  all.insert(names.First(File("in/example.org/a.jpg", "example.org", true)));
  all.insert(names.First(WebFile("http://example.org/a.jpg")));
  all.insert(names.First(File("in/example.org/a_jpg.png", "example.org", true)));
  EXPECT_EQ(all.size(), 3u);
}

TEST(NamePlanner, ASuffixOfAnAddressIsThatOfItsName) {
  Names names;
  EXPECT_EQ(names.First(WebFile("http://example.org/x/cat.jpg")), "out/cat_256.jpg");
  EXPECT_EQ(names.First(WebFile("http://example.org/cat.php?id=1.gif")), "out/cat_php_256.jpg");
  const std::string again = "http://example.org/cat.php?id=2.gif";
  EXPECT_EQ(names.First(WebFile(again)), "out/cat_php_" + ShortHex(HashOf(again)) + "_256.jpg");
}

TEST(NamePlanner, WithoutExifTheFilesTimeCounts) {
  FileFacts facts;
  facts.modified = std::chrono::hours(24 * 200);  // in July 1970, in every time zone
  Names names("{date:%Y-%m}_{mtime:%m}_{camera}_{stem}");
  EXPECT_EQ(names.First(File("in/a.jpg"), facts), "out/1970-07_07_unknown_a.jpg");
}

TEST(NamePlanner, TheOutputDirectoryItselfHasNoName) {
  EXPECT_EQ(Names("{dir}/{stem}").First("in/a.jpg"), "out/a.jpg");
  EXPECT_EQ(Names("x/{dir}/{stem}").First("in/a.jpg"), "out/x/a.jpg");
  EXPECT_EQ(Names("{path}").First("in/a.jpg"), "out/a.jpg");
  EXPECT_EQ(Names("{ext}/{stem}").First("in/a"), "out/_/a.jpg");
  EXPECT_EQ(Names("{ext}").First("in/a"), "out/_.jpg");
}

TEST(NamePlanner, SuffixesStandBehindTheStemOrAtTheEnd) {
  Names flat("{stem}");
  flat.First("x/a.jpg");
  EXPECT_EQ(flat.First("y/a.png"), "out/a_png.jpg");
  Names by_stem("{stem}/{size}");
  by_stem.First("x/a.jpg");
  EXPECT_EQ(by_stem.First("y/a.png"), "out/a_png/256.jpg");
  Names by_year("{date:%Y}_thumb");
  FileFacts facts;
  facts.taken = CalendarTime{2024, 1, 1};
  EXPECT_EQ(by_year.First(File("x/a.jpg"), facts), "out/2024_thumb.jpg");
  EXPECT_EQ(by_year.First(File("x/b.jpg"), facts), "out/2024_thumb_jpg.jpg");
  const std::string third = by_year.First(File("x/c.jpg"), facts);
  EXPECT_EQ(third.size(), std::string("out/2024_thumb_jpg_01234567.jpg").size());
}

TEST(NamePlanner, SizesOfOnePictureAreKeptApart) {
  // A picture of 300 pixels has the same width at 400 and 500.
  const SpecSet specs = Sizes({{200, 0}, {400, 0}, {500, 0}});
  Names names("{stem}-{width}w", {}, specs);
  FileFacts facts;
  facts.size = {300, 200};
  EXPECT_THAT(names.Plan(File("in/a.jpg"), facts).jpeg,
              ::testing::ElementsAre("out/a-200w.jpg", "out/a-300w.jpg", "out/a-300w_500.jpg"));
  // And no other's name is taken away.
  EXPECT_THAT(names.Plan(File("in/b-300w_500.jpg"), facts).jpeg[1], "out/b-300w_500-300w.jpg");
}

// "a" at 256 before "64_x" would be "a_256" at 64 before "x".
TEST(NamePlanner, SizesOfSeveralPicturesAreKeptApart) {
  Names names("{stem}_{size}_{ext}", {}, Sizes({{256, 256}, {64, 64}}));
  const OutputNames first = names.Plan(File("x/a.64_x"));
  const OutputNames second = names.Plan(File("x/a_256.x"));
  std::set<std::string> all(first.jpeg.begin(), first.jpeg.end());
  all.insert(second.jpeg.begin(), second.jpeg.end());
  EXPECT_EQ(all.size(), 4u);
}

TEST(NamePlanner, AFormatThatIsNotKnownYetIsPlannedBothWays) {
  SpecSet specs;
  specs.format = OutputFormat::kAuto;
  Names names("{stem}.{format}", {}, specs);
  const OutputNames first = names.Plan(File("x/a.jpg"));
  EXPECT_EQ(first.jpeg[0], "out/a.jpeg.jpg");
  EXPECT_EQ(first.png[0], "out/a.png.png");
  // Either of the first's.
  EXPECT_EQ(names.Plan(File("y/a.jpg")).png[0], "out/a_jpg.png.png");
}

TEST(NamePlanner, LettersAsAskedFor) {
  NameOptions options{.ascii = true, .letter_case = LetterCase::kLower};
  Names names("{dir}/{stem}_{size}", options);
  EXPECT_EQ(names.First("in/\u00C4/\u00D6L.JPG", "\u00C4"), "out/a/ol_256.jpg");
  EXPECT_EQ(names.First("in/\u00C4/OL.PNG", "\u00C4"), "out/a/ol_png_256.jpg");
  options.letter_case = LetterCase::kUpper;
  EXPECT_EQ(Names("t{size}/{stem}", options).First("in/a.jpg"), "out/T256/A.jpg");
}

TEST(NamePlanner, NothingGetsOutOfTheOutputDirectory) {
  for (const char* name_template : {"{dir}/{stem}", "{parent}/{stem}", "{stem}/{ext}", "{camera}/{stem}", "{date:..}",
                                    "{date:../%Y}/{stem}", "{dir}{stem}", "{ext}/{ext}/{stem}"}) {
    for (const char* path :
         {"../../a.jpg", "in/..", "in/...jpg", "/etc/passwd", "in/.a", "a/../..", "in/a...", "..."}) {
      for (const char* directory : {"", "..", "a/../..", "/", "//etc", "."}) {
        FileFacts facts;
        facts.camera = "../../x";
        Names names(name_template, {.ascii = true});
        const std::string name = names.First(File(path, directory), facts);
        ASSERT_TRUE(name.starts_with("out/")) << name;
        EXPECT_EQ(testing::WhyUnsafe(std::string_view(name).substr(4)), "") << name;
      }
    }
  }
}

TEST(NamePlanner, LongNamesEndWithinTheLimitWhateverTheTemplate) {
  const std::string long_stem(250, 's');
  std::string long_parent;
  for (int i = 0; i < 80; ++i) long_parent += "\u20AC";
  const SpecSet specs = Sizes({{65500, 65499}, {64, 64}});
  for (const char* name_template : {"{stem}_{size}", "{stem}{parent}{parent}_{size}", "{parent}_{size}_{stem}",
                                    "{size}{stem}{stem}", "{stem}/{parent}{parent}_{size}", "{parent}{parent}/{size}",
                                    "{dir}/{stem}-{width}x{height}", "{parent}{size}"}) {
    Names names(name_template, {}, specs);
    std::set<std::string> all;
    for (int i = 0; i < 20; ++i) {
      const std::string number = std::to_string(i % 10);
      std::string file = "in/" + long_parent;
      file.append("/").append(long_stem).append(number).append(".jpeg");
      const OutputNames planned = names.Plan(File(file, "d"));
      for (const std::string& path : planned.jpeg) {
        EXPECT_EQ(testing::WhyUnsafe(std::string_view(path).substr(4)), "") << name_template << " " << path.size();
        EXPECT_TRUE(all.insert(path).second) << path;
      }
    }
  }
}

TEST(CheckNameOptions, RefusesWhatCantBeMeant) {
  const auto message = [](const std::string& name_template, std::vector<SizeSpec> sizes) {
    const Status status = CheckNameOptions({.name_template = name_template}, Sizes(std::move(sizes)));
    return status ? "" : status.error().message;
  };
  EXPECT_EQ(message("{stem}_{seq}", {{256, 256}}), "");
  EXPECT_THAT(message("{stem}", {{256, 256}, {64, 64}}), ::testing::HasSubstr("{size}"));
  EXPECT_EQ(message("{stem}_{width}", {{256, 256}, {64, 64}}), "");
  EXPECT_THAT(message("a{stm}", {{256, 256}}), ::testing::HasSubstr("unknown field {stm} at character 2"));
  SizeSpec named;
  named.name = std::string(64, 'n');
  EXPECT_EQ(message("{size}", {named}), "");
  named.name += 'n';
  EXPECT_THAT(message("{size}", {named}), ::testing::HasSubstr("over 64 bytes"));
}

// Names as they are found in the wild, and worse: cameras' counters that start again, copies in other cases and forms,
// devices, signs, long ones; in many directories, of which some differ only in case.
class WildNames {
 public:
  InputFile Next() {
    const uint64_t n = count_++;
    const uint64_t random = HashOf(std::to_string(n));
    constexpr std::array<const char*, 12> kStems = {"IMG_%", "img_%", "caf\u00E9 %", "cafe\u0301 %",
                                                    "CON",   "nul.%", "a:%?",        "\u65E5\u672C%",
                                                    "..",    "x%.",   "\xE9%",       "DSC%"};
    constexpr std::array<const char*, 5> kExtensions = {".jpg", ".JPG", ".png", ".jpeg", ""};
    constexpr std::array<const char*, 4> kDirectories = {"Photos/#", "photos/#", "2024/aux/#", "d\u00E9j\u00E0 vu./#"};
    const std::string directory = Replaced(kDirectories[n / 1000 % 4], '#', n / 4000 % 7);
    std::string stem = Replaced(kStems[random % kStems.size()], '%', random >> 8 & 1023);
    if (random % 1009 == 0) stem += std::string(248, 'l');
    InputFile file = File("in/" + directory + "/" + stem + kExtensions[random >> 20 & 3], directory);
    return file;
  }

 private:
  static std::string Replaced(std::string text, char mark, uint64_t number) {
    const size_t at = text.find(mark);
    return at == std::string::npos ? text : text.replace(at, 1, std::to_string(number));
  }

  uint64_t count_ = 0;
};

// No two the same on any file system, none unsafe, and the whole in bounded memory.
void ExpectAMillionNames(const std::string& name_template, const NameOptions& options) {
#ifdef TBBTHUMBS_SANITIZED
  constexpr size_t kCount = 100'000;
#else
  constexpr size_t kCount = 1'000'000;
#endif
  Names names(name_template, options);
  WildNames wild;
  std::unordered_set<uint64_t> folded;
  folded.reserve(kCount);
  uint64_t unsafe = 0;
  uint64_t taken = 0;
  for (size_t i = 0; i < kCount; ++i) {
    const OutputNames planned = names.Plan(wild.Next());
    const std::string_view name = std::string_view(planned.jpeg[0]).substr(4);
    folded.insert(HashOf(FoldName(name)));
    if (const std::string why = testing::WhyUnsafe(name); !why.empty()) {
      if (++unsafe < 5) ADD_FAILURE() << name << ": " << why;
    }
    if (planned.changes.taken) ++taken;
  }
  EXPECT_EQ(folded.size(), kCount);
  EXPECT_EQ(unsafe, 0u);
  EXPECT_GT(taken, kCount / 10);  // or there would have been nothing to do
}

TEST(AMillionNames, Mirrored) { ExpectAMillionNames("{dir}/{stem}_{size}", {}); }
TEST(AMillionNames, Flat) { ExpectAMillionNames("{stem}", {}); }
TEST(AMillionNames, AsciiInLowerCase) {
  ExpectAMillionNames("{parent}-{stem}", {.ascii = true, .letter_case = LetterCase::kLower});
}
TEST(AMillionNames, Sharded) { ExpectAMillionNames("{hash:2}/{hash:16}", {}); }

// Windows drops them: the file would have another name there.
TEST(NamePlanner, KeptExtensionsEndInNoBlanks) {
  NamePlanner planner(NameOptions{.name_template = "{stem}"});
  EXPECT_EQ(planner.PlanNewName(File("in/a.jpg "), 0).path, "a.jpg_");
  EXPECT_EQ(planner.PlanNewName(File("in/b.jpg  "), 1).path, "b.jpg__");
  EXPECT_TRUE(planner.PlanNewName(File("in/c.jpg "), 2).changes.respelled);
  EXPECT_EQ(planner.PlanNewName(File("in/d.jp g"), 3).path, "d.jp g");
}

}  // namespace
}  // namespace tbbthumbs
