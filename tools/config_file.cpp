#include "tools/config_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace tbbthumbs::tool {
namespace {

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

}  // namespace

tl::expected<std::vector<Setting>, std::string> ParseConfig(std::string_view text, const std::string& file_name) {
  std::vector<Setting> settings;
  for (int line_number = 1; !text.empty(); ++line_number) {
    const size_t end = text.find('\n');
    const std::string_view line = Trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    const std::string origin = fmt::format("{}:{}", file_name, line_number);
    const size_t equals = line.find('=');
    const std::string_view name = Trim(line.substr(0, equals));
    if (equals == std::string_view::npos || name.empty()) {
      return tl::unexpected<std::string>(fmt::format("{}: not of the form name = value", origin));
    }
    settings.push_back({std::string(name), std::string(Trim(line.substr(equals + 1))), origin});
  }
  return settings;
}

tl::expected<std::vector<Setting>, std::string> ReadConfigFile(const std::filesystem::path& file) {
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (stream) text << stream.rdbuf();
  // A file that is empty sets text's failbit and nothing else; a directory opens and fails to be read.
  if (!stream || errno == EISDIR) {
    return tl::unexpected<std::string>(fmt::format("{}: {}", file.string(), std::strerror(errno != 0 ? errno : EIO)));
  }
  return ParseConfig(text.str(), file.string());
}

}  // namespace tbbthumbs::tool
