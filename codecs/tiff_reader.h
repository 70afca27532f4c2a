// The directories of a TIFF block, as EXIF has them. Private to codecs/exif*.
#ifndef TBBTHUMBS_CODECS_TIFF_READER_H_
#define TBBTHUMBS_CODECS_TIFF_READER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tbbthumbs {

enum TiffType : uint32_t { kTiffByte = 1, kTiffText = 2, kTiffShort = 3, kTiffLong = 4, kTiffDirectory = 13 };

inline constexpr size_t kTiffHeaderBytes = 8;
inline constexpr size_t kTiffEntryBytes = 12;

// The entry of a directory.
struct TiffEntry {
  uint32_t tag = 0;
  uint32_t type = 0;
  uint32_t count = 0;
  size_t value_at = 0;  // of the four bytes that hold the value, or say where it is
};

// Numbers of a TIFF block in its own byte order. Reading past the end gives nothing. The bytes outlive it.
class TiffReader {
 public:
  // Nothing where the block does not begin as one.
  static std::optional<TiffReader> Open(std::span<const std::byte> tiff);

  bool big_endian() const { return big_endian_; }
  // Of the first directory.
  size_t first_directory() const { return *Number(4, 4); }

  // An unsigned number of `count` bytes, 1 to 4.
  std::optional<uint32_t> Number(size_t offset, size_t count) const;
  // Entry `index` of the directory at `directory`; nothing behind the last, or beyond the end of the block.
  std::optional<TiffEntry> Entry(size_t directory, uint32_t index) const;
  // The first entry of a directory that has `tag`.
  std::optional<TiffEntry> Find(size_t directory, uint32_t tag) const;

  // The standard says which type a number has; the others occur.
  std::optional<uint32_t> NumberOf(const std::optional<TiffEntry>& entry) const;
  // As far as the block goes, without what follows a NUL. Empty where it is no text.
  std::string_view TextOf(const std::optional<TiffEntry>& entry) const;
  // All bytes of the value; nothing where the type is unknown or the block does not hold them all.
  std::optional<std::span<const std::byte>> BytesOf(const TiffEntry& entry) const;

 private:
  TiffReader(std::span<const std::byte> bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}
  std::string_view Text(size_t offset, size_t count) const;

  std::span<const std::byte> bytes_;
  bool big_endian_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_TIFF_READER_H_
