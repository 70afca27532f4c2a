#include "codecs/color_icc.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>

namespace tbbthumbs {
namespace {

using LcmsText = std::unique_ptr<cmsMLU, LcmsDeleter<cmsMLUfree>>;

bool WriteText(cmsContext context, cmsHPROFILE profile, cmsTagSignature tag, std::string_view text) {
  const LcmsText mlu(cmsMLUalloc(context, 1));
  return mlu != nullptr && cmsMLUsetASCII(mlu.get(), "en", "US", std::string(text).c_str()) != 0 &&
         cmsWriteTag(profile, tag, mlu.get()) != 0;
}

// lcms writes the time at which it made the profile. Numbers of 16 bits: year, month, day, hour, minute, second.
void SetDate(std::vector<std::byte>& icc) {
  constexpr size_t kDateAt = 24;
  constexpr std::array<uint8_t, 12> kDate = {2000 >> 8, 2000 & 0xFF, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0};
  std::transform(kDate.begin(), kDate.end(), icc.begin() + kDateAt, [](uint8_t byte) { return std::byte{byte}; });
}

}  // namespace

std::vector<std::byte> MakeIcc(cmsContext context, const ParametricProfile& said, ColorModel model,
                               std::string_view name) {
  constexpr cmsUInt32Number kHeaderBytes = 128;
  const LcmsProfile profile = OpenLcmsProfile(context, said, model);
  if (profile == nullptr) return {};
  // The primaries stand in it as matrix columns; once more in numbers of their own they help nobody.
  cmsWriteTag(profile.get(), cmsSigChromaticityTag, nullptr);
  if (!WriteText(context, profile.get(), cmsSigProfileDescriptionTag, name) ||
      !WriteText(context, profile.get(), cmsSigCopyrightTag, "CC0")) {
    return {};
  }
  cmsUInt32Number size = 0;
  if (cmsSaveProfileToMem(profile.get(), nullptr, &size) == 0 || size < kHeaderBytes) return {};
  std::vector<std::byte> icc(size);
  if (cmsSaveProfileToMem(profile.get(), icc.data(), &size) == 0) return {};
  SetDate(icc);
  return icc;
}

}  // namespace tbbthumbs
