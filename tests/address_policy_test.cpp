#include "pipeline/address_policy.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace tbbthumbs {
namespace {

constexpr const char* kGlobal = "";
constexpr const char* kLoopback = "loopback";
constexpr const char* kPrivate = "private";
constexpr const char* kLinkLocal = "link-local";
constexpr const char* kShared = "shared by a provider (carrier-grade NAT)";
constexpr const char* kMulticast = "multicast";
constexpr const char* kUnspecified = "unspecified";
constexpr const char* kReserved = "reserved";
constexpr const char* kMetadata = "a cloud's metadata service";

// Where another kind begins than that of the address before it.
struct Border {
  const char* first;
  const char* kind;
  // Of the address before it, where that is not what the last border says.
  const char* kind_before = nullptr;
};

// All of them, in order: each address is of the kind of the last border up to it.
constexpr Border kIpv4Borders[] = {
    {"0.0.0.0", kUnspecified},       {"0.0.0.1", kReserved},         {"1.0.0.0", kGlobal},
    {"10.0.0.0", kPrivate},          {"11.0.0.0", kGlobal},          {"100.64.0.0", kShared},
    {"100.100.100.200", kMetadata},  {"100.100.100.201", kShared},   {"100.128.0.0", kGlobal},
    {"127.0.0.0", kLoopback},        {"128.0.0.0", kGlobal},         {"168.63.129.16", kMetadata},
    {"168.63.129.17", kGlobal},      {"169.254.0.0", kLinkLocal},    {"169.254.169.254", kMetadata},
    {"169.254.169.255", kLinkLocal}, {"169.254.170.2", kMetadata},   {"169.254.170.3", kLinkLocal},
    {"169.254.170.23", kMetadata},   {"169.254.170.24", kLinkLocal}, {"169.255.0.0", kGlobal},
    {"172.16.0.0", kPrivate},        {"172.32.0.0", kGlobal},        {"192.0.0.0", kReserved},
    {"192.0.0.9", kGlobal},          {"192.0.0.11", kReserved},      {"192.0.0.192", kMetadata},
    {"192.0.0.193", kReserved},      {"192.0.1.0", kGlobal},         {"192.0.2.0", kReserved},
    {"192.0.3.0", kGlobal},          {"192.88.99.0", kReserved},     {"192.88.100.0", kGlobal},
    {"192.168.0.0", kPrivate},       {"192.169.0.0", kGlobal},       {"198.18.0.0", kReserved},
    {"198.20.0.0", kGlobal},         {"198.51.100.0", kReserved},    {"198.51.101.0", kGlobal},
    {"203.0.113.0", kReserved},      {"203.0.114.0", kGlobal},       {"224.0.0.0", kMulticast},
    {"240.0.0.0", kReserved},
};

// Those within the places of IPv4 addresses are not here.
constexpr Border kIpv6Borders[] = {
    {"::", kUnspecified},
    {"::1", kLoopback},
    {"::2", kReserved},
    {"::ffff:0:0", kUnspecified},  // mapped
    {"::1:0:0:0", kReserved, kReserved},
    {"64:ff9b::", kUnspecified},  // translated
    {"64:ff9b::1:0:0", kReserved, kReserved},
    {"64:ff9b:1::", kPrivate},
    {"64:ff9b:2::", kReserved},
    {"100::", kReserved},
    {"100:0:0:1::", kReserved},
    {"2000::", kGlobal},
    {"2001::", kReserved},
    {"2001:1::1", kGlobal},
    {"2001:1::4", kReserved},
    {"2001:3::", kGlobal},
    {"2001:4::", kReserved},
    {"2001:4:112::", kGlobal},
    {"2001:4:113::", kReserved},
    {"2001:20::", kGlobal},
    {"2001:40::", kReserved},
    {"2001:200::", kGlobal},
    {"2001:db8::", kReserved},
    {"2001:db9::", kGlobal},
    {"2002::", kUnspecified},  // 6to4
    {"2003::", kGlobal, kReserved},
    {"3fff::", kReserved},
    {"3fff:1000::", kGlobal},
    {"4000::", kReserved},
    {"5f00::", kReserved},
    {"5f01::", kReserved},
    {"fc00::", kPrivate},
    {"fd00:ec2::23", kMetadata},
    {"fd00:ec2::24", kPrivate},
    {"fd00:ec2::254", kMetadata},
    {"fd00:ec2::255", kPrivate},
    {"fd20:ce::254", kMetadata},
    {"fd20:ce::255", kPrivate},
    {"fe00::", kReserved},
    {"fe80::", kLinkLocal},
    {"fec0::", kPrivate},
    {"ff00::", kMulticast},
};

using Ipv4Bytes = std::array<uint8_t, 4>;
using Ipv6Bytes = std::array<uint8_t, 16>;

template <typename Bytes>
Bytes Parsed(const std::string& text) {
  Bytes bytes{};
  EXPECT_EQ(inet_pton(sizeof(Bytes) == 4 ? AF_INET : AF_INET6, text.c_str(), bytes.data()), 1) << text;
  return bytes;
}

std::string KindOf(const Ipv4Bytes& bytes) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(80);
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<uint8_t*>(&address.sin_addr));
  return std::string(PrivateAddressKind(reinterpret_cast<const sockaddr*>(&address)));
}

