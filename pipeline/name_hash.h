// Hashes for names: XXH3, the same on every machine.
#ifndef TBBTHUMBS_PIPELINE_NAME_HASH_H_
#define TBBTHUMBS_PIPELINE_NAME_HASH_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace tbbthumbs {

// 64 bits.
uint64_t HashOf(std::string_view text);

// The lowest 32 bits, in 8 hexadecimal digits.
std::string ShortHex(uint64_t hash);

// 128 bits in 32 hexadecimal digits, as `xxhsum -H2` prints them.
std::string LongHexOf(std::string_view text);

// Of bytes that come piece by piece. Not thread-safe.
class ContentHash {
 public:
  ContentHash();
  ~ContentHash();
  void Add(std::span<const std::byte> bytes);
  // As LongHexOf.
  std::string Hex() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_NAME_HASH_H_
