#include "pipeline/journal_prune.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/memory_file_system.h"
#include "tests/support/temp_tree.h"

namespace tbbthumbs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Files in memory, and a journal of them on the disk.
class JournalPruneTest : public ::testing::Test {
 protected:
  JournalPruneTest() {
    auto store = JournalStore::Open((tree_.root() / "journal.db").string(), JournalStore::Mode::kWrite);
    EXPECT_TRUE(store) << store.error().message;
    store_ = std::move(*store);
    files_.AddDirectory("/out/.tbbthumbs");
    callbacks_.on_thumbnail = [this](const PrunedThumbnail& thumbnail) { removed_.push_back(thumbnail.path); };
    callbacks_.on_problem = [this](const std::string& path, const Error&) { problems_.push_back(path); };
  }

  // A row, and its thumbnails of 100 bytes each.
  void AddGone(const std::string& input, const std::vector<std::string>& outputs,
               PictureStatus status = PictureStatus::kMade) {
    JournalEntry entry{.input = input, .row = {.status = status}};
    if (status == PictureStatus::kFailed) entry.row.error = Error{ErrorCode::kCorrupt, "broken"};
    for (const std::string& output : outputs) {
      entry.row.outputs.push_back(Output(output, 100));
      files_.AddFile("/out/" + output, std::vector<std::byte>(100), kMade);
    }
    const auto written = store_->Write({&entry, 1});
    EXPECT_TRUE(written) << written.error().message;
  }
  void AddThere(const std::string& input, const std::vector<std::string>& outputs) {
    AddGone(input, outputs);
    files_.AddFile(input);
  }

  static JournalOutput Output(const std::string& path, uint64_t bytes = 0, uint64_t options = 1) {
    return {path, options, bytes, kMade};
  }

  PruneSummary Prune(PruneOptions options = {}) {
    options.output = "/out";
    removed_.clear();
    problems_.clear();
    PruneSummary summary = PruneThumbnails(files_, *store_, options, callbacks_);
    EXPECT_FALSE(summary.failure) << summary.failure->message;
    return summary;
  }

  std::vector<std::string> Inputs() {
    std::vector<std::string> inputs;
    const auto read = store_->ForEach(std::nullopt, [&](const std::string& input, const JournalRow&) {
      inputs.push_back(input);
      return true;
    });
    EXPECT_TRUE(read) << read.error().message;
    return inputs;
  }

  std::vector<std::string> Thumbnails() const {
    std::vector<std::string> thumbnails;
    for (const std::string& file : files_.Files()) {
      if (file.starts_with("/out/")) thumbnails.push_back(file.substr(5));
    }
    return thumbnails;
  }

  // Makes this operation fail for this path.
  void MakeFail(const std::string& operation, const std::string& path) {
    files_.on_call = [=](const std::string& called, const std::string& with) -> std::optional<Error> {
      if (called == operation && with == path) return Error{ErrorCode::kIo, "no permission"};
      return std::nullopt;
    };
  }

  static constexpr std::chrono::nanoseconds kMade{1'700'000'000'123'456'789};

  testing::TempTree tree_;
  testing::MemoryFileSystem files_;
  std::unique_ptr<JournalStore> store_;
  PruneCallbacks callbacks_;
  std::vector<std::string> removed_;
  std::vector<std::string> problems_;
};

TEST_F(JournalPruneTest, RemovesTheThumbnailsOfWhatIsGoneThenItsRow) {
  AddThere("/home/in/a.jpg", {"a_64.jpg", "a_256.jpg"});
  AddGone("/home/in/b.jpg", {"b_64.jpg", "b_256.jpg"});
  const PruneSummary summary = Prune();
  EXPECT_THAT(Thumbnails(), ElementsAre("a_256.jpg", "a_64.jpg"));
  EXPECT_THAT(Inputs(), ElementsAre("/home/in/a.jpg"));
  EXPECT_THAT(removed_, ElementsAre("/out/b_64.jpg", "/out/b_256.jpg"));
  EXPECT_EQ(summary.inputs, 2u);
  EXPECT_EQ(summary.there, 1u);
  EXPECT_EQ(summary.pruned, 1u);
  EXPECT_EQ(summary.thumbnails, 2u);
  EXPECT_EQ(summary.bytes, 200u);
  EXPECT_EQ(Prune().pruned, 0u);
}

