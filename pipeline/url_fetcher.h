// Pictures from the web, many at once.
#ifndef TBBTHUMBS_PIPELINE_URL_FETCHER_H_
#define TBBTHUMBS_PIPELINE_URL_FETCHER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "codecs/byte_source.h"
#include "codecs/error.h"
#include "pipeline/run_summary.h"
#include "pipeline/url.h"
#include "pipeline/url_options.h"

namespace tbbthumbs {

struct UrlRequest {
  uint64_t seq = 0;  // no two that are under way have the same
  std::shared_ptr<const Url> url;
  // To be sent only if it has changed since: by what the server said then, or by a time since 1970.
  UrlValidators known;
  std::optional<std::chrono::nanoseconds> changed_since;
};

// How fetching has ended: with an error, as unchanged, or with a body.
struct Fetched {
  std::optional<Error> error;
  bool lasting = false;    // of a kHttp error: asked again, the server would say the same
  bool unchanged = false;  // since what the request knew
  // All of it in memory; counts as held until it is destroyed.
  std::unique_ptr<ByteSource> body;
  UrlValidators validators;
  std::chrono::nanoseconds modified{};  // since 1970; 0: the server does not say
};

struct UrlLimits {
  size_t held_bytes = 0;  // see BodyBudget
  uint64_t max_body_bytes = 0;
  bool in_order = true;  // bodies are worked on in the order of their numbers; else as they come
};

// Fetches by libcurl's multi interface, on one thread of its own, which starts with the first request. Pictures are
// begun in the order of their numbers, as far as their servers take more and there is room for them; what is no picture
// by its first bytes is not fetched to its end. Errors of fetching: kHttp (a server, the network, or an address that
// may not be connected to), kUnsupported and others of OpenDecoder (no picture), kTooLarge, kOutOfMemory; kStopped.
// Thread-safe.
class UrlFetcher {
 public:
  // The options must outlive it.
  UrlFetcher(const UrlOptions& options, const UrlLimits& limits);
  // Stops, and waits for the thread.
  ~UrlFetcher();
  UrlFetcher(const UrlFetcher&) = delete;
  UrlFetcher& operator=(const UrlFetcher&) = delete;

  // Returns at once. `done` is called once, by the fetcher's thread (after Stop perhaps by the caller's); it must not
  // throw and not take long. What can't be begun ends with kOutOfMemory.
  void Start(UrlRequest request, std::function<void(Fetched)> done);
  // The same, and waits.
  Fetched Fetch(UrlRequest request);

  // What is under way, and what comes later, ends with kStopped.
  void Stop();

  UrlSummary summary() const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_URL_FETCHER_H_
