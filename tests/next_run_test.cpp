// What a run knows of those before it, through the command: what is made again, what is not, and when the journal is
// damaged, elsewhere, or forgotten.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "pipeline/journal_store.h"
#include "tests/support/command_fixture.h"
#include "tests/support/pictures.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::JpegFile;
using ::testing::Not;
using ::testing::Pair;
using testing::PngFile;
using testing::ProcessResult;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

class NextRunTest : public testing::CommandFixture {
 protected:
  NextRunTest() {
    tree_.Write("in/a.jpg", JpegFile({640, 480}));
    tree_.Write("in/sub/b.png", PngFile({300, 400}));
  }

  void WriteCutPicture() {
    const std::vector<std::byte> jpeg = JpegFile({640, 480});
    tree_.Write("in/cut.jpg", std::span(jpeg).first(jpeg.size() / 2));
  }

  // What became of each input, by its path.
  std::map<std::string, std::string> Outcomes(std::vector<std::string> arguments, int exit_code = 0) {
    arguments.push_back("--json");
    last_ = Run(arguments);
    EXPECT_EQ(last_.exit_code, exit_code) << last_.err;
    std::map<std::string, std::string> outcomes;
    const std::vector<nlohmann::json> lines = JsonLines(last_.out);
    for (const nlohmann::json& line : lines) {
      if (line["type"] != "picture") continue;
      outcomes[line["input"]] = std::string(line["outcome"]) + (line.contains("known") ? ", known" : "");
    }
    return outcomes;
  }

  // The journal of "out", opened by this process.
  std::unique_ptr<JournalStore> Store() const {
    auto store = JournalStore::Open(Journal().string(), JournalStore::Mode::kWrite);
    EXPECT_TRUE(store) << store.error().message;
    return store ? std::move(*store) : nullptr;
  }

  fs::path Journal() const { return tree_.root() / "out/.tbbthumbs/journal.db"; }

  ProcessResult last_;
};

TEST_F(NextRunTest, MakesNothingWhereNothingHasChanged) {
  EXPECT_THAT(Outcomes({"in", "-o", "out"}), ElementsAre(Pair("in/a.jpg", "made"), Pair("in/sub/b.png", "made")));
  EXPECT_THAT(Outcomes({"in", "-o", "out"}),
              ElementsAre(Pair("in/a.jpg", "up_to_date"), Pair("in/sub/b.png", "up_to_date")));
}

TEST_F(NextRunTest, KnowsAnInputByWhateverPathItIsNamed) {
  Run({"in", "-o", "out"});
  EXPECT_THAT(Outcomes({"./in/", "-o", "out"}),
              ElementsAre(Pair("./in/a.jpg", "up_to_date"), Pair("./in/sub/b.png", "up_to_date")));
  const std::string absolute = (tree_.root() / "in/sub/../").string();
  EXPECT_THAT(Outcomes({absolute, "-o", "out"}),
              ElementsAre(Pair(absolute + "a.jpg", "up_to_date"), Pair(absolute + "sub/b.png", "up_to_date")));
}

TEST_F(NextRunTest, MovedThumbnailsAreStillKnown) {
  Run({"in", "-o", "out"});
  fs::rename(tree_.root() / "out", tree_.root() / "elsewhere");
  EXPECT_THAT(Outcomes({"in", "-o", "elsewhere"}),
              ElementsAre(Pair("in/a.jpg", "up_to_date"), Pair("in/sub/b.png", "up_to_date")));
}

TEST_F(NextRunTest, AnInputOfAnotherDateIsMadeAgainAlsoIfThatIsOlder) {
  Run({"in", "-o", "out"});
  fs::last_write_time(tree_.root() / "in/a.jpg", fs::file_time_type::clock::now() - std::chrono::hours(1000));
  EXPECT_THAT(Outcomes({"in", "-o", "out"}), ElementsAre(Pair("in/a.jpg", "made"), Pair("in/sub/b.png", "up_to_date")));
  EXPECT_THAT(Outcomes({"in", "-o", "out"}),
              ElementsAre(Pair("in/a.jpg", "up_to_date"), Pair("in/sub/b.png", "up_to_date")));
}

