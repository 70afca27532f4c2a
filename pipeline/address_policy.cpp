#include "pipeline/address_policy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string>

namespace tbbthumbs {
namespace {

constexpr std::string_view kGlobal;
constexpr std::string_view kLoopback = "loopback";
constexpr std::string_view kPrivate = "private";
constexpr std::string_view kLinkLocal = "link-local";
constexpr std::string_view kShared = "shared by a provider (carrier-grade NAT)";
constexpr std::string_view kMulticast = "multicast";
constexpr std::string_view kUnspecified = "unspecified";
constexpr std::string_view kReserved = "reserved";
constexpr std::string_view kMetadata = "a cloud's metadata service";
constexpr std::string_view kNoInternet = "no Internet address";

constexpr uint32_t Ipv4(uint32_t a, uint32_t b, uint32_t c, uint32_t d) { return a << 24 | b << 16 | c << 8 | d; }

struct Ipv4Block {
  uint32_t start;
  int bits;  // that are the same in all of it: 1 to 32
  std::string_view kind;
};

// The first one that an address is in counts.
constexpr Ipv4Block kIpv4Blocks[] = {
    {Ipv4(169, 254, 169, 254), 32, kMetadata},  // most clouds
    {Ipv4(169, 254, 170, 2), 32, kMetadata},    // of containers at Amazon
    {Ipv4(169, 254, 170, 23), 32, kMetadata},   // likewise, Kubernetes
    {Ipv4(100, 100, 100, 200), 32, kMetadata},  // Alibaba
    {Ipv4(192, 0, 0, 192), 32, kMetadata},      // Oracle
    {Ipv4(168, 63, 129, 16), 32, kMetadata},    // Azure
    {Ipv4(192, 0, 0, 9), 32, kGlobal},          // port control anycast
    {Ipv4(192, 0, 0, 10), 32, kGlobal},         // relays' anycast
    {Ipv4(0, 0, 0, 0), 32, kUnspecified},      {Ipv4(0, 0, 0, 0), 8, kReserved},
    {Ipv4(10, 0, 0, 0), 8, kPrivate},          {Ipv4(100, 64, 0, 0), 10, kShared},
    {Ipv4(127, 0, 0, 0), 8, kLoopback},        {Ipv4(169, 254, 0, 0), 16, kLinkLocal},
    {Ipv4(172, 16, 0, 0), 12, kPrivate},       {Ipv4(192, 0, 0, 0), 24, kReserved},
    {Ipv4(192, 0, 2, 0), 24, kReserved},                                              // documentation
    {Ipv4(192, 88, 99, 0), 24, kReserved},                                            // relays of 6to4
    {Ipv4(192, 168, 0, 0), 16, kPrivate},      {Ipv4(198, 18, 0, 0), 15, kReserved},  // benchmarks
    {Ipv4(198, 51, 100, 0), 24, kReserved},                                           // documentation
    {Ipv4(203, 0, 113, 0), 24, kReserved},                                            // documentation
    {Ipv4(224, 0, 0, 0), 4, kMulticast},       {Ipv4(240, 0, 0, 0), 4, kReserved},
};

// By halves.
struct Ipv6Address {
  uint64_t high;
  uint64_t low;
};

struct Ipv6Block {
  Ipv6Address start;
  int bits;  // 1 to 128
  std::string_view kind;
};

// Likewise.
constexpr Ipv6Block kIpv6Blocks[] = {
    {{0xfd00'0ec2'0000'0000, 0x254}, 128, kMetadata},  // Amazon
    {{0xfd00'0ec2'0000'0000, 0x23}, 128, kMetadata},   // likewise, Kubernetes
    {{0xfd20'00ce'0000'0000, 0x254}, 128, kMetadata},  // Google
    {{0, 0}, 128, kUnspecified},
    {{0, 1}, 128, kLoopback},
    {{0x0064'ff9b'0001'0000, 0}, 48, kPrivate},   // local translation to IPv4
    {{0x2001'0001'0000'0000, 1}, 128, kGlobal},   // port control anycast
    {{0x2001'0001'0000'0000, 2}, 128, kGlobal},   // relays' anycast
    {{0x2001'0001'0000'0000, 3}, 128, kGlobal},   // service registration anycast
    {{0x2001'0003'0000'0000, 0}, 32, kGlobal},    // multicast tunnels
    {{0x2001'0004'0112'0000, 0}, 48, kGlobal},    // AS112
    {{0x2001'0020'0000'0000, 0}, 28, kGlobal},    // ORCHIDv2
    {{0x2001'0030'0000'0000, 0}, 28, kGlobal},    // drones
    {{0x2001'0000'0000'0000, 0}, 23, kReserved},  // Teredo, benchmarks, ORCHID, ...
    {{0x2001'0db8'0000'0000, 0}, 32, kReserved},  // documentation
    {{0x3fff'0000'0000'0000, 0}, 20, kReserved},  // documentation
    {{0x2000'0000'0000'0000, 0}, 3, kGlobal},
    {{0xfc00'0000'0000'0000, 0}, 7, kPrivate},
    {{0xfe80'0000'0000'0000, 0}, 10, kLinkLocal},
    {{0xfec0'0000'0000'0000, 0}, 10, kPrivate},  // site-local
    {{0xff00'0000'0000'0000, 0}, 8, kMulticast},
};

bool Contains(const Ipv4Block& block, uint32_t address) { return (block.start ^ address) >> (32 - block.bits) == 0; }

bool Contains(const Ipv6Block& block, const Ipv6Address& address) {
  if (block.bits <= 64) return (block.start.high ^ address.high) >> (64 - block.bits) == 0;
  return block.start.high == address.high && (block.start.low ^ address.low) >> (128 - block.bits) == 0;
}

std::string_view KindOf(uint32_t address) {
  const auto* const block = std::find_if(std::begin(kIpv4Blocks), std::end(kIpv4Blocks),
                                         [&](const Ipv4Block& b) { return Contains(b, address); });
  return block == std::end(kIpv4Blocks) ? kGlobal : block->kind;
}

std::string_view KindOf(const in_addr& address) { return KindOf(ntohl(address.s_addr)); }

std::string_view KindOf(const Ipv6Address& address) {
  constexpr uint64_t kTranslated = 0x0064'ff9b'0000'0000;
  const bool is_mapped = address.high == 0 && address.low >> 32 == 0xffff;
  const bool is_translated = address.high == kTranslated && address.low >> 32 == 0;
  if (is_mapped || is_translated) return KindOf(static_cast<uint32_t>(address.low));
  if (address.high >> 48 == 0x2002) return KindOf(static_cast<uint32_t>(address.high >> 16));
  const auto* const block = std::find_if(std::begin(kIpv6Blocks), std::end(kIpv6Blocks),
                                         [&](const Ipv6Block& b) { return Contains(b, address); });
  return block == std::end(kIpv6Blocks) ? kReserved : block->kind;
}

std::string_view KindOf(const in6_addr& address) {
  Ipv6Address halves{};
  for (int i = 0; i < 8; ++i) {
    halves.high = halves.high << 8 | address.s6_addr[i];
    halves.low = halves.low << 8 | address.s6_addr[i + 8];
  }
  return KindOf(halves);
}

char LowerCase(char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string_view PrivateAddressKind(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in ipv4;
    std::memcpy(&ipv4, address, sizeof ipv4);
    return KindOf(ipv4.sin_addr);
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 ipv6;
    std::memcpy(&ipv6, address, sizeof ipv6);
    return KindOf(ipv6.sin6_addr);
  }
  return kNoInternet;
}

std::string_view PrivateHostKind(std::string_view host) {
  std::string text(host);
  std::transform(text.begin(), text.end(), text.begin(), LowerCase);
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  if (text.find(':') != std::string::npos) {
    in6_addr ipv6;
    return inet_pton(AF_INET6, text.substr(0, text.find('%')).c_str(), &ipv6) == 1 ? KindOf(ipv6) : kGlobal;
  }
  if (text.ends_with('.')) text.pop_back();
  in_addr ipv4;
  if (inet_aton(text.c_str(), &ipv4) != 0) return KindOf(ipv4);
  return text == "localhost" || text.ends_with(".localhost") ? kLoopback : kGlobal;
}

}  // namespace tbbthumbs
