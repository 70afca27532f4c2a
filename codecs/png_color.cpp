#include "codecs/png_color.h"

#include <cmath>
#include <cstring>

namespace tbbthumbs {
namespace {

using Curve = ParametricProfile::Curve;

// ITU-T H.273, table 2. BT.709 (code 1) is the default of ParametricProfile.
constexpr std::array<double, 8> kBt2020{0.3127, 0.3290, 0.7080, 0.2920, 0.1700, 0.7970, 0.1310, 0.0460};
constexpr std::array<double, 8> kDisplayP3{0.3127, 0.3290, 0.6800, 0.3200, 0.2650, 0.6900, 0.1500, 0.0600};

// cICP: primaries, transfer and matrix as H.273 numbers them, and 1 for the full range. False where they mean
// nothing for a picture of RGB or gray samples, or are not known here: the next chunk applies.
bool ReadCicp(std::span<const std::byte> chunk, ColorProfile& color) {
  if (chunk.size() != 4 || chunk[2] != std::byte{0} || chunk[3] != std::byte{1}) return false;
  ParametricProfile profile;
  switch (std::to_integer<int>(chunk[0])) {
    case 1:
      break;
    case 9:
      profile.chromaticities = kBt2020;
      break;
    case 12:
      profile.chromaticities = kDisplayP3;
      break;
    default:
      return false;
  }
  switch (std::to_integer<int>(chunk[1])) {
    case 1:
    case 6:
    case 14:
    case 15:
      profile.curve = Curve::kBt709;
      break;
    case 4:
      profile.curve = Curve::kGamma;
      profile.gamma = 2.2;
      break;
    case 5:
      profile.curve = Curve::kGamma;
      profile.gamma = 2.8;
      break;
    case 8:
      profile.curve = Curve::kGamma;
      profile.gamma = 1.0;
      break;
    case 13:
      profile.curve = Curve::kSrgb;
      break;
    case 16:  // PQ and HLG would need tone mapping
    case 18:
      return true;
    default:
      return false;
  }
  color = profile;
  return true;
}

bool ReadIccp(const PngReadSession& session, ColorProfile& color) {
  png_charp name = nullptr;
  int compression = 0;
  png_bytep bytes = nullptr;
  png_uint_32 count = 0;
  if (png_get_iCCP(session.png(), session.info(), &name, &compression, &bytes, &count) == 0) return false;
  const auto* begin = reinterpret_cast<const std::byte*>(bytes);
  color = IccProfile{{begin, begin + count}};
  return true;
}

// gAMA gives the exponent from light to sample, about 0.45455 for what displays expect.
void ReadGamma(const PngReadSession& session, ColorProfile& color) {
  constexpr double kTolerance = 0.05;
  constexpr double kMaxGamma = 10;  // beyond that either way it is damage
  double encoding = 0;
  if (png_get_gAMA(session.png(), session.info(), &encoding) == 0) return;
  if (std::abs(encoding * 2.2 - 1) <= kTolerance) return;
  if (encoding < 1 / kMaxGamma || encoding > kMaxGamma) return;
  ParametricProfile profile;
  profile.curve = Curve::kGamma;
  profile.gamma = 1 / encoding;
  std::array<double, 8> xy{};
  if (png_get_cHRM(session.png(), session.info(), &xy[0], &xy[1], &xy[2], &xy[3], &xy[4], &xy[5], &xy[6], &xy[7]) !=
      0) {
    profile.chromaticities = xy;
  }
  color = profile;
}

}  // namespace

std::span<const std::byte> FindUnknownChunk(const PngReadSession& session, const char* name) {
  png_unknown_chunkp chunks = nullptr;
  const int count = png_get_unknown_chunks(session.png(), session.info(), &chunks);
  for (int i = 0; i < count; ++i) {
    if (std::memcmp(chunks[i].name, name, 4) != 0) continue;
    return {reinterpret_cast<const std::byte*>(chunks[i].data), chunks[i].size};
  }
  return {};
}

ColorProfile ReadPngColor(const PngReadSession& session) {
  ColorProfile color;
  if (ReadCicp(FindUnknownChunk(session, "cICP"), color)) return color;
  if (ReadIccp(session, color)) return color;
  if (png_get_valid(session.png(), session.info(), PNG_INFO_sRGB) == 0) ReadGamma(session, color);
  return color;
}

}  // namespace tbbthumbs
