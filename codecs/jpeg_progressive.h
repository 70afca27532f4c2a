// The coefficients of a progressive JPEG that a small picture needs. Private to codecs/jpeg*.
#ifndef TBBTHUMBS_CODECS_JPEG_PROGRESSIVE_H_
#define TBBTHUMBS_CODECS_JPEG_PROGRESSIVE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "codecs/byte_source.h"
#include "codecs/error.h"
#include "codecs/jpeg_coefficients.h"
#include "codecs/jpeg_frame.h"
#include "codecs/jpeg_headers.h"
#include "codecs/jpeg_progressive_scan.h"
#include "codecs/jpeg_scan_bytes.h"
#include "codecs/limits.h"

namespace tbbthumbs {

// Reads the scans of a progressive file (SOF2) that the corners of its blocks need, and no byte of the file behind the
// last of them but what comes with a piece of 64 KiB. Scans in between are passed over by a search for the next marker.
//
// Which scans are needed. Of DC all, down to the last bit. Of AC, for a corner of 2, the first sight of each of the
// zigzag indexes 1, 2 and 4, if it leaves open no more than kMaxOpenBits, and no more than kMaxOpenValue after
// dequantization; never a refinement, which can't be read without all the scans of its band. With the usual script
// (luma 1-5 without 2 bits first, chroma 1-63 without 1) these are 25-50 % of the file. What it costs at ratios of 8 to
// 16, Lanczos3, 61 progressive pictures at 148 sizes, and 16 photographs at 27 sizes encoded anew at qualities of 75,
// 50 and 20: SSIM of luma against a full decode, mean and least:
//
//   coefficients       as found       quality 75     quality 50     quality 20
//   exact              .9992  .9977   .9990  .9982   .9991  .9984   .9993  .9984
//   these              .9991  .9962   .9988  .9978   .9987  .9975   .9981  .9961
//   DC alone           .9957  .9768   .9970  .9911   .9971  .9911   .9972  .9911
//
// (the last three worked out from exact coefficients). All bits but the last of AC, for which every scan up to there
// has to be decoded, gain .0001 of the mean at quality 75, .0007 at 20. PSNR of chroma in the thumbnail in dB, as
// found: 58.3 exact, 57.9 from these scans, 53.0 from DC alone.
//
// Accepts only what libjpeg decodes without a warning, as far as it is read; and a file that sends coefficients once
// more behind the scans that are needed is read as if it did not. Single-threaded.
class ProgressiveReader {
 public:
  static constexpr int kMaxOpenBits = 2;
  static constexpr int kMaxOpenValue = 128;

  // Decodes those scans. `info`: after libjpeg has read the header, up to where the data of the first scan begin, which
  // is `data_offset` of `source`. `sides`: for each component, of the corner to keep, 1 or 2. Fills in the quantizers
  // of `frame`, which must outlive this. Nothing where the file is damaged in what is needed of it, is out of the
  // ordinary, or does not have those scans. Errors: those of the source and the watch, kTooLarge where the scans are
  // too many.
  static Result<std::optional<ProgressiveReader>> Open(const jpeg_decompress_struct& info, JpegFrame& frame,
                                                       const std::vector<int>& sides, ByteSource& source,
                                                       uint64_t data_offset, ScanBuffers& buffers,
                                                       const DecodeLimits& limits, const Watch& watch);

  // Goes to the next of frame.mcus.height rows. Always true: for the same use as ScanReader.
  [[nodiscard]] Result<bool> ReadRow();

  const CoefficientRows& rows(int component) const { return rows_.component(component); }

  // How the file ends is not known.
  bool exact() const { return false; }
  uint8_t end_marker() const { return 0; }

 private:
  ProgressiveReader(const JpegFrame& frame, const std::vector<int>& sides);

  bool Needs(const ProgressiveScan& scan) const;
  bool IsFine(const ProgressiveScan& scan, const JpegFrame& frame) const;
  bool IsComplete() const;

  Progression progression_;
  std::vector<CoefficientPlane> planes_;
  McuRow rows_;
  int rows_read_ = 0;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_PROGRESSIVE_H_
