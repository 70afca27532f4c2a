// The locked room: what the process may still do once it knows what it is to do, in case a picture finds a hole in a
// decoder.
#ifndef TBBTHUMBS_TOOLS_SANDBOX_H_
#define TBBTHUMBS_TOOLS_SANDBOX_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "codecs/error.h"

namespace tbbthumbs::tool {

enum class SandboxMode : uint8_t {
  kAuto,  // as far as the kernel goes
  kOn,    // all of it, or nothing is done
  kOff,
};

// Paths as they are at hand: relative ones are those of the current directory. What a path leads to when the room is
// entered is meant, also where it leads through symbolic links; what is not there is passed over.
struct SandboxRoom {
  std::vector<std::string> readable;  // files, and directories with all below them
  std::vector<std::string> writable;  // directories with all below them; also read
  bool reads_everything = false;
  bool lists_everything = false;  // the names in directories
  // Pictures from the web: addresses are looked up, certificates read, and TCP connections made to `ports`.
  bool fetches = false;
  std::set<uint16_t> ports;
  bool any_port = false;
};

// Of a kernel.
struct SandboxAbilities {
  int landlock = 0;  // as LandlockVersion says
  bool syscall_filters = false;
};

SandboxAbilities KernelAbilities();

// What the kernel can do, and can't, for people: one line each.
std::vector<std::string> SandboxLines(const SandboxAbilities& abilities);

// Limits this process to the room for ever. Called before there are threads: those that are there already stay outside
// of Landlock's part. Root keeps no rights but those over files. Beside the room stay readable: what the C library,
// oneTBB and libcurl read later (shared libraries, time zones, /proc, /sys). Errors: kUnsupported (kOn, and the kernel
// lacks a part that matters), kIo.
[[nodiscard]] Status EnterSandbox(const SandboxRoom& room, SandboxMode mode, const SandboxAbilities& abilities);

// Limits this process, which has one thread, to memory and to the messages of `socket`: no file, no other descriptor,
// no right of root's. Errors as above.
[[nodiscard]] Status EnterCell(SandboxMode mode, const SandboxAbilities& abilities, int socket);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_SANDBOX_H_
