// Baseline JPEG files put together from their parts, with codes and data that no encoder would write.
#ifndef TBBTHUMBS_TESTS_SUPPORT_JPEG_SYNTHESIS_H_
#define TBBTHUMBS_TESTS_SUPPORT_JPEG_SYNTHESIS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "codecs/jpeg_huffman.h"
#include "codecs/size.h"

namespace tbbthumbs::testing {

struct SynthComponent {
  int h = 1;
  int v = 1;
  int quant = 0;  // numbers of tables
  int dc = 0;
  int ac = 0;
};

struct SynthJpeg {
  Size size{16, 16};
  std::vector<SynthComponent> components{{}};
  std::vector<std::array<uint16_t, 64>> quants{{}};  // in zigzag order; up to 4
  std::vector<HuffmanSpec> dc{{}};                   // up to 4
  std::vector<HuffmanSpec> ac{{}};
  int restart_interval = 0;
  std::vector<uint8_t> scan;  // as in the file: zeros behind FF, markers
  bool end_marker = true;

  int McuColumns() const;
  int McuRows() const;
  int McuBlocks() const;
};

// Standard tables of T.81, Annex K, for luminance.
HuffmanSpec StandardDc();
HuffmanSpec StandardAc();

// A SOF1 file: libjpeg takes any table in it.
std::vector<std::byte> Assemble(const SynthJpeg& jpeg);

// The bits of a scan.
class ScanWriter {
 public:
  void Put(uint32_t bits, int count);
  // Fills the byte up with ones.
  void Align();
  // Align and a marker, with `fill` bytes of FF before it.
  void Marker(uint8_t code, int fill = 0);
  std::vector<uint8_t> Take();

 private:
  std::vector<uint8_t> bytes_;
  uint32_t pending_ = 0;
  int pending_bits_ = 0;
};

using SynthRandom = std::minstd_rand;

// A code of 1 to `max_symbols` symbols out of `allowed`, of random lengths up to 16; complete but for the code of ones
// only, or with holes.
HuffmanSpec RandomCode(SynthRandom& random, std::span<const uint8_t> allowed, int max_symbols);
HuffmanSpec RandomDcCode(SynthRandom& random);
HuffmanSpec RandomAcCode(SynthRandom& random);

// A scan that fits the rest of `jpeg`: random symbols of its codes with random values, restart markers as it says.
// `overrun`: of 1000 blocks, how many may go beyond 63 coefficients; unless it is 0, the last ones may, too. Empty
// where the codes cannot code blocks.
std::vector<uint8_t> RandomScan(SynthRandom& random, const SynthJpeg& jpeg, int overrun = 0);

// All of it random, the picture at most `max_side` in width and height.
SynthJpeg RandomJpeg(SynthRandom& random, int max_side, int overrun = 0);

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_JPEG_SYNTHESIS_H_
