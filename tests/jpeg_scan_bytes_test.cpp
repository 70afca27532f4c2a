#include "codecs/jpeg_scan_bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "codecs/jpeg_unstuff_simd.h"
#include "tests/support/piecewise_source.h"

namespace tbbthumbs {
namespace {

using testing::PiecewiseOptions;
using testing::PiecewiseSource;
using Bytes = std::vector<uint8_t>;

struct Clean {
  Bytes bytes;
  std::vector<uint64_t> restarts;  // places in `bytes`
  int end_marker = 0;
  uint64_t end_offset = 0;
  friend bool operator==(const Clean&, const Clean&) = default;
};

std::string Describe(const Clean& clean) {
  std::string text = std::to_string(clean.bytes.size()) + " bytes, marker " + std::to_string(clean.end_marker) +
                     " at " + std::to_string(clean.end_offset) + ", restarts";
  for (const uint64_t restart : clean.restarts) text += " " + std::to_string(restart);
  return text;
}

// One byte after the other, as T.81, B.1.1.5 and B.1.1.2 have it.
Clean UnstuffPlainly(const Bytes& file, size_t offset, bool restarts) {
  Clean clean;
  size_t at = offset;
  while (at < file.size()) {
    if (file[at] != 0xFF) {
      clean.bytes.push_back(file[at++]);
      continue;
    }
    if (at + 1 == file.size()) {
      ++at;
    } else if (file[at + 1] == 0) {
      clean.bytes.push_back(0xFF);
      at += 2;
    } else if (file[at + 1] == 0xFF) {
      ++at;
    } else {
      const uint64_t last = clean.restarts.empty() ? 0 : clean.restarts.back();
      const bool in_turn = file[at + 1] == 0xD0 + clean.restarts.size() % 8 && clean.bytes.size() > last;
      if (!restarts || !in_turn) {
        clean.end_marker = file[at + 1];
        break;
      }
      clean.restarts.push_back(clean.bytes.size());
      at += 2;
    }
  }
  clean.end_offset = at;
  return clean;
}

struct ReadOptions {
  size_t window = ScanBytes::kDefaultWindow;
  PiecewiseOptions source{.resident_bytes = SIZE_MAX};
  size_t offset = 0;
  bool restarts = true;
  // How much of a window of so many bytes is passed before the next Advance.
  std::function<size_t(size_t)> pass = [](size_t size) { return size; };
};

// Passes over all of a scan and puts its windows together.
Clean ReadAll(const Bytes& file, const ReadOptions& options) {
  PiecewiseSource source(std::as_bytes(std::span(file)), options.source);
  ScanBuffers buffers;
  ScanBytes scan(source, options.offset, options.restarts, buffers, options.window);
  Clean read;
  const uint8_t* next = scan.begin();
  for (int step = 0; step < 1'000'000; ++step) {
    const size_t before = scan.offset() + static_cast<size_t>(next - scan.begin());
    const Status status = scan.Advance(next);
    EXPECT_TRUE(status) << status.error().message;
    EXPECT_EQ(scan.offset(), before);
    const auto size = static_cast<size_t>(scan.end() - scan.begin());
    EXPECT_LE(size, options.window);
    EXPECT_TRUE(scan.complete() || size == options.window);
    // What has been there before is still the same.
    const size_t known = read.bytes.size() - scan.offset();
    EXPECT_LE(known, size);
    EXPECT_TRUE(std::equal(scan.begin(), scan.begin() + known, read.bytes.begin() + scan.offset()));
    read.bytes.insert(read.bytes.end(), scan.begin() + known, scan.end());
    while (const auto restart = scan.NextRestart()) {
      EXPECT_EQ(scan.TakeRestart(), restart);
      read.restarts.push_back(*restart);
    }
    if (scan.complete()) {
      EXPECT_TRUE(std::all_of(scan.end(), scan.end() + ScanBytes::kMargin, [](uint8_t byte) { return byte == 0; }));
      read.end_marker = scan.end_marker();
      read.end_offset = scan.end_offset();
      return read;
    }
    next = scan.begin() + std::max<size_t>(1, options.pass(size));
  }
  ADD_FAILURE() << "it does not end";
  return read;
}

void ExpectSame(const Bytes& file, const ReadOptions& options, const std::string& what) {
  const Clean read = ReadAll(file, options);
  const Clean expected = UnstuffPlainly(file, options.offset, options.restarts);
  ASSERT_EQ(read, expected) << what << ": " << Describe(read) << " instead of " << Describe(expected);
}

// Bytes without FF.
Bytes Plain(size_t size) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i * 7 % 255);
  return bytes;
}

