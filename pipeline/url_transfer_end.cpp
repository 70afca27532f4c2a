// What has come of a transfer: a picture, or why there is none.
#include <algorithm>
#include <new>
#include <span>
#include <string_view>
#include <utility>

#include "codecs/decoder.h"
#include "codecs/format.h"
#include "codecs/limits.h"
#include "pipeline/fetched_body.h"
#include "pipeline/http_words.h"
#include "pipeline/url_transfer.h"

namespace tbbthumbs {
namespace {

bool MayPass(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_HTTP2:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2_STREAM:
      return true;
    default:
      return false;
  }
}

std::string Sentence(std::string_view text) {
  while (text.ends_with('.') || text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return std::string(text);
}

}  // namespace

tl::unexpected<Error> UrlTransfer::Refused(const std::string& what) {
  return Fail(ErrorCode::kHttp, "its address " + what + ": not without allow-private");
}

std::string UrlTransfer::HeaderOf(const char* name) const {
  curl_header* header = nullptr;
  if (Curl().easy_header(handle(), name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK) return "";
  return header->value;
}

std::string UrlTransfer::ValidatorOf(const char* name) const {
  std::string value = HeaderOf(name);
  return IsValidator(value) ? value : "";
}

Fetched UrlTransfer::Whole() {
  Fetched fetched;
  const std::span<const std::byte> head(buffer_.data(), std::min(bytes_, kSniffBytes));
  if (!IsDecoded(SniffFormat(head))) {
    MemorySource source(head);
    const auto decoder = OpenDecoder(source, DecodeLimits());
    fetched.error = decoder ? Error{ErrorCode::kUnsupported, "no picture"} : decoder.error();
    if (bytes_ == 0) fetched.error->message = "its server sent nothing";
    const char* type = nullptr;
    Curl().easy_getinfo(handle(), CURLINFO_CONTENT_TYPE, &type);
    if (type != nullptr && bytes_ > 0) fetched.error->message += " (sent as " + PrintableHeader(type) + ")";
    const std::string encoding = HeaderOf("Content-Encoding");
    if (!encoding.empty()) fetched.error->message += ", compressed unasked";
  } else {
    claim_.Finish(bytes_);
    fetched.body = std::make_unique<FetchedBody>(std::move(buffer_), bytes_, std::move(claim_));
  }
  fetched.validators = {ValidatorOf("ETag"), ValidatorOf("Last-Modified")};
  curl_off_t modified = -1;
  Curl().easy_getinfo(handle(), CURLINFO_FILETIME_T, &modified);
  // Years that no file system has are no use to anyone.
  constexpr curl_off_t kLatest = curl_off_t{1} << 33;
  if (modified > 0 && modified < kLatest) fetched.modified = std::chrono::seconds(modified);
  return fetched;
}

TransferEnd UrlTransfer::EndOfAnswer() {
  TransferEnd end;
  long status = 0;
  Curl().easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
  if (status == 304 && conditional_) {
    end.fetched.unchanged = true;
    end.fetched.validators = {ValidatorOf("ETag"), ValidatorOf("Last-Modified")};
    return end;
  }
  if (status == 200 || status == 203) {
    end.fetched = Whole();
    return end;
  }
  end.fetched.error =
      Error{ErrorCode::kHttp, "its server answered " + std::to_string(status) + std::string(ReasonOfStatus(status))};
  end.may_pass = StatusMayPass(status);
  end.fetched.lasting = status >= 400 && status < 500 && !end.may_pass;
  curl_off_t retry_after = 0;
  Curl().easy_getinfo(handle(), CURLINFO_RETRY_AFTER, &retry_after);
  end.retry_after = std::chrono::seconds(std::clamp<curl_off_t>(retry_after, 0, 1'000'000));
  return end;
}

TransferEnd UrlTransfer::Failed(CURLcode code) const {
  TransferEnd end;
  const auto http = [&](std::string message) { end.fetched.error = Error{ErrorCode::kHttp, std::move(message)}; };
  if (!refused_.empty()) {
    end.fetched.error = Refused(refused_).value();
    return end;
  }
  const std::string text =
      error_text_.front() != '\0' ? Sentence(error_text_.data()) : Sentence(Curl().easy_strerror(code));
  end.may_pass = MayPass(code);
  // libcurl's own words may show the proxy's password.
  const bool is_of_proxy = code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_PROXY ||
                           text.find("proxy") != std::string::npos || text.find("Proxy") != std::string::npos;
  if (!settings_.options.proxy.empty() && is_of_proxy) {
    http("the proxy can't be used: " + Sentence(Curl().easy_strerror(code)));
    return end;
  }
  switch (code) {
    case CURLE_TOO_MANY_REDIRECTS:
      http("over " + std::to_string(UrlOptions::kMostRedirects) + " redirects");
      end.fetched.lasting = true;
      break;
    case CURLE_UNSUPPORTED_PROTOCOL: {
      long status = 0;
      Curl().easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
      end.fetched.lasting = status >= 300 && status < 400;
      http(end.fetched.lasting ? "it redirects to what is neither http nor https" : "its server does not speak HTTP");
      break;
    }
    case CURLE_PEER_FAILED_VERIFICATION:
      http("its server's certificate is not to be trusted: " + text);
      break;
    case CURLE_OUT_OF_MEMORY:
      end.fetched.error = Error{ErrorCode::kOutOfMemory, "no memory to fetch it"};
      break;
    default:
      http(text);
      break;
  }
  return end;
}

TransferEnd UrlTransfer::Finish(CURLcode code) {
  TransferEnd end;
  try {
    if (is_old_) {
      end.fetched.unchanged = true;
    } else if (given_up_) {
      end.fetched.error = std::move(given_up_);
    } else if (code == CURLE_OK || enough_) {
      end = EndOfAnswer();
    } else {
      end = Failed(code);
    }
    long version = 0;
    Curl().easy_getinfo(handle(), CURLINFO_HTTP_VERSION, &version);
    long redirects = 0;
    Curl().easy_getinfo(handle(), CURLINFO_REDIRECT_COUNT, &redirects);
    end.spoke_http2 = version == CURL_HTTP_VERSION_2_0 && redirects == 0;
  } catch (const std::bad_alloc&) {
    end.fetched = {};
    end.fetched.error = Error{ErrorCode::kOutOfMemory, ""};
  }
  end.was_paused = was_paused_;
  end.needs_http1 = needs_http1_;
  end.may_pass |= needs_http1_;
  claim_.Release();
  buffer_ = {};
  return end;
}

}  // namespace tbbthumbs
