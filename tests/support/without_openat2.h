// A system that lacks openat2(2), or a container that forbids it.
#ifndef TBBTHUMBS_TESTS_SUPPORT_WITHOUT_OPENAT2_H_
#define TBBTHUMBS_TESTS_SUPPORT_WITHOUT_OPENAT2_H_

#include <functional>

namespace tbbthumbs::testing {

// Calls `f` on a thread on which openat2 fails with that error number; also in processes that it starts. False: this
// system can't be made to.
[[nodiscard]] bool RunWithoutOpenat2(int error_number, const std::function<void()>& f);

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_WITHOUT_OPENAT2_H_
