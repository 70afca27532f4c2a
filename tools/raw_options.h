// What was said, before it is known to make sense.
#ifndef TBBTHUMBS_TOOLS_RAW_OPTIONS_H_
#define TBBTHUMBS_TOOLS_RAW_OPTIONS_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tbbthumbs::tool {

// The text of one option, once. Flags are "yes" or "no".
struct RawValue {
  std::string text;
  std::string origin;  // where it stands, for messages: "--quality", "thumbs.conf:3: quality"
};

struct RawOptions {
  std::vector<std::string> arguments;  // what is no option, in order
  std::map<std::string, std::vector<RawValue>, std::less<>> values;

  // nullptr where the option was not given; the last value where it was.
  const RawValue* Last(std::string_view name) const {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : &found->second.back();
  }
};

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_RAW_OPTIONS_H_
