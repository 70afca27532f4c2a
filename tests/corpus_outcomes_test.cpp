// What becomes of every odd and hostile picture of the corpus, through the command: a list that is kept, so that no
// change of an outcome goes unseen. TBBTHUMBS_UPDATE_GOLDEN=1 writes the list anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/corpus.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::array<const char*, 3> kModes = {"fail-truncated", "salvage", "strict"};
// In the order of kModes.
using Outcomes = std::array<std::string, kModes.size()>;
// By path, relative to the corpus.
using OutcomeList = std::map<std::string, Outcomes>;

const fs::path kGolden = fs::path(TBBTHUMBS_SOURCE_DIR) / "tests/golden/corpus_outcomes.tsv";
constexpr const char* kArchive = "generated-names-dirs-links.tar";

std::string OutcomeOf(const json& picture) {
  std::string outcome = picture["outcome"];
  if (outcome == "made") return picture["salvaged"] ? "salvaged" : "made";
  if (outcome != "failed") return outcome;
  const std::string code = picture["error"]["code"];
  // Of what is refused by name, the name.
  return code == "unsupported" ? code + ": " + picture["error"]["message"].get<std::string>() : code;
}

// Names hold tabs.
std::string Escaped(const std::string& path) {
  std::string escaped;
  for (const char c : path) {
    if (c == '\t') {
      escaped += "\\t";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string Line(const std::string& path, const Outcomes& outcomes) {
  std::string line = Escaped(path);
  for (const std::string& outcome : outcomes) line.append("\t").append(outcome);
  return line;
}

std::vector<std::string> GoldenLines() {
  std::vector<std::string> lines;
  std::ifstream file(kGolden);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

void WriteGolden(const std::vector<std::string>& lines) {
  fs::create_directories(kGolden.parent_path());
  std::ofstream file(kGolden);
  for (const std::string& line : lines) file << line << '\n';
}

// Those of `these` that are not among `others`, both sorted: at most 50.
std::string Missing(const std::vector<std::string>& these, const std::vector<std::string>& others, char mark) {
  std::vector<std::string> missing;
  std::set_difference(these.begin(), these.end(), others.begin(), others.end(), std::back_inserter(missing));
  std::string text;
  for (size_t i = 0; i < missing.size() && i < 50; ++i) text.append(1, mark).append(missing[i]).append("\n");
  if (missing.size() > 50) text.append("and ").append(std::to_string(missing.size() - 50)).append(" more\n");
  return text;
}

class CorpusOutcomesTest : public testing::CommandFixture {
 protected:
  void SetUp() override {
    const auto corpus = testing::FindCorpus(TBBTHUMBS_SOURCE_DIR);
    if (!corpus || !fs::is_directory(*corpus / "hostile") || !fs::is_directory(*corpus / "conformance")) {
      GTEST_SKIP() << "no corpus of hostile files here (set TBBTHUMBS_CORPUS)";
    }
    corpus_ = *corpus;
    for (const char* set : {"conformance", "hostile"}) AddFiles(corpus_ / set, corpus_);
    ASSERT_NO_FATAL_FAILURE(UnpackArchive());
  }

  // Of each input that is named, the outcome in that mode; the counters are compared with them.
  void RunMode(size_t mode, OutcomeList& outcomes) {
    std::ofstream list(tree_.root() / "inputs", std::ios::binary);
    for (const auto& [path, relative] : inputs_) list << path << '\0';
    list.close();
    const auto result = Run({"-o", "out", "--no-journal", "--json", "--null", "--files-from", "inputs", "-s", "256",
                             "-s", "20", "--timeout", "20", "--on-damage", kModes[mode]},
                            {.timeout = std::chrono::seconds(280)});
    fs::remove_all(tree_.root() / "out");
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_LT(result.peak_kb, kMostKilobytes) << kModes[mode];
    std::map<std::string, uint64_t> counts;
    json summary;
    for (const json& line : JsonLines(result.out)) {
      if (line["type"] == "summary") summary = line;
      if (line["type"] != "picture") continue;
      std::string path = line["input"];
      ASSERT_TRUE(inputs_.contains(path)) << path;
      outcomes[inputs_[path]][mode] = OutcomeOf(line);
      ++counts["inputs"];
      ++counts[line["outcome"]];
      if (line.value("salvaged", false)) ++counts["salvaged"];
      if (line.contains("error")) ++counts[line["error"]["code"]];
    }
    ASSERT_TRUE(summary.is_object()) << result.err;
    EXPECT_EQ(counts["inputs"], inputs_.size());
    EXPECT_EQ(counts["inputs"], counts["made"] + counts["failed"]) << "all were named one by one";
    for (const char* name : {"inputs", "made", "failed", "salvaged"}) EXPECT_EQ(summary[name], counts[name]) << name;
    uint64_t failed = 0;
    for (const auto& [code, count] : summary["failed_by_code"].items()) {
      EXPECT_EQ(count, counts[code]) << code;
      failed += count.get<uint64_t>();
    }
    EXPECT_EQ(failed, counts["failed"]);
    for (const char* code : {"timeout", "internal", "out_of_memory"}) EXPECT_EQ(counts[code], 0U) << code;
  }

  // What the command holds at most for any of them, and much less than one picture of theirs says that it needs.
#ifdef TBBTHUMBS_SANITIZED
  static constexpr long kMostKilobytes = 4L << 20;
#else
  static constexpr long kMostKilobytes = 200L << 10;
#endif

  fs::path corpus_;
  std::map<std::string, std::string> inputs_;  // by path, the name in the list

 private:
  void AddFiles(const fs::path& directory, const fs::path& root, const std::string& prefix = "") {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory)) {
      const fs::path& path = entry.path();
      if (fs::is_directory(entry.symlink_status()) || path.filename() == "MANIFEST.tsv" || path.extension() == ".tar") {
        continue;
      }
      inputs_[path.native()] = prefix + path.lexically_relative(root).native();
    }
  }

  // Odd names, and links that lead nowhere and to themselves.
  void UnpackArchive() {
    const fs::path archive = corpus_ / "hostile" / kArchive;
    if (!fs::exists(archive)) return;
    const fs::path unpacked = tree_.root() / "unpacked";
    fs::create_directory(unpacked);
    ASSERT_EQ(testing::RunProcess("/bin/tar", {"-xf", archive, "-C", unpacked}).exit_code, 0);
    AddFiles(unpacked, unpacked, "hostile/generated/");
  }
};

TEST_F(CorpusOutcomesTest, AreThoseOfTheListInEveryMode) {
  OutcomeList outcomes;
  for (size_t mode = 0; mode < kModes.size(); ++mode) ASSERT_NO_FATAL_FAILURE(RunMode(mode, outcomes));
  std::vector<std::string> lines;
  lines.reserve(outcomes.size());
  for (const auto& [path, of_path] : outcomes) lines.push_back(Line(path, of_path));
  std::sort(lines.begin(), lines.end());
  RecordProperty("outcomes", static_cast<int>(lines.size() * kModes.size()));
  if (const char* update = std::getenv("TBBTHUMBS_UPDATE_GOLDEN"); update != nullptr && *update == '1') {
    WriteGolden(lines);
    GTEST_SKIP() << kGolden << " is written anew, " << lines.size() << " lines";
  }
  const std::vector<std::string> golden = GoldenLines();
  ASSERT_TRUE(std::is_sorted(golden.begin(), golden.end()));
  EXPECT_TRUE(lines == golden) << "path, then the outcomes of fail-truncated, salvage and strict:\n"
                               << Missing(golden, lines, '-') << Missing(lines, golden, '+')
                               << "If that is meant: TBBTHUMBS_UPDATE_GOLDEN=1 writes the list anew.";
}

}  // namespace
}  // namespace tbbthumbs
