#include "tests/support/pty.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace tbbthumbs::testing {

Pty::Pty(int columns) {
  master_ = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master_ < 0 || grantpt(master_) != 0 || unlockpt(master_) != 0) throw std::runtime_error("no pseudo-terminal");
  slave_ = open(ptsname(master_), O_RDWR | O_NOCTTY | O_CLOEXEC);
  winsize size{};
  size.ws_col = static_cast<unsigned short>(columns);
  size.ws_row = 24;
  if (slave_ < 0 || ioctl(slave_, TIOCSWINSZ, &size) != 0) throw std::runtime_error("no pseudo-terminal");
}

Pty::~Pty() {
  CloseSlave();
  close(master_);
}

void Pty::CloseSlave() {
  if (slave_ >= 0) close(slave_);
  slave_ = -1;
}

}  // namespace tbbthumbs::testing
