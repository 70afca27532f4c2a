#include "pipeline/publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <memory>
#include <vector>

#include "pipeline/name_planner.h"
#include "tests/support/memory_file_system.h"

namespace tbbthumbs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::MemoryFileSystem;
using ::testing::UnorderedElementsAre;

std::string HostOf(const std::string& temporary_name) { return temporary_name.substr(0, temporary_name.find('+')); }

class PublisherTest : public ::testing::Test {
 protected:
  PublisherTest() { files_.AddDirectory("out"); }

  Publisher& Start(IfExists if_exists = IfExists::kUpdate) {
    publisher_ = std::make_unique<Publisher>(
        files_, "out", if_exists, [this](PictureResult result) { results_.push_back(std::move(result)); },
        [this] { ++fatal_calls_; });
    return *publisher_;
  }

  // A picture with two thumbnails, ready to be staged.
  Item Ready(const std::string& path, const std::string& directory = "") {
    Item item;
    item.file.path = path;
    item.file.output_directory = directory;
    item.result.input = path;
    item.result.bytes_in = 1000;
    item.names = names_.Plan(item.file, 0);
    item.thumbnails = {{{10, 10}, OutputFormat::kJpeg, std::vector<std::byte>(11)},
                       {{20, 20}, OutputFormat::kJpeg, std::vector<std::byte>(22)}};
    return item;
  }

  void Publish(Publisher& publisher, Item& item) {
    publisher.Stage(item);
    publisher.Commit(item);
  }

  MemoryFileSystem files_;
  NamePlanner names_{"out", {}, {.sizes = {{10, 10}, {20, 20}}}};
  std::unique_ptr<Publisher> publisher_;
  std::vector<PictureResult> results_;
  int fatal_calls_ = 0;
};

TEST_F(PublisherTest, ThumbnailsAreThereWholeOnlyAfterTheCommit) {
  Publisher& publisher = Start();
  Item item = Ready("in/x/a.jpg", "x");
  publisher.Stage(item);
  EXPECT_FALSE(files_.Exists("out/x/a_10.jpg"));
  EXPECT_THAT(item.thumbnails, IsEmpty());
  publisher.Commit(item);
  publisher.RemoveTemporaryDirectory();
  EXPECT_THAT(files_.Files(), ElementsAre("out/x/a_10.jpg", "out/x/a_20.jpg"));
  EXPECT_EQ(files_.Bytes("out/x/a_20.jpg").size(), 22u);
  EXPECT_FALSE(files_.Exists("out/.tbbthumbs"));
  const RunSummary counters = publisher.counters();
  EXPECT_EQ(counters.made, 1u);
  EXPECT_EQ(counters.thumbnails, 2u);
  EXPECT_EQ(counters.bytes_in, 1000u);
  EXPECT_EQ(counters.bytes_out, 33u);
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_EQ(results_[0].outcome, Outcome::kMade);
  EXPECT_EQ(results_[0].outputs[1].path, "out/x/a_20.jpg");
}

TEST_F(PublisherTest, ReplacesUnlessToldNotTo) {
  files_.AddFile("out/a_20.jpg", std::vector<std::byte>(5));
  {
    Publisher& publisher = Start(IfExists::kFail);
    Item item = Ready("in/a.jpg");
    Publish(publisher, item);
    EXPECT_EQ(results_.back().error->code, ErrorCode::kExists);
    EXPECT_EQ(files_.Bytes("out/a_20.jpg").size(), 5u);
    publisher.RemoveTemporaryDirectory();
    EXPECT_FALSE(files_.Exists("out/.tbbthumbs"));
  }
  Publisher& publisher = Start(IfExists::kOverwrite);
  Item item = Ready("in/b.jpg");
  item.names.jpeg = {"out/a_10.jpg", "out/a_20.jpg"};
  Publish(publisher, item);
  EXPECT_EQ(files_.Bytes("out/a_20.jpg").size(), 22u);
}

