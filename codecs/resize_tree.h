// Which small picture is made of which.
#ifndef TBBTHUMBS_CODECS_RESIZE_TREE_H_
#define TBBTHUMBS_CODECS_RESIZE_TREE_H_

#include <cstddef>
#include <vector>

#include "codecs/kernel.h"
#include "codecs/resizer.h"
#include "codecs/size.h"

namespace tbbthumbs {

// Indices of targets. Each is in it once.
struct ResizeTree {
  std::vector<size_t> roots;                  // are made of the decoded picture
  std::vector<std::vector<size_t>> children;  // of each target: are made of that one
};

// To read a decoded picture once more for each of many small pictures is most of the work of making them. So they are
// made of larger ones that are made anyway, where hardly anything is lost by it. `stored`: size of the picture that is
// decoded. `halved_chroma`: which of them end as planes whose chroma has half the size; none where it is empty. The
// largest target is always a root.
ResizeTree MakeResizeTree(const std::vector<ResizeTarget>& targets, Size stored, Kernel kernel,
                          const std::vector<bool>& halved_chroma = {});

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_RESIZE_TREE_H_
