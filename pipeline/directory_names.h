// Which input directory gets which output directory.
#ifndef TBBTHUMBS_PIPELINE_DIRECTORY_NAMES_H_
#define TBBTHUMBS_PIPELINE_DIRECTORY_NAMES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "pipeline/name_options.h"

namespace tbbthumbs {

// Makes the names of mirrored directories safe, and keeps directories apart that a file system without case would take
// for one: the first in input order keeps its name, others get a hash of theirs ("Photos", "photos_1f0c88a2"). Memory:
// 16 bytes and a hash node a directory. Not thread-safe.
class DirectoryNames {
 public:
  struct Mapped {
    std::string path;
    bool made_safe = false;
    bool taken = false;
    bool too_long = false;
  };

  // The options must outlive it.
  explicit DirectoryNames(const NameOptions& options) : options_(options) {}

  // `directory`: relative, without "." and "..", '/' between its names; "" stays "". The same comes out for the same.
  // Valid until the next call.
  const Mapped& Map(std::string_view directory);

 private:
  bool IsOurs(const std::string& candidate, uint64_t owner);
  Mapped MapName(const std::string& parent, std::string_view name, std::string_view whole);

  const NameOptions& options_;
  std::unordered_map<uint64_t, uint64_t> owners_;  // by the hash of the folded output directory: of the input directory
  std::string last_;
  Mapped last_mapped_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_DIRECTORY_NAMES_H_
