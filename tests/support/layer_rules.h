// Who may include whom, and what the library's code may not call.
#ifndef TBBTHUMBS_TESTS_SUPPORT_LAYER_RULES_H_
#define TBBTHUMBS_TESTS_SUPPORT_LAYER_RULES_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tbbthumbs::testing {

// The rules:
// - Layers: tools -> pipeline -> codecs -> std; tests and bench may use all. Own headers are named from the root.
// - Each third-party library has the files that may include it; tests and bench may include any. Public headers include
//   std, other public headers and tl/expected.hpp only.
// - Codecs know nothing of files, threads and streams; codecs and pipeline never print, exit, abort or throw.

// Returns what is wrong with the file at `path` (from the root, "codecs/size.h") that holds `text`, one line each:
// "codecs/size.h:7: ...". `public_headers`: paths of the headers that are installed.
std::vector<std::string> LayerBreaches(const std::string& path, std::string_view text,
                                       const std::set<std::string>& public_headers);

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_LAYER_RULES_H_
