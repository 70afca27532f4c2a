#include "codecs/working_bytes.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <variant>
#include <vector>

#include "codecs/box_shrink.h"
#include "codecs/jpeg_scale.h"
#include "codecs/resample_scalar.h"
#include "codecs/resize_tree.h"
#include "codecs/thumbnail_plan.h"

namespace tbbthumbs {
namespace {

// What any picture takes: tables of codes, sessions of the libraries, small buffers.
constexpr uint64_t kFixedBytes = 512 << 10;
// Rows that decoders hand on at once, and those that wait for others.
constexpr uint64_t kBandBytes = 256 << 10;
// Tables between samples and light.
constexpr uint64_t kCurveBytes = 512 << 10;
// A colour transform. Beside it, while it is made, so many times the profile: copies of it, and its tables as numbers
// of more bits.
constexpr uint64_t kTransformBytes = 1 << 20;
constexpr uint64_t kProfileCopies = 6;
// Compressors: one of the usual ones; all that are used where time does not matter.
constexpr uint64_t kCompressorBytes = 1 << 20;
constexpr uint64_t kAllCompressorBytes = 10 << 20;
constexpr int kSlowPngLevel = 8;
// The colours of a picture, counted, and what is chosen of them: with all that are told apart; without; each pixel's.
constexpr uint64_t kMostHistogramBytes = 4 << 20;
constexpr uint64_t kLeastHistogramBytes = 512 << 10;
constexpr uint64_t kHistogramBytesOfPixel = 256;
// Pixels of which a window is chosen at most.
constexpr uint64_t kMostLookedAt = 1 << 20;

int Radius(Kernel kernel) {
  switch (kernel) {
    case Kernel::kLanczos3:
      return 3;
    case Kernel::kMitchell:
    case Kernel::kCatmullRom:
      return 2;
    case Kernel::kArea:
      return 1;
  }
  return 3;
}

// Pixels as they come to a resizer.
struct Rows {
  Size size;
  int planes = 1;
  int channels = 3;  // of each plane
  uint64_t sample_bytes = 1;

  uint64_t row_bytes() const { return static_cast<uint64_t>(size.width * int64_t{planes} * channels) * sample_bytes; }
};

// What a Resizer holds beside the small picture; see BoxShrink and RingResizer.
uint64_t ResizerBytes(const Rows& rows, const ResizeTarget& target, Kernel kernel) {
  const Size scaled = target.scaled;
  const int factor_x = BoxFactor(rows.size.width, scaled.width, kernel);
  const int factor_y = BoxFactor(rows.size.height, scaled.height, kernel);
  const auto width = static_cast<uint64_t>((rows.size.width + factor_x - 1) / factor_x);
  const auto height = static_cast<uint64_t>((rows.size.height + factor_y - 1) / factor_y);
  const auto channels = static_cast<uint64_t>(rows.channels);
  const uint64_t samples = width * channels + kRowStep;
  const bool words = rows.sample_bytes > 1;
  uint64_t shrink = 0;
  if (factor_x > 1 || factor_y > 1) {
    shrink = static_cast<uint64_t>(rows.size.width) * channels * (words ? 6 : 2) + samples * rows.sample_bytes;
  }
  // A batch of four rows of results, as far as their filters reach.
  const double step = 1.0 * static_cast<double>(height) / scaled.height;
  const auto reach = static_cast<uint64_t>(std::ceil(2 * Radius(kernel) * std::max(1.0, step) + 3 * step)) + 3;
  const uint64_t ring = (std::min(reach, height + 1) * 2 + 1) * samples;
  const uint64_t middle_bytes = words ? 4 : 2;
  const uint64_t band = static_cast<uint64_t>(kColumnSamples) / channels * (samples + kRowStep) * middle_bytes;
  const uint64_t columns = (width + 1) * kColumnSamples * middle_bytes;
  return static_cast<uint64_t>(rows.planes) * (shrink + ring + band + columns);
}

// The filters of a target's axes: what they take while they are made, and then.
struct TapBytes {
  uint64_t made = 0;
  uint64_t kept = 0;
};

TapBytes TapBytesOf(const Rows& rows, const ResizeTarget& target, Kernel kernel) {
  TapBytes bytes;
  const auto add = [&](int samples, int scaled, int out) {
    const double left = 1.0 * samples / BoxFactor(samples, scaled, kernel);
    const double weights = out * (2 * Radius(kernel) * std::max(1.0, left / scaled) + 2);
    // Weights are numbers of 8 and of 4 bytes, in memory of each output's own.
    bytes.made = std::max(bytes.made, static_cast<uint64_t>(weights * 12 + out * 120.0));
    bytes.kept += static_cast<uint64_t>(weights * (rows.sample_bytes > 1 ? 8 : 4) + out * 16.0);
  };
  add(rows.size.width, target.scaled.width, target.window.size.width);
  add(rows.size.height, target.scaled.height, target.window.size.height);
  return bytes;
}

// The work on one picture, thumbnail by thumbnail.
class Estimate {
 public:
  Estimate(const ImageInfo& info, const SpecSet& specs);