TEST_F(JournalPruneTest, AlsoRowsWithoutThumbnails) {
  AddThere("/home/in/a.jpg", {});
  AddGone("/home/in/b.jpg", {}, PictureStatus::kFailed);
  AddGone("/home/in/c.txt", {}, PictureStatus::kSkipped);
  EXPECT_EQ(Prune().pruned, 2u);
  EXPECT_THAT(Inputs(), ElementsAre("/home/in/a.jpg"));
}

TEST_F(JournalPruneTest, AnEmptyJournalIsNothingToPrune) {
  const PruneSummary summary = Prune();
  EXPECT_FALSE(summary.all_missing);
  EXPECT_EQ(summary.inputs, 0u);
}

TEST_F(JournalPruneTest, WhatAnotherInputHasStays) {
  AddThere("/home/before/a.jpg", {"x.jpg"});
  AddGone("/home/in/a.jpg", {"x.jpg", "y.jpg", "z.jpg"});
  AddThere("/home/later/a.jpg", {"y.jpg"});
  AddThere("/home/in/there.jpg", {});
  EXPECT_EQ(Prune().thumbnails, 1u);
  EXPECT_THAT(Thumbnails(), ElementsAre("x.jpg", "y.jpg"));
  EXPECT_EQ(Inputs().size(), 3u);
}

TEST_F(JournalPruneTest, WhatAnInputOnAMissingDiskHasStays) {
  AddThere("/home/in/a.jpg", {});
  AddGone("/home/in/b.jpg", {"x.jpg"});
  AddGone("/data/disk/b.jpg", {"x.jpg"});
  files_.AddDirectory("/data/disk");
  EXPECT_EQ(Prune().pruned, 1u);
  EXPECT_THAT(Thumbnails(), ElementsAre("x.jpg"));
}

TEST_F(JournalPruneTest, OfTwoThatAreGoneTheOneRemovesIt) {
  AddThere("/home/in/a.jpg", {});
  AddGone("/home/in/b.jpg", {"x.jpg"});
  AddGone("/home/in/c.jpg", {"x.jpg"});
  EXPECT_EQ(Prune({.dry_run = true}).thumbnails, 1u);
  const PruneSummary summary = Prune();
  EXPECT_EQ(summary.thumbnails, 1u);
  EXPECT_EQ(summary.pruned, 2u);
}

TEST_F(JournalPruneTest, WhatCantBeLookedUpIsKept) {
  AddThere("/home/in/a.jpg", {});
  AddGone("/home/in/b.jpg", {"b.jpg"});
  MakeFail("Stat", "/home/in/b.jpg");
  const PruneSummary summary = Prune();
  EXPECT_EQ(summary.unknown, 1u);
  EXPECT_EQ(summary.pruned, 0u);
  EXPECT_THAT(Thumbnails(), ElementsAre("b.jpg"));
  EXPECT_EQ(Inputs().size(), 2u);
}

TEST_F(JournalPruneTest, ALinkThatPointsNowhereIsThere) {
  AddGone("/home/in/a.jpg", {"a.jpg"});
  files_.AddLink("/home/in/a.jpg", "/data/disk/a.jpg");
  EXPECT_EQ(Prune().there, 1u);
  EXPECT_THAT(Thumbnails(), ElementsAre("a.jpg"));
}

TEST_F(JournalPruneTest, WhereNothingIsThereNothingIsDone) {
  AddGone("/home/in/a.jpg", {"a.jpg"});
  AddGone("/home/in/b.jpg", {"b.jpg"});
  files_.AddFile("/home/in/other.txt");
  EXPECT_TRUE(Prune().all_missing);
  EXPECT_EQ(Thumbnails().size(), 2u);
  EXPECT_EQ(Inputs().size(), 2u);
  const PruneSummary summary = Prune({.even_all = true});
  EXPECT_FALSE(summary.all_missing);
  EXPECT_EQ(summary.pruned, 2u);
  EXPECT_THAT(Thumbnails(), IsEmpty());
}

