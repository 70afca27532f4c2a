#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "bench/benchmark_file.h"
#include "bench/compare.h"
#include "tests/support/temp_tree.h"

namespace tbbthumbs::bench {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

// `count` repetitions of about `seconds`, with 3 % of noise.
Repetitions Noisy(const std::string& name, double seconds, size_t count, std::mt19937& random) {
  std::lognormal_distribution<double> noise(0, 0.03);
  Repetitions repetitions{.name = name};
  for (size_t i = 0; i < count; ++i) {
    repetitions.real_s.push_back(seconds * noise(random));
    repetitions.cpu_s.push_back(2 * seconds * noise(random));
  }
  return repetitions;
}

std::vector<Change> Verdicts(const Comparison& comparison) {
  std::vector<Change> verdicts;
  for (const CompareRow& row : comparison.rows) verdicts.push_back(row.verdict);
  return verdicts;
}

TEST(Compare, TellsSlowerFromFasterFromNeither) {
  std::mt19937 random(1);
  std::vector<Repetitions> before;
  std::vector<Repetitions> after;
  for (const auto& [name, factor] : {std::pair{"same", 1.0}, {"slower", 1.2}, {"faster", 0.8}}) {
    before.push_back(Noisy(name, 1, 8, random));
    after.push_back(Noisy(name, factor, 8, random));
  }
  const Comparison comparison = Compare(before, after, {});
  EXPECT_THAT(Verdicts(comparison), ElementsAre(Change::kNoDifference, Change::kSlower, Change::kFaster));
  EXPECT_EQ(comparison.regressions, 1);
  EXPECT_TRUE(comparison.rows[1].regression);
  EXPECT_NEAR(comparison.rows[1].real.ratio.value, 1.2, 0.04);
  EXPECT_NEAR(comparison.rows[1].real.old_s, 1, 0.03);
  EXPECT_NEAR(comparison.rows[1].real.new_s, 1.2, 0.04);
  EXPECT_EQ(comparison.judged, 3);
  EXPECT_NEAR(comparison.confidence_each, 1 - 0.05 / 3, 1e-12);
}

// The same program twice, 40 benchmarks of 5 repetitions: not one false alarm in 95 of 100 comparisons, where intervals
// of 95 % each would raise one in 87 of 100.
TEST(Compare, ManyBenchmarksRaiseNoFalseAlarm) {
  std::mt19937 random(2);
  constexpr int kTrials = 300;
  constexpr size_t kBenchmarks = 40;
  int false_alarms = 0;
  int uncorrected = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<Repetitions> before;
    std::vector<Repetitions> after;
    for (size_t i = 0; i < kBenchmarks; ++i) {
      before.push_back(Noisy(std::to_string(i), 1, 5, random));
      after.push_back(Noisy(std::to_string(i), 1, 5, random));
    }
    const auto differs = [&](double confidence) {
      const Comparison comparison = Compare(before, after, {.threshold = 0, .confidence = confidence});
      return std::any_of(comparison.rows.begin(), comparison.rows.end(),
                         [](const CompareRow& row) { return row.verdict != Change::kNoDifference; });
    };
    false_alarms += differs(0.95);
    uncorrected += differs(1 - 0.05 * kBenchmarks);  // 95 % for each
  }
  EXPECT_LT(false_alarms, 0.08 * kTrials);
  EXPECT_GT(uncorrected, 0.7 * kTrials);
}

TEST(Compare, ARegressionIsMoreThanTheThreshold) {
  const std::vector<Repetitions> before = {{"a", {1.000, 1.001, 0.999, 1.0, 1.0}, {1, 1, 1, 1, 1}}};
  const std::vector<Repetitions> after = {{"a", {1.010, 1.011, 1.009, 1.010, 1.010}, {1, 1, 1, 1, 1}}};
  Comparison comparison = Compare(before, after, {});
  EXPECT_THAT(Verdicts(comparison), ElementsAre(Change::kSlower));
  EXPECT_EQ(comparison.regressions, 0);
  comparison = Compare(before, after, {.threshold = 0.005});
  EXPECT_EQ(comparison.regressions, 1);
  // Its mean is above the threshold, but the interval is not.
  EXPECT_EQ(Compare(before, after, {.threshold = 0.0099}).regressions, 0);
}