TEST_F(NextRunTest, AnInputOfAnotherSizeAndTheSameDateIsMadeAgain) {
  Run({"in", "-o", "out"});
  const fs::file_time_type before = fs::last_write_time(tree_.root() / "in/a.jpg");
  tree_.Write("in/a.jpg", JpegFile({320, 200}));
  fs::last_write_time(tree_.root() / "in/a.jpg", before);
  EXPECT_THAT(Outcomes({"in", "-o", "out"}), ElementsAre(Pair("in/a.jpg", "made"), Pair("in/sub/b.png", "up_to_date")));
}

TEST_F(NextRunTest, OptionsThatChangeThePictureMakeItAgain) {
  Run({"in", "-o", "out"});
  std::vector<std::string> command{"in", "-o", "out"};
  for (const std::string option :
       {"--quality=70", "--linear", "--sharpen=1", "--chroma=444", "--keep=icc", "--fit=cover"}) {
    command.push_back(option);
    EXPECT_THAT(Outcomes(command), ElementsAre(Pair("in/a.jpg", "made"), Pair("in/sub/b.png", "made"))) << option;
    EXPECT_THAT(Outcomes(command), ElementsAre(Pair("in/a.jpg", "up_to_date"), Pair("in/sub/b.png", "up_to_date")))
        << option;
  }
}

TEST_F(NextRunTest, OptionsThatDoNotChangeThePictureDoNot) {
  Run({"in", "-o", "out"});
  for (const std::string option : {"--threads=1", "--tokens=3", "--io-threads=5", "--thumbhash", "--max-pixels=1M",
                                   "--timeout=7", "--gravity=north", "--size=256@1x"}) {
    EXPECT_THAT(Outcomes({"in", "-o", "out", option}),
                ElementsAre(Pair("in/a.jpg", "up_to_date"), Pair("in/sub/b.png", "up_to_date")))
        << option;
  }
}

TEST_F(NextRunTest, ThumbnailsThatAreGoneOrEmptyAreMadeAgain) {
  Run({"in", "-o", "out"});
  fs::remove(tree_.root() / "out/a_256.jpg");
  tree_.Write("out/sub/b_256.jpg", "");
  EXPECT_THAT(Outcomes({"in", "-o", "out"}), ElementsAre(Pair("in/a.jpg", "made"), Pair("in/sub/b.png", "made")));
  EXPECT_GT(fs::file_size(tree_.root() / "out/sub/b_256.jpg"), 0u);
}

TEST_F(NextRunTest, CommandsThatTakeTurnsDoNotUndoEachOther) {
  for (const bool first : {true, false}) {
    for (const std::string size : {"64", "128"}) {
      const std::string outcome = first ? "made" : "up_to_date";
      EXPECT_THAT(Outcomes({"in", "-o", "out", "-s", size}),
                  ElementsAre(Pair("in/a.jpg", outcome), Pair("in/sub/b.png", outcome)))
          << size;
    }
  }
  fs::last_write_time(tree_.root() / "in/a.jpg", fs::file_time_type::clock::now() - std::chrono::hours(1));
  for (const std::string size : {"64", "128"}) {
    EXPECT_THAT(Outcomes({"in", "-o", "out", "-s", size}),
                ElementsAre(Pair("in/a.jpg", "made"), Pair("in/sub/b.png", "up_to_date")))
        << size;
  }
}

