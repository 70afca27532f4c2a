#include "pipeline/input_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "pipeline/input_count.h"
#include "pipeline/name_planner.h"
#include "pipeline/plan_store.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/temp_tree.h"

namespace tbbthumbs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::MemoryFileSystem;
using ::testing::Not;
using testing::TempTree;

std::vector<InputFile> AllFiles(InputStream& inputs) {
  std::vector<InputFile> all;
  while (auto file = inputs.Next()) all.push_back(std::move(*file));
  return all;
}

// "PATH > OUTPUT DIRECTORY" of each input.
std::vector<std::string> All(InputStream& inputs) {
  std::vector<std::string> all;
  while (auto file = inputs.Next()) all.push_back(file->path + " > " + file->output_directory);
  return all;
}

class InputStreamTest : public ::testing::Test {
 protected:
  InputStreamTest() { files_.AddDirectory("out"); }
  MemoryFileSystem files_;
  InputOptions options_;
};

class WebInputTest : public InputStreamTest {
 protected:
  // No address is ever looked up as a file.
  WebInputTest() {
    files_.on_call = [](const std::string& operation, const std::string& path) -> std::optional<Error> {
      EXPECT_THAT(path, Not(HasSubstr("http:/"))) << operation;
      EXPECT_THAT(path, Not(HasSubstr("https:/"))) << operation;
      return std::nullopt;
    };
  }

  FileList List(const std::string& text, bool urls = true, char separator = '\n') {
    const std::string name = "list" + std::to_string(list_count_++);
    tree_.Write(name, text);
    return {tree_.root() / name, separator, urls};
  }

  std::vector<InputFile> Taken() {
    InputStream inputs(files_, options_, "out", false);
    return AllFiles(inputs);
  }

  // Of a list of addresses that says `text`.
  std::vector<InputFile> Listed(const std::string& text, char separator = '\n') {
    options_.lists = {List(text, true, separator)};
    return Taken();
  }

  // Without "out/", of each input in its order.
  static std::vector<std::string> NamesOf(const std::vector<InputFile>& files,
                                          const std::string& name_template = NameOptions().name_template) {
    NameOptions options;
    options.name_template = name_template;
    NamePlanner planner("out", options, SpecSet());
    std::vector<std::string> names;
    names.reserve(files.size());
    for (const InputFile& file : files) names.push_back(planner.Plan(file, names.size()).jpeg.at(0).substr(4));
    return names;
  }

  TempTree tree_;
  int list_count_ = 0;
};

TEST_F(InputStreamTest, OneDirectoryMapsOntoTheOutputItself) {
  files_.AddFile("in/a.jpg");
  files_.AddFile("in/x/b.jpg");
  options_.paths = {"in"};
  InputStream inputs(files_, options_, "out", false);
  const auto first = inputs.Next();
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->found);
  EXPECT_TRUE(first->whole_directory);
  EXPECT_EQ(first->output_directory, "");
  EXPECT_THAT(All(inputs), ElementsAre("in/x/b.jpg > x"));
}

TEST_F(InputStreamTest, SeveralDirectoriesEachOntoTheirNames) {
  files_.AddFile("p/one/a.jpg");
  files_.AddFile("p/two/x/b.jpg");
  options_.paths = {"p/one", "p/two/"};
  InputStream inputs(files_, options_, "out", false);
  const auto first = inputs.Next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->output_directory, "one");
  EXPECT_FALSE(first->whole_directory);
  EXPECT_THAT(All(inputs), ElementsAre("p/two/x/b.jpg > two/x"));
}

TEST_F(InputStreamTest, FilesAndMissingFilesAreInputsAsTheyStand) {
  files_.AddFile("a/b.jpg");
  options_.paths = {"a/b.jpg", "gone.jpg"};
  InputStream inputs(files_, options_, "out", false);
  EXPECT_THAT(All(inputs), ElementsAre("a/b.jpg > ", "gone.jpg > "));
}

TEST_F(InputStreamTest, ListsMirrorTheirPaths) {
  const std::string list = ::testing::TempDir() + "/input_stream_list.txt";
  std::ofstream(list) << "a.jpg\nx/b.jpg\n./x/c.jpg\n../up/d.jpg\n/abs/e.jpg\n";
  options_.lists = {{list, '\n'}};
  InputStream inputs(files_, options_, "out", false);
  EXPECT_THAT(All(inputs),
              ElementsAre("a.jpg > ", "x/b.jpg > x", "./x/c.jpg > x", "../up/d.jpg > up", "/abs/e.jpg > abs"));
}

