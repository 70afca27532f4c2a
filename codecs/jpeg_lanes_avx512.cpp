#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "codecs/jpeg_lanes.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace tbbthumbs {

#if defined(__x86_64__)
namespace {

// Only the functions that are marked so: what this file shares with others by inlining has to run on every CPU.
#define TBBTHUMBS_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,bmi,bmi2,popcnt")))
#define TBBTHUMBS_AVX512_INLINE TBBTHUMBS_AVX512 __attribute__((always_inline)) inline

// A group of lanes is a vector. Two take turns, so that one waits for memory while the other works.
constexpr int kGroup = 16;
static_assert(kLanes == 2 * kGroup);

struct Group {
  __m512i position;
  __m512i index;
  __m512i block;
  __m512i table;
  __m512i shift;
  __m512i out;
  __mmask16 active;
};

// The steps that read a coefficient which is kept, in order: the bits before them, their entries, and where the value
// goes. What it is is worked out later, for many of them at once.
struct Kept {
  static constexpr size_t kMax = kLaneSteps * kGroup;
  // A store may write a whole vector behind the last one.
  alignas(64) std::array<uint32_t, kMax + kGroup> bits;
  alignas(64) std::array<uint32_t, kMax + kGroup> entries;
  alignas(64) std::array<uint32_t, kMax + kGroup> out;
};

alignas(64) constexpr std::array<uint32_t, kGroup> kPlaces = kCornerPlaces;

// The next 64 bits of each lane, of which at least 57 are valid.
struct Fetched {
  __m512i high;
  __m512i low;
};

// From the eight bytes of lanes 0 to 7, and of lanes 8 to 15, as they stand in memory.
TBBTHUMBS_AVX512_INLINE Fetched FromBytes(__m512i first, __m512i second, __m512i position) {
  const __m512i reverse = _mm512_broadcast_i32x4(_mm_set_epi64x(0x08090A0B0C0D0E0F, 0x0001020304050607));
  const __m512i even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
  const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
  first = _mm512_shuffle_epi8(first, reverse);
  second = _mm512_shuffle_epi8(second, reverse);
  const __m512i high = _mm512_permutex2var_epi32(first, odd, second);
  const __m512i low = _mm512_permutex2var_epi32(first, even, second);
  const __m512i shift = _mm512_and_si512(position, _mm512_set1_epi32(7));
  const __m512i rest = _mm512_sub_epi32(_mm512_set1_epi32(32), shift);
  return {_mm512_or_si512(_mm512_sllv_epi32(high, shift), _mm512_srlv_epi32(low, rest)), _mm512_sllv_epi32(low, shift)};
}

// With the CPU's gathers.
struct GatheringFetch {
  TBBTHUMBS_AVX512_INLINE static Fetched Fetch(const uint8_t* bytes, __m512i position) {
    const __m512i index = _mm512_srli_epi32(position, 3);
    return FromBytes(_mm512_i32gather_epi64(_mm512_castsi512_si256(index), bytes, 1),
                     _mm512_i32gather_epi64(_mm512_extracti64x4_epi64(index, 1), bytes, 1), position);
  }
};

// With plain loads. Where gathers leaked data between processes (Intel's advisory SA-00828: Skylake to Ice Lake and
// Tiger Lake) the mitigation makes one take 37 cycles.
struct LoadingFetch {
  TBBTHUMBS_AVX512_INLINE static __m128i Two(const uint8_t* first, const uint8_t* second) {
    const __m128i low = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(first));
    const __m128i high = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(second));
    return _mm_unpacklo_epi64(low, high);
  }
  TBBTHUMBS_AVX512_INLINE static __m256i Four(const uint8_t* bytes, __m128i index) {
    const auto low = static_cast<uint64_t>(_mm_cvtsi128_si64(index));
    const auto high = static_cast<uint64_t>(_mm_extract_epi64(index, 1));
    return _mm256_inserti128_si256(_mm256_castsi128_si256(Two(bytes + static_cast<uint32_t>(low), bytes + (low >> 32))),
                                   Two(bytes + static_cast<uint32_t>(high), bytes + (high >> 32)), 1);
  }
  TBBTHUMBS_AVX512_INLINE static Fetched Fetch(const uint8_t* bytes, __m512i position) {
    const __m512i index = _mm512_srli_epi32(position, 3);
    const __m256i a = Four(bytes, _mm512_castsi512_si128(index));
    const __m256i b = Four(bytes, _mm512_extracti32x4_epi32(index, 1));
    const __m256i c = Four(bytes, _mm512_extracti32x4_epi32(index, 2));
    const __m256i d = Four(bytes, _mm512_extracti32x4_epi32(index, 3));
    return FromBytes(_mm512_inserti64x4(_mm512_castsi256_si512(a), b, 1),
                     _mm512_inserti64x4(_mm512_castsi256_si512(c), d, 1), position);
  }
};