TEST_F(NextRunTest, WhatFailedIsToldButNotTriedUntilItChanges) {
  WriteCutPicture();
  EXPECT_THAT(Outcomes({"in", "-o", "out"}, 1), ::testing::Contains(Pair("in/cut.jpg", "failed")));
  const std::string reason = last_.err.substr(0, last_.err.find('\n'));
  EXPECT_THAT(reason, StartsWith("tbbthumbs: in/cut.jpg: truncated: "));
  EXPECT_THAT(Outcomes({"in", "-o", "out"}, 1), ::testing::Contains(Pair("in/cut.jpg", "failed, known")));
  EXPECT_THAT(last_.err, StartsWith(reason + "\n"));
  EXPECT_THAT(last_.err, HasSubstr("\nfailed 1: 1 truncated (1 before and unchanged: not tried again but with "
                                   "--retry-failed)\n"));
  EXPECT_THAT(Outcomes({"in", "-o", "out", "--retry-failed"}, 1), ::testing::Contains(Pair("in/cut.jpg", "failed")));
  EXPECT_THAT(Outcomes({"in", "-o", "out", "--force"}, 1), ::testing::Contains(Pair("in/cut.jpg", "failed")));
  tree_.Write("in/cut.jpg", JpegFile({640, 480}));
  EXPECT_THAT(Outcomes({"in", "-o", "out"}), ::testing::Contains(Pair("in/cut.jpg", "made")));
  EXPECT_THAT(Outcomes({"in", "-o", "out"}), ::testing::Contains(Pair("in/cut.jpg", "up_to_date")));
}

TEST_F(NextRunTest, WhatWasTooLargeIsTriedWithAnotherLimit) {
  EXPECT_THAT(Outcomes({"in", "-o", "out", "--max-pixels", "200k"}, 1),
              ElementsAre(Pair("in/a.jpg", "failed"), Pair("in/sub/b.png", "made")));
  EXPECT_THAT(Outcomes({"in", "-o", "out", "--max-pixels", "200k"}, 1),
              ElementsAre(Pair("in/a.jpg", "failed, known"), Pair("in/sub/b.png", "up_to_date")));
  EXPECT_THAT(Outcomes({"in", "-o", "out"}), ElementsAre(Pair("in/a.jpg", "made"), Pair("in/sub/b.png", "up_to_date")));
}

TEST_F(NextRunTest, WhatIsNoPictureIsNotOpenedAgain) {
  tree_.Write("in/notes.txt", "no picture");
  EXPECT_THAT(Outcomes({"in", "-o", "out"}), ::testing::Contains(Pair("in/notes.txt", "not_picture")));
  // The same size and date, but now it would be one.
  const fs::path notes = tree_.root() / "in/notes.txt";
  const fs::file_time_type before = fs::last_write_time(notes);
  tree_.Write("in/notes.txt", "\xff\xd8\xff\xe0xxxxxx");
  fs::last_write_time(notes, before);
  EXPECT_THAT(Outcomes({"in", "-o", "out"}), ::testing::Contains(Pair("in/notes.txt", "not_picture")));
  fs::last_write_time(notes, before + std::chrono::seconds(1));
  EXPECT_THAT(Outcomes({"in", "-o", "out"}, 1), ::testing::Contains(Pair("in/notes.txt", "failed")));
}

TEST_F(NextRunTest, ThumbnailsFromBeforeTheJournalAreTakenByTheirDate) {
  const fs::file_time_type now = fs::file_time_type::clock::now();
  for (const std::string file : {"in/a.jpg", "in/sub/b.png"}) {
    fs::last_write_time(tree_.root() / file, now - std::chrono::hours(3));
  }
  Run({"in", "-o", "out", "--no-journal"});
  EXPECT_FALSE(fs::exists(tree_.root() / "out/.tbbthumbs"));
  fs::last_write_time(tree_.root() / "out/a_256.jpg", now - std::chrono::hours(2));
  fs::last_write_time(tree_.root() / "out/sub/b_256.jpg", now - std::chrono::hours(4));
  EXPECT_THAT(Outcomes({"in", "-o", "out"}), ElementsAre(Pair("in/a.jpg", "up_to_date"), Pair("in/sub/b.png", "made")));
  // From then on the journal knows by which options they were made.
  EXPECT_THAT(Outcomes({"in", "-o", "out", "-q", "50"}),
              ElementsAre(Pair("in/a.jpg", "made"), Pair("in/sub/b.png", "made")));
}

