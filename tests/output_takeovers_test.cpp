#include "pipeline/output_takeovers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/temp_tree.h"

namespace tbbthumbs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class OutputTakeoversTest : public ::testing::Test {
 protected:
  OutputTakeoversTest() {
    auto opened = JournalStore::Open((tree_.root() / "journal.db").string(), JournalStore::Mode::kWrite);
    EXPECT_TRUE(opened);
    store_ = std::move(*opened);
  }

  static JournalEntry Made(const std::string& input, const std::vector<std::string>& outputs) {
    JournalEntry entry{input, {}};
    for (const std::string& output : outputs) entry.row.outputs.push_back({output, 1});
    return entry;
  }

  std::map<std::string, std::vector<std::string>> Outputs() const {
    std::map<std::string, std::vector<std::string>> all;
    EXPECT_TRUE(store_->ForEach(std::nullopt, [&](const std::string& input, const JournalRow& row) {
      std::vector<std::string>& outputs = all[input];
      for (const JournalOutput& output : row.outputs) outputs.push_back(output.path);
      return true;
    }));
    return all;
  }

  testing::TempTree tree_;
  std::unique_ptr<JournalStore> store_;
};

TEST_F(OutputTakeoversTest, RowsOfOthersLoseWhatIsTaken) {
  ASSERT_TRUE(store_->Write(std::vector{Made("/in/a.jpg", {"a.jpg", "a_64.jpg"}), Made("/in/a.png", {"a.jpg"}),
                                        Made("/in/b.jpg", {"b.jpg"})}));
  OutputTakeovers takeovers;
  takeovers.AddOwner("/in/a.png");
  EXPECT_TRUE(takeovers.empty());
  takeovers.AddOutput("a.jpg");
  EXPECT_FALSE(takeovers.empty());
  ASSERT_TRUE(takeovers.TakeFromOthers(*store_));
  EXPECT_THAT(Outputs(), ElementsAre(Pair("/in/a.jpg", ElementsAre("a_64.jpg")),
                                     Pair("/in/a.png", ElementsAre("a.jpg")), Pair("/in/b.jpg", ElementsAre("b.jpg"))));
}

TEST_F(OutputTakeoversTest, RowsWithoutAnyAreDroppedButFailuresStay) {
  JournalEntry failed = Made("/in/cut.jpg", {"a.jpg"});
  failed.row.status = PictureStatus::kFailed;
  failed.row.error = Error{ErrorCode::kTruncated, "cut"};
  ASSERT_TRUE(store_->Write(std::vector{failed, Made("/in/gone.jpg", {"a.jpg"})}));
  OutputTakeovers takeovers;
  takeovers.AddOwner("/in/a.png");
  takeovers.AddOutput("a.jpg");
  ASSERT_TRUE(takeovers.TakeFromOthers(*store_));
  EXPECT_THAT(Outputs(), ElementsAre(Pair("/in/cut.jpg", IsEmpty())));
}

TEST_F(OutputTakeoversTest, ManyRowsAreChangedInBatches) {
  constexpr int kRows = 2500;
  std::vector<JournalEntry> entries;
  OutputTakeovers takeovers;
  for (int i = 0; i < kRows; ++i) {
    const std::string name = std::to_string(i) + ".jpg";
    entries.push_back(Made("/in/" + name, {name, "kept_" + name}));
    takeovers.AddOutput(name);
  }
  ASSERT_TRUE(store_->Write(entries));
  ASSERT_TRUE(takeovers.TakeFromOthers(*store_));
  const auto outputs = Outputs();
  EXPECT_EQ(outputs.size(), static_cast<size_t>(kRows));
  for (const auto& [input, kept] : outputs) EXPECT_THAT(kept, ElementsAre("kept_" + input.substr(4)));
}

}  // namespace
}  // namespace tbbthumbs
