// Compression of a PNG's image data. Private to codecs/png*.
#ifndef TBBTHUMBS_CODECS_PNG_DEFLATE_H_
#define TBBTHUMBS_CODECS_PNG_DEFLATE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "codecs/error.h"
#include "codecs/limits.h"
#include "codecs/raw_bytes.h"

struct libdeflate_compressor;

namespace tbbthumbs {

// Milliseconds and bytes of a photograph's 256-pixel thumbnail, each row filtered in its own way. zlib's level 6 takes
// 10 ms for 53 KB.
enum class DeflateLevel : uint8_t {
  kFast,  // ISA-L level 1: 0.5 ms, 57 KB. Other bytes on CPUs without SSE 4.2 (of before 2009)
  // libdeflate's, by their numbers, also those between.
  kTrial = 1,   // 1.1 ms, 56 KB
  kUsual = 6,   // 2.7 ms, 54 KB
  kSmall = 12,  // 55 ms, 51 KB
  // zlib level 9, told that the data are filtered: 30 ms, 53 KB. Smaller than all others where next to nothing repeats,
  // as in small or noisy photographs: it takes no short matches, and others take more than pay.
  kFiltered,
};

// Makes zlib streams (RFC 1950). Keeps its compressors but zlib's, made when first used: up to a megabyte each, but for
// libdeflate's from level 10 on, of 9. Not thread-safe.
class PngDeflater {
 public:
  PngDeflater();
  ~PngDeflater();
  PngDeflater(const PngDeflater&) = delete;
  PngDeflater& operator=(const PngDeflater&) = delete;

  // Makes a whole stream that holds `bytes`, at the front of `out`, which grows as is needed and never shrinks. Returns
  // the stream's size. `watch` (null: none) is asked at the begin, and again behind each few megabytes at kFast and
  // kFiltered; libdeflate can't be interrupted. Throws std::bad_alloc. Errors: kOutOfMemory, kInternal, those of
  // Watch::PollStop.
  [[nodiscard]] Result<size_t> Compress(std::span<const uint8_t> bytes, DeflateLevel level, RawBytes& out,
                                        const Watch* watch = nullptr);

  // What the compressors take, about; and gives it back.
  size_t held_bytes() const;
  void Clear();

 private:
  static constexpr int kLibdeflateLevels = static_cast<int>(DeflateLevel::kSmall);
  struct IsalState;
  struct FreeCompressor {
    void operator()(libdeflate_compressor* compressor) const;
  };

  Result<size_t> CompressWithIsal(std::span<const uint8_t> bytes, RawBytes& out, const Watch* watch);
  Result<size_t> CompressWithZlib(std::span<const uint8_t> bytes, RawBytes& out, const Watch* watch);
  Result<size_t> CompressWithLibdeflate(std::span<const uint8_t> bytes, int level, RawBytes& out);

  std::unique_ptr<IsalState> isal_;
  std::array<std::unique_ptr<libdeflate_compressor, FreeCompressor>, kLibdeflateLevels> libdeflate_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PNG_DEFLATE_H_
