// The README is held to its word: every command in it runs as written, every option in it exists. Its ```sh blocks run
// in an empty directory that looks like the project's root after tools/demo.sh.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/jpeg_encoder.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string ReadText(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string Readme() { return ReadText(fs::path(TBBTHUMBS_SOURCE_DIR) / "README.md"); }

// The texts of the blocks fenced as `language`.
std::vector<std::string> Blocks(std::string_view text, const std::string& language) {
  const std::string open = "\n```" + language + "\n";
  std::vector<std::string> blocks;
  for (size_t at = text.find(open); at != std::string_view::npos; at = text.find(open, at)) {
    at += open.size();
    blocks.emplace_back(text.substr(at, text.find("\n```", at) + 1 - at));
  }
  return blocks;
}

// Set-up, building and testing: these the checks run by themselves; from within a test they would run it again.
bool IsAboutTheBuild(const std::string& block) {
  return block.starts_with("tools/") || block.starts_with("cmake ") || block.starts_with("ctest ");
}

class ReadmeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "readme-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    fs::create_directories(root_ / "build" / "release");
    fs::create_symlink(TBBTHUMBS_COMMAND, root_ / "build" / "release" / "tbbthumbs");
    fs::create_symlink(BENCH_COMMAND, root_ / "build" / "release" / "tbbthumbs-bench");
    fs::create_symlink(BACKGROUND_JOB, root_ / "build" / "release" / "background_job");
    const fs::path photos = fs::path(TBBTHUMBS_SOURCE_DIR) / "build" / "demo" / "photos";
    fs::create_directories(root_ / "build" / "demo" / "photos");
    if (fs::exists(photos)) {
      fs::copy(photos, root_ / "build" / "demo" / "photos");
    } else {
      WriteStandIns();
    }
  }
  void TearDown() override { fs::remove_all(root_); }

  // Pictures under names that the README uses, for where the demo has not run.
  void WriteStandIns() {
    Raster raster{.size = {640, 480}};
    raster.pixels.resize(raster.row_bytes() * 480);
    uint32_t noise = 1;
    for (std::byte& sample : raster.pixels)
      sample = static_cast<std::byte>((noise = noise * 1664525 + 1013904223) >> 24);
    const auto jpeg = EncodeJpeg(raster, {.quality = 95});
    ASSERT_TRUE(jpeg);
    for (const char* name : {"Dragonfly_by_Bolly.jpg", "Picture_0B_by_freespace.jpg"}) {
      std::ofstream file(root_ / "build" / "demo" / "photos" / name, std::ios::binary);
      file.write(reinterpret_cast<const char*>(jpeg->data()), static_cast<std::streamsize>(jpeg->size()));
    }
  }

  // Returns what it says on both streams.
  std::string Run(const std::string& script) {
    std::ofstream(root_ / "block.sh") << script;
    const std::string in_root = "cd '" + root_.string() + "' && ";
    const int status = std::system((in_root + "bash -euo pipefail block.sh > block.log 2>&1 </dev/null").c_str());
    std::string log = ReadText(root_ / "block.log");
    EXPECT_EQ(status, 0) << script << log;
    return log;
  }

  // Without what the command keeps for itself.
  size_t CountFiles(const fs::path& directory) {
    size_t count = 0;
    for (const auto& entry : fs::directory_iterator(root_ / directory))
      count += entry.path().filename() != ".tbbthumbs";
    return count;
  }

  fs::path root_;
};

TEST_F(ReadmeTest, EveryCommandRunsAsWritten) {
  int blocks = 0;
  for (const std::string& block : Blocks(Readme(), "sh")) {
    if (IsAboutTheBuild(block)) continue;
    ++blocks;
    Run(block);
  }
  EXPECT_GE(blocks, 5);
  const size_t photos = CountFiles("build/demo/photos");
  EXPECT_EQ(CountFiles("thumbs"), photos);
  EXPECT_EQ(CountFiles("sizes"), 5 * photos);
  EXPECT_EQ(CountFiles("stories"), photos);
  EXPECT_EQ(CountFiles("site/card"), photos);
  EXPECT_TRUE(fs::exists(root_ / "thumbs" / "Dragonfly_by_Bolly_256.jpg"));
  EXPECT_TRUE(fs::exists(root_ / "web" / "dragonfly_by_bolly-320w.jpg"));
  EXPECT_EQ(CountFiles("dense"), 2 * photos);
  EXPECT_FALSE(fs::exists(root_ / "flat"));
  EXPECT_EQ(CountFiles("farm"), photos);
  EXPECT_EQ(CountFiles("mail"), photos);
  for (const auto& entry : fs::directory_iterator(root_ / "mail")) {
    if (!entry.is_regular_file()) continue;
    EXPECT_LE(entry.file_size(), 20 * 1024U);
  }
  EXPECT_TRUE(fs::exists(root_ / "icons" / "Dragonfly_by_Bolly_64.png"));
  EXPECT_TRUE(fs::exists(root_ / "album" / "dragonfly_by_bolly.jpg"));
  EXPECT_TRUE(fs::exists(root_ / "album-thumbs" / "128" / "dragonfly_by_bolly.jpg"));
}

TEST_F(ReadmeTest, EveryOptionExists) {
  const std::string help =
      Run("build/release/tbbthumbs --help all\nbuild/release/tbbthumbs-bench --help\nbuild/release/tbbthumbs-bench "
          "micro --help");
  const std::set<std::string> of_other_programs = {"--preset", "--build",    "--install", "--prefix",
                                                   "--array",  "--joblog",   "--retries", "--retry",
                                                   "--sbatch", "--sshlogin", "--time",    "--workdir"};
  const std::string readme = Readme();
  const std::regex option("--[a-z][a-z-]+");
  int options = 0;
  for (std::sregex_iterator it(readme.begin(), readme.end(), option), end; it != end; ++it) {
    if (of_other_programs.count(it->str()) != 0) continue;
    ++options;
    EXPECT_THAT(help, HasSubstr(it->str()));
  }
  EXPECT_GT(options, 10);
}

}  // namespace
}  // namespace tbbthumbs
