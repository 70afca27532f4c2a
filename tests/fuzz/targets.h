// What fuzzers call with whatever bytes they come up with. The replay test calls the same. Each ends the program where
// something is not as it has to be.
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

enum class ReferenceOutcome {
  kRefused,
  kSalvaged,  // damaged
  kWhole,
  kStrict,  // nothing to say about it
};

// A JPEG through libjpeg-turbo alone, or a PNG through libpng alone: strictly, as usual, salvaged, and from a source
// that is not in memory. The last byte of `input` chooses scale, planes and strictness.
ReferenceOutcome Reference(std::span<const std::byte> input);

enum class SniffOutcome {
  kUnknown,
  kNotDecoded,  // of a known format
  kRefused,     // by its decoder
  kOpened,
};

// The beginning of a file, and whether the decoder that it is given to agrees.
SniffOutcome Sniff(std::span<const std::byte> input);

enum class IccOutcome { kUnusable, kUsable };

// An ICC profile on small pictures of every colour model. The last byte of `input` chooses goal and samples.
IccOutcome Icc(std::span<const std::byte> input);

// An EXIF block: read, and rewritten for a thumbnail.
void Exif(std::span<const std::byte> input);

// An XMP packet, rewritten for a thumbnail.
void Xmp(std::span<const std::byte> input);

enum class NameOutcome {
  kRefused,  // a template with mistakes
  kPlanned,
  kRenamed,  // planned for files that are renamed
};

// A byte of choices, a line with a template of names, a line with sizes, and then a line for each file: 13 bytes of
// what is known of it, its path or address, and behind a tab its camera.
NameOutcome Names(std::span<const std::byte> input);

enum class SizesOutcome { kRefused, kRead };

// Texts of sizes, one on each line.
SizesOutcome Sizes(std::span<const std::byte> input);

enum class UrlOutcome { kRefused, kRead };

// The address of a picture, or what may be taken for one.
UrlOutcome UrlText(std::span<const std::byte> input);

enum class ListOutcome { kEmpty, kNames };

// A byte of choices, then a list of files or addresses: at once, and in pieces.
ListOutcome List(std::span<const std::byte> input);

enum class DatabaseOutcome {
  kRefused,  // when it was opened
  kDamaged,  // so it turned out to be
  kWhole,
};

// A plan, changed as database_damage.h has it.
DatabaseOutcome Plan(std::span<const std::byte> input);

// A byte of choices, then what a journal is changed by; read, written, set aside.
DatabaseOutcome JournalDatabase(std::span<const std::byte> input);

}  // namespace tbbthumbs::fuzz

#endif  // TBBTHUMBS_TESTS_FUZZ_TARGETS_H_
