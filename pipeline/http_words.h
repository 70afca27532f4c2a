// What HTTP says in words and numbers.
#ifndef TBBTHUMBS_PIPELINE_HTTP_WORDS_H_
#define TBBTHUMBS_PIPELINE_HTTP_WORDS_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tbbthumbs {

// With a blank before it; "" of a status that is seldom met with.
std::string_view ReasonOfStatus(long status);
// Of one that is an error: it may be gone the next time.
bool StatusMayPass(long status);

// "Sun, 06 Nov 1994 08:49:37 GMT", rounded down; "" of a time that has no such date.
std::string HttpDate(std::chrono::nanoseconds since_1970);

// Whether a server's word for a picture may be said to it again: it may stand in a header, and is no longer than
// servers need. Servers are strangers, and a journal is a file that others may have written.
bool IsValidator(std::string_view text);

// The value of a header line, where it is that header.
std::optional<std::string_view> HeaderValue(std::string_view line, std::string_view lower_case_name);

// What a server says of itself, to be shown.
std::string PrintableHeader(std::string_view value);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_HTTP_WORDS_H_