TEST_F(JournalPruneTest, OfTwoDisksTheOneThatIsMissing) {
  AddThere("/data/one/a.jpg", {"one/a.jpg"});
  AddGone("/data/one/b.jpg", {"one/b.jpg"});
  AddGone("/data/two/a.jpg", {"two/a.jpg"});
  AddGone("/data/two/2023/b.jpg", {"two/2023/b.jpg"});
  files_.AddDirectory("/data/two");
  const PruneSummary summary = Prune();
  EXPECT_EQ(summary.pruned, 1u);
  EXPECT_EQ(summary.kept, 2u);
  ASSERT_EQ(summary.kept_places.size(), 1u);
  EXPECT_EQ(summary.kept_places[0].directory, "/data/two");
  EXPECT_EQ(summary.kept_places[0].pictures, 2u);
  EXPECT_THAT(Thumbnails(), ElementsAre("one/a.jpg", "two/2023/b.jpg", "two/a.jpg"));
  EXPECT_EQ(Prune({.even_all = true}).pruned, 2u);
  EXPECT_THAT(Thumbnails(), ElementsAre("one/a.jpg"));
}

TEST_F(JournalPruneTest, DirectoriesThatBecomeEmptyGoToo) {
  AddThere("/home/in/2024/a.jpg", {"2024/a.jpg"});
  AddGone("/home/in/2023/05/b.jpg", {"2023/05/b.jpg"});
  AddGone("/home/in/2022/c.jpg", {"2022/c.jpg"});
  files_.AddFile("/out/2022/notes.txt");
  AddGone("/home/in/d.jpg", {"d.jpg"});
  EXPECT_EQ(Prune().thumbnails, 3u);
  EXPECT_FALSE(files_.Exists("/out/2023"));
  EXPECT_TRUE(files_.Exists("/out/2022/notes.txt"));
  EXPECT_TRUE(files_.Exists("/out/2024/a.jpg"));
}

TEST_F(JournalPruneTest, TheOutputAndItsOwnDirectoryStay) {
  AddGone("/home/in/b.jpg", {"b.jpg"});
  AddGone("/home/in/c.jpg", {"x/c.jpg"});
  EXPECT_EQ(Prune({.even_all = true}).thumbnails, 2u);
  EXPECT_FALSE(files_.Exists("/out/x"));
  EXPECT_TRUE(files_.Exists("/out/.tbbthumbs"));
}

TEST_F(JournalPruneTest, ALinkToADirectoryIsNotRemoved) {
  AddThere("/home/in/a.jpg", {});
  AddGone("/home/in/b.jpg", {});
  files_.AddFile("/space/b.jpg");
  files_.AddLink("/out/2023", "/space");
  JournalEntry entry{.input = "/home/in/b.jpg", .row = {.outputs = {Output("2023/b.jpg")}}};
  ASSERT_TRUE(store_->Write({&entry, 1}));
  files_.on_call = [&](const std::string& operation, const std::string& path) -> std::optional<Error> {
    EXPECT_FALSE(operation == "Remove" && path == "/out/2023");
    return std::nullopt;
  };
  EXPECT_EQ(Prune().problems, 0u);
}

TEST_F(JournalPruneTest, OnlyFilesThatLieInTheOutput) {
  AddThere("/home/in/a.jpg", {});
  const std::vector<std::string> others = {
      "../keep/x.jpg", "/keep/x.jpg", "y/../../keep/x.jpg", "./x.jpg", "y//x.jpg", "y/", "", ".tbbthumbs/x.jpg", "..",
      "x.txt"};
  files_.AddFile("/keep/x.jpg");
  files_.AddFile("/out/.tbbthumbs/x.jpg");
  for (size_t i = 0; i < others.size(); ++i) {
    JournalEntry entry{.input = "/home/in/" + std::to_string(i), .row = {.outputs = {Output(others[i])}}};
    ASSERT_TRUE(store_->Write({&entry, 1}));
  }
  files_.on_call = [&](const std::string& operation, const std::string&) -> std::optional<Error> {
    EXPECT_NE(operation, "Remove");
    return std::nullopt;
  };
  const PruneSummary summary = Prune();
  EXPECT_EQ(summary.problems, others.size());
  EXPECT_EQ(problems_.size(), others.size());
  EXPECT_EQ(summary.pruned, 0u);
  EXPECT_EQ(Inputs().size(), others.size() + 1);
}

