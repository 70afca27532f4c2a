#include "tests/support/png_fixture.h"

#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <stdexcept>

namespace tbbthumbs::testing {
namespace {

constexpr unsigned char kSignature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

// Adam7: first column and row of each pass, and its steps.
struct Pass {
  int left, top, step_x, step_y;
};
constexpr Pass kAdam7[] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                           {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};

void Append(std::vector<std::byte>& to, std::span<const std::byte> bytes) {
  std::ranges::copy(bytes, std::back_inserter(to));
}

// The row of a pass, packed, most significant bits first.
std::vector<uint8_t> PackRow(const PngFixture& fixture, const Pass& pass, int y) {
  const int channels = PngChannels(fixture.color);
  std::vector<uint8_t> row;
  unsigned bits = 0;
  int held = 0;
  for (int x = pass.left; x < fixture.size.width; x += pass.step_x) {
    const size_t at = (static_cast<size_t>(y) * static_cast<size_t>(fixture.size.width) + static_cast<size_t>(x)) *
                      static_cast<size_t>(channels);
    for (int c = 0; c < channels; ++c) {
      bits = bits << fixture.depth | fixture.samples[at + static_cast<size_t>(c)];
      held += fixture.depth;
      while (held >= 8) row.push_back(static_cast<uint8_t>(bits >> (held -= 8)));
    }
  }
  if (held > 0) row.push_back(static_cast<uint8_t>(bits << (8 - held)));
  return row;
}

int Paeth(int a, int b, int c) {
  const int p = a + b - c;
  const int pa = std::abs(p - a), pb = std::abs(p - b), pc = std::abs(p - c);
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

// Filter byte and filtered row behind it.
void AppendFiltered(std::vector<std::byte>& out, int filter, const std::vector<uint8_t>& row,
                    const std::vector<uint8_t>& above, size_t pixel_bytes) {
  out.push_back(static_cast<std::byte>(filter));
  for (size_t i = 0; i < row.size(); ++i) {
    const int a = i >= pixel_bytes ? row[i - pixel_bytes] : 0;
    const int b = above.empty() ? 0 : above[i];
    const int c = above.empty() || i < pixel_bytes ? 0 : above[i - pixel_bytes];
    const int predicted[] = {0, a, b, (a + b) / 2, Paeth(a, b, c)};
    out.push_back(static_cast<std::byte>(row[i] - predicted[filter]));
  }
}

}  // namespace

int PngChannels(PngColor color) {
  switch (color) {
    case PngColor::kGray:
    case PngColor::kPalette:
      return 1;
    case PngColor::kGrayAlpha:
      return 2;
    case PngColor::kRgb:
      return 3;
    case PngColor::kRgba:
      return 4;
  }
  return 0;
}

std::vector<uint16_t> NoiseSamples(const PngFixture& fixture, uint32_t seed) {
  std::vector<uint16_t> samples(fixture.size.pixels() * static_cast<size_t>(PngChannels(fixture.color)));
  const uint32_t range = fixture.palette.empty() ? 1u << fixture.depth : static_cast<uint32_t>(fixture.palette.size());
  for (uint16_t& sample : samples) {
    seed = seed * 1664525 + 1013904223;
    sample = static_cast<uint16_t>((seed >> 16) % range);
  }
  return samples;
}

std::vector<std::byte> FilteredRows(const PngFixture& fixture) {
  constexpr Pass kWhole[] = {{0, 0, 1, 1}};
  const std::span<const Pass> passes =
      fixture.interlaced ? std::span<const Pass>(kAdam7) : std::span<const Pass>(kWhole);
  const size_t pixel_bytes = std::max<size_t>(1, static_cast<size_t>(PngChannels(fixture.color) * fixture.depth / 8));
  std::vector<std::byte> out;
  int turn = 0;
  for (const Pass& pass : passes) {
    if (pass.left >= fixture.size.width) continue;
    std::vector<uint8_t> above;
    for (int y = pass.top; y < fixture.size.height; y += pass.step_y) {
      std::vector<uint8_t> row = PackRow(fixture, pass, y);
      AppendFiltered(out, fixture.filter < 0 ? turn++ % 5 : fixture.filter, row, above, pixel_bytes);
      above = std::move(row);
    }
  }
  return out;
}

std::vector<std::byte> Deflate(std::span<const std::byte> bytes, int level) {
  uLongf size = compressBound(bytes.size());
  std::vector<std::byte> out(size);
  if (compress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size(),
                level) != Z_OK) {
    throw std::runtime_error("compress2");
  }
  out.resize(size);
  return out;
}

std::vector<std::byte> BigEndian(std::initializer_list<uint32_t> numbers, int bytes_each) {
  std::vector<std::byte> out;
  for (const uint32_t number : numbers) {
    for (int shift = 8 * (bytes_each - 1); shift >= 0; shift -= 8)
      out.push_back(static_cast<std::byte>(number >> shift));
  }
  return out;
}

std::vector<std::byte> JoinChunks(const std::vector<PngChunk>& chunks) {
  std::vector<std::byte> png;
  Append(png, std::as_bytes(std::span(kSignature)));
  for (const PngChunk& chunk : chunks) {
    Append(png, BigEndian({static_cast<uint32_t>(chunk.data.size())}, 4));
    const size_t checked = png.size();
    Append(png, std::as_bytes(std::span(chunk.type)));
    Append(png, chunk.data);
    const uLong crc =
        crc32(0, reinterpret_cast<const Bytef*>(png.data() + checked), static_cast<uInt>(png.size() - checked));
    Append(png, BigEndian({static_cast<uint32_t>(crc) ^ (chunk.wrong_crc ? 1u : 0u)}, 4));
  }
  return png;
}

std::vector<PngChunk> SplitChunks(std::span<const std::byte> png) {
  std::vector<PngChunk> chunks;
  size_t at = sizeof kSignature;
  while (at + 12 <= png.size()) {
    uint32_t length = 0;
    for (size_t i = 0; i < 4; ++i) length = length << 8 | std::to_integer<uint32_t>(png[at + i]);
    if (length > png.size() - at - 12) break;
    const auto* type = reinterpret_cast<const char*>(png.data() + at + 4);
    const std::span<const std::byte> data = png.subspan(at + 8, length);
    chunks.push_back({std::string(type, 4), {data.begin(), data.end()}});
    at += 12 + length;
  }
  return chunks;
}

PngChunk HeaderChunk(const PngFixture& fixture) {
  PngChunk chunk{"IHDR",
                 BigEndian({static_cast<uint32_t>(fixture.size.width), static_cast<uint32_t>(fixture.size.height)}, 4)};
  Append(chunk.data, BigEndian({static_cast<uint32_t>(fixture.depth), static_cast<uint32_t>(fixture.color), 0, 0,
                                fixture.interlaced ? 1u : 0u},
                               1));
  return chunk;
}

std::vector<std::byte> MakePng(const PngFixture& fixture) {
  std::vector<PngChunk> chunks = {HeaderChunk(fixture)};
  chunks.insert(chunks.end(), fixture.before_palette.begin(), fixture.before_palette.end());
  if (!fixture.palette.empty()) {
    const auto bytes = std::as_bytes(std::span(fixture.palette));
    chunks.push_back({"PLTE", {bytes.begin(), bytes.end()}});
  }
  chunks.insert(chunks.end(), fixture.before_data.begin(), fixture.before_data.end());
  const std::vector<std::byte> data = Deflate(FilteredRows(fixture), fixture.zlib_level);
  for (size_t at = 0; at < data.size(); at += fixture.chunk_bytes) {
    const auto piece = std::span(data).subspan(at, std::min(fixture.chunk_bytes, data.size() - at));
    chunks.push_back({"IDAT", {piece.begin(), piece.end()}});
  }
  chunks.insert(chunks.end(), fixture.after_data.begin(), fixture.after_data.end());
  chunks.push_back({"IEND", {}});
  return JoinChunks(chunks);
}

}  // namespace tbbthumbs::testing
