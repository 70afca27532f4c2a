#include "pipeline/proxy_addresses.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <memory>

#include "pipeline/curl_library.h"

namespace tbbthumbs {
namespace {

std::string KeyOf(const sockaddr* address) {
  uint16_t port = 0;
  if (address->sa_family == AF_INET) port = reinterpret_cast<const sockaddr_in*>(address)->sin_port;
  if (address->sa_family == AF_INET6) port = reinterpret_cast<const sockaddr_in6*>(address)->sin6_port;
  const std::string text = AddressText(address);
  return text.empty() ? "" : text + " " + std::to_string(ntohs(port));
}

}  // namespace

std::string AddressText(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = nullptr;
  if (address->sa_family == AF_INET) bytes = &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  if (address->sa_family == AF_INET6) bytes = &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  if (bytes == nullptr) return "";
  const char* const written = inet_ntop(address->sa_family, bytes, text.data(), text.size());
  return written == nullptr ? "" : written;
}

ProxyAddresses::ProxyAddresses(const std::string& proxy) {
  if (proxy.empty()) return;
  if (proxy != "env") {
    Add(proxy);
    return;
  }
  // Those that libcurl reads. (It takes HTTP_PROXY for no proxy: servers put requests' headers into such variables.)
  for (const char* const name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    if (const char* const value = std::getenv(name); value != nullptr) Add(value);
  }
}

void ProxyAddresses::Add(const std::string& proxy) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> url(Curl().url(), Curl().url_cleanup);
  const std::string whole = proxy.find("://") == std::string::npos ? "http://" + proxy : proxy;
  if (url == nullptr ||
      Curl().url_set(url.get(), CURLUPART_URL, whole.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return;
  }
  std::string host = PartOfUrl(url.get(), CURLUPART_HOST);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  std::string port = PartOfUrl(url.get(), CURLUPART_PORT);
  // CURLOPT_PROXY: 1080 unless it is an HTTPS proxy.
  if (port.empty()) port = PartOfUrl(url.get(), CURLUPART_SCHEME) == "https" ? "443" : "1080";
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    if (std::string key = KeyOf(one->ai_addr); !key.empty()) addresses_.insert(std::move(key));
  }
  freeaddrinfo(found);
}

bool ProxyAddresses::Has(const sockaddr* address) const {
  return !addresses_.empty() && addresses_.contains(KeyOf(address));
}

}  // namespace tbbthumbs
