// How much memory a picture takes while its thumbnails are made, told by its header.
#ifndef TBBTHUMBS_CODECS_WORKING_BYTES_H_
#define TBBTHUMBS_CODECS_WORKING_BYTES_H_

#include <cstdint>

#include "codecs/decoder.h"
#include "codecs/thumbnail_spec.h"

namespace tbbthumbs {

// Bytes that MakeThumbnails holds at its worst for such a picture, beside the source, with a Workspace that was empty:
// what it leaves in that and the thumbnails are among them, what is reserved and never touched is not. An upper bound
// but for a megabyte or two, also of a file that all decoders have to try. Of what is held in fact it is 1.1 to 3 times
// as much (155 photographs, ten ways), and a megabyte more of small pictures; many times as much where a progressive
// JPEG need not be decoded whole. Costs some microseconds.
uint64_t WorkingBytes(const ImageInfo& info, const SpecSet& specs);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_WORKING_BYTES_H_
