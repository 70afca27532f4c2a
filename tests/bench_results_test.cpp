// The results file: what is written is read back, Google Benchmark's tools find what they look for, and no file that
// is not of this kind does harm.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "bench/results.h"
#include "tests/support/bench_results_fixture.h"
#include "tests/support/temp_tree.h"

namespace tbbthumbs::bench {
namespace {

using Json = nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RichResults;
using testing::TempTree;

Results SmallResults() { return RichResults({.workloads = 2, .rounds = 2, .timeline_pictures = 3}); }

Json ReadJson(const std::filesystem::path& file) {
  TempTree anywhere;
  return Json::parse(anywhere.Read(file));
}

// The message of reading a file with this text.
std::string ErrorOf(const std::string& text) {
  TempTree tree;
  const std::filesystem::path file = tree.Write("odd.json", text);
  const auto results = ReadResults(file);
  return results ? "was read" : results.error();
}

// The message of reading what WriteResults writes, changed.
template <class Change>
std::string ErrorAfter(Change change) {
  TempTree tree;
  const std::filesystem::path file = tree.root() / "results.json";
  EXPECT_TRUE(WriteResults(SmallResults(), file));
  Json json = ReadJson(file);
  change(json);
  return ErrorOf(json.dump());
}

TEST(ConfigName, GoesForthAndBack) {
  const Config config{.workload = "uniform", .strategy = "tbb-pipeline", .threads = 2, .tokens = 1024, .io_threads = 3};
  EXPECT_EQ(ToString(config), "uniform/tbb-pipeline/threads:2/tokens:1024/io:3");
  EXPECT_EQ(ParseConfig(ToString(config)), config);
}

TEST(ConfigName, TakesNothingElse) {
  for (const char* name :
       {"", "/", "uniform", "uniform/tbb-pipeline", "uniform/tbb-pipeline/threads:2/tokens:4", "BM_Decode/8",
        "/s/threads:1/tokens:1/io:1", "w//threads:1/tokens:1/io:1", "w/s/threads:0/tokens:1/io:1",
        "w/s/threads:-1/tokens:1/io:1", "w/s/threads:1/tokens:1/io:1/x", "w/s/threads:1/tokens:1/io:1_mean",
        "w/s/threads:99999999999/tokens:1/io:1", "w/s/threads:/tokens:1/io:1", "w/s/tokens:1/threads:1/io:1",
        "w/s/threads:01/tokens:1/io:1", "w/s/threads:+1/tokens:1/io:1"}) {
    EXPECT_EQ(ParseConfig(name), std::nullopt) << name;
  }
}

TEST(ResultsFile, HoldsEverything) {
  TempTree tree;
  const std::filesystem::path file = tree.root() / "results.json";
  const Results written = SmallResults();
  ASSERT_TRUE(WriteResults(written, file));
  EXPECT_THAT(tree.Files(), ElementsAre("results.json"));
  const auto read = ReadResults(file);
  ASSERT_TRUE(read) << read.error();

  EXPECT_EQ(read->machine.cpu, written.machine.cpu);
  EXPECT_EQ(read->machine.memory_bytes, written.machine.memory_bytes);
  EXPECT_EQ(read->directory, written.directory);
  EXPECT_EQ(read->command, written.command);
  EXPECT_EQ(read->long_run, written.long_run);
  ASSERT_EQ(read->workloads.size(), written.workloads.size());
  EXPECT_EQ(read->workloads[1].description, written.workloads[1].description);
  EXPECT_EQ(read->workloads[1].decoders, written.workloads[1].decoders);
  EXPECT_EQ(read->workloads[1].largest_bytes, written.workloads[1].largest_bytes);
  ASSERT_EQ(read->gaps.size(), 1);
  EXPECT_EQ(read->gaps[0].reason, written.gaps[0].reason);
  ASSERT_EQ(read->latencies.size(), written.latencies.size());
  EXPECT_EQ(read->latencies[0].quantiles_s, written.latencies[0].quantiles_s);
  ASSERT_EQ(read->timelines.size(), 1);
  EXPECT_EQ(read->timelines[0].threads, written.timelines[0].threads);
  ASSERT_EQ(read->timelines[0].spans.size(), written.timelines[0].spans.size());
  EXPECT_EQ(read->timelines[0].spans[1].stage, written.timelines[0].spans[1].stage);
  EXPECT_EQ(read->timelines[0].spans[1].end_s, written.timelines[0].spans[1].end_s);
  ASSERT_EQ(read->costs.size(), written.costs.size());
  EXPECT_EQ(read->costs[0].stage_s, written.costs[0].stage_s);
  ASSERT_EQ(read->predictions.size(), written.predictions.size());
  EXPECT_EQ(read->predictions[0].points.back().limit, written.predictions[0].points.back().limit);
  EXPECT_EQ(read->predictions[0].checks[0].measured, written.predictions[0].checks[0].measured);
}

TEST(ResultsFile, HoldsEveryFigureOfARun) {
  TempTree tree;
  bench::Run run{.config = {"photos", "tbb-pipeline", 2, 64, 1}, .round = 7, .wall_s = 1.0 / 3, .cpu_s = 2.0 / 3};
  double figure = 0.1;
  for (double* field : {&run.pictures, &run.bytes_in, &run.bytes_out, &run.first_s, &run.latency_p50_s,
                        &run.latency_p95_s, &run.latency_p99_s, &run.peak_rss_bytes, &run.peak_held_bytes,
                        &run.peak_at_once, &run.voluntary_switches, &run.involuntary_switches}) {
    *field = figure *= 1.7;
  }
  for (double& stage : run.stage_s) stage = figure *= 1.7;
  ASSERT_TRUE(WriteResults({.runs = {run}}, tree.root() / "r.json"));
  const auto read = ReadResults(tree.root() / "r.json");
  ASSERT_TRUE(read) << read.error();
  ASSERT_EQ(read->runs.size(), 1);
  const bench::Run& back = read->runs[0];
  EXPECT_EQ(back.config, run.config);
  EXPECT_EQ(back.round, 7);
  EXPECT_DOUBLE_EQ(back.wall_s, run.wall_s);
  EXPECT_DOUBLE_EQ(back.cpu_s, run.cpu_s);
  EXPECT_THAT((std::vector{back.pictures, back.bytes_in, back.bytes_out, back.first_s, back.latency_p50_s,
                           back.latency_p95_s, back.latency_p99_s, back.peak_rss_bytes, back.peak_held_bytes,
                           back.peak_at_once, back.voluntary_switches, back.involuntary_switches}),
              ElementsAre(run.pictures, run.bytes_in, run.bytes_out, run.first_s, run.latency_p50_s, run.latency_p95_s,
                          run.latency_p99_s, run.peak_rss_bytes, run.peak_held_bytes, run.peak_at_once,
                          run.voluntary_switches, run.involuntary_switches));
  EXPECT_EQ(back.stage_s, run.stage_s);
}

TEST(ResultsFile, IsGoogleBenchmarks) {
  TempTree tree;
  const Config config{"photos", "tbb-pipeline", 2, 64, 1};
  Results results;
  for (int round = 0; round < 3; ++round) {
    results.runs.push_back({.config = config, .round = round, .wall_s = 1.0 + round, .cpu_s = 4, .pictures = 12});
  }
  ASSERT_TRUE(WriteResults(results, tree.root() / "r.json"));
  const Json json = ReadJson(tree.root() / "r.json");
  EXPECT_TRUE(json.at("context").contains("num_cpus"));
  ASSERT_EQ(json.at("benchmarks").size(), 3 + 4);
  const Json& second = json.at("benchmarks")[1];
  EXPECT_EQ(second.at("name"), ToString(config));
  EXPECT_EQ(second.at("run_name"), ToString(config));
  EXPECT_EQ(second.at("run_type"), "iteration");
  EXPECT_EQ(second.at("repetitions"), 3);
  EXPECT_EQ(second.at("repetition_index"), 1);
  EXPECT_EQ(second.at("iterations"), 1);
  EXPECT_EQ(second.at("time_unit"), "ms");
  EXPECT_DOUBLE_EQ(second.at("real_time"), 2000);
  EXPECT_DOUBLE_EQ(second.at("items_per_second"), 6);

  std::map<std::string, Json> aggregates;
  for (size_t i = 3; i < 7; ++i) {
    const Json& aggregate = json.at("benchmarks")[i];
    EXPECT_EQ(aggregate.at("run_type"), "aggregate");
    aggregates[aggregate.at("aggregate_name")] = aggregate;
  }
  EXPECT_EQ(aggregates["mean"].at("name"), ToString(config) + "_mean");
  EXPECT_DOUBLE_EQ(aggregates["mean"].at("real_time"), 2000);
  EXPECT_DOUBLE_EQ(aggregates["median"].at("cpu_time"), 4000);
  EXPECT_DOUBLE_EQ(aggregates["stddev"].at("real_time"), 1000);
  EXPECT_DOUBLE_EQ(aggregates["cv"].at("real_time"), 0.5);
  EXPECT_EQ(aggregates["cv"].at("aggregate_unit"), "percentage");
  EXPECT_DOUBLE_EQ(aggregates["mean"].at("pictures"), 12);

  const auto read = ReadResults(tree.root() / "r.json");
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->runs.size(), 3);
}

TEST(ResultsFile, MayBeEmpty) {
  TempTree tree;
  ASSERT_TRUE(WriteResults({}, tree.root() / "r.json"));
  const auto read = ReadResults(tree.root() / "r.json");
  ASSERT_TRUE(read) << read.error();
  EXPECT_TRUE(read->runs.empty());
}

TEST(ResultsFile, SurvivesWhatJsonCannotHold) {
  TempTree tree;
  Results results{.directory = "caf\xe9/</script>\n\"", .runs = {{.config = {"w", "s", 1, 1, 0}, .wall_s = 1}}};
  results.runs[0].first_s = std::numeric_limits<double>::quiet_NaN();
  results.runs[0].stage_s[0] = std::numeric_limits<double>::infinity();
  ASSERT_TRUE(WriteResults(results, tree.root() / "r.json"));
  const auto read = ReadResults(tree.root() / "r.json");
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->directory, "caf\xef\xbf\xbd/</script>\n\"");
  EXPECT_EQ(read->runs[0].first_s, 0);
  EXPECT_EQ(read->runs[0].stage_s[0], 0);
}

