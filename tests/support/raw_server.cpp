#include "tests/support/raw_server.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

namespace tbbthumbs::testing {

RawServer::RawServer(std::function<void(int fd, const std::string& request)> answer) : answer_(std::move(answer)) {
  listening_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(listen(listening_, 64), 0);
  socklen_t size = sizeof address;
  getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Run(); });
}

RawServer::RawServer(std::string text)
    : RawServer([text = std::move(text)](int fd, const std::string&) { Send(fd, text); }) {}

RawServer::~RawServer() {
  shutdown(listening_, SHUT_RDWR);
  thread_.join();
  close(listening_);
}

bool RawServer::Send(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    text.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

std::vector<std::string> RawServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void RawServer::Run() {
  for (int fd; (fd = accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0; close(fd)) {
    std::string request;
    char buffer[4096];
    for (ssize_t count; request.find("\r\n\r\n") == std::string::npos;) {
      if ((count = recv(fd, buffer, sizeof buffer, 0)) <= 0) break;
      request.append(buffer, static_cast<size_t>(count));
    }
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    answer_(fd, request);
    // So that the client reads all before it hears that the connection is closed.
    shutdown(fd, SHUT_WR);
    while (recv(fd, buffer, sizeof buffer, 0) > 0) {
    }
  }
}

}  // namespace tbbthumbs::testing
