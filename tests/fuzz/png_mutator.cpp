#include "tests/fuzz/png_mutator.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <span>
#include <utility>

#include "codecs/png_layout.h"
#include "tests/support/png_fixture.h"

namespace tbbthumbs::fuzz {
namespace {

using testing::PngChunk;
using Bytes = std::vector<std::byte>;
using Random = std::minstd_rand;
using MutateBytes = std::function<size_t(uint8_t*, size_t, size_t)>;

// Rows of more bytes are left as they are.
constexpr size_t kMaxRawBytes = size_t{1} << 20;
constexpr size_t kHeaderBytes = 13;

// A file taken apart: what stands before its first IDAT, the data of all, and what stands behind the last.
struct Parts {
  std::vector<PngChunk> before;
  Bytes data;
  std::vector<PngChunk> behind;
};

Parts TakeApart(std::span<const std::byte> png) {
  Parts parts;
  bool seen = false;
  for (PngChunk& chunk : testing::SplitChunks(png)) {
    if (chunk.type == "IDAT") {
      seen = true;
      parts.data.insert(parts.data.end(), chunk.data.begin(), chunk.data.end());
    } else {
      (seen ? parts.behind : parts.before).push_back(std::move(chunk));
    }
  }
  return parts;
}

// As far as it goes.
Bytes Inflate(std::span<const std::byte> data) {
  Bytes raw(kMaxRawBytes);
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return {};
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(raw.data());
  stream.avail_out = static_cast<uInt>(raw.size());
  inflate(&stream, Z_FINISH);
  raw.resize(stream.total_out);
  inflateEnd(&stream);
  return raw;
}

// With blocks of every kind, of random lengths.
Bytes Deflate(std::span<const std::byte> raw, Random& random) {
  constexpr std::array kStrategies = {Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED};
  constexpr std::array kFlushes = {Z_NO_FLUSH, Z_NO_FLUSH, Z_BLOCK, Z_PARTIAL_FLUSH, Z_SYNC_FLUSH, Z_FULL_FLUSH};
  z_stream stream{};
  const int window_bits = 9 + static_cast<int>(random() % 7);
  if (deflateInit2(&stream, static_cast<int>(random() % 10), Z_DEFLATED, window_bits,
                   1 + static_cast<int>(random() % 9), kStrategies[random() % kStrategies.size()]) != Z_OK) {
    return {};
  }
  Bytes out;
  std::array<std::byte, 4096> buffer;
  size_t at = 0;
  for (bool done = false; !done;) {
    const size_t count = std::min<size_t>(raw.size() - at, 1 + random() % 5000);
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(raw.data() + at));
    stream.avail_in = static_cast<uInt>(count);
    at += count;
    const bool last = at == raw.size();
    const int flush = last ? Z_FINISH : kFlushes[random() % kFlushes.size()];
    do {
      stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream.avail_out = static_cast<uInt>(buffer.size());
      done = deflate(&stream, flush) == Z_STREAM_END;
      out.insert(out.end(), buffer.begin(), buffer.end() - stream.avail_out);
    } while (stream.avail_out == 0);
  }
  deflateEnd(&stream);
  return out;
}

void ChangeBytes(Bytes& data, Random& random, const MutateBytes& bytes) {
  if (data.empty()) return;
  switch (random() % 4) {
    case 0:
      data[random() % data.size()] ^= static_cast<std::byte>(1U << random() % 8);
      break;
    case 1:
      data.resize(random() % data.size());
      break;
    case 2:
      data.insert(data.begin() + static_cast<ptrdiff_t>(random() % data.size()), 1 + random() % 40,
                  static_cast<std::byte>(random()));
      break;
    default: {
      // A piece of it: the fuzzer's own mutator likes short ones.
      const size_t begin = random() % data.size();
      const size_t size = std::min<size_t>(data.size() - begin, 1 + random() % 64);
      std::vector<uint8_t> piece(size + 16);
      std::memcpy(piece.data(), data.data() + begin, size);
      const size_t changed = bytes(piece.data(), size, piece.size());
      const auto at = data.begin() + static_cast<ptrdiff_t>(begin);
      data.erase(at, at + static_cast<ptrdiff_t>(size));
      const auto* from = reinterpret_cast<const std::byte*>(piece.data());
      data.insert(data.begin() + static_cast<ptrdiff_t>(begin), from, from + changed);
    }
  }
}

// In place, so that there still are as many rows.
void ChangeRows(Parts& parts, Random& random) {
  Bytes raw = Inflate(parts.data);
  if (raw.size() == kMaxRawBytes) return;
  for (auto changes = raw.empty() ? 0 : random() % 20; changes > 0; --changes) {
    std::byte& byte = raw[random() % raw.size()];
    byte = random() % 2 == 0 ? byte ^ static_cast<std::byte>(1U << random() % 8) : static_cast<std::byte>(random() % 6);
  }
  parts.data = Deflate(raw, random);
}

// Rows that fit the header, made of those that are there.
void FitRows(Parts& parts, Random& random) {
  if (parts.before.empty() || parts.before[0].data.size() != kHeaderBytes) return;
  const auto at = [&](size_t i) { return std::to_integer<int>(parts.before[0].data[i]); };
  PngLayout layout;
  layout.size = {at(2) << 8 | at(3), at(6) << 8 | at(7)};
  layout.depth = at(8);
  layout.color = static_cast<PngColorType>(at(9));
  layout.interlaced = at(12) != 0;
  if (at(0) + at(1) + at(4) + at(5) > 0 || at(9) > 6 || at(8) > 16 || layout.InflatedBytes() >= kMaxRawBytes) return;
  const Bytes old = Inflate(parts.data);
  Bytes raw(layout.InflatedBytes());
  for (size_t i = 0; i < raw.size() && !old.empty(); ++i) raw[i] = old[i % old.size()];
  if (!layout.interlaced) {
    for (size_t i = 0; i < raw.size(); i += 1 + layout.row_bytes()) raw[i] = static_cast<std::byte>(random() % 5);
  }
  parts.data = Deflate(raw, random);
}

// What lies behind the last row: more data, another checksum, rubbish behind it.
void ChangeEnd(Parts& parts, Random& random) {
  Bytes raw = Inflate(parts.data);
  if (raw.size() == kMaxRawBytes) return;
  const auto kind = random() % 5;
  if (kind == 0) raw.resize(raw.size() + 1 + random() % 100);
  if (kind == 1 && !raw.empty()) raw.resize(raw.size() - 1 - random() % raw.size() / 8);
  parts.data = Deflate(raw, random);
  if (kind == 2 && parts.data.size() > 4) parts.data[parts.data.size() - 1 - random() % 4] ^= std::byte{1};
  if (kind == 3) parts.data.resize(parts.data.size() + 1 + random() % 300, static_cast<std::byte>(random()));
  if (kind == 4 && parts.data.size() > 4) parts.data.resize(parts.data.size() - 1 - random() % 4);
}

void ChangeHeader(Parts& parts, Random& random) {
  if (parts.before.empty() || parts.before[0].data.size() != kHeaderBytes) return;
  Bytes& header = parts.before[0].data;
  constexpr std::array<uint8_t, 5> kDepths = {1, 2, 4, 8, 16};
  constexpr std::array<uint8_t, 5> kColors = {0, 2, 3, 4, 6};
  switch (random() % 6) {
    case 0:
      header[3] = static_cast<std::byte>(random());
      break;
    case 1:
      header[7] = static_cast<std::byte>(random());
      break;
    case 2:
      header[8] = static_cast<std::byte>(kDepths[random() % kDepths.size()]);
      break;
    case 3:
      header[9] = static_cast<std::byte>(kColors[random() % kColors.size()]);
      break;
    case 4:
      header[12] ^= std::byte{1};
      break;
    default:
      header[random() % header.size()] = static_cast<std::byte>(random() % 20);
  }
}

// A palette, transparency, or another chunk.
void ChangeChunks(Parts& parts, Random& random, const MutateBytes& bytes) {
  if (parts.before.empty()) return;
  constexpr std::array kTypes = {"PLTE", "tRNS", "gAMA", "cHRM", "sRGB", "bKGD", "eXIf", "acTL", "IDAT", "teSt"};
  const size_t at = 1 + random() % parts.before.size();
  if (random() % 3 != 0 && at < parts.before.size()) {
    if (random() % 4 == 0) {
      parts.before.erase(parts.before.begin() + static_cast<ptrdiff_t>(at));
    } else {
      ChangeBytes(parts.before[at].data, random, bytes);
    }
    return;
  }
  PngChunk chunk{kTypes[random() % kTypes.size()], Bytes(random() % 780)};
  if (random() % 2 == 0) chunk.data.resize(chunk.data.size() % 8);
  for (std::byte& byte : chunk.data) byte = static_cast<std::byte>(random() % 3 == 0 ? random() : 0);
  parts.before.insert(parts.before.begin() + static_cast<ptrdiff_t>(at), std::move(chunk));
}

// A new picture.
Parts Make(Random& random) {
  constexpr std::array kColors = {testing::PngColor::kGray, testing::PngColor::kRgb, testing::PngColor::kPalette,
                                  testing::PngColor::kGrayAlpha, testing::PngColor::kRgba};
  constexpr std::array kDepths = {8, 16, 1, 2, 4};
  testing::PngFixture fixture;
  fixture.size = {1 + static_cast<int>(random() % 70), 1 + static_cast<int>(random() % 40)};
  fixture.color = kColors[random() % kColors.size()];
  const bool any_depth = fixture.color == testing::PngColor::kGray;
  fixture.depth = kDepths[random() % (any_depth ? 5 : 2)];
  if (fixture.color == testing::PngColor::kPalette) {
    constexpr std::array kPaletteDepths = {8, 1, 2, 4};
    fixture.depth = kPaletteDepths[random() % kPaletteDepths.size()];
    fixture.palette.resize(size_t{1} << fixture.depth);
    for (auto& color : fixture.palette) {
      for (uint8_t& sample : color) sample = static_cast<uint8_t>(random());
    }
  }
  fixture.filter = static_cast<int>(random() % 6) - 1;
  fixture.interlaced = random() % 8 == 0;
  fixture.zlib_level = static_cast<int>(random() % 10);
  fixture.samples = testing::NoiseSamples(fixture, static_cast<uint32_t>(random()));
  return TakeApart(testing::MakePng(fixture));
}

// The data in chunks of random sizes, mostly one after the other.
Bytes PutTogether(const Parts& parts, Random& random) {
  std::vector<PngChunk> chunks = parts.before;
  const size_t most = random() % 3 == 0 ? 1 + random() % 300 : parts.data.size() + 1;
  const bool odd = random() % 8 == 0;
  for (size_t at = 0; at < parts.data.size();) {
    const size_t count = std::min(parts.data.size() - at, 1 + random() % most);
    const auto from = parts.data.begin() + static_cast<ptrdiff_t>(at);
    PngChunk chunk{"IDAT", Bytes(from, from + static_cast<ptrdiff_t>(count))};
    at += count;
    if (odd && random() % 4 == 0) chunk.wrong_crc = random() % 4 == 0;
    chunks.push_back(std::move(chunk));
    if (odd && random() % 4 == 0) chunks.push_back({random() % 2 == 0 ? "IDAT" : "teSt", {}});
  }
  chunks.insert(chunks.end(), parts.behind.begin(), parts.behind.end());
  Bytes png = testing::JoinChunks(chunks);
  if (random() % 16 == 0) png.resize(png.size() - random() % std::min<size_t>(png.size(), 200));
  return png;
}

}  // namespace

