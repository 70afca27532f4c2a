// Tests of the command where something goes wrong beneath it.
#ifndef TBBTHUMBS_TESTS_SUPPORT_FAULT_FIXTURE_H_
#define TBBTHUMBS_TESTS_SUPPORT_FAULT_FIXTURE_H_

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/faulty_mount.h"
#include "tests/support/pictures.h"

namespace tbbthumbs::testing {

// Pictures in "in", and what is made of them.
class FaultFixture : public CommandFixture {
 protected:
  // `count` of them, in four directories, of several kinds.
  void MakePictures(int count, const std::string& directory = "in") const {
    std::vector<std::vector<std::byte>> files;
    for (int i = 0; i < 9; ++i) files.push_back(JpegFile({80 + 40 * i, 60 + 30 * i}));
    files.push_back(PngFile({100, 75}));
    for (int i = 0; i < count; ++i) {
      const auto& bytes = files[static_cast<size_t>(i) % files.size()];
      tree_.Write(directory + "/" + std::to_string(i % 4) + "/" + std::to_string(i) + ".jpg", bytes);
    }
  }

  // What the shell makes of `script`, where "$0" is the command.
  ProcessResult Shell(const std::string& script, int timeout_s = 120) const {
    ProcessOptions options;
    options.directory = tree_.root();
    options.timeout = std::chrono::seconds(timeout_s);
    ProcessResult result = RunProcess("/bin/sh", {"-c", script, TBBTHUMBS_COMMAND}, options);
    EXPECT_FALSE(result.timed_out) << script;
    EXPECT_EQ(result.signal, 0) << script << "\n" << result.err;
    // As the shell says it of a child that a signal has ended.
    EXPECT_TRUE(result.exit_code < 128 || result.exit_code == 130 || result.exit_code == 143)
        << script << ": " << result.exit_code << "\n"
        << result.err;
    return result;
  }

  static std::vector<std::string> Line(const std::string& input, const std::string& output) {
    return {input, "-o", output, "-s", "64", "-s", "32", "--json"};
  }
  // The same for a shell; `more` goes to its end. `by`: what is to start the command, and a space.
  static std::string ShellLine(const std::string& output, const std::string& more = "", const std::string& by = "") {
    return "exec " + by + "\"$0\" in -o " + output + " -s 64 -s 32 --json " + more;
  }

  // Starts the command as a user of this process's own, with at most so many threads: the limit is on all of a user's.
  static std::string ByAUserWith(int threads) {
    const std::string user = std::to_string(20'000 + getpid() % 20'000);
    return "setpriv --reuid=" + user + " --regid=" + user +
           " --clear-groups prlimit --core=0 --nproc=" + std::to_string(threads) + " ";
  }
  // Lets that user into the tree; where nobody else can be, says why not.
  std::string WhyNoOtherUser() const {
    std::filesystem::permissions(tree_.root(), std::filesystem::perms::all);
    const ProcessResult can =
        RunProcess("/bin/sh", {"-c", "exec " + ByAUserWith(100) + "test -x \"$0\"", TBBTHUMBS_COMMAND});
    return can.exit_code == 0 ? "" : "no other user can run the command here: " + can.err;
  }

  std::map<std::string, std::string> Contents(const std::string& directory) const {
    std::map<std::string, std::string> contents;
    for (const std::string& file : tree_.Files(directory)) contents[file] = tree_.Read(directory + "/" + file);
    return contents;
  }

  // The record of the run's end, whose counters must add up to its inputs, and be borne out by the other records. An
  // empty object where there is none.
  static nlohmann::json Summary(const ProcessResult& result) {
    std::map<std::string, uint64_t> told;
    nlohmann::json summary = nlohmann::json::object();
    for (const nlohmann::json& line : JsonLines(result.out)) {
      if (line["type"] == "picture") ++told[line["outcome"]];
      if (line["type"] == "summary") summary = line;
    }
    EXPECT_FALSE(summary.empty()) << "no summary: " << result.err;
    if (summary.empty()) return summary;
    uint64_t sum = 0;
    for (const char* name :
         {"made", "planned", "up_to_date", "failed", "not_pictures", "unsupported", "filtered", "left"}) {
      sum += summary[name].get<uint64_t>();
    }
    EXPECT_EQ(sum, summary["inputs"].get<uint64_t>()) << summary.dump(1);
    // Where there is no memory a record may be lost, never a count.
    const bool has_memory = !summary["failed_by_code"].contains("out_of_memory");
    for (const char* name : {"made", "failed"}) {
      EXPECT_LE(told[name], summary[name].get<uint64_t>());
      EXPECT_TRUE(!has_memory || told[name] == summary[name].get<uint64_t>()) << name;
    }
    return summary;
  }

  // Lines of the command's on standard error that are neither progress nor summary.
  static std::vector<std::string> Complaints(const ProcessResult& result) {
    std::vector<std::string> lines;
    std::istringstream stream(result.err);
    for (std::string line; std::getline(stream, line);) {
      if (line.starts_with("tbbthumbs: ")) lines.push_back(line);
    }
    return lines;
  }

  // What a run makes that is left alone: to be called while it is.
  void MakeUndisturbed(const std::string& input = "in") {
    if (!undisturbed_.empty()) return;
    EXPECT_EQ(Run(Line(input, "undisturbed")).exit_code, 0);
    undisturbed_ = Contents("undisturbed");
    EXPECT_FALSE(undisturbed_.empty());
  }

  // That what is there, but for temporary files, is whole thumbnails, each as a run that was left alone makes it.
  // Returns how many.
  size_t ExpectWholeThumbnails(const std::string& output) {
    size_t count = 0;
    for (const auto& [name, bytes] : Contents(output)) {
      if (name.starts_with(".tbbthumbs/tmp/")) continue;
      ++count;
      const auto known = undisturbed_.find(name);
      if (known == undisturbed_.end()) {
        ADD_FAILURE() << output << "/" << name << " is left over";
      } else {
        EXPECT_TRUE(bytes == known->second) << name << " is not whole";
      }
    }
    return count;
  }

  // The same, and that nothing else of a run is left. Where `all`, every one of those is there.
  void ExpectAsUndisturbed(const std::string& output, bool all, const std::string& input = "in") {
    MakeUndisturbed(input);
    const size_t count = ExpectWholeThumbnails(output);
    EXPECT_TRUE(!all || count == undisturbed_.size()) << count << " thumbnails";
    EXPECT_FALSE(std::filesystem::exists(tree_.root() / output / ".tbbthumbs/tmp"));
  }

 private:
  std::map<std::string, std::string> undisturbed_;
};

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_FAULT_FIXTURE_H_