// By block of the MCU, for permutations of 16 words.
struct Phases {
  alignas(64) std::array<uint32_t, kGroup> tables{};  // AC in the low half, DC in the high half
  alignas(64) std::array<uint32_t, kGroup> next{};

  explicit Phases(const LaneScan& scan) {
    for (int i = 0; i < scan.blocks; ++i) {
      tables[i] = scan.tables->ac[i] | scan.tables->dc[i] << 16;
      next[i] = static_cast<uint32_t>(i + 1 == scan.blocks ? 0 : i + 1);
    }
  }
};

// What a lookup made of the lanes.
struct Lookup {
  __m512i position;
  __m512i index;
  __m512i bits;
  __m512i entry;
  __mmask16 failed;
};

// The lanes of `odd` once more, from where they were in `before`. By value: what lives in registers stays there.
TBBTHUMBS_AVX512 __attribute__((noinline)) Lookup LookUpOdd(const LaneScan& scan, const Group before, __mmask16 odd,
                                                            Lookup lookup) {
  using Words = std::array<uint32_t, kGroup>;
  alignas(64) Words old_position;
  alignas(64) Words old_index;
  alignas(64) Words block;
  alignas(64) Words table;
  alignas(64) Words position;
  alignas(64) Words index;
  alignas(64) Words bits;
  alignas(64) Words entry;
  _mm512_store_si512(old_position.data(), before.position);
  _mm512_store_si512(old_index.data(), before.index);
  _mm512_store_si512(block.data(), before.block);
  _mm512_store_si512(table.data(), before.table);
  _mm512_store_si512(position.data(), lookup.position);
  _mm512_store_si512(index.data(), lookup.index);
  _mm512_store_si512(bits.data(), lookup.bits);
  _mm512_store_si512(entry.data(), lookup.entry);
  for (uint32_t left = odd; left != 0; left &= left - 1) {
    const int lane = std::countr_zero(left);
    const auto step = ReadOddSymbol(scan, old_position[lane], old_index[lane], block[lane], table[lane]);
    if (!step) {
      lookup.failed |= static_cast<__mmask16>(1U << lane);
      continue;
    }
    position[lane] = step->position;
    index[lane] = step->index;
    bits[lane] = step->bits;
    entry[lane] = step->entry;
  }
  lookup.position = _mm512_load_si512(position.data());
  lookup.index = _mm512_load_si512(index.data());
  lookup.bits = _mm512_load_si512(bits.data());
  lookup.entry = _mm512_load_si512(entry.data());
  return lookup;
}

