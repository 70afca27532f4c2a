// Options from a file: one `name = value` a line, named as the long options are. Empty lines and lines that begin with
// '#' say nothing; a '#' further on belongs to the value, as in `background = #ff8800`.
#ifndef TBBTHUMBS_TOOLS_CONFIG_FILE_H_
#define TBBTHUMBS_TOOLS_CONFIG_FILE_H_

#include <filesystem>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace tbbthumbs::tool {

// One line of a file that says something.
struct Setting {
  std::string name;
  std::string value;
  std::string origin;  // "FILE:LINE", for messages
};

// The error is a message for people that begins with the file and the line.
[[nodiscard]] tl::expected<std::vector<Setting>, std::string> ParseConfig(std::string_view text,
                                                                          const std::string& file_name);

// As ParseConfig; also fails where the file cannot be read.
[[nodiscard]] tl::expected<std::vector<Setting>, std::string> ReadConfigFile(const std::filesystem::path& file);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_CONFIG_FILE_H_
