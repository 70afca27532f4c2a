#include "pipeline/url_transfer.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <span>
#include <string_view>
#include <utility>

#include "codecs/format.h"
#include "pipeline/address_policy.h"
#include "pipeline/http_words.h"

namespace tbbthumbs {
namespace {

constexpr size_t kKibibyte = 1024;
constexpr size_t kMebibyte = 1024 * kKibibyte;
// For what comes at once: a third of the calls that libcurl's 16 KiB cause, for pictures of 100 KB.
constexpr long kReceiveBytes = 64 * kKibibyte;
// What an answer that is no picture may have for a body before it is cheaper to connect anew.
constexpr uint64_t kMostIgnored = 64 * kKibibyte;
// Room is claimed in such steps where the length is not known, and before the bytes have come where it is: a server
// may announce much and send little.
constexpr size_t kStep = 64 * kKibibyte;
constexpr size_t kMostAhead = kMebibyte;
// What may wait within libcurl of each picture that comes over HTTP/2.
constexpr size_t kMostHidden = 256 * kKibibyte;
// Memory for a body of known length is taken at once up to that; a longer one has to come first.
constexpr size_t kMostAtOnce = 16 * kMebibyte;

// Headers of all answers to a request, with what follows a body. Beyond libcurl's own limit, which is one answer's and
// does not count the latter; it keeps them all.
constexpr size_t kMostOfHeaders = 512 * kKibibyte;

// Where a redirect from `url` leads, as libcurl understands it: it may be relative, but name another host. "" if that
// makes no sense.
std::string RedirectedHost(const char* url, const std::string& location) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parts(Curl().url(), Curl().url_cleanup);
  constexpr unsigned kFlags = CURLU_URLENCODE | CURLU_ALLOW_SPACE | CURLU_NON_SUPPORT_SCHEME;
  if (Curl().url_set(parts.get(), CURLUPART_URL, url, kFlags) != CURLUE_OK) return "";
  if (Curl().url_set(parts.get(), CURLUPART_URL, location.c_str(), kFlags) != CURLUE_OK) return "";
  return PartOfUrl(parts.get(), CURLUPART_HOST);
}

template <class... Arguments>
void Set(CURL* handle, CURLoption option, Arguments... arguments) {
  // Those that can fail for want of memory show it when the transfer begins.
  static_cast<void>(Curl().easy_setopt(handle, option, arguments...));
}

}  // namespace

UrlTransfer::UrlTransfer(const TransferSettings& settings, std::function<bool(uint64_t seq)> may_exceed)
    : settings_(settings), may_exceed_(std::move(may_exceed)), handle_(Curl().easy_init()) {
  CURL* const handle = handle_.get();
  const UrlOptions& options = settings_.options;
  Set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  Set(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  Set(handle, CURLOPT_FOLLOWLOCATION, 1L);
  Set(handle, CURLOPT_MAXREDIRS, static_cast<long>(UrlOptions::kMostRedirects));
  Set(handle, CURLOPT_BUFFERSIZE, kReceiveBytes);
  Set(handle, CURLOPT_HTTP_CONTENT_DECODING, 0L);
  Set(handle, CURLOPT_FILETIME, 1L);
  Set(handle, CURLOPT_USERAGENT, settings_.user_agent.c_str());
  Set(handle, CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect_time.count()));
  Set(handle, CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(options.least_bytes_per_second));
  Set(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_time.count()));
  if (options.proxy != "env") {
    // Names are looked up by proxies of all kinds alike.
    constexpr std::string_view kSocks = "socks5://";
    const bool is_socks = options.proxy.starts_with(kSocks);
    const std::string proxy = is_socks ? "socks5h://" + options.proxy.substr(kSocks.size()) : options.proxy;
    Set(handle, CURLOPT_PROXY, proxy.c_str());
    Set(handle, CURLOPT_NOPROXY, "");
  }
  if (!options.authorities.empty()) {
    Set(handle, CURLOPT_CAINFO, options.authorities.c_str());
    Set(handle, CURLOPT_CAPATH, nullptr);
  }
  // Signals are the program's; and whoever stops does not wait for a name to be looked up.
  Set(handle, CURLOPT_NOSIGNAL, 1L);
  Set(handle, CURLOPT_QUICK_EXIT, 1L);
  Set(handle, CURLOPT_ERRORBUFFER, error_text_.data());
  Set(handle, CURLOPT_PRIVATE, this);
  Set(handle, CURLOPT_WRITEFUNCTION, &UrlTransfer::OnBody);
  Set(handle, CURLOPT_WRITEDATA, this);
  Set(handle, CURLOPT_XFERINFOFUNCTION, &UrlTransfer::OnProgress);
  Set(handle, CURLOPT_XFERINFODATA, this);
  Set(handle, CURLOPT_NOPROGRESS, 0L);
  Set(handle, CURLOPT_HEADERFUNCTION, &UrlTransfer::OnHeader);
  Set(handle, CURLOPT_HEADERDATA, this);
  if (!options.allow_private) {
    Set(handle, CURLOPT_OPENSOCKETFUNCTION, &UrlTransfer::OnSocket);
    Set(handle, CURLOPT_OPENSOCKETDATA, this);
  }
}

