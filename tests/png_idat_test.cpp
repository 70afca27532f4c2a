// The image data of a PNG out of its chunks, however they and the reads are cut, whole and damaged.
#include "codecs/png_idat.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "codecs/png_checksum.h"
#include "tests/support/piecewise_source.h"
#include "tests/support/png_fixture.h"

namespace tbbthumbs {
namespace {

using testing::JoinChunks;
using testing::PiecewiseOptions;
using testing::PiecewiseSource;
using testing::PngChunk;
using Bytes = std::vector<std::byte>;

constexpr size_t kSignatureBytes = 8;

Bytes Noise(size_t size) {
  std::minstd_rand random(5);
  Bytes bytes(size);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random() >> 8);
  return bytes;
}

struct Outcome {
  Bytes data;
  bool damaged = false;
  std::string error;
};

Outcome ReadAll(const Bytes& file, const PiecewiseOptions& options = {}, uint64_t offset = kSignatureBytes) {
  PiecewiseSource source(file, options);
  IdatBuffers buffers;
  IdatReader reader(source, offset, buffers);
  Outcome outcome;
  while (!reader.ended()) {
    const auto piece = reader.Next();
    if (!piece) {
      outcome.error = piece.error().message;
      return outcome;
    }
    EXPECT_LE(piece->size(), IdatReader::kPieceBytes);
    EXPECT_TRUE(reader.ended() || piece->size() == IdatReader::kPieceBytes);
    outcome.data.insert(outcome.data.end(), piece->begin(), piece->end());
  }
  outcome.damaged = reader.damaged();
  return outcome;
}

std::vector<PngChunk> Split(const Bytes& data, size_t chunk_bytes) {
  std::vector<PngChunk> chunks;
  for (size_t i = 0; i < data.size(); i += chunk_bytes) {
    const size_t end = std::min(data.size(), i + chunk_bytes);
    chunks.push_back(
        {"IDAT", Bytes(data.begin() + static_cast<ptrdiff_t>(i), data.begin() + static_cast<ptrdiff_t>(end))});
  }
  return chunks;
}

TEST(PngIdat, EverySplitIntoChunksAndReads) {
  const Bytes data = Noise(64);
  for (size_t chunk_bytes = 1; chunk_bytes <= 65; ++chunk_bytes) {
    std::vector<PngChunk> chunks = Split(data, chunk_bytes);
    chunks.push_back({"IEND", {}});
    const Bytes file = JoinChunks(chunks);
    for (const size_t resident : {size_t{0}, size_t{30}, file.size() / 2, file.size()}) {
      for (const size_t most : {size_t{1}, size_t{5}, SIZE_MAX}) {
        const Outcome outcome = ReadAll(file, {.resident_bytes = resident, .most_a_read = most});
        ASSERT_EQ(outcome.data, data) << chunk_bytes;
        ASSERT_FALSE(outcome.damaged);
      }
    }
  }
}

TEST(PngIdat, ManyPieces) {
  const Bytes data = Noise(1'000'000);
  for (const size_t chunk_bytes : {size_t{8192}, size_t{65'535}, size_t{300'000}, size_t{2'000'000}}) {
    const Bytes file = JoinChunks(Split(data, chunk_bytes));
    for (const size_t resident : {size_t{0}, size_t{200'000}, file.size()}) {
      const Outcome outcome = ReadAll(file, {.resident_bytes = resident});
      ASSERT_TRUE(outcome.data == data) << chunk_bytes;
      ASSERT_FALSE(outcome.damaged);
    }
  }
}

TEST(PngIdat, EmptyChunksAreNothing) {
  const Bytes data = Noise(20);
  std::vector<PngChunk> chunks;
  for (const PngChunk& chunk : Split(data, 3)) {
    chunks.push_back({"IDAT", {}});
    chunks.push_back(chunk);
    chunks.push_back({"IDAT", {}});
  }
  const Outcome outcome = ReadAll(JoinChunks(chunks));
  EXPECT_EQ(outcome.data, data);
  EXPECT_FALSE(outcome.damaged);
}

TEST(PngIdat, AFileOfEmptyChunksIsNotReadInOneGo) {
  const Bytes file = JoinChunks(std::vector<PngChunk>(100'000, PngChunk{"IDAT", {}}));
  PiecewiseSource source(file, {});
  IdatBuffers buffers;
  IdatReader reader(source, kSignatureBytes, buffers);
  int calls = 0;
  for (; !reader.ended(); ++calls) {
    const auto piece = reader.Next();
    ASSERT_TRUE(piece.has_value());
    EXPECT_TRUE(piece->empty());
  }
  EXPECT_GE(calls, 6);
  EXPECT_LE(calls, 8);
  EXPECT_FALSE(reader.damaged());
}

TEST(PngIdat, EndsWithAnotherChunk) {
  const Bytes data = Noise(100);
  std::vector<PngChunk> chunks = Split(data, 25);
  chunks.insert(chunks.begin() + 2, {"tEXt", Noise(10)});
  const Outcome outcome = ReadAll(JoinChunks(chunks));
  EXPECT_EQ(outcome.data, Bytes(data.begin(), data.begin() + 50));
  EXPECT_FALSE(outcome.damaged);
}

TEST(PngIdat, WrongChecksums) {
  const Bytes data = Noise(100);
  for (size_t bad = 0; bad < 4; ++bad) {
    std::vector<PngChunk> chunks = Split(data, 25);
    chunks[bad].wrong_crc = true;
    const Outcome outcome = ReadAll(JoinChunks(chunks));
    EXPECT_TRUE(outcome.damaged);
    EXPECT_EQ(outcome.data.size(), 25 * (bad + 1));
  }
}

TEST(PngIdat, EveryFlippedBitIsNoticed) {
  const Bytes file = JoinChunks(Split(Noise(40), 20));
  for (size_t bit = 8 * kSignatureBytes; bit < 8 * file.size(); ++bit) {
    Bytes flipped = file;
    flipped[bit / 8] ^= std::byte{1} << (bit % 8);
    const Outcome outcome = ReadAll(flipped);
    ASSERT_TRUE(outcome.damaged || outcome.data.size() < 40) << "bit " << bit;
  }
}

TEST(PngIdat, CutAtEveryByte) {
  const Bytes data = Noise(50);
  std::vector<PngChunk> chunks = Split(data, 25);
  chunks.push_back({"IEND", {}});
  const Bytes file = JoinChunks(chunks);
  constexpr size_t kChunk = 12 + 25;
  for (size_t length = kSignatureBytes; length < file.size(); ++length) {
    for (const size_t resident : {size_t{0}, length}) {
      const Bytes cut(file.begin(), file.begin() + static_cast<ptrdiff_t>(length));
      const Outcome outcome = ReadAll(cut, {.resident_bytes = resident, .most_a_read = 7});
      const size_t in_chunk = (length - kSignatureBytes) % kChunk;
      // A name that is not whole begins nothing.
      const bool damaged = length < kSignatureBytes + 2 * kChunk && in_chunk >= 8;
      ASSERT_EQ(outcome.damaged, damaged) << length;
      ASSERT_TRUE(std::equal(outcome.data.begin(), outcome.data.end(), data.begin()));
    }
  }
}

TEST(PngIdat, LengthsThatNoChunkMayHave) {
  Bytes file = JoinChunks(Split(Noise(50), 50));
  file[kSignatureBytes] = std::byte{0x80};
  EXPECT_TRUE(ReadAll(file).damaged);
  file[kSignatureBytes] = std::byte{0x7F};  // allowed, and not there
  const Outcome outcome = ReadAll(file);
  EXPECT_TRUE(outcome.damaged);
  EXPECT_EQ(outcome.data.size(), 54u);
}

TEST(PngIdat, ErrorsOfTheSource) {
  const Bytes file = JoinChunks(Split(Noise(300'000), 8192));
  EXPECT_EQ(ReadAll(file, {.fails_from = 100'000}).error, "a read that fails on purpose");
}

TEST(PngIdat, FinishChunkChecksWhatIsLeft) {
  for (const size_t left : {size_t{0}, size_t{1000}, IdatReader::kPieceBytes, IdatReader::kPieceBytes + 1}) {
    for (const bool wrong : {false, true}) {
      std::vector<PngChunk> chunks = Split(Noise(IdatReader::kPieceBytes + left), SIZE_MAX / 2);
      chunks[0].wrong_crc = wrong;
      const Bytes file = JoinChunks(chunks);
      PiecewiseSource source(file, {});
      IdatBuffers buffers;
      IdatReader reader(source, kSignatureBytes, buffers);
      ASSERT_TRUE(reader.Next().has_value());
      ASSERT_FALSE(reader.damaged());
      ASSERT_TRUE(reader.FinishChunk().has_value());
      EXPECT_EQ(reader.damaged(), wrong || left > IdatReader::kPieceBytes) << left;
    }
  }
}

TEST(PngChecksum, IsCrc32InPieces) {
  const std::string digits = "123456789";
  const auto bytes = std::as_bytes(std::span(digits));
  EXPECT_EQ(Crc32(0, bytes), 0xCBF43926u);
  EXPECT_EQ(Crc32(Crc32(0, bytes.first(4)), bytes.subspan(4)), 0xCBF43926u);
  EXPECT_EQ(Crc32(Crc32(0, bytes), {}), 0xCBF43926u);
  EXPECT_EQ(Crc32(0, {}), 0u);
}

}  // namespace
}  // namespace tbbthumbs
