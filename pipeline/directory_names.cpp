#include "pipeline/directory_names.h"

#include <algorithm>
#include <utility>

#include "pipeline/file_system.h"
#include "pipeline/name_hash.h"
#include "pipeline/safe_names.h"

namespace tbbthumbs {
const DirectoryNames::Mapped& DirectoryNames::Map(std::string_view directory) {
  if (directory == last_) return last_mapped_;
  Mapped mapped;
  for (size_t begin = 0; begin < directory.size();) {
    const size_t end = std::min(directory.find('/', begin), directory.size());
    Mapped next = MapName(mapped.path, directory.substr(begin, end - begin), directory.substr(0, end));
    mapped.path = std::move(next.path);
    mapped.made_safe |= next.made_safe;
    mapped.taken |= next.taken;
    mapped.too_long |= next.too_long;
    begin = end + 1;
  }
  last_ = directory;
  last_mapped_ = std::move(mapped);
  return last_mapped_;
}

bool DirectoryNames::IsOurs(const std::string& candidate, uint64_t owner) {
  return owners_.try_emplace(HashOf(FoldName(candidate)), owner).first->second == owner;
}

// `whole`: the input directory down to `name`.
DirectoryNames::Mapped DirectoryNames::MapName(const std::string& parent, std::string_view name,
                                               std::string_view whole) {
  Mapped mapped;
  const uint64_t owner = HashOf(whole);
  std::string safe = SafeComponent(SafeText(name, options_), false);
  if (parent.empty() && FoldName(safe) == kOwnDirectory) safe += '_';
  mapped.made_safe = safe != name;
  mapped.too_long = safe.size() > kMaxNameBytes;
  mapped.path = JoinPath(parent, safe);
  if (!mapped.too_long && IsOurs(mapped.path, owner)) return mapped;
  mapped.taken = !mapped.too_long;
  // The loop is for two of one hash.
  for (uint64_t salt = 0;; ++salt) {
    const std::string hash = "_" + ShortHex(owner + salt);
    mapped.path = JoinPath(parent, CutAtCharacter(safe, kMaxNameBytes - hash.size()) + hash);
    if (IsOurs(mapped.path, owner)) return mapped;
  }
}

}  // namespace tbbthumbs