TEST_F(JournalPruneTest, OnlyRegularFiles) {
  AddThere("/home/in/a.jpg", {});
  AddGone("/home/in/b.jpg", {});
  JournalEntry entry{.input = "/home/in/b.jpg", .row = {.outputs = {Output("link.jpg"), Output("directory.jpg")}}};
  ASSERT_TRUE(store_->Write({&entry, 1}));
  files_.AddLink("/out/link.jpg", "/home/in/a.jpg");
  files_.AddDirectory("/out/directory.jpg");
  const PruneSummary summary = Prune();
  EXPECT_EQ(summary.thumbnails, 0u);
  EXPECT_EQ(summary.pruned, 1u);
  EXPECT_TRUE(files_.Exists("/out/link.jpg"));
  EXPECT_TRUE(files_.Exists("/out/directory.jpg"));
}

TEST_F(JournalPruneTest, WhatCantBeRemovedKeepsItsRow) {
  AddThere("/home/in/a.jpg", {});
  AddGone("/home/in/b.jpg", {"b_64.jpg", "b_256.jpg"});
  AddGone("/home/in/c.jpg", {"c.jpg"});
  MakeFail("Remove", "/out/b_64.jpg");
  const PruneSummary summary = Prune();
  EXPECT_THAT(problems_, ElementsAre("/out/b_64.jpg"));
  EXPECT_EQ(summary.problems, 1u);
  EXPECT_EQ(summary.pruned, 1u);
  EXPECT_THAT(Thumbnails(), ElementsAre("b_64.jpg"));
  EXPECT_THAT(Inputs(), ElementsAre("/home/in/a.jpg", "/home/in/b.jpg"));
  files_.on_call = nullptr;
  EXPECT_EQ(Prune().pruned, 1u);
  EXPECT_THAT(Thumbnails(), IsEmpty());
}

TEST_F(JournalPruneTest, ADryRunRemovesNothing) {
  AddThere("/home/in/a.jpg", {});
  AddGone("/home/in/b.jpg", {"x/b.jpg"});
  store_ = *JournalStore::Open((tree_.root() / "journal.db").string(), JournalStore::Mode::kReadOnly);
  const PruneSummary summary = Prune({.dry_run = true});
  EXPECT_THAT(removed_, ElementsAre("/out/x/b.jpg"));
  EXPECT_EQ(summary.pruned, 1u);
  EXPECT_THAT(Thumbnails(), ElementsAre("x/b.jpg"));
  EXPECT_EQ(Inputs().size(), 2u);
}

TEST_F(JournalPruneTest, WhatComesBackMeanwhileIsKept) {
  AddThere("/home/in/a.jpg", {});
  AddGone("/home/in/b.jpg", {"b.jpg"});
  AddGone("/home/in/c.jpg", {"c.jpg"});
  callbacks_.on_thumbnail = [&](const PrunedThumbnail&) { files_.AddFile("/home/in/c.jpg"); };
  EXPECT_EQ(Prune().pruned, 1u);
  EXPECT_THAT(Thumbnails(), ElementsAre("c.jpg"));
  EXPECT_THAT(Inputs(), ElementsAre("/home/in/a.jpg", "/home/in/c.jpg"));
}

