#include "pipeline/safe_names.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include "pipeline/ascii_letters.h"

namespace tbbthumbs {
namespace {

struct FreeMemory {
  void operator()(void* memory) const { std::free(memory); }
};

// Without a branch for each byte, so that compilers make vectors of it.
bool IsAscii(std::string_view text) {
  unsigned char all = 0;
  for (const char c : text) all |= static_cast<unsigned char>(c);
  return all < 0x80;
}

char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
char ToUpper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

char WithCase(char c, LetterCase letter_case) {
  switch (letter_case) {
    case LetterCase::kLower:
      return ToLower(c);
    case LetterCase::kUpper:
      return ToUpper(c);
    case LetterCase::kKeep:
      break;
  }
  return c;
}

constexpr auto kUnsafeAscii = [] {
  std::array<bool, 128> unsafe{};
  for (size_t code = 0; code < 0x20; ++code) unsafe[code] = true;
  unsafe[0x7F] = true;
  for (const unsigned char c : std::string_view("/\\<>:\"|?*")) unsafe[c] = true;
  return unsafe;
}();

bool IsUnsafe(int32_t code) {
  if (code < 0x80) return kUnsafeAscii[static_cast<size_t>(code)];
  return code < 0xA0 || code == 0x2028 || code == 0x2029 || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF || (code >= 0xFDD0 && code <= 0xFDEF) ||
         (code & 0xFFFE) == 0xFFFE;
}

// Characters that are in composed form already and join with nothing before or behind them that is of this kind too:
// Latin without the marks that combine, Cyrillic, kana, common Han, Hangul syllables, emoji. A million names with an
// accent each took 3 s longer to look through utf8proc's tables.
bool IsInert(int32_t code) {
  return code < 0x300 || (code >= 0x400 && code <= 0x482) || (code >= 0x48A && code <= 0x52F) ||
         (code >= 0x3041 && code <= 0x3096) || (code >= 0x30A1 && code <= 0x30FA) ||
         (code >= 0x4E00 && code <= 0x9FFF) || (code >= 0xAC00 && code <= 0xD7A3) ||
         (code >= 0x1F300 && code <= 0x1FAFF);
}

// Of an inert character, where that is one character and can be told without a table.
std::optional<int32_t> FoldedQuickly(int32_t code) {
  if (code < 0) return std::nullopt;  // no UTF-8
  if (code < 0x80) return ToLower(static_cast<char>(code));
  if (code >= 0xC0 && code <= 0xFF) {
    if (code == 0xDF) return std::nullopt;
    return code <= 0xDE && code != 0xD7 ? code + 0x20 : code;
  }
  if (code >= 0x400 && code <= 0x45F) return code < 0x410 ? code + 0x50 : code < 0x430 ? code + 0x20 : code;
  if (code > 0x3000 && IsInert(code)) return code;
  return std::nullopt;
}

// The next character of `text`, taken off it; negative where its first byte begins none: that byte is taken then.
int32_t TakeCharacter(std::string_view& text) {
  if (static_cast<unsigned char>(text.front()) < 0x80) {
    const char c = text.front();
    text.remove_prefix(1);
    return c;
  }
  int32_t code = -1;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const utf8proc_ssize_t length = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size()), &code);
  text.remove_prefix(length > 0 ? static_cast<size_t>(length) : 1);
  return length > 0 ? code : -1;
}

void AppendCharacter(std::string& text, int32_t code) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const utf8proc_ssize_t length = utf8proc_encode_char(code, bytes.data());
  text.append(reinterpret_cast<const char*>(bytes.data()), static_cast<size_t>(length));
}

// What is no UTF-8 as %XX.
std::string ValidText(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const std::string_view before = text;
    if (TakeCharacter(text) >= 0) {
      valid.append(before.substr(0, before.size() - text.size()));
    } else {
      const auto byte = static_cast<unsigned char>(before.front());
      valid += '%';
      valid += kHex[byte >> 4];
      valid += kHex[byte & 15];
    }
  }
  return valid;
}

// `text` is UTF-8. Where there is no memory for it, as it is.
std::string Map(std::string text, unsigned options) {
  utf8proc_uint8_t* mapped = nullptr;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const utf8proc_ssize_t length =
      utf8proc_map(bytes, static_cast<utf8proc_ssize_t>(text.size()), &mapped, static_cast<utf8proc_option_t>(options));
  const std::unique_ptr<utf8proc_uint8_t, FreeMemory> owner(mapped);
  if (length >= 0) text.assign(reinterpret_cast<const char*>(mapped), static_cast<size_t>(length));
  return text;
}

