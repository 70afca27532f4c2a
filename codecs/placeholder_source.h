// What the placeholders of a picture are made of. Private to codecs/thumbnail.cpp.
#ifndef TBBTHUMBS_CODECS_PLACEHOLDER_SOURCE_H_
#define TBBTHUMBS_CODECS_PLACEHOLDER_SOURCE_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "codecs/resizer.h"
#include "codecs/size.h"

namespace tbbthumbs {

// Which of the thumbnails to make the placeholders of, so that they cost no more reading of the decoded picture: the
// smallest that is as large as `wanted`, else the largest that is large enough, if any.
std::optional<size_t> PlaceholderSource(const std::vector<ResizeTarget>& targets, Size wanted, Size stored);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PLACEHOLDER_SOURCE_H_