  uint64_t Bytes() const;

 private:
  uint64_t DecoderBytes() const;
  uint64_t ColorBytes() const;
  uint64_t CompressorBytes() const;
  uint64_t FilterBytes() const;
  uint64_t PictureBytes(size_t index) const;
  uint64_t BranchBytes(size_t index, uint64_t held) const;
  uint64_t FinishBytes(size_t index) const;
  uint64_t EncodingBytes(const ThumbnailPlan& plan) const;
  // Of the thumbnail's pixels.
  uint64_t Channels(const ThumbnailPlan& plan) const;
  // Of its file, at most.
  uint64_t FileBytes(const ThumbnailPlan& plan) const;
  uint64_t JpegBytes(const ThumbnailPlan& plan) const;
  bool MayBeJpeg() const { return specs_.format != OutputFormat::kPng; }
  bool MayBePng() const {
    return specs_.format == OutputFormat::kPng || (specs_.format == OutputFormat::kAuto && info_.alpha);
  }

  const ImageInfo& info_;
  const SpecSet& specs_;
  const std::vector<ThumbnailPlan> plans_;
  ResizeTree tree_;
  Rows decoded_;
  int dct_scale_ = 8;
};

Estimate::Estimate(const ImageInfo& info, const SpecSet& specs)
    : info_(info), specs_(specs), plans_(MakePlans(info, specs.sizes)) {
  std::vector<ResizeTarget> targets;
  Size largest;
  for (const ThumbnailPlan& plan : plans_) {
    targets.push_back(plan.stored);
    largest = {std::max(largest.width, plan.stored.scaled.width), std::max(largest.height, plan.stored.scaled.height)};
  }
  tree_ = MakeResizeTree(targets, info.size, specs.kernel);
  decoded_.size = info.size;
  decoded_.channels = ColorChannels(info.color) + (info.alpha ? 1 : 0);
  decoded_.sample_bytes = info.depth == 16 || specs.linear ? 2 : 1;
  if (info.format != Format::kJpeg) return;
  dct_scale_ = ChooseDctScale(info.size, largest, specs.fast);
  const PlaneFormat plane = ComponentPlane(info.size, {}, dct_scale_);
  decoded_.size = {plane.width, plane.height};
  // Colours may come as planes, all of the size of brightness at most.
  if (info.color == ColorModel::kRgb && !specs.linear) {
    decoded_.planes = 3;
    decoded_.channels = 1;
  }
}

uint64_t Estimate::DecoderBytes() const {
  if (info_.format != Format::kJpeg) return info_.decoded_bytes;
  // Rows are as long as they come out, and our own readers of baseline files are for small scales.
  const auto scale = static_cast<uint64_t>(dct_scale_);
  const uint64_t less = info_.row_bytes / 8 * (8 - scale) + (scale > 2 ? info_.own_reader_bytes : 0);
  return info_.decoded_bytes - std::min(info_.decoded_bytes, less);
}

uint64_t Estimate::ColorBytes() const {
  uint64_t bytes = specs_.linear ? kCurveBytes * decoded_.sample_bytes : 0;
  if (const auto* icc = std::get_if<IccProfile>(&info_.profile)) {
    bytes += kProfileCopies * icc->bytes.size() + kTransformBytes;
  } else if (!std::holds_alternative<std::monostate>(info_.profile) || specs_.color != ColorSpace::kSrgb) {
    bytes += kTransformBytes;
  }
  const SourceMetadata& metadata = info_.metadata;
  return bytes + 4 * (metadata.exif.size() + metadata.xmp.size());
}

uint64_t Estimate::CompressorBytes() const {
  if (!MayBePng()) return 0;
  return specs_.small || specs_.png_level >= kSlowPngLevel ? kAllCompressorBytes : kCompressorBytes;
}

// As the resizer leaves it.
uint64_t Estimate::PictureBytes(size_t index) const {
  return plans_[index].stored.window.size.pixels() * static_cast<uint64_t>(decoded_.planes * decoded_.channels) *
         decoded_.sample_bytes;
}

// A border may make gray pictures coloured, and so may what lies under transparency.
uint64_t Estimate::Channels(const ThumbnailPlan& plan) const {
  const auto colors = static_cast<uint64_t>(info_.color == ColorModel::kGray ? 1 : 3);
  const Rgb8& ground = specs_.background;
  const bool gray_ground = ground.red == ground.green && ground.green == ground.blue;
  const bool grounded = (info_.alpha && MayBeJpeg()) || (plan.layout.bordered() && !specs_.blurred_border);
  return (grounded && !gray_ground ? 3 : colors) + (info_.alpha ? 1 : 0);
}

// Of an encoded thumbnail of noise, which takes the most.
uint64_t Estimate::JpegBytes(const ThumbnailPlan& plan) const {
  const int quality = WantedQuality(plan.spec, specs_);
  // Hundredths of a byte for a pixel; and how much more it is with colour.
  const uint64_t gray = quality <= 80 ? 62 : quality <= 90 ? 80 : quality <= 95 ? 102 : 160;
  const uint64_t tenths = Channels(plan) == 1 ? 10 : HasFullChroma(specs_, quality) ? 26 : 13;
  // Enlarging adds nothing that is worth many bytes.
  const uint64_t canvas = plan.layout.canvas.pixels();
  const uint64_t pixels = std::min(canvas, std::max(2 * info_.size.pixels(), canvas / 8));
  return pixels * gray * tenths / 1000;
}

uint64_t Estimate::FileBytes(const ThumbnailPlan& plan) const {
  const uint64_t png = MayBePng() ? plan.layout.canvas.pixels() * Channels(plan) : 0;
  return std::max(png, MayBeJpeg() ? JpegBytes(plan) : 0);
}

// What encoding takes beside the pixels, the file among it.
uint64_t Estimate::EncodingBytes(const ThumbnailPlan& plan) const {
  const uint64_t channels = Channels(plan);
  const uint64_t pixels = plan.layout.canvas.pixels();
  uint64_t most = 0;
  const bool limited = plan.spec.max_bytes.value_or(specs_.max_bytes) > 0;
  if (MayBeJpeg()) {
    const uint64_t file = JpegBytes(plan);
    const bool full_chroma = HasFullChroma(specs_, WantedQuality(plan.spec, specs_));
    // libjpeg's output grows by doubling and is copied in the end; coefficients of all scans have two bytes; some rows.
    uint64_t bytes = 3 * file + static_cast<uint64_t>(plan.layout.canvas.width) * 128;
    if (specs_.progressive || specs_.optimize || specs_.small) bytes += pixels * (full_chroma ? 6 : 3);
    // The best so far; chroma that is halved for a lower quality.
    if (specs_.small || limited) bytes += file;
    if (limited && full_chroma) bytes += pixels * 3 / 2;
    most = bytes;
  }
  if (MayBePng()) {
    const uint64_t raw = pixels * channels + static_cast<uint64_t>(plan.layout.canvas.height);
    // Filtered, compressed, and as a file; with a palette or fewer channels, and compressed so.
    uint64_t bytes = 3 * raw + pixels + static_cast<uint64_t>(plan.layout.canvas.width) * channels * 12;
    if (info_.alpha) bytes += raw;
    if (specs_.small || info_.alpha) bytes += raw;
    if (specs_.palette > 0 || limited) {
      // All pixels as numbers, once beside the encoder, and three times more while they are mapped.
      const uint64_t histogram = std::min(kMostHistogramBytes, kLeastHistogramBytes + pixels * kHistogramBytesOfPixel);
      bytes = histogram + 4 * pixels + raw + std::max(12 * pixels, bytes);
    }
    most = std::max(most, bytes);
  }
  return most;
}

// The most that is held from a resized picture, which is among it, to its file.
uint64_t Estimate::FinishBytes(size_t index) const {
  const ThumbnailPlan& plan = plans_[index];
  const Layout& layout = plan.layout;
  const uint64_t made = PictureBytes(index);
  const uint64_t made_pixels = plan.stored.window.size.pixels();
  const bool inks = info_.color == ColorModel::kCmyk;
  const uint64_t channels = inks || decoded_.planes > 1 ? 3 : static_cast<uint64_t>(decoded_.channels);
  // Each step from there to an upright picture of 8 bits makes at most one copy that is no larger.
  const bool said = !std::holds_alternative<std::monostate>(info_.profile) || specs_.color == ColorSpace::kDisplayP3;
  const bool copies =
      info_.alpha || inks || decoded_.sample_bytes > 1 || info_.orientation != 1 || decoded_.planes > 1 || said;
  uint64_t most = made + (copies ? made : 0);
  // Linear light leaves its room behind.
  uint64_t held = made_pixels * channels * (specs_.linear ? 2 : 1);
  if (layout.cut_by_pixels()) {
    uint64_t factor = 1;
    while (made_pixels / factor / factor > kMostLookedAt) ++factor;
    // The averages; brightness, and numbers of 8 bytes that it is worth, each and in all up to there.
    const uint64_t numbers = plan.spec.gravity == Gravity::kAttention ? 17 : 1;
    const uint64_t looking = made_pixels / factor / factor * (numbers + (factor > 1 ? channels : 0));
    most = std::max(most, held + std::max(looking, layout.shown.pixels() * channels));
    held = layout.shown.pixels() * channels;
  }
  const uint64_t out_channels = Channels(plan);
  if (info_.alpha && MayBeJpeg()) most = std::max(most, held + layout.shown.pixels() * (out_channels - 1));
  if (layout.bordered()) {
    held = std::max(held, layout.shown.pixels() * out_channels);
    most = std::max(most, held + layout.canvas.pixels() * out_channels);
    held = layout.canvas.pixels() * out_channels;
  }
  const uint64_t sharpening = static_cast<uint64_t>(layout.canvas.width) * 48;
  return std::max(most, held + std::max(sharpening, EncodingBytes(plan)));
}

// The most that is held while this thumbnail and those made of it are finished. `held`: of others, this one's picture
// not among it.
uint64_t Estimate::BranchBytes(size_t index, uint64_t held) const {
  uint64_t most = held + FinishBytes(index) - FileBytes(plans_[index]);
  Rows rows = decoded_;
  rows.size = plans_[index].stored.window.size;
  held += PictureBytes(index);
  for (const size_t child : tree_.children[index]) {
    const uint64_t resizing = ResizerBytes(rows, plans_[child].stored, specs_.kernel);
    most = std::max(most, held + PictureBytes(child) + resizing);
    most = std::max(most, BranchBytes(child, held));
  }
  return most;
}

uint64_t Estimate::FilterBytes() const {
  TapBytes all;
  for (const ThumbnailPlan& plan : plans_) {
    const TapBytes bytes = TapBytesOf(decoded_, plan.stored, specs_.kernel);
    all.made = std::max(all.made, bytes.made);
    // One of brightness and one of colour, at most.
    all.kept += bytes.kept * (decoded_.planes > 1 ? 2 : 1);
  }
  return all.made + all.kept;
}

uint64_t Estimate::Bytes() const {
  // While it is decoded: on its way, and what the resizers hold.
  uint64_t decoding = DecoderBytes() + kBandBytes + 3 * decoded_.row_bytes();
  uint64_t pictures = 0;
  for (const size_t root : tree_.roots) {
    decoding += ResizerBytes(decoded_, plans_[root].stored, specs_.kernel);
    pictures += PictureBytes(root);
  }
  // Afterwards, one by one. Of those done the files stay.
  uint64_t finishing = 0;
  for (const size_t root : tree_.roots) {
    finishing = std::max(finishing, BranchBytes(root, pictures - PictureBytes(root)));
  }
  for (const ThumbnailPlan& plan : plans_) finishing += FileBytes(plan);
  return kFixedBytes + FilterBytes() + ColorBytes() + CompressorBytes() + std::max(decoding + pictures, finishing);
}

}  // namespace

uint64_t WorkingBytes(const ImageInfo& info, const SpecSet& specs) { return Estimate(info, specs).Bytes(); }

}  // namespace tbbthumbs
