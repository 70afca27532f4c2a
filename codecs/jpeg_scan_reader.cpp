#include "codecs/jpeg_scan_reader.h"

#include <utility>

#include "codecs/jpeg_block_reader.h"

namespace tbbthumbs {
namespace {

constexpr size_t kMaxMcuBytes = kMaxMcuBlocks * 64 * 31 / 8;
static_assert(kMaxMcuBytes + 8 <= ScanCursor::kReach);

}  // namespace

std::optional<ScanReader> ScanReader::Open(const JpegFrame& frame, const std::vector<int>& sides, ScanBytes bytes,
                                           HuffmanTableCache& tables) {
  ScanReader reader(frame, std::move(bytes));
  for (const JpegComponent& component : frame.components) {
    reader.dc_tables_.push_back(tables.Dc(component.dc));
    reader.ac_tables_.push_back(tables.Ac(component.ac));
    if (reader.dc_tables_.back() == nullptr || reader.ac_tables_.back() == nullptr) return std::nullopt;
  }
  reader.rows_ = McuRow(frame, sides);
  for (const BlockPlace& place : reader.rows_.places()) {
    reader.blocks_.push_back(
        {reader.dc_tables_[place.component].get(), reader.ac_tables_[place.component].get(), place});
  }
  reader.mcus_to_restart_ = frame.restart_interval > 0 ? frame.restart_interval : -1;
  return reader;
}

bool ScanReader::ReadMcu(BitCursor& shared, size_t column) {
  BitCursor cursor = shared;
  for (const Block& block : blocks_) {
    cursor.Refill();
    cursor.ResetIndex();
    const Difference difference = ReadDc(cursor, *block.dc);
    if (!difference.ok) return false;
    int& prediction = predictions_[block.place.component];
    prediction += difference.value;
    int16_t* const kept = block.place.first + column * block.place.step;
    kept[0] = static_cast<int16_t>(prediction);
    if (block.place.side == 1) {
      if (!SkipAc(cursor, *block.ac)) return false;
    } else {
      kept[1] = kept[2] = kept[3] = 0;
      if (!ReadCorner2(cursor, *block.ac, kept)) return false;
    }
  }
  shared = cursor;
  return true;
}

Result<bool> ScanReader::ReadRow() {
  const auto failed = [](Error& error) { return tl::unexpected<Error>(std::move(error)); };
  if (rows_read_ == 0) {
    if (Status status = cursor_.Start(); !status) return failed(status.error());
  }
  const size_t columns = static_cast<size_t>(frame_->mcus.width);
  for (size_t column = 0; column < columns; ++column) {
    if (mcus_to_restart_ == 0) {
      auto found = cursor_.NextInterval();
      if (!found || !*found) return found;
      predictions_ = {};
      mcus_to_restart_ = frame_->restart_interval;
    }
    --mcus_to_restart_;
    auto enough = cursor_.Ensure();
    if (!enough || !*enough) return enough;
    if (!ReadMcu(cursor_.bits, column)) return false;
  }
  if (!ArePlausible(predictions_)) return false;
  if (++rows_read_ < frame_->mcus.height) return true;
  auto end = cursor_.FindEnd();
  if (!end) return failed(end.error());
  exact_ = *end == ScanEnd::kHere || *end == ScanEnd::kRestart;
  return *end != ScanEnd::kBefore;
}

}  // namespace tbbthumbs
