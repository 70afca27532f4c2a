#include "pipeline/safe_names.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "pipeline/ascii_letters.h"
#include "tests/support/thinning.h"
#include "tests/support/unsafe_names.h"

namespace tbbthumbs {
namespace {

using testing::WhyUnsafe;

const NameOptions kPlain;
const NameOptions kAscii{.ascii = true};
const NameOptions kLower{.letter_case = LetterCase::kLower};
const NameOptions kUpper{.letter_case = LetterCase::kUpper};

TEST(SafeText, WhatIsSafeStaysByteForByte) {
  for (const char* text : {"photo", "IMG 0001 (2)", "caf\u00E9", "\u65E5\u672C", "a%b&c'd",
                           "\U0001F600\u200D\U0001F525", ".hidden", "-rf", "~$x", "a.b.c"}) {
    EXPECT_EQ(SafeText(text, kPlain), text);
  }
}

TEST(SafeText, ReplacesWhatSomeFileSystemRefuses) {
  EXPECT_EQ(SafeText("a<b>c:d\"e|f?g*h\\i/j", kPlain), "a_b_c_d_e_f_g_h_i_j");
  EXPECT_EQ(SafeText(std::string("a\0b\nc\x1b\x7f", 7), kPlain), "a_b_c__");
  EXPECT_EQ(SafeText("a\u0085b\u2028c\u202Ed\u2066e\uFEFFf\uFFFFg", kPlain), "a_b_c_d_e_f_g");
  // Marks that Arabic and Hebrew need stay.
  EXPECT_EQ(SafeText("\u05D0\u200F", kPlain), "\u05D0\u200F");
}

TEST(SafeText, ComposesCharacters) {
  EXPECT_EQ(SafeText("cafe\u0301", kPlain), "caf\u00E9");
  EXPECT_EQ(SafeText("\u212B", kPlain), "\u00C5");              // the sign of the unit
  EXPECT_EQ(SafeText("\u1112\u1161\u11AB", kPlain), "\uD55C");  // Hangul
  EXPECT_EQ(ComposeCharacters(std::string("e") + "\u0301"), "\u00E9");
}

TEST(SafeText, BytesThatAreNoUtf8StayDistinct) {
  EXPECT_EQ(SafeText("caf\xE9", kPlain), "caf%E9");
  EXPECT_EQ(SafeText("\xC3\x28", kPlain), "%C3(");
  EXPECT_EQ(SafeText("\xED\xA0\x80", kPlain), "%ED%A0%80");  // a surrogate
  EXPECT_EQ(SafeText("\xC0\xAF", kPlain), "%C0%AF");         // '/' in two bytes
  EXPECT_EQ(SafeText("\u00E9\xE2\x82", kPlain), "\u00E9%E2%82");
}

TEST(SafeText, AsciiTakesMarksOffAndKnowsTheOtherLetters) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"\u00C4rger \u00FCber \u00D6l", "Arger uber Ol"},
      {"Stra\u00DFe", "Strasse"},
      {"\u00C6ble \u0153uf \u00D8re \u0111 \u0141\u00F3d\u017A \u00DE\u00F3r", "Aeble oeuf Ore d Lodz Thor"},
      {"\u041C\u043E\u0441\u043A\u0432\u0430 \u0429\u0443\u043A\u0430 \u0439 \u0451", "Moskva Shchuka i e"},
      {"\u0391\u03B8\u03AE\u03BD\u03B1 \u03C8\u03C2", "Athina pss"},
      {"\u65E5\u672C", "__"},
      {"\uFB01n \uFF21\u00B2", "fin A2"},  // a ligature, full width, a superscript
      {"Ti\u1EBFng Vi\u1EC7t", "Tieng Viet"},
      {"a\u2013b\u2019c", "a-b'c"},
      {"e\u0301", "e"},
      {"caf\xE9", "caf%E9"},
  };
  for (const auto& [text, ascii] : cases) EXPECT_EQ(SafeText(text, kAscii), ascii) << text;
}

std::string Utf8(int32_t code) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (code >> shift & 63)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xC0 | code >> 6), tail(0)};
  if (code < 0x10000) return {static_cast<char>(0xE0 | code >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | code >> 18), tail(12), tail(6), tail(0)};
}

// What is done without tables for common characters is what the tables say: those are used as soon as one character
// needs them, here U+0250, which is its own folded and composed form.
TEST(SafeText, QuickWaysAreTheSame) {
  const std::string needs_tables = "\u0345\u0250";
  const std::string folded_tables = FoldName(needs_tables);
  for (int32_t code = 0x20; code < 0x20000; ++code) {
    if (code >= 0xD800 && code < 0xE000) continue;
    const std::string text = "\u0250" + Utf8(code) + "\u0250";
    const std::string through_tables = ComposeCharacters(text + "\u0300");
    EXPECT_EQ(ComposeCharacters(text) + "\u0300", through_tables) << std::hex << code;
    EXPECT_EQ(FoldName(Utf8(code)) + folded_tables, FoldName(Utf8(code) + "\u034F" + needs_tables)) << std::hex << code;
  }
}

