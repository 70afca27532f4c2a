// A server of one test that says whatever it is told.
#ifndef TBBTHUMBS_TESTS_SUPPORT_RAW_SERVER_H_
#define TBBTHUMBS_TESTS_SUPPORT_RAW_SERVER_H_

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace tbbthumbs::testing {

// Hands each request of a connection, as text, to a function, and closes the connection after it. One connection at a
// time, on a free port of the loopback address.
class RawServer {
 public:
  explicit RawServer(std::function<void(int fd, const std::string& request)> answer);
  // Of a text that is always the same.
  explicit RawServer(std::string text);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  // False: the client has gone.
  static bool Send(int fd, std::string_view text);

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string Url(const std::string& path) const { return "http://" + address() + "/" + path; }
  std::vector<std::string> requests() const;

 private:
  void Run();

  const std::function<void(int fd, const std::string& request)> answer_;
  int listening_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;  // guards requests_
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_RAW_SERVER_H_
