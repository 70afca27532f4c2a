// Options as a text and a number that are the same when they would make the same.
#ifndef TBBTHUMBS_PIPELINE_OPTIONS_DIGEST_H_
#define TBBTHUMBS_PIPELINE_OPTIONS_DIGEST_H_

#include <string>
#include <string_view>

#include "codecs/limits.h"
#include "codecs/thumbnail_spec.h"

namespace tbbthumbs {

// All that decides about the bytes of thumbnails, in words: "sizes=256 format=jpeg quality=80 ...". Settings that mean
// nothing beside the others (the quality of JPEG where only PNG is written) are left out, as are names and what changes
// only how thumbnails are made.
std::string DescribePictures(const SpecSet& specs);

// Besides, what decides whether there is a thumbnail: the limits, and the version of this library, which may learn to
// read what it could not.
std::string DescribeOutcomes(const SpecSet& specs, const DecodeLimits& limits);

// 32 hexadecimal digits: XXH3-128.
std::string DigestOf(std::string_view description);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_OPTIONS_DIGEST_H_
