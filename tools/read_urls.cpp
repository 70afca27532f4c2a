#include "tools/read_urls.h"

#include <algorithm>
#include <chrono>
#include <string>

namespace tbbthumbs::tool {
namespace {

constexpr int kMostRetries = 20;
// Of the two times.
constexpr int kMostSeconds = 86400;

Parsed<std::chrono::seconds> ParseWholeSeconds(const std::string& text) {
  return ParseInt(text, 1, kMostSeconds).map([](int seconds) { return std::chrono::seconds(seconds); });
}

// It stands in a line of each request.
Parsed<std::string> ParseUserAgent(const std::string& text) {
  const auto is_control = [](unsigned char c) { return c < ' ' || c == 0x7f; };
  if (std::any_of(text.begin(), text.end(), is_control)) {
    return tl::unexpected<std::string>("it holds a line's end or another control character");
  }
  return ParseText(text);
}

}  // namespace

void ReadUrls(OptionReader& reader, UrlOptions& urls) {
  reader.ReadInt("connections", urls.connections, 1, UrlOptions::kMostConnections);
  reader.ReadInt("per-host", urls.per_host, 1, UrlOptions::kMostConnections);
  reader.Read("rate", urls.requests_per_second, ParseRate);
  reader.ReadInt("retries", urls.retries, 0, kMostRetries);
  reader.Read("connect-timeout", urls.connect_time, ParseWholeSeconds);
  reader.Read("stall-timeout", urls.stall_time, ParseWholeSeconds);
  reader.ReadFlag("allow-private", urls.allow_private);
  reader.Read("proxy", urls.proxy, ParseProxy);
  reader.Read("cacert", urls.authorities, ParsePath);
  reader.Read("user-agent", urls.user_agent, ParseUserAgent);
  // Above what is fetched without being asked for, too.
  reader.Read("max-input-bytes", urls.max_bytes, ParseByteCount);
  reader.Read("save-originals", urls.originals, ParsePath);
}

}  // namespace tbbthumbs::tool