TEST_F(InputStreamTest, TheOutputDirectoryIsLeftOutOfAWalk) {
  files_.AddFile("in/a.jpg");
  files_.AddFile("in/thumbs/a_256.jpg");
  options_.paths = {"in"};
  InputStream inputs(files_, options_, "in/thumbs", false);
  EXPECT_THAT(All(inputs), ElementsAre("in/a.jpg > "));
}

TEST_F(InputStreamTest, UrgentAdditionsGoFirstOthersLast) {
  files_.AddFile("in/a.jpg");
  files_.AddFile("in/b.jpg");
  options_.paths = {"in"};
  InputStream inputs(files_, options_, "out", false);
  ASSERT_TRUE(inputs.Add("late.jpg", 0));
  ASSERT_TRUE(inputs.Add("later.jpg", -1));
  ASSERT_TRUE(inputs.Add("first.jpg", 5));
  ASSERT_TRUE(inputs.Add("urgent.jpg", 1));
  EXPECT_THAT(All(inputs), ElementsAre("first.jpg > ", "urgent.jpg > ", "in/a.jpg > ", "in/b.jpg > ", "late.jpg > ",
                                       "later.jpg > "));
  EXPECT_EQ(inputs.Add("toolate.jpg", 0).error().code, ErrorCode::kStopped);
}

