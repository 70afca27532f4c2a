// What the header of a JPEG says about its scan, for our own readers. Private to codecs/jpeg*.
#ifndef TBBTHUMBS_CODECS_JPEG_FRAME_H_
#define TBBTHUMBS_CODECS_JPEG_FRAME_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "codecs/jpeg_headers.h"
#include "codecs/jpeg_huffman.h"
#include "codecs/jpeg_scale.h"
#include "codecs/size.h"

namespace tbbthumbs {

struct JpegComponent {
  int id = 0;
  int h = 1;  // blocks of an MCU: columns, rows
  int v = 1;
  // Columns and rows of 8x8 blocks: those that samples lie in, and those that are coded (whole MCUs).
  Size blocks;
  Size coded_blocks;
  std::array<uint16_t, 64> quant{};  // in natural order: row by row
  HuffmanSpec dc;
  HuffmanSpec ac;
};

// A frame of 8-bit samples in Huffman coding.
struct JpegFrame {
  Size size;
  Size mcus;                              // columns and rows of them
  int restart_interval = 0;               // MCUs, 0: none
  std::vector<JpegComponent> components;  // 1 or 3

  // Blocks of an MCU.
  int mcu_blocks() const;
};

inline constexpr int kMaxMcuBlocks = 10;  // T.81, B.2.3

// The place of zigzag index k in a block, row by row (T.81, Figure 5).
inline constexpr std::array<uint8_t, 64> kZigzag = {0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,
                                                    12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,
                                                    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
                                                    58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

// The frame of a baseline file whose header libjpeg has read, with all its components in one scan. Nothing where our
// readers are not made for it: another number of components, a table missing, quantizers over 32767 in a place
// that matters, more blocks in an MCU than may be.
std::optional<JpegFrame> ReadBaselineFrame(const jpeg_decompress_struct& info);

// The frame of a progressive file whose header libjpeg has read, but for all tables and the restart interval: those may
// come between its scans. Nothing as above.
std::optional<JpegFrame> ReadProgressiveFrame(const jpeg_decompress_struct& info);

Size SizeOf(const jpeg_decompress_struct& info);
JpegSampling SamplingOf(const jpeg_decompress_struct& info, size_t component);

// The quantizers of the lowest frequencies, a corner of 2 x 2, are not over 32767. In natural order.
bool CanDequantize(const std::array<uint16_t, 64>& quant);

// A table as libjpeg holds it.
HuffmanSpec SpecOf(const JHUFF_TBL& table);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_FRAME_H_
