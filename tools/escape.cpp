#include "tools/escape.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>

namespace tbbthumbs::tool {
namespace {

struct Character {
  uint32_t code = 0;
  size_t length = 0;  // bytes; 0: not UTF-8
};

// The character at the start of `bytes` (not empty). Overlong forms, surrogates and codes above 0x10FFFF are refused,
// as RFC 3629 asks.
Character FirstCharacter(std::string_view bytes) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || bytes.size() < length) return {};
  uint32_t code = lead & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kSmallest[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {code, length};
}

bool IsControl(uint32_t code) { return code < 0x20 || (code >= 0x7F && code < 0xA0); }

// Zero-width characters, line separators and the marks that change the direction of text: with them "gpj.exe" can look
// like "exe.jpg".
bool IsInvisible(uint32_t code) {
  return code == 0xAD || code == 0x61C || (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF || (code >= 0xFFF9 && code <= 0xFFFB) ||
         (code >= 0xE0000 && code <= 0xE007F);
}

std::string EscapedByte(uint8_t byte) {
  switch (byte) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\\':
      return "\\\\";
    default:
      return fmt::format("\\x{:02x}", byte);
  }
}

}  // namespace

bool IsValidUtf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const Character next = FirstCharacter(bytes);
    if (next.length == 0) return false;
    bytes.remove_prefix(next.length);
  }
  return true;
}

std::string EscapeForTerminal(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const auto [code, valid_length] = FirstCharacter(bytes);
    const size_t length = valid_length == 0 ? 1 : valid_length;
    if (valid_length == 0 || IsControl(code) || code == '\\') {
      for (const char c : bytes.substr(0, length)) out += EscapedByte(static_cast<uint8_t>(c));
    } else if (IsInvisible(code)) {
      out += fmt::format("\\u{{{:x}}}", code);
    } else {
      out += bytes.substr(0, length);
    }
    bytes.remove_prefix(length);
  }
  return out;
}

std::string PercentEncode(std::string_view bytes) {
  constexpr std::string_view kPlain = "-._~/";
  std::string out;
  out.reserve(bytes.size());
  for (const char c : bytes) {
    const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (alphanumeric || kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<uint8_t>(c));
    }
  }
  return out;
}

}  // namespace tbbthumbs::tool
