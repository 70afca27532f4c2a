// What the command and the processes that decode for it tell each other (see IsolatedMaker).
#ifndef TBBTHUMBS_TOOLS_DECODER_MESSAGES_H_
#define TBBTHUMBS_TOOLS_DECODER_MESSAGES_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "codecs/error.h"
#include "codecs/limits.h"
#include "codecs/thumbnail.h"
#include "codecs/thumbnail_spec.h"
#include "pipeline/thumbnail_maker.h"

namespace tbbthumbs::tool {

// From the keeper: a decoder has been started, by the order of that number.
struct DecoderStart {
  uint64_t order = 0;
  int32_t pid = 0;
};

// From the decoder, once: it is there.
struct DecoderHello {};

// To the decoder: a picture. Of its bytes the first lie in the shared area.
struct PictureRequest {
  bool header_only = false;
  uint64_t bytes = 0;
  uint64_t resident_bytes = 0;
  uint64_t kept_bytes = 0;
  DecodeLimits limits;
  SpecSet specs;
};

// From the decoder: it wants more of the picture's bytes, at most as many as fit the window.
struct ReadRequest {
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

// To the decoder: so many are in the window.
struct ReadAnswer {
  uint64_t bytes = 0;
  std::optional<Error> error;
};

// From the decoder: the end of a picture. The bytes of the thumbnails lie in the shared area, one behind the other, as
// far as they fit; the rest comes as it is asked for.
struct PictureAnswer {
  std::optional<Error> error;
  HeaderFacts header;  // where only that was asked for
  Made made;           // else; without the bytes of the thumbnails
  std::vector<uint64_t> thumbnail_bytes;
};

// To the decoder: the area has been emptied, what comes next? It answers so too once that is there.
struct MoreBytes {};

// From the keeper, in the place of a decoder that has ended.
struct DecoderEnd {
  uint64_t order = 0;  // by which it was started
  int32_t status = 0;  // of waitpid
  int32_t error = 0;   // errno, where it could not be started
  std::chrono::nanoseconds cpu_time{};
};

using DecoderMessage = std::variant<DecoderStart, DecoderHello, PictureRequest, ReadRequest, ReadAnswer, PictureAnswer,
                                    MoreBytes, DecoderEnd>;

// No message is longer.
inline constexpr size_t kMostMessageBytes = size_t{64} << 10;

std::vector<std::byte> Pack(const DecoderMessage& message);
// False: it is none; the message is any then. Believes nothing (see ByteReader).
[[nodiscard]] bool Unpack(std::span<const std::byte> bytes, DecoderMessage& message);

// Whether a decoder may have answered so: with an error of decoding (damage only where that is salvaged); or a moment
// and a camera as ReadExif gives them; or as many thumbnails as are wanted, of known formats, of sizes that there are,
// of no more bytes together than `most_bytes` and none of more than its size may have; texts of printable ASCII, but
// for reasons and cameras.
[[nodiscard]] bool IsAnswerTo(const PictureRequest& request, const PictureAnswer& answer, uint64_t most_bytes);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_DECODER_MESSAGES_H_