void MutatePng(std::vector<uint8_t>& input, size_t capacity, unsigned seed, const MutateBytes& bytes) {
  if (capacity == 0) return;
  Random random(seed);
  const uint8_t choice = input.empty() || random() % 8 == 0 ? static_cast<uint8_t>(random()) : input.back();
  const auto file = std::as_bytes(std::span(input)).first(input.empty() ? 0 : input.size() - 1);
  Parts parts = TakeApart(file);
  if (parts.before.empty() || random() % 64 == 0) parts = Make(random);
  for (auto changes = 1 + random() % 2; changes > 0; --changes) {
    switch (random() % 12) {
      case 0:
        ChangeBytes(parts.data, random, bytes);
        break;
      case 1:
        ChangeEnd(parts, random);
        break;
      case 2:
        ChangeHeader(parts, random);
        break;
      case 3:
      case 4:
        ChangeHeader(parts, random);
        FitRows(parts, random);
        break;
      case 5:
        ChangeChunks(parts, random, bytes);
        break;
      case 6:
        break;  // only cut into other chunks
      default:
        ChangeRows(parts, random);
    }
  }
  const Bytes png = PutTogether(parts, random);
  if (png.size() + 1 > capacity) return;
  const auto* begin = reinterpret_cast<const uint8_t*>(png.data());
  input.assign(begin, begin + png.size());
  input.push_back(choice);
}

}  // namespace tbbthumbs::fuzz
