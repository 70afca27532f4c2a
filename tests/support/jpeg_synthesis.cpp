#include "tests/support/jpeg_synthesis.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace tbbthumbs::testing {
namespace {

int MaxH(const SynthJpeg& jpeg) {
  int most = 1;
  for (const SynthComponent& component : jpeg.components) most = std::max(most, component.h);
  return most;
}

int MaxV(const SynthJpeg& jpeg) {
  int most = 1;
  for (const SynthComponent& component : jpeg.components) most = std::max(most, component.v);
  return most;
}

// Blocks of an MCU: one component alone has one, whatever its sampling factors.
int BlocksOf(const SynthJpeg& jpeg, const SynthComponent& component) {
  return jpeg.components.size() == 1 ? 1 : component.h * component.v;
}

int DivideUp(int value, int divisor) { return (value + divisor - 1) / divisor; }

class FileWriter {
 public:
  void Byte(int value) { bytes.push_back(static_cast<std::byte>(value)); }
  void Word(int value) {
    Byte(value >> 8);
    Byte(value & 0xFF);
  }
  void Marker(int code) {
    Byte(0xFF);
    Byte(code);
  }
  void Segment(int code, int length) {
    Marker(code);
    Word(length + 2);
  }
  void Huffman(int number, const HuffmanSpec& spec) {
    const int symbols = std::accumulate(spec.counts.begin(), spec.counts.end(), 0);
    Segment(0xC4, 17 + symbols);
    Byte(number);
    for (const uint8_t count : spec.counts) Byte(count);
    for (int i = 0; i < symbols; ++i) Byte(spec.symbols[static_cast<size_t>(i)]);
  }

  std::vector<std::byte> bytes;
};

// The codewords that move the index by `most` at most, ends of block among them.
const HuffmanCodeword* Choose(SynthRandom& random, const std::vector<HuffmanCodeword>& codes, int most) {
  for (int attempt = 0; attempt < 16; ++attempt) {
    const HuffmanCodeword& code = codes[random() % codes.size()];
    const int advance = AdvanceOf(code.symbol);
    if (advance <= most || advance == kEndOfBlock) return &code;
  }
  for (const HuffmanCodeword& code : codes) {
    if (AdvanceOf(code.symbol) <= most || AdvanceOf(code.symbol) == kEndOfBlock) return &code;
  }
  return nullptr;
}

bool WriteBlock(SynthRandom& random, const std::vector<HuffmanCodeword>& dc, const std::vector<HuffmanCodeword>& ac,
                bool overrun, ScanWriter& writer) {
  const HuffmanCodeword* code = nullptr;
  for (size_t i = 0; i < dc.size() && code == nullptr; ++i) {
    const HuffmanCodeword& candidate = dc[(i + random()) % dc.size()];
    if (candidate.symbol <= DcTable::kMaxSize) code = &candidate;
  }
  if (code == nullptr) return false;
  const auto value_of = [&](int size) { return static_cast<uint32_t>(random() >> 4) & ((1U << size) - 1); };
  writer.Put(code->bits, code->length);
  writer.Put(value_of(code->symbol), code->symbol);
  // A block of few symbols now and then.
  const int end_from = static_cast<int>(random() % 80);
  for (int index = 0; index < 63;) {
    const HuffmanCodeword* next = nullptr;
    if (index >= end_from) {
      const auto end = std::ranges::find(ac, kEndOfBlock, [](const auto& word) { return AdvanceOf(word.symbol); });
      if (end != ac.end()) next = &*end;
    }
    if (next == nullptr) next = Choose(random, ac, overrun ? 64 : 63 - index);
    if (next == nullptr) return false;
    writer.Put(next->bits, next->length);
    writer.Put(value_of(next->symbol & 15), next->symbol & 15);
    index += AdvanceOf(next->symbol);
  }
  return true;
}

}  // namespace

int SynthJpeg::McuColumns() const { return DivideUp(size.width, 8 * (components.size() == 1 ? 1 : MaxH(*this))); }
int SynthJpeg::McuRows() const { return DivideUp(size.height, 8 * (components.size() == 1 ? 1 : MaxV(*this))); }

int SynthJpeg::McuBlocks() const {
  int blocks = 0;
  for (const SynthComponent& component : components) blocks += BlocksOf(*this, component);
  return blocks;
}

HuffmanSpec StandardDc() {
  HuffmanSpec spec;
  spec.counts = {0, 1, 5, 1, 1, 1, 1, 1, 1};
  std::iota(spec.symbols.begin(), spec.symbols.begin() + 12, uint8_t{0});
  return spec;
}

HuffmanSpec StandardAc() {
  HuffmanSpec spec;
  spec.counts = {0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d};
  constexpr std::array<uint8_t, 37> kShort = {
      0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22, 0x71, 0x14,
      0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33, 0x62, 0x72, 0x82};
  auto next = std::ranges::copy(kShort, spec.symbols.begin()).out;
  // All others have 16 bits, in ascending order.
  for (int symbol = 1; symbol < 0xFB; ++symbol) {
    const int size = symbol & 15;
    if (size == 0 || size > 10 || std::ranges::find(kShort, symbol) != kShort.end()) continue;
    *next++ = static_cast<uint8_t>(symbol);
  }
  return spec;
}