TEST_F(InputStreamTest, KeptOpenItWaitsUntilFinish) {
  InputStream inputs(files_, options_, "out", true);
  std::atomic<int> taken{0};
  std::jthread taker([&] {
    while (inputs.Next()) ++taken;
  });
  ASSERT_TRUE(inputs.Add("a.jpg", 0));
  while (taken == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  ASSERT_TRUE(inputs.Add("b.jpg", 0));
  while (taken == 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  inputs.Finish();
  taker.join();
  EXPECT_FALSE(inputs.Add("c.jpg", 0));
  EXPECT_EQ(taken, 2);
}

TEST_F(InputStreamTest, StopEndsTheWait) {
  InputStream inputs(files_, options_, "out", true);
  std::jthread taker([&] { EXPECT_FALSE(inputs.Next()); });
  inputs.Stop();
  taker.join();
}

TEST_F(InputStreamTest, ListsThatCantBeReadAreErrorsThatDoNotStopTheRest) {
  files_.AddFile("in/a.jpg");
  options_.paths = {"in"};
  options_.lists = {{"no/such/list", '\n'}};
  InputStream inputs(files_, options_, "out", false);
  EXPECT_THAT(All(inputs), ElementsAre("in/a.jpg > "));
  EXPECT_EQ(inputs.error_count(), 1u);
  EXPECT_EQ(inputs.errors().size(), 1u);
}

TEST_F(InputStreamTest, CountInputsCountsWhatWillCome) {
  files_.AddFile("in/a.jpg");
  files_.AddFile("in/x/b.jpg");
  files_.AddFile("in/x/.hidden.jpg");
  options_.paths = {"in", "c.jpg"};
  std::atomic<uint64_t> so_far = 0;
  EXPECT_EQ(CountInputs(files_, options_, "out", {}, &so_far), 3u);
  EXPECT_EQ(so_far, 3u);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(CountInputs(files_, options_, "out", stop.get_token()), std::nullopt);
}

TEST_F(InputStreamTest, SomeDirectoriesOnlyAreAsInAWalkOfAll) {
  for (const char* path : {"in/a.jpg", "in/x/b.jpg", "in/x/y/c.jpg", "in/z/d.jpg"}) files_.AddFile(path);
  options_.paths = {"in"};
  options_.only = {{0, "x"}, {0, "gone"}, {0, ""}, {1, ""}};
  InputStream inputs(files_, options_, "out", false);
  const auto first = inputs.Next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->path, "in/x/b.jpg");
  EXPECT_EQ(first->output_directory, "x");
  EXPECT_TRUE(first->found);
  EXPECT_TRUE(first->whole_directory);
  EXPECT_THAT(All(inputs), ElementsAre("in/a.jpg > "));
  EXPECT_EQ(inputs.error_count(), 0u);
}

TEST_F(InputStreamTest, SomeDirectoriesOfSeveralTrees) {
  for (const char* path : {"p/one/x/a.jpg", "p/two/x/b.jpg"}) files_.AddFile(path);
  options_.paths = {"p/one", "p/two/"};
  options_.only = {{1, "x"}};
  InputStream inputs(files_, options_, "out", false);
  EXPECT_THAT(All(inputs), ElementsAre("p/two/x/b.jpg > two/x"));
}

TEST_F(InputStreamTest, OfWhatIsALinkNowNothingIsTaken) {
  files_.AddFile("elsewhere/a.jpg");
  files_.AddLink("in/x", "elsewhere");
  options_.paths = {"in"};
  options_.only = {{0, "x"}};
  InputStream inputs(files_, options_, "out", false);
  EXPECT_FALSE(inputs.Next());
}

TEST_F(InputStreamTest, AwaitedFilesKeepTheirPlaces) {
  for (const char* path : {"in/a.jpg", "in/x/b.jpg", "in/x/c.jpg"}) files_.AddFile(path);
  options_.paths = {"in"};
  options_.awaited = {{0, "x/b.jpg"}, {1, "a.jpg"}};
  InputStream inputs(files_, options_, "out", false);
  std::vector<std::string> awaited;
  while (auto file = inputs.Next()) {
    if (file->awaited) awaited.push_back(file->path);
  }
  EXPECT_THAT(awaited, ElementsAre("in/x/b.jpg"));
}

TEST_F(WebInputTest, AddressesAreNoFiles) {
  files_.AddFile("in/a.jpg");
  options_.paths = {"HTTP://Example.org/p/a%20b.jpg?w=1#top", "in", "https://example.org"};
  options_.lists = {List("in/a.jpg\nhttp://example.org/q/c.jpg\r\n", false)};
  InputStream inputs(files_, options_, "out", false);
  ASSERT_TRUE(inputs.Add("http://example.org/r/d.jpg", 1));
  const std::vector<InputFile> all = AllFiles(inputs);
  ASSERT_EQ(all.size(), 6u);
  EXPECT_EQ(all[0].path, "http://example.org/r/d.jpg");
  EXPECT_EQ(all[0].named_as, "r/d.jpg");
  EXPECT_EQ(all[0].output_directory, "");
  EXPECT_EQ(all[1].path, "http://example.org/p/a%20b.jpg?w=1");
  EXPECT_EQ(all[1].named_as, "p/a b.jpg");
  EXPECT_EQ(all[1].output_directory, "");
  // One directory among the inputs: not all is found by walking it.
  EXPECT_EQ(all[2].path, "in/a.jpg");
  EXPECT_EQ(all[2].output_directory, "");
  EXPECT_FALSE(all[2].whole_directory);
  EXPECT_EQ(all[3].path, "https://example.org/");
  EXPECT_EQ(all[3].named_as, "index");
  EXPECT_EQ(all[4].path, "in/a.jpg");
  EXPECT_EQ(all[5].path, "http://example.org/q/c.jpg");
  EXPECT_EQ(all[5].output_directory, "q");
  for (const size_t i : {0u, 1u, 3u, 5u}) {
    ASSERT_TRUE(all[i].url) << i;
    EXPECT_EQ(all[i].url->text, all[i].path);
    EXPECT_FALSE(all[i].found);
    EXPECT_FALSE(all[i].error);
  }
  for (const size_t i : {2u, 4u}) {
    EXPECT_FALSE(all[i].url);
    EXPECT_EQ(all[i].named_as, "");
  }
}

TEST(WebInput, AFileWithSuchANameIsWrittenAnotherWay) {
  MemoryFileSystem files;
  files.AddDirectory("out");
  InputOptions options;
  options.paths = {"./http://x/a.jpg"};
  InputStream inputs(files, options, "out", false);
  const auto file = inputs.Next();
  ASSERT_TRUE(file);
  EXPECT_EQ(file->path, "./http://x/a.jpg");
  EXPECT_FALSE(file->url);
  EXPECT_FALSE(file->error);
}

TEST_F(WebInputTest, WhatIsNoAddressFailsAndTheRestIsTaken) {
  options_.paths = {"http://me:secret@example.org:99999/a.jpg", "https://"};
  const std::vector<InputFile> all =
      Listed("photo.jpg\nftp://me:secret@example.org/x.jpg\tx\nhttp://example.org/b.jpg\n");
  ASSERT_EQ(all.size(), 5u);
  EXPECT_EQ(all[0].path, "http://example.org:99999/a.jpg");
  EXPECT_EQ(all[1].path, "https://");
  EXPECT_EQ(all[2].path, "photo.jpg");
  EXPECT_EQ(all[3].path, "ftp://example.org/x.jpg");
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_FALSE(all[i].url) << i;
    ASSERT_TRUE(all[i].error) << i;
    EXPECT_EQ(all[i].error->code, ErrorCode::kUnsupported);
    EXPECT_TRUE(all[i].error->message.starts_with("no address of a picture: ")) << all[i].error->message;
  }
  EXPECT_TRUE(all[4].url);
  EXPECT_FALSE(all[4].error);
}

