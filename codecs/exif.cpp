#include "codecs/exif.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "codecs/tiff_reader.h"

namespace tbbthumbs {
namespace {

constexpr uint32_t kMakeTag = 0x010F;
constexpr uint32_t kModelTag = 0x0110;
constexpr uint32_t kOrientationTag = 0x0112;
constexpr uint32_t kDateTimeTag = 0x0132;
constexpr uint32_t kExifDirectoryTag = 0x8769;
constexpr uint32_t kDateTimeOriginalTag = 0x9003;

constexpr size_t kMostNameBytes = 32;
constexpr size_t kMostCameraBytes = 64;

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
  const CalendarTime time{*year, *month, *day, *hour, *minute, *second};
  return IsMoment(time) ? std::optional(time) : std::nullopt;
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
  const std::optional<TiffReader> reader = TiffReader::Open(tiff);
  if (!reader) return info;
  const auto entry = [&](uint32_t tag) { return reader->Find(reader->first_directory(), tag); };

  const uint32_t orientation = reader->NumberOf(entry(kOrientationTag)).value_or(1);
  if (orientation >= 1 && orientation <= 8) info.orientation = static_cast<int>(orientation);
  info.camera = CameraName(reader->TextOf(entry(kMakeTag)), reader->TextOf(entry(kModelTag)));
  if (const auto exif = reader->NumberOf(entry(kExifDirectoryTag))) {
    info.taken = ParseDate(reader->TextOf(reader->Find(*exif, kDateTimeOriginalTag)));
  }
  if (!info.taken) info.taken = ParseDate(reader->TextOf(entry(kDateTimeTag)));
  return info;
}

}  // namespace tbbthumbs
