#include "pipeline/name_hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace tbbthumbs {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

std::string Hex(const XXH128_hash_t& hash) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  std::string hex;
  for (const unsigned char byte : canonical.digest) {
    hex += kHex[byte >> 4];
    hex += kHex[byte & 15];
  }
  return hex;
}

}  // namespace

uint64_t HashOf(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

std::string ShortHex(uint64_t hash) {
  std::string hex;
  for (int shift = 28; shift >= 0; shift -= 4) hex += kHex[hash >> shift & 15];
  return hex;
}

std::string LongHexOf(std::string_view text) { return Hex(XXH3_128bits(text.data(), text.size())); }

// The library wants it aligned to 64 bytes, which new does.
class ContentHash::State {
 public:
  State() { XXH3_128bits_reset(&state); }
  XXH3_state_t state;
};

ContentHash::ContentHash() : state_(std::make_unique<State>()) {}
ContentHash::~ContentHash() = default;

void ContentHash::Add(std::span<const std::byte> bytes) {
  XXH3_128bits_update(&state_->state, bytes.data(), bytes.size());
}

std::string ContentHash::Hex() const { return tbbthumbs::Hex(XXH3_128bits_digest(&state_->state)); }

}  // namespace tbbthumbs
