// The plain lanes against decoding bit by bit, and vector code against the plain lanes.
#include "codecs/jpeg_lanes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/jpeg_reference.h"
#include "tests/support/jpeg_scan_reading.h"
#include "tests/support/jpeg_synthesis.h"

namespace tbbthumbs {
namespace {

using testing::BitwiseCode;
using testing::BitwiseReader;
using testing::SynthRandom;

constexpr size_t kBlocksOfRun = kLaneSteps;

uint32_t Below(SynthRandom& random, uint32_t limit) { return static_cast<uint32_t>(random() % limit); }

// 32 of them.
uint32_t Bits(SynthRandom& random) { return static_cast<uint32_t>(random() << 16 ^ random()); }

// A window and the codes of an MCU. Not copied: `scan` points into it.
struct Scene {
  std::vector<HuffmanSpec> dc_specs;  // by block
  std::vector<HuffmanSpec> ac_specs;
  std::vector<std::unique_ptr<CanonicalCode>> codes;
  std::vector<uint8_t> bytes;  // of which the last kLaneReach are only for looking ahead
  LaneTables tables;
  LaneScan scan;

  uint32_t last_position() const { return static_cast<uint32_t>((bytes.size() - kLaneReach) * 8); }
};

// Also with sizes over 11, which are none.
HuffmanSpec AnyDcCode(SynthRandom& random) {
  constexpr std::array<uint8_t, 6> kLarge = {2, 5, 11, 12, 13, 15};
  return random() % 4 == 0 ? testing::RandomCode(random, kLarge, 12) : testing::RandomDcCode(random);
}

// Up to three different codes of each kind, as in a file.
std::unique_ptr<Scene> MakeScene(SynthRandom& random, bool corner2) {
  auto scene = std::make_unique<Scene>();
  scene->scan.blocks = 1 + static_cast<int>(random() % kMaxMcuBlocks);
  scene->scan.corner2 = corner2;
  const bool standard = random() % 4 == 0;
  for (int block = 0; block < scene->scan.blocks; ++block) {
    const auto same = static_cast<size_t>(block) - 1;
    const bool another = block == 0 || (block < 3 && random() % 2 == 0);
    scene->dc_specs.push_back(!another ? scene->dc_specs[same] : standard ? testing::StandardDc() : AnyDcCode(random));
    scene->ac_specs.push_back(!another   ? scene->ac_specs[same]
                              : standard ? testing::StandardAc()
                                         : testing::RandomAcCode(random));
    const auto dc = *AssignCodes(scene->dc_specs.back());
    const auto ac = *AssignCodes(scene->ac_specs.back());
    std::vector<uint32_t>& entries = scene->tables.entries;
    if (another) {
      const LaneDcTable dc_table(dc);
      const LaneAcTables ac_tables(ac);
      scene->tables.dc[static_cast<size_t>(block)] = static_cast<uint32_t>(entries.size());
      entries.insert(entries.end(), dc_table.entries.begin(), dc_table.entries.end());
      scene->tables.ac[static_cast<size_t>(block)] = static_cast<uint32_t>(entries.size());
      entries.insert(entries.end(), ac_tables.entries.begin(), ac_tables.entries.end());
    } else {
      scene->tables.dc[static_cast<size_t>(block)] = scene->tables.dc[same];
      scene->tables.ac[static_cast<size_t>(block)] = scene->tables.ac[same];
    }
    scene->codes.push_back(std::make_unique<CanonicalCode>(dc));
    scene->scan.dc_codes[static_cast<size_t>(block)] = scene->codes.back().get();
    scene->codes.push_back(std::make_unique<CanonicalCode>(ac));
    scene->scan.ac_codes[static_cast<size_t>(block)] = scene->codes.back().get();
  }
  scene->tables.entries.shrink_to_fit();
  const size_t size = kLaneReach + random() % 3000;
  for (size_t i = 0; i < size; ++i) scene->bytes.push_back(static_cast<uint8_t>(random() >> 8));
  // Long codes.
  for (auto runs = random() % 4; runs > 0; --runs) {
    std::fill_n(scene->bytes.begin() + static_cast<ptrdiff_t>(random() % (size - 20)), random() % 20, uint8_t{0xFF});
  }
  scene->bytes.shrink_to_fit();
  scene->scan.bytes = scene->bytes.data();
  scene->scan.tables = &scene->tables;
  return scene;
}

// A lane somewhere in a block: each kind of lookup that there is.
void StartAnywhere(SynthRandom& random, Scene& scene, int lane, LaneStates& states) {
  const auto at = static_cast<size_t>(lane);
  states.Start(lane, Below(random, scene.last_position() + 1), states.out[at], scene.tables);
  states.block[at] = Below(random, static_cast<uint32_t>(scene.scan.blocks));
  states.table[at] = scene.tables.dc[states.block[at]];
  const auto kind = random() % 4;
  if (kind == 0) return;
  states.index[at] = Below(random, 63);
  states.table[at] = scene.tables.ac[states.block[at]];
  states.shift[at] = 32 - LaneTables::kSkipBits;
  if (kind == 1) {
    // Such a lane has taken the ones in front of it.
    states.position[at] = std::max<uint32_t>(states.position[at], LaneEntry::kEscapeBits);
    for (uint32_t bit = states.position[at] - LaneEntry::kEscapeBits; bit < states.position[at]; ++bit) {
      scene.bytes[bit / 8] |= static_cast<uint8_t>(0x80U >> bit % 8);
    }
    states.table[at] += LaneTables::kLong;
  } else if (kind == 2 && scene.scan.corner2) {
    states.table[at] += LaneTables::kSingle;
    states.shift[at] = 32 - LaneTables::kSingleBits;
    states.index[at] %= 4;
  } else if (scene.scan.corner2) {
    states.index[at] = std::max<uint32_t>(states.index[at], 4);
  }
}

struct Counts {
  int lanes = 0;
  int failed = 0;
};

// Takes `runs` runs of both, and expects the same of them.
void ExpectSame(const Scene& scene, const LaneStates& begin, RunLanes run, int runs, Counts& counts) {
  LaneStates states = begin;
  const size_t stride = scene.scan.corner2 ? 4 : 1;
  for (int round = 0; round < runs; ++round) {
    // Room that ends where that of the last lane does, and one value in front of each lane's that nobody may write.
    constexpr int16_t kNobodys = 12345;
    const size_t room = kBlocksOfRun * stride + 1;
    std::vector<int16_t> expected_out(kLanes * room);
    for (int lane = 0; lane < kLanes; ++lane) {
      const auto at = static_cast<size_t>(lane);
      expected_out[at * room] = kNobodys;
      states.out[at] = static_cast<uint32_t>(at * room + 1);
      // Behind the window nobody begins.
      if (states.position[at] <= scene.last_position()) continue;
      states.position[at] = 0;
      states.active &= ~(1U << lane);
    }
    std::vector<int16_t> out = expected_out;
    LaneStates expected = states;
    LaneScan scan = scene.scan;
    scan.out = expected_out.data();
    RunLanesPlainly(scan, expected);
    scan.out = out.data();
    const uint32_t before = states.active;
    run(scan, states);
    ASSERT_EQ(states.active, expected.active);
    const auto [differs, expected_there] = std::ranges::mismatch(out, expected_out);
    ASSERT_EQ(differs, out.end()) << (differs - out.begin()) / room << "'s value " << (differs - out.begin()) % room
                                  << ": " << *differs << " instead of " << *expected_there;
    for (size_t lane = 0; lane < kLanes; ++lane) {
      counts.lanes += static_cast<int>(before >> lane & 1);
      counts.failed += static_cast<int>((before & ~states.active) >> lane & 1);
      EXPECT_EQ(out[lane * room], kNobodys);
      if ((states.active >> lane & 1) == 0) continue;
      ASSERT_EQ(states.position[lane], expected.position[lane]) << lane;
      ASSERT_EQ(states.index[lane], expected.index[lane]) << lane;
      ASSERT_EQ(states.block[lane], expected.block[lane]) << lane;
      ASSERT_EQ(states.table[lane], expected.table[lane]) << lane;
      ASSERT_EQ(states.shift[lane], expected.shift[lane]) << lane;
      ASSERT_EQ(states.out[lane], expected.out[lane]) << lane;
    }
  }
}

class JpegVectorLanes : public ::testing::TestWithParam<bool> {};

TEST_P(JpegVectorLanes, DoWhatPlainLanesDo) {
  if (const std::string why = testing::WhyNoVectorLanes(); !why.empty()) GTEST_SKIP() << why;
  for (const RunLanes run : ListVectorLanes()) {
    SynthRandom random(GetParam() ? 1 : 2);
    Counts counts;
    for (int round = 0; round < 400; ++round) {
      const auto scene = MakeScene(random, GetParam());
      LaneStates states;
      states.active = ~0U;
      for (int lane = 0; lane < kLanes; ++lane) StartAnywhere(random, *scene, lane, states);
      ExpectSame(*scene, states, run, 4, counts);
      if (HasFatalFailure()) FAIL() << round;
    }
    EXPECT_GT(counts.lanes, 400 * kLanes);
    EXPECT_GT(counts.failed, 400);
    EXPECT_LT(counts.failed, counts.lanes * 3 / 4);
  }
}

// Whatever an idle lane holds, nothing is read or written through it but at its position.
TEST_P(JpegVectorLanes, IdleLanesDoNoHarm) {
  if (const std::string why = testing::WhyNoVectorLanes(); !why.empty()) GTEST_SKIP() << why;
  for (const RunLanes run : ListVectorLanes()) {
    SynthRandom random(GetParam() ? 3 : 4);
    Counts counts;
    for (int round = 0; round < 200; ++round) {
      const auto scene = MakeScene(random, GetParam());
      LaneStates states;
      if (round % 2 == 0) {
        for (size_t lane = 0; lane < kLanes; ++lane) {
          states.position[lane] = Below(random, scene->last_position() + 1);
          states.index[lane] = Bits(random);
          states.block[lane] = Bits(random);
          states.table[lane] = Bits(random);
          states.shift[lane] = Bits(random);
        }
      }
      const uint32_t wanted = round % 8 == 0 ? 0 : Bits(random) & Bits(random);
      for (int lane = 0; lane < kLanes; ++lane) {
        if ((wanted >> lane & 1) != 0) StartAnywhere(random, *scene, lane, states);
      }
      states.active = wanted;
      ExpectSame(*scene, states, run, 2, counts);
      if (HasFatalFailure()) FAIL() << round;
    }
    EXPECT_GT(counts.lanes, 200 * kLanes / 4);
  }
}

INSTANTIATE_TEST_SUITE_P(Corners, JpegVectorLanes, ::testing::Bool());

// Follows a lane from the MCU's first block up to where it is; returns its values, or nothing where it could not have
// come there.
std::optional<std::vector<int16_t>> Follow(const Scene& scene, uint32_t from, uint32_t to, bool failed) {
  BitwiseReader reader(scene.bytes);
  reader.position = from;
  std::vector<int16_t> values;
  for (size_t block = 0;; block = block + 1 == static_cast<size_t>(scene.scan.blocks) ? 0 : block + 1) {
    if (reader.position == to && !failed) return values;
    const auto dc = BitwiseCode(scene.dc_specs[block]).Next(reader);
    if (!dc || dc->second > 11) return failed ? std::optional(values) : std::nullopt;
    values.push_back(static_cast<int16_t>(reader.Value(dc->second)));
    if (scene.scan.corner2) values.insert(values.end(), 3, 0);
    const BitwiseCode code(scene.ac_specs[block]);
    for (int index = 0; index < 63;) {
      if (reader.position == to && !failed) return values;
      const auto found = code.Next(reader);
      if (!found) return failed ? std::optional(values) : std::nullopt;
      const int size = found->second & 15;
      if (size == 0 && found->second >> 4 < 15) break;
      index += (found->second >> 4) + 1;
      const auto value = static_cast<int16_t>(reader.Value(size));
      if (index > 63) return failed ? std::optional(values) : std::nullopt;
      if (!scene.scan.corner2) continue;
      if (index == 1 || index == 2) values[values.size() - 4 + static_cast<size_t>(index)] = value;
      if (index == 4) values.back() = value;
    }
    if (reader.position > scene.bytes.size() * 8) return std::nullopt;
  }
}

TEST(JpegPlainLanes, ReadWhatBitsSay) {
  SynthRandom random(5);
  int went_on = 0;
  int failed = 0;
  for (int round = 0; round < 120; ++round) {
    const auto scene = MakeScene(random, round % 2 == 0);
    const size_t stride = scene->scan.corner2 ? 4 : 1;
    const size_t room = kBlocksOfRun * stride;
    std::vector<int16_t> out(kLanes * room);
    scene->scan.out = out.data();
    LaneStates states;
    std::array<uint32_t, kLanes> from{};
    for (int lane = 0; lane < kLanes; ++lane) {
      const auto at = static_cast<size_t>(lane);
      from[at] = Below(random, scene->last_position() + 1);
      states.Start(lane, from[at], static_cast<uint32_t>(at * room), scene->tables);
      EXPECT_TRUE(states.at_block_start(lane));
    }
    states.active = ~0U;
    RunLanesPlainly(scene->scan, states);
    for (int lane = 0; lane < kLanes; ++lane) {
      const auto at = static_cast<size_t>(lane);
      const bool fails = (states.active >> lane & 1) == 0;
      uint32_t to = states.position[at];
      const bool within = !states.at_block_start(lane);
      if (within && states.table[at] == scene->tables.ac[states.block[at]] + LaneTables::kLong) {
        to -= LaneEntry::kEscapeBits;
      }
      const auto expected = Follow(*scene, from[at], to, fails);
      ASSERT_TRUE(expected) << round << " " << lane;
      std::vector<int16_t> values(out.begin() + static_cast<ptrdiff_t>(at * room),
                                  out.begin() + static_cast<ptrdiff_t>((at + 1) * room));
      ASSERT_LE(expected->size(), room);
      const auto begun = static_cast<ptrdiff_t>(expected->size());
      EXPECT_TRUE(std::equal(expected->begin(), expected->end(), values.begin())) << round << " " << lane;
      EXPECT_TRUE(std::all_of(values.begin() + begun, values.end(), [](int16_t value) { return value == 0; }));
      if (!fails) {
        EXPECT_EQ((states.out[at] - at * room) / stride + (within ? 1 : 0), expected->size() / stride);
      }
      ++(fails ? failed : went_on);
    }
  }
  EXPECT_GT(went_on, 500);
  EXPECT_GT(failed, 500);
}

}  // namespace
}  // namespace tbbthumbs
