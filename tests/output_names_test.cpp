#include "pipeline/output_names.h"

#include <gtest/gtest.h>

#include <set>

namespace tbbthumbs {
namespace {

InputFile File(const std::string& path, const std::string& directory = "", bool whole = false) {
  InputFile file;
  file.path = path;
  file.output_directory = directory;
  file.whole_directory = whole;
  return file;
}

std::string First(OutputNames& names, const InputFile& file) { return names.Path(names.Plan(file), 0, ".jpg"); }

TEST(OutputNames, StemSizeAndExtensionInTheMirroredDirectory) {
  OutputNames names("out", {"256", "x64"});
  const OutputName name = names.Plan(File("in/a/photo.JPEG", "a"));
  EXPECT_EQ(names.Path(name, 0, ".jpg"), "out/a/photo_256.jpg");
  EXPECT_EQ(names.Path(name, 1, ".png"), "out/a/photo_x64.png");
}

TEST(OutputNames, OddNames) {
  OutputNames names("out", {"32"});
  EXPECT_EQ(First(names, File("noextension")), "out/noextension_32.jpg");
  EXPECT_EQ(First(names, File(".hidden")), "out/.hidden_32.jpg");
  EXPECT_EQ(First(names, File("two.dots.png")), "out/two.dots_32.jpg");
  EXPECT_EQ(First(names, File("endsindot.")), "out/endsindot._32.jpg");
}

TEST(OutputNames, TheFirstKeepsTheBareNameOthersGetTheirExtensionThenAHash) {
  OutputNames names("out", {"256"});
  EXPECT_EQ(First(names, File("in/a.jpg")), "out/a_256.jpg");
  EXPECT_EQ(First(names, File("in/a.png")), "out/a_png_256.jpg");
  // Its bare name is taken by the one before.
  const std::string third = First(names, File("in/a_png.jpg"));
  EXPECT_EQ(third, "out/a_png_jpg_256.jpg");
  const std::string other = First(names, File("elsewhere/a.jpg"));
  const std::string again = First(names, File("somewhere/a.jpg"));
  EXPECT_EQ(other, "out/a_jpg_256.jpg");
  EXPECT_TRUE(again.starts_with("out/a_jpg_")) << again;
  EXPECT_EQ(again.size(), std::string("out/a_jpg_01234567_256.jpg").size()) << again;
}

TEST(OutputNames, TheSamePathTwiceGetsTwoNames) {
  OutputNames names("out", {"256"});
  std::set<std::string> all;
  for (int i = 0; i < 20; ++i) all.insert(First(names, File("in/a.jpg")));
  EXPECT_EQ(all.size(), 20u);
}

TEST(OutputNames, TheSameInputsGetTheSameNames) {
  std::vector<std::string> first;
  std::vector<std::string> second;
  for (std::vector<std::string>* run : {&first, &second}) {
    OutputNames names("out", {"256"});
    for (const char* path : {"x/a.jpg", "y/a.jpg", "z/a.jpg", "z/a.png"}) run->push_back(First(names, File(path)));
  }
  EXPECT_EQ(first, second);
}

TEST(OutputNames, DirectoriesAreKeptApart) {
  OutputNames names("out", {"256"});
  EXPECT_EQ(First(names, File("in/a/x.jpg", "a", true)), "out/a/x_256.jpg");
  EXPECT_EQ(First(names, File("in/a/x.png", "a", true)), "out/a/x_png_256.jpg");
  EXPECT_EQ(First(names, File("in/b/x.png", "b", true)), "out/b/x_256.jpg");
}

TEST(OutputNames, LongNamesAreCutBetweenCharactersAndStayApart) {
  OutputNames names("out", {"1024"});
  std::string long_name;
  for (int i = 0; i < 125; ++i) long_name += "\xC3\xA9";  // 250 bytes
  std::set<std::string> all;
  for (const char* last : {"1", "2", "3"}) {
    const std::string path = First(names, File("in/" + long_name + last + ".jpg"));
    const std::string file = path.substr(4);
    EXPECT_LE(file.size(), 255u);
    // What is left of the name is whole characters: pairs of bytes up to the first '_'.
    EXPECT_EQ(file.find('_') % 2, 0u) << file;
    all.insert(file);
  }
  EXPECT_EQ(all.size(), 3u);
}

TEST(OutputNames, AHundredThousandAreAllDifferent) {
  OutputNames names("out", {"256"});
  std::set<std::string> all;
  for (int i = 0; i < 100'000; ++i) {
    const std::string stem = "in" + std::to_string(i % 7) + "/p" + std::to_string(i / 14);
    all.insert(First(names, File(stem + (i % 2 == 0 ? ".jpg" : ".png"))));
  }
  EXPECT_EQ(all.size(), 100'000u);
}

}  // namespace
}  // namespace tbbthumbs
