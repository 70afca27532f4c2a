#include "pipeline/glob.h"

#include <fnmatch.h>

#include <span>

namespace tbbthumbs {
namespace {

std::vector<std::string> SplitParts(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    if (slash != 0) parts.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return parts;
}

// '**' stands for any number of parts, none included. Patterns have few parts: plain backtracking.
bool MatchParts(std::span<const std::string> glob, std::span<const std::string> path) {
  if (glob.empty()) return path.empty();
  if (glob[0] == "**") {
    for (size_t skip = 0; skip <= path.size(); ++skip) {
      if (MatchParts(glob.subspan(1), path.subspan(skip))) return true;
    }
    return false;
  }
  return !path.empty() && fnmatch(glob[0].c_str(), path[0].c_str(), 0) == 0 &&
         MatchParts(glob.subspan(1), path.subspan(1));
}

}  // namespace

GlobSet::GlobSet(const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    std::vector<std::string> parts = SplitParts(pattern);
    // Anywhere, unless the pattern says where.
    if (pattern.find('/') == std::string::npos) parts.insert(parts.begin(), "**");
    globs_.push_back(std::move(parts));
  }
}

bool GlobSet::Matches(std::string_view path) const {
  if (globs_.empty()) return false;
  const std::vector<std::string> parts = SplitParts(path);
  for (const auto& glob : globs_) {
    if (MatchParts(glob, parts)) return true;
  }
  return false;
}

}  // namespace tbbthumbs
