// Tests of the command with pictures from the web: a server of each test's own.
#ifndef TBBTHUMBS_TESTS_SUPPORT_URL_FIXTURE_H_
#define TBBTHUMBS_TESTS_SUPPORT_URL_FIXTURE_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/pictures.h"
#include "tests/support/web_server.h"

namespace tbbthumbs::testing {

// What lies in web/ of the tree is served.
class UrlFixture : public CommandFixture {
 protected:
  using Words = std::vector<std::string>;

  void SetUp() override {
    std::string why;
    if (!WebServer::Available(&why)) GTEST_SKIP() << why;
    std::filesystem::create_directory(tree_.root() / "web");
    server_ = std::make_unique<WebServer>(tree_.root() / "web");
  }

  static Words Joined(Words words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  std::string Url(const std::string& path) const { return server_->Url(path); }

  // The file "urls.txt" with these lines.
  void WriteList(const Words& lines) const {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    tree_.Write("urls.txt", text);
  }

  // Of what "urls.txt" lists, small, in "out". With records, the last of which is the summary.
  Words FetchLine(const Words& words = {}) const {
    return Joined({"--urls", "urls.txt", "--allow-private", "-o", "out", "-s", "64", "--json"}, words);
  }
  ProcessResult Fetch(const Words& words = {}, int exit_code = 0) const {
    ProcessResult result = Run(FetchLine(words));
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    return result;
  }
  nlohmann::json Summary(const ProcessResult& result) const {
    const auto lines = JsonLines(result.out);
    return lines.empty() ? nlohmann::json::object() : lines.back();
  }

  // The thumbnails below it, by name; not what lies in .tbbthumbs.
  std::map<std::string, std::string> Tree(const std::string& directory) const {
    std::map<std::string, std::string> files;
    if (!std::filesystem::exists(tree_.root() / directory)) return files;
    for (const std::string& file : tree_.Files(directory)) {
      if (!file.starts_with(".tbbthumbs/")) files[file] = tree_.Read(directory + "/" + file);
    }
    return files;
  }

  // The same files with the same bytes; without writing both to the screen.
  static void ExpectSame(const std::map<std::string, std::string>& files,
                         const std::map<std::string, std::string>& expected) {
    for (const auto& [name, bytes] : expected) {
      const auto found = files.find(name);
      EXPECT_TRUE(found != files.end() && found->second == bytes) << name;
    }
    for (const auto& [name, bytes] : files) EXPECT_TRUE(expected.contains(name)) << name;
  }

  static size_t LinesWith(std::string_view text, std::string_view what) {
    size_t count = 0;
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      if (text.substr(0, end).find(what) != std::string_view::npos) ++count;
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return count;
  }

  std::unique_ptr<WebServer> server_;
};

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_URL_FIXTURE_H_
