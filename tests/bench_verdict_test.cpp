// What the report says in words: a difference only where the figures show one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "bench/report/verdict.h"
#include "tests/support/bench_results_fixture.h"

namespace tbbthumbs::bench {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::RichResults;
using testing::RunsOf;
using ::testing::StartsWith;

Results Of(const std::vector<std::vector<Run>>& runs) {
  Results results;
  for (const std::vector<bench::Run>& some : runs) results.runs.insert(results.runs.end(), some.begin(), some.end());
  return results;
}

// "" where nothing is said of it.
std::string TextOn(const Verdict& verdict, const std::string& topic) {
  for (const Statement& statement : verdict.statements) {
    if (statement.topic == topic) return statement.text;
  }
  return "";
}

TEST(Verdict, NamesTheFastestAndHowFarAheadItIs) {
  const Verdict verdict =
      MakeVerdict(Of({RunsOf("tbb-pipeline", 1.0), RunsOf("std-pipeline", 1.1), RunsOf("static-split", 1.3)}));
  EXPECT_THAT(verdict.headline,
              AllOf(StartsWith("tbb-pipeline is the fastest of 3 ways on your pictures: "),
                    HasSubstr("ahead of std-pipeline, the next, by 10 % (95 % interval 10 % to 10 %, 5 rounds)")));
  EXPECT_THAT(TextOn(verdict, "By hand"), StartsWith("tbb-pipeline is faster than std-pipeline"));
}

TEST(Verdict, SaysWhatBeatsTheProduct) {
  std::vector<bench::Run> rival = RunsOf("async-io", 0.9);
  rival[2].wall_s *= 1.02;
  const Verdict verdict =
      MakeVerdict(Of({RunsOf("tbb-pipeline", 1.0), rival, RunsOf("std-pipeline", 0.95), RunsOf("std-par", 1.3)}));
  EXPECT_THAT(verdict.headline,
              StartsWith("Faster than tbb-pipeline on your pictures: async-io by 11 % (95 % interval "));
  EXPECT_THAT(verdict.headline, HasSubstr(" and std-pipeline by 5.3 % (95 % interval 5.3 % to 5.3 %, 5 rounds)."));
  EXPECT_THAT(TextOn(verdict, "By hand"), HasSubstr("std-pipeline, written by hand with std::thread, is faster"));
}

TEST(Verdict, CallsNothingADifferenceThatMayBeNone) {
  // 2 % faster on average, and noisier than that.
  std::vector<bench::Run> rival = RunsOf("async-io", 0.98);
  rival[0].wall_s = 1.05;
  const Verdict verdict =
      MakeVerdict(Of({RunsOf("tbb-pipeline", 1.0), rival, RunsOf("static-split", 1.5), RunsOf("std-par", 1.6)}));
  EXPECT_THAT(verdict.headline, AllOf(StartsWith("Nothing beats tbb-pipeline on your pictures: "),
                                      HasSubstr("No difference from async-io can be told from 5 rounds; each of the "
                                                "other 2 is slower.")));
}

TEST(Verdict, TellsNothingFromOneRound) {
  const Verdict verdict = MakeVerdict(Of({RunsOf("tbb-pipeline", 2.0, 1), RunsOf("std-pipeline", 1.0, 1)}));
  EXPECT_EQ(verdict.headline,
            "tbb-pipeline made 50.0 pictures/s on your pictures. From one round no difference can be told.");
  EXPECT_EQ(TextOn(verdict, "By hand"), "");
}

TEST(Verdict, PairsOnlyRunsOfTheSameRound) {
  std::vector<bench::Run> product = RunsOf("tbb-pipeline", 1.0);
  std::vector<bench::Run> rival = RunsOf("std-pipeline", 0.5);
  for (bench::Run& run : rival) run.round += 100;
  EXPECT_THAT(MakeVerdict(Of({product, rival})).headline, HasSubstr("no difference can be told"));
  // What disturbs a whole round disturbs both runs of it alike.
  rival = RunsOf("std-pipeline", 1.02);
  for (size_t i = 0; i < product.size(); ++i) {
    product[i].wall_s *= std::pow(1.5, static_cast<double>(i));
    rival[i].wall_s *= std::pow(1.5, static_cast<double>(i));
  }
  EXPECT_THAT(MakeVerdict(Of({product, rival})).headline, HasSubstr("ahead of std-pipeline, the next, by 2.0 %"));
}

TEST(Verdict, NeedsTheProduct) {
  EXPECT_EQ(MakeVerdict({}).headline, "Nothing was measured.");
  EXPECT_THAT(MakeVerdict({}).statements, IsEmpty());
  EXPECT_EQ(MakeVerdict(Of({RunsOf("std-par", 2.0), RunsOf("std-pipeline", 4.0)})).headline,
            "std-par made 49.8 pictures/s on your pictures; there is nothing to compare tbb-pipeline with.");
  EXPECT_EQ(MakeVerdict(Of({RunsOf("tbb-pipeline", 2.0, 1)})).headline,
            "tbb-pipeline made 50.0 pictures/s on your pictures; there is nothing to compare it with.");
}

TEST(Verdict, SaysWhatThreadsGive) {
  const Results results = Of({RunsOf("tbb-pipeline", 1.0), RunsOf("sequential", 1.9)});
  EXPECT_EQ(TextOn(MakeVerdict(results), "Threads"),
            "tbb-pipeline with 2 threads is 1.90 times as fast as sequential on one (95 % interval 1.90 to 1.90): an "
            "efficiency of 95 %.");
  const Results waiting = Of({RunsOf("tbb-pipeline", 1.0), RunsOf("sequential", 19.0)});
  EXPECT_EQ(
      TextOn(MakeVerdict(waiting), "Threads"),
      "tbb-pipeline with 2 threads is 19.0 times as fast as sequential on one (95 % interval 19.0 to 19.0), which "
      "waits for storage or servers.");
}

TEST(Verdict, WarnsWhereOutputsDiffer) {
  Results results = Of({RunsOf("tbb-pipeline", 1.0), RunsOf("sequential", 1.9)});
  results.workloads = {{.name = "photos"}, {.name = "tiny", .identical = false}};
  EXPECT_EQ(TextOn(MakeVerdict(results), "Outputs"),
            "On tiny the strategies made different thumbnails: their times cannot be compared.");
}

TEST(Verdict, SaysWhatWasNotMeasured) {
  Results results;
  results.gaps = {{.what = "fuse", .reason = "no /dev/fuse"}, {.what = "async-io", .reason = "not permitted"}};
  EXPECT_EQ(TextOn(MakeVerdict(results), "Not measured"), "fuse (no /dev/fuse); async-io (not permitted).");
}

TEST(Verdict, OfAWholeRun) {
  const Verdict verdict = MakeVerdict(RichResults());
  EXPECT_THAT(verdict.headline, AllOf(StartsWith("Nothing beats tbb-pipeline on your pictures: "),
                                      HasSubstr("No difference from std-pipeline can be told from 5 rounds")));
  EXPECT_THAT(TextOn(verdict, "Other workloads"),
              AllOf(StartsWith("On photos-cold, uniform"), HasSubstr("nothing is seen to be faster"),
                    Not(HasSubstr("is faster:"))));
  EXPECT_THAT(TextOn(verdict, "Memory"),
              AllOf(HasSubstr("of that 23.3 MB for files and unwritten thumbnails; the largest file has 11.2 MB"),
                    HasSubstr("(sequential)"), HasSubstr("(thread-per-picture)")));
  EXPECT_THAT(TextOn(verdict, "Order"), HasSubstr("in the order of the input"));
  EXPECT_THAT(TextOn(verdict, "More threads"),
              AllOf(HasSubstr("as measured: 1,480 pictures/s at most, with 64 threads or more, limited by publishing"),
                    HasSubstr("With 1 and 2 threads, where it could be checked, it is off by 2.2 % at most.")));
  EXPECT_THAT(TextOn(verdict, "Outputs"), HasSubstr("byte for byte"));
}

TEST(SideBySide, TakesOneConfigurationOfEachStrategy) {
  const std::vector<Summary> summaries = Summarize(RichResults().runs);
  const std::vector<Summary> side_by_side = SideBySide(summaries, "photos");
  ASSERT_EQ(side_by_side.size(), 12);
  for (const Summary& one : side_by_side) {
    EXPECT_EQ(one.config.threads, one.config.strategy == "sequential" ? 1 : 2);
    EXPECT_EQ(one.rounds, 5);
  }
  // Not one of the sweep of tokens.
  EXPECT_EQ(FindSummary(side_by_side, "tbb-pipeline")->config.tokens, 64);
}

TEST(SideBySide, LeavesTheSweepOutEvenWithAsManyRounds) {
  for (const int workloads : {1, 3}) {
    const std::vector<Summary> summaries = Summarize(RichResults({.workloads = workloads, .rounds = 1}).runs);
    EXPECT_EQ(FindSummary(SideBySide(summaries, "photos"), "tbb-pipeline")->config.tokens, 64);
  }
}

TEST(Summary, IgnoresRunsWithoutPicturesOrTime) {
  std::vector<bench::Run> runs = RunsOf("tbb-pipeline", 1.0, 2);
  runs[0].pictures = 0;
  runs[1].wall_s = 0;
  EXPECT_THAT(Summarize(runs), IsEmpty());
}

TEST(Standings, JudgeByTheInterval) {
  const std::vector<Standing> standings = Standings(
      Of({RunsOf("tbb-pipeline", 1.0), RunsOf("std-par", 1.2), RunsOf("async-io", 0.8), RunsOf("sequential", 1.9)}));
  ASSERT_EQ(standings.size(), 1);
  const auto names = [&](Judgement judgement) {
    std::vector<std::string> strategies;
    for (const Standing::Rival* rival : standings[0].Judged(judgement)) {
      strategies.push_back(rival->summary.config.strategy);
    }
    return strategies;
  };
  EXPECT_THAT(names(Judgement::kFaster), ElementsAre("async-io"));
  EXPECT_THAT(names(Judgement::kSlower), ElementsAre("std-par", "sequential"));
  EXPECT_THAT(names(Judgement::kUndecided), IsEmpty());
}

}  // namespace
}  // namespace tbbthumbs::bench
