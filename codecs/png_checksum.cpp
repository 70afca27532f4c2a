#include "codecs/png_checksum.h"

#include <libdeflate.h>

namespace tbbthumbs {

uint32_t Crc32(uint32_t crc, std::span<const std::byte> bytes) {
  if (bytes.empty()) return crc;  // libdeflate begins anew where the pointer is null
  return libdeflate_crc32(crc, bytes.data(), bytes.size());
}

}  // namespace tbbthumbs
