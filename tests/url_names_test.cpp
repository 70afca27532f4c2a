// Names of the thumbnails of pictures from the web; plans, shards and pruning.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/exif_fixture.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/pictures.h"
#include "tests/support/url_fixture.h"

namespace tbbthumbs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::ProcessResult;

class UrlNamesTest : public testing::UrlFixture {
 protected:
  void SetUp() override {
    UrlFixture::SetUp();
    if (IsSkipped()) return;
    for (const char* name : {"a.jpg", "in/a.jpg", "in/b.jpg"})
      tree_.Write(std::string("web/") + name, testing::JpegFile({90, 60}));
  }

  Words NamesBy(const Words& words) {
    std::filesystem::remove_all(tree_.root() / "out");
    Fetch(words);
    Words names;
    for (const auto& [name, bytes] : Tree("out")) names.push_back(name);
    return names;
  }

  // Of all pictures, by the address.
  std::map<std::string, std::string> OutputsOf(const ProcessResult& result) const {
    std::map<std::string, std::string> outputs;
    for (const auto& record : JsonLines(result.out)) {
      if (record["type"] == "picture") outputs[record["input"]] = record["outputs"][0]["path"];
    }
    return outputs;
  }
};

TEST_F(UrlNamesTest, FieldsOfAddresses) {
  WriteList({Url("a.jpg"), Url("in/a.jpg"), "http://localhost:" + std::to_string(server_->port()) + "/in/b.jpg"});
  EXPECT_THAT(NamesBy({"--name", "{host}/{dir}/{stem}"}),
              ElementsAre("127.0.0.1/a.jpg", "127.0.0.1/in/a.jpg", "localhost/in/b.jpg"));
  const Words hashed = NamesBy({"--name", "{url_hash:8}"});
  ASSERT_EQ(hashed.size(), 3u);
  for (const std::string& name : hashed) {
    EXPECT_TRUE(std::regex_match(name, std::regex("[0-9a-f]{8}\\.jpg"))) << name;
  }
  EXPECT_EQ(NamesBy({"--name", "{url_hash:8}", "--order", "arrival"}), hashed);
  EXPECT_THAT(NamesBy({"--name", "{seq:03}-{stem}"}), ElementsAre("001-a.jpg", "002-a.jpg", "003-b.jpg"));
}

TEST_F(UrlNamesTest, NamesInTheList) {
  WriteList({Url("a.jpg") + "\tanimals/cat", Url("in/a.jpg") + "\t animals/../dog.png \r",
             Url("in/b.jpg") + "\t/abs/v1.5", Url("in/b.jpg?2") + "\t../../../escape", Url("in/b.jpg?3") + "\t",
             Url("in/b.jpg?4") + "\tanimals/cat.jpg"});
  EXPECT_THAT(NamesBy({"--name", "{dir}/{stem}"}),
              ::testing::UnorderedElementsAre("animals/cat.jpg", "animals/dog.jpg", "abs/v1.5.jpg", "escape.jpg",
                                              "in/b.jpg", ::testing::MatchesRegex("animals/cat_.*\\.jpg")));
  EXPECT_THAT(tree_.Files(), ::testing::Not(::testing::Contains("escape.jpg")));
}

TEST_F(UrlNamesTest, AServersPathsStayInTheOutput) {
  WriteList({Url("..%2f..%2f..%2fa.jpg"), Url("in/%2e%2e/%2e%2e/a.jpg"), Url("_/to?url=/a.jpg#../../x"),
             Url("in/..%5c..%5ca.jpg"), Url("%2Ftmp/a.jpg")});
  const ProcessResult result = Run(FetchLine({"--save-originals", "originals"}));
  for (const auto& record : JsonLines(result.out)) {
    if (!record.contains("outputs")) continue;
    const std::string path = record["outputs"][0]["path"];
    EXPECT_EQ(path.find(".."), std::string::npos) << path;
    EXPECT_TRUE(path.starts_with("out/")) << path;
  }
  for (const std::string& file : tree_.Files()) {
    EXPECT_TRUE(file.starts_with("web/") || file.starts_with("out/") || file.starts_with("originals/127.0.0.1/") ||
                file == "urls.txt")
        << file;
  }
}

// Who is earlier in the list has the name, whoever comes first.
TEST_F(UrlNamesTest, NamesAreTakenInTheOrderOfTheList) {
  const Words lines{Url("_/delay/400/a.jpg") + "\tx", Url("_/delay/200/a.jpg") + "\tx", Url("a.jpg") + "\tx",
                    Url("a.jpg?1") + "\tx", Url("a.jpg") + "\tx"};
  WriteList(lines);
  const auto by_list = OutputsOf(Fetch());
  std::filesystem::remove_all(tree_.root() / "out");
  const ProcessResult arrived = Fetch({"--order", "arrival"});
  EXPECT_EQ(OutputsOf(arrived), by_list);
  EXPECT_EQ(by_list.at(Url("_/delay/400/a.jpg")), "out/x_64.jpg");
  EXPECT_EQ(Tree("out").size(), lines.size());
  // By records it is seen that they did come in another order.
  const auto records = JsonLines(arrived.out);
  EXPECT_EQ(records[records.size() - 2]["input"], Url("_/delay/400/a.jpg"));
}