TEST_F(JournalPruneTest, StoppedAnywhereTheNextOneFinishes) {
  const auto add = [&] {
    AddThere("/home/in/a.jpg", {"a.jpg"});
    for (int i = 0; i < 5; ++i) {
      const std::string name = std::to_string(i);
      AddGone("/home/in/x/" + name, {"x/" + name + "_64.jpg", "x/" + name + "_256.jpg"});
    }
  };
  bool finished = false;
  for (int steps = 0; !finished; ++steps) {
    SCOPED_TRACE(steps);
    ASSERT_LT(steps, 100);
    add();
    int left = steps;
    callbacks_.go_on = [&] { return left-- > 0; };
    const PruneSummary first = Prune();
    finished = !first.stopped;
    // A row stays as long as one of its thumbnails does.
    EXPECT_GE(2 * (Inputs().size() - 1), Thumbnails().size() - 1);
    callbacks_.go_on = nullptr;
    const PruneSummary second = Prune();
    EXPECT_FALSE(second.stopped);
    EXPECT_EQ(first.pruned + second.pruned, 5u);
    EXPECT_EQ(first.thumbnails + second.thumbnails, 10u);
    EXPECT_THAT(Inputs(), ElementsAre("/home/in/a.jpg"));
    EXPECT_THAT(Thumbnails(), ElementsAre("a.jpg"));
    EXPECT_FALSE(files_.Exists("/out/x"));
  }
}

TEST_F(JournalPruneTest, StopsBetweenTwoThumbnails) {
  AddThere("/home/in/a.jpg", {});
  AddGone("/home/in/b.jpg", {"b_64.jpg", "b_256.jpg"});
  callbacks_.go_on = [&] { return removed_.empty(); };
  EXPECT_TRUE(Prune().stopped);
  EXPECT_THAT(Thumbnails(), ElementsAre("b_256.jpg"));
  EXPECT_EQ(Inputs().size(), 2u);
}

// As a kill between the files and the rows leaves it.
TEST_F(JournalPruneTest, RowsWhoseThumbnailsAreGoneAlready) {
  AddThere("/home/in/a.jpg", {});
  AddGone("/home/in/b.jpg", {"x/y/b.jpg"});
  ASSERT_TRUE(files_.Remove("/out/x/y/b.jpg"));
  ASSERT_TRUE(files_.Remove("/out/x/y"));
  const PruneSummary summary = Prune();
  EXPECT_EQ(summary.pruned, 1u);
  EXPECT_EQ(summary.thumbnails, 0u);
  EXPECT_FALSE(files_.Exists("/out/x"));
  EXPECT_THAT(Inputs(), ElementsAre("/home/in/a.jpg"));
}

TEST_F(JournalPruneTest, MoreThanFitsOneTransaction) {
  std::vector<JournalEntry> entries;
  for (int i = 0; i < 1250; ++i) {
    const std::string name = std::to_string(i % 50) + "/" + std::to_string(i) + ".jpg";
    entries.push_back({"/home/in/" + name, {.outputs = {Output(name)}}});
    files_.AddFile("/out/" + name, {}, kMade);
    if (i % 10 == 0) files_.AddFile("/home/in/" + name);
  }
  ASSERT_TRUE(store_->Write(entries));
  EXPECT_EQ(Prune().pruned, 1125u);
  EXPECT_EQ(Inputs().size(), 125u);
  EXPECT_EQ(Thumbnails().size(), 125u);
  // Of the fifty five have files that stay.
  EXPECT_TRUE(files_.Exists("/out/10"));
  EXPECT_FALSE(files_.Exists("/out/11"));
}

// A file of somebody's own in place of a thumbnail, or one that a run made and did not come to write down.
TEST_F(JournalPruneTest, WhatIsNotAsItWasMadeStays) {
  AddThere("/home/in/a.jpg", {});
  AddGone("/home/in/b.jpg", {"b.jpg"});
  AddGone("/home/in/c.jpg", {"c.jpg"});
  AddGone("/home/in/d.jpg", {"d.jpg"});
  files_.AddFile("/out/b.jpg", std::vector<std::byte>(101), kMade);
  files_.AddFile("/out/c.jpg", std::vector<std::byte>(100), kMade + std::chrono::nanoseconds(1));
  const PruneSummary summary = Prune();
  EXPECT_EQ(summary.replaced, 2u);
  EXPECT_EQ(summary.pruned, 3u);
  EXPECT_THAT(Thumbnails(), ElementsAre("b.jpg", "c.jpg"));
  EXPECT_THAT(Inputs(), ElementsAre("/home/in/a.jpg"));
}

