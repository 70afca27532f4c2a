// Rows out of libjpeg into a sink. Private to codecs/jpeg*.
#ifndef TBBTHUMBS_CODECS_JPEG_ROWS_H_
#define TBBTHUMBS_CODECS_JPEG_ROWS_H_

#include "codecs/error.h"
#include "codecs/jpeg_session.h"
#include "codecs/limits.h"
#include "codecs/row_sink.h"
#include "codecs/workspace.h"

namespace tbbthumbs {

// What libjpeg is asked for.
enum class JpegOutput {
  kPixels,  // gray, RGB or CMYK, interleaved
  kPlanes,  // the components of a YCbCr picture as they are stored, each on its own grid
};

// What a session delivers that was started at `scale` eighths.
RowFormat JpegRowFormat(const jpeg_decompress_struct& jpeg, JpegOutput output, int scale);

// Delivers all rows of a started session to `sink`, and looks at the clock and the stop flag now and then. False:
// libjpeg ended it, and JpegDecompressor::TakeError says why. Errors: of the sink and of the watch.
[[nodiscard]] Result<bool> PumpJpegRows(JpegDecompressor& jpeg, JpegOutput output, RowSink& sink, Workspace& workspace,
                                        const Watch& watch);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_ROWS_H_