TEST_F(PublisherTest, ADirectoryInTheWayIsThatPicturesFailure) {
  files_.AddDirectory("out/a_20.jpg");
  Publisher& publisher = Start();
  Item bad = Ready("in/a.jpg");
  Publish(publisher, bad);
  Item good = Ready("in/b.jpg");
  Publish(publisher, good);
  publisher.RemoveTemporaryDirectory();
  EXPECT_EQ(fatal_calls_, 0);
  ASSERT_EQ(results_.size(), 2u);
  EXPECT_EQ(results_[0].error->code, ErrorCode::kIo);
  EXPECT_EQ(results_[1].outcome, Outcome::kMade);
  EXPECT_FALSE(files_.Exists("out/.tbbthumbs"));
}

// A small file, a directory, a name: whatever does not fit first.
TEST_F(PublisherTest, NoSpaceAnywhereEndsTheRunAtOnce) {
  for (const std::string full : {"WriteNew", "CreateDirectories", "Rename"}) {
    Publisher& publisher = Start();
    const int fatal_before = fatal_calls_;
    Item good = Ready("in/" + full + ".jpg");
    Publish(publisher, good);
    int calls = 0;
    files_.on_call = [&](const std::string& operation, const std::string&) {
      if (operation != full) return std::optional<Error>();
      ++calls;
      return std::optional(Error{ErrorCode::kNoSpace, "Disk quota exceeded"});
    };
    Item second = Ready("in/new/b.jpg", "new");
    Publish(publisher, second);
    EXPECT_EQ(calls, 1) << "nothing else is tried";
    Item third = Ready("in/new/c.jpg", "new");
    Publish(publisher, third);
    files_.on_call = nullptr;
    EXPECT_EQ(fatal_calls_, fatal_before + 1);
    const RunSummary counters = publisher.counters();
    ASSERT_TRUE(counters.fatal);
    EXPECT_EQ(counters.fatal->code, ErrorCode::kNoSpace);
    EXPECT_EQ(counters.fatal->message, "the output out: Disk quota exceeded");
    EXPECT_EQ(counters.made, 1u);
    EXPECT_EQ(counters.left, 2u);
    EXPECT_EQ(counters.failed, 0u);
    publisher.RemoveTemporaryDirectory();
    EXPECT_THAT(files_.Files(), ElementsAre("out/" + full + "_10.jpg", "out/" + full + "_20.jpg"));
    for (const std::string& file : files_.Files()) EXPECT_TRUE(files_.Remove(file));
  }
}

// The first of two thumbnails has its name when the second can't have its own.
TEST_F(PublisherTest, NoSpaceBetweenTwoNamesLeavesNoTemporaryFile) {
  Publisher& publisher = Start();
  files_.on_call = [&](const std::string& operation, const std::string& path) {
    return operation == "Rename" && path.ends_with("_20.jpg") ? std::optional(Error{ErrorCode::kNoSpace, "full"})
                                                              : std::nullopt;
  };
  Item item = Ready("in/a.jpg");
  Publish(publisher, item);
  files_.on_call = nullptr;
  publisher.RemoveTemporaryDirectory();
  EXPECT_THAT(files_.Files(), ElementsAre("out/a_10.jpg"));
  EXPECT_EQ(publisher.counters().left, 1u);
}

TEST_F(PublisherTest, AFullOutputEndsTheRunWithOneMessage) {
  Publisher& publisher = Start();
  Item good = Ready("in/a.jpg");
  Publish(publisher, good);
  files_.on_call = [](const std::string& operation, const std::string&) {
    return operation == "WriteNew" ? std::optional(Error{ErrorCode::kIo, "no space left"}) : std::nullopt;
  };
  Item second = Ready("in/b.jpg");
  Publish(publisher, second);
  Item third = Ready("in/c.jpg");
  Publish(publisher, third);
  EXPECT_EQ(fatal_calls_, 1);
  const RunSummary counters = publisher.counters();
  ASSERT_TRUE(counters.fatal);
  EXPECT_EQ(counters.fatal->message, "the output out: no space left");
  EXPECT_EQ(counters.made, 1u);
  EXPECT_EQ(counters.left, 2u);
  EXPECT_EQ(counters.failed, 0u);
  EXPECT_EQ(results_.size(), 1u);
  files_.on_call = nullptr;
  publisher.RemoveTemporaryDirectory();
  EXPECT_THAT(files_.Files(), ElementsAre("out/a_10.jpg", "out/a_20.jpg"));
}

