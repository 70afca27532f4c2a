#include "codecs/jpeg_progressive_script.h"

#include <algorithm>
#include <utility>

#include "codecs/jpeg_marker_simd.h"

namespace tbbthumbs {
namespace {

constexpr size_t kPieceBytes = size_t{64} << 10;

// Markers (T.81, Table B.1).
constexpr uint8_t kDefineHuffman = 0xC4;
constexpr uint8_t kStartOfScan = 0xDA;
constexpr uint8_t kDefineQuant = 0xDB;
constexpr uint8_t kDefineRestart = 0xDD;
constexpr uint8_t kApplication0 = 0xE0;
constexpr uint8_t kApplication15 = 0xEF;
constexpr uint8_t kComment = 0xFE;

// Coefficients of 8-bit pictures have no more bits to come (libjpeg's limit, too).
constexpr int kMaxLow = 13;

// The watch is asked once for so much of either: about 50 us of work.
constexpr uint64_t kSegmentsBetweenPolls = 128;
constexpr uint64_t kBytesBetweenPolls = uint64_t{512} << 10;

int BigEndian16(std::span<const uint8_t> bytes) { return bytes[0] << 8 | bytes[1]; }

}  // namespace

Progression::Progression(size_t components) : low_bits_(components) {
  for (auto& bits : low_bits_) bits.fill(kUnknown);
}

bool Progression::Accept(const ProgressiveScan& scan) {
  for (const ProgressiveScan::Part& part : scan.parts) {
    auto& bits = low_bits_[part.component];
    if (!scan.is_dc() && bits[0] == kUnknown) return false;
    for (int k = scan.first; k <= scan.last; ++k) {
      // A coefficient that is exact already looks to libjpeg like one that was not seen: sent again, it passes.
      if (scan.high == 0 ? bits[k] != kUnknown : bits[k] != scan.high) return false;
      bits[k] = static_cast<int8_t>(scan.low);
    }
  }
  return true;
}

Result<std::span<const uint8_t>> SourceBytes::At(uint64_t offset, size_t wanted) {
  const auto as_bytes = [](std::span<const std::byte> bytes) {
    return std::span(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  };
  const auto resident = source_.Resident();
  if (offset < resident.size()) {
    const auto left = resident.subspan(offset);
    if (left.size() >= wanted || resident.size() == source_.size()) return as_bytes(left);
  }
  // What is in the buffer already is kept.
  size_t have = 0;
  if (offset >= buffer_offset_ && offset - buffer_offset_ < buffer_.size()) {
    const size_t passed = static_cast<size_t>(offset - buffer_offset_);
    have = buffer_.size() - passed;
    if (have >= wanted) return as_bytes(std::span(buffer_).subspan(passed));
    std::copy(buffer_.begin() + static_cast<ptrdiff_t>(passed), buffer_.end(), buffer_.begin());
  }
  buffer_offset_ = offset;
  buffer_.resize(kPieceBytes);
  while (have < wanted) {
    auto count = source_.ReadAt(offset + have, std::span(buffer_).subspan(have));
    if (!count) {
      buffer_.clear();
      return tl::unexpected<Error>(std::move(count.error()));
    }
    if (*count == 0) break;
    have += *count;
  }
  buffer_.resize(have);
  return as_bytes(buffer_);
}

ProgressiveScript::ProgressiveScript(const jpeg_decompress_struct& info, uint64_t data_offset, ByteSource& source,
                                     const Watch& watch, const DecodeLimits& limits)
    : bytes_(source), watch_(watch), limits_(limits), polled_at_(data_offset) {
  for (int i = 0; i < NUM_HUFF_TBLS; ++i) {
    if (info.dc_huff_tbl_ptrs[i] != nullptr) dc_tables_[i] = SpecOf(*info.dc_huff_tbl_ptrs[i]);
    if (info.ac_huff_tbl_ptrs[i] != nullptr) ac_tables_[i] = SpecOf(*info.ac_huff_tbl_ptrs[i]);
  }
  for (int i = 0; i < NUM_QUANT_TBLS; ++i) {
    if (const JQUANT_TBL* table = info.quant_tbl_ptrs[i]) {
      std::copy(table->quantval, table->quantval + 64, quant_tables_[i].emplace().begin());
    }
  }
  for (int c = 0; c < info.num_components; ++c) {
    const jpeg_component_info& from = info.comp_info[c];
    if (from.quant_tbl_no < 0 || from.quant_tbl_no >= NUM_QUANT_TBLS) return;
    if (std::ranges::find(components_, from.component_id, &Component::id) != components_.end()) return;
    components_.push_back({from.component_id, from.quant_tbl_no, from.h_samp_factor * from.v_samp_factor});
  }
  restart_interval_ = static_cast<int>(info.restart_interval);
  size_ = SizeOf(info);
  scans_ = 1;
  scan_ = FirstScan(info, data_offset);
}

std::optional<ProgressiveScan> ProgressiveScript::FirstScan(const jpeg_decompress_struct& info,
                                                            uint64_t data_offset) const {
  ProgressiveScan scan;
  for (int i = 0; i < info.comps_in_scan; ++i) {
    const jpeg_component_info& from = *info.cur_comp_info[i];
    scan.parts.push_back({from.component_index, from.dc_tbl_no, from.ac_tbl_no});
  }
  scan.first = info.Ss;
  scan.last = info.Se;
  scan.high = info.Ah;
  scan.low = info.Al;
  scan.restart_interval = restart_interval_;
  scan.data_offset = data_offset;
  return IsUsual(scan) ? std::optional(scan) : std::nullopt;
}

// What libjpeg asks of a scan by itself (jdphuff.c, start_pass; jdinput.c, per_scan_setup), and components in the order
// of the frame.
bool ProgressiveScript::IsUsual(const ProgressiveScan& scan) const {
  int blocks = 0;
  int last_component = -1;
  for (const ProgressiveScan::Part& part : scan.parts) {
    if (part.component <= last_component) return false;
    last_component = part.component;
    blocks += components_[part.component].mcu_blocks;
    const auto is_slot = [](int slot) { return slot >= 0 && slot < NUM_HUFF_TBLS; };
    if (!is_slot(part.dc_table) || !is_slot(part.ac_table)) return false;
  }
  if (scan.parts.empty() || (scan.parts.size() > 1 && blocks > kMaxMcuBlocks)) return false;
  if (scan.is_dc() ? scan.last != 0 : scan.last < scan.first || scan.last > 63 || scan.parts.size() > 1) return false;
  if (scan.high != 0 && scan.low != scan.high - 1) return false;
  return scan.low <= kMaxLow;
}

std::optional<ProgressiveScan> ProgressiveScript::ReadScanHeader(Segment segment) const {
  if (segment.empty()) return std::nullopt;
  const size_t count = segment[0];
  if (count < 1 || count > components_.size() || segment.size() != 4 + 2 * count) return std::nullopt;
  ProgressiveScan scan;
  for (size_t i = 0; i < count; ++i) {
    const auto found = std::ranges::find(components_, segment[1 + 2 * i], &Component::id);
    if (found == components_.end()) return std::nullopt;
    const int tables = segment[2 + 2 * i];
    scan.parts.push_back({static_cast<int>(found - components_.begin()), tables >> 4, tables & 15});
  }
  const Segment behind = segment.subspan(1 + 2 * count);
  scan.first = behind[0];
  scan.last = behind[1];
  scan.high = behind[2] >> 4;
  scan.low = behind[2] & 15;
  scan.restart_interval = restart_interval_;
  return IsUsual(scan) ? std::optional(scan) : std::nullopt;
}

bool ProgressiveScript::ReadHuffmanTables(Segment segment) {
  while (!segment.empty()) {
    constexpr size_t kHead = 17;  // class and slot, counts
    if (segment.size() < kHead) return false;
    const int kind = segment[0] >> 4;
    const int slot = segment[0] & 15;
    if (kind > 1 || slot >= NUM_HUFF_TBLS) return false;
    HuffmanSpec spec;
    size_t symbols = 0;
    for (size_t i = 0; i < spec.counts.size(); ++i) {
      spec.counts[i] = segment[1 + i];
      symbols += spec.counts[i];
    }
    if (symbols > spec.symbols.size() || symbols > segment.size() - kHead) return false;
    std::copy_n(segment.begin() + kHead, symbols, spec.symbols.begin());
    (kind == 0 ? dc_tables_ : ac_tables_)[slot] = spec;
    segment = segment.subspan(kHead + symbols);
  }
  return true;
}

bool ProgressiveScript::ReadQuantTables(Segment segment) {
  while (!segment.empty()) {
    const int bytes = (segment[0] >> 4) + 1;
    const int slot = segment[0] & 15;
    const size_t size = 1 + 64 * static_cast<size_t>(bytes);
    if (bytes > 2 || slot >= NUM_QUANT_TBLS || segment.size() < size) return false;
    auto& table = quant_tables_[slot].emplace();
    for (size_t k = 0; k < 64; ++k) {
      table[kZigzag[k]] = static_cast<uint16_t>(bytes == 1 ? segment[1 + k] : BigEndian16(segment.subspan(1 + 2 * k)));
    }
    segment = segment.subspan(size);
  }
  return true;
}

// False: a segment that progressive files do not have between their scans, or a damaged one.
bool ProgressiveScript::ReadSegment(uint8_t marker, Segment segment) {
  switch (marker) {
    case kDefineHuffman:
      return ReadHuffmanTables(segment);
    case kDefineQuant:
      return ReadQuantTables(segment);
    case kDefineRestart:
      if (segment.size() != 2) return false;
      restart_interval_ = BigEndian16(segment);
      return true;
    default:
      return false;
  }
}

Status ProgressiveScript::PollSometimes(uint64_t offset) {
  if (++segments_ % kSegmentsBetweenPolls != 0 && offset - polled_at_ < kBytesBetweenPolls) return {};
  polled_at_ = offset;
  return watch_.Poll();
}

Result<uint64_t> ProgressiveScript::FindScanEnd() {
  uint64_t offset = scan_->data_offset;
  for (;;) {
    auto bytes = bytes_.At(offset, 2);
    if (!bytes) return tl::unexpected<Error>(std::move(bytes.error()));
    if (bytes->size() < 2) return offset;
    const size_t count = std::min<size_t>(bytes->size(), kBytesBetweenPolls);
    const size_t passed = simd::FindScanEnd(bytes->data(), count);
    offset += passed;
    if (passed + 1 < count) return offset;
    if (Status status = PollSometimes(offset); !status) return tl::unexpected<Error>(std::move(status.error()));
  }
}

Status ProgressiveScript::ToNextScan(uint64_t offset) {
  scan_.reset();
  const auto failed = [](Error& error) { return tl::unexpected<Error>(std::move(error)); };
  for (;;) {
    if (Status status = PollSometimes(offset); !status) return status;
    auto head = bytes_.At(offset, 4);
    if (!head) return failed(head.error());
    if (head->size() < 4 || (*head)[0] != 0xFF) return {};
    const uint8_t marker = (*head)[1];
    if (marker == 0xFF) {  // filling
      ++offset;
      continue;
    }
    // Of all markers those without a length end the walk: the end of the image, and what has no place here.
    const size_t length = static_cast<size_t>(BigEndian16(head->subspan(2)));
    const bool skipped = (marker >= kApplication0 && marker <= kApplication15) || marker == kComment;
    const bool known =
        marker == kStartOfScan || marker == kDefineHuffman || marker == kDefineQuant || marker == kDefineRestart;
    if (length < 2 || !(skipped || known)) return {};
    const uint64_t end = offset + 2 + length;
    if (known) {
      auto bytes = bytes_.At(offset + 4, length - 2);
      if (!bytes) return failed(bytes.error());
      if (bytes->size() < length - 2) return {};
      const Segment segment = bytes->first(length - 2);
      if (marker == kStartOfScan) {
        scan_ = ReadScanHeader(segment);
        if (scan_) scan_->data_offset = end;
        return CheckScans(++scans_, size_, limits_);
      }
      if (!ReadSegment(marker, segment)) return {};
    }
    offset = end;
  }
}

}  // namespace tbbthumbs
