// Landlock, the kernel's own room for one process: which files it may still touch and where it may still connect to.
// Numbers of the interface are those of linux/landlock.h (Linux 6.13), since older headers lack the newer ones.
#ifndef TBBTHUMBS_TOOLS_LANDLOCK_H_
#define TBBTHUMBS_TOOLS_LANDLOCK_H_

#include <cstdint>
#include <string>

#include "codecs/error.h"

namespace tbbthumbs::tool {

// The version of the kernel's interface: 1 since Linux 5.13. 0: there is none, or it is switched off.
//   2: renames and links across directories   3: truncating   4: TCP ports   5: ioctl of devices
//   6: signals and abstract sockets
int LandlockVersion();

// What is allowed on a file, or on all below a directory.
inline constexpr unsigned kMayRead = 1;  // and list
inline constexpr unsigned kMayList = 2;  // directories
// Also make, write, rename and remove: regular files, directories and symbolic links; no devices, sockets or FIFOs.
inline constexpr unsigned kMayWrite = 4;

// The rules of a room that is not yet entered. What a kernel does not know is left unlimited. Used by one thread.
class LandlockRoom {
 public:
  // `version`: as LandlockVersion says; at least 1. `limits_ports`: TCP goes only where AllowPort says.
  LandlockRoom(int version, bool limits_ports);
  ~LandlockRoom();
  LandlockRoom(const LandlockRoom&) = delete;
  LandlockRoom& operator=(const LandlockRoom&) = delete;

  // What `path` is or leads to now; what is not there is passed over. Errors: kIo.
  [[nodiscard]] Status Allow(const std::string& path, unsigned rights);
  // Connecting to a TCP port, where those are limited. Errors: kIo.
  [[nodiscard]] Status AllowPort(uint16_t port);
  // For the calling thread, and those and the processes that it starts from now on, for ever. Errors: kIo.
  [[nodiscard]] Status Enter();

 private:
  int version_;
  int fd_;
  int error_;  // errno, where there is no fd_
};

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_LANDLOCK_H_