TEST_F(PublisherTest, CountsEveryOutcome) {
  Publisher& publisher = Start();
  for (const Outcome outcome : {Outcome::kUpToDate, Outcome::kNotPicture, Outcome::kUnsupported, Outcome::kFiltered}) {
    Item item;
    item.result.format = Format::kHeic;
    item.End(outcome);
    Publish(publisher, item);
  }
  Item failed;
  failed.Fail({ErrorCode::kCorrupt, "bad"});
  Publish(publisher, failed);
  Item left;
  left.Fail({ErrorCode::kStopped, "stopped"});
  Publish(publisher, left);
  const RunSummary c = publisher.counters();
  EXPECT_EQ(c.inputs, 6u);
  EXPECT_EQ(c.up_to_date, 1u);
  EXPECT_EQ(c.not_pictures, 1u);
  EXPECT_EQ(c.unsupported_by_format[static_cast<size_t>(Format::kHeic)], 1u);
  EXPECT_EQ(c.filtered, 1u);
  EXPECT_EQ(c.failed, 1u);
  EXPECT_EQ(c.failed_by_code[static_cast<size_t>(ErrorCode::kCorrupt)], 1u);
  EXPECT_EQ(c.left, 1u);
  EXPECT_EQ(results_.size(), 5u);
}

TEST_F(PublisherTest, RemovesWhatDeadRunsLeft) {
  const std::string host = HostOf(TemporaryNames().Next());
  const std::chrono::seconds now(time(nullptr));
  const std::string tmp = "out/.tbbthumbs/tmp/";
  // No process has the largest pid that Linux allows; process 1 lives.
  files_.AddFile(tmp + host + "+4194304+abc+0", {}, now);
  files_.AddFile(tmp + host + "+1+abc+0", {}, now);
  files_.AddFile(tmp + "otherhost+4194304+abc+0", {}, now);
  files_.AddFile(tmp + "otherhost+4194304+abc+1", {}, now - std::chrono::hours(25));
  Start().RemoveStaleFiles();
  EXPECT_THAT(files_.Files(), UnorderedElementsAre(tmp + host + "+1+abc+0", tmp + "otherhost+4194304+abc+0"));
}

TEST_F(PublisherTest, LanesHaveDirectoriesOfTheirOwn) {
  Publisher& publisher = Start();
  Item first = Ready("in/a.jpg");
  Item second = Ready("in/b.jpg");
  publisher.Stage(first, 0);
  publisher.Stage(second, 1);
  const auto directory = [](const Item& item) { return item.staged[0].substr(0, item.staged[0].find_last_of('/')); };
  EXPECT_TRUE(directory(first).starts_with("out/.tbbthumbs/tmp/"));
  EXPECT_NE(directory(first), directory(second));
  publisher.Commit(first);
  publisher.Commit(second);
  publisher.RemoveTemporaryDirectory();
  EXPECT_FALSE(files_.Exists("out/.tbbthumbs"));
  EXPECT_EQ(files_.Files().size(), 4u);
}

