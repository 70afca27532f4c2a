// The command where the system gives it few threads, little memory, or few open files: it says so once, loses nothing,
// and without the limit goes on where it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/fault_fixture.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::ProcessResult;

class FaultLimitsTest : public testing::FaultFixture {
 protected:
  static constexpr int kPictures = 40;

  FaultLimitsTest() { MakePictures(kPictures); }

  // `command` of a shell, limited; then the same without.
  ProcessResult RunLimitedAndAgain(const std::string& limits, const std::string& options) {
    fs::remove_all(tree_.root() / "out");
    ProcessResult limited = Shell(limits + ShellLine("out", options));
    EXPECT_TRUE(limited.exit_code == 0 || limited.exit_code == 1 || limited.exit_code == 74)
        << limits << limited.exit_code << limited.err;
    const size_t complaints = Complaints(limited).size();
    EXPECT_TRUE(complaints > 0 || limited.exit_code == 0) << limits;
    // At most ten pictures are named for one reason, then it is said that there are more, and in the end that it ends.
    EXPECT_LE(complaints, limited.out.empty() ? 12u : 40u) << limits << "\n" << limited.err;
    // Where not even a summary can be made, that is the last word.
    if (limited.out.find("\"summary\"") != std::string::npos) {
      EXPECT_LE(Summary(limited)["inputs"].get<int>(), kPictures);
    } else {
      EXPECT_EQ(limited.exit_code, 74);
    }
    const ProcessResult again = Run(Line("in", "out"));
    EXPECT_EQ(again.exit_code, 0) << again.err;
    EXPECT_EQ(Summary(again)["inputs"], kPictures);
    ExpectAsUndisturbed("out", true);
    return limited;
  }
};

TEST_F(FaultLimitsTest, FewFilesMayBeOpen) {
  for (const std::string options : {"-j 8", "-j 8 --io-threads 16"}) {
    const ProcessResult limited = RunLimitedAndAgain("ulimit -n 64; ", options);
    EXPECT_EQ(limited.exit_code, 0) << options << limited.err;
    EXPECT_EQ(Summary(limited)["made"], kPictures);
  }
  for (const int files : {20, 10, 8, 6, 5}) RunLimitedAndAgain("ulimit -n " + std::to_string(files) + "; ", "-j 2");
}

TEST_F(FaultLimitsTest, LittleMemory) {
#ifdef TBBTHUMBS_SANITIZED
  GTEST_SKIP() << "sanitizers have memory of their own";
#endif
  // Of which only some have enough.
  tree_.Write("in/3/100.jpg", testing::JpegFile({3000, 2000}));
  for (int i = 0; i < 4; ++i) fs::remove(tree_.root() / "in" / std::to_string(i) / (std::to_string(i) + ".jpg"));
  for (int i = 101; i < 104; ++i) tree_.Write("in/0/" + std::to_string(i) + ".jpg", testing::JpegFile({90, 90}));
  for (const int megabytes : {20, 60, 80, 100, 130, 160, 200, 250, 300}) {
    RunLimitedAndAgain("ulimit -c 0; ulimit -v " + std::to_string(megabytes << 10) + "; ", "-j 4");
  }
}

class FewThreadsTest : public FaultLimitsTest {
 protected:
  // Skips the test where we can't be another.
  void SetUp() override {
    if (const std::string why = WhyNoOtherUser(); !why.empty()) GTEST_SKIP() << why;
  }

  ProcessResult RunWith(int threads, const std::string& options) const {
    fs::remove_all(tree_.root() / "out");
    return Shell(ShellLine("out", options, ByAUserWith(threads)));
  }
};

TEST_F(FewThreadsTest, RunsWithThoseThatThereAre) {
  int most = 0;
  for (const int threads : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 20, 40}) {
    SCOPED_TRACE(threads);
    const ProcessResult result = RunWith(threads, "-j 16");
    const auto complaints = Complaints(result);
    if (result.exit_code == 74) {
      EXPECT_LT(threads, 6);
      ASSERT_EQ(complaints.size(), 1u) << result.err;
      EXPECT_THAT(complaints[0], HasSubstr("no thread can be started (limits of processes and memory: ulimit -u"));
      continue;
    }
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const auto summary = Summary(result);
    EXPECT_EQ(summary["made"], kPictures);
    const int used = summary["threads"];
    most = std::max(most, used);
    EXPECT_EQ(complaints.size(), used < 16 ? 1u : 0u) << result.err;
    if (used < 16) {
      EXPECT_THAT(result.err, HasSubstr("only " + std::to_string(used) + " of 16 threads"));
    }
    ExpectAsUndisturbed("out", true);
  }
  EXPECT_EQ(most, 16);
  EXPECT_EQ(RunWith(7, "-j 1").exit_code, 0);
}

TEST_F(FewThreadsTest, ReadersAndWritersLeaveSomeToOthers) {
  for (const int threads : {7, 8, 10, 14, 20, 30, 120}) {
    SCOPED_TRACE(threads);
    const ProcessResult result = RunWith(threads, "-j 8 --io-threads 32 --max-load 1000");
    ASSERT_TRUE(result.exit_code == 0 || result.exit_code == 74) << result.err;
    EXPECT_EQ(Complaints(result).size(), threads < 120 ? 1u : 0u) << result.err;
    EXPECT_TRUE(result.exit_code == 0 || threads < 10) << result.err;
    if (result.exit_code == 0) {
      EXPECT_EQ(Summary(result)["made"], kPictures);
    }
  }
}

}  // namespace
}  // namespace tbbthumbs
