#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "bench/statistics.h"

namespace tbbthumbs::bench {
namespace {

const double kInfinity = std::numeric_limits<double>::infinity();
const double kNan = std::numeric_limits<double>::quiet_NaN();

using Values = std::vector<double>;

Values Exp(Values values) {
  for (double& value : values) value = std::exp(value);
  return values;
}

void ExpectUnknown(const Estimate& estimate, double value) {
  EXPECT_DOUBLE_EQ(estimate.value, value);
  EXPECT_EQ(estimate.low, 0);
  EXPECT_EQ(estimate.high, kInfinity);
}

// R: quantile(c(...), q, type = 7), whose default it is.
TEST(Quantile, InterpolatesBetweenValues) {
  const Values values = {15, 50, 20, 40, 35};
  EXPECT_DOUBLE_EQ(Quantile(values, 0), 15);
  EXPECT_DOUBLE_EQ(Quantile(values, 0.05), 16);
  EXPECT_DOUBLE_EQ(Quantile(values, 0.25), 20);
  EXPECT_DOUBLE_EQ(Quantile(values, 0.4), 29);
  EXPECT_DOUBLE_EQ(Quantile(values, 0.95), 48);
  EXPECT_DOUBLE_EQ(Quantile(values, 1), 50);
  EXPECT_DOUBLE_EQ(Median(values), 35);
  EXPECT_DOUBLE_EQ(Median({1, 2, 3, 4}), 2.5);
}

TEST(Quantile, OfFewValuesAndBeyondTheEnds) {
  EXPECT_EQ(Median({}), 0);
  EXPECT_EQ(Quantile({7}, 0.9), 7);
  EXPECT_EQ(Quantile({1, 2}, -1), 1);
  EXPECT_EQ(Quantile({1, 2}, 2), 2);
}

// Student's t at 97.5 %: 12.706 for 1 degree of freedom, 2.776 for 4, 2.262 for 9 (any table).
TEST(MeanOf, IntervalIsStudents) {
  // Logarithms 1 ... 5: mean 3, deviation sqrt(2.5), error sqrt(0.5).
  const Estimate five = MeanOf(Exp({1, 2, 3, 4, 5}));
  EXPECT_NEAR(std::log(five.value), 3, 1e-12);
  EXPECT_NEAR(std::log(five.low), 3 - 2.7764 * std::sqrt(0.5), 1e-4);
  EXPECT_NEAR(std::log(five.high), 3 + 2.7764 * std::sqrt(0.5), 1e-4);
  // 0 and 2: mean 1, deviation sqrt(2), error 1.
  EXPECT_NEAR(std::log(MeanOf(Exp({0, 2})).high), 1 + 12.7062, 1e-3);
  // Ten values of deviation 1: 5 of each side.
  const double side = std::sqrt(0.9);
  const Values ten = Exp({side, side, side, side, side, -side, -side, -side, -side, -side});
  EXPECT_NEAR(std::log(MeanOf(ten).high), 2.2622 / std::sqrt(10), 1e-4);
  // At 99 %, 9 degrees: 3.2498.
  EXPECT_NEAR(std::log(MeanOf(ten, 0.99).high), 3.2498 / std::sqrt(10), 1e-4);
}

TEST(MeanOf, IsGeometric) { EXPECT_NEAR(MeanOf(Values{1, 100}).value, 10, 1e-12); }

TEST(MeanOf, OfFewValuesNothingCanBeTold) {
  ExpectUnknown(MeanOf(Values{}), 0);
  ExpectUnknown(MeanOf(Values{std::exp(2.0)}), std::exp(2.0));
}

TEST(MeanOf, EqualValuesHaveNoSpread) {
  const Estimate estimate = MeanOf(Values{0.5, 0.5, 0.5});
  EXPECT_NEAR(estimate.value, 0.5, 1e-15);
  EXPECT_NEAR(estimate.low, 0.5, 1e-15);
  EXPECT_NEAR(estimate.high, 0.5, 1e-15);
}

TEST(Estimates, OfValuesWithoutLogarithmNothingCanBeTold) {
  const Values good = {1, 2, 3};
  for (const double bad : {0.0, -1.0, kNan, kInfinity, -kInfinity}) {
    const Values values = {1, bad, 2};
    ExpectUnknown(MeanOf(values), 0);
    ExpectUnknown(PairedRatio(values, good), 0);
    ExpectUnknown(PairedRatio(good, values), 0);
    ExpectUnknown(PairedRatio(values, values), 0);
    ExpectUnknown(UnpairedRatio(values, good), 0);
    ExpectUnknown(UnpairedRatio(good, values), 0);
  }
}

TEST(PairedRatio, SeesThroughWhatBothHaveInCommon) {
  // The rounds differ by a factor of 4, the pairs by 10 % each.
  const Values before = {1, 2, 4, 3, 1.5};
  Values after;
  for (size_t i = 0; i < before.size(); ++i) after.push_back(before[i] * (i % 2 == 0 ? 1.09 : 1.11));
  const Estimate paired = PairedRatio(after, before);
  EXPECT_NEAR(paired.value, 1.098, 0.001);
  EXPECT_GT(paired.low, 1.08);
  EXPECT_LT(paired.high, 1.12);
  const Estimate unpaired = UnpairedRatio(after, before);
  EXPECT_NEAR(unpaired.value, paired.value, 1e-12);
  EXPECT_LT(unpaired.low, 0.7);
  EXPECT_GT(unpaired.high, 1.7);
}

TEST(PairedRatio, LeavesOutWhatHasNoPartner) {
  EXPECT_NEAR(PairedRatio(Values{2, 2.2, 1000}, Values{1, 1.1}).value, 2, 1e-12);
  ExpectUnknown(PairedRatio(Values{}, Values{1, 2}), 0);
  ExpectUnknown(PairedRatio(Values{3}, Values{1, 2}), 3);
}

// Logarithms 1, 2, 3 (variance 1) against 0, 1, 2, 3, 4 (variance 2.5): error^2 = 1/3 + 1/2 = 5/6, degrees
// (25/36) / ((1/9)/2 + (1/4)/4) = 100/17 = 5.882. R: qt(0.975, 100/17) = 2.4586.
TEST(UnpairedRatio, IsWelchs) {
  const Estimate estimate = UnpairedRatio(Exp({1, 2, 3}), Exp({0, 1, 2, 3, 4}));
  EXPECT_NEAR(std::log(estimate.value), 0, 1e-12);
  EXPECT_NEAR(std::log(estimate.high), 2.4586 * std::sqrt(5.0 / 6), 2e-3);
  EXPECT_NEAR(std::log(estimate.low), -std::log(estimate.high), 1e-12);
}

TEST(UnpairedRatio, WithoutSpreadInOneSample) {
  // All error is of the second: deviation 1, 3 values, 2 degrees: 4.3027.
  const Estimate estimate = UnpairedRatio(Values{1, 1, 1, 1}, Exp({1, 2, 3}));
  EXPECT_NEAR(std::log(estimate.value), -2, 1e-12);
  EXPECT_NEAR(std::log(estimate.high) - std::log(estimate.value), 4.3027 / std::sqrt(3), 1e-3);
  // 2 values, 1 degree: 12.706, not "nothing can be told" by rounding.
  const Estimate two = UnpairedRatio(Values{1, 1, 1}, Exp({0.1, 0.3}));
  EXPECT_NEAR(std::log(two.high) - std::log(two.value), 12.7062 * 0.1, 1e-3);
}

TEST(UnpairedRatio, DegenerateSamples) {
  ExpectUnknown(UnpairedRatio(Values{}, Values{}), 0);
  ExpectUnknown(UnpairedRatio(Values{1, 2}, Values{}), 0);
  ExpectUnknown(UnpairedRatio(Values{}, Values{1, 2}), 0);
  ExpectUnknown(UnpairedRatio(Values{4}, Values{2}), std::exp(std::log(4.0) - std::log(2.0)));
  ExpectUnknown(UnpairedRatio(Values{4}, Values{1, 1}), std::exp(std::log(4.0)));
  const Estimate equal = UnpairedRatio(Values{4, 4}, Values{2, 2});
  EXPECT_NEAR(equal.low, 2, 1e-12);
  EXPECT_NEAR(equal.high, 2, 1e-12);
}

TEST(UnpairedRatio, TinySpreadsDoNotUnderflow) {
  const Values almost = {1e-9, std::nextafter(1e-9, 1), 1e-9};
  const Estimate estimate = UnpairedRatio(almost, almost);
  EXPECT_NEAR(estimate.low, 1, 1e-12);
  EXPECT_NEAR(estimate.high, 1, 1e-12);
}

// What an interval promises: that 95 of 100 hold the truth. 2,000 trials: 95 % -+ 1.5 (3 standard errors).
TEST(Estimates, HoldTheTruthAsOftenAsTheySay) {
  std::mt19937 random(11);
  std::lognormal_distribution<double> narrow(0, 0.05);
  std::lognormal_distribution<double> wide(0, 0.3);
  int paired_hits = 0;
  int unpaired_hits = 0;
  int mean_hits = 0;
  constexpr int kTrials = 2000;
  const auto holds = [](const Estimate& estimate, double truth) {
    return estimate.low <= truth && truth <= estimate.high;
  };
  for (int trial = 0; trial < kTrials; ++trial) {
    Values a;
    Values b;
    Values pair_a;
    Values pair_b;
    for (int i = 0; i < 8; ++i) a.push_back(1.2 * wide(random));
    for (int i = 0; i < 5; ++i) b.push_back(narrow(random));
    for (int i = 0; i < 6; ++i) {
      const double round = wide(random);
      pair_a.push_back(1.2 * round * narrow(random));
      pair_b.push_back(round * narrow(random));
    }
    mean_hits += holds(MeanOf(a), 1.2);
    unpaired_hits += holds(UnpairedRatio(a, b), 1.2);
    paired_hits += holds(PairedRatio(pair_a, pair_b), 1.2);
  }
  EXPECT_NEAR(mean_hits, 0.95 * kTrials, 0.015 * kTrials);
  EXPECT_NEAR(unpaired_hits, 0.95 * kTrials, 0.015 * kTrials);
  EXPECT_NEAR(paired_hits, 0.95 * kTrials, 0.015 * kTrials);
}

}  // namespace
}  // namespace tbbthumbs::bench
