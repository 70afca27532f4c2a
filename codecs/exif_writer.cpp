#include "codecs/exif_writer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "codecs/metadata.h"
#include "codecs/tiff_reader.h"

namespace tbbthumbs {
namespace {

constexpr uint32_t kOrientationTag = 0x0112;
constexpr uint32_t kArtistTag = 0x013B;
constexpr uint32_t kYcbcrPositioningTag = 0x0213;
constexpr uint32_t kCopyrightTag = 0x8298;
constexpr uint32_t kExifDirectoryTag = 0x8769;
constexpr uint32_t kGpsDirectoryTag = 0x8825;
constexpr uint32_t kColorSpaceTag = 0xA001;
constexpr uint32_t kPixelXDimensionTag = 0xA002;
constexpr uint32_t kPixelYDimensionTag = 0xA003;

// Of IFD0, sorted. Others say how the samples are stored, or are private and may hold offsets.
constexpr std::array<uint32_t, 22> kPictureTags = {
    0x000B,                                  // ProcessingSoftware
    0x010D, 0x010E, 0x010F, 0x0110,          // DocumentName, ImageDescription, Make, Model
    0x0112, 0x011A, 0x011B, 0x0128,          // Orientation, XResolution, YResolution, ResolutionUnit
    0x0131, 0x0132, 0x013B, 0x013C,          // Software, DateTime, Artist, HostComputer
    0x0213, 0x4746, 0x4749, 0x8298,          // YCbCrPositioning, Rating, RatingPercent, Copyright
    0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F,  // XPTitle, XPComment, XPAuthor, XPKeywords, XPSubject
};

// Not of the EXIF and GPS directories, sorted: what counts the original's pixels, and offsets.
constexpr std::array<uint32_t, 11> kUntrueTags = {
    0x014A, 0x8769, 0x8825,  // other directories, where they should not stand
    0x9214,                  // SubjectArea
    0x927C,                  // MakerNote
    0xA005,                  // the interoperability directory
    0xA20E, 0xA20F, 0xA210,  // FocalPlaneXResolution, FocalPlaneYResolution, FocalPlaneResolutionUnit
    0xA214,                  // SubjectLocation
    0xEA1D,                  // OffsetSchema: where MakerNote has been moved to
};

// A field of a directory.
struct Field {
  uint32_t tag = 0;
  uint32_t type = 0;
  uint32_t count = 0;
  std::vector<std::byte> value;  // in the byte order of the block

  // Behind the directory, where it does not fit the entry; at an even place.
  size_t outside_bytes() const { return value.size() <= 4 ? 0 : (value.size() + 1) / 2 * 2; }
};

class ExifWriter {
 public:
  ExifWriter(std::optional<TiffReader> reader, const ExifEdit& edit)
      : reader_(reader), edit_(edit), big_endian_(!reader || reader->big_endian()) {}

  std::vector<std::byte> Write() {
    CollectPicture();
    if (!edit_.copyright_only) {
      CollectPart(kExifDirectoryTag, exif_);
      CollectPart(kGpsDirectoryTag, gps_);
    }
    if (picture_.empty() && exif_.empty() && gps_.empty()) return {};
    return Assemble();
  }

 private:
  using Directory = std::vector<Field>;

  void CollectPicture() {
    if (reader_) {
      for (uint32_t i = 0; const auto entry = reader_->Entry(reader_->first_directory(), i); ++i) {
        const bool wanted = edit_.copyright_only
                                ? entry->tag == kArtistTag || entry->tag == kCopyrightTag
                                : std::binary_search(kPictureTags.begin(), kPictureTags.end(), entry->tag);
        if (wanted) Take(*entry, picture_);
      }
    }
    AddText(kArtistTag, edit_.artist);
    AddText(kCopyrightTag, edit_.copyright);
    Sort(picture_);
  }

  // The directory that IFD0 points to by `tag`.
  void CollectPart(uint32_t tag, Directory& part) {
    if (!reader_) return;
    const auto at = reader_->NumberOf(reader_->Find(reader_->first_directory(), tag));
    if (!at) return;
    for (uint32_t i = 0; const auto entry = reader_->Entry(*at, i); ++i) {
      const bool untrue = std::binary_search(kUntrueTags.begin(), kUntrueTags.end(), entry->tag);
      if (!untrue && entry->type != kTiffDirectory) Take(*entry, part);
    }
    Sort(part);
  }

  // Into `directory`, if the block has it whole and there is room for it.
  void Take(const TiffEntry& entry, Directory& directory) {
    const auto bytes = reader_->BytesOf(entry);
    if (!bytes) return;
    Field field{entry.tag, entry.type, entry.count, {}};
    switch (entry.tag) {
      case kOrientationTag:
      case kYcbcrPositioningTag:  // centred, as the encoder has it
        field = ShortField(entry.tag, 1);
        break;
      case kColorSpaceTag:
        field = ShortField(entry.tag, edit_.srgb ? 1 : 0xFFFF);
        break;
      case kPixelXDimensionTag:
        field = LongField(entry.tag, static_cast<uint32_t>(edit_.size.width));
        break;
      case kPixelYDimensionTag:
        field = LongField(entry.tag, static_cast<uint32_t>(edit_.size.height));
        break;
      default:
        // Hostile blocks have a thousand entries for the same bytes.
        if (!HasRoomFor(bytes->size())) return;
        field.value.assign(bytes->begin(), bytes->end());
    }
    Add(std::move(field), directory);
  }