TEST_F(PublisherTest, LinksAreNamesAfterWhichTheOthersGo) {
  int renames = 0;
  files_.on_call = [&](const std::string& operation, const std::string&) {
    if (operation == "Rename") ++renames;
    return std::optional<Error>();
  };
  Publisher& publisher = Start();
  Item item = Ready("in/a.jpg");
  publisher.Stage(item, 0);
  publisher.Publish(item, Naming::kLink);
  EXPECT_TRUE(files_.Exists("out/a_20.jpg"));
  EXPECT_EQ(files_.Files().size(), 4u);
  publisher.RemoveStaged(item);
  publisher.Commit(item);
  publisher.RemoveTemporaryDirectory();
  EXPECT_THAT(files_.Files(), ElementsAre("out/a_10.jpg", "out/a_20.jpg"));
  EXPECT_EQ(publisher.counters().made, 1u);
  EXPECT_EQ(renames, 0);
}

TEST_F(PublisherTest, WhatIsThereIsRenamedOverOrNotAtAll) {
  for (const IfExists if_exists : {IfExists::kUpdate, IfExists::kSkip, IfExists::kOverwrite, IfExists::kFail}) {
    files_.AddFile("out/a_20.jpg", std::vector<std::byte>(5));
    Publisher& publisher = Start(if_exists);
    Item item = Ready("in/a.jpg");
    item.names.jpeg = {"out/b_10.jpg", "out/a_20.jpg"};
    publisher.Stage(item, 0);
    publisher.Publish(item, Naming::kLink);
    publisher.RemoveStaged(item);
    publisher.Commit(item);
    publisher.RemoveTemporaryDirectory();
    EXPECT_FALSE(files_.Exists("out/.tbbthumbs"));
    EXPECT_EQ(files_.Bytes("out/a_20.jpg").size(), if_exists == IfExists::kFail ? 5u : 22u);
    EXPECT_EQ(publisher.counters().made, if_exists == IfExists::kFail ? 0u : 1u);
    ASSERT_TRUE(files_.Remove("out/a_20.jpg"));
    ASSERT_TRUE(files_.Remove("out/b_10.jpg"));
  }
}

TEST_F(PublisherTest, WhereThereAreNoLinksItRenames) {
  int links = 0;
  files_.on_call = [&](const std::string& operation, const std::string&) {
    return operation == "Link" && ++links > 0 ? std::optional(Error{ErrorCode::kUnsupported, "no"}) : std::nullopt;
  };
  Publisher& publisher = Start();
  for (const std::string name : {"a", "b", "c"}) {
    Item item = Ready("in/" + name + ".jpg");
    publisher.Stage(item, 0);
    publisher.Publish(item, Naming::kLink);
    publisher.RemoveStaged(item);
    publisher.Commit(item);
  }
  publisher.RemoveTemporaryDirectory();
  EXPECT_EQ(publisher.counters().made, 3u);
  EXPECT_EQ(files_.Files().size(), 6u);
  EXPECT_FALSE(files_.Exists("out/.tbbthumbs"));
  EXPECT_EQ(links, 1) << "asked again";
}

TEST_F(PublisherTest, AnotherRunMayTakeTheTemporaryDirectoryAway) {
  Publisher& publisher = Start();
  for (const int lane : {-1, 0, -1, 0}) {
    Item item = Ready("in/a.jpg");
    item.names.jpeg = {"out/b", "out/c"};
    publisher.Stage(item, lane);
    publisher.Commit(item);
    EXPECT_EQ(results_.back().outcome, Outcome::kMade);
    EXPECT_FALSE(files_.Files().empty());
    for (const char* directory : {"out/.tbbthumbs/tmp/lane0", "out/.tbbthumbs/tmp", "out/.tbbthumbs"}) {
      static_cast<void>(files_.Remove(directory));
    }
    EXPECT_FALSE(files_.Exists("out/.tbbthumbs"));
  }
}

TEST_F(PublisherTest, AnOutputThatIsGoneIsNotMadeAgain) {
  // Also where the next one is the first of a lane.
  for (const int lane : {-1, 0}) {
    fatal_calls_ = 0;
    Publisher& publisher = Start();
    Item first = Ready("in/a.jpg");
    Publish(publisher, first);
    publisher.RemoveTemporaryDirectory();
    for (const std::string& file : files_.Files()) ASSERT_TRUE(files_.Remove(file));
    ASSERT_TRUE(files_.Remove("out"));
    Item second = Ready("in/d/b.jpg", "d");
    publisher.Stage(second, lane);
    publisher.Commit(second);
    EXPECT_FALSE(files_.Exists("out"));
    EXPECT_EQ(fatal_calls_, 1);
    files_.AddDirectory("out");
  }
}

