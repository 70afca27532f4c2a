#include "tools/priority.h"

#include <linux/ioprio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace tbbthumbs::tool {

int GiveWay() {
  // glibc has no function for it. Not every system allows it, nor every disk's scheduler looks at it.
  syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
  errno = 0;
  const int now = getpriority(PRIO_PROCESS, 0);
  if (errno == 0 && now >= kBackgroundNice) return 0;
  return setpriority(PRIO_PROCESS, 0, kBackgroundNice) == 0 ? 0 : errno;
}

}  // namespace tbbthumbs::tool