TEST_F(JournalPruneTest, NamesOfAnyBytes) {
  AddThere("/home/in/a.jpg", {});
  AddGone("/home/in/b\n\xFF.jpg", {"b\n\xFF.jpg"});
  EXPECT_EQ(Prune().pruned, 1u);
  EXPECT_THAT(Inputs(), ElementsAre("/home/in/a.jpg"));
}

TEST_F(JournalPruneTest, OnlyWithinTheScope) {
  for (const char* name : {"a", "x/a", "x/b", "y/a", "y/z/a"}) {
    AddGone("/home/in/" + std::string(name) + ".jpg", {std::string(name) + ".jpg"});
  }
  files_.AddFile("/home/in/other");
  for (const char* name : {"x", "y", "y/z"}) files_.AddFile("/home/in/" + std::string(name) + "/other");
  const PruneSummary summary = Prune({.scope = PruneScope{{"/home/in/x/"}, {}, {"/home/in/"}}});
  EXPECT_EQ(summary.inputs, 2u);
  EXPECT_EQ(summary.pruned, 2u);
  EXPECT_FALSE(summary.all_missing);
  EXPECT_EQ(Prune({.scope = PruneScope{{}, {"/home/in/y/"}, {"/home/in/"}}}).pruned, 2u);
  EXPECT_THAT(Inputs(), ElementsAre("/home/in/a.jpg"));
}

TEST_F(JournalPruneTest, AThumbnailThatIsAlsoOfAnInputBeyondTheScopeStays) {
  files_.AddFile("/home/in/x/other");
  AddGone("/home/in/x/a.jpg", {"x/a.jpg", "x/a_2.jpg"});
  AddThere("/home/elsewhere/a.jpg", {"x/a.jpg"});
  EXPECT_EQ(Prune({.scope = PruneScope{{"/home/in/x/"}, {}, {"/home/in/"}}}).thumbnails, 1u);
  EXPECT_THAT(Thumbnails(), ElementsAre("x/a.jpg"));
}

TEST_F(JournalPruneTest, WhatIsOutOfUseIsRemovedWhereThatIsAskedFor) {
  AddThere("/home/in/a.jpg", {"a.jpg"});
  AddThere("/home/in/b.jpg", {"b.jpg", "b_old.jpg", "a.jpg"});
  std::vector<JournalEntry> entries{{"/home/in/b.jpg", {}}};
  entries[0].row.outputs = {Output("b.jpg", 100), Output("b_old.jpg", 100, JournalOutput::kOutOfUse),
                            Output("a.jpg", 100, JournalOutput::kOutOfUse)};
  ASSERT_TRUE(store_->Write(entries));
  EXPECT_EQ(Prune().thumbnails, 0u);
  const PruneSummary summary = Prune({.out_of_use = true});
  EXPECT_EQ(summary.renamed, 1u);
  EXPECT_EQ(summary.pruned, 0u);
  EXPECT_THAT(removed_, ElementsAre("/out/b_old.jpg"));
  EXPECT_THAT(Thumbnails(), ElementsAre("a.jpg", "b.jpg"));
  // Neither is b.jpg's any more.
  EXPECT_EQ(Prune({.out_of_use = true}).renamed, 0u);
  ASSERT_TRUE(files_.Remove("/home/in/a.jpg"));
  EXPECT_EQ(Prune().pruned, 1u);
  EXPECT_THAT(Thumbnails(), ElementsAre("b.jpg"));
}