TEST(Compare, TheMetricDecides) {
  // Wall time lost, CPU time not; and the other way round.
  const std::vector<Repetitions> before = {{"waits", {1, 1.01, 0.99}, {1, 1.01, 0.99}},
                                           {"burns", {1, 1.01, 0.99}, {1, 1.01, 0.99}}};
  const std::vector<Repetitions> after = {{"waits", {2, 2.02, 1.98}, {1, 1.01, 0.99}},
                                          {"burns", {1, 1.01, 0.99}, {2, 2.02, 1.98}}};
  EXPECT_THAT(Verdicts(Compare(before, after, {})), ElementsAre(Change::kSlower, Change::kNoDifference));
  EXPECT_THAT(Verdicts(Compare(before, after, {.metric = Metric::kCpu})),
              ElementsAre(Change::kNoDifference, Change::kSlower));
  const Comparison both = Compare(before, after, {.metric = Metric::kBoth});
  EXPECT_THAT(Verdicts(both), ElementsAre(Change::kSlower, Change::kSlower));
  EXPECT_EQ(both.judged, 4);
  EXPECT_EQ(both.regressions, 2);
}

TEST(Compare, NamesInOneFileAndTooFewRepetitions) {
  const std::vector<Repetitions> before = {
      {"gone", {1, 1.1}, {1, 1.1}}, {"once", {1}, {1}}, {"kept", {1, 1.1}, {1, 1.1}}};
  const std::vector<Repetitions> after = {
      {"kept", {1, 1.1}, {1, 1.1}}, {"new", {1, 1.1}, {1, 1.1}}, {"once", {9}, {9}}};
  const Comparison comparison = Compare(before, after, {});
  EXPECT_THAT(Verdicts(comparison),
              ElementsAre(Change::kOnlyInOld, Change::kTooFew, Change::kNoDifference, Change::kOnlyInNew));
  EXPECT_EQ(comparison.rows[3].name, "new");
  EXPECT_EQ(comparison.rows[1].real.ratio.value, std::exp(std::log(9.0) - std::log(1.0)));
  EXPECT_EQ(comparison.judged, 1);
  EXPECT_EQ(comparison.regressions, 0);
}

TEST(Compare, TimesTooShortForTheClockAreNotJudged) {
  const std::vector<Repetitions> before = {{"a", {1, 1.01, 0.99}, {0, 0, 0}}};
  const std::vector<Repetitions> after = {{"a", {1, 1.01, 0.99}, {1, 1, 1}}};
  const Comparison comparison = Compare(before, after, {.metric = Metric::kBoth});
  EXPECT_THAT(Verdicts(comparison), ElementsAre(Change::kNoDifference));
  EXPECT_EQ(comparison.judged, 1);
  EXPECT_THAT(Verdicts(Compare(before, after, {.metric = Metric::kCpu})), ElementsAre(Change::kNoDifference));
  EXPECT_THAT(ComparisonText(comparison), Not(HasSubstr("nan")));
  EXPECT_THAT(ComparisonText(comparison), Not(HasSubstr("inf")));
}

TEST(Compare, MetricsHaveNames) {
  EXPECT_EQ(ParseMetric("real"), Metric::kReal);
  EXPECT_EQ(ParseMetric("cpu"), Metric::kCpu);
  EXPECT_EQ(ParseMetric("both"), Metric::kBoth);
  EXPECT_EQ(ParseMetric("Real"), std::nullopt);
  EXPECT_EQ(ParseMetric(""), std::nullopt);
}

