// Where a decoder gets the bytes of a picture from.
#ifndef TBBTHUMBS_CODECS_BYTE_SOURCE_H_
#define TBBTHUMBS_CODECS_BYTE_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "codecs/error.h"

namespace tbbthumbs {

// Random access to the bytes of one picture. Not thread-safe: one picture is decoded by one thread.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // All bytes of the picture, in memory or not.
  virtual uint64_t size() const = 0;

  // Fills `out` from `offset` on. Returns the number of bytes read: fewer than out.size() only at the end, 0 at or
  // beyond it. Errors: kIo, kChanged.
  virtual Result<size_t> ReadAt(uint64_t offset, std::span<std::byte> out) = 0;

  // The bytes from offset 0 on that are in memory already, and stay there as long as the source: all of them, some, or
  // none. A decoder uses them in place.
  virtual std::span<const std::byte> Resident() const { return {}; }

  // Once nothing more is read: whether all that was read belongs together. Errors: kChanged, when the picture has
  // become another one since the source was opened; kIo.
  virtual Status CheckUnchanged() { return {}; }
};

// Bytes in memory, owned or borrowed.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::vector<std::byte> bytes) : owned_(std::move(bytes)), view_(owned_) {}
  // Borrows: `bytes` must outlive the source.
  explicit MemorySource(std::span<const std::byte> bytes) : view_(bytes) {}
  MemorySource(const MemorySource&) = delete;
  MemorySource& operator=(const MemorySource&) = delete;

  uint64_t size() const override { return view_.size(); }
  Result<size_t> ReadAt(uint64_t offset, std::span<std::byte> out) override;
  std::span<const std::byte> Resident() const override { return view_; }

 private:
  std::vector<std::byte> owned_;
  std::span<const std::byte> view_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_BYTE_SOURCE_H_
