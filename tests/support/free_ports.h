// Ports of this machine for servers that tests start.
#ifndef TBBTHUMBS_TESTS_SUPPORT_FREE_PORTS_H_
#define TBBTHUMBS_TESTS_SUPPORT_FREE_PORTS_H_

#include <vector>

namespace tbbthumbs::testing {

// Whether programs can listen on [::1] here.
bool HasLoopbackIpv6();

// So many different ones of 127.0.0.1, and of [::1] too if wanted, that nobody listens on. Somebody may take one before
// it is used. Throws std::runtime_error.
std::vector<int> FreePorts(int count, bool of_ipv6_too = false);

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_FREE_PORTS_H_
