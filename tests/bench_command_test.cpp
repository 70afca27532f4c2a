// tbbthumbs-bench as people run it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "bench/results.h"
#include "bench/strategy.h"
#include "bench/workloads.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/process.h"
#include "tests/support/temp_tree.h"
#include "tests/support/web_server.h"

namespace tbbthumbs::bench {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::ProcessResult;
using ::testing::StartsWith;

// Sanitized programs take ten times as long; the stages themselves are run through all strategies elsewhere.
#ifdef TBBTHUMBS_SANITIZED
constexpr const char* kWorkloads = "photos,slow-disk";
#else
constexpr const char* kWorkloads = "photos,photos-cold,uniform,skewed,tiny,up-to-date,slow-disk,fuse,url";
#endif

class BenchCommandTest : public ::testing::Test {
 protected:
  BenchCommandTest() {
    for (int i = 0; i < 6; ++i) {
      tree_.Write("photos/sub/" + std::to_string(i) + ".jpg", testing::MakeJpeg({.size = {300, 200 + i}}));
    }
    tree_.Write("photos/notes.txt", "no picture");
    std::filesystem::create_directory(tree_.root() / "scratch");
  }

  ProcessResult Run(const std::vector<std::string>& arguments, testing::ProcessOptions options = {}) {
    options.directory = tree_.root();
    options.timeout = std::chrono::minutes(4);
    ProcessResult result = testing::RunProcess(BENCH_COMMAND, arguments, options);
    EXPECT_FALSE(result.timed_out);
    EXPECT_EQ(result.signal, 0) << result.err;
    return result;
  }

