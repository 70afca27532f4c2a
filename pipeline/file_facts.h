// What names ask of a file's bytes.
#ifndef TBBTHUMBS_PIPELINE_FILE_FACTS_H_
#define TBBTHUMBS_PIPELINE_FILE_FACTS_H_

#include "codecs/byte_source.h"
#include "codecs/limits.h"
#include "pipeline/name_planner.h"

namespace tbbthumbs {

// Of a picture: fills in what `needs` says beside the path and the time. Errors: those of reading and of the decoder;
// `facts` then holds what was read before.
[[nodiscard]] Status ReadFileFacts(ByteSource& source, NameNeeds needs, const DecodeLimits& limits, FileFacts& facts);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_FILE_FACTS_H_
