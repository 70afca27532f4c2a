#include "bench/picture_server.h"

#include <exception>
#include <utility>

#include "tests/support/web_server.h"

namespace tbbthumbs::bench {

using testing::WebServer;

tl::expected<PictureServer, std::string> PictureServer::Start(const std::filesystem::path& directory,
                                                              const Options& options) {
  std::string why;
  if (!WebServer::Available(&why)) return tl::unexpected(std::move(why));
  try {
    testing::WebServerOptions of_server;
    of_server.http2 = options.http2;
    return PictureServer(std::make_unique<WebServer>(directory, of_server), options.delay);
  } catch (const std::exception& error) {
    return tl::unexpected<std::string>(error.what());
  }
}

PictureServer::PictureServer(std::unique_ptr<WebServer> server, std::chrono::milliseconds delay)
    : server_(std::move(server)), delay_(delay) {}

PictureServer::PictureServer(PictureServer&&) noexcept = default;

PictureServer::~PictureServer() = default;

std::string PictureServer::PathOf(const std::string& name) const {
  return "/_/delay/" + std::to_string(delay_.count()) + "/" + name;
}

std::string PictureServer::Url(const std::string& name) const { return server_->Url(PathOf(name)); }

std::string PictureServer::SecureUrl(const std::string& name) const { return server_->SecureUrl(PathOf(name)); }

std::filesystem::path PictureServer::certificate_authority() const { return server_->certificate_authority(); }

}  // namespace tbbthumbs::bench
