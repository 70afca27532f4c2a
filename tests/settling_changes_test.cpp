#include "pipeline/settling_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tbbthumbs {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr SettleTimes kTimes{milliseconds(500), milliseconds(10'000), milliseconds(60'000)};

SettlingChanges::Time At(int ms) { return SettlingChanges::Time() + milliseconds(ms); }

std::vector<int> Taken(SettlingChanges& changes, int ms) {
  const auto ready = changes.Take(At(ms));
  EXPECT_FALSE(ready && ready->everything);
  return ready ? ready->directories : std::vector<int>();
}

TEST(SettlingChanges, ADirectoryIsTakenOnceAfterItHasBeenQuiet) {
  SettlingChanges changes(kTimes);
  EXPECT_EQ(changes.earliest(), SettlingChanges::Time::max());
  changes.Changed(1, At(0));
  changes.Changed(1, At(300));
  changes.Changed(2, At(600));
  EXPECT_THAT(Taken(changes, 799), IsEmpty());
  EXPECT_EQ(changes.earliest(), At(800));
  EXPECT_THAT(Taken(changes, 800), ElementsAre(1));
  EXPECT_EQ(changes.earliest(), At(1100));
  EXPECT_THAT(Taken(changes, 1100), ElementsAre(2));
  EXPECT_THAT(Taken(changes, 100'000), IsEmpty());
  EXPECT_EQ(changes.earliest(), SettlingChanges::Time::max());
  EXPECT_THAT(changes.directories(), IsEmpty());
}

TEST(SettlingChanges, WhatChangesWithoutEndIsTakenWhenPatienceEnds) {
  SettlingChanges changes(kTimes);
  for (int ms = 0; ms < 10'000; ms += 100) {
    changes.Changed(1, At(ms));
    EXPECT_THAT(Taken(changes, ms), IsEmpty());
  }
  EXPECT_THAT(Taken(changes, 10'000), ElementsAre(1));
  changes.Changed(1, At(10'100));
  EXPECT_THAT(Taken(changes, 10'599), IsEmpty());
  EXPECT_THAT(Taken(changes, 10'600), ElementsAre(1));
}

TEST(SettlingChanges, WritingAloneIsNoChange) {
  SettlingChanges changes(kTimes);
  changes.Writing(1, "a", At(0));
  for (int ms = 0; ms < 100'000; ms += 1000) {
    changes.Writing(1, "a", At(ms));
    EXPECT_THAT(Taken(changes, ms), IsEmpty());
  }
  EXPECT_TRUE(changes.IsWriting(1, "a"));
  EXPECT_FALSE(changes.IsWriting(1, "b"));
  EXPECT_FALSE(changes.IsWriting(2, "a"));
  EXPECT_TRUE(changes.StopWriting(1, "a"));
  EXPECT_FALSE(changes.StopWriting(1, "a"));
  changes.Changed(1, At(100'000));
  EXPECT_THAT(Taken(changes, 100'500), ElementsAre(1));
}

TEST(SettlingChanges, AChangeWaitsForFilesBeingWritten) {
  SettlingChanges changes(kTimes);
  changes.Writing(1, "a", At(0));
  changes.Writing(1, "b", At(0));
  changes.Changed(1, At(100));
  EXPECT_THAT(Taken(changes, 5000), IsEmpty());
  changes.StopWriting(1, "a");
  changes.Changed(1, At(5000));
  EXPECT_THAT(Taken(changes, 9000), IsEmpty());
  changes.StopWriting(1, "b");
  EXPECT_LE(changes.earliest(), At(9000));
  EXPECT_THAT(Taken(changes, 9000), ElementsAre(1));
}

TEST(SettlingChanges, PatienceEndsAlsoWhileAFileIsWritten) {
  SettlingChanges changes(kTimes);
  changes.Writing(1, "a", At(0));
  changes.Changed(1, At(100));
  EXPECT_THAT(Taken(changes, 10'099), IsEmpty());
  EXPECT_THAT(Taken(changes, 10'100), ElementsAre(1));
  EXPECT_TRUE(changes.IsWriting(1, "a"));
  changes.StopWriting(1, "a");
  changes.Changed(1, At(20'000));
  EXPECT_THAT(Taken(changes, 20'500), ElementsAre(1));
}

TEST(SettlingChanges, AFileThatIsSilentForLongCountsAsClosed) {
  SettlingChanges changes(kTimes);
  changes.Writing(1, "a", At(0));
  changes.Writing(1, "a", At(30'000));
  EXPECT_THAT(Taken(changes, 89'999), IsEmpty());
  EXPECT_EQ(changes.earliest(), At(90'000));
  EXPECT_THAT(Taken(changes, 90'000), IsEmpty());
  EXPECT_FALSE(changes.IsWriting(1, "a"));
  EXPECT_THAT(Taken(changes, 90'500), ElementsAre(1));
}

TEST(SettlingChanges, WhatIsForgottenNeverComes) {
  SettlingChanges changes(kTimes);
  changes.Changed(1, At(0));
  changes.Changed(2, At(0));
  changes.Writing(1, "a", At(0));
  changes.Forget(1);
  EXPECT_THAT(Taken(changes, 200'000), ElementsAre(2));
}

TEST(SettlingChanges, WhatHasGoneComesByItselfOrBeforeWhatIsInItsPlace) {
  SettlingChanges changes(kTimes);
  changes.Gone({0, "a"}, At(0));
  changes.Gone({1, "b"}, At(300));
  EXPECT_FALSE(changes.Take(At(499)).has_value());
  EXPECT_EQ(changes.earliest(), At(500));
  EXPECT_THAT(changes.Take(At(500))->gone, UnorderedElementsAre(TreePath{0, "a"}, TreePath{1, "b"}));
  changes.Changed(1, At(1000));
  changes.Gone({0, "c"}, At(1400));
  const auto ready = changes.Take(At(1500));
  ASSERT_TRUE(ready.has_value());
  EXPECT_THAT(ready->directories, ElementsAre(1));
  EXPECT_THAT(ready->gone, ElementsAre(TreePath{0, "c"}));
  EXPECT_EQ(changes.earliest(), SettlingChanges::Time::max());
}

TEST(SettlingChanges, EverythingWaitsForQuietAndStandsForAll) {
  SettlingChanges changes(kTimes);
  changes.Changed(1, At(0));
  changes.Gone({0, "a"}, At(0));
  changes.AllChanged(At(100));
  changes.Changed(2, At(400));
  EXPECT_FALSE(changes.Take(At(899)).has_value());
  EXPECT_EQ(changes.earliest(), At(900));
  const auto ready = changes.Take(At(900));
  ASSERT_TRUE(ready.has_value());
  EXPECT_TRUE(ready->everything);
  EXPECT_THAT(ready->directories, IsEmpty());
  EXPECT_THAT(ready->gone, IsEmpty());
  EXPECT_FALSE(changes.Take(At(200'000)).has_value());
}

TEST(SettlingChanges, EverythingWaitsForFilesBeingWrittenAsLongAsPatienceLasts) {
  SettlingChanges changes(kTimes);
  changes.Writing(1, "a", At(0));
  changes.AllChanged(At(0));
  EXPECT_FALSE(changes.Take(At(9999)).has_value());
  EXPECT_TRUE(changes.Take(At(10'000))->everything);
  EXPECT_TRUE(changes.IsWriting(1, "a"));
  changes.AllChanged(At(20'000));
  EXPECT_FALSE(changes.Take(At(25'000)).has_value());
  changes.StopWriting(1, "a");
  EXPECT_LE(changes.earliest(), At(25'000));
  EXPECT_TRUE(changes.Take(At(25'000))->everything);
}

}  // namespace
}  // namespace tbbthumbs