TEST_F(NextRunTest, ThumbnailsThatTheJournalDoesNotKnowAreMadeAgain) {
  Run({"in", "-o", "out"});
  // As a run that is killed between a thumbnail and its row leaves it.
  const std::vector<std::string> inputs{fs::canonical(tree_.root()).string() + "/in/a.jpg"};
  ASSERT_TRUE(Store()->Remove(inputs));
  EXPECT_THAT(Outcomes({"in", "-o", "out"}), ElementsAre(Pair("in/a.jpg", "made"), Pair("in/sub/b.png", "up_to_date")));
}

TEST_F(NextRunTest, ADamagedJournalIsSetAsideAndMadeAnewFromTheThumbnails) {
  Run({"in", "-o", "out"});
  const std::string text = "this is no database, " + std::string(8192, 'x');
  tree_.Write("out/.tbbthumbs/journal.db", text);
  EXPECT_THAT(Outcomes({"in", "-o", "out"}),
              ElementsAre(Pair("in/a.jpg", "up_to_date"), Pair("in/sub/b.png", "up_to_date")));
  EXPECT_THAT(last_.err,
              HasSubstr("tbbthumbs: the journal was damaged and is now out/.tbbthumbs/journal.db.damaged-1"));
  EXPECT_EQ(tree_.Read("out/.tbbthumbs/journal.db.damaged-1"), text);
  EXPECT_THAT(Outcomes({"in", "-o", "out"}),
              ElementsAre(Pair("in/a.jpg", "up_to_date"), Pair("in/sub/b.png", "up_to_date")));
  EXPECT_THAT(last_.err, Not(HasSubstr("damaged")));
}

TEST_F(NextRunTest, DamageThatIsFoundOnTheWayIsMendedOnTheWay) {
  for (int i = 0; i < 300; ++i) tree_.Write("in/many/" + std::to_string(i) + ".txt", "no picture");
  Run({"in", "-o", "out"});
  std::string bytes = tree_.Read("out/.tbbthumbs/journal.db");
  ASSERT_GT(bytes.size(), 16384u);
  // The first page, which opening reads, stays.
  std::fill(bytes.begin() + 4096, bytes.end(), '\xa5');
  tree_.Write("out/.tbbthumbs/journal.db", bytes);
  EXPECT_THAT(Outcomes({"in", "-o", "out"}), ::testing::Contains(Pair("in/a.jpg", "up_to_date")));
  EXPECT_THAT(last_.err, HasSubstr("the journal was damaged"));
  EXPECT_THAT(Outcomes({"in", "-o", "out"}), ::testing::Contains(Pair("in/a.jpg", "up_to_date")));
  EXPECT_THAT(last_.err, Not(HasSubstr("damaged")));
}

TEST_F(NextRunTest, ForgetMakesAllAnew) {
  WriteCutPicture();
  Run({"in", "-o", "out"});
  EXPECT_THAT(Outcomes({"in", "-o", "out", "--forget"}, 1),
              ElementsAre(Pair("in/a.jpg", "made"), Pair("in/cut.jpg", "failed"), Pair("in/sub/b.png", "made")));
}

TEST_F(NextRunTest, AJournalElsewhere) {
  Run({"in", "-o", "out", "--journal", "mine.db"});
  EXPECT_TRUE(fs::exists(tree_.root() / "mine.db"));
  EXPECT_FALSE(fs::exists(Journal()));
  EXPECT_THAT(Outcomes({"in", "-o", "out", "--journal", "mine.db"}),
              ElementsAre(Pair("in/a.jpg", "up_to_date"), Pair("in/sub/b.png", "up_to_date")));
}

