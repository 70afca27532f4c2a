#include "tests/support/unsafe_names.h"

#include <utf8proc.h>

#include <algorithm>
#include <cctype>
#include <set>

namespace tbbthumbs::testing {
namespace {

const std::set<std::string, std::less<>> kDevices = [] {
  std::set<std::string, std::less<>> devices = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"};
  for (const char* port : {"COM", "LPT"}) {
    for (const char* number : {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "\u00B9", "\u00B2", "\u00B3"}) {
      devices.insert(std::string(port) + number);
    }
  }
  return devices;
}();

bool IsUtf8(std::string_view bytes) {
  while (!bytes.empty()) {
    utf8proc_int32_t codepoint = 0;
    const utf8proc_ssize_t length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(bytes.data()),
                                                     static_cast<utf8proc_ssize_t>(bytes.size()), &codepoint);
    if (length <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(length));
  }
  return true;
}

std::string WhyComponentUnsafe(std::string_view name) {
  if (name.empty()) return "empty";
  if (name.size() > 255) return "longer than 255 bytes";
  if (!IsUtf8(name)) return "no UTF-8";
  if (name.find_first_of("<>:\"|?*\\") != std::string_view::npos) return "a character that Windows refuses";
  if (std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 32 || c == 127; })) return "a control";
  if (name.back() == '.' || name.back() == ' ') return "a dot or blank at its end";
  std::string base(name.substr(0, name.find('.')));
  while (base.ends_with(' ')) base.pop_back();
  for (char& c : base) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return kDevices.contains(base) ? "a device" : "";
}

}  // namespace

std::string WhyUnsafe(std::string_view path) {
  for (;;) {
    const size_t slash = path.find('/');
    if (std::string why = WhyComponentUnsafe(path.substr(0, slash)); !why.empty()) return why;
    if (slash == std::string_view::npos) return "";
    path.remove_prefix(slash + 1);
  }
}

}  // namespace tbbthumbs::testing
