#include "codecs/png_expand.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace tbbthumbs {
namespace {

constexpr int kOpaque = 0xFF;

uint16_t BigEndian16(const uint8_t* bytes) { return static_cast<uint16_t>(bytes[0] << 8 | bytes[1]); }

void StoreWord(uint16_t word, uint8_t* to) { std::memcpy(to, &word, sizeof(word)); }

}  // namespace

RowExpander::RowExpander(const PngLayout& layout) : layout_(layout), expand_(Choose()) {
  if (layout_.depth <= 8) FillTables();
}

RowExpander::Function RowExpander::Choose() const {
  const int depth = layout_.depth;
  if (depth < 8) {
    constexpr Function kByChannels[] = {&RowExpander::LookUpHalves<1>, &RowExpander::LookUpHalves<2>,
                                        &RowExpander::LookUpHalves<3>, &RowExpander::LookUpHalves<4>};
    return kByChannels[layout_.channels_out() - 1];
  }
  if (layout_.color == PngColorType::kPalette) {
    return layout_.palette_alpha ? &RowExpander::LookUpBytes<4> : &RowExpander::LookUpBytes<3>;
  }
  if (layout_.key && layout_.color == PngColorType::kGray) {
    return depth == 8 ? &RowExpander::LookUpBytes<2> : &RowExpander::AddAlphaToWords<1>;
  }
  if (layout_.key && layout_.color == PngColorType::kRgb) {
    return depth == 8 ? &RowExpander::AddAlphaToBytes : &RowExpander::AddAlphaToWords<3>;
  }
  return depth == 16 && std::endian::native == std::endian::little ? &RowExpander::SwapWords : nullptr;
}

void RowExpander::FillTables() {
  const int values = 1 << layout_.depth;
  if (layout_.color == PngColorType::kPalette) {
    entries_ = layout_.palette;
  } else {
    // The key of gray has 16 bits, of which those of a sample count.
    const int key = layout_.key ? (*layout_.key)[0] % values : -1;
    for (int value = 0; value < values; ++value) {
      entries_[value] = {static_cast<uint8_t>(value * 255 / (values - 1)),
                         static_cast<uint8_t>(value == key ? 0 : kOpaque)};
    }
  }
  if (layout_.depth == 8) return;
  const int channels = layout_.channels_out();
  for (int half = 0; half < 16; ++half) {
    uint8_t* to = halves_[half].data();
    for (int shift = 4 - layout_.depth; shift >= 0; shift -= layout_.depth, to += channels) {
      std::copy_n(entries_[half >> shift & (values - 1)].data(), channels, to);
    }
  }
}

template <int kChannels>
void RowExpander::LookUpBytes(const uint8_t* row, uint8_t* out) const {
  const uint8_t* const end = row + layout_.size.width;
  // All four bytes are copied: the next pixel overwrites what is too much.
  for (; row < end; ++row, out += kChannels) std::memcpy(out, entries_[*row].data(), 4);
}

template <int kChannels>
void RowExpander::LookUpHalves(const uint8_t* row, uint8_t* out) const {
  const uint8_t* const end = row + layout_.row_bytes();
  const int step = 4 / layout_.depth * kChannels;
  for (; row < end; ++row, out += 2 * step) {
    std::memcpy(out, halves_[*row >> 4].data(), 16);
    std::memcpy(out + step, halves_[*row & 15].data(), 16);
  }
}

void RowExpander::AddAlphaToBytes(const uint8_t* row, uint8_t* out) const {
  const auto& key = *layout_.key;
  // As libpng has it, only the lower bytes of the key count.
  const uint8_t red = static_cast<uint8_t>(key[0]);
  const uint8_t green = static_cast<uint8_t>(key[1]);
  const uint8_t blue = static_cast<uint8_t>(key[2]);
  for (int x = 0; x < layout_.size.width; ++x, row += 3, out += 4) {
    const bool is_key = row[0] == red && row[1] == green && row[2] == blue;
    std::memcpy(out, row, 3);
    out[3] = is_key ? 0 : kOpaque;
  }
}

template <int kColors>
void RowExpander::AddAlphaToWords(const uint8_t* row, uint8_t* out) const {
  for (int x = 0; x < layout_.size.width; ++x, row += 2 * kColors, out += 2 * kColors + 2) {
    bool is_key = true;
    for (int c = 0; c < kColors; ++c) {
      const uint16_t sample = BigEndian16(row + 2 * c);
      is_key = is_key && sample == (*layout_.key)[c];
      StoreWord(sample, out + 2 * c);
    }
    StoreWord(is_key ? 0 : 0xFFFF, out + 2 * kColors);
  }
}

void RowExpander::SwapWords(const uint8_t* row, uint8_t* out) const {
  const size_t bytes = layout_.row_bytes();
  for (size_t i = 0; i < bytes; i += 2) StoreWord(BigEndian16(row + i), out + i);
}

}  // namespace tbbthumbs
