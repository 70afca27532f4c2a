#include "tests/support/free_ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <stdexcept>

namespace tbbthumbs::testing {
namespace {

// Holds a port of a loopback address.
class LoopbackSocket {
 public:
  // Port 0: any. Whether that worked is what port() says.
  LoopbackSocket(int family, int port) : fd_(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in ipv4{};
    ipv4.sin_family = AF_INET;
    ipv4.sin_port = htons(static_cast<uint16_t>(port));
    ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr_in6 ipv6{};
    ipv6.sin6_family = AF_INET6;
    ipv6.sin6_port = htons(static_cast<uint16_t>(port));
    ipv6.sin6_addr = in6addr_loopback;
    auto* const address = family == AF_INET ? reinterpret_cast<sockaddr*>(&ipv4) : reinterpret_cast<sockaddr*>(&ipv6);
    socklen_t size = family == AF_INET ? sizeof ipv4 : sizeof ipv6;
    if (fd_ < 0 || bind(fd_, address, size) != 0 || getsockname(fd_, address, &size) != 0) return;
    port_ = ntohs(family == AF_INET ? ipv4.sin_port : ipv6.sin6_port);
  }
  ~LoopbackSocket() {
    if (fd_ >= 0) close(fd_);
  }
  LoopbackSocket(const LoopbackSocket&) = delete;
  LoopbackSocket& operator=(const LoopbackSocket&) = delete;
  // 0: none.
  int port() const { return port_; }

 private:
  int fd_;
  int port_ = 0;
};

}  // namespace

bool HasLoopbackIpv6() { return LoopbackSocket(AF_INET6, 0).port() != 0; }

std::vector<int> FreePorts(int count, bool of_ipv6_too) {
  constexpr int kTries = 100;
  // All are held at once, so they differ.
  std::vector<std::unique_ptr<LoopbackSocket>> sockets;
  std::vector<int> ports;
  for (int i = 0; i < kTries && ports.size() < static_cast<size_t>(count); ++i) {
    const int port = sockets.emplace_back(std::make_unique<LoopbackSocket>(AF_INET, 0))->port();
    if (port == 0) break;
    if (of_ipv6_too && sockets.emplace_back(std::make_unique<LoopbackSocket>(AF_INET6, port))->port() == 0) continue;
    ports.push_back(port);
  }
  if (ports.size() < static_cast<size_t>(count)) throw std::runtime_error("no free port");
  return ports;
}

}  // namespace tbbthumbs::testing
