// From the bytes of a picture to rows of pixels.
#ifndef TBBTHUMBS_CODECS_DECODER_H_
#define TBBTHUMBS_CODECS_DECODER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "codecs/byte_source.h"
#include "codecs/calendar_time.h"
#include "codecs/color_profile.h"
#include "codecs/error.h"
#include "codecs/format.h"
#include "codecs/limits.h"
#include "codecs/metadata.h"
#include "codecs/row_sink.h"
#include "codecs/size.h"
#include "codecs/workspace.h"

namespace tbbthumbs {

// What to do with a damaged file. The same of every format:
//
//                                                kFailTruncated   kSalvage       kStrict
//   the header: what stands before image data    its error        its error      its error
//   image data that ends early                   kTruncated       salvaged       kTruncated
//   image data that is corrupt                   kCorrupt         salvaged       kCorrupt
//   warnings: what harms no pixel                made             made           kCorrupt
//   no end marker (EOI, IEND)                    made             made           kTruncated
//   what follows the end marker                  made             made           made
//
// Salvaged: what decoded is used, and the rest is mid-grey, or transparent where there can be alpha, or coarser where
// only later scans or passes are missing; DecodeReport::damage says what is wrong. Where nothing decoded, or too little
// to make a picture, it is the error.
//
// Corrupt image data: of JPEG bad Huffman and arithmetic codes, restart markers that are missing or come early, and
// what can't be read between scans; of PNG a wrong checksum of an IDAT chunk or of the deflate stream, a stream that
// can't be inflated, filters that do not exist. Warnings: of JPEG bytes between segments, scans in an order or with
// parameters that they should not have; of PNG checksums of chunks that pictures do without, such chunks out of place,
// and more image data than rows.
//
// Only kStrict looks at all of a file. Of a progressive JPEG of which a small picture takes the first scans, others may
// be cut or damaged.
enum class Strictness { kFailTruncated, kSalvage, kStrict };

// Which decoders may be used.
enum class DecoderChoice {
  kAuto,       // the fastest that takes the file
  kFast,       // as kAuto
  kScalar,     // as kAuto, but without the vector code that only some CPUs have: the same comes out, later
  kTurbo,      // as kAuto, but without our own readers: libpng; libjpeg-turbo, planes where they are wanted
  kReference,  // libjpeg-turbo to RGB, libpng, and nothing else
};

// What the header of a picture says.
struct ImageInfo {
  Format format = Format::kUnknown;
  Size size;                            // as stored, before the orientation is applied
  ColorModel color = ColorModel::kRgb;  // of what is decoded to pixels: kRgb for JPEG's YCbCr
  bool alpha = false;
  int depth = 8;        // bits a sample in the file
  int orientation = 1;  // EXIF, 1..8; 1 where the file says nothing usable
  bool animated = false;
  bool progressive = false;  // progressive JPEG, interlaced PNG: held whole while it is decoded
  std::string coding;        // for people: "baseline 4:2:0", "RGBA 8-bit interlaced"
  ColorProfile profile;
  // Our own readers take it if nothing is wrong with it, a JPEG where it becomes small enough.
  bool own_reader = false;
  // Bytes that decoding holds at worst, beside the file itself.
  uint64_t decoded_bytes = 0;
  // Of these: what only our own readers of baseline JPEG hold; rows of JPEG, shorter where it is decoded smaller.
  uint64_t own_reader_bytes = 0;
  uint64_t row_bytes = 0;
  std::optional<CalendarTime> taken;  // by EXIF, on the camera's clock
  std::string camera;                 // by EXIF: maker and model
  SourceMetadata metadata;            // only what OpenDecoder was asked for
};

struct DecodeRequest {
  // The largest size wanted of it, in stored orientation. The decoder may deliver any scale that leaves the resampler
  // enough to work with (JPEG: see ChooseDctScale).
  Size at_least;
  // The largest size wanted of the colour differences of a picture that is stored as YCbCr: it may then come as
  // ColorModel::kYcc, each plane at a scale of its own. {0, 0}: planes are not wanted.
  Size chroma_at_least;
  Strictness strictness = Strictness::kFailTruncated;
  DecoderChoice decoder = DecoderChoice::kAuto;
  bool fast = false;  // JPEG: a coarser scale is enough (see ChooseDctScale)
};

struct DecodeReport {
  // Which decoder at which scale, for people and counters: "libjpeg-turbo 1/8", "libjpeg-turbo planar 1/8", "libpng".
  std::string path;
  // What is wrong with the picture that was delivered all the same (Strictness::kSalvage).
  std::optional<Error> damage = std::nullopt;
  bool salvaged() const { return damage.has_value(); }
};

// One open picture. Single-threaded. The source must outlive it.
class Decoder {
 public:
  virtual ~Decoder() = default;

  const ImageInfo& info() const { return info_; }

  // Delivers the picture to `sink`: Begin, all rows, End. Call it once. Errors: kCorrupt, kTruncated, kUnsupported,
  // kTooLarge, kTimeout, kStopped, kIo, kOutOfMemory, or the sink's own; the sink then holds an unfinished picture.
  [[nodiscard]] virtual Result<DecodeReport> Decode(const DecodeRequest& request, RowSink& sink, Workspace& workspace,
                                                    const Watch& watch) = 0;

 protected:
  // What a TIFF block says (see ReadExif), into the info; and the block itself, where that is wanted.
  void TakeExif(std::span<const std::byte> tiff, const KeptMetadata& wanted);

  ImageInfo info_;
};

// Sniffs the format, reads the header and checks it against the limits. Reads no more of the source than that needs,
// and what is wanted of its metadata: of a PNG the chunks that may hold it, wherever they stand. Errors: kUnsupported
// (no picture, or a format without a decoder: named in the message), kCorrupt, kTruncated, kTooLarge, kIo,
// kOutOfMemory.
[[nodiscard]] Result<std::unique_ptr<Decoder>> OpenDecoder(ByteSource& source, const DecodeLimits& limits,
                                                           const KeptMetadata& wanted = {});

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_DECODER_H_
