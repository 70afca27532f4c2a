// Databases that were changed behind our back.
#ifndef TBBTHUMBS_TESTS_FUZZ_DATABASE_DAMAGE_H_
#define TBBTHUMBS_TESTS_FUZZ_DATABASE_DAMAGE_H_

#include <span>
#include <string>

#include "tests/fuzz/input_reader.h"

namespace tbbthumbs::fuzz {

struct Damage {
  bool statements = false;  // some were run
  bool bytes = false;       // some were changed
  bool beside = false;      // another file was laid beside it
};

// Writes the database `whole` to `path`, with what the input says of it: at first statements (of `statements`, with ?1
// in the place of any value, and ?2 of a small number; those that fail change nothing), then changes of pages, cells
// and headers, cuts, and a rollback journal beside it. No input: none.
Damage WriteDamaged(const std::string& path, const std::string& whole, std::span<const char* const> statements,
                    InputReader& reader);

std::string ReadFile(const std::string& path);

// Removes the file and what lies beside it.
void RemoveDatabase(const std::string& path);

}  // namespace tbbthumbs::fuzz

#endif  // TBBTHUMBS_TESTS_FUZZ_DATABASE_DAMAGE_H_