std::string KindOf(const Ipv6Bytes& bytes) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(80);
  std::copy(bytes.begin(), bytes.end(), address.sin6_addr.s6_addr);
  return std::string(PrivateAddressKind(reinterpret_cast<const sockaddr*>(&address)));
}

std::string Written(const Ipv4Bytes& bytes) {
  std::array<char, INET_ADDRSTRLEN> text{};
  return inet_ntop(AF_INET, bytes.data(), text.data(), text.size());
}

std::string Written(const Ipv6Bytes& bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
}

// Not of the first one.
template <typename Bytes>
Bytes Before(Bytes bytes) {
  for (size_t i = bytes.size(); i-- > 0 && bytes[i]-- == 0;) {
  }
  return bytes;
}

// Of the address and as a host.
template <typename Bytes>
void ExpectKind(const Bytes& bytes, const std::string& kind) {
  EXPECT_EQ(KindOf(bytes), kind) << Written(bytes);
  EXPECT_EQ(PrivateHostKind(Written(bytes)), kind) << Written(bytes);
}

// The first addresses of each kind and those before them, after `change`.
template <typename Bytes, typename Change>
void ExpectBorders(const std::vector<Border>& borders, const Change& change) {
  for (size_t i = 0; i < borders.size(); ++i) {
    const Bytes first = Parsed<Bytes>(borders[i].first);
    ExpectKind(change(first), borders[i].kind);
    if (i == 0) continue;
    ExpectKind(change(Before(first)), borders[i].kind_before != nullptr ? borders[i].kind_before : borders[i - 1].kind);
  }
}

std::vector<Border> Ipv4Borders() { return {std::begin(kIpv4Borders), std::end(kIpv4Borders)}; }