// One lookup of each lane of a group. `bits`: the next ones, at least 25 of them valid.
template <bool kCorner2>
TBBTHUMBS_AVX512_INLINE void Step(const LaneScan& scan, __m512i tables, __m512i next, __m512i bits, Group& group,
                                  Kept& notes, size_t& count) {
  const __m512i byte_mask = _mm512_set1_epi32(0xFF);
  const __m512i place = _mm512_add_epi32(_mm512_srlv_epi32(bits, group.shift), group.table);
  // Idle lanes may point anywhere: they get the entry 0, which moves nothing.
  __m512i entry =
      _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), group.active, place, scan.tables->entries.data(), 4);
  __m512i position = _mm512_add_epi32(group.position, _mm512_and_si512(entry, byte_mask));
  const __m512i advance = _mm512_and_si512(_mm512_srli_epi32(entry, LaneEntry::kAdvanceShift), byte_mask);
  __m512i index = _mm512_add_epi32(group.index, advance);
  const __mmask16 odd = _mm512_mask_test_epi32_mask(group.active, index, _mm512_set1_epi32(LaneEntry::kOdd));
  if (odd != 0) [[unlikely]] {
    const Lookup again = LookUpOdd(scan, group, odd, {position, index, bits, entry, 0});
    group.active &= static_cast<__mmask16>(~again.failed);
    position = again.position;
    index = again.index;
    bits = again.bits;
    entry = again.entry;
  }

  // DC coefficients have the index 0. An escape leaves the index as it is.
  const __mmask16 escape = _mm512_movepi32_mask(entry);
  const __mmask16 reads = group.active & static_cast<__mmask16>(~escape);
  __mmask16 kept;
  __m512i out = group.out;
  if constexpr (kCorner2) {
    kept = _mm512_mask_cmple_epu32_mask(reads, index, _mm512_set1_epi32(4));
    kept = _mm512_mask_cmpneq_epu32_mask(kept, index, _mm512_set1_epi32(3));
    out = _mm512_add_epi32(out, _mm512_permutexvar_epi32(index, _mm512_load_si512(kPlaces.data())));
  } else {
    kept = _mm512_mask_testn_epi32_mask(reads, index, index);
  }
  _mm512_storeu_si512(notes.bits.data() + count, _mm512_maskz_compress_epi32(kept, bits));
  _mm512_storeu_si512(notes.entries.data() + count, _mm512_maskz_compress_epi32(kept, entry));
  _mm512_storeu_si512(notes.out.data() + count, _mm512_maskz_compress_epi32(kept, out));
  count += static_cast<size_t>(std::popcount(kept));

  // What comes next: of a block that ends, the next one's DC coefficient.
  const __mmask16 ends = _mm512_cmpge_epu32_mask(index, _mm512_set1_epi32(63));
  group.position = position;
  group.out = _mm512_mask_add_epi32(group.out, ends, group.out, _mm512_set1_epi32(kCorner2 ? 4 : 1));
  group.index = _mm512_maskz_mov_epi32(static_cast<__mmask16>(~ends), index);
  group.block = _mm512_mask_permutexvar_epi32(group.block, ends, group.block, next);
  const __m512i both = _mm512_permutexvar_epi32(group.block, tables);
  const __m512i ac = _mm512_and_si512(both, _mm512_set1_epi32(0xFFFF));
  __m512i table = _mm512_mask_add_epi32(ac, escape, ac, _mm512_set1_epi32(LaneTables::kLong));
  __m512i shift = _mm512_set1_epi32(32 - LaneTables::kSkipBits);
  if constexpr (kCorner2) {
    const __mmask16 low =
        _mm512_mask_cmplt_epu32_mask(static_cast<__mmask16>(~escape), group.index, _mm512_set1_epi32(4));
    table = _mm512_mask_add_epi32(table, low, table, _mm512_set1_epi32(LaneTables::kSingle));
    shift = _mm512_mask_mov_epi32(shift, low, _mm512_set1_epi32(32 - LaneTables::kSingleBits));
  }
  group.table = _mm512_mask_srli_epi32(table, ends, both, 16);
  group.shift = _mm512_mask_mov_epi32(shift, ends, _mm512_set1_epi32(32 - LaneTables::kDcBits));
}

// Two lookups of each lane: as many as 57 bits are enough for, if the first one takes 32 at most.
template <class Fetch, bool kCorner2>
TBBTHUMBS_AVX512_INLINE void TwoSteps(const LaneScan& scan, __m512i tables, __m512i next, Group& group, Kept& notes,
                                      size_t& count) {
  const __m512i position = group.position;
  const Fetched fetched = Fetch::Fetch(scan.bytes, position);
  Step<kCorner2>(scan, tables, next, fetched.high, group, notes, count);
  const __m512i taken = _mm512_sub_epi32(group.position, position);
  const __m512i rest = _mm512_sub_epi32(_mm512_set1_epi32(32), taken);
  const __m512i bits = _mm512_or_si512(_mm512_sllv_epi32(fetched.high, taken), _mm512_srlv_epi32(fetched.low, rest));
  Step<kCorner2>(scan, tables, next, bits, group, notes, count);
}

