// Which thumbnail is wanted: how large, and what of the picture it shows.
#ifndef TBBTHUMBS_CODECS_SIZE_SPEC_H_
#define TBBTHUMBS_CODECS_SIZE_SPEC_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codecs/error.h"

namespace tbbthumbs {

// How a picture of another shape comes into a box of two sides.
enum class Fit {
  kInside,  // whole; the thumbnail has the picture's shape and is no larger than the box
  kCover,   // fills the box, and what stands out is cut off
  kFill,    // stretched to the box
  kPad,     // whole, and the rest of the box is background
};

// Which pictures are resized: others keep their size (and are cut or padded all the same).
enum class Scaling {
  kShrink,   // those that are larger than the thumbnail
  kEnlarge,  // those that are smaller
  kBoth,
};

// Which part of a picture kCover keeps, and where kPad puts it.
enum class Gravity {
  kCentre,
  kNorth,
  kNortheast,
  kEast,
  kSoutheast,
  kSouth,
  kSouthwest,
  kWest,
  kNorthwest,
  kAttention,  // skin, strong colours, edges
  kEntropy,    // the most varied brightness
};

// The strongest unsharp mask (see Sharpen).
inline constexpr double kMaxSharpen = 10;

// One thumbnail. A plain value.
struct SizeSpec {
  // The box, in pixels of the thumbnail. 0 leaves a side free.
  int width = 256;
  int height = 256;
  // Above 0: the sides are so many hundredths of the picture's, `width` and `height` are not used.
  double percent = 0;
  Fit fit = Fit::kInside;
  Scaling scaling = Scaling::kShrink;
  Gravity gravity = Gravity::kCentre;
  // Pixels for one of a web page's: 256 at density 2 has a box of 512, which `width` and `height` say already.
  int density = 1;
  std::optional<int> quality;         // of JPEG: 1..100, if it is not that of the run
  std::optional<uint64_t> max_bytes;  // of the file, if it is not that of the run; 0: any number
  std::optional<double> sharpen;      // 0..10, if it is not that of the run
  std::string name;                   // for {size}; "" for what ToString's beginning says
  // A file's name has 255, and other things in it.
  static constexpr size_t kMaxNameBytes = 64;
  friend bool operator==(const SizeSpec&, const SizeSpec&) = default;
};

// What a text leaves out.
struct SizeDefaults {
  Fit fit = Fit::kInside;
  Scaling scaling = Scaling::kShrink;
  Gravity gravity = Gravity::kCentre;
};

// [NAME=]SIZE[@Nx][>|<|!][,KEY=VALUE]...
//   SIZE       256 (a box), 256x (width), x256 (height), 320x240, 50%; sides are 1..65500
//   @2x        twice as many pixels
//   > < !      only shrink; only enlarge; stretch
//   KEY=VALUE  fit=inside|cover|fill|pad, gravity=..., q=1..100, max=20k (bytes), sharpen=0..10, enlarge=yes|no
// as in "square=256x256,fit=cover,q=70". Errors: kUnsupported, with what is wrong in the message.
[[nodiscard]] Result<SizeSpec> ParseSizeSpec(std::string_view text, const SizeDefaults& defaults = {});

// As ParseSizeSpec reads it without other defaults than its own: the shortest form.
std::string ToString(const SizeSpec& spec);

// Names for the `{size}` of each spec, in order: its name, or "256" for a box of that side and for a width ("256x")
// alike, "x256", "320x240", "50pc", "256@2x"; where two of them would be the same, the later one is told apart by both
// sides ("256x256"), its fit, or its place.
std::vector<std::string> SizeLabels(const std::vector<SizeSpec>& specs);

// "inside", "cover", ... and "centre", "north", ..., with other words for the same.
std::span<const std::pair<std::string_view, Fit>> FitNames();
std::span<const std::pair<std::string_view, Gravity>> GravityNames();

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_SIZE_SPEC_H_