// `per_mille` of the bytes begin with FF: mostly stuffed, else markers, in turn or not, fill bytes.
Bytes Random(std::minstd_rand& random, size_t size, unsigned per_mille) {
  Bytes bytes;
  unsigned restarts = 0;
  while (bytes.size() < size) {
    if (random() % 1000 >= per_mille) {
      bytes.push_back(static_cast<uint8_t>(random() % 255));
      continue;
    }
    bytes.push_back(0xFF);
    const auto kind = random() % 200;
    if (kind < 120) {
      bytes.push_back(0);
    } else if (kind < 150) {
      bytes.push_back(0xFF);
      bytes.push_back(0);
    } else if (kind < 199) {
      bytes.push_back(static_cast<uint8_t>(0xD0 + restarts++ % 8));
    } else {
      bytes.push_back(static_cast<uint8_t>(random() % 256));
    }
  }
  bytes.resize(size);
  return bytes;
}

TEST(JpegUnstuff, TakesWholeVectorsAndStopsWhereItSays) {
  std::minstd_rand random(1);
  constexpr size_t kGuard = 16;
  for (size_t size = 0; size < 200; ++size) {
    for (int round = 0; round < 20; ++round) {
      const Bytes in = Random(random, size, round < 10 ? 0 : 100);
      Bytes out(size + simd::kUnstuffSlack + kGuard, 0x5A);
      const simd::Unstuffed done = simd::Unstuff(in.data(), size, out.data());
      ASSERT_LE(done.taken, size);
      // The rest is too short for a vector, or a marker is next.
      const bool at_marker = done.taken + 1 < size && in[done.taken] == 0xFF && in[done.taken + 1] != 0;
      ASSERT_TRUE(at_marker || size - done.taken <= 64) << size;
      const Clean expected = UnstuffPlainly(Bytes(in.begin(), in.begin() + done.taken), 0, false);
      ASSERT_EQ(expected.end_offset, done.taken) << "no marker is passed";
      ASSERT_TRUE(std::ranges::equal(std::span(out).first(done.made), expected.bytes));
      ASSERT_TRUE(std::all_of(out.end() - kGuard, out.end(), [](uint8_t byte) { return byte == 0x5A; }));
    }
  }
}

TEST(JpegScanBytes, FfAtEveryPlaceOfEveryLength) {
  const std::vector<Bytes> tails = {{0xFF, 0x00}, {0xFF, 0xFF, 0x00}, {0xFF, 0xD9}, {0xFF, 0xFF, 0xD9},      {0xFF},
                                    {0xFF, 0xFF}, {0xFF, 0xD0},       {0xFF, 0xD1}, {0xFF, 0x00, 0xFF, 0x00}};
  for (const size_t size : {1, 2, 15, 16, 17, 31, 32, 33, 34, 47, 63, 64, 65, 66, 97, 128, 130}) {
    for (size_t at = 0; at <= size; ++at) {
      for (const Bytes& tail : tails) {
        Bytes file = Plain(size);
        file.insert(file.begin() + at, tail.begin(), tail.end());
        for (const size_t window : {size_t{1}, size_t{33}, size_t{64}, size_t{4096}}) {
          for (const bool restarts : {true, false}) {
            ExpectSame(file, {.window = window, .restarts = restarts},
                       std::to_string(size) + " at " + std::to_string(at) + " window " + std::to_string(window));
            if (HasFatalFailure()) return;
          }
        }
      }
    }
  }
}

