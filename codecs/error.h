// Errors as values. Everything that reads a picture or touches a disk returns a Result.
#ifndef TBBTHUMBS_CODECS_ERROR_H_
#define TBBTHUMBS_CODECS_ERROR_H_

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace tbbthumbs {

// Why a picture gave no thumbnail. Few and stable: scripts rely on the names that ErrorCodeName gives.
enum class ErrorCode {
  kIo,           // the operating system failed to read or write
  kNotFound,     // no such file or directory
  kUnsupported,  // a format, or a feature of a format, that is not decoded
  kCorrupt,      // the bytes break the rules of their format
  kTruncated,    // the data ends before the picture does
  kTooLarge,     // over one of the DecodeLimits
  kOutOfMemory,
  kExists,    // the output exists and may not be replaced
  kTimeout,   // over the CPU deadline of one picture
  kHttp,      // a server refused or failed
  kStopped,   // the run was stopped while this picture was in flight: it counts as left, not as failed
  kNoSpace,   // the disk or the quota is full
  kChanged,   // the file changed or vanished while it was read
  kCrashed,   // the process that decoded it has died of it
  kInternal,  // a defect of this program
};

inline constexpr int kErrorCodeCount = 15;

// "io", "not_found", ... : lower case, words joined by '_'.
std::string_view ErrorCodeName(ErrorCode code);

struct Error {
  ErrorCode code;
  // One clause for people, without the file's name and without a final stop: "scan data ends at 61 % of the rows".
  std::string message;
  friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] inline tl::unexpected<Error> Fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_ERROR_H_
