#include <algorithm>
#include <string>
#include <string_view>

#include "codecs/decoder.h"
#include "codecs/format.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/targets.h"

namespace tbbthumbs::fuzz {

SniffOutcome Sniff(std::span<const std::byte> input) {
  const Format format = SniffFormat(input);
  Require(SniffFormat(input.first(std::min(input.size(), kSniffBytes))) == format, "that many bytes to decide");
  const std::string_view name = FormatName(format);
  Require(!name.empty() && (name == "no picture") == (format == Format::kUnknown), "a name");

  MemorySource source(input);
  DecodeLimits limits;
  limits.max_pixels = 1 << 20;
  const auto decoder = OpenDecoder(source, limits);
  if (decoder) {
    Require(IsDecoded(format) && (*decoder)->info().format == format, "the format that was told");
    return SniffOutcome::kOpened;
  }
  Require(!decoder.error().message.empty() && decoder.error().code != ErrorCode::kInternal, "a reason");
  if (IsDecoded(format)) return SniffOutcome::kRefused;
  if (input.empty()) return SniffOutcome::kUnknown;
  Require(decoder.error().code == ErrorCode::kUnsupported, "what is not decoded to be refused for that");
  if (format == Format::kUnknown) return SniffOutcome::kUnknown;
  Require(decoder.error().message.find(name) != std::string::npos, "the format in the reason");
  return SniffOutcome::kNotDecoded;
}

}  // namespace tbbthumbs::fuzz
