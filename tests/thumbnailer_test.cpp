// What becomes of a picture whose run is stopped, or whose file changes, while it is worked on.
#include "pipeline/thumbnailer.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "pipeline/local_maker.h"
#include "tests/support/jpeg_fixture.h"

namespace tbbthumbs {
namespace {

// A picture that is read piece by piece, and tells of it.
class WatchedSource final : public ByteSource {
 public:
  explicit WatchedSource(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}

  uint64_t size() const override { return bytes_.size(); }
  Result<size_t> ReadAt(uint64_t offset, std::span<std::byte> out) override {
    if (on_read) on_read();
    if (read_error) return tl::unexpected<Error>(*read_error);
    return MemorySource(std::span<const std::byte>(bytes_)).ReadAt(offset, out);
  }
  Status CheckUnchanged() override {
    if (on_check) on_check();
    if (changed) return Fail(ErrorCode::kChanged, "changed");
    return {};
  }

  std::function<void()> on_read;
  std::function<void()> on_check;
  std::optional<Error> read_error;
  bool changed = false;

 private:
  std::vector<std::byte> bytes_;
};

class ThumbnailerTest : public ::testing::Test {
 protected:
  ThumbnailerTest() { specs_.sizes = {{32, 32}}; }

  // `prepare` sees the source first.
  Item Process(std::vector<std::byte> bytes, const std::function<void(WatchedSource&)>& prepare) {
    auto source = std::make_unique<WatchedSource>(std::move(bytes));
    source->on_read = [this] { ++reads_; };
    source->on_check = [this] { ++checks_; };
    prepare(*source);
    Item item;
    item.source = std::move(source);
    thumbnailer_.Process(item);
    EXPECT_EQ(item.source, nullptr);
    return item;
  }

  SpecSet specs_;
  DecodeLimits limits_;
  std::stop_source closed_;
  std::stop_source stop_;
  LocalMaker maker_;
  Thumbnailer thumbnailer_{maker_, specs_, limits_, size_t{1} << 20, closed_.get_token(), stop_.get_token()};
  const std::vector<std::byte> jpeg_ = testing::MakeJpeg({.size = {640, 480}});
  int reads_ = 0;
  int checks_ = 0;
};

TEST_F(ThumbnailerTest, WhatIsBegunIsFinishedAfterTheInputsAreClosed) {
  const Item begun = Process(jpeg_, [&](WatchedSource& source) { source.on_read = [&] { closed_.request_stop(); }; });
  EXPECT_FALSE(begun.ended);
  EXPECT_EQ(begun.thumbnails.size(), 1u);
  // And nothing is begun any more.
  const Item late = Process(jpeg_, [](WatchedSource&) {});
  ASSERT_TRUE(late.ended);
  EXPECT_EQ(late.result.outcome, Outcome::kLeft);
  EXPECT_EQ(reads_, 0);
}

TEST_F(ThumbnailerTest, AStopGivesUpWhatIsBegun) {
  const Item item = Process(jpeg_, [&](WatchedSource& source) { source.on_read = [&] { stop_.request_stop(); }; });
  ASSERT_TRUE(item.ended);
  EXPECT_EQ(item.result.outcome, Outcome::kLeft);
  EXPECT_TRUE(item.thumbnails.empty());
  EXPECT_EQ(checks_, 0) << "storage may be slow to answer";
}

TEST_F(ThumbnailerTest, AFileIsCheckedOnceForChanges) {
  const Item item = Process(jpeg_, [](WatchedSource&) {});
  EXPECT_FALSE(item.ended);
  EXPECT_EQ(checks_, 1);
}

TEST_F(ThumbnailerTest, AFileThatChangedFailsWhateverCameOfIt) {
  std::vector<std::byte> cut = jpeg_;
  cut.resize(cut.size() / 2);
  for (const std::vector<std::byte>& bytes : {jpeg_, cut, std::vector<std::byte>(100)}) {
    const Item item = Process(bytes, [](WatchedSource& source) { source.changed = true; });
    ASSERT_TRUE(item.ended);
    EXPECT_EQ(item.result.outcome, Outcome::kFailed);
    EXPECT_EQ(item.result.error->code, ErrorCode::kChanged);
    EXPECT_TRUE(item.thumbnails.empty());
  }
}

TEST_F(ThumbnailerTest, AReadThatSaysItChangedIsThatError) {
  const Item item = Process(jpeg_, [](WatchedSource& source) {
    source.read_error = Error{ErrorCode::kChanged, "it vanished while it was read"};
  });
  ASSERT_TRUE(item.ended);
  EXPECT_EQ(item.result.error->code, ErrorCode::kChanged);
}

}  // namespace
}  // namespace tbbthumbs
