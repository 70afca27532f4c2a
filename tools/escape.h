// File names on their way to people and to programs. A file name is any bytes but '/' and NUL.
#ifndef TBBTHUMBS_TOOLS_ESCAPE_H_
#define TBBTHUMBS_TOOLS_ESCAPE_H_

#include <string>
#include <string_view>

namespace tbbthumbs::tool {

bool IsValidUtf8(std::string_view bytes);

// For a terminal: what could move the cursor, change colours or reorder text becomes visible. Control characters, bytes
// that are no UTF-8 and backslashes become C escapes (\n, \x1b, \\), invisible and direction-changing characters
// \u{202e}. Reversible.
std::string EscapeForTerminal(std::string_view bytes);

// RFC 3986: everything but letters, digits and "-._~/" as %XX. Reversible: urllib.parse.unquote_to_bytes.
std::string PercentEncode(std::string_view bytes);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_ESCAPE_H_
