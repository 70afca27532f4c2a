// libcurl, loaded when it is first needed.
#ifndef TBBTHUMBS_PIPELINE_CURL_LIBRARY_H_
#define TBBTHUMBS_PIPELINE_CURL_LIBRARY_H_

#include <curl/curl.h>

#include <string>

namespace tbbthumbs {

// The functions that are used of it, under their names without "curl_". Linked, it and the thirty libraries that it
// needs would cost every start of a program 7 ms and 6 MB, also of those that fetch nothing.
struct CurlLibrary {
  decltype(&::curl_easy_cleanup) easy_cleanup;
  decltype(&::curl_easy_getinfo) easy_getinfo;
  decltype(&::curl_easy_header) easy_header;
  decltype(&::curl_easy_init) easy_init;
  decltype(&::curl_easy_pause) easy_pause;
  decltype(&::curl_easy_setopt) easy_setopt;
  decltype(&::curl_easy_strerror) easy_strerror;
  decltype(&::curl_free) free;
  decltype(&::curl_global_init) global_init;
  decltype(&::curl_multi_add_handle) multi_add_handle;
  decltype(&::curl_multi_cleanup) multi_cleanup;
  decltype(&::curl_multi_info_read) multi_info_read;
  decltype(&::curl_multi_init) multi_init;
  decltype(&::curl_multi_perform) multi_perform;
  decltype(&::curl_multi_poll) multi_poll;
  decltype(&::curl_multi_remove_handle) multi_remove_handle;
  decltype(&::curl_multi_setopt) multi_setopt;
  decltype(&::curl_multi_wakeup) multi_wakeup;
  decltype(&::curl_slist_append) slist_append;
  decltype(&::curl_slist_free_all) slist_free_all;
  decltype(&::curl_url) url;
  decltype(&::curl_url_cleanup) url_cleanup;
  decltype(&::curl_url_get) url_get;
  decltype(&::curl_url_set) url_set;
  decltype(&::curl_url_strerror) url_strerror;
  decltype(&::curl_version_info) version_info;
};

// Loads and initialises it at the first call; null where it is not installed or too old. It stays for as long as the
// program. Any thread.
const CurlLibrary* LoadCurl();

// Once LoadCurl has given it.
inline const CurlLibrary& Curl() { return *LoadCurl(); }

// A part of an address; "" where it has no such part. Throws std::bad_alloc.
std::string PartOfUrl(CURLU* url, CURLUPart part, unsigned flags = 0);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_CURL_LIBRARY_H_
