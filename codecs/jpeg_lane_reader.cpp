#include "codecs/jpeg_lane_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "codecs/jpeg_block_reader.h"

namespace tbbthumbs {
namespace {

// What a lane will read in the next steps but those that begin now: some 60 bytes.
void Prefetch(const uint8_t* bytes) {
  __builtin_prefetch(bytes + 128);
  __builtin_prefetch(bytes + 192);
}

}  // namespace

std::optional<LaneReader> LaneReader::Open(const JpegFrame& frame, const std::vector<int>& sides, ScanBytes bytes,
                                           HuffmanTableCache& tables, RunLanes run, std::vector<int16_t>& coefficients,
                                           const LaneTuning& tuning) {
  LaneReader reader(frame, std::move(bytes), run, coefficients, tuning);
  // Once and for all: what is not used costs no memory, and a vector that grows leaves holes behind.
  coefficients.reserve(kMaxValues + kMaxValues / 2);
  std::vector<uint32_t> dc_offsets;
  std::vector<uint32_t> ac_offsets;
  std::vector<uint32_t>& entries = reader.tables_.entries;
  const auto append = [&](const std::vector<uint32_t>& table) {
    entries.insert(entries.end(), table.begin(), table.end());
    return static_cast<uint32_t>(entries.size() - table.size());
  };
  for (size_t c = 0; c < frame.components.size(); ++c) {
    const JpegComponent& component = frame.components[c];
    reader.dc_tables_.push_back(tables.Dc(component.dc));
    reader.ac_tables_.push_back(tables.Ac(component.ac));
    if (reader.dc_tables_[c] == nullptr || reader.ac_tables_[c] == nullptr) return std::nullopt;
    // Cb and Cr have the same codes in most files.
    const bool same = c > 0 && component.dc == frame.components[c - 1].dc && component.ac == frame.components[c - 1].ac;
    dc_offsets.push_back(same ? dc_offsets.back() : append(tables.LaneDc(component.dc)->entries));
    ac_offsets.push_back(same ? ac_offsets.back() : append(tables.LaneAc(component.ac)->entries));
  }
  reader.rows_ = McuRow(frame, sides);
  reader.scan_.blocks = frame.mcu_blocks();
  reader.scan_.corner2 = std::ranges::max(sides) > 1;
  reader.stride_ = reader.scan_.corner2 ? 4 : 1;
  for (int b = 0; b < reader.scan_.blocks; ++b) {
    const int c = reader.rows_.places()[b].component;
    reader.tables_.dc[b] = dc_offsets[c];
    reader.tables_.ac[b] = ac_offsets[c];
    reader.scan_.dc_codes[b] = &reader.dc_tables_[c]->code;
    reader.scan_.ac_codes[b] = &reader.ac_tables_[c]->code;
  }
  const uint64_t mcu_blocks = static_cast<uint64_t>(reader.scan_.blocks);
  reader.blocks_left_ = frame.mcus.pixels() * mcu_blocks;
  reader.interval_blocks_ =
      frame.restart_interval > 0 ? static_cast<uint64_t>(frame.restart_interval) * mcu_blocks : reader.blocks_left_;
  return reader;
}

Result<bool> LaneReader::ReadWindow() {
  if (Status status = bytes_.Advance(bytes_.begin() + next_position_ / 8); !status) {
    return tl::unexpected<Error>(std::move(status.error()));
  }
  next_position_ %= 8;
  chunks_.clear();
  chunk_ = 0;
  block_in_chunk_ = 0;
  if (!PlanChunks()) return false;
  coefficients_used_ = 0;
  for (Chunk& chunk : chunks_) Forget(chunk);
  ++counts_.windows;
  counts_.chunks += chunks_.size();
  return RunChunks() && JoinChunks();
}

// Cuts what the window holds of the scan into chunks. False: that makes no sense, or is not worth it.
bool LaneReader::PlanChunks() {
  const uint64_t size = static_cast<uint64_t>(bytes_.end() - bytes_.begin());
  // What lies behind may be read, but belongs to the next window.
  uint64_t usable = bytes_.complete() ? size : size - ScanBytes::kMargin;
  const uint64_t values = blocks_left_ * stride_ * usable / std::max<uint64_t>(1, bytes_.bytes_left());
  const uint64_t max_parts = std::max<uint64_t>(1, usable / std::max<uint64_t>(1, tuning_.min_window));
  const uint64_t parts = std::min(values / tuning_.window_values + 1, max_parts);
  to_scan_end_ = bytes_.complete() && parts == 1;
  usable /= parts;
  const uint64_t count = usable < tuning_.min_window
                             ? 1
                             : std::clamp(usable / tuning_.chunk_bytes, tuning_.min_chunks, tuning_.max_chunks);
  const uint64_t chunk_bits = std::max<uint64_t>(1, usable * 8 / count);

  uint64_t begin = next_position_;
  uint64_t left = blocks_left_;
  uint64_t intervals = 0;
  while (left > 0) {
    const bool restarts = intervals > 0 || interval_left_ == 0;
    const uint64_t blocks = restarts ? std::min(left, interval_blocks_) : interval_left_;
    const std::optional<uint64_t> restart = bytes_.NextRestart();
    // The last MCU of the window before may have been read across it.
    if (restart && *restart * 8 < bytes_.offset() * 8 + begin) return false;
    const uint64_t next = restart ? (*restart - bytes_.offset()) * 8 : UINT64_MAX;
    uint64_t end = usable * 8;
    bool ends = true;
    if (blocks == left) {
      ends = to_scan_end_;
      // A restart marker that no interval asked for is one that libjpeg would not have read past.
      if (ends) end = std::min(end, next);
    } else if (next <= end) {
      end = next;
      (void)bytes_.TakeRestart();
    } else if (to_scan_end_) {
      return false;  // too few restart markers
    } else {
      ends = false;
    }
    // The begin of an interval that ends in the next window is better read with the rest.
    if (!ends && intervals > 0 && end < begin + 2 * chunk_bits) break;
    PlanInterval(begin, end, chunk_bits);
    chunks_.back().ends_interval = ends;
    ++intervals;
    left -= blocks;
    begin = end;
    if (!ends) break;
  }
  return intervals > 0 && begin - next_position_ >= (intervals - 1) * tuning_.min_interval * 8;
}

// Chunks of about the same size, all but the first of which begin at a guess.
void LaneReader::PlanInterval(uint64_t begin, uint64_t end, uint64_t chunk_bits) {
  const bool restarts = !chunks_.empty() || interval_left_ == 0;
  const uint64_t bits = end > begin ? end - begin : 0;
  const uint64_t count = std::max<uint64_t>(1, (bits + chunk_bits / 2) / chunk_bits);
  chunks_.push_back({.begin = begin, .restarts = restarts});
  for (uint64_t i = 1; i < count; ++i) {
    const auto start = FindStart(begin + bits * i / count, begin + bits * (i + 1) / count);
    if (!start || *start >= end || *start <= chunks_.back().begin) continue;
    chunks_.back().end = *start;
    chunks_.push_back({.begin = *start, .guessed = true});
  }
  chunks_.back().end = end;
}

// Where an MCU seems to begin: reading from the byte of `guess` on has found into step. Nothing where that is not
// before `end` and LaneTuning::warm_up more bytes.
std::optional<uint64_t> LaneReader::FindStart(uint64_t guess, uint64_t end) const {
  const uint8_t* const bytes = bytes_.begin();
  const uint64_t data_end = static_cast<uint64_t>(bytes_.end() - bytes) * 8;
  const uint64_t warm = guess + tuning_.warm_up * 8;
  const uint64_t last = std::min(data_end, end + tuning_.warm_up * 8);
  BitCursor cursor = BitCursor::At(bytes, guess / 8 * 8);
  int block = 0;
  for (;;) {
    const uint64_t position = cursor.Position(bytes);
    if (position >= last) return std::nullopt;
    const int component = rows_.places()[block].component;
    cursor.Refill();
    cursor.ResetIndex();
    if (ReadDc(cursor, *dc_tables_[component]).ok && SkipAc(cursor, *ac_tables_[component])) {
      block = block + 1 == scan_.blocks ? 0 : block + 1;
      if (block == 0 && cursor.Position(bytes) >= warm) return cursor.Position(bytes);
    } else {
      cursor = BitCursor::At(bytes, position + 9);
      block = 0;
    }
  }
}

// Values for so many blocks and a quarter more.
size_t LaneReader::RoomFor(size_t blocks) const { return (blocks + blocks / 4) * stride_; }

void LaneReader::MakeRoom(Chunk& chunk, size_t blocks) {
  const size_t needed = (chunk.read + blocks) * stride_;
  if (needed <= chunk.room) return;
  // Room that turns out too small is left behind.
  const size_t room = chunk.room == 0 ? RoomFor(chunk.read + blocks) : needed + needed / 2;
  counts_.moved_chunks += chunk.room == 0 ? 0 : 1;
  const size_t size = coefficients_used_ + room;
  if (coefficients_->size() < size) coefficients_->resize(size);
  const auto from = coefficients_->begin() + static_cast<ptrdiff_t>(chunk.offset);
  const auto to = coefficients_->begin() + static_cast<ptrdiff_t>(coefficients_used_);
  const auto end = std::copy_n(from, chunk.read * stride_, to);
  // Differences are all written; of corners only what is not zero.
  if (scan_.corner2) std::fill(end, to + static_cast<ptrdiff_t>(room), int16_t{0});
  chunk.offset = coefficients_used_;
  chunk.room = room;
  coefficients_used_ += room;
}

// Nothing is read of the chunk.
void LaneReader::Forget(Chunk& chunk) {
  chunk.read = 0;
  chunk.place = {BitCursor::At(bytes_.begin(), chunk.begin), 0, false};
}

// Reads the chunks, each up to kLaneReach bytes before its end, or less of it. False: they take too much memory.
bool LaneReader::RunChunks() {
  scan_.bytes = bytes_.begin();
  scan_.tables = &tables_;
  // As many blocks as there are in so many bytes on average. Flat pictures have 10 bits in a block, others more.
  const uint64_t bits_left = std::max<uint64_t>(1, bytes_.bytes_left()) * 8;
  const auto share_of = [&](const Chunk& chunk) {
    constexpr uint64_t kShortBlock = 6;
    const uint64_t bits = chunk.end - chunk.begin;
    const uint64_t share = std::min(bits * blocks_left_ / bits_left, bits / kShortBlock);
    return static_cast<size_t>(std::min(share, blocks_left_)) + 2 * kLaneSteps;
  };
  size_t room = 0;
  for (const Chunk& chunk : chunks_) room += RoomFor(share_of(chunk));
  if (coefficients_->size() < room) {
    coefficients_->clear();  // nothing of it is to be kept
    coefficients_->resize(room);
  }
  LaneStates states;
  std::array<Chunk*, kLanes> chunk_of{};
  size_t next = 0;
  const auto begin_next = [&](int lane) {
    while (next < chunks_.size()) {
      Chunk& chunk = chunks_[next++];
      if (chunk.end <= chunk.begin + 2 * kLaneReach * 8) continue;
      MakeRoom(chunk, share_of(chunk));
      chunk_of[lane] = &chunk;
      states.Start(lane, static_cast<uint32_t>(chunk.begin), static_cast<uint32_t>(chunk.offset), tables_);
      states.active |= 1U << lane;
      return;
    }
    states.active &= ~(1U << lane);
  };
  const auto update = [&](int lane) {
    Chunk& chunk = *chunk_of[lane];
    chunk.read = (states.out[lane] - chunk.offset) / stride_;
    Place& place = chunk.place;
    place.block = states.block[lane];
    place.within = !states.at_block_start(lane);
    uint64_t position = states.position[lane];
    if (place.within) {
      ++chunk.read;
      if (states.table[lane] == tables_.ac[place.block] + LaneTables::kLong) position -= LaneEntry::kEscapeBits;
    }
    place.cursor = BitCursor::At(bytes_.begin(), position);
    place.cursor.SetIndex(static_cast<int>(states.index[lane]));
  };

  // What came before counts for nothing.
  const auto give_up = [&](int lane) {
    Forget(*chunk_of[lane]);
    ++counts_.failed_lanes;
    begin_next(lane);
  };

  for (int lane = 0; lane < kLanes; ++lane) begin_next(lane);
  // The last few are read sooner one by one.
  while (next < chunks_.size() ? states.active != 0 : std::popcount(states.active) > tuning_.few_lanes) {
    for (int lane = 0; lane < kLanes; ++lane) {
      if ((states.active >> lane & 1) == 0) {
        states.position[lane] = 0;
        continue;
      }
      // CPUs do not notice so many streams by themselves.
      Prefetch(scan_.bytes + states.position[lane] / 8);
      Chunk& chunk = *chunk_of[lane];
      if (states.out[lane] + (kLaneSteps + 1) * stride_ <= chunk.offset + chunk.room) continue;
      update(lane);
      if (chunk.read > blocks_left_) {
        give_up(lane);
        continue;
      }
      MakeRoom(chunk, 2 * kLaneSteps);
      if (coefficients_used_ > kMaxValues) return false;
      states.out[lane] = static_cast<uint32_t>(chunk.offset + (chunk.read - (chunk.place.within ? 1 : 0)) * stride_);
    }
    scan_.out = coefficients_->data();
    const uint32_t before = states.active;
    run_(scan_, states);
    for (int lane = 0; lane < kLanes; ++lane) {
      if ((before >> lane & 1) == 0) continue;
      const Chunk& chunk = *chunk_of[lane];
      if ((states.active >> lane & 1) == 0) {
        give_up(lane);
      } else if (states.position[lane] + kLaneReach * 8 >= chunk.end) {
        update(lane);
        begin_next(lane);
      }
    }
  }
  for (int lane = 0; lane < kLanes; ++lane) {
    if ((states.active >> lane & 1) != 0) update(lane);
  }
  return true;
}

// Reads what the lanes left of each chunk, and makes sure that each begins where the one before ends.
bool LaneReader::JoinChunks() {
  const uint64_t blocks_before = blocks_left_;
  Chunk* before = nullptr;
  for (Chunk& chunk : chunks_) {
    Chunk* right = &chunk;
    if (chunk.restarts) interval_left_ = std::min(blocks_left_, interval_blocks_);
    if (chunk.guessed) {
      // Nothing begins behind the last block.
      const bool proven = before->place.cursor.Position(bytes_.begin()) == chunk.begin && before->place.block == 0 &&
                          interval_left_ > 0;
      if (!proven) {
        ++counts_.wrong_guesses;
        chunk.read = 0;
        before->end = chunk.end;
        before->ends_interval = chunk.ends_interval;
        right = before;
        interval_left_ += before->read;
        blocks_left_ += before->read;
      }
    }
    if (right == &chunk) counts_.lane_blocks += chunk.read;
    if (!ReadOn(*right)) return false;
    interval_left_ -= right->read;
    blocks_left_ -= right->read;
    before = right;
  }
  // Where data goes on behind the last block, how it ends is not known.
  if (!before->ends_interval && (blocks_left_ == blocks_before || interval_left_ == 0)) return false;
  next_position_ = before->ends_interval ? before->end : before->place.cursor.Position(bytes_.begin());
  return true;
}

// Reads from the place that a chunk has come to up to its end: after the last block of the interval where that ends
// there, else between the first two blocks behind that place; of the last chunk of a window, between two MCUs.
bool LaneReader::ReadOn(Chunk& chunk) {
  const uint8_t* const bytes = bytes_.begin();
  const size_t blocks = static_cast<size_t>(scan_.blocks);
  const bool last = chunk.end == chunks_.back().end;
  BitCursor cursor = chunk.place.cursor;
  size_t block = chunk.place.block;
  const auto read_ac = [&](int16_t* kept) {
    const AcTable& table = *ac_tables_[rows_.places()[block].component];
    if (scan_.corner2 && cursor.index() < kLastOfCorner2) {
      return ReadCorner2(cursor, table, kept);
    }
    cursor.Refill();
    return SkipAc(cursor, table);
  };
  const auto next_block = [&] { block = block + 1 == blocks ? 0 : block + 1; };
  if (chunk.place.within) {
    if (!read_ac(coefficients_->data() + chunk.offset + (chunk.read - 1) * stride_)) return false;
    next_block();
  }
  for (;;) {
    const uint64_t position = cursor.Position(bytes);
    if (chunk.read > interval_left_) return false;
    if (chunk.ends_interval) {
      if (chunk.read == interval_left_) break;
      if (position > chunk.end) return false;
    } else if (position >= chunk.end && (!last || block == 0)) {
      break;
    } else if (chunk.read == interval_left_) {
      return false;
    }
    MakeRoom(chunk, 1);
    if (coefficients_used_ > kMaxValues) return false;
    int16_t* const kept = coefficients_->data() + chunk.offset + chunk.read * stride_;
    cursor.Refill();
    cursor.ResetIndex();
    const Difference difference = ReadDc(cursor, *dc_tables_[rows_.places()[block].component]);
    if (!difference.ok) return false;
    std::fill_n(kept, stride_, int16_t{0});
    kept[0] = static_cast<int16_t>(difference.value);
    if (!read_ac(kept)) return false;
    ++chunk.read;
    next_block();
  }
  chunk.place = {cursor, block, false};
  if (!chunk.ends_interval) return true;
  const uint64_t position = cursor.Position(bytes);
  if (position > chunk.end) return false;
  const bool ends_there = chunk.end - position < 8;
  if (last && to_scan_end_) {
    const auto data_end = static_cast<uint64_t>(bytes_.end() - bytes) * 8;
    if (data_end - position >= ScanBytes::kMargin * 8) return false;
    exact_ = ends_there && chunk.end == data_end;
    return true;
  }
  // libjpeg warns of bytes that it passes over in search of a restart marker.
  return ends_there;
}

Result<bool> LaneReader::ReadRow() {
  const size_t blocks = static_cast<size_t>(scan_.blocks);
  const size_t columns = static_cast<size_t>(frame_->mcus.width);
  for (size_t column = 0; column < columns;) {
    if (chunk_ == chunks_.size() || block_in_chunk_ == chunks_[chunk_].read) {
      if (chunk_ + 1 < chunks_.size()) {
        ++chunk_;
        block_in_chunk_ = 0;
      } else {
        auto read = ReadWindow();
        if (!read || !*read) return read;
      }
      if (chunks_[chunk_].restarts) predictions_ = {};
      continue;
    }
    const Chunk& chunk = chunks_[chunk_];
    const size_t count = std::min<size_t>((chunk.read - block_in_chunk_) / blocks, columns - column);
    if (count == 0) return false;
    const int16_t* values = coefficients_->data() + chunk.offset + block_in_chunk_ * stride_;
    for (size_t m = column; m < column + count; ++m) {
      for (const BlockPlace& place : rows_.places()) {
        int& prediction = predictions_[place.component];
        prediction += values[0];
        int16_t* const to = place.first + m * place.step;
        if (place.side > 1) std::memcpy(to, values, 4 * sizeof(int16_t));
        to[0] = static_cast<int16_t>(prediction);
        values += stride_;
      }
    }
    column += count;
    block_in_chunk_ += count * blocks;
  }
  return ArePlausible(predictions_);
}

}  // namespace tbbthumbs