// The table first: taken apart, letters that are their own in an alphabet would lose what makes them so.
void AppendAscii(std::string& text, int32_t code) {
  if (code < 0x80) {
    text += static_cast<char>(code);
    return;
  }
  const int32_t small = utf8proc_tolower(code);
  if (const std::string_view letters = AsciiForLetter(small); !letters.empty()) {
    text += small == code ? letters.front() : ToUpper(letters.front());
    text += letters.substr(1);
    return;
  }
  // 18 is the longest decomposition in Unicode.
  std::array<utf8proc_int32_t, 32> parts{};
  int boundary = 0;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_STRIPMARK);
  const utf8proc_ssize_t count =
      utf8proc_decompose_char(code, parts.data(), static_cast<utf8proc_ssize_t>(parts.size()), options, &boundary);
  const bool known = count >= 0 && count <= static_cast<utf8proc_ssize_t>(parts.size());
  if (!known || (count > 0 && parts[0] == code)) {
    text += '_';
    return;
  }
  for (utf8proc_ssize_t i = 0; i < count; ++i) AppendAscii(text, parts[static_cast<size_t>(i)]);
}

// At the start of a name, before its first dot: what Windows takes for a device. Superscript digits count as digits.
size_t DeviceNameLength(std::string_view text) {
  // Most names begin with none of their letters.
  if (text.empty() || std::string_view("CPANLcpanl").find(text.front()) == std::string_view::npos) return 0;
  std::string_view base = text.substr(0, text.find('.'));
  while (base.ends_with(' ')) base.remove_suffix(1);
  std::string upper(base.substr(0, std::min<size_t>(base.size(), 8)));
  std::transform(upper.begin(), upper.end(), upper.begin(), ToUpper);
  if (base.size() > upper.size()) return 0;
  for (const std::string_view device : {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"}) {
    if (upper == device) return base.size();
  }
  if (!upper.starts_with("COM") && !upper.starts_with("LPT")) return 0;
  const std::string_view number = std::string_view(upper).substr(3);
  const bool digit =
      number.size() == 1 && ((number[0] >= '0' && number[0] <= '9') || (number[0] >= 0 && number[0] < 0x20));
  return digit || number == "\u00B9" || number == "\u00B2" || number == "\u00B3" ? base.size() : 0;
}

}  // namespace

std::string SafeText(std::string_view text, const NameOptions& options) {
  std::string safe;
  safe.reserve(text.size());
  if (IsAscii(text)) {
    for (const char c : text) safe += IsUnsafe(c) ? '_' : WithCase(c, options.letter_case);
    return safe;
  }
  const std::string composed = ComposeCharacters(ValidText(text));
  std::string_view rest = composed;
  std::string letters;
  while (!rest.empty()) {
    const int32_t code = TakeCharacter(rest);
    letters.clear();
    if (options.ascii) {
      AppendAscii(letters, code);
    } else if (options.letter_case != LetterCase::kKeep) {
      AppendCharacter(letters,
                      options.letter_case == LetterCase::kLower ? utf8proc_tolower(code) : utf8proc_toupper(code));
    } else {
      AppendCharacter(letters, code);
    }
    if (IsAscii(letters)) {
      for (const char c : letters) safe += IsUnsafe(c) ? '_' : WithCase(c, options.letter_case);
    } else {
      safe += IsUnsafe(code) ? "_" : letters;
    }
  }
  return options.letter_case == LetterCase::kKeep ? safe : ComposeCharacters(std::move(safe));
}

std::string ComposeCharacters(std::string text) {
  if (IsAscii(text)) return text;
  std::string_view rest = text;
  while (!rest.empty()) {
    if (!IsInert(TakeCharacter(rest))) return Map(std::move(text), UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  }
  return text;
}

std::string SafeComponent(std::string text, bool has_extension) {
  if (text.empty()) return "_";
  if (const size_t device = DeviceNameLength(text); device > 0) text.insert(device, 1, '_');
  return has_extension ? text : SafeEnd(std::move(text));
}

std::string SafeEnd(std::string text) {
  for (size_t i = text.size(); i > 0 && (text[i - 1] == '.' || text[i - 1] == ' '); --i) text[i - 1] = '_';
  return text;
}

std::string CutAtCharacter(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return std::string(text.substr(0, bytes));
}

std::string FoldName(std::string_view name) {
  std::string folded(name);
  if (IsAscii(name)) {
    std::transform(folded.begin(), folded.end(), folded.begin(), ToLower);
    return folded;
  }
  folded.clear();
  for (std::string_view rest = name; !rest.empty();) {
    const std::optional<int32_t> code = FoldedQuickly(TakeCharacter(rest));
    if (!code) return Map(ValidText(name), UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
    if (*code < 0x80) {
      folded += static_cast<char>(*code);
    } else {
      AppendCharacter(folded, *code);
    }
  }
  return folded;
}

}  // namespace tbbthumbs
