#include "pipeline/glob.h"

#include <gtest/gtest.h>

namespace tbbthumbs {
namespace {

bool Matches(const char* pattern, const char* path) { return GlobSet({pattern}).Matches(path); }

TEST(GlobSet, APatternWithoutSlashIsForTheName) {
  EXPECT_TRUE(Matches("*.jpg", "a.jpg"));
  EXPECT_TRUE(Matches("*.jpg", "x/y/a.jpg"));
  EXPECT_FALSE(Matches("*.jpg", "a.jpg/b.png"));
  EXPECT_TRUE(Matches("IMG_[0-9]?.jpg", "IMG_42.jpg"));
  EXPECT_FALSE(Matches("IMG_[0-9]?.jpg", "IMG_4.jpg"));
}

TEST(GlobSet, APatternWithSlashIsForTheWholePath) {
  EXPECT_TRUE(Matches("x/*.jpg", "x/a.jpg"));
  EXPECT_FALSE(Matches("x/*.jpg", "y/x/a.jpg"));
  EXPECT_FALSE(Matches("x/*.jpg", "x/y/a.jpg"));
  EXPECT_TRUE(Matches("/x/a.jpg", "x/a.jpg"));
}

TEST(GlobSet, TwoStarsAreAnyNumberOfDirectories) {
  for (const char* path : {"x/a.jpg", "x/y/a.jpg", "x/y/z/a.jpg"}) EXPECT_TRUE(Matches("x/**/a.jpg", path)) << path;
  EXPECT_FALSE(Matches("x/**/a.jpg", "y/a.jpg"));
  EXPECT_TRUE(Matches("**/cache/**", "a/cache/b/c.jpg"));
}

TEST(GlobSet, AnyOfSeveralAndNoneOfNone) {
  const GlobSet both({"*.jpg", "*.png"});
  EXPECT_TRUE(both.Matches("a.png"));
  EXPECT_FALSE(both.Matches("a.gif"));
  EXPECT_FALSE(GlobSet({}).Matches("a.jpg"));
}

}  // namespace
}  // namespace tbbthumbs
