#include "tests/fuzz/picture_mutator.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/fuzz/icc_mutator.h"
#include "tests/fuzz/jpeg_mutator.h"
#include "tests/fuzz/png_mutator.h"
#include "tests/support/jpeg_synthesis.h"
#include "tests/support/png_fixture.h"
#include "tests/support/tiff_fixture.h"

namespace tbbthumbs::fuzz {
namespace {

constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1A\n";
constexpr std::string_view kExifPrefix("Exif\0\0", 6);
constexpr std::string_view kXmpPrefix("http://ns.adobe.com/xap/1.0/\0", 29);
constexpr std::string_view kIccPrefix("ICC_PROFILE\0\1\1", 14);
constexpr size_t kMostSegmentBytes = 65'533;

bool IsPng(const Bytes& picture) {
  return picture.size() >= kPngSignature.size() &&
         std::equal(kPngSignature.begin(), kPngSignature.end(), picture.begin(),
                    [](char c, uint8_t byte) { return static_cast<uint8_t>(c) == byte; });
}

Bytes BytesOf(std::string_view text) { return {text.begin(), text.end()}; }

Bytes BytesOf(const std::vector<std::byte>& from) {
  const auto* begin = reinterpret_cast<const uint8_t*>(from.data());
  return {begin, begin + from.size()};
}

std::vector<std::byte> AsBytes(const Bytes& from) {
  const auto* begin = reinterpret_cast<const std::byte*>(from.data());
  return {begin, begin + from.size()};
}

// In place; up to 64 bytes longer.
void Change(Bytes& data, const MutateBytes& bytes) {
  const size_t size = data.size();
  data.resize(size + 64);
  data.resize(bytes(data.data(), size, size + 64));
}

Bytes SomeExif(testing::SynthRandom& random) {
  const auto number = [&](uint32_t below) { return static_cast<uint32_t>(random() % below); };
  return BytesOf(testing::MakeTiff(
      {.picture = {testing::TextField(0x010F, "Maker"), testing::NumberField(0x0112, 3, {number(10)})},
       .exif = {testing::NumberField(0xA002, 3, {number(65536)}), testing::TextField(0x9003, "2024:05:01 12:30:59")},
       .gps = {testing::NumberField(0x0002, 5, {50, 1, 5, 1, 3, 10})},
       .thumbnail = {testing::NumberField(0x0201, 4, {number(200)})},
       .big_endian = number(2) != 0}));
}

Bytes SomeXmp() {
  return BytesOf(
      "<rdf:RDF xmlns:tiff=\"http://ns.adobe.com/tiff/1.0/\" xmlns:xmp='http://ns.adobe.com/xap/1.0/' "
      "tiff:Orientation=\"6\"><tiff:ImageWidth>64</tiff:ImageWidth><xmp:Thumbnails>x</xmp:Thumbnails></rdf:RDF>");
}

Bytes SomeIcc(testing::SynthRandom& random, const MutateBytes& bytes) {
  Bytes profile;
  MutateIcc(profile, kMostSegmentBytes, static_cast<unsigned>(random()), bytes);
  profile.pop_back();
  return profile;
}

struct Segment {
  uint8_t marker = 0;
  Bytes data;  // behind its length
};

// Segments of metadata between the start of the picture and what it goes on with, at `end`.
std::vector<Segment> MetadataOf(const Bytes& jpeg, size_t& end) {
  std::vector<Segment> segments;
  end = std::min<size_t>(2, jpeg.size());
  while (end + 4 <= jpeg.size() && jpeg[end] == 0xFF && jpeg[end + 1] >= 0xE0) {
    const size_t length = size_t{jpeg[end + 2]} << 8 | jpeg[end + 3];
    if (length < 2 || length > jpeg.size() - end - 2) break;
    const auto data = jpeg.begin() + static_cast<ptrdiff_t>(end + 4);
    segments.push_back({jpeg[end + 1], {data, data + static_cast<ptrdiff_t>(length - 2)}});
    end += 2 + length;
  }
  return segments;
}

Bytes Prefixed(std::string_view prefix, const Bytes& data) {
  Bytes whole = BytesOf(prefix);
  whole.insert(whole.end(), data.begin(), data.end());
  return whole;
}

void ChangeJpegMetadata(Bytes& jpeg, testing::SynthRandom& random, const MutateBytes& bytes) {
  size_t end = 0;
  std::vector<Segment> segments = MetadataOf(jpeg, end);
  const size_t which = segments.empty() ? 0 : random() % segments.size();
  switch (segments.empty() ? random() % 3 : random() % 9) {
    case 0:
      segments.push_back({0xE1, Prefixed(kExifPrefix, SomeExif(random))});
      break;
    case 1:
      segments.push_back({0xE1, Prefixed(kXmpPrefix, SomeXmp())});
      break;
    case 2:
      segments.push_back({0xE2, Prefixed(kIccPrefix, SomeIcc(random, bytes))});
      break;
    case 3:
      segments.erase(segments.begin() + static_cast<ptrdiff_t>(which));
      break;
    case 4:
      segments.insert(segments.begin(), Segment(segments[which]));
      break;
    default: {
      // Behind what says that it is one, mostly.
      Bytes& data = segments[which].data;
      size_t kept = random() % 8 == 0 ? 0 : 6;
      if (segments[which].marker == 0xE2) kept = kIccPrefix.size();
      kept = std::min(kept, data.size());
      Bytes rest(data.begin() + static_cast<ptrdiff_t>(kept), data.end());
      Change(rest, bytes);
      data.resize(kept);
      data.insert(data.end(), rest.begin(), rest.end());
    }
  }
  Bytes changed(jpeg.begin(), jpeg.begin() + std::min<ptrdiff_t>(2, static_cast<ptrdiff_t>(jpeg.size())));
  for (Segment& segment : segments) {
    if (segment.data.size() > kMostSegmentBytes) segment.data.resize(kMostSegmentBytes);
    const size_t length = segment.data.size() + 2;
    changed.insert(changed.end(),
                   {0xFF, segment.marker, static_cast<uint8_t>(length >> 8), static_cast<uint8_t>(length)});
    changed.insert(changed.end(), segment.data.begin(), segment.data.end());
  }
  changed.insert(changed.end(), jpeg.begin() + static_cast<ptrdiff_t>(end), jpeg.end());
  jpeg = std::move(changed);
}

void ChangePngChunks(Bytes& png, testing::SynthRandom& random, const MutateBytes& bytes) {
  constexpr std::array<std::string_view, 12> kTypes = {"gAMA", "cHRM", "sRGB", "cICP", "iCCP", "tEXt",
                                                       "iTXt", "zTXt", "eXIf", "tRNS", "bKGD", "acTL"};
  std::vector<testing::PngChunk> chunks = testing::SplitChunks(AsBytes(png));
  if (chunks.empty()) return Change(png, bytes);
  const auto put = [&](std::string type, const Bytes& data) {
    const auto at = chunks.begin() + static_cast<ptrdiff_t>(1 + random() % chunks.size());
    chunks.insert(at, {std::move(type), AsBytes(data)});
  };
  const size_t which = random() % chunks.size();
  switch (random() % 9) {
    case 0:
      put("eXIf", SomeExif(random));
      break;
    case 1:
      put("iTXt", Prefixed(std::string_view("XML:com.adobe.xmp\0\0\0\0\0", 22), SomeXmp()));
      break;
    case 2: {
      const Bytes packed = BytesOf(testing::Deflate(AsBytes(SomeIcc(random, bytes))));
      put("iCCP", Prefixed(std::string_view("icc\0\0", 5), packed));
      break;
    }
    case 3:
      chunks.erase(chunks.begin() + static_cast<ptrdiff_t>(which));
      break;
    case 4:
      put(chunks[which].type, BytesOf(chunks[which].data));
      break;
    case 5:
      chunks[which].type = kTypes[random() % kTypes.size()];
      break;
    case 6: {
      Bytes made(random() % 40);
      Change(made, bytes);
      put(std::string(kTypes[random() % kTypes.size()]), made);
      break;
    }
    default: {
      Bytes data = BytesOf(chunks[which].data);
      Change(data, bytes);
      chunks[which].data = AsBytes(data);
    }
  }
  png = BytesOf(testing::JoinChunks(chunks));
}

}  // namespace

void MutatePicture(Bytes& input, size_t capacity, unsigned seed, const MutateBytes& bytes) {
  if (capacity == 0) return input.clear();
  testing::SynthRandom random(seed);
  random.discard(2);
  uint8_t choice = input.empty() ? 0 : input.front();
  if (random() % 6 == 0) choice = static_cast<uint8_t>(random());
  Bytes picture(input.begin() + (input.empty() ? 0 : 1), input.end());
  const bool makes_png = picture.empty() && random() % 2 == 0;
  const auto pixels = [&] {
    // Those mutators want a byte behind the picture.
    picture.push_back(0);
    if (makes_png || IsPng(picture)) {
      MutatePng(picture, capacity, static_cast<unsigned>(random()), bytes);
    } else {
      MutateJpeg(picture, capacity, static_cast<unsigned>(random()), bytes);
    }
    if (!picture.empty()) picture.pop_back();
  };
  const auto way = random() % 16;
  if (picture.empty() || way < 8) {
    pixels();
  } else if (way == 8) {
    Change(picture, bytes);
  } else if (IsPng(picture)) {
    ChangePngChunks(picture, random, bytes);
  } else {
    ChangeJpegMetadata(picture, random, bytes);
  }
  picture.insert(picture.begin(), choice);
  if (picture.size() > capacity) picture.resize(capacity);
  input = std::move(picture);
}

}  // namespace tbbthumbs::fuzz
