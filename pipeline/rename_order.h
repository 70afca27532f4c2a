// In which order files get each other's names.
#ifndef TBBTHUMBS_PIPELINE_RENAME_ORDER_H_
#define TBBTHUMBS_PIPELINE_RENAME_ORDER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tbbthumbs {

// One file from one name to another, which nothing has at that moment.
struct RenameStep {
  std::string from;
  std::string to;
  uint64_t inode = 0;  // of the file
};

// `moves`: no two have the same `from`, no two the same `to`, none has both alike. Returns steps that come to the same,
// of which each finds its `to` free if only the files of the moves have these names: those that wait for a name come
// after the one that has it; of a cycle one goes by a name of its own in between, `aside` of the move, which it must
// be called for once at most. The same for the same moves.
std::vector<RenameStep> OrderRenames(std::vector<RenameStep> moves,
                                     const std::function<std::string(const RenameStep&)>& aside);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_RENAME_ORDER_H_
