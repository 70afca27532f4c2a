// Values as bytes, for another process of this program on this machine.
#ifndef TBBTHUMBS_PIPELINE_BYTE_ARCHIVE_H_
#define TBBTHUMBS_PIPELINE_BYTE_ARCHIVE_H_

#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "codecs/error.h"

namespace tbbthumbs {

// Each takes any number of values: those that can be copied as bytes, texts, errors, and optional ones and vectors of
// these. A type with other members has a function `void Fields(archive, value)` beside it, which hands these on.
class ByteWriter {
 public:
  template <class... Ts>
  void operator()(const Ts&... values) {
    (Put(values), ...);
  }
  std::vector<std::byte> Take() { return std::move(bytes_); }

 private:
  template <class T>
  void Put(const T& value) {
    if constexpr (std::is_trivially_copyable_v<T>) {
      Append(&value, sizeof value);
    } else {
      Fields(*this, value);
    }
  }
  void Put(const std::string& text) {
    Put(text.size());
    Append(text.data(), text.size());
  }
  void Put(const Error& error) { (*this)(error.code, error.message); }
  template <class T>
  void Put(const std::optional<T>& value) {
    Put(value.has_value());
    if (value) Put(*value);
  }
  template <class T>
  void Put(const std::vector<T>& values) {
    Put(values.size());
    for (const T& value : values) Put(value);
  }

  void Append(const void* data, size_t size) {
    const auto* begin = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), begin, begin + size);
  }

  std::vector<std::byte> bytes_;
};

// Believes nothing: bytes of any origin make values that exist. Numbers in structs, and enumerators within the range of
// their type, may be any.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  // What is not there leaves its value as it was, or empty.
  template <class... Ts>
  void operator()(Ts&... values) {
    (Get(values), ...);
  }
  // Whether all of it was there, and nothing else.
  bool Complete() const { return ok_ && bytes_.empty(); }

 private:
  template <class T>
  void Get(T& value) {
    if constexpr (std::is_trivially_copyable_v<T>) {
      if (!Has(sizeof value)) return;
      std::memcpy(static_cast<void*>(&value), bytes_.data(), sizeof value);
      bytes_ = bytes_.subspan(sizeof value);
    } else {
      Fields(*this, value);
    }
  }
  void Get(bool& value) {
    unsigned char byte = 0;
    Get(byte);
    ok_ = ok_ && byte <= 1;
    value = byte == 1;
  }
  void Get(std::string& text) {
    const size_t size = Count(1);
    text.assign(reinterpret_cast<const char*>(bytes_.data()), size);
    bytes_ = bytes_.subspan(size);
  }
  void Get(Error& error) {
    int code = static_cast<int>(ErrorCode::kInternal);
    (*this)(code, error.message);
    ok_ = ok_ && code >= 0 && code < kErrorCodeCount;
    error.code = ok_ ? static_cast<ErrorCode>(code) : ErrorCode::kInternal;
  }
  template <class T>
  void Get(std::optional<T>& value) {
    bool there = false;
    Get(there);
    value.reset();
    if (there && ok_) Get(value.emplace());
  }
  template <class T>
  void Get(std::vector<T>& values) {
    values.resize(Count(1));
    for (T& value : values) {
      if (ok_) Get(value);
    }
  }

  // Of things that have at least so many bytes each: no more than there can be.
  size_t Count(size_t least_bytes) {
    size_t count = 0;
    Get(count);
    ok_ = ok_ && count <= bytes_.size() / least_bytes;
    return ok_ ? count : 0;
  }
  bool Has(size_t size) {
    ok_ = ok_ && size <= bytes_.size();
    return ok_;
  }

  std::span<const std::byte> bytes_;
  bool ok_ = true;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_BYTE_ARCHIVE_H_