// `ipv4` in an IPv6 address, at this byte of it.
Ipv6Bytes Embedded(const Ipv4Bytes& ipv4, const std::string& prefix, size_t at) {
  Ipv6Bytes bytes = Parsed<Ipv6Bytes>(prefix);
  std::copy(ipv4.begin(), ipv4.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
  return bytes;
}

TEST(AddressPolicy, KnowsIpv4) {
  ExpectBorders<Ipv4Bytes>(Ipv4Borders(), [](const Ipv4Bytes& bytes) { return bytes; });
  for (const auto& [text, kind] : std::map<std::string, std::string>{{"255.255.255.255", kReserved},
                                                                     {"127.0.0.1", kLoopback},
                                                                     {"10.1.2.3", kPrivate},
                                                                     {"192.31.196.1", kGlobal},
                                                                     {"192.52.193.1", kGlobal},
                                                                     {"192.175.48.1", kGlobal},
                                                                     {"9.9.9.9", kGlobal}}) {
    ExpectKind(Parsed<Ipv4Bytes>(text), kind);
  }
}

TEST(AddressPolicy, KnowsIpv6) {
  ExpectBorders<Ipv6Bytes>({std::begin(kIpv6Borders), std::end(kIpv6Borders)},
                           [](const Ipv6Bytes& bytes) { return bytes; });
  for (const auto& [text, kind] :
       std::map<std::string, std::string>{{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", kMulticast},
                                          {"::127.0.0.1", kReserved},
                                          {"::8.8.8.8", kReserved},
                                          {"fe80::5efe:808:808", kLinkLocal},
                                          {"2001:0:4136:e378:8000:63bf:3fff:fdd2", kReserved},  // Teredo
                                          {"2001:2::1", kReserved},                             // benchmarks
                                          {"2001:10::1", kReserved},                            // ORCHID
                                          {"2606:4700:4700::1111", kGlobal}}) {
    ExpectKind(Parsed<Ipv6Bytes>(text), kind);
  }
}

TEST(AddressPolicy, SeesTheIpv4AddressInIpv6) {
  ExpectBorders<Ipv4Bytes>(Ipv4Borders(), [](const Ipv4Bytes& bytes) { return Embedded(bytes, "::ffff:0:0", 12); });
  ExpectBorders<Ipv4Bytes>(Ipv4Borders(), [](const Ipv4Bytes& bytes) { return Embedded(bytes, "64:ff9b::", 12); });
  ExpectBorders<Ipv4Bytes>(Ipv4Borders(), [](const Ipv4Bytes& bytes) { return Embedded(bytes, "2002::1", 2); });
  // Not so where it stands elsewhere.
  ExpectKind(Embedded(Parsed<Ipv4Bytes>("8.8.8.8"), "::ffff:0:0:0", 12), kReserved);
  ExpectKind(Embedded(Parsed<Ipv4Bytes>("127.0.0.1"), "2606:4700::", 12), kGlobal);
}

TEST(AddressPolicy, KnowsNoOtherFamily) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  EXPECT_EQ(PrivateAddressKind(reinterpret_cast<const sockaddr*>(&address)), "no Internet address");
  sockaddr_storage nothing{};
  EXPECT_EQ(PrivateAddressKind(reinterpret_cast<const sockaddr*>(&nothing)), "no Internet address");
}

TEST(AddressPolicy, KnowsHosts) {
  for (const char* host : {"127.0.0.1", "127.1", "127.0.0.1.", "2130706433", "0x7f000001", "0177.0.0.1", "0X7F.1",
                           "[::1]", "::1", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::FFFF:7f00:1]", "localhost",
                           "LOCALHOST", "localhost.", "a.localhost", "a.b.LocalHost."}) {
    EXPECT_EQ(PrivateHostKind(host), kLoopback) << host;
  }
  for (const char* host : {"[fe80::1%eth0]", "fe80::1%25eth0", "[FE80::1]", "169.254.1"}) {
    EXPECT_EQ(PrivateHostKind(host), kLinkLocal) << host;
  }
  EXPECT_EQ(PrivateHostKind("169.254.169.254"), kMetadata);
  EXPECT_EQ(PrivateHostKind("[fd00:ec2::254]"), kMetadata);
  EXPECT_EQ(PrivateHostKind("10.1"), kPrivate);
  EXPECT_EQ(PrivateHostKind("0"), kUnspecified);
  for (const char* host : {"", ".", "[", "[]", "example.com", "localhost.example.com", "notlocalhost", "8.8.8.8",
                           "8.8.8", "[2606:4700:4700::1111]", "1.2.3.4.5", "127.0.0.1.example.com", "[::1", "::1]",
                           "[v1.x]", "[1:2]", "256.256.256.256", "local", "10.0.0.x"}) {
    EXPECT_EQ(PrivateHostKind(host), kGlobal) << host;
  }
}

}  // namespace
}  // namespace tbbthumbs