TEST(ResultsFile, KeepsTheOldOneWhereTheNewOneCannotBeWritten) {
  TempTree tree;
  const auto written = WriteResults({}, tree.root() / "missing" / "r.json");
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error(),
              AllOf(HasSubstr("missing/r.json: No such file or directory"), HasSubstr("cannot write")));

  std::filesystem::create_directories(tree.root() / "taken" / "inside");
  EXPECT_FALSE(WriteResults({}, tree.root() / "taken"));
  EXPECT_THAT(tree.Files(), ElementsAre());
}

TEST(ForeignFile, IsNamedWithTheReason) {
  TempTree tree;
  const auto missing = ReadResults(tree.root() / "none.json");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error(), HasSubstr("none.json: No such file or directory"));
  EXPECT_THAT(ReadResults(tree.root()).error(), HasSubstr("it is a directory"));
  for (const char* text : {"", "\xff\xd8\xff", "{", "{\"a\": NaN}", "[1,]"}) {
    EXPECT_THAT(ErrorOf(text), AllOf(HasSubstr("odd.json: it is no JSON"), Not(HasSubstr("\n")))) << text;
  }
  EXPECT_THAT(ErrorOf("{\"a\": 1e999}"), HasSubstr("a number in it is too large"));
  for (const char* text : {"null", "[]", "7", "{}", R"({"context": {}, "benchmarks": []})", R"({"tbbthumbs": 1})"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("it is no results file of tbbthumbs-bench")) << text;
  }
  EXPECT_THAT(ErrorOf(std::string(200'000, '[')), HasSubstr("it is no JSON"));
}

TEST(BrokenFile, IsNamedWithThePlace) {
  EXPECT_THAT(ErrorAfter([](Json& json) { json["tbbthumbs"]["format"] = 2; }), HasSubstr("a newer tbbthumbs-bench"));
  EXPECT_THAT(ErrorAfter([](Json& json) { json["tbbthumbs"] = 3; }), HasSubstr("tbbthumbs is no object"));
  EXPECT_THAT(ErrorAfter([](Json& json) { json["tbbthumbs"].erase("machine"); }),
              HasSubstr("tbbthumbs.machine is missing"));
  EXPECT_THAT(ErrorAfter([](Json& json) { json["tbbthumbs"]["workloads"][1]["bytes"] = "many"; }),
              HasSubstr("tbbthumbs.workloads[1].bytes is no whole number"));
  EXPECT_THAT(ErrorAfter([](Json& json) { json["tbbthumbs"]["machine"]["cpus"] = 1e300; }),
              HasSubstr("tbbthumbs.machine.cpus is no whole number"));
  EXPECT_THAT(ErrorAfter([](Json& json) { json["tbbthumbs"]["machine"]["cpus"] = 5'000'000'000; }),
              HasSubstr("tbbthumbs.machine.cpus is out of range"));
  EXPECT_THAT(ErrorAfter([](Json& json) { json["benchmarks"] = Json::object(); }), HasSubstr("benchmarks is no list"));
  EXPECT_THAT(ErrorAfter([](Json& json) { json["benchmarks"][0]["name"] = "BM_Other/8"; }),
              HasSubstr("benchmarks[0].name is no name like"));
  EXPECT_THAT(ErrorAfter([](Json& json) { json["benchmarks"][0]["time_unit"] = "ns"; }),
              HasSubstr("benchmarks[0].time_unit is not ms"));
  EXPECT_THAT(ErrorAfter([](Json& json) { json["benchmarks"][0]["real_time"] = 0; }),
              HasSubstr("benchmarks[0].real_time is 0"));
  EXPECT_THAT(ErrorAfter([](Json& json) { json["benchmarks"][0]["first_s"] = -1; }),
              HasSubstr("benchmarks[0].first_s is out of range"));
  EXPECT_THAT(ErrorAfter([](Json& json) { json["benchmarks"][0]["round"] = 0.5; }),
              HasSubstr("benchmarks[0].round is no whole number"));
  EXPECT_THAT(ErrorAfter([](Json& json) { json["benchmarks"][0].erase("pictures"); }),
              HasSubstr("benchmarks[0].pictures is missing"));
  EXPECT_THAT(ErrorAfter([](Json& json) {
                json["tbbthumbs"]["timelines"][0]["spans"][0] = {1, 2};
              }),
              HasSubstr("tbbthumbs.timelines[0].spans[0] has 2 items, not 5"));
  EXPECT_THAT(ErrorAfter([](Json& json) { json["tbbthumbs"]["timelines"][0]["spans"][0][1] = 5; }),
              HasSubstr("spans[0][1] is no stage"));
  EXPECT_THAT(ErrorAfter([](Json& json) { json["tbbthumbs"]["latencies"][0]["quantiles_s"] = nullptr; }),
              HasSubstr("tbbthumbs.latencies[0].quantiles_s is no list"));
}

// Every value of a file replaced by every kind of odd one: an answer each time, whatever it is.
TEST(BrokenFile, IsNeverACrash) {
  TempTree tree;
  const std::filesystem::path file = tree.root() / "results.json";
  Results results = SmallResults();
  results.runs.resize(2);
  results.costs.resize(1);
  results.latencies.resize(1);
  results.workloads.resize(1);
  results.timelines[0].spans.resize(2);
  results.predictions.resize(1);
  results.latencies[0].quantiles_s.resize(2);
  ASSERT_TRUE(WriteResults(results, file));
  const Json whole = ReadJson(file).flatten();
  int refused = 0;
  for (const auto& [key, value] : whole.items()) {
    for (const Json& odd : {Json(nullptr), Json(-1), Json(1e308), Json("x"), Json(true), Json(UINT64_MAX)}) {
      Json changed = whole;
      changed[key] = odd;
      const std::string error = ErrorOf(changed.unflatten().dump());
      EXPECT_THAT(error, Not(HasSubstr("\n"))) << key;
      if (error != "was read") ++refused;
    }
  }
  EXPECT_GT(refused, 300);
}

}  // namespace
}  // namespace tbbthumbs::bench
