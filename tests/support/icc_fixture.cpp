#include "tests/support/icc_fixture.h"

#include <lcms2.h>

#include <cstdint>

namespace tbbthumbs::testing {
namespace {

cmsToneCurve* MakeCurve(double gamma) {
  if (gamma > 0) return cmsBuildGamma(nullptr, gamma);
  const double srgb[] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
  return cmsBuildParametricToneCurve(nullptr, 4, srgb);
}

std::vector<std::byte> Save(cmsHPROFILE profile) {
  cmsUInt32Number size = 0;
  cmsSaveProfileToMem(profile, nullptr, &size);
  std::vector<std::byte> bytes(size);
  cmsSaveProfileToMem(profile, bytes.data(), &size);
  cmsCloseProfile(profile);
  return bytes;
}

// Sets a node of the table: from inks to the Lab of the colour they print.
cmsInt32Number PrintInks(const cmsUInt16Number inks[], cmsUInt16Number lab[], void* rgb_to_lab) {
  const auto printed = [&](cmsUInt16Number ink) {
    return static_cast<cmsUInt16Number>((65535u - ink) * static_cast<uint64_t>(65535u - inks[3]) / 65535u);
  };
  const cmsUInt16Number rgb[] = {printed(inks[1]), printed(inks[0]), printed(inks[2])};
  cmsDoTransform(rgb_to_lab, rgb, lab, 1);
  return 1;
}

}  // namespace

std::vector<std::byte> RgbIcc(const Chromaticities& xy, double gamma) { return RgbIcc(xy, {gamma, gamma, gamma}); }

std::vector<std::byte> RgbIcc(const Chromaticities& xy, const std::array<double, 3>& gammas) {
  const cmsCIExyY white{xy[0], xy[1], 1};
  const cmsCIExyYTRIPLE primaries{{xy[2], xy[3], 1}, {xy[4], xy[5], 1}, {xy[6], xy[7], 1}};
  cmsToneCurve* curves[] = {MakeCurve(gammas[0]), MakeCurve(gammas[1]), MakeCurve(gammas[2])};
  std::vector<std::byte> bytes = Save(cmsCreateRGBProfile(&white, &primaries, curves));
  cmsFreeToneCurveTriple(curves);
  return bytes;
}

std::vector<std::byte> GrayIcc(double gamma) {
  cmsToneCurve* const curve = MakeCurve(gamma);
  std::vector<std::byte> bytes = Save(cmsCreateGrayProfile(cmsD50_xyY(), curve));
  cmsFreeToneCurve(curve);
  return bytes;
}

std::vector<std::byte> SwappedCmykIcc() {
  cmsHPROFILE srgb = cmsCreate_sRGBProfile();
  cmsHPROFILE lab = cmsCreateLab4Profile(nullptr);
  cmsHTRANSFORM rgb_to_lab =
      cmsCreateTransform(srgb, TYPE_RGB_16, lab, TYPE_Lab_16, INTENT_PERCEPTUAL, cmsFLAGS_NOOPTIMIZE);
  cmsHPROFILE profile = cmsCreateProfilePlaceholder(nullptr);
  cmsSetProfileVersion(profile, 4.3);
  cmsSetDeviceClass(profile, cmsSigOutputClass);
  cmsSetColorSpace(profile, cmsSigCmykData);
  cmsSetPCS(profile, cmsSigLabData);
  cmsPipeline* const pipeline = cmsPipelineAlloc(nullptr, 4, 3);
  cmsStage* const table = cmsStageAllocCLut16bit(nullptr, 9, 4, 3, nullptr);
  cmsStageSampleCLut16bit(table, PrintInks, rgb_to_lab, 0);
  cmsPipelineInsertStage(pipeline, cmsAT_END, cmsStageAllocToneCurves(nullptr, 4, nullptr));
  cmsPipelineInsertStage(pipeline, cmsAT_END, table);
  cmsPipelineInsertStage(pipeline, cmsAT_END, cmsStageAllocToneCurves(nullptr, 3, nullptr));
  cmsWriteTag(profile, cmsSigAToB0Tag, pipeline);
  cmsPipelineFree(pipeline);
  cmsDeleteTransform(rgb_to_lab);
  cmsCloseProfile(lab);
  cmsCloseProfile(srgb);
  return Save(profile);
}

std::vector<std::byte> LinkIcc() {
  cmsToneCurve* const curve = cmsBuildGamma(nullptr, 3);
  cmsToneCurve* const curves[] = {curve, curve, curve};
  std::vector<std::byte> bytes = Save(cmsCreateLinearizationDeviceLink(cmsSigRgbData, curves));
  cmsFreeToneCurve(curve);
  return bytes;
}

}  // namespace tbbthumbs::testing
