#include "codecs/exif.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace tbbthumbs {
namespace {

constexpr uint32_t kMakeTag = 0x010F;
constexpr uint32_t kModelTag = 0x0110;
constexpr uint32_t kOrientationTag = 0x0112;
constexpr uint32_t kDateTimeTag = 0x0132;
constexpr uint32_t kExifDirectoryTag = 0x8769;
constexpr uint32_t kDateTimeOriginalTag = 0x9003;

constexpr uint32_t kByteType = 1;
constexpr uint32_t kTextType = 2;
constexpr uint32_t kShortType = 3;
constexpr uint32_t kLongType = 4;

constexpr size_t kEntryBytes = 12;
constexpr size_t kMostNameBytes = 32;
constexpr size_t kMostCameraBytes = 64;

// Numbers of a TIFF block in its own byte order. Reading past the end gives nothing.
class TiffReader {
 public:
  TiffReader(std::span<const std::byte> bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

  // An unsigned number of `count` bytes, 1 to 4.
  std::optional<uint32_t> Number(size_t offset, size_t count) const {
    if (offset > bytes_.size() || bytes_.size() - offset < count) return std::nullopt;
    uint32_t value = 0;
    for (size_t i = 0; i < count; ++i) {
      const size_t at = offset + (big_endian_ ? i : count - 1 - i);
      value = value << 8 | std::to_integer<uint32_t>(bytes_[at]);
    }
    return value;
  }

  // Up to `count` characters, as far as the block goes, without what follows a NUL.
  std::string_view Text(size_t offset, size_t count) const {
    if (offset > bytes_.size()) return "";
    const std::string_view text(reinterpret_cast<const char*>(bytes_.data()) + offset,
                                std::min(count, bytes_.size() - offset));
    return text.substr(0, text.find('\0'));
  }

 private:
  std::span<const std::byte> bytes_;
  bool big_endian_;
};

struct Entry {
  uint32_t type = 0;
  uint32_t count = 0;
  size_t value_at = 0;  // of the four bytes that hold the value, or say where it is
};

// The first entry of a directory that has `tag`.
std::optional<Entry> FindEntry(const TiffReader& reader, size_t directory, uint32_t tag) {
  const uint32_t entries = reader.Number(directory, 2).value_or(0);
  for (uint32_t i = 0; i < entries; ++i) {
    const size_t at = directory + 2 + kEntryBytes * i;
    const std::optional<uint32_t> entry_tag = reader.Number(at, 2);
    if (!entry_tag) return std::nullopt;
    if (*entry_tag != tag) continue;
    return Entry{reader.Number(at + 2, 2).value_or(0), reader.Number(at + 4, 4).value_or(0), at + 8};
  }
  return std::nullopt;
}

// The standard says which type a number has; the others occur.
std::optional<uint32_t> NumberOf(const TiffReader& reader, const std::optional<Entry>& entry) {
  if (!entry || entry->count == 0) return std::nullopt;
  switch (entry->type) {
    case kByteType:
      return reader.Number(entry->value_at, 1);
    case kShortType:
      return reader.Number(entry->value_at, 2);
    case kLongType:
      return reader.Number(entry->value_at, 4);
    default:
      return std::nullopt;
  }
}

std::string_view TextOf(const TiffReader& reader, const std::optional<Entry>& entry) {
  if (!entry || entry->type != kTextType) return "";
  if (entry->count <= 4) return reader.Text(entry->value_at, entry->count);
  const std::optional<uint32_t> offset = reader.Number(entry->value_at, 4);
  return offset ? reader.Text(*offset, entry->count) : "";
}

std::optional<int> Digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

// "2024:05:01 12:30:59"; cameras whose clock was never set write zeros or blanks.
std::optional<CalendarTime> ParseDate(std::string_view text) {
  if (text.size() < 19) return std::nullopt;
  const auto year = Digits(text.substr(0, 4));
  const auto month = Digits(text.substr(5, 2));
  const auto day = Digits(text.substr(8, 2));
  const auto hour = Digits(text.substr(11, 2));
  const auto minute = Digits(text.substr(14, 2));
  const auto second = Digits(text.substr(17, 2));
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const auto date = std::chrono::year(*year) / std::chrono::month(static_cast<unsigned>(*month)) /
                    std::chrono::day(static_cast<unsigned>(*day));
  if (*year == 0 || !date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return CalendarTime{*year, *month, *day, *hour, *minute, *second};
}

// Without controls, and blanks at both ends.
std::string CleanName(std::string_view text) {
  std::string name(text.substr(0, kMostNameBytes));
  std::erase_if(name, [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; });
  name.erase(0, std::min(name.find_first_not_of(' '), name.size()));
  name.erase(name.find_last_not_of(' ') + 1);
  return name;
}

// "NIKON CORPORATION" and "NIKON D70" are one camera by one maker: the first word of both tells.
std::string CameraName(std::string_view make_text, std::string_view model_text) {
  const std::string make = CleanName(make_text);
  std::string model = CleanName(model_text);
  if (make.empty() || model.empty()) return make.empty() ? model : make;
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  const std::string_view maker = std::string_view(make).substr(0, make.find(' '));
  const bool said = model.size() >= maker.size() && std::equal(maker.begin(), maker.end(), model.begin(),
                                                               [&](char a, char b) { return lower(a) == lower(b); });
  if (!said) model = make + " " + model;
  return model.substr(0, kMostCameraBytes);
}

}  // namespace

ExifInfo ReadExif(std::span<const std::byte> tiff) {
  ExifInfo info;
  if (tiff.size() < 8 || tiff[0] != tiff[1]) return info;
  const bool big_endian = tiff[0] == std::byte{'M'};
  if (!big_endian && tiff[0] != std::byte{'I'}) return info;
  const TiffReader reader(tiff, big_endian);
  if (reader.Number(2, 2) != 42u) return info;
  const size_t first = *reader.Number(4, 4);
  const auto entry = [&](uint32_t tag) { return FindEntry(reader, first, tag); };

  const uint32_t orientation = NumberOf(reader, entry(kOrientationTag)).value_or(1);
  if (orientation >= 1 && orientation <= 8) info.orientation = static_cast<int>(orientation);
  info.camera = CameraName(TextOf(reader, entry(kMakeTag)), TextOf(reader, entry(kModelTag)));
  if (const auto exif = NumberOf(reader, entry(kExifDirectoryTag))) {
    info.taken = ParseDate(TextOf(reader, FindEntry(reader, *exif, kDateTimeOriginalTag)));
  }
  if (!info.taken) info.taken = ParseDate(TextOf(reader, entry(kDateTimeTag)));
  return info;
}

}  // namespace tbbthumbs
