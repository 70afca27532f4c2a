#ifndef TBBTHUMBS_TESTS_SUPPORT_THINNING_H_
#define TBBTHUMBS_TESTS_SUPPORT_THINNING_H_

namespace tbbthumbs::testing {

// Sanitized, the longest loops take thirty times as long: they look at one place of three.
#ifdef TBBTHUMBS_SANITIZED
inline constexpr int kThinning = 3;
#else
inline constexpr int kThinning = 1;
#endif

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_THINNING_H_
