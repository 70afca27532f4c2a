#include "tools/escape.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace tbbthumbs::tool {
namespace {

TEST(EscapeTest, LeavesReadableTextAsItIs) {
  for (const std::string_view text : {"photos/a b.jpg", "日本/é.png", "😀", "it's \"x\" ~!$&*"}) {
    EXPECT_EQ(EscapeForTerminal(text), text);
  }
}

TEST(EscapeTest, MakesHarmfulCharactersVisible) {
  EXPECT_EQ(EscapeForTerminal("a\nb\rc\td"), "a\\nb\\rc\\td");
  EXPECT_EQ(EscapeForTerminal("\x1b[31mred"), "\\x1b[31mred");
  EXPECT_EQ(EscapeForTerminal("\x7f"), "\\x7f");
  EXPECT_EQ(EscapeForTerminal("\u009b1m"), "\\xc2\\x9b1m");  // C1's CSI: a terminal may take it as ESC [
  EXPECT_EQ(EscapeForTerminal("exe.\u202egpj"), "exe.\\u{202e}gpj");
  EXPECT_EQ(EscapeForTerminal("a\u200bb"), "a\\u{200b}b");
}

TEST(EscapeTest, IsReversible) {
  // A name that looks like an escape must differ from the escape.
  EXPECT_EQ(EscapeForTerminal("\\x1b"), "\\\\x1b");
}

TEST(EscapeTest, EscapesBytesThatAreNoUtf8) {
  EXPECT_EQ(EscapeForTerminal("caf\xe9.jpg"), "caf\\xe9.jpg");
  EXPECT_EQ(EscapeForTerminal("\xc3"), "\\xc3");                             // cut
  EXPECT_EQ(EscapeForTerminal("\xc0\xaf"), "\\xc0\\xaf");                    // an overlong '/'
  EXPECT_EQ(EscapeForTerminal("\xe0\x80\x80"), "\\xe0\\x80\\x80");           // overlong
  EXPECT_EQ(EscapeForTerminal("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
  EXPECT_EQ(EscapeForTerminal("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // above 0x10FFFF
}

TEST(EscapeTest, KnowsUtf8) {
  EXPECT_TRUE(IsValidUtf8(""));
  EXPECT_TRUE(IsValidUtf8("aé日😀"));
  EXPECT_FALSE(IsValidUtf8("\xff"));
  EXPECT_FALSE(IsValidUtf8("a\xf0\x9f\x98"));
  EXPECT_FALSE(IsValidUtf8("\x80"));
}

TEST(EscapeTest, PercentEncodesEveryByteThatIsNotPlain) {
  EXPECT_EQ(PercentEncode("a/b-c_d.e~9"), "a/b-c_d.e~9");
  EXPECT_EQ(PercentEncode("caf\xe9 %\n"), "caf%E9%20%25%0A");
}

}  // namespace
}  // namespace tbbthumbs::tool
