#include "bench/strategies/item_message.h"

#include <cstring>
#include <optional>
#include <string>
#include <type_traits>

namespace tbbthumbs::bench {
namespace {

class Packer {
 public:
  template <class T>
  void operator()(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    Append(&value, sizeof value);
  }
  void operator()(const std::string& text) {
    (*this)(text.size());
    Append(text.data(), text.size());
  }
  void operator()(const std::optional<Error>& error) {
    (*this)(error.has_value());
    if (!error) return;
    (*this)(error->code);
    (*this)(error->message);
  }
  std::vector<std::byte> Take() { return std::move(bytes_); }

 private:
  void Append(const void* data, size_t size) {
    const auto* begin = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), begin, begin + size);
  }

  std::vector<std::byte> bytes_;
};

class Unpacker {
 public:
  explicit Unpacker(std::span<const std::byte> bytes) : bytes_(bytes) {}
  template <class T>
  void operator()(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_ = bytes_.subspan(sizeof value);
  }
  void operator()(std::string& text) {
    size_t size = 0;
    (*this)(size);
    text.assign(reinterpret_cast<const char*>(bytes_.data()), size);
    bytes_ = bytes_.subspan(size);
  }
  void operator()(std::optional<Error>& error) {
    bool has_error = false;
    (*this)(has_error);
    error.reset();
    if (!has_error) return;
    error.emplace();
    (*this)(error->code);
    (*this)(error->message);
  }

 private:
  std::span<const std::byte> bytes_;
};

// The plain values of a result, in one order for both directions.
template <class Archive, class Result>
void PlainValues(Archive& archive, Result& result) {
  archive(result.outcome);
  archive(result.format);
  archive(result.size);
  archive(result.bytes_in);
  archive(result.decoder);
  archive(result.damage);
  archive(result.error);
  archive(result.cpu_time);
  archive(result.stages);
}

}  // namespace

std::vector<std::byte> PackItem(const Item& item) {
  Packer pack;
  pack(item.seq);
  pack(item.ended);
  PlainValues(pack, item.result);
  pack(item.staged.size());
  for (size_t i = 0; i < item.staged.size(); ++i) {
    pack(item.staged[i]);
    pack(item.result.outputs[i].path.native());
    pack(item.result.outputs[i].size);
    pack(item.result.outputs[i].bytes);
  }
  return pack.Take();
}

void UnpackItem(std::span<const std::byte> message, Item& item) {
  Unpacker unpack(message);
  unpack(item.seq);
  unpack(item.ended);
  PlainValues(unpack, item.result);
  size_t outputs = 0;
  unpack(outputs);
  item.staged.resize(outputs);
  item.result.outputs.resize(outputs);
  for (size_t i = 0; i < outputs; ++i) {
    std::string path;
    unpack(item.staged[i]);
    unpack(path);
    item.result.outputs[i].path = std::move(path);
    unpack(item.result.outputs[i].size);
    unpack(item.result.outputs[i].bytes);
  }
}

uint64_t SeqOf(std::span<const std::byte> message) {
  uint64_t seq = 0;
  Unpacker unpack(message);
  unpack(seq);
  return seq;
}

}  // namespace tbbthumbs::bench
