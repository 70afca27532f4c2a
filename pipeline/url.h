// Addresses of pictures on the web.
#ifndef TBBTHUMBS_PIPELINE_URL_H_
#define TBBTHUMBS_PIPELINE_URL_H_

#include <string>
#include <string_view>

#include "codecs/error.h"

namespace tbbthumbs {

// An address of a file on a web server, as RFC 3986 has it, in one spelling: scheme and host in lower case, no default
// port, no "." and ".." in the path, no fragment; what may not stand in an address is percent-encoded. A plain value.
struct Url {
  // To show, and to know the picture by: without user and password.
  std::string text;
  // To ask for.
  std::string request;
  // Lower case, without a port; IPv6 without brackets.
  std::string host;
  // Scheme, host and port: what connections can be shared for.
  std::string origin;
  // Decoded, relative: "photos/my cat.jpg". Where it ends with '/', or is empty, its last name is "index". No '/' at
  // either end, no "." and ".." among its names; may hold any other bytes but '\0'.
  std::string path;
};

// What a server says of a picture, for it to be asked for only if it has changed since (RFC 9110, 13.1). A plain value.
struct UrlValidators {
  std::string etag;           // as it was sent, with its quotes
  std::string last_modified;  // as it was sent
  bool empty() const { return etag.empty() && last_modified.empty(); }
  friend bool operator==(const UrlValidators&, const UrlValidators&) = default;
};

// Whether it begins with http:// or https://, in letters of either case: what is then never a file's name.
bool LooksLikeUrl(std::string_view text);

// Errors: kUnsupported, with what is wrong with it: no http or https, no host, over 8,000 bytes.
[[nodiscard]] Result<Url> ParseUrl(std::string_view text);

// An address as it was given, to show where it makes no sense: without what may be user and password.
std::string WithoutPassword(std::string_view text);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_URL_H_
