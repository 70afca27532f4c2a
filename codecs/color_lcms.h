// Handles and profiles of lcms2. Private to codecs/color*.cpp.
#ifndef TBBTHUMBS_CODECS_COLOR_LCMS_H_
#define TBBTHUMBS_CODECS_COLOR_LCMS_H_

#include <lcms2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

#include "codecs/color_goal.h"
#include "codecs/color_profile.h"
#include "codecs/row_sink.h"

namespace tbbthumbs {

template <auto kFree>
struct LcmsDeleter {
  template <class T>
  void operator()(T* handle) const {
    kFree(handle);
  }
};
using LcmsContext = std::unique_ptr<std::remove_pointer_t<cmsContext>, LcmsDeleter<cmsDeleteContext>>;
using LcmsProfile = std::unique_ptr<void, LcmsDeleter<cmsCloseProfile>>;
using LcmsTransform = std::unique_ptr<void, LcmsDeleter<cmsDeleteTransform>>;
using LcmsCurve = std::unique_ptr<cmsToneCurve, LcmsDeleter<cmsFreeToneCurve>>;

// Press profiles reach 3 MB; what is larger is not worth its time.
inline constexpr size_t kMaxIccBytes = 4 << 20;

// A context of its own, which reports errors to nobody.
LcmsContext MakeLcmsContext();

// Null where `profile` says nothing, is broken, is no input, display, output or colour space profile, or is not made
// for pictures of `model`.
LcmsProfile OpenLcmsProfile(cmsContext context, const ColorProfile& profile, ColorModel model);

// True for an RGB matrix profile whose primaries and curves are those of sRGB (as most cameras embed) or of Display P3
// (as some phones do) within tolerance.
bool IsRgbMatrixLikeSrgb(cmsHPROFILE profile);
bool IsRgbMatrixLikeDisplayP3(cmsHPROFILE profile);

// An intent as lcms is told of it: kRelative with black-point compensation.
struct LcmsIntent {
  explicit LcmsIntent(Intent intent);
  cmsUInt32Number intent = INTENT_PERCEPTUAL;
  cmsUInt32Number flags = 0;
};

// The curves from samples to light of an RGB profile of primaries and curves (three), or of a gray one (one). None
// where the profile works through tables, or means something else by its curve. They live as long as the profile.
std::vector<const cmsToneCurve*> ToneCurvesOf(cmsHPROFILE profile, ColorModel model);

// What each gray sample of that type becomes in sRGB's curve: 256 or 65,536 numbers. Empty where lcms can't say.
std::vector<uint16_t> MakeGrayTable(cmsContext context, cmsHPROFILE profile, SampleType sample, Intent intent);

// True where the table changes no sample by 1.5 / 255 or more.
bool IsGrayLikeSrgb(const std::vector<uint16_t>& table);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_COLOR_LCMS_H_
