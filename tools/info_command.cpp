#include "tools/info_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <variant>

#include "codecs/format.h"
#include "codecs/jpeg_scale.h"
#include "codecs/orientation.h"
#include "codecs/thumbnail_layout.h"
#include "pipeline/file_source.h"
#include "tools/json_report.h"
#include "tools/units.h"

namespace tbbthumbs::tool {
namespace {

// What the coding does not say already: a PNG's names its colours and depth.
std::string ColorText(const ImageInfo& info) {
  if (info.format == Format::kPng) {
    const bool said = info.coding.find("alpha") != std::string::npos || info.coding.find("RGBA") != std::string::npos;
    return info.alpha && !said ? ", transparency" : "";
  }
  std::string text;
  switch (info.color) {
    case ColorModel::kGray:
      text = "gray";
      break;
    case ColorModel::kRgb:
      text = "RGB";
      break;
    case ColorModel::kCmyk:
      text = "CMYK";
      break;
    case ColorModel::kYcc:
      text = "YCbCr";
      break;
  }
  return fmt::format(", {} {}-bit", text, info.depth);
}

std::string ProfileText(const ColorProfile& profile) {
  if (const auto* icc = std::get_if<IccProfile>(&profile)) return "ICC profile of " + FormatBytes(icc->bytes.size());
  if (std::holds_alternative<ParametricProfile>(profile)) return "parametric profile";
  return "no profile";
}

// What one file's header says, to standard output; or why it says nothing.
Status Inspect(const std::filesystem::path& file, const InfoConfig& config, Terminal& terminal) {
  const auto source = FileSource::Open(file);
  if (!source) return tl::unexpected<Error>(source.error());
  const auto decoder = OpenDecoder(**source, config.limits);
  if (!decoder) return tl::unexpected<Error>(decoder.error());
  const ImageInfo& info = (*decoder)->info();
  const uint64_t bytes = (*source)->size();
  const std::string path = DecoderPath(info, config.sizes);
  const TextStyle style{.escape = IsSmartTerminal(terminal.out_fd())};
  terminal.WriteOut(config.json ? InfoJson(file, bytes, info, path) : InfoLine(file, bytes, info, path, style));
  return {};
}

}  // namespace

std::string DecoderPath(const ImageInfo& info, const std::vector<SizeSpec>& sizes) {
  if (info.format != Format::kJpeg) return info.own_reader ? "fast png" : "libpng";
  const bool swaps = SwapsSides(info.orientation);
  const Size upright = swaps ? info.size.Transposed() : info.size;
  int scale = 1;
  for (const SizeSpec& spec : sizes) {
    const Size target = LayOut(upright, spec).scaled;
    scale = std::max(scale, ChooseDctScale(info.size, swaps ? target.Transposed() : target));
  }
  const std::string_view decoder = !info.own_reader || scale > 2 ? "libjpeg-turbo"
                                   : info.progressive            ? "fast progressive"
                                                                 : "fast";
  return fmt::format("{} 1/{}", decoder, 8 / scale);
}

std::string InfoLine(const std::filesystem::path& path, uint64_t file_bytes, const ImageInfo& info,
                     const std::string& decoder, const TextStyle& style) {
  const auto size_text = [](Size size) { return fmt::format("{}x{}", size.width, size.height); };
  std::string line = fmt::format("{}: {} {}, {}{}", Shown(path.native(), style), FormatName(info.format),
                                 size_text(info.size), info.coding, ColorText(info));
  if (info.orientation != 1) {
    const Size upright = SwapsSides(info.orientation) ? info.size.Transposed() : info.size;
    line += fmt::format(", upright {} (orientation {})", size_text(upright), info.orientation);
  }
  line += ", " + ProfileText(info.profile);
  if (info.animated) line += ", animated";
  return line + fmt::format(", {}, {}", FormatBytes(file_bytes), decoder);
}

ExitCode RunInfo(const InfoConfig& config, Terminal& terminal) {
  const TextStyle style{.escape = IsSmartTerminal(terminal.err_fd()),
                        .color = WantsColor(When::kAuto, terminal.err_fd())};
  ExitCode code = kExitDone;
  for (const std::filesystem::path& file : config.files) {
    if (const Status status = Inspect(file, config, terminal); !status) {
      code = kExitSomeFailed;
      terminal.WriteError(FailureLine(file, status.error(), style));
      if (config.json) terminal.WriteOut(InfoJson(file, status.error()));
    }
    if (terminal.out_error() != 0) {
      terminal.WriteError(ErrorLine(fmt::format("standard output: {}", std::strerror(terminal.out_error())), style));
      return kExitOutput;
    }
  }
  return code;
}

}  // namespace tbbthumbs::tool
