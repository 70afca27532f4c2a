#include "tests/support/without_openat2.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <cstddef>
#include <thread>

namespace tbbthumbs::testing {
namespace {

bool ForbidOpenat2(int error_number) {
  const auto code = static_cast<unsigned>(error_number) & SECCOMP_RET_DATA;
  std::array<sock_filter, 4> filter{{{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
                                     {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_openat2},
                                     {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | code},
                                     {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}}};
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace

bool RunWithoutOpenat2(int error_number, const std::function<void()>& f) {
  bool forbidden = false;
  std::thread([&] {
    forbidden = ForbidOpenat2(error_number);
    if (forbidden) f();
  }).join();
  return forbidden;
}

}  // namespace tbbthumbs::testing