TEST_F(WebInputTest, PasswordsAreKeptForAskingAlone) {
  options_.paths = {"http://me:s3cret@example.org/a.jpg", "http://me:s3cret@exa mple.org/b.jpg",
                    "http://me:s3cret@example.org:x/c.jpg"};
  const std::vector<InputFile> all =
      Listed("https://me:s3cret@example.org/d/e.jpg\nhttp://me:s3cret@\nhttp://me:x/s3cret@y\n");
  ASSERT_EQ(all.size(), 6u);
  for (const InputFile& file : all) {
    EXPECT_THAT(file.path, Not(HasSubstr("s3cret")));
    EXPECT_THAT(file.name_path(), Not(HasSubstr("s3cret")));
    EXPECT_EQ(file.url != nullptr, !file.error);
    EXPECT_THAT(file.error ? file.error->message : "", Not(HasSubstr("s3cret")));
    EXPECT_THAT(file.url ? file.url->request : "s3cret", HasSubstr("s3cret"));
  }
  for (const char* name_template : {"{dir}/{stem}", "{host}/{path}", "{parent}/{stem}.{ext}"}) {
    for (const std::string& name : NamesOf(all, name_template)) EXPECT_THAT(name, Not(HasSubstr("s3cret")));
  }
  EXPECT_TRUE(all[0].url);
  EXPECT_TRUE(all[3].url);
}

TEST_F(WebInputTest, APlanTakesNoPasswords) {
  options_.for_plan = true;
  options_.paths = {"http://me:s3cret@example.org/a.jpg", "http://me@example.org/a.jpg", "http://example.org/a.jpg"};
  const std::vector<InputFile> all = Listed("https://:s3cret@example.org/d/e.jpg\n");
  ASSERT_EQ(all.size(), 4u);
  for (const size_t i : {0u, 1u, 3u}) {
    ASSERT_TRUE(all[i].error) << i;
    EXPECT_EQ(all[i].error->code, ErrorCode::kUnsupported);
    EXPECT_EQ(all[i].error->message, "its user and password would be written into the plan");
  }
  EXPECT_FALSE(all[2].error);
}

TEST_F(WebInputTest, ListsHaveCommentsBlanksAndNames) {
  const std::vector<InputFile> all = Listed(
      "# two albums\r\n"
      "\r\n"
      " \t http://example.org/p/a.jpg \t\r\n"
      "  # http://example.org/not.jpg\n"
      "http://example.org/p/b.jpg\talbum/one/first.JPEG\r\n"
      "http://example.org/p/c.jpg \t cat 1.5 \n"
      "http://example.org/p/d.jpg\t\n"
      "http://example.org/p/my cat.jpg#x\n"
      "http://example.org/p/e.jpg\tx\ty");
  ASSERT_EQ(all.size(), 6u);
  EXPECT_EQ(all[0].path, "http://example.org/p/a.jpg");
  EXPECT_EQ(all[1].path, "http://example.org/p/b.jpg");
  EXPECT_THAT(NamesOf(all), ElementsAre("p/a_256.jpg", "album/one/first_256.jpg", "cat 1.5_256.jpg", "p/d_256.jpg",
                                        "p/my cat_256.jpg", "x_y_256.jpg"));
  EXPECT_THAT(NamesOf(all, "{ext}-{stem}"),
              ElementsAre("jpg-a.jpg", "JPEG-first.jpg", "-cat 1.5.jpg", "jpg-d.jpg", "jpg-my cat.jpg", "-x_y.jpg"));
}

