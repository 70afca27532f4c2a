// Decoding a PNG in one call.
#ifndef TBBTHUMBS_TESTS_SUPPORT_PNG_DECODING_H_
#define TBBTHUMBS_TESTS_SUPPORT_PNG_DECODING_H_

#include <cstddef>
#include <memory>
#include <span>
#include <stop_token>
#include <utility>

#include "codecs/png_decoder.h"
#include "tests/support/collecting_sink.h"

namespace tbbthumbs::testing {

struct PngOutcome {
  ImageInfo info;
  Result<DecodeReport> report = Fail(ErrorCode::kInternal, "not run");
  CollectingSink sink;

  // "" where it went well.
  std::string error_name() const { return report ? "" : std::string(ErrorCodeName(report.error().code)); }
};

inline PngOutcome DecodePngFrom(ByteSource& source, Strictness strictness = Strictness::kFailTruncated,
                                const DecodeLimits& limits = {}, DecoderChoice choice = DecoderChoice::kAuto) {
  PngOutcome outcome;
  auto decoder = OpenPng(source, limits);
  if (!decoder) {
    outcome.report = tl::unexpected<Error>(std::move(decoder.error()));
    return outcome;
  }
  outcome.info = (*decoder)->info();
  Workspace workspace;
  const Watch watch(limits, std::stop_token());
  outcome.report = (*decoder)->Decode({.at_least = outcome.info.size, .strictness = strictness, .decoder = choice},
                                      outcome.sink, workspace, watch);
  return outcome;
}

inline PngOutcome DecodePng(std::span<const std::byte> file, Strictness strictness = Strictness::kFailTruncated,
                            const DecodeLimits& limits = {}, DecoderChoice choice = DecoderChoice::kAuto) {
  MemorySource source(file);
  return DecodePngFrom(source, strictness, limits, choice);
}

// A file of which only a part is in memory.
class PartlyResidentSource final : public ByteSource {
 public:
  PartlyResidentSource(std::span<const std::byte> bytes, size_t resident) : memory_(bytes), resident_(resident) {}
  uint64_t size() const override { return memory_.size(); }
  Result<size_t> ReadAt(uint64_t offset, std::span<std::byte> out) override {
    ++reads;
    if (offset + out.size() > fails_from) return Fail(ErrorCode::kIo, "the disk is gone");
    return memory_.ReadAt(offset, out);
  }
  std::span<const std::byte> Resident() const override { return memory_.Resident().first(resident_); }

  int reads = 0;
  uint64_t fails_from = UINT64_MAX;

 private:
  MemorySource memory_;
  size_t resident_;
};

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_PNG_DECODING_H_
