#ifndef TBBTHUMBS_TOOLS_SUGGEST_H_
#define TBBTHUMBS_TOOLS_SUGGEST_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace tbbthumbs::tool {

// Insertions, deletions, replacements and swaps of neighbours that make `b` of `a` (optimal string alignment).
size_t EditDistance(std::string_view a, std::string_view b);

// What somebody who typed `wrong` most likely meant: the one that `wrong` begins, if it is one alone, else the nearest
// within a third of the length of `wrong` (at least 1). Nothing where all are too far.
std::optional<std::string_view> Nearest(std::string_view wrong, std::span<const std::string_view> candidates);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_SUGGEST_H_
