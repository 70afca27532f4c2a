#include "pipeline/list_reader.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>

namespace tbbthumbs {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class Pipe {
 public:
  // `pieces`: each Write is read by itself.
  explicit Pipe(bool pieces = false) { EXPECT_EQ(pipe2(ends_.data(), pieces ? O_DIRECT : 0), 0); }
  ~Pipe() {
    close(ends_[0]);
    CloseWriter();
  }
  std::string path() const { return "/dev/fd/" + std::to_string(ends_[0]); }
  void Write(const std::string& text) {
    EXPECT_EQ(write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void CloseWriter() {
    if (ends_[1] >= 0) close(std::exchange(ends_[1], -1));
  }

 private:
  std::array<int, 2> ends_{};
};

std::vector<std::string> ReadAll(const std::string& text, char separator, bool urls = false) {
  Pipe pipe;
  pipe.Write(text);
  pipe.CloseWriter();
  ListReader reader({pipe.path(), separator, urls});
  std::vector<std::string> names;
  while (auto name = reader.Next({})) names.push_back(*name);
  EXPECT_FALSE(reader.TakeError());
  return names;
}

TEST(ListReader, LinesWithOrWithoutTheLastEnd) {
  EXPECT_THAT(ReadAll("a.jpg\nb c.jpg\n", '\n'), ElementsAre("a.jpg", "b c.jpg"));
  EXPECT_THAT(ReadAll("a.jpg\nb.jpg", '\n'), ElementsAre("a.jpg", "b.jpg"));
  EXPECT_THAT(ReadAll("\n\na.jpg\r\n\n", '\n'), ElementsAre("a.jpg"));
  EXPECT_THAT(ReadAll("", '\n'), SizeIs(0));
}

TEST(ListReader, NulSeparatedNamesMayHoldLineEnds) {
  EXPECT_THAT(ReadAll(std::string("a\nb.jpg\0c.jpg\0", 14), '\0'), ElementsAre("a\nb.jpg", "c.jpg"));
}

TEST(ListReader, ManyNamesAcrossReads) {
  const std::string path = ::testing::TempDir() + "/list_reader_test.txt";
  {
    std::ofstream file(path);
    for (int i = 0; i < 50'000; ++i) file << "directory/picture-" << i << ".jpg\n";
  }
  ListReader reader({path, '\n'});
  int count = 0;
  while (auto name = reader.Next({})) {
    ASSERT_EQ(*name, "directory/picture-" + std::to_string(count) + ".jpg");
    ++count;
  }
  EXPECT_EQ(count, 50'000);
}

TEST(ListReader, HandsOutNamesWhileTheWriterIsStillAtWork) {
  Pipe pipe;
  ListReader reader({pipe.path(), '\n'});
  pipe.Write("first.jpg\nsec");
  EXPECT_EQ(reader.Next({}), "first.jpg");
  pipe.Write("ond.jpg\n");
  EXPECT_EQ(reader.Next({}), "second.jpg");
}

TEST(ListReader, AStopEndsTheWaitForAWriterThatSaysNothing) {
  Pipe pipe;
  ListReader reader({pipe.path(), '\n'});
  std::jthread stopper;
  std::stop_source stop;
  stopper = std::jthread([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    stop.request_stop();
  });
  EXPECT_EQ(reader.Next(stop.get_token()), std::nullopt);
}

TEST(ListReader, AMissingListIsAnError) {
  ListReader reader({"no/such/list", '\n'});
  EXPECT_EQ(reader.Next({}), std::nullopt);
  const auto error = reader.TakeError();
  ASSERT_TRUE(error);
  EXPECT_TRUE(error->message.starts_with("no/such/list: ")) << error->message;
}

TEST(ListReader, WhatHasNoLinesIsNoList) {
  const std::string path = ::testing::TempDir() + "/list_reader_blob";
  std::ofstream(path) << std::string(3 << 20, 'x');
  ListReader reader({path, '\n'});
  EXPECT_EQ(reader.Next({}), std::nullopt);
  EXPECT_TRUE(reader.TakeError());
}

TEST(ListReader, OfAddressesWholeLinesButCommentsAndBlanks) {
  using std::string_literals::operator""s;
  const std::string text = "# a\r\n\t# b\n \r\n  http://a/x y\tn m \r\nphoto#1.jpg\nhttp://a/#b\r";
  EXPECT_THAT(ReadAll(text, '\n', true), ElementsAre("http://a/x y\tn m", "photo#1.jpg", "http://a/#b"));
  EXPECT_THAT(ReadAll(text, '\n'),
              ElementsAre("# a", "\t# b", " ", "  http://a/x y\tn m ", "photo#1.jpg", "http://a/#b"));
  EXPECT_THAT(ReadAll("#a\0\n#b\n\0\nhttp://a\r\n\0 "s, '\0', true), ElementsAre("http://a"));
  EXPECT_THAT(ReadAll("#\n#", '\n', true), SizeIs(0));
}

TEST(ListReader, TheMarkOfUtf8MayComeInPieces) {
  Pipe pipe(true);
  for (const char* piece : {"\xEF", "\xBB", "\xBFhttp://a\n", "\xEF\xBB\xBFhttp://b\n"}) pipe.Write(piece);
  pipe.CloseWriter();
  ListReader reader({pipe.path(), '\n', true});
  EXPECT_EQ(reader.Next({}), "http://a");
  EXPECT_EQ(reader.Next({}), "\xEF\xBB\xBFhttp://b");
  EXPECT_EQ(reader.Next({}), std::nullopt);
  // A list of nothing but its beginning has a name.
  Pipe cut;
  cut.Write("\xEF\xBB");
  cut.CloseWriter();
  ListReader other({cut.path(), '\n', true});
  EXPECT_EQ(other.Next({}), "\xEF\xBB");
}

TEST(ListReader, HasANameOnlyWhereThatIsWhole) {
  for (const bool urls : {false, true}) {
    Pipe pipe;
    ListReader reader({pipe.path(), '\n', urls});
    EXPECT_FALSE(reader.HasName());
    pipe.Write("http://a\n\r\n\nhttp://b\n\r\nhttp");
    EXPECT_EQ(reader.Next({}), "http://a");
    EXPECT_TRUE(reader.HasName());
    EXPECT_EQ(reader.Next({}), "http://b");
    EXPECT_FALSE(reader.HasName());
    pipe.Write("://c\n# d\n  \n");
    EXPECT_EQ(reader.Next({}), "http://c");
    EXPECT_EQ(reader.HasName(), !urls);
    pipe.CloseWriter();
    EXPECT_EQ(reader.Next({}).has_value(), !urls);
  }
}

}  // namespace
}  // namespace tbbthumbs
