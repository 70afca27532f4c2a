#include "pipeline/curl_library.h"

#include <dlfcn.h>

#include <memory>
#include <optional>

namespace tbbthumbs {
namespace {

template <class Function>
bool Find(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(dlsym(library, name));
  return function != nullptr;
}

std::optional<CurlLibrary> Load() {
  // By the number of its interface, which has not changed since 2006.
  void* const library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return std::nullopt;
  CurlLibrary curl{};
  const bool complete =
      Find(library, "curl_easy_cleanup", curl.easy_cleanup) && Find(library, "curl_easy_getinfo", curl.easy_getinfo) &&
      Find(library, "curl_easy_header", curl.easy_header) && Find(library, "curl_easy_init", curl.easy_init) &&
      Find(library, "curl_easy_pause", curl.easy_pause) && Find(library, "curl_easy_setopt", curl.easy_setopt) &&
      Find(library, "curl_easy_strerror", curl.easy_strerror) && Find(library, "curl_free", curl.free) &&
      Find(library, "curl_global_init", curl.global_init) &&
      Find(library, "curl_multi_add_handle", curl.multi_add_handle) &&
      Find(library, "curl_multi_cleanup", curl.multi_cleanup) &&
      Find(library, "curl_multi_info_read", curl.multi_info_read) &&
      Find(library, "curl_multi_init", curl.multi_init) && Find(library, "curl_multi_perform", curl.multi_perform) &&
      Find(library, "curl_multi_poll", curl.multi_poll) &&
      Find(library, "curl_multi_remove_handle", curl.multi_remove_handle) &&
      Find(library, "curl_multi_setopt", curl.multi_setopt) && Find(library, "curl_multi_wakeup", curl.multi_wakeup) &&
      Find(library, "curl_slist_append", curl.slist_append) &&
      Find(library, "curl_slist_free_all", curl.slist_free_all) && Find(library, "curl_url", curl.url) &&
      Find(library, "curl_url_cleanup", curl.url_cleanup) && Find(library, "curl_url_get", curl.url_get) &&
      Find(library, "curl_url_set", curl.url_set) && Find(library, "curl_url_strerror", curl.url_strerror) &&
      Find(library, "curl_version_info", curl.version_info);
  // Since when it can be told in words which protocols redirects may lead to.
  constexpr unsigned kLeastVersion = 0x075500;
  if (!complete || curl.version_info(CURLVERSION_NOW)->version_num < kLeastVersion) return std::nullopt;
  if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return std::nullopt;
  return curl;
}

}  // namespace

const CurlLibrary* LoadCurl() {
  static const std::optional<CurlLibrary> library = Load();
  return library ? &*library : nullptr;
}

std::string PartOfUrl(CURLU* url, CURLUPart part, unsigned flags) {
  char* text = nullptr;
  if (Curl().url_get(url, part, &text, flags) != CURLUE_OK) return "";
  const std::unique_ptr<char, void (*)(void*)> owner(text, Curl().free);
  return text;
}

}  // namespace tbbthumbs
