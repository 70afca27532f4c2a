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

// The Lab of a colour of sRGB, and of one that a screen shows that is never quite dark.
cmsInt32Number ShowRgb(const cmsUInt16Number rgb[], cmsUInt16Number lab[], void* rgb_to_lab) {
  cmsDoTransform(rgb_to_lab, rgb, lab, 1);
  return 1;
}
cmsInt32Number ShowPaleRgb(const cmsUInt16Number rgb[], cmsUInt16Number lab[], void* rgb_to_lab) {
  cmsUInt16Number pale[3];
  for (int c = 0; c < 3; ++c) pale[c] = static_cast<cmsUInt16Number>(65535 / 4 + rgb[c] * uint64_t{3} / 4);
  cmsDoTransform(rgb_to_lab, pale, lab, 1);
  return 1;
}

struct Table {
  cmsTagSignature tag;
  cmsSAMPLER16 sampler;
};

// A profile from `channels` of `space` to Lab.
std::vector<std::byte> TableIcc(cmsProfileClassSignature kind, cmsColorSpaceSignature space, cmsUInt32Number channels,
                                const std::vector<Table>& tables) {
  cmsHPROFILE srgb = cmsCreate_sRGBProfile();
  cmsHPROFILE lab = cmsCreateLab4Profile(nullptr);
  cmsHTRANSFORM rgb_to_lab =
      cmsCreateTransform(srgb, TYPE_RGB_16, lab, TYPE_Lab_16, INTENT_PERCEPTUAL, cmsFLAGS_NOOPTIMIZE);
  cmsHPROFILE profile = cmsCreateProfilePlaceholder(nullptr);
  cmsSetProfileVersion(profile, 4.3);
  cmsSetDeviceClass(profile, kind);
  cmsSetColorSpace(profile, space);
  cmsSetPCS(profile, cmsSigLabData);
  for (const Table& table : tables) {
    cmsPipeline* const pipeline = cmsPipelineAlloc(nullptr, channels, 3);
    cmsStage* const stage = cmsStageAllocCLut16bit(nullptr, 9, channels, 3, nullptr);
    cmsStageSampleCLut16bit(stage, table.sampler, rgb_to_lab, 0);
    cmsPipelineInsertStage(pipeline, cmsAT_END, cmsStageAllocToneCurves(nullptr, channels, nullptr));
    cmsPipelineInsertStage(pipeline, cmsAT_END, stage);
    cmsPipelineInsertStage(pipeline, cmsAT_END, cmsStageAllocToneCurves(nullptr, 3, nullptr));
    cmsWriteTag(profile, table.tag, pipeline);
    cmsPipelineFree(pipeline);
  }
  cmsDeleteTransform(rgb_to_lab);
  cmsCloseProfile(lab);
  cmsCloseProfile(srgb);
  return Save(profile);
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
  return TableIcc(cmsSigOutputClass, cmsSigCmykData, 4, {{cmsSigAToB0Tag, PrintInks}});
}

std::vector<std::byte> PaleScreenIcc() {
  return TableIcc(cmsSigDisplayClass, cmsSigRgbData, 3, {{cmsSigAToB0Tag, ShowRgb}, {cmsSigAToB1Tag, ShowPaleRgb}});
}

std::vector<std::byte> LinkIcc() {
  cmsToneCurve* const curve = cmsBuildGamma(nullptr, 3);
  cmsToneCurve* const curves[] = {curve, curve, curve};
  std::vector<std::byte> bytes = Save(cmsCreateLinearizationDeviceLink(cmsSigRgbData, curves));
  cmsFreeToneCurve(curve);
  return bytes;
}

}  // namespace tbbthumbs::testing
