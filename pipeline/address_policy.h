// Which network addresses a program that strangers hand addresses to may connect to: those that the whole Internet
// reaches, and no neighbours of this machine.
#ifndef TBBTHUMBS_PIPELINE_ADDRESS_POLICY_H_
#define TBBTHUMBS_PIPELINE_ADDRESS_POLICY_H_

#include <string_view>

struct sockaddr;

namespace tbbthumbs {

// "" for an address that is globally reachable; else what it is, for people: "loopback", "private", "link-local",
// "shared by a provider (carrier-grade NAT)", "multicast", "unspecified", "reserved", "a cloud's metadata service",
// "no Internet address" (of another family than IPv4 and IPv6). To be asked about what is connected to, after names
// have been resolved.
//
// By IANA's registries of special-purpose addresses, IPv4 and IPv6 (RFC 6890, 8190), with the RFCs of their blocks:
// shared addresses (6598), benchmarks (2544, 5180), documentation (5737, 3849, 9637), 6to4 relays (7526), discards and
// dummies (6666, 9780), local translation (8215), segment routing (9602), unique local addresses (4193), 2001::/23
// (2928: Teredo 4380, ORCHID 4843). What the registries call globally reachable within 192.0.0.0/24 and 2001::/23 is so
// here (7343, 7450, 7535, 7723, 8155, 9374, 9665). Besides, multicast (5771, 4291) and site-local addresses (3879); and
// what is not in 2000::/3 is reserved (4291). Addresses with an IPv4 address in them are judged by that: mapped ones
// (4291), translated ones (64:ff9b::/96, 6052) and 6to4's (3056).
//
// Metadata services of clouds, which hand out credentials, are known by their addresses; Azure's is in no such block.
std::string_view PrivateAddressKind(const sockaddr* address);

// The same of a URL's host, unescaped, where it is an address: IPv4 in all forms that resolvers know ("127.1",
// "0x7f000001"), IPv6 with or without brackets and zone. "loopback" for localhost and names below it (RFC 6761); "" for
// other names, which may still lead anywhere.
std::string_view PrivateHostKind(std::string_view host);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_ADDRESS_POLICY_H_