  // A short run of little.
  void WriteResultsFile(const std::string& name) {
    const ProcessResult result =
        Run({"run", "photos", "-o", name, "--rounds", "2", "--workloads", "photos", "--strategies",
             "sequential,std-pipeline,tbb-pipeline", "--threads", "1,2", "--scratch", "scratch"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }

  testing::TempTree tree_;
};

TEST_F(BenchCommandTest, RunsEveryStrategyOnEveryWorkload) {
  const ProcessResult result = Run({"run", "photos", "-o", "r.json", "--rounds", "1", "--workloads", kWorkloads,
                                    "--threads", "2", "--scratch", "scratch"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("From one round no difference can be told"),
                                HasSubstr("All strategies made the same thumbnails, byte for byte"),
                                HasSubstr("The report is in r.html, the figures are in r.json")));
  EXPECT_THAT(tree_.Files("scratch"), IsEmpty());

  const auto results = ReadResults(tree_.root() / "r.json");
  ASSERT_TRUE(results) << results.error();
  std::set<std::string> missing;
  for (const Gap& gap : results->gaps) missing.insert(gap.what);
  std::map<std::string, std::set<std::string>> strategies;
  for (const bench::Run& run : results->runs) {
    strategies[run.config.workload].insert(run.config.strategy);
    EXPECT_GT(run.wall_s, 0);
    EXPECT_GT(run.cpu_s, 0);
    EXPECT_GT(run.peak_rss_bytes, 0);
    EXPECT_GT(run.pictures, 0);
  }
  EXPECT_EQ(strategies.size() + missing.count("fuse") + missing.count("photos-cold") + missing.count("url"),
            results->workloads.size());
  for (const Workload& workload : results->workloads) {
    EXPECT_TRUE(workload.identical);
    EXPECT_EQ(workload.decoders.empty(), workload.name == "up-to-date") << workload.name;
    const bool few = workload.name == "photos-cold" || workload.name == "fuse";
    for (const Strategy& strategy : Strategies()) {
      if (few || missing.count(std::string(strategy.name)) != 0) continue;
      EXPECT_EQ(strategies[workload.name].count(std::string(strategy.name)), 1u) << workload.name << strategy.name;
    }
    EXPECT_EQ(strategies[workload.name].count("tbb-pipeline"), 1u);
  }
  std::set<int> waiting;
  for (const bench::Run& run : results->runs) {
    if (run.config.workload == "url" && run.config.strategy == "thread-per-picture") waiting.insert(run.config.threads);
  }
  if (strategies.count("url") != 0) {
    EXPECT_THAT(waiting, ElementsAre(2, 4, 16, 64));
  }
  EXPECT_EQ(results->costs.size(), 6u);
  EXPECT_FALSE(results->predictions.empty());
  EXPECT_FALSE(results->timelines.empty());
  const std::string page = tree_.Read("r.html");
  for (const auto& [workload, names] : strategies) EXPECT_THAT(page, HasSubstr(workload));
}

TEST_F(BenchCommandTest, ReportsComparesAndPredictsFromItsResults) {
  WriteResultsFile("old.json");
  const ProcessResult markdown = Run({"report", "old.json", "--markdown"});
  EXPECT_EQ(markdown.exit_code, 0);
  EXPECT_THAT(markdown.out, AllOf(HasSubstr("tbb-pipeline"), HasSubstr("std-pipeline"), HasSubstr("sequential")));
  const ProcessResult csv = Run({"report", "old.json", "--csv", "-o", "out.csv"});
  EXPECT_EQ(csv.exit_code, 0);
  EXPECT_THAT(tree_.Read("out.csv"), HasSubstr("tbb-pipeline"));
  EXPECT_EQ(Run({"report", "old.json", "-o", "page.html"}).exit_code, 0);
  EXPECT_THAT(tree_.Read("page.html"), StartsWith("<!doctype html>"));

  const ProcessResult same = Run({"compare", "old.json", "old.json"});
  EXPECT_EQ(same.exit_code, 0) << same.out;
  // The same figures, but all times ten times as long.
  auto slower = nlohmann::json::parse(tree_.Read("old.json"));
  for (auto& entry : slower["benchmarks"]) entry["real_time"] = entry["real_time"].get<double>() * 10;
  tree_.Write("slow.json", slower.dump());
  const ProcessResult regression = Run({"compare", "old.json", "slow.json", "--threshold", "5%"});
  EXPECT_EQ(regression.exit_code, 1) << regression.out;
  EXPECT_EQ(Run({"compare", "slow.json", "old.json"}).exit_code, 0);

  const ProcessResult scale = Run({"scale", "old.json", "--storage", "2:110", "--max-threads", "8"});
  EXPECT_EQ(scale.exit_code, 0) << scale.err;
  EXPECT_THAT(scale.out,
              AllOf(HasSubstr("as measured"), HasSubstr("2 ms, 110 MB/s"), HasSubstr("checked here with 2")));
  const auto json = nlohmann::json::parse(Run({"scale", "old.json", "--json"}).out);
  EXPECT_GT(json.at("predictions").at(0).at("points").size(), 8u);
}

TEST_F(BenchCommandTest, MeasuresForPredictionsItself) {
  const ProcessResult scale = Run({"scale", "photos", "--scratch", "scratch"});
  EXPECT_EQ(scale.exit_code, 0) << scale.err;
  EXPECT_THAT(scale.out, HasSubstr("checked here with 1 threads"));
}

TEST_F(BenchCommandTest, Traces) {
  const ProcessResult result =
      Run({"trace", "photos", "--strategy", "std-pipeline", "-j", "2", "--scratch", "scratch"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_GT(nlohmann::json::parse(tree_.Read("trace.json")).at("traceEvents").size(), 6u * 5);
  EXPECT_EQ(tree_.Files("photos").size(), 7u);
}

TEST_F(BenchCommandTest, RunsMicroBenchmarks) {
  const ProcessResult result =
      Run({"micro", "--benchmark_filter=PlanNames|WriteAndRename/4096", "--benchmark_min_time=0.001"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("PlanNames"), HasSubstr("WriteAndRename")));
  EXPECT_EQ(Run({"micro", "--benchmark_fitler=x"}).exit_code, 2);
}

TEST_F(BenchCommandTest, MeasuresFetchingAlone) {
  std::string why;
  if (!testing::WebServer::Available(&why)) GTEST_SKIP() << why;
  const ProcessResult result = Run({"micro", "--benchmark_filter=/http_1/at_once:1/|tls_http_2/at_once:64/",
                                    "--benchmark_format=json", "--benchmark_min_time=0.001"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out).at("benchmarks");
  ASSERT_EQ(json.size(), 2u);
  for (const auto& entry : json) {
    ASSERT_FALSE(entry.contains("error_occurred")) << entry;
    EXPECT_GT(entry.at("cpu_us_per_picture"), 0);
    EXPECT_GT(entry.at("items_per_second"), 0);
  }
  EXPECT_THAT(json[0].at("name"), StartsWith("FetchUrls/http_1/"));
  // One at a time none comes before the server's 20 ms, which it counts in whole ones.
  EXPECT_LT(json[0].at("items_per_second"), 60);
}

TEST_F(BenchCommandTest, RefusesWrongUseInOneLine) {
  tree_.Write("broken.json", "{\"benchmarks\": 3}");
  tree_.Write("empty/notes.txt", "no picture");
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"rum"}, "the nearest is 'run'"},
      {{"run"}, "the directory of the pictures is missing"},
      {{"run", "photos", "more"}, "'more' is one argument too many"},
      {{"run", "nowhere"}, "nowhere: no such file"},
      {{"run", "empty"}, "no JPEG or PNG files"},
      {{"run", "photos", "--stategies", "x"}, "the nearest is '--strategies'"},
      {{"run", "photos", "--strategies", "tbb-pipelin"}, "the nearest is 'tbb-pipeline'"},
      {{"run", "photos", "--workloads", "tinny"}, "the nearest is 'tiny'"},
      {{"run", "photos", "--threads", "0"}, "--threads: '0'"},
      {{"run", "photos", "--threshold", "3"}, "not an option of 'run'"},
      {{"run", "photos", "-o", "x.html", "--report", "x.html"}, "--report: the same file"},
      {{"report", "nowhere.json"}, "nowhere.json"},
      {{"report", "broken.json"}, "broken.json"},
      {{"compare", "broken.json"}, "two files are needed"},
      {{"compare", "broken.json", "broken.json"}, "broken.json"},
      {{"compare", "broken.json", "broken.json", "--threshold", "x"}, "'x' is no percentage"},
      {{"scale", "broken.json"}, "broken.json"},
      {{"scale", "photos", "--storage", "fast"}, "--storage: "},
      {{"trace", "nowhere"}, "nowhere"},
      {{"trace", "photos", "--strategy", "std-par,sequential"}, "one at a time"},
  };
  for (const auto& [arguments, message] : cases) {
    SCOPED_TRACE(message);
    const ProcessResult result = Run(arguments);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, AllOf(HasSubstr("tbbthumbs-bench: "), HasSubstr(message)));
    EXPECT_THAT(result.out, IsEmpty());
  }
}

TEST_F(BenchCommandTest, KeepsWhatIsThereWhenItCannotMeasure) {
  tree_.Write("kept.json", "old");
  EXPECT_EQ(Run({"run", "nowhere", "-o", "kept.json"}).exit_code, 2);
  EXPECT_EQ(tree_.Read("kept.json"), "old");
  const ProcessResult unwritable = Run({"run", "photos", "-o", "nowhere/r.json"});
  EXPECT_EQ(unwritable.exit_code, 74);
  EXPECT_THAT(unwritable.err, HasSubstr("nowhere/r.json"));
}

TEST_F(BenchCommandTest, AnInterruptEndsItCleanly) {
  testing::ProcessOptions options{.directory = tree_.root()};
  testing::Process process(BENCH_COMMAND, {"run", "photos", "-o", "r.json", "--scratch", "scratch"}, options);
  ASSERT_TRUE(process.WaitForError("making pictures"));
  process.Signal(SIGINT);
  const ProcessResult result = process.Wait();
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_THAT(tree_.Files("scratch"), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(tree_.root() / "r.json"));
}

TEST_F(BenchCommandTest, HelpNamesEverything) {
  const ProcessResult help = Run({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  for (const Strategy& strategy : Strategies()) EXPECT_THAT(help.out, HasSubstr(std::string(strategy.name)));
  for (const WorkloadName& workload : WorkloadNames()) EXPECT_THAT(help.out, HasSubstr(std::string(workload.name)));
  size_t begin = 0;
  for (size_t end = 0; (end = help.out.find('\n', begin)) != std::string::npos; begin = end + 1) {
    EXPECT_LE(end - begin, 80u) << help.out.substr(begin, end - begin);
  }
  EXPECT_THAT(Run({"--version"}).out, StartsWith("tbbthumbs "));
}

}  // namespace
}  // namespace tbbthumbs::bench
