#include "pipeline/url.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "pipeline/curl_library.h"

namespace tbbthumbs {
namespace {

// Servers take no longer ones (RFC 9110, 4.1, asks for 8,000 at least), and a list has no such lines.
constexpr size_t kMostBytes = 8000;

char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Where what stands after the scheme begins; npos where it is another.
size_t EndOfScheme(std::string_view text) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    size_t same = 0;
    while (same < scheme.size() && same < text.size() && ToLower(text[same]) == scheme[same]) ++same;
    if (same == scheme.size()) return same;
  }
  return std::string_view::npos;
}

// The names of a decoded path that mean something, with '/' between them; "index" for the last where there is none.
std::string RelativePath(std::string_view path) {
  std::string relative;
  for (;;) {
    const size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    if (!name.empty() && name != "." && name != "..") {
      if (!relative.empty()) relative += '/';
      relative += name;
    } else if (slash == std::string_view::npos) {
      relative += relative.empty() ? "index" : "/index";
    }
    if (slash == std::string_view::npos) return relative;
    path.remove_prefix(slash + 1);
  }
}

// Where user and password would begin: behind "http://", or what was meant to be that: "http:/", "http//", "http:///".
size_t EndOfWrittenScheme(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos || text.substr(0, slash).find('@') != std::string_view::npos) return 0;
  const size_t end = std::min(text.find_first_not_of('/', slash), text.size());
  const bool has_colon = slash > 0 && text[slash - 1] == ':';
  return has_colon || end - slash > 1 ? end : 0;
}

tl::unexpected<Error> NoUrl(const char* why) {
  return Fail(ErrorCode::kUnsupported, std::string("no address of a picture: ") + why);
}

}  // namespace

bool LooksLikeUrl(std::string_view text) { return EndOfScheme(text) != std::string_view::npos; }

Result<Url> ParseUrl(std::string_view text) {
  if (!LooksLikeUrl(text)) return NoUrl("it begins neither with http:// nor with https://");
  if (text.size() > kMostBytes) return NoUrl("it is too long");
  if (text.find('\0') != std::string_view::npos) return NoUrl("it holds a NUL");
  if (LoadCurl() == nullptr) return Fail(ErrorCode::kInternal, "libcurl.so.4 is not installed, or too old");
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed(Curl().url(), Curl().url_cleanup);
  if (parsed == nullptr) return Fail(ErrorCode::kOutOfMemory, "no memory for an address");
  const CURLUcode code = Curl().url_set(parsed.get(), CURLUPART_URL, std::string(text).c_str(), CURLU_URLENCODE);
  if (code == CURLUE_OUT_OF_MEMORY) return Fail(ErrorCode::kOutOfMemory, "no memory for an address");
  if (code != CURLUE_OK) return NoUrl(Curl().url_strerror(code));
  Curl().url_set(parsed.get(), CURLUPART_FRAGMENT, nullptr, 0);

  Url url;
  url.host = PartOfUrl(parsed.get(), CURLUPART_HOST);
  for (char& c : url.host) c = ToLower(c);
  // Decoded by now: what has a '%' left is the name of none, and would be encoded once more each time.
  const auto is_no_letter = [](char c) { return (c >= 0 && c <= ' ') || c == '%' || c == '\x7F'; };
  if (url.host.empty() || std::any_of(url.host.begin(), url.host.end(), is_no_letter)) return NoUrl("it names no host");
  Curl().url_set(parsed.get(), CURLUPART_HOST, url.host.c_str(), 0);
  url.request = PartOfUrl(parsed.get(), CURLUPART_URL, CURLU_NO_DEFAULT_PORT);
  Curl().url_set(parsed.get(), CURLUPART_USER, nullptr, 0);
  Curl().url_set(parsed.get(), CURLUPART_PASSWORD, nullptr, 0);
  url.text = PartOfUrl(parsed.get(), CURLUPART_URL, CURLU_NO_DEFAULT_PORT);
  url.origin = PartOfUrl(parsed.get(), CURLUPART_SCHEME) + "://" + url.host + ":" +
               PartOfUrl(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  if (url.host.front() == '[') url.host = url.host.substr(1, url.host.size() - 2);
  // What holds control characters when decoded stays as it is.
  std::string path = PartOfUrl(parsed.get(), CURLUPART_PATH, CURLU_URLDECODE);
  if (path.empty()) path = PartOfUrl(parsed.get(), CURLUPART_PATH);
  url.path = RelativePath(path);
  if (url.request.empty() || url.text.empty()) return NoUrl("it makes no sense");
  return url;
}

std::string WithoutPassword(std::string_view text) {
  const size_t begin = EndOfWrittenScheme(text);
  const std::string_view authority = text.substr(0, text.find_first_of("/?#", begin));
  size_t at = authority.rfind('@');
  if (at == std::string_view::npos) {
    // No port, so perhaps a password with a '/' in it.
    const size_t colon = authority.rfind(':');
    const bool has_port = colon == std::string_view::npos || colon < begin || authority.ends_with(']') ||
                          authority.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
    if (!has_port) at = text.rfind('@');
  }
  std::string result(text);
  if (at != std::string_view::npos && at >= begin) result.erase(begin, at + 1 - begin);
  return result;
}

}  // namespace tbbthumbs
