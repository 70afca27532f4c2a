#include "pipeline/original_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/name_hash.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/temp_tree.h"

namespace tbbthumbs {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::MatchesRegex;
using testing::MemoryFileSystem;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

class OriginalFilesTest : public ::testing::Test {
 protected:
  OriginalFilesTest() { files_.AddDirectory("kept"); }

  std::string Plan(const std::string& address) {
    const auto url = ParseUrl(address);
    EXPECT_TRUE(url) << address << ": " << url.error().message;
    return url ? originals_.Plan(*url, next_++) : "";
  }

  MemoryFileSystem files_;
  OriginalFiles originals_{files_, "kept"};
  uint64_t next_ = 0;
};

TEST_F(OriginalFilesTest, AreNamedAsTheirAddresses) {
  EXPECT_EQ(Plan("http://example.org/a/b.jpg"), "kept/example.org/a/b.jpg");
  EXPECT_EQ(Plan("https://EXAMPLE.org:443/a/My%20Cat.JPEG#top"), "kept/example.org/a/My Cat.JPEG");
  EXPECT_EQ(Plan("http://user:secret@example.org/c.jpg"), "kept/example.org/c.jpg");
  EXPECT_EQ(Plan("http://example.org/album"), "kept/example.org/album_" + ShortHex(HashOf("http://example.org/album")));
  EXPECT_EQ(Plan("http://example.org/album/a.jpg"), "kept/example.org/album/a.jpg");
  EXPECT_THAT(Plan("http://other.example.org/"), StartsWith("kept/other.example.org/index_"));
  EXPECT_THAT(Plan("http://other.example.org/in/"), StartsWith("kept/other.example.org/in/index_"));
  EXPECT_EQ(Plan("http://[2001:db8::1]/a.jpg"), "kept/2001_db8__1/a.jpg");
}

TEST_F(OriginalFilesTest, AreToldApartByQueriesAndPorts) {
  const std::vector<std::string> addresses = {"http://example.org/a/b.jpg?size=1", "http://example.org/a/b.jpg?size=2",
                                              "http://example.org:8080/a/b.jpg", "https://example.org:8080/a/b.jpg",
                                              "https://example.org:80/a/b.jpg"};
  std::set<std::string> names;
  for (const std::string& address : addresses) {
    const std::string name = Plan(address);
    EXPECT_THAT(name, MatchesRegex("kept/example\\.org/a/b_[0-9a-f]{8}\\.jpg")) << address;
    names.insert(name);
  }
  EXPECT_THAT(names, SizeIs(addresses.size()));
}

TEST_F(OriginalFilesTest, HaveTheSameNamesInEveryRun) {
  const std::string address = "http://example.org:8080/a/b.jpg?size=1";
  const std::string name = Plan(address);
  OriginalFiles next_run(files_, "kept");
  EXPECT_NE(next_run.Plan(*ParseUrl("http://example.org/a/b.jpg"), 0), name);
  EXPECT_EQ(next_run.Plan(*ParseUrl(address), 1), name);
}

TEST_F(OriginalFilesTest, HaveNamesOfTheirOwn) {
  EXPECT_EQ(Plan("http://example.org/a.jpg"), "kept/example.org/a.jpg");
  for (const char* const address : {"https://example.org/a.jpg", "http://example.org/A.jpg", "http://example.org/a.jpg",
                                    "http://example.org/./a.jpg", "http://example.org/x%2f..%2f..%2fa.jpg"}) {
    const std::string name = Plan(address);
    EXPECT_NE(name, "kept/example.org/a.jpg") << address;
    EXPECT_THAT(name, AllOf(StartsWith("kept/example.org/"), EndsWith(".jpg"))) << address;
  }
}

TEST_F(OriginalFilesTest, LieNowhereElse) {
  for (const char* const address :
       {"http://example.org/%2e%2e/%2e%2e/etc/passwd", "http://example.org/..%2f..%2f..%2fetc/passwd",
        "http://example.org//etc/passwd", "http://example.org/..%5c..%5cwindows/x.jpg", "http://../x.jpg",
        "http://%2e%2e/x.jpg", "http://./x.jpg", "http://.tbbthumbs/tmp/x.jpg", "http://.TbbThumbs./tmp/x.jpg",
        "http://example.org/a%0ab%1b.jpg", "http://example.org/con.jpg", "http://example.org/%ff%fe.jpg",
        "http://example.org/a.jpg%2f..", "http://example.org/C:%5cx.jpg"}) {
    const std::string name = Plan(address);
    EXPECT_THAT(name, StartsWith("kept/")) << address;
    const std::string below = name.substr(5);
    EXPECT_THAT(below, Not(AnyOf(StartsWith("/"), StartsWith(".tbbthumbs/"), StartsWith("../"), StartsWith("./"))))
        << name;
    EXPECT_EQ(("/" + below + "/").find("/../"), std::string::npos) << name;
    EXPECT_EQ(below.find("//"), std::string::npos) << name;
    EXPECT_TRUE(std::none_of(below.begin(), below.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\\'; }))
        << name;
    EXPECT_GE(std::count(below.begin(), below.end(), '/'), 1) << name << ": below its host";
  }
}

TEST_F(OriginalFilesTest, HaveNamesThatFileSystemsTake) {
  const std::string most(300, 'x');
  const std::string name = Plan("http://example.org/" + most + "/" + most + ".jpg");
  const std::string other = Plan("http://example.org/" + most + "/" + most + "y.jpg");
  EXPECT_NE(name, other);
  for (const std::string& path : {name, other, Plan("http://example.org/" + std::string(250, 'y') + ".jpg?q")}) {
    EXPECT_THAT(path, EndsWith(".jpg"));
    for (size_t begin = 0; begin < path.size();) {
      const size_t end = std::min(path.find('/', begin), path.size());
      EXPECT_LE(end - begin, 255U);
      begin = end + 1;
    }
  }
}

TEST_F(OriginalFilesTest, AreThereWholeWithTheirDirectories) {
  const std::string name = Plan("http://example.org/a/b.jpg");
  EXPECT_FALSE(originals_.Has(name));
  const std::vector<std::byte> bytes(100, std::byte{7});
  ASSERT_TRUE(originals_.Save(name, bytes));
  EXPECT_TRUE(originals_.Has(name));
  EXPECT_EQ(files_.Bytes(name), bytes);
  EXPECT_FALSE(originals_.Has("kept/example.org/a")) << "a directory is none";
  originals_.RemoveTemporaryDirectory();
  EXPECT_THAT(files_.Files(), ElementsAre("kept/example.org/a/b.jpg"));
  EXPECT_FALSE(files_.Exists("kept/.tbbthumbs"));
}

TEST_F(OriginalFilesTest, ReplaceWhatWasThere) {
  files_.AddFile("kept/example.org/a.jpg", std::vector<std::byte>(5));
  const std::vector<std::byte> bytes(100, std::byte{7});
  ASSERT_TRUE(originals_.Save(Plan("http://example.org/a.jpg"), bytes));
  EXPECT_EQ(files_.Bytes("kept/example.org/a.jpg"), bytes);
}

TEST_F(OriginalFilesTest, LeaveNothingBehindWhereTheyCanNotBeKept) {
  const auto error_of = [&](const std::string& operation, const Error& error) {
    files_.on_call = [=](const std::string& called, const std::string& path) {
      const bool fails = called == operation && path.find("example.org") != std::string::npos;
      return fails || (called == operation && operation == "WriteNew") ? std::optional(error) : std::nullopt;
    };
    const Status status = originals_.Save("kept/example.org/a.jpg", std::vector<std::byte>(100));
    files_.on_call = nullptr;
    originals_.RemoveTemporaryDirectory();
    EXPECT_THAT(files_.Files(), SizeIs(status ? 1 : 0)) << operation;
    return status ? std::nullopt : std::optional(status.error());
  };
  EXPECT_EQ(error_of("WriteNew", {ErrorCode::kNoSpace, "full"})->code, ErrorCode::kNoSpace);
  EXPECT_EQ(error_of("CreateDirectories", {ErrorCode::kNoSpace, "full"})->code, ErrorCode::kNoSpace);
  EXPECT_EQ(error_of("Rename", {ErrorCode::kIo, "no"})->code, ErrorCode::kIo);
  EXPECT_EQ(error_of("", {}), std::nullopt) << "and the next one is kept";
}

TEST_F(OriginalFilesTest, FailWhereFilesAreInTheWay) {
  const testing::TempTree tree;
  tree.Write("example.org/a", "a");
  tree.Write("example.org/c.jpg/d.jpg", "d");
  OriginalFiles originals(RealFileSystem(), tree.root());
  const std::string host = (tree.root() / "example.org").string();
  EXPECT_FALSE(originals.Save(host + "/a/b.jpg", std::vector<std::byte>(1)));
  EXPECT_FALSE(originals.Save(host + "/c.jpg", std::vector<std::byte>(1)));
  EXPECT_TRUE(originals.Save(host + "/e/f.jpg", std::vector<std::byte>(1)));
  originals.RemoveTemporaryDirectory();
  EXPECT_THAT(tree.Files(), ElementsAre("example.org/a", "example.org/c.jpg/d.jpg", "example.org/e/f.jpg"));
}

// Its disk may be gone: what lies where that was mounted is another.
TEST_F(OriginalFilesTest, DoNotMakeTheirDirectoryAgain) {
  ASSERT_TRUE(files_.Remove("kept"));
  const Status status = originals_.Save("kept/example.org/a.jpg", std::vector<std::byte>(1));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(files_.Exists("kept"));
}

TEST_F(OriginalFilesTest, AreSavedByManyThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 50; ++n) {
        const std::string path = "kept/host" + std::to_string(n) + "/" + std::to_string(i) + ".jpg";
        EXPECT_TRUE(originals_.Save(path, std::vector<std::byte>(10)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  originals_.RemoveTemporaryDirectory();
  EXPECT_THAT(files_.Files(), SizeIs(200));
}

}  // namespace
}  // namespace tbbthumbs
