#include "codecs/tiff_reader.h"

#include <algorithm>
#include <array>

namespace tbbthumbs {

std::optional<TiffReader> TiffReader::Open(std::span<const std::byte> tiff) {
  if (tiff.size() < kTiffHeaderBytes || tiff[0] != tiff[1]) return std::nullopt;
  const bool big_endian = tiff[0] == std::byte{'M'};
  if (!big_endian && tiff[0] != std::byte{'I'}) return std::nullopt;
  const TiffReader reader(tiff, big_endian);
  if (reader.Number(2, 2) != 42u) return std::nullopt;
  return reader;
}

std::optional<uint32_t> TiffReader::Number(size_t offset, size_t count) const {
  if (offset > bytes_.size() || bytes_.size() - offset < count) return std::nullopt;
  uint32_t value = 0;
  for (size_t i = 0; i < count; ++i) {
    const size_t at = offset + (big_endian_ ? i : count - 1 - i);
    value = value << 8 | std::to_integer<uint32_t>(bytes_[at]);
  }
  return value;
}

std::optional<TiffEntry> TiffReader::Entry(size_t directory, uint32_t index) const {
  if (index >= Number(directory, 2).value_or(0)) return std::nullopt;
  const size_t at = directory + 2 + kTiffEntryBytes * index;
  const std::optional<uint32_t> tag = Number(at, 2);
  if (!tag) return std::nullopt;
  return TiffEntry{*tag, Number(at + 2, 2).value_or(0), Number(at + 4, 4).value_or(0), at + 8};
}

std::optional<TiffEntry> TiffReader::Find(size_t directory, uint32_t tag) const {
  for (uint32_t i = 0;; ++i) {
    const std::optional<TiffEntry> entry = Entry(directory, i);
    if (!entry || entry->tag == tag) return entry;
  }
}

std::optional<uint32_t> TiffReader::NumberOf(const std::optional<TiffEntry>& entry) const {
  if (!entry || entry->count == 0) return std::nullopt;
  switch (entry->type) {
    case kTiffByte:
      return Number(entry->value_at, 1);
    case kTiffShort:
      return Number(entry->value_at, 2);
    case kTiffLong:
    case kTiffDirectory:
      return Number(entry->value_at, 4);
    default:
      return std::nullopt;
  }
}

std::string_view TiffReader::TextOf(const std::optional<TiffEntry>& entry) const {
  if (!entry || entry->type != kTiffText) return "";
  if (entry->count <= 4) return Text(entry->value_at, entry->count);
  const std::optional<uint32_t> offset = Number(entry->value_at, 4);
  return offset ? Text(*offset, entry->count) : "";
}

std::optional<std::span<const std::byte>> TiffReader::BytesOf(const TiffEntry& entry) const {
  // By type, from 1 on: BYTE, ASCII, SHORT, LONG, RATIONAL, the same with a sign (SBYTE, UNDEFINED, SSHORT, SLONG,
  // SRATIONAL), FLOAT, DOUBLE, IFD; and UTF-8 of EXIF 3.
  constexpr std::array<uint8_t, 14> kBytes = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};
  constexpr uint32_t kUtf8 = 129;
  const uint64_t each = entry.type == kUtf8 ? 1 : entry.type < kBytes.size() ? kBytes[entry.type] : 0;
  const uint64_t bytes = each * entry.count;
  if (bytes == 0 || bytes > bytes_.size()) return std::nullopt;
  const size_t at = bytes <= 4 ? entry.value_at : Number(entry.value_at, 4).value_or(UINT32_MAX);
  if (at > bytes_.size() || bytes_.size() - at < bytes) return std::nullopt;
  return bytes_.subspan(at, static_cast<size_t>(bytes));
}

std::string_view TiffReader::Text(size_t offset, size_t count) const {
  if (offset > bytes_.size()) return "";
  const std::string_view text(reinterpret_cast<const char*>(bytes_.data()) + offset,
                              std::min(count, bytes_.size() - offset));
  return text.substr(0, text.find('\0'));
}

}  // namespace tbbthumbs
