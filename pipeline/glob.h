#ifndef TBBTHUMBS_PIPELINE_GLOB_H_
#define TBBTHUMBS_PIPELINE_GLOB_H_

#include <string>
#include <string_view>
#include <vector>

namespace tbbthumbs {

// File name patterns as InputOptions describes them. Immutable: any number of threads may match at once.
class GlobSet {
 public:
  explicit GlobSet(const std::vector<std::string>& patterns);

  bool empty() const { return globs_.empty(); }
  // `path`: relative, parts separated by '/'. A pattern without '/' is matched against the last part.
  bool Matches(std::string_view path) const;

 private:
  std::vector<std::vector<std::string>> globs_;  // by parts
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_GLOB_H_
