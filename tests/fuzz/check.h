// What a target holds to be always so.
#ifndef TBBTHUMBS_TESTS_FUZZ_CHECK_H_
#define TBBTHUMBS_TESTS_FUZZ_CHECK_H_

#include <cstdio>
#include <cstdlib>

namespace tbbthumbs::fuzz {

// Ends the program where `holds` is false, saying what was expected.
inline void Require(bool holds, const char* expected) {
  if (holds) return;
  std::fprintf(stderr, "a fuzz target expected: %s\n", expected);
  std::abort();
}

}  // namespace tbbthumbs::fuzz

#endif  // TBBTHUMBS_TESTS_FUZZ_CHECK_H_