TEST(JpegScanBytes, EveryLengthAroundTheWindowAndTheMargin) {
  std::minstd_rand random(2);
  for (const size_t window : {100, 4096, 8192}) {
    for (const size_t base : {window - 70, window - 1, window, window + 1, 2 * window, window + ScanBytes::kMargin}) {
      for (size_t size = base; size < base + 70; ++size) {
        Bytes file = Random(random, size, size % 3 == 0 ? 30 : 0);
        file.insert(file.end(), {0xFF, 0xD9, 1, 2, 3});
        ExpectSame(file, {.window = window}, std::to_string(size));
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST(JpegScanBytes, SourcesInMemoryInPartOrNotAtAll) {
  std::minstd_rand random(3);
  for (int round = 0; round < 300; ++round) {
    const Bytes file = Random(random, 200 + random() % 3000, static_cast<unsigned>(round % 4) * 60);
    for (const size_t resident : {size_t{0}, size_t{1}, 100 + random() % 100, file.size() - 1, file.size()}) {
      for (const size_t most : {size_t{1}, size_t{2}, size_t{7}, SIZE_MAX}) {
        ReadOptions options{.window = 1 + random() % 500,
                            .source = {.resident_bytes = resident, .most_a_read = most},
                            .offset = random() % 120};
        ExpectSame(file, options, "round " + std::to_string(round) + " resident " + std::to_string(resident));
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST(JpegScanBytes, InputLargerThanItsBuffer) {
  std::minstd_rand random(4);
  for (const unsigned per_mille : {0U, 10U}) {
    Bytes file;
    // No marker but at the end.
    for (int i = 0; i < 300'000; ++i) {
      file.push_back(random() % 1000 < per_mille ? uint8_t{0xFF} : static_cast<uint8_t>(random() % 255));
      if (file.back() == 0xFF) file.push_back(0);
    }
    // FF on both sides of where a read ends.
    for (const size_t at : {65534, 65535, 65536, 131071}) {
      Bytes split = file;
      for (size_t i = at - 2; i < at + 3; ++i) split[i] = 1;
      split[at] = 0xFF;
      split[at + 1] = 0;
      split.insert(split.end(), {0xFF, 0xD9});
      for (const size_t resident : {size_t{0}, at, at + 1, SIZE_MAX}) {
        ExpectSame(split, {.source = {.resident_bytes = resident}}, std::to_string(at));
        ExpectSame(split, {.window = 5000, .source = {.resident_bytes = resident}}, std::to_string(at));
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST(JpegScanBytes, RestartMarkersInTurnAndOutOfTurn) {
  const Bytes in_turn = {1, 0xFF, 0xD0, 2, 3, 0xFF, 0xD1, 4, 0xFF, 0xD2, 5, 0xFF, 0xD9};
  const Clean clean = ReadAll(in_turn, {});
  EXPECT_EQ(clean, (Clean{{1, 2, 3, 4, 5}, {1, 3, 4}, 0xD9, 11}));
  const Clean unexpected = ReadAll(in_turn, {.restarts = false});
  EXPECT_EQ(unexpected, (Clean{{1}, {}, 0xD0, 1}));
  EXPECT_EQ(ReadAll({1, 0xFF, 0xD1, 2}, {}), (Clean{{1}, {}, 0xD1, 1})) << "the second first";
  EXPECT_EQ(ReadAll({1, 0xFF, 0xD0, 2, 0xFF, 0xD0, 3}, {}), (Clean{{1, 2}, {1}, 0xD0, 4})) << "twice the same";
  EXPECT_EQ(ReadAll({0xFF, 0xD0, 2}, {}), (Clean{{}, {}, 0xD0, 0})) << "before the first byte";
  EXPECT_EQ(ReadAll({1, 0xFF, 0xD0, 0xFF, 0xD1, 2}, {}), (Clean{{1}, {1}, 0xD1, 3})) << "nothing between two";
  EXPECT_EQ(ReadAll({1, 0xFF, 0xFF, 0xFF, 0xD0, 2}, {}), (Clean{{1, 2}, {1}, 0, 6})) << "fill bytes before one";
}

TEST(JpegScanBytes, TheEighthRestartIsFollowedByTheFirst) {
  Bytes file;
  for (int i = 0; i < 40; ++i) file.insert(file.end(), {1, 2, 0xFF, static_cast<uint8_t>(0xD0 + i % 8)});
  for (const size_t window : {size_t{1}, size_t{3}, size_t{4096}}) {
    const Clean clean = ReadAll(file, {.window = window});
    EXPECT_EQ(clean.restarts.size(), 40U);
    EXPECT_EQ(clean.restarts.back(), 80U);
    ExpectSame(file, {.window = window}, "");
  }
}

TEST(JpegScanBytes, TheWindowMovesByAnyStep) {
  std::minstd_rand random(5);
  const Bytes file = Random(random, 20'000, 20);
  for (const size_t window : {1, 50, 1000}) {
    ExpectSame(file, {.window = window, .pass = [](size_t size) { return size / 2; }}, "half");
    ExpectSame(file, {.window = window, .pass = [&](size_t size) { return random() % (size + 1); }}, "any");
  }
  ExpectSame(file, {.window = 300, .pass = [](size_t) { return size_t{1}; }}, "a byte");
}

TEST(JpegScanBytes, RestartsThatAreNotTakenStay) {
  Bytes file;
  for (int i = 0; i < 8; ++i) file.insert(file.end(), {1, 2, 3, 4, 0xFF, static_cast<uint8_t>(0xD0 + i)});
  PiecewiseSource source(std::as_bytes(std::span(file)), {});
  ScanBuffers buffers;
  ScanBytes scan(source, 0, true, buffers, 10);
  ASSERT_TRUE(scan.Advance(scan.begin()));
  EXPECT_EQ(scan.NextRestart(), 4U);
  EXPECT_EQ(scan.TakeRestart(), 4U);
  ASSERT_TRUE(scan.Advance(scan.begin() + 6));
  EXPECT_EQ(scan.TakeRestart(), 8U);
  EXPECT_EQ(scan.TakeRestart(), 12U);
  EXPECT_EQ(scan.TakeRestart(), std::nullopt) << "16 is where the window ends: its marker is not read yet";
  ASSERT_TRUE(scan.Advance(scan.end()));
  EXPECT_EQ(scan.TakeRestart(), 16U);
}

TEST(JpegScanBytes, AFailingSourceIsAnError) {
  const Bytes file = Plain(10'000);
  for (const size_t resident : {0, 500}) {
    const auto bytes = std::as_bytes(std::span(file));
    PiecewiseSource source(bytes, {.resident_bytes = resident, .most_a_read = 1000, .fails_from = 3000});
    ScanBuffers buffers;
    ScanBytes scan(source, 100, false, buffers, 2000);
    ASSERT_TRUE(scan.Advance(scan.begin()));
    const Status failed = scan.Advance(scan.end());
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::kIo);
  }
}

TEST(JpegScanBytes, NothingAtAll) {
  EXPECT_EQ(ReadAll({}, {}), Clean());
  EXPECT_EQ(ReadAll({1, 2}, {.offset = 2}).end_offset, 2U);
  EXPECT_EQ(ReadAll({0xFF, 0xD9}, {}), (Clean{{}, {}, 0xD9, 0}));
}

TEST(JpegScanBytes, BuffersServeOnePictureAfterTheOther) {
  ScanBuffers buffers;
  for (const size_t size : {5000, 10, 3000}) {
    const Bytes file = Plain(size);
    PiecewiseSource source(std::as_bytes(std::span(file)), {});
    ScanBytes scan(source, 0, false, buffers, 4096);
    Bytes read;
    do {
      ASSERT_TRUE(scan.Advance(scan.end()));
      read.insert(read.end(), scan.begin(), scan.end());
    } while (!scan.complete());
    EXPECT_EQ(read, file);
    EXPECT_TRUE(std::all_of(scan.end(), scan.end() + ScanBytes::kMargin, [](uint8_t byte) { return byte == 0; }));
  }
}

}  // namespace
}  // namespace tbbthumbs