TEST_F(PublisherTest, ADirectoryThatIsRemovedMeanwhileIsMadeAgain) {
  Publisher& publisher = Start();
  Item first = Ready("in/d/a.jpg", "d");
  Publish(publisher, first);
  for (const char* path : {"out/d/a_10.jpg", "out/d/a_20.jpg", "out/d"}) ASSERT_TRUE(files_.Remove(path));
  Item second = Ready("in/d/b.jpg", "d");
  Publish(publisher, second);
  EXPECT_EQ(results_.back().outcome, Outcome::kMade);
  EXPECT_TRUE(files_.Exists("out/d/b_20.jpg"));
}

TEST_F(PublisherTest, RemovesWhatDeadRunsLeftInLanes) {
  const std::string host = HostOf(TemporaryNames().Next());
  const std::string tmp = "out/.tbbthumbs/tmp/";
  const std::string alive = tmp + "lane7/" + TemporaryNames().Next();
  files_.AddFile(tmp + "lane3/" + host + "+4194304+abc+0");
  files_.AddFile(tmp + "lane7/" + host + "+4194304+abc+1");
  files_.AddFile(alive);
  Start().RemoveStaleFiles();
  EXPECT_THAT(files_.Files(), ElementsAre(alive));
  EXPECT_FALSE(files_.Exists(tmp + "lane3"));
}

TEST_F(PublisherTest, ATemporaryFileOfALivingRunStaysHoweverOldItIs) {
  const std::string own = "out/.tbbthumbs/tmp/" + TemporaryNames().Next();
  files_.AddFile(own, {}, std::chrono::seconds(0));
  Start().RemoveStaleFiles();
  EXPECT_TRUE(files_.Exists(own));
}

TEST_F(PublisherTest, RemovesPartsBesideWhatItMakes) {
  const std::string host = HostOf(TemporaryNames().Next());
  const std::string dead = host + "+4194304@5+abc+0";
  const std::string part = PartName(dead);
  const std::string alive = PartName(TemporaryNames().Next());
  const auto add_all = [&] {
    for (const std::string directory : {"out/", "out/x/", "out/y/"}) {
      for (const std::string& name : {part, alive, std::string(".hidden")}) files_.AddFile(directory + name);
    }
  };
  add_all();
  // A run that has died over a part has left the original, too.
  files_.AddFile("out/.tbbthumbs/tmp/" + dead);
  Publisher& publisher = Start();
  publisher.RemoveStaleFiles();
  Item item = Ready("in/x/a.jpg", "x");
  Publish(publisher, item);
  EXPECT_FALSE(files_.Exists("out/x/" + part));
  EXPECT_TRUE(files_.Exists("out/x/" + alive));
  EXPECT_TRUE(files_.Exists("out/x/.hidden"));
  EXPECT_TRUE(files_.Exists("out/x/a_10.jpg"));
  EXPECT_TRUE(files_.Exists("out/y/" + part)) << "no thumbnail was put there";
}

TEST_F(PublisherTest, DirectoriesAreNotReadForPartsThatCannotBe) {
  Publisher& publisher = Start();
  publisher.RemoveStaleFiles();
  int lists = 0;
  files_.on_call = [&](const std::string& operation, const std::string&) {
    if (operation == "List") ++lists;
    return std::optional<Error>();
  };
  Item item = Ready("in/x/a.jpg", "x");
  Publish(publisher, item);
  EXPECT_EQ(publisher.counters().made, 1u);
  EXPECT_EQ(lists, 0);
}

}  // namespace
}  // namespace tbbthumbs
