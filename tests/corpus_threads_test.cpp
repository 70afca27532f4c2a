// Odd and hostile pictures of the corpus under plain threads, which the thread sanitizer can follow: what becomes of
// each is what the list of outcomes says.
//
// TBBTHUMBS_WHOLE_CORPUS=1 takes all of them, which takes minutes when sanitized; else some.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "bench/strategies/strategies.h"
#include "pipeline/file_system.h"
#include "pipeline/stages.h"
#include "tests/support/corpus.h"
#include "tests/support/temp_tree.h"
#include "tests/support/thinning.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;

// One file of so many, unless all are wanted.
constexpr size_t kSome = 3;

struct Mode {
  std::string name;
  Strictness strictness;
  int column;  // of the list
};
void PrintTo(const Mode& mode, std::ostream* stream) { *stream << mode.name; }

// Of those of the list that lie in the corpus as they are.
std::vector<std::pair<fs::path, std::string>> ListedOutcomes(const fs::path& corpus, int column) {
  std::vector<std::pair<fs::path, std::string>> outcomes;
  std::ifstream list(fs::path(TBBTHUMBS_SOURCE_DIR) / "tests/golden/corpus_outcomes.tsv");
  for (std::string line; std::getline(list, line);) {
    std::istringstream fields(line);
    std::string path;
    std::string outcome;
    std::getline(fields, path, '\t');
    for (int i = 0; i < column; ++i) std::getline(fields, outcome, '\t');
    if (fs::is_regular_file(corpus / path)) outcomes.emplace_back(corpus / path, outcome);
  }
  return outcomes;
}

// In the list's words.
std::string OutcomeOf(const PictureResult& result) {
  if (result.outcome == Outcome::kMade) return result.salvaged() ? "salvaged" : "made";
  if (result.outcome != Outcome::kFailed || !result.error) return "neither";
  std::string code(ErrorCodeName(result.error->code));
  return result.error->code == ErrorCode::kUnsupported ? code + ": " + result.error->message : code;
}

class CorpusThreadsTest : public ::testing::TestWithParam<Mode> {};

TEST_P(CorpusThreadsTest, OutcomesAreThoseOfTheList) {
  const auto corpus = testing::FindCorpus(TBBTHUMBS_SOURCE_DIR);
  if (!corpus || !fs::is_directory(*corpus / "hostile") || !fs::is_directory(*corpus / "conformance")) {
    GTEST_SKIP() << "no corpus of hostile files here (set TBBTHUMBS_CORPUS)";
  }
  const auto listed = ListedOutcomes(*corpus, GetParam().column);
  const char* const whole = std::getenv("TBBTHUMBS_WHOLE_CORPUS");
  const size_t step = whole != nullptr && *whole == '1' ? 1 : kSome * testing::kThinning;
  std::map<fs::path, std::string> expected;
  // Others in each mode.
  for (size_t i = static_cast<size_t>(GetParam().column) % step; i < listed.size(); i += step)
    expected.insert(listed[i]);
  ASSERT_FALSE(expected.empty());

  const testing::TempTree tree;
  JobOptions options;
  for (const auto& [path, outcome] : expected) options.input.paths.push_back(path);
  options.output = tree.root() / "out";
  fs::create_directory(options.output);
  options.specs.sizes = {{256, 256}, {20, 20}};
  options.specs.strictness = GetParam().strictness;
  // Sanitized it all takes ten times as long.
  options.limits.cpu_deadline = std::chrono::minutes(5);
  std::map<fs::path, std::string> seen;
  Stages stages(
      RealFileSystem(), options, [&](const PictureResult& result) { seen[result.input] = OutcomeOf(result); }, [] {});
  bench::Usage usage;
  const bench::Knobs knobs{.threads = 4, .tokens = 16, .io_threads = 3};
  ASSERT_TRUE(bench::FindStrategy("std-pipeline")->run(stages, knobs, usage));
  stages.publisher().RemoveTemporaryDirectory();

  const RunSummary summary = stages.publisher().counters();
  std::printf("%zu of %zu files: %llu made, %llu failed\n", expected.size(), listed.size(),
              static_cast<unsigned long long>(summary.made), static_cast<unsigned long long>(summary.failed));
  RecordProperty("outcomes", static_cast<int>(expected.size()));
  for (const auto& [path, outcome] : expected) EXPECT_EQ(seen[path], outcome) << path;
  EXPECT_EQ(seen.size(), expected.size());
  EXPECT_EQ(summary.inputs, expected.size());
  EXPECT_EQ(summary.made + summary.failed, summary.inputs);
  EXPECT_EQ(summary.thumbnails, summary.made * 2);
  EXPECT_EQ(tree.Files("out").size(), summary.thumbnails);
  uint64_t failed = 0;
  for (const uint64_t count : summary.failed_by_code) failed += count;
  EXPECT_EQ(failed, summary.failed);
}

INSTANTIATE_TEST_SUITE_P(, CorpusThreadsTest,
                         ::testing::Values(Mode{"FailTruncated", Strictness::kFailTruncated, 1},
                                           Mode{"Salvage", Strictness::kSalvage, 2},
                                           Mode{"Strict", Strictness::kStrict, 3}),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace tbbthumbs
