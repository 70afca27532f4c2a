#include "codecs/resize_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace tbbthumbs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<ResizeTarget> Targets(const std::vector<Size>& sizes) {
  std::vector<ResizeTarget> targets;
  for (const Size& size : sizes) targets.emplace_back(size);
  return targets;
}

TEST(ResizeTree, EachIsMadeOfTheSmallestThatIsLargeEnough) {
  const auto targets = Targets({{100, 75}, {1000, 750}, {700, 525}, {500, 375}});
  const ResizeTree tree = MakeResizeTree(targets, {4000, 3000}, Kernel::kLanczos3);
  EXPECT_THAT(tree.roots, ElementsAre(1));
  EXPECT_THAT(tree.children[1], ElementsAre(2, 3));  // 700 / 500 would be enough, but not after 1000 / 700
  EXPECT_THAT(tree.children[2], IsEmpty());
  EXPECT_THAT(tree.children[3], ElementsAre(0));
}

TEST(ResizeTree, WhatWouldLoseByItIsMadeOfTheDecodedPicture) {
  const std::array<Kernel, 4> kernels{Kernel::kLanczos3, Kernel::kCatmullRom, Kernel::kMitchell, Kernel::kArea};
  const std::array<int, 4> enough{750, 660, 440, 310};  // for 1000
  for (size_t i = 0; i < kernels.size(); ++i) {
    const int side = enough[i];
    const auto roots = [&](Size smaller) {
      return MakeResizeTree(Targets({{1000, 1000}, smaller}), {4000, 4000}, kernels[i]).roots.size();
    };
    EXPECT_EQ(roots({side, side}), 1u) << side;
    EXPECT_EQ(roots({side + 30, side + 30}), 2u) << side;
    EXPECT_EQ(roots({side, side + 30}), 2u) << "both sides count";
  }
}

TEST(ResizeTree, FullChromaIsMadeOfChromaThatIsLargeEnough) {
  const auto targets = Targets({{800, 600}, {800, 600}, {600, 450}, {200, 150}});
  const auto roots = [&](const std::vector<bool>& halved) {
    return MakeResizeTree(targets, {4000, 3000}, Kernel::kLanczos3, halved).roots;
  };
  EXPECT_THAT(roots({}), ElementsAre(0));
  EXPECT_THAT(roots({true, true, true, true}), ElementsAre(0));
  EXPECT_THAT(roots({true, false, true, true}), ElementsAre(0, 1));
  EXPECT_THAT(roots({true, true, false, true}), ElementsAre(0, 2));
  EXPECT_THAT(roots({true, true, true, false}), ElementsAre(0)) << "half of 800 is twice 200";
  EXPECT_THAT(roots({false, true, false, false}), ElementsAre(0));
}

TEST(ResizeTree, OnlyAWholePictureMakesOthers) {
  std::vector<ResizeTarget> targets = Targets({{1000, 1000}, {100, 100}});
  targets[0].window = {100, 100, {800, 800}};
  EXPECT_THAT(MakeResizeTree(targets, {4000, 4000}, Kernel::kLanczos3).roots, ElementsAre(0, 1));
  targets = Targets({{1000, 1000}, {100, 100}});
  targets[1].window = {10, 10, {80, 80}};
  EXPECT_THAT(MakeResizeTree(targets, {4000, 4000}, Kernel::kLanczos3).children[0], ElementsAre(1));
}

TEST(ResizeTree, AnEnlargedPictureMakesNoOther) {
  const auto targets = Targets({{1000, 1000}, {100, 100}});
  EXPECT_THAT(MakeResizeTree(targets, {500, 500}, Kernel::kLanczos3).roots, ElementsAre(0, 1));
}

TEST(ResizeTree, WhatHasTheSameSizeIsCopied) {
  const auto targets = Targets({{300, 200}, {300, 200}, {300, 200}});
  EXPECT_THAT(MakeResizeTree(targets, {300, 200}, Kernel::kArea).roots, ElementsAre(0));
}

TEST(ResizeTree, EveryTargetIsInItOnce) {
  std::vector<Size> sizes;
  for (int side = 1; side < 400; side += 7) sizes.push_back({side, 1 + side * 37 % 200});
  const ResizeTree tree = MakeResizeTree(Targets(sizes), {1000, 1000}, Kernel::kMitchell);
  std::vector<size_t> seen = tree.roots;
  for (const auto& children : tree.children) seen.insert(seen.end(), children.begin(), children.end());
  std::sort(seen.begin(), seen.end());
  std::vector<size_t> all(sizes.size());
  std::iota(all.begin(), all.end(), size_t{0});
  EXPECT_EQ(seen, all);
}

}  // namespace
}  // namespace tbbthumbs
