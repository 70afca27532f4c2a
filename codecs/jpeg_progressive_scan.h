// Decoding the scans of a progressive JPEG that a small picture needs. Private to codecs/jpeg*.
#ifndef TBBTHUMBS_CODECS_JPEG_PROGRESSIVE_SCAN_H_
#define TBBTHUMBS_CODECS_JPEG_PROGRESSIVE_SCAN_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "codecs/error.h"
#include "codecs/jpeg_frame.h"
#include "codecs/jpeg_progressive_script.h"
#include "codecs/jpeg_scan_bytes.h"
#include "codecs/limits.h"

namespace tbbthumbs {

// The coefficients of one component that are kept, of the whole picture: side * side of each block, in natural order of
// the corner with the lowest frequencies. 2 bytes a block with a side of 1, 8 with 2.
struct CoefficientPlane {
  int side = 1;
  Size blocks;                        // as coded: whole MCUs
  std::vector<int16_t> coefficients;  // not dequantized; row by row, block by block

  size_t kept() const { return static_cast<size_t>(side) * static_cast<size_t>(side); }
  int16_t* block(int x, int y) {
    return coefficients.data() + (static_cast<size_t>(y) * static_cast<size_t>(blocks.width) + x) * kept();
  }
  const int16_t* block(int x, int y) const { return const_cast<CoefficientPlane*>(this)->block(x, y); }
};

// Decodes `scan`, whose data `bytes` begin with, into `planes`, one for each component of the frame: DC of any
// precision, or the first sight of a band of AC. What this scan leaves open of an AC coefficient is taken as half of
// what it can be, rounded down: 1 where two bits are missing. Other scans are not to be given to it.
//
// Returns where the scan ended. Nothing where it is damaged, or libjpeg would warn of it; the planes are then worth
// nothing. Errors: those of the source and the watch.
//
// Bounds: between two checks at most ScanCursor::kReach bytes are read: 64 MCUs of 10 DC differences, or as many blocks
// of as many AC symbols as the band has and one more, of 31 bits each. Indexes of tables are the top bits of a word.
// Destinations come from loops over the frame's geometry, never from the stream.
[[nodiscard]] Result<std::optional<uint64_t>> DecodeProgressiveScan(const JpegFrame& frame, const ProgressiveScan& scan,
                                                                    const ProgressiveScript& script, ScanBytes bytes,
                                                                    const Watch& watch,
                                                                    std::vector<CoefficientPlane>& planes);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_PROGRESSIVE_SCAN_H_