  void AddText(uint32_t tag, std::string_view text) {
    const bool there = std::any_of(picture_.begin(), picture_.end(), [tag](const Field& f) { return f.tag == tag; });
    if (text.empty() || there) return;
    Field field{tag, kTiffText, static_cast<uint32_t>(text.size() + 1), {}};
    const auto* begin = reinterpret_cast<const std::byte*>(text.data());
    field.value.assign(begin, begin + text.size());
    field.value.push_back(std::byte{0});
    Add(std::move(field), picture_);
  }

  bool HasRoomFor(size_t value_bytes) const {
    return bytes_ <= kMaxExifBytes && value_bytes + 1 + kTiffEntryBytes <= kMaxExifBytes - bytes_;
  }

  void Add(Field field, Directory& directory) {
    if (!HasRoomFor(field.value.size())) return;
    bytes_ += kTiffEntryBytes + field.outside_bytes();
    directory.push_back(std::move(field));
  }

  // As TIFF has it: by tag, each once; the first one counts.
  static void Sort(Directory& directory) {
    std::stable_sort(directory.begin(), directory.end(), [](const Field& a, const Field& b) { return a.tag < b.tag; });
    const auto same = [](const Field& a, const Field& b) { return a.tag == b.tag; };
    directory.erase(std::unique(directory.begin(), directory.end(), same), directory.end());
  }

  void Put(std::vector<std::byte>& out, uint32_t number, int bytes) const {
    for (int i = 0; i < bytes; ++i) {
      out.push_back(static_cast<std::byte>(number >> 8 * (big_endian_ ? bytes - 1 - i : i)));
    }
  }

  Field ShortField(uint32_t tag, uint32_t number) const {
    Field field{tag, kTiffShort, 1, {}};
    Put(field.value, number, 2);
    return field;
  }
  Field LongField(uint32_t tag, uint32_t number) const {
    Field field{tag, kTiffLong, 1, {}};
    Put(field.value, number, 4);
    return field;
  }

  static size_t BytesOf(const Directory& directory) {
    size_t bytes = 2 + kTiffEntryBytes * directory.size() + 4;
    for (const Field& field : directory) bytes += field.outside_bytes();
    return bytes;
  }

  std::vector<std::byte> Assemble() {
    if (!exif_.empty()) picture_.push_back(LongField(kExifDirectoryTag, 0));
    if (!gps_.empty()) picture_.push_back(LongField(kGpsDirectoryTag, 0));
    Sort(picture_);
    const auto exif_at = static_cast<uint32_t>(kTiffHeaderBytes + BytesOf(picture_));
    const auto gps_at = static_cast<uint32_t>(exif_at + (exif_.empty() ? 0 : BytesOf(exif_)));
    for (Field& field : picture_) {
      if (field.tag == kExifDirectoryTag) field = LongField(field.tag, exif_at);
      if (field.tag == kGpsDirectoryTag) field = LongField(field.tag, gps_at);
    }
    std::vector<std::byte> out;
    out.reserve(bytes_);
    out.assign(2, static_cast<std::byte>(big_endian_ ? 'M' : 'I'));
    Put(out, 42, 2);
    Put(out, kTiffHeaderBytes, 4);
    PutDirectory(out, picture_);
    if (!exif_.empty()) PutDirectory(out, exif_);
    if (!gps_.empty()) PutDirectory(out, gps_);
    return out;
  }

  // The entries, and behind them the values that do not fit into theirs.
  void PutDirectory(std::vector<std::byte>& out, const Directory& directory) const {
    Put(out, static_cast<uint32_t>(directory.size()), 2);
    auto value_at = static_cast<uint32_t>(out.size() + kTiffEntryBytes * directory.size() + 4);
    for (const Field& field : directory) {
      Put(out, field.tag, 2);
      Put(out, field.type, 2);
      Put(out, field.count, 4);
      if (field.outside_bytes() > 0) {
        Put(out, value_at, 4);
        value_at += static_cast<uint32_t>(field.outside_bytes());
      } else {
        out.insert(out.end(), field.value.begin(), field.value.end());
        out.resize(out.size() + 4 - field.value.size());
      }
    }
    Put(out, 0, 4);  // no next directory
    for (const Field& field : directory) {
      if (field.outside_bytes() == 0) continue;
      out.insert(out.end(), field.value.begin(), field.value.end());
      out.resize(out.size() + field.outside_bytes() - field.value.size());
    }
  }

  const std::optional<TiffReader> reader_;
  const ExifEdit edit_;
  const bool big_endian_;
  Directory picture_;  // IFD0
  Directory exif_;
  Directory gps_;
  // At most, of the block so far: the header and the frames of three directories, two of which IFD0 points to.
  size_t bytes_ = kTiffHeaderBytes + 3 * 6 + 2 * kTiffEntryBytes;
};

}  // namespace

std::vector<std::byte> RewriteExif(std::span<const std::byte> tiff, const ExifEdit& edit) {
  return ExifWriter(TiffReader::Open(tiff), edit).Write();
}

}  // namespace tbbthumbs
