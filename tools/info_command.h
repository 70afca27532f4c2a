#ifndef TBBTHUMBS_TOOLS_INFO_COMMAND_H_
#define TBBTHUMBS_TOOLS_INFO_COMMAND_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "codecs/decoder.h"
#include "codecs/thumbnail_spec.h"
#include "tools/command_config.h"
#include "tools/exit_codes.h"
#include "tools/report.h"
#include "tools/terminal.h"

namespace tbbthumbs::tool {

// The decoder that a thumbnail of these sizes would come from, and its scale: "fast 1/8", "libjpeg-turbo 1/2",
// "libpng". Whether in lanes, as planes or as pixels is known when it runs.
std::string DecoderPath(const ImageInfo& info, const std::vector<SizeSpec>& sizes);

// "PATH: JPEG 4000x3000, baseline 4:2:0, RGB 8-bit, upright 3000x4000 (orientation 6), ICC profile of 560 B, 2.10 MB,
// libjpeg-turbo 1/8".
std::string InfoLine(const std::filesystem::path& path, uint64_t file_bytes, const ImageInfo& info,
                     const std::string& decoder, const TextStyle& style);

// Says on standard output what the headers of the files say, failures on standard error.
ExitCode RunInfo(const InfoConfig& config, Terminal& terminal);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_INFO_COMMAND_H_
