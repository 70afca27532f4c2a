// What names ask of a file's bytes.
#ifndef TBBTHUMBS_PIPELINE_FILE_FACTS_H_
#define TBBTHUMBS_PIPELINE_FILE_FACTS_H_

#include <functional>

#include "codecs/byte_source.h"
#include "pipeline/name_planner.h"
#include "pipeline/thumbnail_maker.h"

namespace tbbthumbs {

// Of a picture: fills in what `needs` says beside the path and the time, by `read_header` where it asks for that.
// Errors: those of reading and of `read_header`; `facts` then holds what was read before.
[[nodiscard]] Status ReadFileFacts(ByteSource& source, NameNeeds needs,
                                   const std::function<Result<HeaderFacts>()>& read_header, FileFacts& facts);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_FILE_FACTS_H_