TEST_F(UrlNamesTest, ByWhatThePicturesHold) {
  tree_.Write(
      "web/dated.jpg",
      testing::MakeJpeg({.size = {90, 60}, .exif = testing::MakeExif({.date_time_original = "2024:05:01 12:30:59"})}));
  WriteList({Url("_/delay/300/dated.jpg"), Url("a.jpg"), Url("missing.jpg"), Url("in/b.jpg")});
  for (const char* order : {"list", "arrival"}) {
    SCOPED_TRACE(order);
    std::filesystem::remove_all(tree_.root() / "out");
    const Words words{"--name", "{date:%Y}/{seq}_{input_hash:8}", "--order", order};
    Fetch(words, 1);
    const auto before = Tree("out");
    EXPECT_EQ(before.size(), 3u);
    EXPECT_TRUE(before.begin()->first.starts_with("2024/1_")) << before.begin()->first;
    const auto again = Summary(Fetch(words, 1));
    EXPECT_EQ(again["up_to_date"], 3) << again;
    ExpectSame(Tree("out"), before);
  }
}

class UrlPlanTest : public UrlNamesTest {
 protected:
  static constexpr int kPictures = 20;

  void SetUp() override {
    UrlNamesTest::SetUp();
    if (IsSkipped()) return;
    Words lines;
    for (int i = 0; i < kPictures; ++i) lines.push_back(Url("a.jpg?" + std::to_string(i)) + "\tp/" + std::to_string(i));
    lines.push_back(Url("missing.jpg"));
    WriteList(lines);
  }

  ProcessResult RunTo(int exit_code, const Words& words) const {
    ProcessResult result = Run(words);
    EXPECT_EQ(result.exit_code, exit_code) << words.front() << ": " << result.err;
    return result;
  }
};

TEST_F(UrlPlanTest, ShardsMakeWhatOneRunMakes) {
  RunTo(0, {"plan", "--urls", "urls.txt", "-o", "out", "-s", "64", "--plan", "plan.db", "--shards", "3"});
  EXPECT_THAT(server_->Log(), IsEmpty()) << "planning asks nobody";
  int failed = 0;
  for (const char* shard : {"0/3", "1/3", "2/3"}) {
    const ProcessResult result = Run({"run", "--plan", "plan.db", "--shard", shard, "--allow-private"});
    EXPECT_THAT(result.exit_code, ::testing::AnyOf(0, 1)) << result.err;
    failed += result.exit_code;
  }
  EXPECT_EQ(failed, 1);
  const ProcessResult merged = Run({"merge", "--plan", "plan.db", "--json"});
  EXPECT_EQ(Summary(merged)["made"], kPictures) << merged.out << merged.err;
  EXPECT_EQ(Summary(merged)["failed"], 1);
  const auto sharded = Tree("out");
  EXPECT_EQ(sharded.size(), size_t{kPictures});
  EXPECT_EQ(LinesWith(Run({"failed", "out"}).out, Url("missing.jpg")), 1u);
  const size_t asked = server_->Log().size();

  // The journal of all knows what servers said.
  const auto again = Summary(Fetch({}, 1));
  EXPECT_EQ(again["up_to_date"], kPictures) << again;
  EXPECT_EQ(again["urls"]["not_modified"], kPictures) << again;
  EXPECT_EQ(again["known_failures"], 1) << again;
  EXPECT_EQ(server_->Log().size(), asked + kPictures);
  std::filesystem::remove_all(tree_.root() / "out");
  Fetch({}, 1);
  ExpectSame(sharded, Tree("out"));
}

TEST_F(UrlPlanTest, AShardWithoutLeaveAsksNobodyAtPrivateAddresses) {
  RunTo(0, {"plan", "--urls", "urls.txt", "-o", "out", "--plan", "plan.db", "--shards", "1", "--allow-private"});
  const ProcessResult result = Run({"run", "--plan", "plan.db", "--shard", "0/1"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.err, HasSubstr("not without allow-private"));
  EXPECT_THAT(server_->Log(), IsEmpty());
}

TEST_F(UrlPlanTest, PruningLeavesWhatIsOfAddresses) {
  tree_.Write("photos/1.jpg", testing::JpegFile({90, 60}));
  tree_.Write("photos/2.jpg", testing::JpegFile({90, 60}));
  Fetch({}, 1);
  RunTo(0, {"photos", "-o", "out", "-s", "64"});
  const auto before = Tree("out");
  EXPECT_EQ(before.size(), size_t{kPictures} + 2);
  std::filesystem::remove(tree_.root() / "photos/1.jpg");
  std::filesystem::remove(tree_.root() / "web/a.jpg");
  const ProcessResult pruned = RunTo(0, {"prune", "-o", "out", "--json"});
  EXPECT_EQ(Summary(pruned)["pruned"], 1) << pruned.out << pruned.err;
  EXPECT_GE(Summary(pruned)["addresses"], kPictures);
  EXPECT_EQ(Tree("out").size(), before.size() - 1);
  const auto status = Summary(RunTo(0, {"status", "-o", "out", "--json"}));
  EXPECT_EQ(status["made"], kPictures + 1) << status;
}

}  // namespace
}  // namespace tbbthumbs
