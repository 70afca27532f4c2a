#include "codecs/jpeg_frame.h"

#include <algorithm>

namespace tbbthumbs {
namespace {

int DivideUp(int dividend, int divisor) { return (dividend + divisor - 1) / divisor; }

// libjpeg multiplies by them as 16-bit numbers with a sign.
constexpr int kMaxQuant = 32767;

// No table is missing.
bool ReadTables(const jpeg_decompress_struct& info, const jpeg_component_info& from, JpegComponent& component) {
  // libjpeg checks the numbers when it starts to decode.
  static_assert(NUM_QUANT_TBLS == NUM_HUFF_TBLS);
  const auto is_slot = [](int number) { return number >= 0 && number < NUM_HUFF_TBLS; };
  if (!is_slot(from.quant_tbl_no)) return false;
  const JQUANT_TBL* quant = info.quant_tbl_ptrs[from.quant_tbl_no];
  if (quant == nullptr) return false;
  std::copy(quant->quantval, quant->quantval + 64, component.quant.begin());
  if (!CanDequantize(component.quant)) return false;
  if (!is_slot(from.dc_tbl_no) || !is_slot(from.ac_tbl_no)) return false;
  const JHUFF_TBL* dc = info.dc_huff_tbl_ptrs[from.dc_tbl_no];
  const JHUFF_TBL* ac = info.ac_huff_tbl_ptrs[from.ac_tbl_no];
  if (dc == nullptr || ac == nullptr) return false;
  component.dc = SpecOf(*dc);
  component.ac = SpecOf(*ac);
  return true;
}

// The frame without its tables.
std::optional<JpegFrame> ReadGeometry(const jpeg_decompress_struct& info) {
  const int count = info.num_components;
  if (info.arith_code || info.data_precision != 8 || (count != 1 && count != 3)) return std::nullopt;
  JpegFrame frame;
  frame.size = SizeOf(info);
  // One component alone is coded block by block, whatever its sampling factors are (T.81, A.2.2).
  const int max_h = count == 1 ? 1 : info.max_h_samp_factor;
  const int max_v = count == 1 ? 1 : info.max_v_samp_factor;
  frame.mcus = {DivideUp(frame.size.width, 8 * max_h), DivideUp(frame.size.height, 8 * max_v)};
  for (int c = 0; c < count; ++c) {
    const jpeg_component_info& from = info.comp_info[c];
    JpegComponent component;
    component.id = from.component_id;
    component.h = count == 1 ? 1 : from.h_samp_factor;
    component.v = count == 1 ? 1 : from.v_samp_factor;
    component.blocks = {DivideUp(frame.size.width * component.h, 8 * max_h),
                        DivideUp(frame.size.height * component.v, 8 * max_v)};
    component.coded_blocks = {frame.mcus.width * component.h, frame.mcus.height * component.v};
    frame.components.push_back(component);
  }
  return frame;
}

}  // namespace

Size SizeOf(const jpeg_decompress_struct& info) {
  return {static_cast<int>(info.image_width), static_cast<int>(info.image_height)};
}

JpegSampling SamplingOf(const jpeg_decompress_struct& info, size_t component) {
  const jpeg_component_info& from = info.comp_info[component];
  return {from.h_samp_factor, from.v_samp_factor, info.max_h_samp_factor, info.max_v_samp_factor};
}

HuffmanSpec SpecOf(const JHUFF_TBL& table) {
  HuffmanSpec spec;
  std::copy(table.bits + 1, table.bits + 17, spec.counts.begin());
  std::copy(table.huffval, table.huffval + 256, spec.symbols.begin());
  return spec;
}

bool CanDequantize(const std::array<uint16_t, 64>& quant) {
  constexpr std::array<size_t, 4> kCorner = {0, 1, 8, 9};
  return std::ranges::all_of(kCorner, [&](size_t i) { return quant[i] <= kMaxQuant; });
}

int JpegFrame::mcu_blocks() const {
  int blocks = 0;
  for (const JpegComponent& component : components) blocks += component.h * component.v;
  return blocks;
}

std::optional<JpegFrame> ReadBaselineFrame(const jpeg_decompress_struct& info) {
  if (info.progressive_mode || info.comps_in_scan != info.num_components) return std::nullopt;
  if (info.Ss != 0 || info.Se != 63 || info.Ah != 0 || info.Al != 0) return std::nullopt;
  std::optional<JpegFrame> frame = ReadGeometry(info);
  if (!frame || frame->mcu_blocks() > kMaxMcuBlocks) return std::nullopt;
  frame->restart_interval = static_cast<int>(info.restart_interval);
  for (int c = 0; c < info.num_components; ++c) {
    if (info.cur_comp_info[c] != &info.comp_info[c]) return std::nullopt;
    if (!ReadTables(info, info.comp_info[c], frame->components[c])) return std::nullopt;
  }
  return frame;
}

std::optional<JpegFrame> ReadProgressiveFrame(const jpeg_decompress_struct& info) {
  if (!info.progressive_mode) return std::nullopt;
  return ReadGeometry(info);
}

}  // namespace tbbthumbs