// Takes the values out of the kept steps and puts them where they belong.
TBBTHUMBS_AVX512_INLINE void WriteKept(const Kept& kept, size_t count, int16_t* out) {
  alignas(64) std::array<int32_t, kGroup> values;
  for (size_t i = 0; i < count; i += kGroup) {
    const __m512i bits = _mm512_load_si512(kept.bits.data() + i);
    const __m512i entry = _mm512_load_si512(kept.entries.data() + i);
    const __m512i length = _mm512_and_si512(_mm512_srli_epi32(entry, LaneEntry::kLengthShift), _mm512_set1_epi32(31));
    const __m512i size = _mm512_and_si512(_mm512_srli_epi32(entry, LaneEntry::kSizeShift), _mm512_set1_epi32(31));
    const __m512i at_top = _mm512_sllv_epi32(bits, length);
    __m512i value = _mm512_srlv_epi32(at_top, _mm512_sub_epi32(_mm512_set1_epi32(32), size));
    const __m512i one = _mm512_set1_epi32(1);
    const __mmask16 negative = static_cast<__mmask16>(~_mm512_movepi32_mask(at_top));
    value = _mm512_mask_add_epi32(value, negative, value, _mm512_sub_epi32(one, _mm512_sllv_epi32(one, size)));
    _mm512_store_si512(values.data(), value);
    const size_t here = std::min<size_t>(kGroup, count - i);
    for (size_t j = 0; j < here; ++j) out[kept.out[i + j]] = static_cast<int16_t>(values[j]);
  }
}

template <class Fetch, bool kCorner2>
TBBTHUMBS_AVX512 void RunGroups(const LaneScan& scan, LaneStates& states) {
  const Phases phases(scan);
  const __m512i tables = _mm512_load_si512(phases.tables.data());
  const __m512i next = _mm512_load_si512(phases.next.data());
  const auto load = [&](int g) TBBTHUMBS_AVX512 {
    return Group{_mm512_load_si512(&states.position[g * kGroup]),    _mm512_load_si512(&states.index[g * kGroup]),
                 _mm512_load_si512(&states.block[g * kGroup]),       _mm512_load_si512(&states.table[g * kGroup]),
                 _mm512_load_si512(&states.shift[g * kGroup]),       _mm512_load_si512(&states.out[g * kGroup]),
                 static_cast<__mmask16>(states.active >> g * kGroup)};
  };
  Kept kept_a;
  Kept kept_b;
  size_t count_a = 0;
  size_t count_b = 0;
  Group a = load(0);
  Group b = load(1);
  for (int i = 0; i < kLaneSteps; i += 2) {
    TwoSteps<Fetch, kCorner2>(scan, tables, next, a, kept_a, count_a);
    TwoSteps<Fetch, kCorner2>(scan, tables, next, b, kept_b, count_b);
  }
  const auto save = [&](int g, const Group& group) TBBTHUMBS_AVX512 {
    _mm512_store_si512(&states.position[g * kGroup], group.position);
    _mm512_store_si512(&states.index[g * kGroup], group.index);
    _mm512_store_si512(&states.block[g * kGroup], group.block);
    _mm512_store_si512(&states.table[g * kGroup], group.table);
    _mm512_store_si512(&states.shift[g * kGroup], group.shift);
    _mm512_store_si512(&states.out[g * kGroup], group.out);
  };
  save(0, a);
  save(1, b);
  states.active = static_cast<uint32_t>(b.active) << kGroup | a.active;
  WriteKept(kept_a, count_a, scan.out);
  WriteKept(kept_b, count_b, scan.out);
}

template <class Fetch>
TBBTHUMBS_AVX512 void Run(const LaneScan& scan, LaneStates& states) {
  return scan.corner2 ? RunGroups<Fetch, true>(scan, states) : RunGroups<Fetch, false>(scan, states);
}

// AVX512-FP16 came with the first CPUs whose gathers are not slowed down by the mitigation (Sapphire Rapids).
bool HasFastGathers() {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (edx >> 23 & 1) != 0;
}

// What TBBTHUMBS_AVX512 asks for.
bool HasAvx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi") &&
         __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}

}  // namespace

std::span<const RunLanes> ListVectorLanes() {
  static constexpr std::array<RunLanes, 2> kGatheringFirst = {&Run<GatheringFetch>, &Run<LoadingFetch>};
  static constexpr std::array<RunLanes, 2> kLoadingFirst = {&Run<LoadingFetch>, &Run<GatheringFetch>};
  static const std::span<const RunLanes> all = !HasAvx512()       ? std::span<const RunLanes>()
                                               : HasFastGathers() ? std::span<const RunLanes>(kGatheringFirst)
                                                                  : std::span<const RunLanes>(kLoadingFirst);
  return all;
}

#else

std::span<const RunLanes> ListVectorLanes() { return {}; }

#endif

RunLanes FindVectorLanes() {
  const std::span<const RunLanes> all = ListVectorLanes();
  return all.empty() ? nullptr : all.front();
}

}  // namespace tbbthumbs
