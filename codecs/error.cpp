#include "codecs/error.h"

namespace tbbthumbs {

std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kCorrupt:
      return "corrupt";
    case ErrorCode::kTruncated:
      return "truncated";
    case ErrorCode::kTooLarge:
      return "too_large";
    case ErrorCode::kOutOfMemory:
      return "out_of_memory";
    case ErrorCode::kExists:
      return "exists";
    case ErrorCode::kTimeout:
      return "timeout";
    case ErrorCode::kHttp:
      return "http";
    case ErrorCode::kStopped:
      return "stopped";
    case ErrorCode::kNoSpace:
      return "no_space";
    case ErrorCode::kChanged:
      return "changed";
    case ErrorCode::kCrashed:
      return "crashed";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

}  // namespace tbbthumbs
