// System calls that a thumbnailer never needs, refused by the kernel (seccomp) whoever asks for them.
#ifndef TBBTHUMBS_TOOLS_SYSCALL_FILTER_H_
#define TBBTHUMBS_TOOLS_SYSCALL_FILTER_H_

#include "codecs/error.h"

namespace tbbthumbs::tool {

// Whether the kernel takes filters.
bool HasSyscallFilters();

// From now on, for all threads of the process and for ever: no other program is started, no process is made, traced,
// read or signalled, nothing is mounted, no module loaded, no clock or limit of the system set, no ring of io_uring
// (whose calls no filter sees) made; these fail with EPERM. Without `fetches` there are no sockets either, with it only
// those of the internet, of local services and of the routing table, and no raw ones. Errors: kIo.
[[nodiscard]] Status LimitSyscalls(bool fetches);

// Likewise, for who has all that it needs: memory, time, and messages by `socket`. All else fails with EPERM, but for
// what ends the process itself. (Sanitizers need more: for them it is LimitSyscalls.) Errors: kIo.
[[nodiscard]] Status LimitToMessages(int socket);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_SYSCALL_FILTER_H_
