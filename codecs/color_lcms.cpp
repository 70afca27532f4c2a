#include "codecs/color_lcms.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <variant>

namespace tbbthumbs {
namespace {

cmsColorSpaceSignature SpaceOf(ColorModel model) {
  switch (model) {
    case ColorModel::kGray:
      return cmsSigGrayData;
    case ColorModel::kRgb:
      return cmsSigRgbData;
    case ColorModel::kCmyk:
      return cmsSigCmykData;
    case ColorModel::kYcc:
      return cmsSigYCbCrData;
  }
  return cmsSigRgbData;
}

// ICC's parametric curve of type 4: ((x + a) / (1 + a))^gamma above `threshold`, x / slope below.
LcmsCurve MakePiecewiseCurve(cmsContext context, double gamma, double a, double slope, double threshold) {
  const double parameters[] = {gamma, 1 / (1 + a), a / (1 + a), 1 / slope, threshold};
  return LcmsCurve(cmsBuildParametricToneCurve(context, 4, parameters));
}

LcmsCurve MakeSrgbCurve(cmsContext context) { return MakePiecewiseCurve(context, 2.4, 0.055, 12.92, 0.04045); }

LcmsCurve MakeCurve(cmsContext context, const ParametricProfile& profile) {
  switch (profile.curve) {
    case ParametricProfile::Curve::kSrgb:
      return MakeSrgbCurve(context);
    case ParametricProfile::Curve::kBt709:
      return MakePiecewiseCurve(context, 1 / 0.45, 0.099, 4.5, 0.081);
    case ParametricProfile::Curve::kGamma:
      return LcmsCurve(cmsBuildGamma(context, profile.gamma));
  }
  return nullptr;
}

LcmsProfile FromParameters(cmsContext context, const ParametricProfile& profile, ColorModel model) {
  const LcmsCurve curve = MakeCurve(context, profile);
  if (curve == nullptr) return nullptr;
  if (model == ColorModel::kGray) return LcmsProfile(cmsCreateGrayProfileTHR(context, cmsD50_xyY(), curve.get()));
  if (model != ColorModel::kRgb) return nullptr;
  const auto& xy = profile.chromaticities;
  const cmsCIExyY white{xy[0], xy[1], 1};
  const cmsCIExyYTRIPLE primaries{{xy[2], xy[3], 1}, {xy[4], xy[5], 1}, {xy[6], xy[7], 1}};
  cmsToneCurve* const curves[] = {curve.get(), curve.get(), curve.get()};
  return LcmsProfile(cmsCreateRGBProfileTHR(context, &white, &primaries, curves));
}

LcmsProfile FromIcc(cmsContext context, const IccProfile& icc, ColorModel model) {
  if (icc.bytes.empty() || icc.bytes.size() > kMaxIccBytes) return nullptr;
  LcmsProfile profile(
      cmsOpenProfileFromMemTHR(context, icc.bytes.data(), static_cast<cmsUInt32Number>(icc.bytes.size())));
  if (profile == nullptr || cmsGetColorSpace(profile.get()) != SpaceOf(model)) return nullptr;
  switch (cmsGetDeviceClass(profile.get())) {
    case cmsSigInputClass:
    case cmsSigDisplayClass:
    case cmsSigOutputClass:
    case cmsSigColorSpaceClass:
      return profile;
    default:
      return nullptr;
  }
}

// The sample that means the linear light `y` in sRGB.
double EncodeSrgb(double y) {
  y = std::clamp(y, 0.0, 1.0);
  return y <= 0.0031308 ? 12.92 * y : 1.055 * std::pow(y, 1 / 2.4) - 0.055;
}

// Compared as samples, where a step is equally visible everywhere.
bool IsCurveLikeSrgb(const cmsToneCurve* curve) {
  constexpr int kPoints = 256;
  constexpr double kTolerance = 0.005;
  for (int i = 0; i <= kPoints; ++i) {
    const double x = static_cast<double>(i) / kPoints;
    const double y = cmsEvalToneCurveFloat(curve, static_cast<float>(x));
    // Written so that NaN fails.
    if (!(std::abs(EncodeSrgb(y) - x) <= kTolerance)) return false;
  }
  return true;
}

bool IsNear(const cmsCIEXYZ& a, const cmsCIEXYZ& b) {
  constexpr double kTolerance = 0.003;
  return std::abs(a.X - b.X) <= kTolerance && std::abs(a.Y - b.Y) <= kTolerance && std::abs(a.Z - b.Z) <= kTolerance;
}

bool HasTables(cmsHPROFILE profile) {
  constexpr std::array<cmsTagSignature, 7> kTables = {cmsSigAToB0Tag, cmsSigAToB1Tag, cmsSigAToB2Tag, cmsSigDToB0Tag,
                                                      cmsSigDToB1Tag, cmsSigDToB2Tag, cmsSigDToB3Tag};
  return std::any_of(kTables.begin(), kTables.end(),
                     [profile](cmsTagSignature tag) { return cmsIsTag(profile, tag) != 0; });
}

// `colorants`: the primaries adapted to D50.
bool IsRgbMatrixLike(cmsHPROFILE profile, const std::array<cmsCIEXYZ, 3>& colorants) {
  constexpr std::array<cmsTagSignature, 3> kColorants = {cmsSigRedColorantTag, cmsSigGreenColorantTag,
                                                         cmsSigBlueColorantTag};
  constexpr std::array<cmsTagSignature, 3> kCurves = {cmsSigRedTRCTag, cmsSigGreenTRCTag, cmsSigBlueTRCTag};
  if (cmsIsMatrixShaper(profile) == 0 || HasTables(profile) || cmsGetPCS(profile) != cmsSigXYZData) return false;
  for (size_t i = 0; i < colorants.size(); ++i) {
    const auto* colorant = static_cast<const cmsCIEXYZ*>(cmsReadTag(profile, kColorants[i]));
    const auto* curve = static_cast<const cmsToneCurve*>(cmsReadTag(profile, kCurves[i]));
    if (colorant == nullptr || curve == nullptr || !IsNear(*colorant, colorants[i]) || !IsCurveLikeSrgb(curve)) {
      return false;
    }
  }
  return true;
}

}  // namespace

LcmsContext MakeLcmsContext() {
  LcmsContext context(cmsCreateContext(nullptr, nullptr));
  if (context != nullptr) {
    cmsSetLogErrorHandlerTHR(context.get(), [](cmsContext, cmsUInt32Number, const char*) {});
  }
  return context;
}

LcmsProfile OpenLcmsProfile(cmsContext context, const ColorProfile& profile, ColorModel model) {
  if (const auto* icc = std::get_if<IccProfile>(&profile)) return FromIcc(context, *icc, model);
  if (const auto* said = std::get_if<ParametricProfile>(&profile)) return FromParameters(context, *said, model);
  return nullptr;
}

bool IsRgbMatrixLikeSrgb(cmsHPROFILE profile) {
  // As IEC 61966-2-1 profiles give them.
  return IsRgbMatrixLike(profile, {{{0.4360, 0.2225, 0.0139}, {0.3851, 0.7169, 0.0971}, {0.1431, 0.0606, 0.7141}}});
}

std::vector<const cmsToneCurve*> ToneCurvesOf(cmsHPROFILE profile, ColorModel model) {
  // With CIELAB a gray curve gives lightness.
  if (cmsIsMatrixShaper(profile) == 0 || HasTables(profile) || cmsGetPCS(profile) != cmsSigXYZData) return {};
  std::vector<cmsTagSignature> tags{cmsSigGrayTRCTag};
  if (model != ColorModel::kGray) tags = {cmsSigRedTRCTag, cmsSigGreenTRCTag, cmsSigBlueTRCTag};
  std::vector<const cmsToneCurve*> curves;
  for (const cmsTagSignature tag : tags) {
    curves.push_back(static_cast<const cmsToneCurve*>(cmsReadTag(profile, tag)));
    if (curves.back() == nullptr) return {};
  }
  return curves;
}

bool IsRgbMatrixLikeDisplayP3(cmsHPROFILE profile) {
  return IsRgbMatrixLike(profile, {{{0.5151, 0.2412, -0.0011}, {0.2920, 0.6922, 0.0419}, {0.1571, 0.0666, 0.7841}}});
}

LcmsIntent::LcmsIntent(Intent wanted) {
  switch (wanted) {
    case Intent::kPerceptual:
      break;
    case Intent::kRelative:
      intent = INTENT_RELATIVE_COLORIMETRIC;
      flags = cmsFLAGS_BLACKPOINTCOMPENSATION;
      break;
    case Intent::kSaturation:
      intent = INTENT_SATURATION;
      break;
    case Intent::kAbsolute:
      intent = INTENT_ABSOLUTE_COLORIMETRIC;
      break;
  }
}

std::vector<uint16_t> MakeGrayTable(cmsContext context, cmsHPROFILE profile, SampleType sample, Intent intent) {
  const LcmsCurve curve = MakeSrgbCurve(context);
  if (curve == nullptr) return {};
  const LcmsProfile srgb(cmsCreateGrayProfileTHR(context, cmsD50_xyY(), curve.get()));
  if (srgb == nullptr) return {};
  const LcmsIntent lcms_intent(intent);
  // Unoptimized, for lcms's own tables are up to a step of 8 bits off in dark tones.
  const LcmsTransform transform(cmsCreateTransformTHR(context, profile, TYPE_GRAY_16, srgb.get(), TYPE_GRAY_16,
                                                      lcms_intent.intent, lcms_intent.flags | cmsFLAGS_NOOPTIMIZE));
  if (transform == nullptr) return {};
  const bool narrow = sample == SampleType::kU8;
  std::vector<uint16_t> table(narrow ? 256 : 65536);
  for (size_t i = 0; i < table.size(); ++i) table[i] = static_cast<uint16_t>(narrow ? i * 257 : i);
  cmsDoTransform(transform.get(), table.data(), table.data(), static_cast<cmsUInt32Number>(table.size()));
  if (narrow) {
    for (uint16_t& value : table) value = static_cast<uint16_t>((value + 128) / 257);
  }
  return table;
}

bool IsGrayLikeSrgb(const std::vector<uint16_t>& table) {
  const int largest = static_cast<int>(table.size()) - 1;
  for (int sample = 0; sample <= largest; ++sample) {
    // Twice 255 times the change, against 3 times the range.
    if (510 * int64_t{std::abs(table[static_cast<size_t>(sample)] - sample)} >= int64_t{3} * largest) return false;
  }
  return true;
}

}  // namespace tbbthumbs
