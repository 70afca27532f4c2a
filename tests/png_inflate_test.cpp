// Zlib streams, whole and wrong: the same bytes and the same verdict as zlib's.
#include "codecs/png_inflate.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace tbbthumbs {
namespace {

using Bytes = std::vector<std::byte>;
using State = ZlibInflater::State;

Bytes Compress(const Bytes& data, int level = 6, int window_bits = 15, int strategy = Z_DEFAULT_STRATEGY) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, level, Z_DEFLATED, window_bits, 8, strategy), Z_OK);
  Bytes out(deflateBound(&stream, data.size()) + 64);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

// Half noise, half repetitions from far back.
Bytes Content(size_t size) {
  std::minstd_rand random(3);
  Bytes data(size);
  for (size_t i = 0; i < size; ++i) {
    const auto value = static_cast<uint32_t>(random() >> 8);
    data[i] = i > 30'000 && value % 100 < 90 ? data[i - 29'999] : static_cast<std::byte>(value % 61);
  }
  return data;
}

struct Outcome {
  Bytes data;
  State state = State::kGoesOn;
  bool more = false;
};

bool ZlibTakes(const Bytes& stream) {
  Bytes out(1000);
  uLongf size = out.size();
  return uncompress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(stream.data()),
                    static_cast<uLong>(stream.size())) == Z_OK;
}

// With so much input and output at a time; `most` bytes are wanted.
Outcome Inflate(ZlibInflater& inflater, std::span<const std::byte> stream, size_t input, size_t output,
                size_t most = SIZE_MAX) {
  Outcome outcome;
  inflater.Begin();
  inflater.SetInput({});
  Bytes out(std::min(output, most));
  int idle = 0;
  while (outcome.state == State::kGoesOn && idle < 3) {
    if (inflater.input_left() == 0) {
      const size_t count = std::min(input, stream.size());
      inflater.SetInput(stream.first(count));
      stream = stream.subspan(count);
    }
    const size_t before = inflater.input_left();
    size_t written = 0;
    outcome.state = inflater.Inflate(std::span(out).first(std::min(out.size(), most - outcome.data.size())), written);
    outcome.data.insert(outcome.data.end(), out.begin(), out.begin() + static_cast<ptrdiff_t>(written));
    outcome.more = inflater.holds_output();
    idle = written == 0 && inflater.input_left() == before ? idle + 1 : 0;
  }
  return outcome;
}

Outcome Inflate(std::span<const std::byte> stream) {
  ZlibInflater inflater;
  return Inflate(inflater, stream, 1 << 16, 1 << 16);
}

