// What fuzzers begin with.
#ifndef TBBTHUMBS_TESTS_FUZZ_SEEDS_H_
#define TBBTHUMBS_TESTS_FUZZ_SEEDS_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tbbthumbs::fuzz {

// Made by code: at least one for each target.
std::vector<std::vector<std::byte>> MadeSeeds(std::string_view target);

struct Seed {
  std::string_view target;
  std::vector<std::byte> bytes;
};

// Of the bytes of a file, a picture or not: for the targets that take such pictures, unless it is large, and what it
// says of itself for those of metadata.
std::vector<Seed> SeedsOf(std::span<const std::byte> file);

}  // namespace tbbthumbs::fuzz

#endif  // TBBTHUMBS_TESTS_FUZZ_SEEDS_H_