TEST_F(NextRunTest, AFileOfAnotherKindIsNotTakenForTheJournal) {
  for (const std::string text : {"notes\n", "SQLite format 3"}) {
    tree_.Write("notes.txt", text);
    for (const char* more : {"--threads=1", "--dry-run"}) {
      const ProcessResult result = Run({"in", "-o", "out", "--journal", "notes.txt", more});
      EXPECT_EQ(result.exit_code, 2);
      EXPECT_THAT(result.err, HasSubstr("the journal notes.txt: it is no journal: remove it, or name another"));
    }
    EXPECT_EQ(tree_.Read("notes.txt"), text);
  }
  EXPECT_THAT(tree_.Files("out"), IsEmpty());
}

TEST_F(NextRunTest, AJournalThatCannotBeOpenedIsToldBeforeAnythingStarts) {
  const ProcessResult result = Run({"in", "-o", "out", "--journal", "missing/mine.db"});
  EXPECT_EQ(result.exit_code, 74);
  EXPECT_THAT(result.err, StartsWith("tbbthumbs: the journal missing/mine.db: "));
  EXPECT_THAT(tree_.Files("out"), IsEmpty());
}

TEST_F(NextRunTest, ADryRunAsksTheJournalAndLeavesIt) {
  EXPECT_THAT(Outcomes({"in", "-o", "out", "--dry-run"}),
              ElementsAre(Pair("in/a.jpg", "planned"), Pair("in/sub/b.png", "planned")));
  EXPECT_FALSE(fs::exists(tree_.root() / "out"));
  Run({"in", "-o", "out"});
  const std::string before = tree_.Read("out/.tbbthumbs/journal.db");
  EXPECT_THAT(Outcomes({"in", "-o", "out", "--dry-run"}),
              ElementsAre(Pair("in/a.jpg", "up_to_date"), Pair("in/sub/b.png", "up_to_date")));
  EXPECT_THAT(Outcomes({"in", "-o", "out", "--dry-run", "-q", "40"}),
              ElementsAre(Pair("in/a.jpg", "planned"), Pair("in/sub/b.png", "planned")));
  EXPECT_EQ(tree_.Read("out/.tbbthumbs/journal.db"), before);
}

TEST_F(NextRunTest, RowsAreNotRewrittenWhileUnchanged) {
  WriteCutPicture();
  tree_.Write("in/notes.txt", "no picture");
  Run({"in", "-o", "out"});
  using Rows = std::map<std::string, JournalRow>;
  const auto rows = [&] {
    Rows all;
    EXPECT_TRUE(Store()->ForEach(std::nullopt, [&](const std::string& input, const JournalRow& row) {
      all[fs::path(input).filename()] = row;
      return true;
    }));
    return all;
  };
  const Rows before = rows();
  EXPECT_THAT(before, ElementsAre(Pair("a.jpg", ::testing::_), Pair("b.png", ::testing::_),
                                  Pair("cut.jpg", ::testing::_), Pair("notes.txt", ::testing::_)));
  EXPECT_EQ(before.at("cut.jpg").error->code, ErrorCode::kTruncated);
  EXPECT_THAT(before.at("b.png").outputs, ElementsAre(::testing::Field(&JournalOutput::path, "sub/b_256.jpg")));
  // A row that a run wrote again would have its own time.
  const std::vector<std::string> inputs{fs::canonical(tree_.root()).string() + "/in/a.jpg"};
  JournalRow marked = before.at("a.jpg");
  marked.cpu_time = std::chrono::hours(7);
  ASSERT_TRUE(Store()->Write(std::vector<JournalEntry>{{inputs.front(), marked}}));
  Run({"in", "-o", "out"});
  Rows expected = before;
  expected["a.jpg"] = marked;
  EXPECT_TRUE(rows() == expected);
}