// Some characters come apart into '/', ':' or dots.
TEST(SafeText, AsciiBringsNothingUnsafe) {
  EXPECT_EQ(SafeText("\u2100", kAscii), "a_c");  // "a/c"
  EXPECT_EQ(SafeText("\uFF0F\uFF0E\uFF0E\uFF1A\uFE64", kAscii), "_..__");
  EXPECT_EQ(SafeComponent(SafeText("\uFF0E\uFF0E", kAscii), false), "__");
  EXPECT_EQ(SafeComponent(SafeText("\u2025", kAscii), false), "__");  // two dots in one character
  for (int32_t code = 0x80; code < 0x30000; code += testing::kThinning) {
    if (code >= 0xD800 && code < 0xE000) continue;
    const std::string text = Utf8(code);
    for (const NameOptions& options : {kPlain, kAscii, kLower, kUpper}) {
      const std::string safe = SafeComponent(SafeText(text, options), false);
      ASSERT_EQ(WhyUnsafe(safe), "") << std::hex << code;
      ASSERT_EQ(safe.find('/'), std::string::npos) << std::hex << code;
      for (const char c : options.ascii ? safe : "") ASSERT_GE(c, ' ') << std::hex << code;
      // Once safe, safe for ever.
      ASSERT_EQ(SafeComponent(SafeText(safe, options), false), safe) << std::hex << code;
    }
  }
}

TEST(SafeText, Case) {
  EXPECT_EQ(SafeText("IMG \u00C9\u0416 x", kLower), "img \u00E9\u0436 x");
  EXPECT_EQ(SafeText("img \u00E9\u0436 X", kUpper), "IMG \u00C9\u0416 X");
  EXPECT_EQ(SafeText("Stra\u00DFe", {.ascii = true, .letter_case = LetterCase::kUpper}), "STRASSE");
}

TEST(SafeComponent, DevicesDotsBlanksAndNothing) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "_"},
      {".", "_"},
      {"..", "__"},
      {"...", "___"},
      {"a.", "a_"},
      {"a . ", "a___"},
      {"CON", "CON_"},
      {"nul.tar", "nul_.tar"},
      {"Aux .x", "Aux_ .x"},
      {"COM1", "COM1_"},
      {"com\u00B2.a", "com\u00B2_.a"},
      {"LPT9", "LPT9_"},
      {"conin$", "conin$_"},
      {"CONSOLE", "CONSOLE"},
      {"COM10", "COM10"},
      {"COM", "COM"},
      {"a.con", "a.con"},
      {".con", ".con"},
  };
  for (const auto& [text, safe] : cases) {
    EXPECT_EQ(SafeComponent(text, false), safe) << text;
    EXPECT_EQ(WhyUnsafe(safe), "") << safe;
  }
  // With an extension behind it, what is at the end does no harm.
  EXPECT_EQ(SafeComponent("a.", true), "a.");
  EXPECT_EQ(SafeComponent("nul", true), "nul_");
}

TEST(CutAtCharacter, KeepsCharactersWhole) {
  EXPECT_EQ(CutAtCharacter("abc", 5), "abc");
  EXPECT_EQ(CutAtCharacter("abc", 2), "ab");
  EXPECT_EQ(CutAtCharacter("a\u20ACb", 3), "a");
  EXPECT_EQ(CutAtCharacter("a\u20ACb", 4), "a\u20AC");
  EXPECT_EQ(CutAtCharacter("\u20AC", 2), "");
}

TEST(FoldName, IsTheSameForWhatAFileSystemTakesForOne) {
  EXPECT_EQ(FoldName("IMG"), FoldName("img"));
  EXPECT_EQ(FoldName("\u00C9"), FoldName("e\u0301"));
  EXPECT_EQ(FoldName("STRASSE"), FoldName("Stra\u00DFe"));
  EXPECT_EQ(FoldName("\u03A3\u03C2"), FoldName("\u03C3\u03C3"));
  EXPECT_EQ(FoldName("a\u200Bb"), FoldName("ab"));
  EXPECT_NE(FoldName("a"), FoldName("\u00E4"));
  EXPECT_NE(FoldName("a\xE9"), FoldName("a\xE8"));
}

TEST(AsciiForLetter, KnowsTheFirstAndTheLast) {
  EXPECT_EQ(AsciiForLetter(0xD7), "x");
  EXPECT_EQ(AsciiForLetter(0x2212), "-");
  EXPECT_EQ(AsciiForLetter('a'), "");
}

}  // namespace
}  // namespace tbbthumbs
