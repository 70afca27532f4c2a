// Pictures on the web, on this machine: nginx.
#ifndef TBBTHUMBS_BENCH_PICTURE_SERVER_H_
#define TBBTHUMBS_BENCH_PICTURE_SERVER_H_

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <tl/expected.hpp>

namespace tbbthumbs::testing {
class WebServer;
}

namespace tbbthumbs::bench {

// Serves the files of a directory to this machine alone, each after a while, over HTTP and HTTPS. A child process,
// which also ends when the thread that has started it does. For one thread.
class PictureServer {
 public:
  struct Options {
    std::chrono::milliseconds delay{};  // before each answer
    bool http2 = true;                  // offered over HTTPS
  };

  // Returns when it answers. Errors: a sentence, where there can't be one.
  static tl::expected<PictureServer, std::string> Start(const std::filesystem::path& directory, const Options& options);
  PictureServer(PictureServer&&) noexcept;
  PictureServer& operator=(PictureServer&&) = delete;
  ~PictureServer();

  // Of a file in the directory whose name needs no escapes.
  std::string Url(const std::string& name) const;
  std::string SecureUrl(const std::string& name) const;
  // PEM, of who signed its certificate.
  std::filesystem::path certificate_authority() const;

 private:
  PictureServer(std::unique_ptr<testing::WebServer> server, std::chrono::milliseconds delay);
  std::string PathOf(const std::string& name) const;

  std::unique_ptr<testing::WebServer> server_;
  std::chrono::milliseconds delay_;
};

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_PICTURE_SERVER_H_