TEST_F(WebInputTest, NamesBelowTheOutputDirectoryWhateverTheyAre) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"cat", "cat"},
      {"cat.jpg", "cat"},
      {"cat.TIFF", "cat"},
      {"cat.tar", "cat.tar"},
      {"v1.2", "v1.2"},
      {"a.png/b", "a.png/b"},
      {"x/.jpg", "x/.jpg"},
      {"/etc/passwd", "etc/passwd"},
      {"../../etc/passwd", "etc/passwd"},
      {"a/../b.jpg", "a/b"},
      {"./a//b.jpg", "a/b"},
      {"a/b/", "a/b"},
      {"..", "p/a"},
      {"/", "p/a"},
      {" ../. ", "p/a"},
      {"...", "..."},
      {".../a", "___/a"},
      {"con/nul.x", "con_/nul_.x"},
      {".tbbthumbs/x", ".tbbthumbs_/x"},
      {"a\\b:c", "a_b_c"},
  };
  for (const auto& [name, expected] : cases) {
    const std::vector<InputFile> all = Listed("http://example.org/p/a.jpg\t" + name + "\n");
    EXPECT_THAT(NamesOf(all, "{dir}/{stem}"), ElementsAre(expected + ".jpg")) << name;
  }
}

TEST_F(WebInputTest, EscapedPathsStayBelowTheOutputDirectory) {
  const std::vector<InputFile> all = Listed(
      "http://example.org/%2e%2e/%2fetc/passwd\n"
      "http://example.org/..%2f..%2fetc%2fpasswd\n"
      "http://example.org/a%00b/c%0A.jpg\n"
      "http://example.org/%2Etbbthumbs/x\n");
  const std::vector<std::string> names = NamesOf(all, "{dir}/{stem}");
  ASSERT_EQ(names.size(), 4u);
  EXPECT_EQ(names[0], "etc/passwd.jpg");
  EXPECT_TRUE(names[1].starts_with("etc/passwd_")) << names[1];
  EXPECT_EQ(names[2], "a%00b/c%0A.jpg");
  EXPECT_EQ(names[3], ".tbbthumbs_/x.jpg");
}

TEST_F(WebInputTest, ListsByNulAreAlike) {
  using std::string_literals::operator""s;
  const std::vector<InputFile> all =
      Listed("#x\0\0http://example.org/p/a.jpg\tn\nm\0\n http://example.org/p/b.jpg \r\n\0photo.jpg"s, '\0');
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[2].path, "photo.jpg");
  EXPECT_TRUE(all[2].error);
  EXPECT_THAT(NamesOf({all[0], all[1]}), ElementsAre("n_m_256.jpg", "p/b_256.jpg"));
}

TEST_F(WebInputTest, OfOneNameTheFirstHasItAndOthersAHashOfTheWholeAddress) {
  const std::string list =
      "http://example.org/p/a.jpg?w=1\nhttp://example.org/p/a.jpg?w=2\nhttp://other.org/p/a.jpg\n"
      "http://example.org/p/a.jpg?w=3\nhttp://example.org/p/a.jpg?w=1\n";
  const std::vector<std::string> names = NamesOf(Listed(list));
  ASSERT_EQ(names.size(), 5u);
  EXPECT_EQ(names[0], "p/a_256.jpg");
  EXPECT_EQ(names[1], "p/a_jpg_256.jpg");
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
  EXPECT_EQ(NamesOf(Listed(list)), names);
  // Of the query too: another in its place has another.
  const std::vector<std::string> others =
      NamesOf(Listed("http://example.org/p/a.jpg?w=1\nhttp://example.org/p/a.jpg?w=2\nhttp://other.org/p/a.jpg?w=9\n"));
  EXPECT_NE(others[2], names[2]);
}

TEST_F(WebInputTest, NamesAreThoseOfFilesOfTheSamePaths) {
  const std::vector<std::string> paths = {"a.jpg",     "x/a.png",     "x/a.jpg",   "x/y/b.tar.gz", "x/Y/B.jpg",
                                          "x/.hidden", "noextension", "index.php", "x/con",        "x/\xC3\xA9.jpg"};
  std::string files;
  std::string urls;
  std::string named;
  for (const std::string& path : paths) {
    files += path + "\n";
    urls += "http://example.org/" + path + "\n";
    // What has another extension keeps it there.
    const bool picture = path.ends_with(".jpg") || path.ends_with(".png") || path.find('.') == std::string::npos;
    named += "http://example.org/get?id=" + std::to_string(named.size()) + "\t" + path + (picture ? "" : ".jpg") + "\n";
  }
  options_.lists = {List(files, false)};
  const std::vector<InputFile> of_files = Taken();
  const std::vector<InputFile> of_urls = Listed(urls);
  const std::vector<InputFile> of_names = Listed(named);
  EXPECT_EQ(of_files.size(), paths.size());
  for (const char* name_template :
       {"{dir}/{stem}_{size}", "{path}", "{parent}/{stem}.{ext}", "{hash:2}/{hash}", "{stem}", "{seq}-{dir}-{stem}"}) {
    EXPECT_EQ(NamesOf(of_urls, name_template), NamesOf(of_files, name_template)) << name_template;
  }
  const std::vector<std::string> names = NamesOf(of_names);
  ASSERT_EQ(names.size(), paths.size());
  EXPECT_EQ(names[0], "a_256.jpg");
  EXPECT_EQ(names[1], "x/a_256.jpg");
  EXPECT_EQ(names[2], "x/a_jpg_256.jpg");
  EXPECT_EQ(names[3], "x/y/b.tar.gz_256.jpg");
}