std::vector<std::byte> Assemble(const SynthJpeg& jpeg) {
  FileWriter file;
  file.Marker(0xD8);
  for (size_t i = 0; i < jpeg.quants.size(); ++i) {
    const bool wide = std::ranges::any_of(jpeg.quants[i], [](uint16_t value) { return value > 255; });
    file.Segment(0xDB, wide ? 129 : 65);
    file.Byte(static_cast<int>(i) | (wide ? 0x10 : 0));
    for (const uint16_t value : jpeg.quants[i]) {
      if (wide) {
        file.Word(value);
      } else {
        file.Byte(value);
      }
    }
  }
  const int count = static_cast<int>(jpeg.components.size());
  file.Segment(0xC1, 6 + 3 * count);
  file.Byte(8);
  file.Word(jpeg.size.height);
  file.Word(jpeg.size.width);
  file.Byte(count);
  for (int c = 0; c < count; ++c) {
    file.Byte(c + 1);
    file.Byte(jpeg.components[static_cast<size_t>(c)].h << 4 | jpeg.components[static_cast<size_t>(c)].v);
    file.Byte(jpeg.components[static_cast<size_t>(c)].quant);
  }
  for (size_t i = 0; i < jpeg.dc.size(); ++i) file.Huffman(static_cast<int>(i), jpeg.dc[i]);
  for (size_t i = 0; i < jpeg.ac.size(); ++i) file.Huffman(static_cast<int>(i) | 0x10, jpeg.ac[i]);
  if (jpeg.restart_interval > 0) {
    file.Segment(0xDD, 2);
    file.Word(jpeg.restart_interval);
  }
  file.Segment(0xDA, 4 + 2 * count);
  file.Byte(count);
  for (int c = 0; c < count; ++c) {
    file.Byte(c + 1);
    file.Byte(jpeg.components[static_cast<size_t>(c)].dc << 4 | jpeg.components[static_cast<size_t>(c)].ac);
  }
  file.Byte(0);
  file.Byte(63);
  file.Byte(0);
  const auto* scan = reinterpret_cast<const std::byte*>(jpeg.scan.data());
  file.bytes.insert(file.bytes.end(), scan, scan + jpeg.scan.size());
  if (jpeg.end_marker) file.Marker(0xD9);
  return std::move(file.bytes);
}

void ScanWriter::Put(uint32_t bits, int count) {
  for (int i = count - 1; i >= 0; --i) {
    pending_ = pending_ << 1 | (bits >> i & 1);
    if (++pending_bits_ < 8) continue;
    bytes_.push_back(static_cast<uint8_t>(pending_));
    if (bytes_.back() == 0xFF) bytes_.push_back(0);
    pending_ = 0;
    pending_bits_ = 0;
  }
}

void ScanWriter::Align() {
  while (pending_bits_ > 0) Put(1, 1);
}

void ScanWriter::Marker(uint8_t code, int fill) {
  Align();
  bytes_.insert(bytes_.end(), static_cast<size_t>(fill) + 1, 0xFF);
  bytes_.push_back(code);
}

std::vector<uint8_t> ScanWriter::Take() {
  Align();
  return std::move(bytes_);
}

HuffmanSpec RandomCode(SynthRandom& random, std::span<const uint8_t> allowed, int max_symbols) {
  const int symbols = 1 + static_cast<int>(random() % static_cast<unsigned>(max_symbols));
  const int longest = symbols > 128 ? 16 : 8 + static_cast<int>(random() % 9);
  // Leaves of a tree by depth; one of them will be the code of ones only.
  std::array<int, 17> leaves{};
  leaves[0] = 1;
  const bool deep = random() % 2 != 0;
  for (int i = 0; i < symbols; ++i) {
    int depth;
    if (deep) {
      depth = longest - 1;
      while (leaves[static_cast<size_t>(depth)] == 0) --depth;
    } else {
      do {
        depth = static_cast<int>(random() % static_cast<unsigned>(longest));
      } while (leaves[static_cast<size_t>(depth)] == 0);
    }
    --leaves[static_cast<size_t>(depth)];
    leaves[static_cast<size_t>(depth) + 1] += 2;
  }
  size_t last = 16;
  while (leaves[last] == 0) --last;
  --leaves[last];
  const bool holes = random() % 4 == 0;
  HuffmanSpec spec;
  int total = 0;
  for (size_t length = 1; length <= 16; ++length) {
    int count = leaves[length];
    if (holes && count > 1) count -= static_cast<int>(random() % static_cast<unsigned>(count));
    count = std::min({count, 255, 256 - total});
    spec.counts[length - 1] = static_cast<uint8_t>(count);
    total += count;
  }
  std::vector<uint8_t> pool(allowed.begin(), allowed.end());
  std::ranges::shuffle(pool, random);
  for (int i = 0; i < total; ++i) spec.symbols[static_cast<size_t>(i)] = pool[static_cast<size_t>(i) % pool.size()];
  return spec;
}

