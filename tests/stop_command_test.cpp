// The command when it is stopped: what it leaves, what it says, and that the same command goes on from there.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/pictures.h"
#include "tests/support/png_fixture.h"

namespace tbbthumbs {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::Process;
using testing::ProcessResult;

class StopCommandTest : public testing::CommandFixture {
 protected:
  StopCommandTest() { options_.directory = tree_.root(); }

  std::map<std::string, std::string> Contents(const std::string& directory) const {
    std::map<std::string, std::string> contents;
    for (const std::string& file : tree_.Files(directory)) contents[file] = tree_.Read(directory + "/" + file);
    return contents;
  }

  // Every input is somewhere.
  static void ExpectAddsUp(const nlohmann::json& summary) {
    ASSERT_EQ(summary["type"], "summary");
    uint64_t sum = 0;
    for (const char* end :
         {"made", "planned", "up_to_date", "failed", "not_pictures", "unsupported", "filtered", "left"}) {
      sum += summary.value(end, uint64_t{0});
    }
    EXPECT_EQ(sum, summary["inputs"].get<uint64_t>()) << summary;
  }

  testing::ProcessOptions options_;
};

class StopSignalTest : public StopCommandTest, public ::testing::WithParamInterface<std::pair<int, int>> {};

TEST_P(StopSignalTest, WholeThumbnailsAreLeftAndTheSameCommandGoesOn) {
  constexpr int kPictures = 800;
  const auto jpeg = testing::JpegFile({800, 600});
  const auto png = testing::PngFile({120, 90});
  for (int i = 0; i < kPictures; ++i) {
    tree_.Write("in/" + std::to_string(i % 7) + "/" + std::to_string(i) + ".jpg", i % 5 == 0 ? png : jpeg);
  }
  const auto [signal, exit_code] = GetParam();
  const std::vector<std::string> line{"in", "-o", "out", "-s", "32", "-s", "48", "--json"};
  Process process(TBBTHUMBS_COMMAND, line, options_);
  ASSERT_TRUE(process.WaitForOutput("\"made\""));
  process.Signal(signal);
  const ProcessResult stopped = process.Wait();
  EXPECT_EQ(stopped.exit_code, exit_code) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("(stopped)\n"));
  const auto records = JsonLines(stopped.out);
  const auto& summary = records.back();
  ExpectAddsUp(summary);
  EXPECT_EQ(summary["stopped"], true);
  EXPECT_EQ(summary["failed"], 0);
  const auto made = summary["made"].get<uint64_t>();
  EXPECT_EQ(records.size(), made + 1) << "a record for each, none for those left";
  EXPECT_EQ(Contents("out").size(), 2 * made) << "and nothing else";
  EXPECT_LT(made, uint64_t{kPictures});

  const ProcessResult again = Run(line);
  EXPECT_EQ(again.exit_code, 0) << again.err;
  const auto rest = JsonLines(again.out).back();
  EXPECT_EQ(rest["up_to_date"], made);
  EXPECT_EQ(rest["made"], kPictures - made);
  EXPECT_EQ(Run({"in", "-o", "whole", "-s", "32", "-s", "48"}).exit_code, 0);
  EXPECT_TRUE(Contents("out") == Contents("whole"));
  EXPECT_FALSE(std::filesystem::exists(tree_.root() / "out/.tbbthumbs/tmp"));
}

INSTANTIATE_TEST_SUITE_P(, StopSignalTest, ::testing::Values(std::pair(SIGINT, 130), std::pair(SIGTERM, 143)),
                         [](const auto& param) { return param.param.first == SIGINT ? "Interrupt" : "Terminate"; });

// A picture that takes any machine seconds of CPU time: 2 GB of samples, all the same, in a small file.
class LongPictureTest : public StopCommandTest {
 protected:
  static constexpr uint32_t kSide = 16'000;