Status UrlTransfer::Prepare(const UrlRequest& request, BodyBudget::Claim claim, bool http1) {
  if (handle_ == nullptr) return Fail(ErrorCode::kOutOfMemory, "no memory to fetch it");
  seq_ = request.seq;
  claim_ = std::move(claim);
  buffer_ = {};
  capacity_ = bytes_ = header_bytes_ = 0;
  received_ = 0;
  length_.reset();
  begun_ = kept_ = sniffed_ = enough_ = paused_ = was_paused_ = needs_http1_ = is_old_ = conditional_ = false;
  given_up_.reset();
  refused_.clear();
  error_text_.front() = '\0';
  // Also where a proxy would connect to it.
  if (!settings_.options.allow_private) {
    const std::string_view kind = PrivateHostKind(request.url->host);
    if (!kind.empty()) return Refused(request.url->host + " is " + std::string(kind));
  }

  headers_.reset();
  bool complete = true;
  const auto add = [&](const char* name, const std::string& value) {
    if (value.empty() || !IsValidator(value)) return;
    curl_slist* const longer = Curl().slist_append(headers_.get(), (std::string(name) + ": " + value).c_str());
    complete = complete && longer != nullptr;
    if (longer == nullptr) return;
    static_cast<void>(headers_.release());
    headers_.reset(longer);
    conditional_ = true;
  };
  add("If-None-Match", request.known.etag);
  add("If-Modified-Since", request.known.last_modified);
  changed_since_ = request.known.empty() ? request.changed_since : std::nullopt;
  if (changed_since_) add("If-Modified-Since", HttpDate(*changed_since_));
  Set(handle_.get(), CURLOPT_HTTPHEADER, headers_.get());
  // Rather one connection that takes many than many: what a server can do is known once TLS is. Without, libcurl would
  // wait for its first answer, which may be slow.
  const bool may_share = !http1 && request.url->origin.starts_with("https:");
  Set(handle_.get(), CURLOPT_PIPEWAIT, may_share ? 1L : 0L);
  Set(handle_.get(), CURLOPT_HTTP_VERSION, static_cast<long>(http1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS));
  if (!complete || Curl().easy_setopt(handle_.get(), CURLOPT_URL, request.url->request.c_str()) != CURLE_OK) {
    return Fail(ErrorCode::kOutOfMemory, "no memory to fetch it");
  }
  return {};
}

size_t UrlTransfer::OnBody(char* data, size_t size, size_t count, void* self) {
  return static_cast<UrlTransfer*>(self)->TakeBody(reinterpret_cast<const std::byte*>(data), size * count);
}

size_t UrlTransfer::OnHeader(char* data, size_t size, size_t count, void* self) {
  UrlTransfer& transfer = *static_cast<UrlTransfer*>(self);
  try {
    return transfer.TakeHeader({data, size * count}) ? size * count : 0;
  } catch (const std::bad_alloc&) {
    transfer.given_up_ = Error{ErrorCode::kOutOfMemory, ""};
    return 0;
  }
}

// Of what redirects have for a body nothing else tells: libcurl passes over it, however long it is.
int UrlTransfer::OnProgress(void* self, curl_off_t, curl_off_t received, curl_off_t, curl_off_t) {
  UrlTransfer& transfer = *static_cast<UrlTransfer*>(self);
  constexpr uint64_t kMostPassedOver = kMostIgnored * (UrlOptions::kMostRedirects + 1);
  if (transfer.begun_ || static_cast<uint64_t>(received) <= kMostPassedOver) return 0;
  transfer.GiveUp({ErrorCode::kHttp, "its server sends more with redirects than they need"});
  return 1;
}

// Hosts of redirects are judged here too: where a proxy connects, nothing else can be. False: it is given up.
bool UrlTransfer::TakeHeader(std::string_view line) {
  // It is connected now, perhaps to another of the host's addresses.
  refused_.clear();
  header_bytes_ += line.size();
  if (header_bytes_ > kMostOfHeaders) {
    GiveUp({ErrorCode::kHttp, "its server sends too many headers"});
    return false;
  }
  const auto location = HeaderValue(line, "location");
  if (settings_.options.allow_private || !location) return true;
  long status = 0;
  const char* url = nullptr;
  Curl().easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
  Curl().easy_getinfo(handle(), CURLINFO_EFFECTIVE_URL, &url);
  if (status < 300 || status >= 400 || url == nullptr) return true;
  const std::string host = RedirectedHost(url, std::string(*location));
  const std::string_view kind = PrivateHostKind(host);
  if (!kind.empty()) refused_ = host + " is " + std::string(kind);
  return kind.empty();
}

