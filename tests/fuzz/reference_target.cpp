#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "codecs/decoder.h"
#include "codecs/format.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/targets.h"
#include "tests/support/piecewise_source.h"

namespace tbbthumbs::fuzz {
namespace {

constexpr uint64_t kMaxPixels = 1 << 18;

// Keeps the planes of a picture, and holds the decoder to what RowSink says.
class PictureSink final : public RowSink {
 public:
  Status Begin(const RowFormat& row_format) override {
    format = row_format;
    ended = false;
    planes.assign(format.planes.size(), {});
    Require(!planes.empty(), "a plane");
    for (const PlaneFormat& plane : format.planes) {
      Require(plane.extent_width > plane.width - 1 && plane.extent_width <= plane.width &&
                  plane.extent_height > plane.height - 1 && plane.extent_height <= plane.height,
              "an extent of the plane's size");
    }
    return {};
  }
  Status Row(int plane, std::span<const std::byte> row) override {
    Require(row.size() == RowBytes(static_cast<size_t>(plane)), "a row of the right length");
    auto& bytes = planes.at(static_cast<size_t>(plane));
    bytes.insert(bytes.end(), row.begin(), row.end());
    return {};
  }
  Status End() override {
    ended = true;
    for (size_t i = 0; i < planes.size(); ++i) {
      Require(planes[i].size() == RowBytes(i) * static_cast<size_t>(format.planes[i].height), "all rows");
    }
    return {};
  }

  RowFormat format;
  std::vector<std::vector<std::byte>> planes;
  bool ended = false;

 private:
  size_t RowBytes(size_t plane) const {
    const PlaneFormat& its = format.planes.at(plane);
    return static_cast<size_t>(its.width) * static_cast<size_t>(its.channels) * SampleBytes(format.sample);
  }
};

struct Decoded {
  Result<DecodeReport> report = Fail(ErrorCode::kInternal, "not run");
  PictureSink sink;
};

struct Wish {
  bool smaller = false;
  bool planes = false;  // of JPEG, where it has any
};

Decoded Decode(ByteSource& source, Strictness strictness, const Wish& wish) {
  static Workspace workspace;
  DecodeLimits limits;
  limits.max_pixels = kMaxPixels;
  limits.max_scans_times_pixels = 16 * kMaxPixels;
  Decoded decoded;
  auto decoder = OpenDecoder(source, limits);
  if (!decoder) {
    decoded.report = tl::unexpected<Error>(std::move(decoder.error()));
    return decoded;
  }
  const ImageInfo& info = (*decoder)->info();
  Require(info.size.width > 0 && info.size.height > 0 && info.size.pixels() <= kMaxPixels, "a size within the limits");
  Require(info.orientation >= 1 && info.orientation <= 8, "an orientation");
  DecodeRequest request{.at_least = info.size, .strictness = strictness, .decoder = DecoderChoice::kReference};
  if (wish.smaller) request.at_least = {1 + info.size.width / 5, 1 + info.size.height / 5};
  if (wish.planes) {
    request.decoder = DecoderChoice::kTurbo;
    request.chroma_at_least = request.at_least;
  }
  decoded.report = (*decoder)->Decode(request, decoded.sink, workspace, Watch(limits, {}));
  if (!decoded.report) return decoded;
  Require(decoded.sink.ended, "an end");
  const RowFormat& format = decoded.sink.format;
  const PlaneFormat& plane = format.planes.at(0);
  Require(plane.width <= info.size.width && plane.height <= info.size.height, "a size that is not enlarged");
  // Of luma a file may have fewer samples than pixels.
  const bool is_enough = format.color == ColorModel::kYcc ||
                         (plane.width >= request.at_least.width && plane.height >= request.at_least.height);
  Require(is_enough, "a size that is enough");
  return decoded;
}

bool SamePixels(const Decoded& a, const Decoded& b) {
  return a.sink.format.color == b.sink.format.color && a.sink.format.alpha == b.sink.format.alpha &&
         a.sink.planes == b.sink.planes;
}

}  // namespace

ReferenceOutcome Reference(std::span<const std::byte> input) {
  if (input.size() < 2) return ReferenceOutcome::kRefused;
  const auto choice = static_cast<unsigned>(input.back());
  const auto picture = input.first(input.size() - 1);
  const Wish wish{(choice & 1) != 0, (choice & 128) != 0};
  const auto decode = [&](Strictness strictness) {
    MemorySource source(picture);
    return Decode(source, strictness, wish);
  };
  const Decoded strict = decode(Strictness::kStrict);
  const Decoded whole = decode(Strictness::kFailTruncated);
  const Decoded salvaged = decode(Strictness::kSalvage);
  for (const Decoded* decoded : {&strict, &whole, &salvaged}) {
    const bool has_reason = decoded->report || (!decoded->report.error().message.empty() &&
                                                decoded->report.error().code != ErrorCode::kInternal);
    Require(has_reason, "a reason");
  }

  // What is good enough for the stricter is so for the others.
  Require(!strict.report || (whole.report && SamePixels(strict, whole)), "what passes strictly to pass");
  Require(!whole.report || (salvaged.report && SamePixels(whole, salvaged)), "what is whole to need no salvage");
  Require(!strict.report || !salvaged.report->salvaged(), "what passes strictly not to be called salvaged");
  // libpng, told to go on, may come to the last row without having seen what is wrong behind it.
  const bool is_told = SniffFormat(picture) == Format::kJpeg;
  Require(!salvaged.report || whole.report || salvaged.report->salvaged() || !is_told,
          "what was salvaged to be called so");

  // However much of it is in memory.
  constexpr size_t kResident[] = {0, 100, 700};
  testing::PiecewiseSource pieces(picture, {.resident_bytes = kResident[(choice >> 2) % 3]});
  constexpr Strictness kStrictnesses[] = {Strictness::kStrict, Strictness::kFailTruncated, Strictness::kSalvage};
  const size_t which = (choice >> 4) % 3;
  const Decoded& expected = which == 0 ? strict : which == 1 ? whole : salvaged;
  const Decoded read = Decode(pieces, kStrictnesses[which], wish);
  Require(read.report.has_value() == expected.report.has_value(), "the same of a source that is not in memory");
  // Which of several reasons comes first, libjpeg-turbo decides by how many bytes it sees at once.
  Require(!read.report || SamePixels(read, expected), "the same pixels of a source that is not in memory");
  if (strict.report) return ReferenceOutcome::kStrict;
  if (whole.report) return ReferenceOutcome::kWhole;
  return salvaged.report ? ReferenceOutcome::kSalvaged : ReferenceOutcome::kRefused;
}

}  // namespace tbbthumbs::fuzz
