#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "codecs/png_decoder.h"
#include "tests/fuzz/targets.h"
#include "tests/support/collecting_sink.h"
#include "tests/support/piecewise_source.h"

namespace tbbthumbs::fuzz {
namespace {

// Both decoders hold all of the picture.
constexpr uint64_t kMaxPixels = 1 << 20;

struct Decoded {
  Result<DecodeReport> report = Fail(ErrorCode::kInternal, "not run");
  testing::CollectingSink sink;
};

Decoded Decode(ByteSource& source, const DecodeRequest& request) {
  static Workspace workspace;
  DecodeLimits limits;
  limits.max_pixels = kMaxPixels;
  Decoded decoded;
  auto decoder = OpenPng(source, limits);
  if (!decoder) {
    decoded.report = tl::unexpected<Error>(std::move(decoder.error()));
    return decoded;
  }
  const Watch watch(limits, {});
  decoded.report = (*decoder)->Decode(request, decoded.sink, workspace, watch);
  return decoded;
}

// zlib takes no Huffman code of several symbols that leaves bit patterns unused; ISA-L does while none of those comes.
bool IsOfIncompleteCode(std::string_view message) {
  for (const std::string_view set :
       {"invalid code lengths set", "invalid literal/lengths set", "invalid distances set"}) {
    if (message.find(set) != message.npos) return true;
  }
  return false;
}

}  // namespace

PngFastOutcome PngFast(std::span<const std::byte> input) {
  if (input.size() < 2) return PngFastOutcome::kRefused;
  const auto choice = static_cast<unsigned>(input.back());
  const auto png = input.first(input.size() - 1);
  constexpr size_t kResident[] = {SIZE_MAX, 0, 100};
  testing::PiecewiseSource source(
      png, {.resident_bytes = kResident[choice % 3], .most_a_read = (choice & 64) != 0 ? 1 + choice % 7 : SIZE_MAX});
  constexpr Strictness kStrictnesses[] = {Strictness::kFailTruncated, Strictness::kFailTruncated, Strictness::kStrict,
                                          Strictness::kSalvage};
  DecodeRequest request;
  request.strictness = kStrictnesses[choice >> 2 & 3];
  request.decoder = (choice & 16) != 0 ? DecoderChoice::kScalar : DecoderChoice::kAuto;
  const Decoded ours = Decode(source, request);
  request.decoder = DecoderChoice::kReference;
  const Decoded libpngs = Decode(source, request);

  if (!libpngs.report) {
    if (ours.report) {
      if (!IsOfIncompleteCode(libpngs.report.error().message)) std::abort();
      return PngFastOutcome::kMoreLenient;
    }
    if (ours.report.error().code != libpngs.report.error().code) std::abort();
    if (ours.report.error().message != libpngs.report.error().message) std::abort();
    return PngFastOutcome::kRefused;
  }
  if (!ours.report || !ours.sink.ended || !libpngs.sink.ended) std::abort();
  if (ours.report->salvaged() != libpngs.report->salvaged()) std::abort();
  if (ours.sink.format.color != libpngs.sink.format.color || ours.sink.format.alpha != libpngs.sink.format.alpha ||
      ours.sink.format.sample != libpngs.sink.format.sample || ours.sink.rows != libpngs.sink.rows ||
      ours.sink.bytes != libpngs.sink.bytes) {
    std::abort();
  }
  return ours.report->path == "libpng" ? PngFastOutcome::kLeft : PngFastOutcome::kSame;
}

}  // namespace tbbthumbs::fuzz