TEST_F(NextRunTest, EachRunHasARow) {
  WriteCutPicture();
  Run({"in", "-o", "out"});
  Run({"in", "-o", "out", "-q", "70"});
  const auto runs = Store()->Runs(10);
  ASSERT_TRUE(runs);
  ASSERT_EQ(runs->size(), 2u);
  const JournalRun& last = runs->front();
  EXPECT_EQ(last.end, "done");
  EXPECT_EQ(last.inputs, 3u);
  EXPECT_EQ(last.made, 2u);
  EXPECT_EQ(last.failed, 1u);
  EXPECT_GE(*last.ended, last.started);
  EXPECT_NE(last.options, runs->back().options);
  const auto options = Store()->OptionsDescription(last.options);
  ASSERT_TRUE(options);
  EXPECT_THAT(*options, HasSubstr("quality=70"));
}

TEST_F(NextRunTest, OptionsOfTheJournalThatDoNotFitAreRefused) {
  for (const std::string option : {"--journal=x", "--retry-failed", "--forget"}) {
    const ProcessResult result = Run({"in", "-o", "out", "--no-journal", option});
    EXPECT_EQ(result.exit_code, 2) << option;
    EXPECT_THAT(result.err, HasSubstr("and --no-journal exclude each other")) << option;
  }
}

// b.jpg's name was b.png's, is b.jpg's, and is b.png's again.
TEST_F(NextRunTest, AThumbnailThatWasAnothersMeanwhileIsMadeAgain) {
  tree_.Write("in/sub/b.jpg", JpegFile({100, 200}));
  const fs::path file = tree_.root() / "in/sub/b.jpg";
  fs::rename(file, tree_.root() / "b.jpg");
  Run({"in", "-o", "out"});
  const std::string thumbnail = tree_.Read("out/sub/b_256.jpg");
  fs::rename(tree_.root() / "b.jpg", file);
  Run({"in", "-o", "out"});
  EXPECT_NE(tree_.Read("out/sub/b_256.jpg"), thumbnail);
  EXPECT_EQ(tree_.Read("out/sub/b_png_256.jpg"), thumbnail);
  fs::remove(file);
  EXPECT_THAT(Outcomes({"in", "-o", "out"}), ElementsAre(Pair("in/a.jpg", "up_to_date"), Pair("in/sub/b.png", "made")));
  EXPECT_EQ(tree_.Read("out/sub/b_256.jpg"), thumbnail);
}

// a.jpg leaves, a.png gets its name, a.jpg is back as it was.
TEST_F(NextRunTest, AThumbnailThatWasAnothersWhileItsPictureWasGoneIsMadeAgain) {
  const fs::path jpg = tree_.root() / "in/a.jpg";
  const fs::path png = tree_.root() / "in/a.png";
  const auto leaves = [&](const fs::path& file) { fs::rename(file, tree_.root() / file.filename()); };
  const auto returns = [&](const fs::path& file) { fs::rename(tree_.root() / file.filename(), file); };
  tree_.Write("in/a.png", PngFile({100, 200}));
  leaves(png);
  for (const std::string option : {"--size=256", "--size=16", "--format=auto", "--force"}) {
    SCOPED_TRACE(option);
    std::vector<std::string> last{"in", "-o", "out"};
    if (option != "--force") last.push_back(option);
    if (option != "--size=256") last.push_back("--size=256");
    std::vector<std::string> command = last;
    if (option == "--force") command.push_back(option);
    Run(command);
    const std::string thumbnail = tree_.Read("out/a_256.jpg");
    leaves(jpg);
    returns(png);
    // Then it is the second of two that was there.
    fs::remove(tree_.root() / "out/a_16.jpg");
    Run(command);
    EXPECT_NE(tree_.Read("out/a_256.jpg"), thumbnail);
    leaves(png);
    returns(jpg);
    EXPECT_THAT(Outcomes(last), Contains(Pair("in/a.jpg", "made")));
    EXPECT_EQ(tree_.Read("out/a_256.jpg"), thumbnail);
    EXPECT_THAT(Outcomes(last), Contains(Pair("in/a.jpg", "up_to_date")));
  }
}

