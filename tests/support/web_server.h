// A web server on this machine, for tests of what is fetched: nginx, with places that fail as servers do.
#ifndef TBBTHUMBS_TESTS_SUPPORT_WEB_SERVER_H_
#define TBBTHUMBS_TESTS_SUPPORT_WEB_SERVER_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temp_tree.h"

namespace tbbthumbs::testing {

struct WebServerOptions {
  bool ipv6 = false;  // listens on [::1] too, on the same ports; see HasLoopbackIpv6
  bool http2 = true;  // offered on the ports with TLS
};

// One that was answered, or whose connection was closed.
struct WebRequest {
  std::string method;
  std::string uri;       // as it came: with the query, escaped
  int status = 0;        // 444: closed without an answer; 499: the client went away before one
  std::string protocol;  // HTTP/1.0, HTTP/1.1, HTTP/2.0
  int64_t connection = 0;
  uint64_t body_bytes = 0;  // sent
  double ended_s = 0;       // since 1970, to milliseconds
  // Headers of the request; empty: not sent.
  std::string host;
  std::string if_none_match;
  std::string if_modified_since;
  std::string user_agent;
  std::string accept;
  std::string accept_encoding;
  std::string authorization;
};

// A real nginx, which hears on the loopback device alone and writes into a temporary directory alone. It serves the
// files below a directory, with ETag (of size and time in seconds: not of content) and Last-Modified, under their
// names, and, with PATH as the name of a file, in these places:
//   /_/delay/MS/PATH           after so many milliseconds
//   /_/flaky/N/CODE/KEY/PATH   CODE at the first N requests of KEY (any word); with ?retry_after=TEXT in it
//   /_/reset/N/KEY/PATH        the first N requests of KEY end with a reset of the connection
//   /_/hangup/N/KEY/PATH       likewise with an orderly end, also without an answer
//   /_/redirect/N/PATH         after N redirects, 302 or ?status=CODE, to a relative place
//   /_/cut/BYTES/PATH          tells the whole length and closes the connection after so many bytes
//   /_/stall/BYTES/PATH        likewise, but then sends nothing for a minute
//   /_/slow/RATE/PATH          so many bytes a second
//   /_/chunked/PATH            of no told length
//   /_/gzip/PATH               with Content-Encoding: gzip, asked for or not
//   /_/etag/PATH               without Last-Modified
//   /_/date/PATH               without ETag
//   /_/noetag/PATH             without both
//   /_/auth/PATH               for user "user" with password "secret"; else 401
// These end as they are or with /NAME:
//   /_/status/CODE             and a little text; with ?retry_after=TEXT in it
//   /_/to?url=URL              a redirect to that, 302 or &status=CODE
//   /_/loop                    a redirect to itself
//   /_/giant/BYTES             so many, which begin as a JPEG does, then zeros; of no told length
//   /_/giant_length/BYTES      with Content-Length
// And /_/html.jpg is a page that says that it is a JPEG.
// Over HTTP/2 streams are reset where connections would be closed.
//
// Owns the server, which also ends when the thread that made it does. Whatever fails throws std::runtime_error with the
// end of the server's log. For one thread.
class WebServer {
 public:
  // Whether nginx with Lua and openssl are installed; else `why` says what is missing.
  static bool Available(std::string* why);

  // Returns when it answers.
  explicit WebServer(const std::filesystem::path& root, const WebServerOptions& options = {});
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  // Of an escaped path, which may begin with a slash.
  std::string Url(const std::string& path) const;           // http://127.0.0.1
  std::string Ipv6Url(const std::string& path) const;       // http://[::1]
  std::string SecureUrl(const std::string& path) const;     // https://localhost
  std::string UntrustedUrl(const std::string& path) const;  // with a certificate that nobody has signed

  int port() const { return port_; }
  int secure_port() const { return secure_port_; }
  int untrusted_port() const { return untrusted_port_; }

  // PEM, of who signed the certificate of localhost, 127.0.0.1 and ::1.
  std::filesystem::path certificate_authority() const;

  // All requests whose answers had ended before the call, in the order of their ends.
  std::vector<WebRequest> Log() const;
  // How many of them were for this path; an escaped one, with its query.
  size_t Requests(const std::string& path) const;
  // The most that were being served at once, so far.
  size_t MostAtOnce() const;

  pid_t pid() const { return process_->pid(); }

 private:
  void MakeCertificates() const;
  // False when it ended, perhaps for a port that was taken meanwhile.
  bool Start();
  void Stop();
  // What the server says of itself; empty when nothing answers.
  std::string AskState() const;
  // Likewise, but throws. What had happened before the call is in the log then.
  std::string State() const;
  [[noreturn]] void Fail(const std::string& what) const;

  WebServerOptions options_;
  TempTree tree_;
  int port_ = 0;
  int secure_port_ = 0;
  int untrusted_port_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_WEB_SERVER_H_
