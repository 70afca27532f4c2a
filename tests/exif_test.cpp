#include "codecs/exif.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/exif_fixture.h"

namespace tbbthumbs {
namespace {

using testing::MakeExif;

struct Entry {
  uint32_t tag;
  uint32_t type;
  uint32_t count;
  uint32_t value;
  int value_bytes;  // 1, 2 or 4, at the start of the four
};

void Put(std::vector<std::byte>& out, uint32_t number, int bytes, bool big_endian) {
  for (int i = 0; i < bytes; ++i) {
    out.push_back(static_cast<std::byte>(number >> 8 * (big_endian ? bytes - 1 - i : i)));
  }
}

std::vector<std::byte> Tiff(bool big_endian, const std::vector<Entry>& entries) {
  std::vector<std::byte> out(2, static_cast<std::byte>(big_endian ? 'M' : 'I'));
  Put(out, 42, 2, big_endian);
  Put(out, 8, 4, big_endian);
  Put(out, static_cast<uint32_t>(entries.size()), 2, big_endian);
  for (const Entry& entry : entries) {
    Put(out, entry.tag, 2, big_endian);
    Put(out, entry.type, 2, big_endian);
    Put(out, entry.count, 4, big_endian);
    Put(out, entry.value, entry.value_bytes, big_endian);
    Put(out, 0, 4 - entry.value_bytes, big_endian);
  }
  Put(out, 0, 4, big_endian);
  return out;
}

Entry Orientation(uint32_t value) { return {0x0112, 3, 1, value, 2}; }
constexpr Entry kMake{0x010F, 2, 4, 0x41424300, 4};

int OrientationOf(const std::vector<std::byte>& tiff) { return ReadExif(tiff).orientation; }

TEST(ExifOrientation, ReadsAllValuesInBothByteOrders) {
  for (const bool big_endian : {false, true}) {
    for (uint32_t value = 1; value <= 8; ++value) {
      EXPECT_EQ(OrientationOf(Tiff(big_endian, {kMake, Orientation(value), kMake})), static_cast<int>(value));
    }
  }
}

TEST(ExifOrientation, AcceptsByteAndLong) {
  for (const bool big_endian : {false, true}) {
    EXPECT_EQ(OrientationOf(Tiff(big_endian, {{0x0112, 1, 1, 6, 1}})), 6);
    EXPECT_EQ(OrientationOf(Tiff(big_endian, {{0x0112, 4, 1, 8, 4}})), 8);
  }
}

TEST(ExifOrientation, IgnoresWhatMakesNoSense) {
  EXPECT_EQ(OrientationOf(Tiff(true, {Orientation(0)})), 1);
  EXPECT_EQ(OrientationOf(Tiff(true, {Orientation(9)})), 1);
  EXPECT_EQ(OrientationOf(Tiff(false, {Orientation(0x0600)})), 1);
  EXPECT_EQ(OrientationOf(Tiff(true, {{0x0112, 2, 1, 6, 2}})), 1) << "text";
  EXPECT_EQ(OrientationOf(Tiff(true, {{0x0112, 3, 0, 6, 2}})), 1) << "no value";
  EXPECT_EQ(OrientationOf(Tiff(true, {kMake})), 1);
  EXPECT_EQ(OrientationOf({}), 1);
  std::vector<std::byte> wrong_magic = Tiff(true, {Orientation(6)});
  wrong_magic[3] = std::byte{43};
  EXPECT_EQ(OrientationOf(wrong_magic), 1);
  std::vector<std::byte> mixed_order = Tiff(true, {Orientation(6)});
  mixed_order[1] = std::byte{'I'};
  EXPECT_EQ(OrientationOf(mixed_order), 1);
}

TEST(ExifOrientation, NeverReadsOutside) {
  for (const bool big_endian : {false, true}) {
    const std::vector<std::byte> whole = Tiff(big_endian, {kMake, Orientation(6)});
    for (size_t length = 0; length < whole.size(); ++length) {
      // An allocation of its own, so that the sanitizer sees a byte too far.
      const std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length));
      const int orientation = OrientationOf(cut);
      EXPECT_TRUE(orientation == 1 || orientation == 6) << length;
    }
    // The directory far away, and so near the end of the range that sums wrap.
    for (const uint32_t offset : {0xFFFFFFFFu, 0xFFFFFFF0u, 0x7FFFFFFFu, 1000u}) {
      std::vector<std::byte> far(whole.begin(), whole.begin() + 4);
      Put(far, offset, 4, big_endian);
      far.insert(far.end(), whole.begin() + 8, whole.end());
      EXPECT_EQ(OrientationOf(far), 1) << offset;
    }
  }
}

TEST(Exif, TheOriginalDateGoesBeforeTheOther) {
  for (const bool big_endian : {false, true}) {
    const ExifInfo both = ReadExif(MakeExif(
        {.date_time_original = "2024:05:01 12:30:59", .date_time = "2025:01:01 00:00:00", .big_endian = big_endian}));
    EXPECT_EQ(both.taken, (CalendarTime{2024, 5, 1, 12, 30, 59}));
    const ExifInfo other = ReadExif(MakeExif({.date_time = "2025:12:31 23:59:60", .big_endian = big_endian}));
    EXPECT_EQ(other.taken, (CalendarTime{2025, 12, 31, 23, 59, 60}));
  }
}

TEST(Exif, DatesThatAreNoneAreLeftOut) {
  for (const char* text : {"0000:00:00 00:00:00", "    :  :     :  :  ", "2024:02:30 12:00:00", "2024:05:01 24:00:00",
                           "2024:05:01", "2024:13:01 12:00:00", "2024:05:01 12:60:00", "abcd:05:01 12:00:00"}) {
    EXPECT_FALSE(ReadExif(MakeExif({.date_time_original = text})).taken) << text;
  }
  const ExifInfo second =
      ReadExif(MakeExif({.date_time_original = "0000:00:00 00:00:00", .date_time = "2024:02:29 01:02:03"}));
  EXPECT_EQ(second.taken, (CalendarTime{2024, 2, 29, 1, 2, 3}));
}

TEST(Exif, TheCameraIsMakerAndModelWithTheMakerOnce) {
  const auto camera = [](const std::string& make, const std::string& model) {
    return ReadExif(MakeExif({.make = make, .model = model})).camera;
  };
  EXPECT_EQ(camera("Apple", "iPhone 12"), "Apple iPhone 12");
  EXPECT_EQ(camera("Canon", "Canon EOS 5D"), "Canon EOS 5D");
  EXPECT_EQ(camera("NIKON CORPORATION", "Nikon D70  "), "Nikon D70");
  EXPECT_EQ(camera("", "X100V"), "X100V");
  EXPECT_EQ(camera("Leica", ""), "Leica");
  EXPECT_EQ(camera("Maker\n\x1b[31m", ""), "Maker[31m");
  EXPECT_EQ(camera(std::string(300, 'a'), std::string(300, 'b')).size(), 64u);
}

TEST(Exif, IsOutOfPicturesCutAnywhere) {
  const std::vector<std::byte> whole =
      MakeExif({.orientation = 6, .date_time_original = "2024:05:01 12:30:59", .make = "Apple", .model = "iPhone 12"});
  // Without the NUL at its end the date is still one.
  for (size_t length = 0; length + 1 < whole.size(); ++length) {
    const std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length));
    EXPECT_FALSE(ReadExif(cut).taken) << length;
  }
  EXPECT_TRUE(ReadExif(whole).taken);
}

}  // namespace
}  // namespace tbbthumbs
