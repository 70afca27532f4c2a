// How pictures are fetched from the web.
#ifndef TBBTHUMBS_PIPELINE_URL_OPTIONS_H_
#define TBBTHUMBS_PIPELINE_URL_OPTIONS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace tbbthumbs {

// A plain value. Only http and https are spoken, also after redirects, of which there may be kMostRedirects; servers'
// certificates are verified; nothing is asked to be compressed; cookies and ~/.netrc are not used.
struct UrlOptions {
  static constexpr int kMostRedirects = 5;

  // Pictures that are fetched at once, and of those from one server (scheme, host and port). A server that is found to
  // speak HTTP/2 takes as many as all together, over one connection.
  int connections = 16;
  int per_host = 6;
  static constexpr int kMostConnections = 1024;
  // Requests a second at most, of all servers together, repeated ones included; 0: no limit.
  double requests_per_second = 0;

  // After answers that may pass (408, 425, 429, 500, 502, 503, 504) and lost connections a picture is asked for so many
  // times more: after a random time of at most `first_wait` that doubles each time, or when the server asks to (its
  // Retry-After, but no more than `longest_wait`).
  int retries = 3;
  std::chrono::milliseconds first_wait{500};
  std::chrono::seconds longest_wait{30};
  // To a connection. After that a server may take its time, as long as it sends `least_bytes_per_second` on average
  // over `stall_time`.
  std::chrono::seconds connect_time{10};
  std::chrono::seconds stall_time{20};
  uint64_t least_bytes_per_second = 100;

  // Bytes of pictures that have been fetched, in part or whole, and are not worked on yet or at the moment: above it
  // transfers wait. One picture is always fetched, whatever its size; `max_bytes` bounds that.
  // JobOptions::memory_bytes makes both smaller.
  size_t held_bytes = size_t{32} << 20;

  // A picture that has more is kTooLarge, as by DecodeLimits::max_input_bytes, which is for files that are at hand.
  uint64_t max_bytes = uint64_t{256} << 20;

  // Also addresses that the internet at large can't reach: loopback, private networks, link-local, clouds' metadata
  // services. Whoever takes addresses from strangers should leave it off. Checked for the address that is connected to.
  bool allow_private = false;

  // "": none; "env": as http_proxy, https_proxy, all_proxy and no_proxy say; else the proxy's address. Of servers
  // behind a proxy only addresses spelled out in numbers can be checked: the proxy looks up the names.
  std::string proxy;
  // Certificates of authorities to believe, in PEM; empty: the system's.
  std::filesystem::path authorities;
  std::string user_agent;  // empty: the program's name and version

  // Where what was fetched is kept, as HOST/PATH; empty: nowhere. Made when missing.
  std::filesystem::path originals;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_URL_OPTIONS_H_