TEST_F(JournalPruneTest, AddressesAreNeverGone) {
  AddThere("/home/in/a.jpg", {});
  AddGone("/home/in/b.jpg", {"b.jpg", "c.jpg"});
  AddGone("https://host/c.jpg", {"c.jpg"});
  AddGone("https://host/d.jpg?x=/y", {"d.jpg"}, PictureStatus::kFailed);
  std::vector<std::string> asked;
  files_.on_call = [&](const std::string&, const std::string& path) -> std::optional<Error> {
    asked.push_back(path);
    return std::nullopt;
  };
  const PruneSummary summary = Prune({.even_all = true});
  EXPECT_EQ(summary.inputs, 4u);
  EXPECT_EQ(summary.addresses, 2u);
  EXPECT_EQ(summary.there, 1u);
  EXPECT_EQ(summary.unknown, 0u);
  EXPECT_EQ(summary.pruned, 1u);
  EXPECT_THAT(Thumbnails(), ElementsAre("c.jpg", "d.jpg"));
  EXPECT_THAT(Inputs(), ElementsAre("/home/in/a.jpg", "https://host/c.jpg", "https://host/d.jpg?x=/y"));
  EXPECT_THAT(asked, ::testing::Each(::testing::Not(::testing::HasSubstr("host"))));
  EXPECT_THAT(asked, ::testing::Contains("/home/in/a.jpg"));
}

TEST_F(JournalPruneTest, AddressesDoNotSayThatADiskIsThere) {
  AddGone("/home/in/a.jpg", {"a.jpg"});
  AddGone("https://host/c.jpg", {"c.jpg"});
  files_.AddFile("/home/in/other");
  const PruneSummary summary = Prune();
  EXPECT_TRUE(summary.all_missing);
  EXPECT_THAT(Thumbnails(), ElementsAre("a.jpg", "c.jpg"));
}

TEST_F(JournalPruneTest, AddressesAloneAreNothingToPrune) {
  AddGone("https://host/c.jpg", {"c.jpg"});
  const PruneSummary summary = Prune();
  EXPECT_FALSE(summary.all_missing);
  EXPECT_EQ(summary.addresses, 1u);
  EXPECT_EQ(summary.pruned, 0u);
}

TEST_F(JournalPruneTest, AThumbnailThatIsAlsoOfAnAddressStays) {
  files_.AddFile("/home/in/x/other");
  AddGone("/home/in/x/a.jpg", {"x/a.jpg", "x/a_2.jpg"});
  AddGone("https://home/in/x/a.jpg", {"x/a.jpg"});
  EXPECT_EQ(Prune({.scope = PruneScope{{"/home/in/x/"}, {}, {"/home/in/"}}}).thumbnails, 1u);
  EXPECT_THAT(Thumbnails(), ElementsAre("x/a.jpg"));
}

TEST_F(JournalPruneTest, WhatAnAddressHasOutOfUseIsRemoved) {
  AddGone("https://host/b.jpg", {"b.jpg", "b_old.jpg"});
  JournalEntry entry{"https://host/b.jpg", {}};
  entry.row.outputs = {Output("b.jpg", 100), Output("b_old.jpg", 100, JournalOutput::kOutOfUse)};
  entry.row.validators = {"\"1\"", "a date"};
  ASSERT_TRUE(store_->Write({&entry, 1}));
  EXPECT_EQ(Prune().thumbnails, 0u);
  EXPECT_EQ(Prune({.out_of_use = true}).renamed, 1u);
  EXPECT_THAT(removed_, ElementsAre("/out/b_old.jpg"));
  EXPECT_THAT(Thumbnails(), ElementsAre("b.jpg"));
  std::vector<std::optional<JournalRow>> rows(1);
  const std::string_view input = entry.input;
  ASSERT_TRUE(store_->Find({&input, 1}, rows));
  entry.row.outputs.pop_back();
  EXPECT_EQ(rows[0], entry.row);
}

TEST_F(JournalPruneTest, WhatIsKnownToHaveBeenEmptiedIsNoPlaceForADisk) {
  AddThere("/home/in/a.jpg", {"a.jpg"});
  files_.AddDirectory("/home/in/x");
  AddGone("/home/in/x/b.jpg", {"x/b.jpg"});
  EXPECT_EQ(Prune({.emptied = [](const std::string&) { return false; }}).kept, 1u);
  std::vector<std::string> asked;
  const auto emptied = [&](const std::string& directory) {
    asked.push_back(directory);
    return true;
  };
  EXPECT_EQ(Prune({.emptied = emptied}).pruned, 1u);
  EXPECT_THAT(asked, ElementsAre("/home/in/x"));
}

}  // namespace
}  // namespace tbbthumbs
