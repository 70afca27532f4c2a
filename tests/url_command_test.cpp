// Thumbnails of pictures from the web, through the command.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/jpeg_fixture.h"
#include "tests/support/pictures.h"
#include "tests/support/pty.h"
#include "tests/support/url_fixture.h"

namespace tbbthumbs {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ProcessResult;
using testing::WebRequest;
using testing::WebServer;

// The path of an address for that of a file.
std::string Escaped(std::string_view path) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("/-._~").find(c) != std::string_view::npos;
    if (plain) {
      escaped += c;
    } else {
      escaped += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return escaped;
}

// From the web the same thumbnails come as from the disk.
class UrlTreeTest : public testing::UrlFixture {
 protected:
  const Words names_{
      "a.jpg",       "in/b.png",    "in/deep/er/turned.jpg", "two words/c d.jpg", "\u00fcn\u00ef/\u00e9.png",
      "50%.jpg",     "a#1.jpg",     "in/what?.jpg",          "in/a+b&c=d.png",    "%41.jpg",
      "in/noending", "in/.dot.jpg", "in/quote'\".jpg"};

  void SetUp() override {
    UrlFixture::SetUp();
    if (IsSkipped()) return;
    int width = 80;
    for (const std::string& name : names_) {
      width += 7;
      if (name.ends_with("turned.jpg")) {
        tree_.Write("web/" + name, testing::MakeJpeg({.size = {width, 60}, .exif = testing::ExifWithOrientation(6)}));
      } else {
        tree_.Write("web/" + name,
                    name.ends_with(".png") ? testing::PngFile({width, 60}, true) : testing::JpegFile({width, 60}));
      }
    }
    const ProcessResult result = Run({"web", "-o", "expected", "-s", "64", "--hidden"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    expected_ = Tree("expected");
    ASSERT_EQ(expected_.size(), names_.size());
  }

  void FetchAndCompare(const Words& words) {
    std::filesystem::remove_all(tree_.root() / "out");
    const ProcessResult result = Fetch(words);
    EXPECT_EQ(result.err.find("tbbthumbs:"), std::string::npos) << result.err;
    EXPECT_EQ(Summary(result)["made"], names_.size());
    EXPECT_EQ(Summary(result)["urls"]["requests"], names_.size());
    ExpectSame(Tree("out"), expected_);
  }

  std::map<std::string, std::string> expected_;
};

TEST_F(UrlTreeTest, OverHttpInEachWayOfWorking) {
  Words lines;
  for (const std::string& name : names_) lines.push_back(Url(Escaped(name)));
  WriteList(lines);
  for (const Words& words : std::vector<Words>{{},
                                               {"--order", "arrival"},
                                               {"--threads", "1", "--connections", "1"},
                                               {"--threads", "4", "--connections", "64", "--per-host", "64"},
                                               {"--memory", "256M", "--io-threads", "5"},
                                               {"--memory", "256M", "--order", "arrival", "--tokens", "1"},
                                               {"--no-journal"}}) {
    SCOPED_TRACE(::testing::PrintToString(words));
    FetchAndCompare(words);
  }
  EXPECT_THAT(server_->Log(), Each(::testing::Field(&WebRequest::protocol, "HTTP/1.1")));
}

TEST_F(UrlTreeTest, OverTlsBelievingAnAuthority) {
  Words lines;
  for (const std::string& name : names_) lines.push_back(server_->SecureUrl(Escaped(name)));
  WriteList(lines);
  const ProcessResult result = Fetch({"--retries", "0"}, 1);
  EXPECT_EQ(Summary(result)["failed_by_code"]["http"], names_.size()) << "nobody knows who has signed for the server";
  EXPECT_TRUE(server_->Log().empty());
  const std::string authority = server_->certificate_authority().string();
  FetchAndCompare({"--cacert", authority});
  FetchAndCompare({"--cacert", authority, "--order", "arrival", "--connections", "64", "--threads", "4"});
  EXPECT_THAT(server_->Log(), Each(::testing::Field(&WebRequest::protocol, "HTTP/2.0")));
}

TEST_F(UrlTreeTest, OverTlsFromAServerWithoutHttp2) {
  server_.reset();
  server_ = std::make_unique<WebServer>(tree_.root() / "web", testing::WebServerOptions{.http2 = false});
  Words lines;
  for (const std::string& name : names_) lines.push_back(server_->SecureUrl(Escaped(name)));
  WriteList(lines);
  FetchAndCompare({"--cacert", server_->certificate_authority().string()});
  EXPECT_THAT(server_->Log(), Each(::testing::Field(&WebRequest::protocol, "HTTP/1.1")));
}

TEST_F(UrlTreeTest, BesideFilesAndDirectories) {
  tree_.Write("files.txt", "web/in/b.png\n" + Url("in/b.png") + "\n");
  const ProcessResult mixed =
      Run({Url("a.jpg"), "web/in", "web/50%.jpg", Url("a%231.jpg"), "--files-from", "files.txt", "--allow-private",
           "-o", "mixed", "-s", "64", "--order", "arrival", "--name", "{seq:02}_{stem}"});
  EXPECT_EQ(mixed.exit_code, 0) << mixed.err;
  tree_.Write("files.txt", "web/in/b.png\nweb/in/b.png\n");
  const ProcessResult local = Run({"web/a.jpg", "web/in", "web/50%.jpg", "web/a#1.jpg", "--files-from", "files.txt",
                                   "-o", "local", "-s", "64", "--name", "{seq:02}_{stem}"});
  EXPECT_EQ(local.exit_code, 0) << local.err;
  auto expected = Tree("local");
  // In lists directories are mirrored: those of the file, those of the address.
  ExpectSame(Tree("mixed"), expected);
}

TEST_F(UrlTreeTest, ListsFromStandardInputWithCommentsAndLineEndsOfAllKinds) {
  const auto expect_two = [&](const Words& words, const std::string& input) {
    SCOPED_TRACE(::testing::PrintToString(words));
    std::filesystem::remove_all(tree_.root() / "out");
    testing::ProcessOptions options;
    options.input = input;
    const ProcessResult result =
        Run(testing::UrlFixture::Joined(words, {"--allow-private", "-o", "out", "-s", "64"}), options);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(tree_.Files("out"), ElementsAre("a_64.jpg", "in/b_64.jpg"));
  };
  const std::string a = Url("a.jpg");
  const std::string b = Url("in/b.png");
  expect_two({"--urls", "-"}, "# pictures\r\n\r\n  " + a + " \r\n\t#" + a + "\r\n" + b);
  expect_two({"--urls", "-", "-0"}, a + '\0' + "#no" + '\0' + b + '\0');
  expect_two({"-"}, a + "\n" + b + "\n");
  expect_two({"-"}, a + "\r\n" + b + "\r\n");
  tree_.Write("more.txt", b);
  expect_two({"--urls", "-", "--urls", "more.txt"}, a);
}

// What is looked for in all that a run writes.
class UrlPasswordTest : public testing::UrlFixture {
 protected:
  static void ExpectNoSecret(const std::string& text, const std::string& where) {
    const size_t at = text.find("secret");
    EXPECT_EQ(at, std::string::npos) << where << ": ..."
                                     << text.substr(at < 100 ? 0 : std::min(at - 100, text.size()), 200);
  }

  void ExpectNoSecretIn(const std::string& directory) const {
    for (const auto& file : std::filesystem::recursive_directory_iterator(tree_.root() / directory)) {
      ExpectNoSecret(file.path().string(), "a name");
      if (!file.is_regular_file()) continue;
      std::ostringstream bytes;
      bytes << std::ifstream(file.path(), std::ios::binary).rdbuf();
      ExpectNoSecret(bytes.str(), file.path().string());
    }
  }
};

TEST_F(UrlPasswordTest, AreSentAndNeitherShownNorKept) {
  const auto jpeg = testing::JpegFile({90, 60});
  for (const char* name : {"a.jpg", "b.jpg", "c.jpg"}) tree_.Write(std::string("web/") + name, jpeg);
  tree_.Write("web/damaged.jpg", std::span<const std::byte>(jpeg).first(400));
  const std::string server = "127.0.0.1:" + std::to_string(server_->port());
  const std::string user = "http://user:secret@" + server;
  WriteList({user + "/_/auth/a.jpg", user + "/_/auth/missing.jpg", user + "/_/auth/damaged.jpg", user + "/_/loop",
             "http://user:secret@" + server + "0000/c.jpg", "http://user:secret@no-such-host.invalid/c.jpg",
             "ftp://user:secret@" + server + "/c.jpg", "http://user:secret@127.0.0.1:1/c.jpg",
             "http:/user:secret@" + server + "/c.jpg",
             "http://127.0.0.1:" + std::to_string(server_->port()) + "/_/auth/c.jpg"});
  for (const char* word : {"--json", "-v", "--force"}) {
    const ProcessResult result = Run({"--urls", "urls.txt", "--allow-private", "-o", "out", "-s", "64", "--retries",
                                      "1", "--save-originals", "originals", word});
    EXPECT_EQ(result.exit_code, 1) << result.err;
    ExpectNoSecret(result.out, "standard output");
    ExpectNoSecret(result.err, "standard error");
  }
  EXPECT_EQ(Tree("out").count("_/auth/a_64.jpg"), 1u) << "it has been sent";
  EXPECT_FALSE(std::filesystem::exists(tree_.root() / "out/_/auth/c_64.jpg"));
  ExpectNoSecretIn("out");
  ExpectNoSecretIn("originals");
  for (const Words& words : std::vector<Words>{{"failed", "out"}, {"status", "out"}, {"failed", "out", "--json"}}) {
    const ProcessResult result = Run(words);
    ExpectNoSecret(result.out + result.err, words.front());
  }
  for (const WebRequest& request : server_->Log()) {
    if (request.uri == "/_/auth/c.jpg") {
      EXPECT_EQ(request.authorization, "");
    }
  }

  testing::Pty terminal(300);
  testing::ProcessOptions options;
  options.terminal = &terminal;
  options.environment["TERM"] = "xterm";
  const ProcessResult seen = Run({"--urls", "urls.txt", "--allow-private", "-o", "seen", "--retries", "0"}, options);
  EXPECT_EQ(seen.exit_code, 1);
  EXPECT_THAT(seen.err, HasSubstr("/_/auth/missing.jpg"));
  ExpectNoSecret(seen.err, "a terminal");
  ExpectNoSecretIn("seen");
}

TEST_F(UrlPasswordTest, ARedirectElsewhereDoesNotGetThem) {
  tree_.Write("web/a.jpg", testing::JpegFile({90, 60}));
  const std::string port = std::to_string(server_->port());
  // Another name of the same machine.
  WriteList({"http://user:secret@127.0.0.1:" + port + "/_/to?url=http://localhost:" + port + "/a.jpg"});
  Fetch();
  const auto log = server_->Log();
  ASSERT_EQ(log.size(), 2u);
  EXPECT_THAT(log[0].authorization, HasSubstr("Basic "));
  EXPECT_EQ(log[1].uri, "/a.jpg");
  EXPECT_EQ(log[1].authorization, "");
}

}  // namespace
}  // namespace tbbthumbs
