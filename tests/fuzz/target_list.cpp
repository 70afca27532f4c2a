#include "tests/fuzz/target_list.h"

#include <algorithm>
#include <array>

#include "tests/fuzz/icc_mutator.h"
#include "tests/fuzz/jpeg_mutator.h"
#include "tests/fuzz/picture_mutator.h"
#include "tests/fuzz/png_mutator.h"
#include "tests/fuzz/targets.h"

namespace tbbthumbs::fuzz {
namespace {

using Input = std::span<const std::byte>;
using namespace std::string_view_literals;

// A target that says how it went, as the number of its outcome.
template <auto kRun>
size_t Run(Input input) {
  return static_cast<size_t>(kRun(input));
}

template <auto kRun>
size_t RunSilent(Input input) {
  kRun(input);
  return 0;
}

size_t RunLanes(Input input) {
  const auto blocks = JpegLanes(input);
  return !blocks ? 0 : *blocks == 0 ? 1 : 2;
}

constexpr std::array kThumbnail = {"without thumbnails"sv, "with thumbnails"sv};
constexpr std::array kJpegFast = {"left to libjpeg"sv, "not to be compared"sv, "baseline as libjpeg's"sv,
                                  "progressive as libjpeg's"sv};
constexpr std::array kLanes = {"not taken"sv, "taken without lanes"sv, "in lanes"sv};
constexpr std::array kPngFast = {"refused"sv, "left to libpng"sv, "as libpng's"sv, "of incomplete codes"sv};
constexpr std::array kReference = {"refused"sv, "salvaged"sv, "with warnings"sv, "whole"sv};
constexpr std::array kSniff = {"unknown"sv, "not decoded"sv, "refused"sv, "opened"sv};
constexpr std::array kIcc = {"unusable"sv, "usable"sv};
constexpr std::array kRun = {"run"sv};
constexpr std::array kNames = {"refused"sv, "planned"sv, "renamed"sv};
constexpr std::array kReading = {"refused"sv, "read"sv};
constexpr std::array kList = {"empty"sv, "with names"sv};
constexpr std::array kDatabase = {"refused"sv, "damaged"sv, "whole"sv};

constexpr std::array kTargets = {
#define TARGET(name, run, outcomes, mutate) Target{#name, run, outcomes, mutate},
#include "tests/fuzz/targets.def"
#undef TARGET
};

}  // namespace

std::span<const Target> AllTargets() { return kTargets; }

const Target* FindTarget(std::string_view name) {
  const auto* found = std::find_if(kTargets.begin(), kTargets.end(), [&](const Target& t) { return t.name == name; });
  return found == kTargets.end() ? nullptr : found;
}

}  // namespace tbbthumbs::fuzz