  void WriteLongPicture(const std::string& path) const {
    constexpr uint32_t kRowsAtOnce = 40;
    constexpr uint32_t kTimes = kSide / kRowsAtOnce;
    // Rows of Paeth's filter; compressed so that the piece may stand behind itself.
    std::vector<Bytef> rows((size_t{kSide} * 8 + 1) * kRowsAtOnce);
    for (size_t y = 0; y < kRowsAtOnce; ++y) rows[y * (size_t{kSide} * 8 + 1)] = 4;
    std::vector<std::byte> piece(rows.size() / 100);
    z_stream stream{};
    ASSERT_EQ(deflateInit2(&stream, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = rows.data();
    stream.avail_in = static_cast<uInt>(rows.size());
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    ASSERT_EQ(deflate(&stream, Z_FULL_FLUSH), Z_OK);
    ASSERT_EQ(stream.avail_in, 0u);
    piece.resize(stream.total_out);
    deflateEnd(&stream);
    const uLong of_rows = adler32(1, rows.data(), static_cast<uInt>(rows.size()));
    uLong sum = 1;
    std::vector<testing::PngChunk> chunks{
        testing::HeaderChunk({.size = {kSide, kSide}, .color = testing::PngColor::kRgba, .depth = 16})};
    std::vector<std::byte> begin{std::byte{0x78}, std::byte{0x01}};
    for (uint32_t i = 0; i < kTimes; ++i) {
      begin.insert(begin.end(), piece.begin(), piece.end());
      sum = adler32_combine(sum, of_rows, static_cast<z_off_t>(rows.size()));
    }
    const std::vector<std::byte> check = testing::BigEndian({static_cast<uint32_t>(sum)}, 4);
    // The last block, empty, and the checksum.
    begin.insert(begin.end(), {std::byte{0x03}, std::byte{0x00}});
    begin.insert(begin.end(), check.begin(), check.end());
    chunks.push_back({"IDAT", std::move(begin)});
    chunks.push_back({"IEND", {}});
    tree_.Write(path, std::span<const std::byte>(testing::JoinChunks(chunks)));
  }

  // Waits until the process has worked for a while: it is decoding.
  static void WaitUntilBusy(const Process& process) {
    const long ticks = sysconf(_SC_CLK_TCK) / 5;
    for (long used = 0; used < ticks;) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      std::ifstream file("/proc/" + std::to_string(process.pid()) + "/stat");
      std::string field;
      for (int i = 1; i < 14; ++i) ASSERT_TRUE(file >> field) << "it has ended";
      long user = 0;
      long system = 0;
      ASSERT_TRUE(file >> user >> system);
      used = user + system;
    }
  }

  const std::vector<std::string> line_{"in", "-o", "out", "-s", "32", "--json", "--decoder", "reference"};
};

TEST_F(LongPictureTest, WhatIsInFlightIsDropped) {
  ASSERT_NO_FATAL_FAILURE(WriteLongPicture("in/long.png"));
  for (const auto& [signal, exit_code] : {std::pair(SIGINT, 130), std::pair(SIGTERM, 143)}) {
    Process process(TBBTHUMBS_COMMAND, line_, options_);
    ASSERT_NO_FATAL_FAILURE(WaitUntilBusy(process));
    process.Signal(signal);
    const ProcessResult result = process.Wait();
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_THAT(result.err, HasSubstr("left at least 1 (stopped)\n"));
    const auto summary = JsonLines(result.out).back();
    ExpectAddsUp(summary);
    EXPECT_EQ(summary["left"], 1);
    EXPECT_TRUE(tree_.Files("out").empty());
  }
}

TEST_F(LongPictureTest, ASecondSignalWaitsForNothing) {
  ASSERT_NO_FATAL_FAILURE(WriteLongPicture("in/long.png"));
  Process process(TBBTHUMBS_COMMAND, line_, options_);
  ASSERT_NO_FATAL_FAILURE(WaitUntilBusy(process));
  process.Signal(SIGINT);
  process.Signal(SIGTERM);
  const ProcessResult result = process.Wait();
  EXPECT_THAT(result.exit_code, ::testing::AnyOf(130, 143));
  EXPECT_THAT(result.err, Not(HasSubstr("stopped")));
  EXPECT_EQ(result.out, "");
}

// What a process holds in small pages, it takes the system a long time to take back.
TEST_F(LongPictureTest, LargePicturesAreInHugePages) {
#ifdef TBBTHUMBS_SANITIZED
  GTEST_SKIP() << "sanitizers have memory of their own";
#endif
  if (!std::filesystem::exists("/sys/kernel/mm/transparent_hugepage")) GTEST_SKIP() << "the system has none";
  ASSERT_NO_FATAL_FAILURE(WriteLongPicture("in/long.png"));
  std::vector<std::string> line = line_;
  line[4] = "2000";
  Process process(TBBTHUMBS_COMMAND, line, options_);
  // Of the flags of each mapping, that huge pages are wanted.
  for (bool found = false; !found;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    std::ifstream file("/proc/" + std::to_string(process.pid()) + "/smaps");
    size_t lines = 0;
    for (std::string text; !found && std::getline(file, text); ++lines) {
      found = text.starts_with("VmFlags:") && text.find(" hg") != std::string::npos;
    }
    ASSERT_GT(lines, 0u) << "it has ended";
  }
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait().exit_code, 143);
  EXPECT_TRUE(tree_.Files("out").empty());
}

// Nobody reads the records: once the pipe is full, the run can't come to its end by itself.
TEST_F(StopCommandTest, AStopThatIsHeldUpEndsAllTheSame) {
  for (int i = 0; i < 100; ++i) tree_.Write("in/" + std::to_string(i) + ".jpg", testing::JpegFile({64, 48}));
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const int capacity = fcntl(ends[1], F_SETPIPE_SZ, 4096);
  ASSERT_GE(capacity, 4096);
  ASSERT_LE(capacity, 8192);
  std::vector<std::string> line{"in", "-o", "out", "-s", "32", "--json", "--force"};
  options_.out_fd = ends[1];
  for (const bool quiet : {false, true}) {
    if (quiet) line.push_back("--quiet");
    Process process(TBBTHUMBS_COMMAND, line, options_);
    // Until nothing more goes in.
    int waiting = 0;
    for (int unchanged = 0; unchanged < 50 || waiting < capacity / 2;) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      const int before = waiting;
      ASSERT_EQ(ioctl(ends[0], FIONREAD, &waiting), 0);
      unchanged = waiting == before ? unchanged + 1 : 0;
    }
    process.Signal(SIGINT);
    const ProcessResult result = process.Wait();
    EXPECT_EQ(result.exit_code, 130);
    EXPECT_EQ(result.err, quiet ? "" : "tbbthumbs: stopped before all had come to its end: there is no summary\n");
    std::string records(static_cast<size_t>(capacity), '\0');
    EXPECT_GT(read(ends[0], records.data(), records.size()), 0);
  }
  close(ends[0]);
  close(ends[1]);
  // Nothing is half, and the next run takes away what is left beside.
  for (const auto& [name, bytes] : Contents("out")) {
    if (!name.starts_with(".tbbthumbs/tmp/")) {
      EXPECT_THAT(bytes, ::testing::EndsWith("\xff\xd9")) << name;
    }
  }
  EXPECT_EQ(Run({"in", "-o", "out", "-s", "32"}).exit_code, 0);
  EXPECT_EQ(tree_.Files("out").size(), 100u);
  EXPECT_FALSE(std::filesystem::exists(tree_.root() / "out/.tbbthumbs/tmp"));
}

}  // namespace
}  // namespace tbbthumbs
