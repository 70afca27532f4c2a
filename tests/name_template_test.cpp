#include "pipeline/name_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tbbthumbs {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

NameTemplate Parsed(const std::string& text) {
  auto parsed = NameTemplate::Parse(text);
  EXPECT_TRUE(parsed) << text << ": " << (parsed ? "" : parsed.error().message);
  return parsed ? *parsed : NameTemplate();
}

NameTemplateError ErrorOf(const std::string& text) {
  const auto parsed = NameTemplate::Parse(text);
  EXPECT_FALSE(parsed) << text;
  return parsed ? NameTemplateError{} : parsed.error();
}

TEST(NameTemplate, IsTextAndFields) {
  const NameTemplate name = Parsed("a{{{stem}}}-{seq:06}/{date:%Y/%m}{hash:4}{mtime}");
  const auto& parts = name.parts();
  ASSERT_EQ(parts.size(), 8u);
  EXPECT_EQ(parts[0].text, "a{");
  EXPECT_EQ(parts[1].field, NameField::kStem);
  EXPECT_EQ(parts[2].text, "}-");
  EXPECT_EQ(parts[3].field, NameField::kSequence);
  EXPECT_EQ(parts[3].width, 6u);
  EXPECT_EQ(parts[4].text, "/");
  EXPECT_EQ(parts[5].text, "%Y/%m");
  EXPECT_EQ(parts[6].width, 4u);
  EXPECT_EQ(parts[7].text, "%Y-%m-%d");
}

TEST(NameTemplate, EveryFieldIsKnownByItsName) {
  for (const std::string_view field : NameFieldNames()) Parsed("{" + std::string(field) + "}");
  EXPECT_THAT(NameFieldNames(), Contains("input_hash"));
  EXPECT_EQ(Parsed("{url_hash}").parts().at(0).width, Parsed("{hash}").parts().at(0).width);
}

TEST(NameTemplate, PathIsDirectoryAndStem) {
  const auto parts = Parsed("{path}").parts();
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[0].field, NameField::kDirectory);
  EXPECT_EQ(parts[1].text, "/");
  EXPECT_EQ(parts[2].field, NameField::kStem);
}

TEST(NameTemplate, MistakesAreNamedWithTheirPlaces) {
  struct Case {
    std::string text;
    std::string message;
    size_t offset;
    size_t length;
  };
  const std::vector<Case> cases = {
      {"", "empty", 0, 0},
      {"a_{stemm}", "unknown field {stemm}", 2, 7},
      {"{}", "unknown field {}", 0, 2},
      {"a{stem", "never closed", 1, 5},
      {"a}b", "closes nothing", 1, 1},
      {"{stem:3}", "takes nothing", 5, 2},
      {"{seq:x}", "1 to 9", 4, 2},
      {"{seq:}", "1 to 9", 4, 1},
      {"{seq:10}", "1 to 9", 4, 3},
      {"{hash:33}", "1 to 32", 5, 3},
      {"{hash:0}", "1 to 32", 5, 2},
      {"{url_hash:33}", "1 to 32", 9, 3},
      {"{host:3}", "takes nothing", 5, 2},
      {"{date:%Y-%Q}", "'%Q'", 9, 2},
      {"{date:%Y%}", "'%'", 8, 1},
      {"{date:}", "a format is wanted", 5, 1},
      {"/{stem}", "without a name", 0, 1},
      {"a//b", "without a name", 2, 1},
      {"{stem}/", "missing behind", 6, 1},
      {"{dir}/../{stem}", "'..'", 6, 2},
      {"./{stem}", "'.'", 0, 1},
  };
  for (const Case& c : cases) {
    const NameTemplateError error = ErrorOf(c.text);
    EXPECT_THAT(error.message, HasSubstr(c.message)) << c.text;
    EXPECT_EQ(error.offset, c.offset) << c.text;
    EXPECT_EQ(error.length, c.length) << c.text;
  }
  EXPECT_EQ(ErrorOf("a_{stemm}").unknown_field, "stemm");
  EXPECT_EQ(ErrorOf("a}").unknown_field, "");
}

TEST(NameTemplate, SaysWhatItNeeds) {
  EXPECT_EQ(Parsed("{dir}/{stem}_{size}{seq}{hash}{format}{total}{host}{url_hash}").needs(), NameNeeds::kPath);
  EXPECT_EQ(Parsed("{mtime}").needs(), NameNeeds::kTime);
  for (const char* text : {"{date}", "{camera}", "{width}", "{height}{mtime}"}) {
    EXPECT_EQ(Parsed(text).needs(), NameNeeds::kHeader) << text;
  }
  EXPECT_EQ(Parsed("{input_hash}{date}").needs(), NameNeeds::kContent);
}

TEST(NameTemplate, StaysInADirectoryWhereItKeepsThatOfTheInputWhole) {
  for (const char* text :
       {"{dir}/{stem}_{size}", "{path}", "x/{dir}/{size}/{stem}", "{dir}/{stem}/{size}", "{size}/{path}"}) {
    EXPECT_TRUE(Parsed(text).StaysInDirectory()) << text;
  }
  for (const char* text : {"{stem}", "{dir}{stem}", "a{dir}/{stem}", "{dir}_{stem}", "{dir}/{dir}{stem}",
                           "{date:%Y}/{stem}", "{parent}/{stem}", "{host}/{dir}/{stem}", "{dir}/{host}/{stem}"}) {
    EXPECT_FALSE(Parsed(text).StaysInDirectory()) << text;
  }
}

TEST(NameTemplate, KeepsSizesApartWhereTheLabelCanBeReadOff) {
  for (const char* text : {"{dir}/{stem}_{size}", "{size}/{stem}", "{stem}/{size}", "{size}-{stem}"}) {
    EXPECT_TRUE(Parsed(text).KeepsSizesApart()) << text;
  }
  for (const char* text :
       {"{stem}", "{stem}{size}", "{stem}x{size}", "{stem}_{size}_{seq}", "{size}{stem}", "{size}"}) {
    EXPECT_FALSE(Parsed(text).KeepsSizesApart()) << text;
  }
}

TEST(CharacterNumber, CountsCharactersNotBytes) {
  EXPECT_EQ(CharacterNumber("abc", 0), 1u);
  EXPECT_EQ(CharacterNumber("abc", 2), 3u);
  EXPECT_EQ(CharacterNumber("\u00E9\u20AC{x}", 5), 3u);
  EXPECT_EQ(CharacterNumber("abc", 3), 4u);
}

}  // namespace
}  // namespace tbbthumbs
