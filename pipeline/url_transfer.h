// One picture on its way from a server.
#ifndef TBBTHUMBS_PIPELINE_URL_TRANSFER_H_
#define TBBTHUMBS_PIPELINE_URL_TRANSFER_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/body_budget.h"
#include "pipeline/buffer_pool.h"
#include "pipeline/curl_library.h"
#include "pipeline/proxy_addresses.h"
#include "pipeline/url_fetcher.h"

namespace tbbthumbs {

// What all transfers of a fetcher share. Outlives them.
struct TransferSettings {
  const UrlOptions& options;
  const UrlLimits& limits;
  std::string user_agent;
  ProxyAddresses proxies;
  std::shared_ptr<BufferPool> buffers;
};

// How a transfer has ended, and whether to try again.
struct TransferEnd {
  Fetched fetched;
  bool may_pass = false;               // of an error: it may be gone the next time
  std::chrono::seconds retry_after{};  // as the server asks
  bool spoke_http2 = false;            // the server that was asked, as far as it is known
  bool was_paused = false;             // by us: a server may lose patience with that
  bool needs_http1 = false;            // it was ended for want of room, which HTTP/2 does not let a server wait for
};

// Owns a handle of libcurl, which it uses again and again. All on one thread, but for the body that it gives away.
class UrlTransfer {
 public:
  // `may_exceed`: asked whether the body of that number may go over the budget's limit.
  UrlTransfer(const TransferSettings& settings, std::function<bool(uint64_t seq)> may_exceed);

  CURL* handle() const { return handle_.get(); }
  // Of the request.
  uint64_t seq() const { return seq_; }

  // Makes it ready for one request; the handle may then be added to a multi handle. Errors: kHttp: its host may not be
  // connected to; kOutOfMemory.
  // `http1`: not to speak HTTP/2.
  [[nodiscard]] Status Prepare(const UrlRequest& request, BodyBudget::Claim claim, bool http1 = false);
  // After libcurl has said that it is done, and with what.
  TransferEnd Finish(CURLcode code);

  // Whether it waits for room for its body. Then it may go on, if there is room; on failure it has to be taken from the
  // multi handle, and has ended with that.
  bool paused() const { return paused_; }
  [[nodiscard]] CURLcode TryToGoOn();
  // Of the body: what is known of its length, or has come already.
  size_t expected_bytes() const;
  // Of this request so far.
  uint64_t received_bytes() const { return received_; }

 private:
  struct Cleanup {
    void operator()(CURL* handle) const { Curl().easy_cleanup(handle); }
    void operator()(curl_slist* list) const { Curl().slist_free_all(list); }
  };

  static size_t OnBody(char* data, size_t size, size_t count, void* self);
  static size_t OnHeader(char* data, size_t size, size_t count, void* self);
  static int OnProgress(void* self, curl_off_t length, curl_off_t received, curl_off_t to_send, curl_off_t sent);
  static curl_socket_t OnSocket(void* self, curlsocktype purpose, curl_sockaddr* address);

  bool TakeHeader(std::string_view line);
  bool BeginBody();
  size_t TakeBody(const std::byte* data, size_t bytes);
  bool Reserve(size_t bytes);
  // Whether the server stops sending when this end takes no more.
  bool CanPause() const;
  bool Grow(size_t bytes);
  // Of its host, or the address of that.
  static tl::unexpected<Error> Refused(const std::string& what);
  // What has come is all there is of the picture, or enough to tell that it is none.
  Fetched Whole();
  TransferEnd EndOfAnswer();
  TransferEnd Failed(CURLcode code) const;
  std::string HeaderOf(const char* name) const;
  std::string ValidatorOf(const char* name) const;
  void GiveUp(Error error);

  const TransferSettings& settings_;
  const std::function<bool(uint64_t seq)> may_exceed_;
  std::unique_ptr<CURL, Cleanup> handle_;
  std::unique_ptr<curl_slist, Cleanup> headers_;

  // Of one request.
  uint64_t seq_ = 0;
  bool conditional_ = false;
  BodyBudget::Claim claim_;
  BufferPool::Buffer buffer_;
  size_t capacity_ = 0;
  size_t bytes_ = 0;  // in the buffer
  size_t header_bytes_ = 0;
  uint64_t received_ = 0;  // also of what is not kept
  std::optional<uint64_t> length_;
  bool begun_ = false;  // the body
  bool kept_ = false;   // it is a picture's, as far as anyone knows
  bool sniffed_ = false;
  bool enough_ = false;  // we ended it: what has come says all
  size_t waiting_ = 0;   // bytes, where it is paused
  bool paused_ = false;
  bool was_paused_ = false;
  bool needs_http1_ = false;
  std::optional<std::chrono::nanoseconds> changed_since_;
  bool is_old_ = false;            // not changed since then
  std::optional<Error> given_up_;  // why we ended it
  std::string refused_;            // the address that it was not allowed to connect to
  std::array<char, CURL_ERROR_SIZE> error_text_{};
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_URL_TRANSFER_H_
