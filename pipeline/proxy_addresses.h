// Where a proxy lies.
#ifndef TBBTHUMBS_PIPELINE_PROXY_ADDRESSES_H_
#define TBBTHUMBS_PIPELINE_PROXY_ADDRESSES_H_

#include <set>
#include <string>

struct sockaddr;

namespace tbbthumbs {

// The network addresses and ports of proxies: connecting to them is what was asked for, wherever they lie. A plain
// value.
class ProxyAddresses {
 public:
  // `proxy`: as UrlOptions::proxy. Looks names up, which may take seconds; what can't be found has no addresses.
  explicit ProxyAddresses(const std::string& proxy);

  bool empty() const { return addresses_.empty(); }
  bool Has(const sockaddr* address) const;

 private:
  void Add(const std::string& proxy);

  std::set<std::string> addresses_;  // "192.0.2.1 3128"
};

// An IPv4 or IPv6 address in numbers, without its port; "" for others.
std::string AddressText(const sockaddr* address);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_PROXY_ADDRESSES_H_
