// The weights of a resampling filter for one axis.
#ifndef TBBTHUMBS_CODECS_FILTER_TAPS_H_
#define TBBTHUMBS_CODECS_FILTER_TAPS_H_

namespace tbbthumbs {

// Filter taps by geometry, the most recently used kept. Not thread-safe; part of a Workspace.
class TapCache;

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_FILTER_TAPS_H_
