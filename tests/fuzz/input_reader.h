// Takes a fuzzer's input apart.
#ifndef TBBTHUMBS_TESTS_FUZZ_INPUT_READER_H_
#define TBBTHUMBS_TESTS_FUZZ_INPUT_READER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tbbthumbs::fuzz {

// From the front to the end; behind the end everything is 0 or empty. Borrows the bytes.
class InputReader {
 public:
  explicit InputReader(std::span<const std::byte> input)
      : rest_(reinterpret_cast<const char*>(input.data()), input.size()) {}

  bool AtEnd() const { return rest_.empty(); }

  // Of so many bytes, the lowest first.
  uint64_t Number(size_t bytes) {
    uint64_t number = 0;
    for (size_t i = 0; i < bytes && i < rest_.size(); ++i) {
      number |= uint64_t{static_cast<unsigned char>(rest_[i])} << (8 * i);
    }
    rest_.remove_prefix(std::min(bytes, rest_.size()));
    return number;
  }

  std::string_view Text(size_t bytes) {
    const std::string_view text = rest_.substr(0, bytes);
    rest_.remove_prefix(text.size());
    return text;
  }

  // Up to `end`, which is passed over.
  std::string_view TextUntil(char end) {
    const std::string_view text = rest_.substr(0, rest_.find(end));
    rest_.remove_prefix(std::min(text.size() + 1, rest_.size()));
    return text;
  }

  std::string_view Rest() { return Text(rest_.size()); }

 private:
  std::string_view rest_;
};

}  // namespace tbbthumbs::fuzz

#endif  // TBBTHUMBS_TESTS_FUZZ_INPUT_READER_H_
