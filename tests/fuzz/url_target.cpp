#include <string>
#include <string_view>

#include "pipeline/item.h"
#include "pipeline/url.h"
#include "pipeline/url_input.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/input_reader.h"
#include "tests/fuzz/targets.h"

namespace tbbthumbs::fuzz {
namespace {

constexpr std::string_view kSecret = "s3cr3t-0f-m1ne";

bool IsRelativeAndSafe(std::string_view path) {
  if (path.empty() || path.find('\0') != std::string_view::npos) return false;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view name = path.substr(begin, end - begin);
    if (name.empty() || name == "." || name == "..") return false;
    begin = end + 1;
  }
  return true;
}

bool Same(const Url& a, const Url& b) {
  return a.text == b.text && a.request == b.request && a.host == b.host && a.origin == b.origin && a.path == b.path;
}

bool Shows(std::string_view text, std::string_view what) { return text.find(what) != std::string_view::npos; }

void CheckUrl(const Url& url) {
  for (const std::string* text : {&url.text, &url.request, &url.origin}) {
    Require(LooksLikeUrl(*text), "http or https");
    Require(text->starts_with("http"), "a scheme in lower case");
    Require(text->find_first_of(std::string_view("\0\t\n\r ", 5)) == std::string::npos, "no blanks in an address");
  }
  const size_t authority = url.text.find("//") + 2;
  const size_t end = url.text.find_first_of("/?#", authority);
  Require(url.text.substr(authority, end - authority).find('@') == std::string::npos, "no user in what is shown");
  Require(url.text.find('#') == std::string::npos, "no fragment");
  Require(!url.host.empty() && url.host.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos,
          "a host in lower case");
  Require(IsRelativeAndSafe(url.path), "a path that leads nowhere else");
  const auto shown = ParseUrl(url.text);
  Require(shown && shown->text == url.text && shown->request == url.text && shown->host == url.host &&
              shown->origin == url.origin && shown->path == url.path,
          "what is shown to be the address without its password");
  const auto requested = ParseUrl(url.request);
  Require(requested && Same(*requested, url), "what is asked for to be the address");
}

void CheckHidden(std::string_view text) {
  const auto url = ParseUrl(text);
  if (url) {
    for (const std::string* shown : {&url->text, &url->host, &url->origin, &url->path}) {
      Require(!Shows(*shown, kSecret), "no password in parts of an address");
    }
    Require(Shows(url->request, kSecret), "the password in what is asked for");
  } else {
    Require(!Shows(url.error().message, kSecret), "no password in what is wrong");
  }
  Require(!Shows(WithoutPassword(text), kSecret), "no password in what is no address");
  const InputFile file = UrlInput(text);
  Require(!Shows(file.path, kSecret) && !Shows(file.named_as, kSecret), "no password in an input");
  Require(!file.error || !Shows(file.error->message, kSecret), "no password in an input's error");
}

}  // namespace

UrlOutcome UrlText(std::span<const std::byte> input) {
  InputReader reader(input);
  const std::string_view text = reader.Rest();
  const std::string without = WithoutPassword(text);
  Require(without.size() <= text.size(), "a text without its password to be no longer");

  // As a list has it: with a name, perhaps.
  const InputFile file = ListedUrlInput(text);
  Require((file.url != nullptr) != file.error.has_value(), "an address or a reason");
  Require(file.named_as.empty() || IsRelativeAndSafe(file.named_as) || file.named_as.find('\0') != std::string::npos,
          "a name that leads nowhere else");

  // With a password where one may stand.
  const bool has_secret = Shows(text, kSecret);
  for (const std::string_view scheme : {"http://", "https://", "HTTP:/", "http:///", "ftp://", ""}) {
    const bool has_it = !scheme.empty() && text.starts_with(scheme) && !text.substr(scheme.size()).starts_with('/');
    if (has_secret || (!scheme.empty() && !has_it)) continue;
    std::string secret(scheme);
    secret.append("me:").append(kSecret).append("@").append(text.substr(scheme.size()));
    CheckHidden(secret);
  }

  const auto url = ParseUrl(LooksLikeUrl(text) ? std::string(text) : "http://" + std::string(text));
  if (!url) {
    Require(url.error().code == ErrorCode::kUnsupported && !url.error().message.empty(), "a reason");
    return UrlOutcome::kRefused;
  }
  CheckUrl(*url);
  return UrlOutcome::kRead;
}

}  // namespace tbbthumbs::fuzz