curl_socket_t UrlTransfer::OnSocket(void* self, curlsocktype, curl_sockaddr* address) {
  UrlTransfer& transfer = *static_cast<UrlTransfer*>(self);
  try {
    const std::string_view kind = PrivateAddressKind(&address->addr);
    if (!kind.empty() && !transfer.settings_.proxies.Has(&address->addr)) {
      transfer.refused_ = AddressText(&address->addr) + " is " + std::string(kind);
      return CURL_SOCKET_BAD;
    }
  } catch (const std::bad_alloc&) {
    return CURL_SOCKET_BAD;
  }
  transfer.refused_.clear();
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void UrlTransfer::GiveUp(Error error) { given_up_ = std::move(error); }

// False: it is given up.
bool UrlTransfer::BeginBody() {
  begun_ = true;
  long status = 0;
  Curl().easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
  kept_ = status == 200 || status == 203;
  if (!kept_) return true;
  // Servers may compare for equality only.
  curl_off_t modified = -1;
  Curl().easy_getinfo(handle(), CURLINFO_FILETIME_T, &modified);
  is_old_ =
      changed_since_ && modified > 0 && modified < std::chrono::floor<std::chrono::seconds>(*changed_since_).count();
  if (is_old_) return false;
  curl_off_t length = -1;
  Curl().easy_getinfo(handle(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (length >= 0) length_ = static_cast<uint64_t>(length);
  if (length_.value_or(0) <= settings_.limits.max_body_bytes) return true;
  GiveUp({ErrorCode::kTooLarge, "its server announces " + std::to_string(*length_) + " bytes: over the limit of " +
                                    std::to_string(settings_.limits.max_body_bytes)});
  return false;
}

size_t UrlTransfer::TakeBody(const std::byte* data, size_t bytes) {
  try {
    if (!begun_ && !BeginBody()) return 0;
    if (!kept_) {
      received_ += bytes;
      enough_ = received_ > kMostIgnored;
      return enough_ ? 0 : bytes;
    }
    if (bytes > settings_.limits.max_body_bytes - bytes_) {
      GiveUp({ErrorCode::kTooLarge,
              "it has more than " + std::to_string(settings_.limits.max_body_bytes) + " bytes: over the limit"});
      return 0;
    }
    if (!Reserve(bytes_ + bytes)) {
      was_paused_ = true;
      needs_http1_ = !CanPause();
      if (needs_http1_) return 0;
      paused_ = true;
      waiting_ = bytes;
      return CURL_WRITEFUNC_PAUSE;
    }
    if (!Grow(bytes_ + bytes)) {
      GiveUp({ErrorCode::kOutOfMemory, "no memory to fetch it"});
      return 0;
    }
    std::memcpy(buffer_.data() + bytes_, data, bytes);
    bytes_ += bytes;
    received_ += bytes;
    if (!sniffed_ && bytes_ >= kSniffBytes) {
      sniffed_ = true;
      enough_ = !IsDecoded(SniffFormat(std::span(buffer_.data(), kSniffBytes)));
      if (enough_) return 0;
    }
    return bytes;
  } catch (const std::bad_alloc&) {
    given_up_ = Error{ErrorCode::kOutOfMemory, ""};
    return 0;
  }
}

bool UrlTransfer::Reserve(size_t bytes) {
  if (bytes <= claim_.bytes()) return true;
  size_t wanted = (bytes + kStep - 1) / kStep * kStep;
  if (length_) wanted = std::max(bytes, std::min<size_t>(bytes + kMostAhead, static_cast<size_t>(*length_)));
  return claim_.GrowTo(wanted, false) || claim_.GrowTo(bytes, false) ||
         (may_exceed_(seq_) && claim_.GrowTo(bytes, true));
}

// Over HTTP/2 libcurl lets a server send 32 MiB of each picture more, which it keeps (7.88; no option changes that).
bool UrlTransfer::CanPause() const {
  long version = 0;
  Curl().easy_getinfo(handle(), CURLINFO_HTTP_VERSION, &version);
  return version != CURL_HTTP_VERSION_2_0 || (length_ && *length_ - bytes_ <= kMostHidden);
}

bool UrlTransfer::Grow(size_t bytes) {
  if (bytes <= capacity_) return true;
  size_t capacity = std::max({bytes, 2 * capacity_, kStep});
  if (length_ && *length_ >= bytes) {
    capacity = static_cast<size_t>(std::min<uint64_t>(*length_, std::max(capacity, kMostAtOnce)));
  }
  BufferPool::Buffer longer = BufferPool::Take(settings_.buffers, capacity);
  if (longer.empty()) return false;
  if (bytes_ > 0) std::memcpy(longer.data(), buffer_.data(), bytes_);
  buffer_ = std::move(longer);
  capacity_ = capacity;
  return true;
}

CURLcode UrlTransfer::TryToGoOn() {
  if (!paused_) return CURLE_OK;
  // The first that comes again is what was refused: with less room it would be refused at once, again and again.
  if (!Reserve(bytes_ + kStep) && !Reserve(bytes_ + waiting_)) return CURLE_OK;
  paused_ = false;
  // Comes back with the bytes that waited, and may have to wait again. Where it fails libcurl would go on without them.
  return Curl().easy_pause(handle(), CURLPAUSE_CONT);
}

size_t UrlTransfer::expected_bytes() const {
  return static_cast<size_t>(std::max<uint64_t>(length_.value_or(0), bytes_));
}

}  // namespace tbbthumbs
