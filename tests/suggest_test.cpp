#include "tools/suggest.h"

#include <gtest/gtest.h>

#include <optional>
#include <string_view>
#include <vector>

namespace tbbthumbs::tool {
namespace {

const std::vector<std::string_view> kNames{"quality", "quiet", "tokens", "threads", "io-threads", "include", "exclude"};

TEST(SuggestTest, CountsEdits) {
  EXPECT_EQ(EditDistance("", ""), 0u);
  EXPECT_EQ(EditDistance("abc", ""), 3u);
  EXPECT_EQ(EditDistance("", "abc"), 3u);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
  EXPECT_EQ(EditDistance("quailty", "quality"), 1u);  // a swap
  EXPECT_EQ(EditDistance("same", "same"), 0u);
}

TEST(SuggestTest, FindsTheNearest) {
  EXPECT_EQ(Nearest("qualty", kNames), "quality");
  EXPECT_EQ(Nearest("thread", kNames), "threads");
  EXPECT_EQ(Nearest("iothreads", kNames), "io-threads");
}

TEST(SuggestTest, TakesABeginningThatIsTheOnlyOneOfItsKind) {
  EXPECT_EQ(Nearest("io", kNames), "io-threads");
  EXPECT_EQ(Nearest("tok", kNames), "tokens");
}

TEST(SuggestTest, SaysNothingWhereAllAreFar) {
  EXPECT_EQ(Nearest("zzzzzz", kNames), std::nullopt);
  EXPECT_EQ(Nearest("", {}), std::nullopt);
}

}  // namespace
}  // namespace tbbthumbs::tool
