#include "tests/fuzz/icc_mutator.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "tests/support/icc_fixture.h"
#include "tests/support/jpeg_synthesis.h"

namespace tbbthumbs::fuzz {
namespace {

constexpr size_t kHeaderBytes = 128;
constexpr size_t kRowBytes = 12;

struct Tag {
  uint32_t name = 0;
  Bytes data;
};

struct Profile {
  Bytes header;
  std::vector<Tag> tags;
};

constexpr uint32_t Code(std::string_view text) {
  uint32_t code = 0;
  for (const char c : text) code = code << 8 | static_cast<unsigned char>(c);
  return code;
}

uint32_t ReadNumber(std::span<const uint8_t> bytes, size_t at) {
  return uint32_t{bytes[at]} << 24 | uint32_t{bytes[at + 1]} << 16 | uint32_t{bytes[at + 2]} << 8 | bytes[at + 3];
}

void WriteNumber(std::span<uint8_t> bytes, size_t at, uint32_t number) {
  for (size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<uint8_t>(number >> (24 - 8 * i));
}

constexpr std::array kTags = {Code("rXYZ"), Code("gXYZ"), Code("bXYZ"), Code("rTRC"), Code("gTRC"), Code("bTRC"),
                              Code("kTRC"), Code("wtpt"), Code("bkpt"), Code("A2B0"), Code("A2B1"), Code("A2B2"),
                              Code("B2A0"), Code("B2A1"), Code("B2A2"), Code("D2B0"), Code("gamt"), Code("chad"),
                              Code("chrm"), Code("desc"), Code("cprt"), Code("clrt"), Code("ncl2"), Code("vued")};
constexpr std::array kTypes = {Code("XYZ "), Code("curv"), Code("para"), Code("mft1"), Code("mft2"), Code("mAB "),
                               Code("mBA "), Code("mpet"), Code("sf32"), Code("text"), Code("mluc"), Code("desc"),
                               Code("chrm"), Code("ncl2"), Code("sig "), Code("view"), Code("meas"), Code("data")};
constexpr std::array kSpaces = {Code("RGB "), Code("GRAY"), Code("CMYK"), Code("XYZ "), Code("Lab "),
                                Code("YCbr"), Code("HSV "), Code("2CLR"), Code("FCLR"), Code("Luv ")};
constexpr std::array kClasses = {Code("mntr"), Code("scnr"), Code("prtr"), Code("spac"),
                                 Code("abst"), Code("link"), Code("nmcl")};
// Where the header has numbers that mean something: size, version, class, space, connection space, intent.
constexpr std::array<size_t, 6> kFields = {0, 8, 12, 16, 20, 64};
constexpr std::array<uint32_t, 5> kVersions = {0x02000000, 0x02400000, 0x04000000, 0x04400000, 0x05000000};

Bytes Made(testing::SynthRandom& random) {
  const std::vector<std::byte> made = [&] {
    switch (random() % 7) {
      case 0:
        return testing::GrayIcc(1 + static_cast<double>(random() % 30) / 10);
      case 1:
        return testing::SwappedCmykIcc();
      case 2:
        return testing::PaleScreenIcc();
      case 3:
        return testing::LinkIcc();
      case 4:
        return testing::RgbIcc(testing::kP3Primaries, 0);
      case 5:
        return testing::RgbIcc(testing::kAdobePrimaries, 2.2);
      default:
        return testing::RgbIcc(testing::kSrgbPrimaries, {1.8, 2.2, 2.4});
    }
  }();
  const auto* begin = reinterpret_cast<const uint8_t*>(made.data());
  return {begin, begin + made.size()};
}

// As far as the bytes make sense.
Profile Split(const Bytes& bytes) {
  Profile profile;
  profile.header.assign(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(kHeaderBytes));
  const uint32_t count = ReadNumber(bytes, kHeaderBytes);
  for (size_t i = 0; i < std::min<size_t>(count, 100); ++i) {
    const size_t row = kHeaderBytes + 4 + i * kRowBytes;
    if (row + kRowBytes > bytes.size()) break;
    const size_t offset = ReadNumber(bytes, row + 4);
    const size_t size = ReadNumber(bytes, row + 8);
    if (offset > bytes.size() || size > bytes.size() - offset) continue;
    const auto begin = bytes.begin() + static_cast<ptrdiff_t>(offset);
    profile.tags.push_back({ReadNumber(bytes, row), {begin, begin + static_cast<ptrdiff_t>(size)}});
  }
  return profile;
}

Bytes Join(const Profile& profile) {
  Bytes bytes = profile.header;
  bytes.resize(kHeaderBytes + 4 + profile.tags.size() * kRowBytes);
  WriteNumber(bytes, kHeaderBytes, static_cast<uint32_t>(profile.tags.size()));
  for (size_t i = 0; i < profile.tags.size(); ++i) {
    const size_t row = kHeaderBytes + 4 + i * kRowBytes;
    const Tag& tag = profile.tags[i];
    WriteNumber(bytes, row, tag.name);
    // As encoders do, one copy of what several tags say.
    const auto same = std::find_if(profile.tags.begin(), profile.tags.begin() + static_cast<ptrdiff_t>(i),
                                   [&](const Tag& other) { return other.data == tag.data; });
    const auto earlier = static_cast<size_t>(same - profile.tags.begin());
    if (earlier < i) {
      WriteNumber(bytes, row + 4, ReadNumber(bytes, kHeaderBytes + 4 + earlier * kRowBytes + 4));
    } else {
      WriteNumber(bytes, row + 4, static_cast<uint32_t>(bytes.size()));
      bytes.insert(bytes.end(), tag.data.begin(), tag.data.end());
      bytes.resize((bytes.size() + 3) / 4 * 4);
    }
    WriteNumber(bytes, row + 8, static_cast<uint32_t>(tag.data.size()));
  }
  return bytes;
}

void ChangeHeader(Bytes& header, testing::SynthRandom& random) {
  const size_t field = kFields[1 + random() % (kFields.size() - 1)];
  switch (field) {
    case 8:
      return WriteNumber(header, field, kVersions[random() % kVersions.size()]);
    case 12:
      return WriteNumber(header, field, kClasses[random() % kClasses.size()]);
    case 16:
    case 20:
      return WriteNumber(header, field, kSpaces[random() % kSpaces.size()]);
    default:
      return WriteNumber(header, field, static_cast<uint32_t>(random() % 5));
  }
}

void ChangeTag(Profile& profile, testing::SynthRandom& random, const MutateBytes& bytes) {
  Tag& tag = profile.tags[random() % profile.tags.size()];
  switch (random() % 7) {
    case 0:
      tag.name = kTags[random() % kTags.size()];
      break;
    case 1:
      if (tag.data.size() >= 4) WriteNumber(tag.data, 0, kTypes[random() % kTypes.size()]);
      break;
    case 2:
      profile.tags.push_back({kTags[random() % kTags.size()], Bytes(tag.data)});
      break;
    case 3:
      profile.tags.erase(profile.tags.begin() + static_cast<ptrdiff_t>(random() % profile.tags.size()));
      break;
    case 4: {
      // One of its numbers: counts, offsets, samples.
      constexpr std::array<uint32_t, 8> kNumbers = {0, 1, 2, 0x100, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
      const size_t numbers = std::min<size_t>(tag.data.size() / 4, 16);
      if (numbers > 0) WriteNumber(tag.data, random() % numbers * 4, kNumbers[random() % kNumbers.size()]);
      break;
    }
    case 5: {
      Profile other = Split(Made(random));
      profile.tags.push_back(std::move(other.tags[random() % other.tags.size()]));
      break;
    }
    default: {
      const size_t size = tag.data.size();
      tag.data.resize(size + 64);
      tag.data.resize(bytes(tag.data.data(), size, size + 64));
    }
  }
}

// Of tags of the same name the last: lcms takes no profile that has two.
void DropDuplicates(std::vector<Tag>& tags) {
  std::vector<Tag> kept;
  for (size_t i = 0; i < tags.size(); ++i) {
    const bool comes_again = std::any_of(tags.begin() + static_cast<ptrdiff_t>(i) + 1, tags.end(),
                                         [&](const Tag& other) { return other.name == tags[i].name; });
    if (!comes_again) kept.push_back(std::move(tags[i]));
  }
  tags = std::move(kept);
}

}  // namespace

void MutateIcc(Bytes& input, size_t capacity, unsigned seed, const MutateBytes& bytes) {
  if (capacity == 0) return input.clear();
  testing::SynthRandom random(seed);
  random.discard(2);
  uint8_t choice = input.empty() ? 0 : input.back();
  if (!input.empty()) input.pop_back();
  if (random() % 8 == 0) choice = static_cast<uint8_t>(random());
  if (input.size() < kHeaderBytes + 4 + kRowBytes || random() % 50 == 0) input = Made(random);

  Profile profile = Split(input);
  if (profile.tags.empty() || random() % 10 == 0) {
    // Where the table lies, too.
    const size_t size = input.size();
    input.resize(size + 64);
    input.resize(bytes(input.data(), size, size + 64));
  } else {
    for (size_t change = 1 + (random() % 4 == 0 ? 2 : 0); change > 0 && !profile.tags.empty(); --change) {
      if (random() % 6 == 0) {
        ChangeHeader(profile.header, random);
      } else {
        ChangeTag(profile, random, bytes);
      }
    }
    if (random() % 16 != 0) DropDuplicates(profile.tags);
    input = Join(profile);
    if (!profile.tags.empty() && random() % 12 == 0) {
      const size_t row = kHeaderBytes + 4 + random() % profile.tags.size() * kRowBytes;
      WriteNumber(input, row + 4 + random() % 2 * 4, static_cast<uint32_t>(random() % (input.size() + 16)));
    }
  }
  if (input.size() >= capacity) input.resize(capacity - 1);
  if (input.size() >= 4 && random() % 20 != 0) WriteNumber(input, 0, static_cast<uint32_t>(input.size()));
  input.push_back(choice);
}

}  // namespace tbbthumbs::fuzz