TEST_F(NextRunTest, WhatIsMadeAnewKeepsItsOtherThumbnails) {
  Run({"in", "-o", "out", "-s64"});
  Run({"in", "-o", "out", "-s128"});
  Run({"in", "-o", "out", "-s128", "--force"});
  EXPECT_THAT(Outcomes({"in", "-o", "out", "-s64"}),
              ElementsAre(Pair("in/a.jpg", "up_to_date"), Pair("in/sub/b.png", "up_to_date")));
}

// As a run leaves it that is killed before it can write down what it has made.
TEST_F(NextRunTest, AThumbnailThatIsNotAsTheJournalKnowsItIsMadeAgain) {
  Run({"in", "-o", "out"});
  const std::string journal = tree_.Read("out/.tbbthumbs/journal.db");
  const std::string thumbnail = tree_.Read("out/a_256.jpg");
  Run({"in", "-o", "out", "-q20"});
  tree_.Write("out/.tbbthumbs/journal.db", journal);
  EXPECT_THAT(Outcomes({"in", "-o", "out"}), ElementsAre(Pair("in/a.jpg", "made"), Pair("in/sub/b.png", "made")));
  EXPECT_EQ(tree_.Read("out/a_256.jpg"), thumbnail);
  Run({"in", "-o", "out", "-q20", "--force", "--no-journal"});
  EXPECT_THAT(Outcomes({"in", "-o", "out"}), ElementsAre(Pair("in/a.jpg", "made"), Pair("in/sub/b.png", "made")));
}

TEST_F(NextRunTest, WhatIsSkippedIsNotKnownAsMade) {
  Run({"in", "-o", "out", "-q20", "--no-journal"});
  EXPECT_THAT(Outcomes({"in", "-o", "out", "--if-exists=skip"}),
              ElementsAre(Pair("in/a.jpg", "up_to_date"), Pair("in/sub/b.png", "up_to_date")));
  EXPECT_THAT(Outcomes({"in", "-o", "out"}), ElementsAre(Pair("in/a.jpg", "made"), Pair("in/sub/b.png", "made")));
  // What is known of what it leaves stays known.
  EXPECT_THAT(Outcomes({"in", "-o", "out", "--if-exists=skip", "-q20"}),
              ElementsAre(Pair("in/a.jpg", "up_to_date"), Pair("in/sub/b.png", "up_to_date")));
  EXPECT_THAT(Outcomes({"in", "-o", "out"}),
              ElementsAre(Pair("in/a.jpg", "up_to_date"), Pair("in/sub/b.png", "up_to_date")));
}

TEST_F(NextRunTest, ForgetMakesAllAnewAlsoFromBeforeTheJournal) {
  Run({"in", "-o", "out", "-q20", "--no-journal"});
  EXPECT_THAT(Outcomes({"in", "-o", "out"}),
              ElementsAre(Pair("in/a.jpg", "up_to_date"), Pair("in/sub/b.png", "up_to_date")));
  EXPECT_THAT(Outcomes({"in", "-o", "out", "--forget", "--dry-run"}),
              ElementsAre(Pair("in/a.jpg", "planned"), Pair("in/sub/b.png", "planned")));
  EXPECT_THAT(Outcomes({"in", "-o", "out", "--forget"}),
              ElementsAre(Pair("in/a.jpg", "made"), Pair("in/sub/b.png", "made")));
}

TEST_F(NextRunTest, ADryRunGoesByDatesWhereTheJournalIsDamaged) {
  Run({"in", "-o", "out"});
  tree_.Write("out/.tbbthumbs/journal.db", std::string(5000, 'x'));
  EXPECT_THAT(Outcomes({"in", "-o", "out", "--dry-run"}),
              ElementsAre(Pair("in/a.jpg", "up_to_date"), Pair("in/sub/b.png", "up_to_date")));
  EXPECT_THAT(last_.err, HasSubstr("the journal is damaged: thumbnails were judged by their dates"));
  EXPECT_EQ(JsonLines(last_.out).back()["journal_damaged"], true);
  EXPECT_EQ(tree_.Read("out/.tbbthumbs/journal.db"), std::string(5000, 'x'));
}

}  // namespace
}  // namespace tbbthumbs
