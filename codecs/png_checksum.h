// The checksum of PNG's chunks. Private to codecs/png*.
#ifndef TBBTHUMBS_CODECS_PNG_CHECKSUM_H_
#define TBBTHUMBS_CODECS_PNG_CHECKSUM_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace tbbthumbs {

// CRC-32 as PNG and zlib have it, of bytes that come in pieces: `crc` is that of those before, 0 for none. With
// carry-less multiplication where the CPU has it, some 10 times as fast as zlib's.
uint32_t Crc32(uint32_t crc, std::span<const std::byte> bytes);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PNG_CHECKSUM_H_