TEST_F(WebInputTest, AreCounted) {
  options_.paths = {"http://example.org/a.jpg", "http://"};
  options_.lists = {List("# nothing\n\nhttp://example.org/b.jpg\nphoto.jpg\n")};
  EXPECT_EQ(Taken().size(), 4u);
  options_.lists.clear();
  EXPECT_TRUE(CanCountInputs(files_, options_));
  EXPECT_EQ(CountInputs(files_, options_, "out", {}), 2u);
  options_.lists = {List("# nothing\n\nhttp://example.org/b.jpg\nphoto.jpg\n")};
  files_.AddFile(options_.lists.front().path.string());
  EXPECT_EQ(CountInputs(files_, options_, "out", {}), 4u);
}

TEST_F(WebInputTest, AtOnceWhileTheListIsThere) {
  options_.lists = {List("http://example.org/a.jpg\n# c\n\nhttp://example.org/b.jpg\n#d\n")};
  InputStream inputs(files_, options_, "out", false);
  ASSERT_TRUE(inputs.Next());
  const auto second = inputs.NextAtOnce();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->path, "http://example.org/b.jpg");
  EXPECT_TRUE(second->url);
  EXPECT_FALSE(inputs.NextAtOnce());
  EXPECT_FALSE(inputs.Next());
}

TEST_F(WebInputTest, DirectoriesCountForThemselves) {
  files_.AddFile("one/x/a.jpg");
  options_.paths = {"http://example.org/p/", "one"};
  EXPECT_EQ(Taken().at(1).output_directory, "x");
  options_.paths.emplace_back("https://example.org/q/");
  options_.only = {{0, ""}, {1, "x"}, {2, "q"}};
  const std::vector<InputFile> only = Taken();
  ASSERT_EQ(only.size(), 1u);
  EXPECT_EQ(only[0].path, "one/x/a.jpg");
}

TEST_F(WebInputTest, APlanKnowsThemByTheirText) {
  const std::string odd = "http://example.org/a%20b/%C3%A4%2f%2e%2e?x=%26&y=/z;1";
  const Error refused{ErrorCode::kUnsupported, "its user and password would be written into the plan"};
  const std::string plan = (tree_.root() / "plan.db").string();
  PlanSettings settings;
  settings.output = "/out";
  settings.journal = "/out/journal.db";
  auto writer = PlanWriter::Create(plan, settings);
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->Add({.seq = 0, .path = ParseUrl(odd)->text, .jpeg = {"x/a_256.jpg"}}));
  ASSERT_TRUE((*writer)->Add({.seq = 1, .path = "http://example.org/b.jpg", .error = refused}));
  ASSERT_TRUE((*writer)->Add({.seq = 2, .path = "/photos/http:/c.jpg", .jpeg = {"c_256.jpg"}}));
  ASSERT_TRUE((*writer)->Add({.seq = 3, .path = "http://example.org:99999/d.jpg"}));
  ASSERT_TRUE((*writer)->Finish());
  options_.part = PlanPart{plan, 0};
  const std::vector<InputFile> all = Taken();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].path, ParseUrl(odd)->text);
  ASSERT_TRUE(all[0].url);
  EXPECT_EQ(all[0].url->text, all[0].path);
  EXPECT_THAT(all[0].planned->names.jpeg, ElementsAre("out/x/a_256.jpg"));
  EXPECT_FALSE(all[0].error);
  ASSERT_TRUE(all[1].error);
  EXPECT_EQ(all[1].error->message, refused.message);
  EXPECT_FALSE(all[2].url);
  EXPECT_FALSE(all[2].error);
  EXPECT_FALSE(all[3].url);
  EXPECT_TRUE(all[3].error);
  EXPECT_EQ(CountInputs(files_, options_, "out", {}), 4u);
}

}  // namespace
}  // namespace tbbthumbs
