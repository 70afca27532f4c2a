// The command where the shell leaves it less than programs are used to.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "pipeline/posix_file.h"
#include "tests/support/command_fixture.h"
#include "tests/support/pictures.h"

namespace tbbthumbs {
namespace {

using ::testing::HasSubstr;
using testing::JpegFile;
using testing::ProcessOptions;
using testing::ProcessResult;
using testing::RunProcess;

class StandardStreamsTest : public testing::CommandFixture {
 protected:
  // What the shell makes of `script`, where "$0" is the command.
  ProcessResult Shell(const std::string& script) const {
    ProcessOptions options;
    options.directory = tree_.root();
    return RunProcess("/bin/sh", {"-c", script, TBBTHUMBS_COMMAND}, options);
  }

  std::map<std::string, std::string> Tree(const std::string& directory) const {
    std::map<std::string, std::string> files;
    for (const std::string& file : tree_.Files(directory)) files[file] = tree_.Read(directory + "/" + file);
    return files;
  }
};

// The next files that it opens would get their numbers, and its lines would be written into thumbnails.
TEST_F(StandardStreamsTest, NothingIsWrittenIntoThumbnailsWhereStreamsAreClosed) {
  for (int i = 0; i < 40; ++i) {
    tree_.Write("in/" + std::to_string(i) + ".jpg", JpegFile({64, 48}));
    tree_.Write("in/cut" + std::to_string(i) + ".jpg", std::string("\xFF\xD8\xFF no picture"));
  }
  EXPECT_EQ(Shell("exec \"$0\" in -o open --no-journal").exit_code, 1);
  for (const char* closed : {"<&- >&- 2>&-", "<&- 2>&-", "2>&-", ">&- 2>&-", "<&-"}) {
    std::filesystem::remove_all(tree_.root() / "closed");
    Shell(std::string("exec \"$0\" in -o closed --no-journal --verbose --json ") + closed);
    const auto files = Tree("closed");
    // Nobody can read the records where standard output is closed: then it stops.
    const bool has_out = std::string(closed).find(">&-") == std::string(closed).find("2>&-") + 1;
    if (has_out) {
      EXPECT_EQ(files, Tree("open")) << closed;
    }
    for (const auto& [file, bytes] : files) EXPECT_EQ(bytes, tree_.Read("open/" + file)) << closed;
  }
}

TEST_F(StandardStreamsTest, NoOtherFileGetsTheNumberOfAClosedOne) {
  const std::string list = (tree_.root() / "list").string();
  ASSERT_EQ(mkfifo(list.c_str(), 0600), 0);
  // So that the command can open it, and waits for what it says.
  const Descriptor writer(open(list.c_str(), O_RDWR | O_CLOEXEC));
  ProcessOptions options;
  options.directory = tree_.root();
  testing::Process process("/bin/sh", {"-c", "exec \"$0\" --files-from list -o out <&- >&- 2>&-", TBBTHUMBS_COMMAND},
                           options);
  const std::filesystem::path files = "/proc/" + std::to_string(process.pid()) + "/fd";
  std::error_code error;
  for (bool reads_list = false; !reads_list;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ASSERT_TRUE(std::filesystem::exists(files, error)) << "it has ended";
    for (std::filesystem::directory_iterator file(files, error), end; !error && file != end; file.increment(error)) {
      reads_list = reads_list || std::filesystem::read_symlink(file->path(), error) == list;
    }
  }
  for (const char* number : {"0", "1", "2"}) {
    EXPECT_EQ(std::filesystem::read_symlink(files / number, error), "/dev/null") << number;
  }
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait().exit_code, 143);
}

TEST_F(StandardStreamsTest, AFileOverTheLimitOfItsSizeIsAnError) {
  tree_.Write("in/a.jpg", JpegFile({1000, 800}));
  const ProcessResult result = Shell("ulimit -f 2; exec \"$0\" in -o out --no-journal -s 1000");
  EXPECT_EQ(result.signal, 0);
  EXPECT_EQ(result.exit_code, 74);
  EXPECT_THAT(result.err, HasSubstr("File too large"));
  EXPECT_TRUE(tree_.Files("out").empty());
}

// Named one by one: none is left open until its turn comes.
TEST_F(StandardStreamsTest, FewFilesAreOpenAtOnce) {
  const std::string webp = std::string("RIFF\x24\x80\0\0WEBPVP8 ", 16) + std::string(40'000, 'x');
  // The others are read while this one is made.
  tree_.Write("large.jpg", JpegFile({6000, 4000}));
  std::string list = "large.jpg\n";
  for (int i = 0; i < 150; ++i) {
    const std::string number = std::to_string(i);
    tree_.Write("empty" + number + ".jpg", "");
    tree_.Write("other" + number + ".webp", webp);
    list += "empty" + number + ".jpg\nother" + number + ".webp\n";
  }
  tree_.Write("list", list);
  const ProcessResult result = Shell("ulimit -n 40; exec \"$0\" --files-from list -o out -j1");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("made 1 picture"));
  EXPECT_THAT(result.err, ::testing::Not(HasSubstr("Too many open files")));
}

}  // namespace
}  // namespace tbbthumbs