TEST(ComparisonText, IsATableWithAVerdict) {
  const std::vector<Repetitions> before = {{"photos/tbb", {1.000, 1.001, 0.999}, {2, 2.002, 1.998}},
                                           {"bad\x1b[2J", {1e-4, 1.01e-4}, {1e-4, 1.01e-4}},
                                           {"gone", {1}, {1}}};
  const std::vector<Repetitions> after = {{"photos/tbb", {1.200, 1.201, 1.199}, {2, 2.002, 1.998}},
                                          {"bad\x1b[2J", {1e-4, 1.01e-4}, {1e-4, 1.01e-4}}};
  const std::string text = ComparisonText(Compare(before, after, {}));
  EXPECT_THAT(text, StartsWith("benchmark "));
  EXPECT_THAT(text, HasSubstr("1.200 ["));
  EXPECT_THAT(text, HasSubstr("SLOWER"));
  EXPECT_THAT(text, HasSubstr("bad\\x1b[2J"));
  EXPECT_THAT(text, HasSubstr("only in OLD"));
  EXPECT_THAT(text, HasSubstr("no difference can be told"));
  EXPECT_THAT(text, HasSubstr("100 us"));
  EXPECT_THAT(text, HasSubstr("1 benchmark is slower by more than 2 %."));
  EXPECT_THAT(text, EndsWith("All 2 intervals together hold the true ratios with 95 % (Bonferroni: 97.5 % each).\n"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(ComparisonText, SaysWhereNothingWasCompared) {
  const std::vector<Repetitions> once = {{"a", {1}, {1}}};
  EXPECT_THAT(ComparisonText(Compare(once, once, {})), HasSubstr("Nothing has been compared"));
}

TEST(ComparisonJson, HoldsTheSame) {
  const std::vector<Repetitions> before = {{"a\xff", {1.000, 1.001, 0.999}, {2, 2.002, 1.998}}, {"once", {1}, {1}}};
  const std::vector<Repetitions> after = {{"a\xff", {1.200, 1.201, 1.199}, {2, 2.002, 1.998}}, {"once", {1}, {1}}};
  const auto json = nlohmann::json::parse(ComparisonJson(Compare(before, after, {})));
  EXPECT_EQ(json["regressions"], 1);
  EXPECT_EQ(json["metric"], "real");
  EXPECT_EQ(json["threshold"], 0.02);
  ASSERT_EQ(json["benchmarks"].size(), 2);
  EXPECT_EQ(json["benchmarks"][0]["verdict"], "slower");
  EXPECT_EQ(json["benchmarks"][0]["regression"], true);
  EXPECT_NEAR(json["benchmarks"][0]["real"]["ratio"].get<double>(), 1.2, 1e-3);
  EXPECT_EQ(json["benchmarks"][0]["cpu"]["judged"], false);
  EXPECT_TRUE(json["benchmarks"][1]["real"]["high"].is_null());
}

class BenchmarkFileTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) { return tree_.Write(name, text).string(); }
  // Of one entry; fails where there is an error.
  std::vector<Repetitions> Read(const std::string& entries) {
    auto read = ReadRepetitions(Write("file.json", R"({"context": {}, "benchmarks": [)" + entries + "]}"));
    EXPECT_TRUE(read) << read.error();
    return read.value_or(std::vector<Repetitions>{});
  }
  // Without the name of the file, which it must begin with.
  std::string Error(const std::string& text) {
    const std::string file = Write("broken.json", text);
    const auto read = ReadRepetitions(file);
    if (read) return "no error";
    EXPECT_THAT(read.error(), StartsWith(file + ": "));
    EXPECT_THAT(read.error(), Not(HasSubstr("\n")));
    return read.error().substr(file.size() + 2);
  }
  std::string EntryError(const std::string& entry) { return Error(R"({"benchmarks": [)" + entry + "]}"); }

  tbbthumbs::testing::TempTree tree_;
};

TEST_F(BenchmarkFileTest, ReadsRepetitionsOfOneName) {
  const auto read = Read(R"(
    {"name": "BM_a/repeats:2", "run_name": "BM_a/repeats:2", "run_type": "iteration", "repetition_index": 0,
     "real_time": 100, "cpu_time": 9.5e1, "time_unit": "ns", "items_per_second": 5},
    {"name": "BM_b", "run_name": "BM_b", "run_type": "iteration", "real_time": 2, "cpu_time": 3, "time_unit": "s"},
    {"name": "BM_a/repeats:2", "run_name": "BM_a/repeats:2", "run_type": "iteration", "repetition_index": 1,
     "real_time": 0.1, "cpu_time": 0.095, "time_unit": "us"},
    {"name": "BM_a/repeats:2_mean", "run_name": "BM_a/repeats:2", "run_type": "aggregate", "aggregate_name": "mean",
     "real_time": 7, "cpu_time": 7, "time_unit": "ns"},
    {"name": "BM_c_BigO", "run_name": "BM_c", "run_type": "aggregate", "cpu_coefficient": 1, "big_o": "N"})");
  ASSERT_THAT(read, SizeIs(2));
  EXPECT_EQ(read[0].name, "BM_a/repeats:2");
  ASSERT_THAT(read[0].real_s, SizeIs(2));
  EXPECT_NEAR(read[0].real_s[0], 1e-7, 1e-20);
  EXPECT_NEAR(read[0].real_s[1], 1e-7, 1e-20);
  EXPECT_NEAR(read[0].cpu_s[1], 9.5e-8, 1e-20);
  EXPECT_EQ(read[1].name, "BM_b");
  EXPECT_THAT(read[1].cpu_s, ElementsAre(3));
}

TEST_F(BenchmarkFileTest, ReadsOldFilesToo) {
  const auto read = Read(R"({"name": "BM_a", "iterations": 5, "real_time": 100, "cpu_time": 95})");
  ASSERT_THAT(read, SizeIs(1));
  EXPECT_NEAR(read[0].real_s[0], 1e-7, 1e-20);
}

TEST_F(BenchmarkFileTest, LeavesOutWhatFailed) {
  const auto read = Read(R"(
    {"run_name": "BM_a", "run_type": "iteration", "error_occurred": true, "error_message": "no", "real_time": 0,
     "cpu_time": 0, "time_unit": "ns"},
    {"run_name": "BM_b", "run_type": "iteration", "error_occurred": false, "real_time": 1, "cpu_time": 1,
     "time_unit": "ms"})");
  ASSERT_THAT(read, SizeIs(1));
  EXPECT_EQ(read[0].name, "BM_b");
}

TEST_F(BenchmarkFileTest, ErrorsAreOneSentence) {
  EXPECT_EQ(Error(""), "the file is empty");
  EXPECT_EQ(Error("benchmark,real_time"), "not a JSON file");
  EXPECT_EQ(Error(R"({"benchmarks": [{"real_time": NaN}]})"), "not a JSON file");
  EXPECT_EQ(Error(R"({"benchmarks": [)"), "not a JSON file");
  for (const char* text : {"[]", "5", "null", "{}", R"({"benchmarks": {}})", R"({"benchmarks": "a"})"}) {
    EXPECT_THAT(Error(text), StartsWith("not a JSON file of Google Benchmark")) << text;
  }
  EXPECT_EQ(EntryError(""), "it holds no benchmarks");
  EXPECT_THAT(EntryError(R"({"run_name": "a", "run_type": "aggregate"})"), StartsWith("it holds no repetitions"));
  EXPECT_EQ(EntryError("5"), "entry 1 of \"benchmarks\" is not an object");
  EXPECT_EQ(EntryError(R"({"real_time": 1, "cpu_time": 1})"), "entry 1 of \"benchmarks\": it has no name");
  EXPECT_EQ(EntryError(R"({"run_name": "", "real_time": 1, "cpu_time": 1})"),
            "entry 1 of \"benchmarks\": it has no name");
}

TEST_F(BenchmarkFileTest, TimesMustBeTimes) {
  for (const char* bad : {"\"1\"", "null", "-1", "[]", "true", "1e308"}) {
    const std::string unit = std::string(bad) == "1e308" ? "ns" : "s";
    const std::string real =
        R"({"name": "a", "cpu_time": 1, "time_unit": ")" + unit + R"(", "real_time": )" + bad + "}";
    const std::string cpu = R"({"name": "a", "real_time": 1, "time_unit": ")" + unit + R"(", "cpu_time": )" + bad + "}";
    if (unit == "ns") {
      EXPECT_EQ(EntryError(real), "no error");  // large, but a number
      continue;
    }
    EXPECT_EQ(EntryError(real), "entry 1 of \"benchmarks\": its real_time is not a time") << bad;
    EXPECT_EQ(EntryError(cpu), "entry 1 of \"benchmarks\": its cpu_time is not a time") << bad;
  }
  EXPECT_EQ(Error(R"({"benchmarks": [{"name": "a", "real_time": 1e999, "cpu_time": 1}]})"), "not a JSON file");
  EXPECT_THAT(EntryError(R"({"name": "a"})"), HasSubstr("its real_time is not a time"));
  for (const char* unit : {"\"h\"", "5", "null", "\"\""}) {
    EXPECT_THAT(EntryError(std::string(R"({"name": "a", "real_time": 1, "cpu_time": 1, "time_unit": )") + unit + "}"),
                HasSubstr("its time_unit is none of ns, us, ms, s"))
        << unit;
  }
}

TEST_F(BenchmarkFileTest, UnreadableFiles) {
  const std::string absent = (tree_.root() / "absent.json").string();
  EXPECT_EQ(ReadRepetitions(absent).error(), absent + ": No such file or directory");
  EXPECT_EQ(ReadRepetitions(tree_.root()).error(), tree_.root().string() + ": Is a directory");
  EXPECT_THAT(ReadRepetitions(tree_.root() / "a\x1b[2J").error(), HasSubstr("a\\x1b[2J"));
}

std::string Entry(const std::string& name, const std::string& time, const std::string& unit) {
  return R"({"run_name": ")" + name + R"(", "run_type": "iteration", "real_time": )" + time + R"(, "cpu_time": )" +
         time + R"(, "time_unit": ")" + unit + "\"}";
}

