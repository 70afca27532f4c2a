#include "bench/picture_server.h"

#include <exception>
#include <string_view>
#include <utility>

#include "tests/support/web_server.h"

namespace tbbthumbs::bench {

using testing::WebServer;

namespace {

// What has gone wrong, and the last thing that the server says of it.
std::string InOneLine(std::string_view message) {
  while (message.ends_with('\n')) message.remove_suffix(1);
  const std::string first(message.substr(0, message.find('\n')));
  const size_t last = message.rfind('\n');
  return last == std::string_view::npos ? first : first + ": " + std::string(message.substr(last + 1));
}

}  // namespace

tl::expected<PictureServer, std::string> PictureServer::Start(const std::filesystem::path& directory,
                                                              const Options& options) {
  std::string why;
  if (!WebServer::Available(&why)) return tl::unexpected(std::move(why));
  try {
    testing::WebServerOptions of_server;
    of_server.http2 = options.http2;
    return PictureServer(std::make_unique<WebServer>(directory, of_server), options.delay);
  } catch (const std::exception& error) {
    return tl::unexpected(InOneLine(error.what()));
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
