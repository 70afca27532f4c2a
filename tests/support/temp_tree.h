#ifndef TBBTHUMBS_TESTS_SUPPORT_TEMP_TREE_H_
#define TBBTHUMBS_TESTS_SUPPORT_TEMP_TREE_H_

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tbbthumbs::testing {

// An empty directory of a test's own, gone with it.
class TempTree {
 public:
  TempTree();
  ~TempTree();
  TempTree(const TempTree&) = delete;
  TempTree& operator=(const TempTree&) = delete;

  const std::filesystem::path& root() const { return root_; }

  // The directories of `path` (relative to the root) are made as needed. Returns the whole path.
  std::filesystem::path Write(const std::filesystem::path& path, std::string_view text) const;
  std::filesystem::path Write(const std::filesystem::path& path, std::span<const std::byte> bytes) const;

  std::string Read(const std::filesystem::path& path) const;

  // Regular files below `path`, relative to it, sorted; not the journals of output directories.
  std::vector<std::string> Files(const std::filesystem::path& path = ".") const;

 private:
  std::filesystem::path root_;
};

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_TEMP_TREE_H_