TEST_F(BenchmarkFileTest, FilesOfDifferentUnitsAreCompared) {
  const std::string before = Write("old.json", R"({"benchmarks": [)" + Entry("a", "1.00", "ms") + "," +
                                                   Entry("a", "1.01", "ms") + "," + Entry("a", "0.99", "ms") + "]}");
  const std::string after =
      Write("new.json", R"({"benchmarks": [)" + Entry("a", "1000", "us") + "," + Entry("a", "1010000", "ns") + "," +
                            Entry("a", "0.00099", "s") + "]}");
  const auto comparison = CompareFiles(before, after, {});
  ASSERT_TRUE(comparison) << comparison.error();
  EXPECT_NEAR(comparison->rows[0].real.ratio.value, 1, 1e-9);
  EXPECT_THAT(Verdicts(*comparison), ElementsAre(Change::kNoDifference));
}

TEST_F(BenchmarkFileTest, WrongUseIsAnError) {
  const std::string a = Write("a.json", R"({"benchmarks": [)" + Entry("a", "1", "ms") + "]}");
  const std::string b = Write("b.json", R"({"benchmarks": [)" + Entry("b", "1", "ms") + "]}");
  EXPECT_EQ(CompareFiles(a, b, {}).error(), a + " and " + b + " have no benchmark in common");
  EXPECT_THAT(CompareFiles(a, b + "x", {}).error(), StartsWith(b + "x: "));
  for (const double threshold : {-0.1, std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(CompareFiles(a, a, {.threshold = threshold}).error(), "the threshold must be 0 or more");
  }
  for (const double confidence : {0.0, 1.0, std::nan("")}) {
    EXPECT_EQ(CompareFiles(a, a, {.confidence = confidence}).error(), "the confidence must be between 0 and 1");
  }
}

}  // namespace
}  // namespace tbbthumbs::bench