HuffmanSpec RandomDcCode(SynthRandom& random) {
  std::vector<uint8_t> sizes(1 + random() % 12);
  std::iota(sizes.begin(), sizes.end(), uint8_t{0});
  return RandomCode(random, sizes, random() % 8 == 0 ? 60 : 12);
}

HuffmanSpec RandomAcCode(SynthRandom& random) {
  std::vector<uint8_t> symbols;
  switch (random() % 3) {
    case 0:
      for (int i = 0; i < 256; ++i) symbols.push_back(static_cast<uint8_t>(i));
      break;
    case 1:  // short steps
      for (int i = 0; i < 8; ++i) symbols.push_back(static_cast<uint8_t>(random() % 4 << 4 | random() % 6));
      symbols.push_back(0);
      break;
    default:  // long ones
      for (int i = 0; i < 8; ++i) symbols.push_back(static_cast<uint8_t>((8 + random() % 8) << 4 | random() % 4));
      symbols.push_back(0xF0);
  }
  HuffmanSpec spec = RandomCode(random, symbols, random() % 4 == 0 ? 255 : 20);
  // Else blocks can seldom be coded to their end.
  const int total = std::accumulate(spec.counts.begin(), spec.counts.end(), 0);
  if (random() % 8 != 0) spec.symbols[random() % static_cast<size_t>(std::max(1, total))] = 0;
  return spec;
}

std::vector<uint8_t> RandomScan(SynthRandom& random, const SynthJpeg& jpeg, int overrun) {
  using Codes = std::vector<HuffmanCodeword>;
  std::vector<Codes> dc_codes;
  std::vector<Codes> ac_codes;
  for (const HuffmanSpec& spec : jpeg.dc) dc_codes.push_back(AssignCodes(spec).value_or(Codes()));
  for (const HuffmanSpec& spec : jpeg.ac) ac_codes.push_back(AssignCodes(spec).value_or(Codes()));
  ScanWriter writer;
  const int mcus = jpeg.McuColumns() * jpeg.McuRows();
  int blocks_left = mcus * jpeg.McuBlocks();
  for (int mcu = 0; mcu < mcus; ++mcu) {
    if (jpeg.restart_interval > 0 && mcu > 0 && mcu % jpeg.restart_interval == 0) {
      const int fill = random() % 16 == 0 ? static_cast<int>(random() % 4) : 0;
      writer.Marker(static_cast<uint8_t>(0xD0 + (mcu / jpeg.restart_interval - 1) % 8), fill);
    }
    for (const SynthComponent& component : jpeg.components) {
      for (int block = 0; block < BlocksOf(jpeg, component); ++block) {
        const Codes& dc = dc_codes[static_cast<size_t>(component.dc)];
        const Codes& ac = ac_codes[static_cast<size_t>(component.ac)];
        // What is read wrongly early on seldom decodes to the end.
        const bool near_end = --blocks_left < 3;
        const bool over = overrun > 0 && (near_end || static_cast<int>(random() % 1000) < overrun);
        if (dc.empty() || ac.empty() || !WriteBlock(random, dc, ac, over, writer)) return {};
      }
    }
  }
  return writer.Take();
}

SynthJpeg RandomJpeg(SynthRandom& random, int max_side, int overrun) {
  SynthJpeg jpeg;
  const auto below = [&](int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); };
  do {
    jpeg.size = {1 + below(max_side), 1 + below(max_side)};
    jpeg.components.assign(below(3) == 0 ? 1 : 3, {});
    do {
      for (SynthComponent& component : jpeg.components) {
        const bool usual = below(2) == 0;
        component = {1 + below(usual ? 2 : 4), 1 + below(usual ? 2 : 4), below(2), below(2), below(2)};
      }
    } while (jpeg.McuBlocks() > 10);
    jpeg.quants.assign(2, {});
    for (auto& quant : jpeg.quants) {
      const unsigned largest = below(16) == 0 ? 65535 : below(4) == 0 ? 32767 : below(2) == 0 ? 255 : 3;
      for (uint16_t& value : quant) value = static_cast<uint16_t>(1 + random() % largest);
    }
    jpeg.dc = {RandomDcCode(random), below(4) == 0 ? StandardDc() : RandomDcCode(random)};
    jpeg.ac = {RandomAcCode(random), below(4) == 0 ? StandardAc() : RandomAcCode(random)};
    constexpr std::array<int, 6> kIntervals = {0, 0, 1, 2, 7, 65535};
    jpeg.restart_interval = kIntervals[random() % kIntervals.size()];
    if (below(8) == 0) jpeg.restart_interval = jpeg.McuColumns();
    jpeg.scan = RandomScan(random, jpeg, overrun);
  } while (jpeg.scan.empty());
  return jpeg;
}

}  // namespace tbbthumbs::testing
