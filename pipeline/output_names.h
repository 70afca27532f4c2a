// Which input gets which name.
#ifndef TBBTHUMBS_PIPELINE_OUTPUT_NAMES_H_
#define TBBTHUMBS_PIPELINE_OUTPUT_NAMES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "pipeline/item.h"

namespace tbbthumbs {

// Gives each input a stem of its own within its output directory: the name of the file without its extension; where an
// earlier input has that, with the extension joined on ("photo_png"); where that is taken too, with a hash of its path
// besides ("photo_png_1f0c88a2"). So the same inputs in the same order always get the same names, and no two share one.
// The stem is reserved for .jpg and .png together. Stems too long for a file name of 255 bytes are cut between
// characters and get the hash. Memory: 8 bytes and a hash node an input, of one directory at a time where inputs come
// by whole directories. Not thread-safe.
class OutputNames {
 public:
  // `output`: the output directory; `labels`: those of the sizes.
  OutputNames(std::string output, std::vector<std::string> labels);

  OutputName Plan(const InputFile& file);

  // The path of one thumbnail; `extension` with its dot.
  std::string Path(const OutputName& name, size_t size_index, std::string_view extension) const;

  size_t size_count() const { return labels_.size(); }

 private:
  bool Take(const std::string& directory, const std::string& stem);

  const std::string output_;
  const std::vector<std::string> labels_;
  size_t longest_suffix_ = 0;
  std::string current_directory_;
  std::unordered_set<uint64_t> taken_;  // XXH3-64 of directory and stem
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_OUTPUT_NAMES_H_