TEST(PngInflate, PiecesOfAnySize) {
  const Bytes data = Content(200'000);
  const Bytes stream = Compress(data);
  ZlibInflater inflater;  // one for all: a stream leaves nothing behind
  for (const size_t input : {size_t{1}, size_t{7}, size_t{1000}, size_t{65'536}, SIZE_MAX}) {
    for (const size_t output : {size_t{1}, size_t{100}, size_t{33'000}, size_t{300'000}}) {
      const Outcome outcome = Inflate(inflater, stream, input, output);
      ASSERT_EQ(outcome.state, State::kEnd) << input << ' ' << output;
      ASSERT_TRUE(outcome.data == data) << input << ' ' << output;
    }
  }
}

TEST(PngInflate, LevelsStrategiesAndWindows) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{100}, size_t{100'000}}) {
    const Bytes data = Content(size);
    for (const int level : {0, 1, 6, 9}) {  // 0: stored blocks
      for (const int strategy : {Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE}) {
        for (const int window : {9, 12, 15}) {
          const Outcome outcome = Inflate(Compress(data, level, window, strategy));
          ASSERT_EQ(outcome.state, State::kEnd);
          ASSERT_TRUE(outcome.data == data);
        }
      }
    }
  }
}

// Writers exist that declare a smaller window than they use.
TEST(PngInflate, ADeclaredWindowThatIsTooSmall) {
  const Bytes data = Content(100'000);
  Bytes stream = Compress(data);
  stream[0] = std::byte{0x18};
  stream[1] = std::byte{0x19};
  const Outcome outcome = Inflate(stream);
  EXPECT_EQ(outcome.state, State::kEnd);
  EXPECT_TRUE(outcome.data == data);
}

TEST(PngInflate, EveryHeader) {
  const Bytes stream = Compress(Content(100));
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      Bytes changed = stream;
      changed[0] = static_cast<std::byte>(first);
      changed[1] = static_cast<std::byte>(second);
      Bytes out(100);
      z_stream zlib{};
      inflateInit2(&zlib, 15);
      zlib.next_in = reinterpret_cast<Bytef*>(changed.data());
      zlib.avail_in = static_cast<uInt>(changed.size());
      zlib.next_out = reinterpret_cast<Bytef*>(out.data());
      zlib.avail_out = static_cast<uInt>(out.size());
      const bool expected = inflate(&zlib, Z_FINISH) == Z_STREAM_END;
      inflateEnd(&zlib);
      ASSERT_EQ(Inflate(changed).state == State::kEnd, expected) << first << ' ' << second;
    }
  }
}

TEST(PngInflate, CutAtEveryByte) {
  const Bytes data = Content(1000);
  for (const int level : {0, 6}) {
    const Bytes stream = Compress(data, level);
    for (size_t length = 0; length < stream.size(); ++length) {
      const Outcome outcome = Inflate(std::span(stream).first(length));
      ASSERT_EQ(outcome.state, State::kGoesOn) << length;
      ASSERT_LE(outcome.data.size(), data.size());
      ASSERT_TRUE(std::equal(outcome.data.begin(), outcome.data.end(), data.begin()));
    }
  }
}

TEST(PngInflate, WrongAdler32) {
  const Bytes data = Content(1000);
  Bytes stream = Compress(data);
  for (size_t i = 1; i <= 4; ++i) {
    Bytes wrong = stream;
    wrong[wrong.size() - i] ^= std::byte{1};
    for (const size_t input : {size_t{1}, size_t{65'536}}) {
      ZlibInflater inflater;
      EXPECT_EQ(Inflate(inflater, wrong, input, 65'536).state, State::kBad);
      size_t written = 0;
      Bytes out(10);
      EXPECT_EQ(inflater.Inflate(out, written), State::kBad) << "for good";
    }
  }
}

TEST(PngInflate, BytesBehindTheStreamAreLeft) {
  const Bytes data = Content(1000);
  Bytes stream = Compress(data);
  stream.insert(stream.end(), 1000, std::byte{0x5A});
  for (const size_t input : {size_t{1}, size_t{65'536}}) {
    ZlibInflater inflater;
    const Outcome outcome = Inflate(inflater, stream, input, 65'536);
    EXPECT_EQ(outcome.state, State::kEnd);
    EXPECT_TRUE(outcome.data == data);
  }
}

TEST(PngInflate, TellsWhetherTheStreamEndsWhereTheOutputIsFull) {
  for (const int level : {0, 6}) {
    for (const size_t size : {size_t{1000}, size_t{100'000}}) {
      const Bytes data = Content(size);
      const Bytes stream = Compress(data, level);
      for (const size_t input : {size_t{1}, size_t{65'536}}) {
        ZlibInflater inflater;
        const Outcome whole = Inflate(inflater, stream, input, size, size);
        EXPECT_EQ(whole.state, State::kEnd);
        EXPECT_TRUE(whole.data == data);
        const Outcome part = Inflate(inflater, stream, input, size, size - 1);
        EXPECT_EQ(part.state, State::kGoesOn);
        EXPECT_TRUE(part.more);
        EXPECT_EQ(part.data.size(), size - 1);
      }
    }
  }
}

// Whatever becomes of it, Adler-32 lets pass what leaves the bytes as they were, and nothing else.
TEST(PngInflate, EveryFlippedBit) {
  Bytes data = Content(500);
  data.insert(data.end(), 200, std::byte{7});
  for (const int strategy : {Z_DEFAULT_STRATEGY, Z_FIXED}) {
    const Bytes stream = Compress(data, 9, 15, strategy);
    for (size_t bit = 0; bit < 8 * stream.size(); ++bit) {
      Bytes flipped = stream;
      flipped[bit / 8] ^= std::byte{1} << (bit % 8);
      const bool taken = Inflate(flipped).state == State::kEnd;
      ASSERT_EQ(taken, ZlibTakes(flipped)) << "bit " << bit;
    }
  }
}

// Bits as deflate packs them: fields from their lowest bit, codes from their highest.
class BitWriter {
 public:
  BitWriter& Field(uint32_t value, int bits) {
    for (int i = 0; i < bits; ++i) Bit(value >> i & 1);
    return *this;
  }
  BitWriter& Code(uint32_t code, int bits) {
    for (int i = bits - 1; i >= 0; --i) Bit(code >> i & 1);
    return *this;
  }
  // The stream with the header and the checksum of `data`.
  Bytes Stream(const std::string& data) const {
    Bytes stream = bytes_;
    stream.insert(stream.begin(), {std::byte{0x78}, std::byte{0x9C}});
    const auto adler =
        static_cast<uint32_t>(adler32(1, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size())));
    for (int shift = 24; shift >= 0; shift -= 8) stream.push_back(static_cast<std::byte>(adler >> shift));
    return stream;
  }

 private:
  void Bit(uint32_t bit) {
    if (used_ % 8 == 0) bytes_.push_back(std::byte{0});
    bytes_.back() |= static_cast<std::byte>(bit << (used_ % 8));
    ++used_;
  }
  Bytes bytes_;
  size_t used_ = 0;
};

// A last block with codes of its own. The code lengths of 256 + `literal_count` symbols and of the distances are
// written as they are: each length has a code of 4 bits, 0..15.
BitWriter DynamicBlock(const std::vector<int>& literals, const std::vector<int>& distances) {
  BitWriter bits;
  bits.Field(1, 1).Field(2, 2);
  bits.Field(static_cast<uint32_t>(literals.size() - 257), 5).Field(static_cast<uint32_t>(distances.size() - 1), 5);
  bits.Field(15, 4);
  // In the order 16 17 18 0 8 7 ...: no repetitions, all others of 4 bits.
  for (int i = 0; i < 19; ++i) bits.Field(i < 3 ? 0 : 4, 3);
  for (const int length : literals) bits.Code(static_cast<uint32_t>(length), 4);
  for (const int length : distances) bits.Code(static_cast<uint32_t>(length), 4);
  return bits;
}

std::vector<int> Lengths(size_t count, std::initializer_list<std::pair<size_t, int>> set) {
  std::vector<int> lengths(count, 0);
  for (const auto& [symbol, length] : set) lengths[symbol] = length;
  return lengths;
}

struct Crafted {
  const char* name;
  Bytes stream;
  bool differs = false;
};

// Streams that no encoder writes.
TEST(PngInflate, CraftedBlocks) {
  std::vector<Crafted> cases;
  // 'a' is 0, the end of the block is 1; no distances.
  const auto plain = [](size_t literal_count, size_t distance_count) {
    return DynamicBlock(Lengths(literal_count, {{'a', 1}, {256, 1}}), Lengths(distance_count, {}));
  };
  cases.push_back({"no distance code", plain(257, 1).Code(0, 1).Code(1, 1).Stream("a")});
  cases.push_back({"286 and 30 symbols", plain(286, 30).Code(0, 1).Code(1, 1).Stream("a")});
  cases.push_back({"287 symbols", plain(287, 1).Code(0, 1).Code(1, 1).Stream("a")});
  cases.push_back({"288 symbols", plain(288, 1).Code(0, 1).Code(1, 1).Stream("a")});
  cases.push_back({"31 distances", plain(257, 31).Code(0, 1).Code(1, 1).Stream("a")});
  cases.push_back({"32 distances", plain(257, 32).Code(0, 1).Code(1, 1).Stream("a")});
  cases.push_back({"no end of block", DynamicBlock(Lengths(257, {{'a', 1}, {'b', 1}}), {0}).Code(0, 1).Stream("a")});
  cases.push_back({"one distance of one bit", DynamicBlock(Lengths(258, {{'a', 2}, {256, 2}, {257, 1}}), {1})
                                                  .Code(2, 2)
                                                  .Code(0, 1)
                                                  .Code(0, 1)
                                                  .Code(3, 2)
                                                  .Stream("aaaa")});
  cases.push_back({"too many codes",
                   DynamicBlock(Lengths(257, {{'a', 1}, {'b', 1}, {256, 1}}), {0}).Code(0, 1).Code(1, 1).Stream("a")});
  cases.push_back({"a distance before the beginning", DynamicBlock(Lengths(258, {{'a', 2}, {256, 2}, {257, 1}}), {0, 1})
                                                          .Code(2, 2)
                                                          .Code(0, 1)
                                                          .Code(0, 1)
                                                          .Code(3, 2)
                                                          .Stream("aaaa")});
  cases.push_back({"the third kind of block", BitWriter().Field(1, 1).Field(3, 2).Stream("")});
  cases.push_back({"a stored block whose length is wrong",
                   BitWriter().Field(1, 1).Field(0, 7).Field(1, 16).Field(1, 16).Field('a', 8).Stream("a")});
  cases.push_back({"symbol 286 of the fixed code",
                   BitWriter().Field(1, 1).Field(1, 2).Code(0xC6, 8).Code(0, 5).Code(0, 7).Stream("")});
  cases.push_back(
      {"distance 30 of the fixed code",
       BitWriter().Field(1, 1).Field(1, 2).Code(0x30 + 'a', 8).Code(1, 7).Code(30, 5).Code(0, 7).Stream("aaaa")});
  // Codes with gaps, which zlib refuses before it meets one.
  cases.push_back({"a literal code with gaps",
                   DynamicBlock(Lengths(257, {{'a', 2}, {256, 2}}), {0}).Code(0, 2).Code(1, 2).Stream("a"), true});
  cases.push_back({"a distance code with gaps",
                   DynamicBlock(Lengths(258, {{'a', 2}, {256, 2}, {257, 1}}), {2, 2})
                       .Code(2, 2)
                       .Code(0, 1)
                       .Code(0, 2)
                       .Code(3, 2)
                       .Stream("aaaa"),
                   true});
  cases.push_back({"one distance of two bits",
                   DynamicBlock(Lengths(258, {{'a', 2}, {256, 2}, {257, 1}}), {2})
                       .Code(2, 2)
                       .Code(0, 1)
                       .Code(0, 2)
                       .Code(3, 2)
                       .Stream("aaaa"),
                   true});
  for (const Crafted& crafted : cases) {
    const bool taken = Inflate(crafted.stream).state == State::kEnd;
    EXPECT_EQ(taken, ZlibTakes(crafted.stream) != crafted.differs) << crafted.name;
  }
}

}  // namespace
}  // namespace tbbthumbs
