#include "tools/read_inputs.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace tbbthumbs::tool {

void ReadFilters(OptionReader& reader, InputOptions& input) {
  reader.ReadFlag("recursive", input.recursive);
  reader.ReadFlag("hidden", input.hidden);
  reader.ReadList("include", input.include, ParseText);
  reader.ReadList("exclude", input.exclude, ParseText);
  reader.Read("min-input-bytes", input.min_bytes, ParseByteCount);
  reader.Read("max-input-bytes", input.max_bytes, ParseByteCount);
  if (input.min_bytes > input.max_bytes) reader.Refuse("--min-input-bytes is more than --max-input-bytes");
  reader.Read("newer-than", input.newer_than, ParseTime);
}

// "-" among the inputs and `--files-from -` are the same list.
void ReadInputs(const RawOptions& raw, OptionReader& reader, InputOptions& input) {
  bool null = false;
  reader.ReadFlag("null", null);
  const char separator = null ? '\0' : '\n';
  std::vector<std::string> lists;
  std::vector<std::string> urls;
  reader.ReadList("files-from", lists, ParsePath);
  reader.ReadList("urls", urls, ParsePath);
  for (const std::string& argument : raw.arguments) {
    if (argument == "-") {
      lists.push_back(argument);
    } else {
      input.paths.emplace_back(argument);
    }
  }
  if (std::count(lists.begin(), lists.end(), "-") + std::count(urls.begin(), urls.end(), "-") > 1) {
    reader.Refuse("standard input can be read as a list only once");
  }
  for (const auto& [names, are_urls] : {std::pair(&lists, false), {&urls, true}}) {
    for (const std::string& name : *names) {
      input.lists.push_back({name == "-" ? "/dev/stdin" : name, separator, are_urls});
    }
  }
  if (input.paths.empty() && input.lists.empty()) {
    reader.Refuse("an INPUT is missing, as in: tbbthumbs photos/ -o thumbs/ (more: tbbthumbs --help)");
  }
  if (null && input.lists.empty())
    reader.Refuse("--null is for lists: --files-from FILE, --urls FILE, or '-' as an input");
  reader.ReadFlag("follow", input.follow_links);
  ReadFilters(reader, input);
}

}  // namespace tbbthumbs::tool
