#include "codecs/alpha.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>

#include "codecs/alpha_simd.h"

namespace tbbthumbs {
namespace {

// Pixels of gray or colour and alpha have 2, 4 or 8 bytes: eight bytes hold whole ones. All of a row are ANDed
// together.
bool IsOpaque(std::span<const std::byte> row, int channels, SampleType sample) {
  constexpr size_t kStep = sizeof(uint64_t);
  uint64_t all = ~uint64_t{0};
  const size_t whole = row.size() / kStep * kStep;
  for (size_t i = 0; i < whole; i += kStep) {
    uint64_t word;
    std::memcpy(&word, row.data() + i, kStep);
    all &= word;
  }
  uint64_t rest = ~uint64_t{0};
  std::memcpy(&rest, row.data() + whole, row.size() - whole);
  all &= rest;
  std::array<uint8_t, kStep> bytes;
  std::memcpy(bytes.data(), &all, kStep);
  const size_t pixel_bytes = channels * SampleBytes(sample);
  for (size_t i = 0; i < kStep; ++i) {
    if (i % pixel_bytes >= pixel_bytes - SampleBytes(sample) && bytes[i] != 0xFF) return false;
  }
  return true;
}

// round(colour * alpha / max), exact for all values (max = 2^n - 1, t = colour * alpha + 2^(n-1)): (t + t / 2^n) / 2^n.
template <class Sample>
constexpr Sample TimesAlpha(Sample colour, Sample alpha) {
  constexpr int kBits = std::numeric_limits<Sample>::digits;
  const uint32_t t = uint32_t{colour} * alpha + (uint32_t{1} << (kBits - 1));
  return static_cast<Sample>((t + (t >> kBits)) >> kBits);
}

template <class Sample, int kChannels>
void MultiplyPixels(const std::byte* row, size_t pixels, std::byte* out) {
  for (size_t i = 0; i < pixels; ++i) {
    std::array<Sample, kChannels> pixel;
    std::memcpy(&pixel, row + i * sizeof(pixel), sizeof(pixel));
    for (int c = 0; c < kChannels - 1; ++c) pixel[c] = TimesAlpha(pixel[c], pixel[kChannels - 1]);
    std::memcpy(out + i * sizeof(pixel), &pixel, sizeof(pixel));
  }
}

template <class Sample>
void Multiply(std::span<const std::byte> row, int channels, std::byte* out) {
  const size_t pixel_bytes = channels * sizeof(Sample);
  const size_t pixels = row.size() / pixel_bytes;
  if (channels == 2) return MultiplyPixels<Sample, 2>(row.data(), pixels, out);
  size_t done = 0;
  if constexpr (sizeof(Sample) == 1) {
    done = simd::MultiplyRgba(reinterpret_cast<const uint8_t*>(row.data()), pixels, reinterpret_cast<uint8_t*>(out));
  }
  MultiplyPixels<Sample, 4>(row.data() + done * pixel_bytes, pixels - done, out + done * pixel_bytes);
}

// ceil(2^24 / alpha), so that a dividend times it, over 2^24, exceeds the exact quotient by less than dividend / 2^24:
// for dividends below 2^16 less than 1 / alpha, which leaves the integer part as it is.
constexpr std::array<uint32_t, 256> kInverses = [] {
  std::array<uint32_t, 256> inverses{};
  for (uint32_t alpha = 1; alpha < 256; ++alpha) inverses[alpha] = ((1u << 24) + alpha - 1) / alpha;
  return inverses;
}();

// round(colour * max / alpha), halves up, for alpha > 0.
constexpr uint8_t OverAlpha(uint8_t colour, uint8_t alpha) {
  const uint64_t dividend = colour * 255u + alpha / 2u;
  return static_cast<uint8_t>(std::min<uint64_t>(255, dividend * kInverses[alpha] >> 24));
}
constexpr uint16_t OverAlpha(uint16_t colour, uint16_t alpha) {
  return static_cast<uint16_t>(std::min(65535u, (colour * 65535u + alpha / 2u) / alpha));
}

template <class Sample>
void Divide(std::span<Sample> samples, int channels) {
  for (size_t i = 0; i < samples.size(); i += channels) {
    const Sample alpha = samples[i + channels - 1];
    if (alpha == std::numeric_limits<Sample>::max()) continue;
    for (Sample& colour : samples.subspan(i, channels - 1)) colour = alpha == 0 ? Sample{0} : OverAlpha(colour, alpha);
  }
}

}  // namespace

Status Premultiplier::Begin(const RowFormat& format) {
  const bool pixels_divide_words = format.color == ColorModel::kGray || format.color == ColorModel::kRgb;
  if (format.alpha && (format.planes.size() != 1 || !pixels_divide_words ||
                       format.planes.front().channels != ColorChannels(format.color) + 1)) {
    return Fail(ErrorCode::kInternal, "alpha that is not interleaved with gray or RGB");
  }
  format_ = format;
  opaque_ = true;
  split_ = false;
  owed_ = 0;
  begun_ = !MaySplit();
  return begun_ ? next_.Begin(format) : Status();
}

bool Premultiplier::MaySplit() const {
  return format_.alpha && format_.color == ColorModel::kRgb && format_.sample == SampleType::kU8;
}

Status Premultiplier::BeginSplit(std::span<const std::byte> row) {
  begun_ = true;
  split_ = IsOpaque(row, format_.planes.front().channels, format_.sample);
  if (!split_) return next_.Begin(format_);
  RowFormat format = format_;
  format.planes.push_back(format.planes.front());
  format.planes.front().channels = 3;
  format.planes.back().channels = 1;
  const auto width = static_cast<size_t>(format.planes.front().width);
  colours_.resize(3 * width + simd::kRgbSlack);
  alpha_.resize(width);
  return next_.Begin(format);
}

Status Premultiplier::Row(int plane, std::span<const std::byte> row) {
  if (!format_.alpha) return next_.Row(plane, row);
  const int channels = format_.planes.front().channels;
  if (plane != 0 || row.size() % (channels * SampleBytes(format_.sample)) != 0) {
    return Fail(ErrorCode::kInternal, "a decoder delivered a row that it had not announced");
  }
  if (!begun_) {
    if (Status status = BeginSplit(row); !status) return status;
  }
  if (split_) return SplitRow(row);
  if (IsOpaque(row, channels, format_.sample)) return next_.Row(plane, row);
  return next_.Row(plane, Multiplied(row));
}

std::span<const std::byte> Premultiplier::Multiplied(std::span<const std::byte> row) {
  opaque_ = false;
  row_.resize(row.size());
  if (format_.sample == SampleType::kU8) {
    Multiply<uint8_t>(row, format_.planes.front().channels, row_.data());
  } else {
    Multiply<uint16_t>(row, format_.planes.front().channels, row_.data());
  }
  return row_;
}

Status Premultiplier::SplitRow(std::span<const std::byte> row) {
  const size_t pixels = row.size() / 4;
  if (pixels != alpha_.size()) return Fail(ErrorCode::kInternal, "a decoder delivered a row of another length");
  if (simd::DropOpaqueAlpha(reinterpret_cast<const uint8_t*>(row.data()), pixels, colours_.data())) {
    ++owed_;
    if (Status status = PushColours(pixels); !status || opaque_) return status;
    return PushOwedAlpha();
  }
  const std::span<const std::byte> multiplied = Multiplied(row);
  if (Status status = PushOwedAlpha(); !status) return status;
  simd::SplitRgba(reinterpret_cast<const uint8_t*>(multiplied.data()), pixels, colours_.data(), alpha_.data());
  if (Status status = PushColours(pixels); !status) return status;
  return next_.Row(1, std::as_bytes(std::span(alpha_)));
}

Status Premultiplier::PushColours(size_t pixels) {
  return next_.Row(0, std::as_bytes(std::span(colours_).first(3 * pixels)));
}

Status Premultiplier::PushOwedAlpha() {
  if (owed_ == 0) return {};
  std::fill(alpha_.begin(), alpha_.end(), uint8_t{255});
  for (; owed_ > 0; --owed_) {
    if (Status status = next_.Row(1, std::as_bytes(std::span(alpha_))); !status) return status;
  }
  return {};
}

Status Premultiplier::End() { return next_.End(); }

void Unpremultiply(Raster& raster) {
  if (!raster.alpha) return;
  if (raster.sample == SampleType::kU8) {
    Divide(raster.u8(), raster.channels());
  } else {
    Divide(raster.u16(), raster.channels());
  }
}

}  // namespace tbbthumbs
