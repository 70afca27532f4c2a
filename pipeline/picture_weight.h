// What the work on a picture takes of a limited memory.
#ifndef TBBTHUMBS_PIPELINE_PICTURE_WEIGHT_H_
#define TBBTHUMBS_PIPELINE_PICTURE_WEIGHT_H_

#include <cstddef>

#include "codecs/byte_source.h"
#include "codecs/error.h"
#include "pipeline/item.h"
#include "pipeline/job.h"
#include "pipeline/memory_shares.h"
#include "pipeline/thumbnail_maker.h"

namespace tbbthumbs {

// Fills item.working_bytes by the picture's header. `beside`: bytes that are claimed with them at least. Errors:
// kTooLarge, and item.weighed_out is set: more than there is for pictures; kCrashed. What has no header otherwise
// weighs nothing: that is the decoder's to tell.
[[nodiscard]] Status WeighPicture(Item& item, ThumbnailMaker& maker, ByteSource& source, size_t beside,
                                  const JobOptions& options, const MemoryShares& memory);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_PICTURE_WEIGHT_H_
