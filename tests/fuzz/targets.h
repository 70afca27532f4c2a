// What fuzzers call with whatever bytes they come up with. The replay test calls the same.
#ifndef TBBTHUMBS_TESTS_FUZZ_TARGETS_H_
#define TBBTHUMBS_TESTS_FUZZ_TARGETS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tbbthumbs::fuzz {

// A file through sniffing, decoding, resampling, colour and encoding. The first byte of `input` chooses strictness,
// sizes, output format, colours and whether metadata are kept. Returns whether thumbnails came of it.
bool Thumbnail(std::span<const std::byte> input);

enum class JpegFastOutcome {
  kLeft,       // to libjpeg, or no JPEG
  kDelivered,  // and libjpeg has something to say about scans that were not needed
  kSame,       // as libjpeg's
  kSameProgressive,
};

// A JPEG through our own reader, against libjpeg's coefficients reduced alike: all planes, of progressive files with
// those bits that the reader says it reads. The last byte of `input` chooses scales, strictness and how the source
// delivers.
JpegFastOutcome JpegFast(std::span<const std::byte> input);

// A JPEG through LaneReader, against ScanReader, and its vector code against the plain lanes. The last byte of `input`
// and its size choose how the scan is cut and which coefficients are kept. Returns how many blocks lanes read; nothing
// where LaneReader did not take it.
std::optional<uint64_t> JpegLanes(std::span<const std::byte> input);

enum class PngFastOutcome {
  kRefused,      // by both, with the same words
  kLeft,         // to libpng
  kSame,         // ours, as libpng's
  kMoreLenient,  // ours, where libpng refuses an incomplete Huffman code
};

// A PNG through our own reader of image data, against libpng. The last byte of `input` chooses strictness, vector code
// or not, and how the source delivers.
PngFastOutcome PngFast(std::span<const std::byte> input);

// An EXIF block: read, and rewritten for a thumbnail.
void Exif(std::span<const std::byte> input);

// An XMP packet, rewritten for a thumbnail.
void Xmp(std::span<const std::byte> input);

}  // namespace tbbthumbs::fuzz

#endif  // TBBTHUMBS_TESTS_FUZZ_TARGETS_H_
