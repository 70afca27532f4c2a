// What a broken picture may do to its decoder: loaded into the command with LD_PRELOAD, it takes the place of a
// function of libjpeg, which is called at work on a thumbnail, whose height says what happens.
#include <dlfcn.h>
#include <linux/futex.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
// clang-format off
#include <cstdio>
#include <cstdlib>
#include <jpeglib.h>
// clang-format on

namespace {

volatile uint32_t word = 0;
int* volatile nowhere = nullptr;

void Trouble(unsigned height) {
  switch (height) {
    case 3:
      *nowhere = 1;
      break;
    case 4:
      std::abort();
    case 5:
      _exit(7);
    case 6:
      for (;;) syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, nullptr, nullptr, 0);
    case 7:
      for (;;) word = word + 1;
    case 8:
      static_cast<void>(send(3, "nonsense", 8, MSG_NOSIGNAL));
      break;
    case 9:
      // Until nobody listens any more.
      while (send(3, "\1", 2, MSG_NOSIGNAL) == 2) {
      }
      break;
    default:
      break;
  }
}

}  // namespace

extern "C" void jpeg_start_compress(jpeg_compress_struct* compressor, boolean write_all_tables) {
  Trouble(compressor->image_height);
  using Function = void(jpeg_compress_struct*, boolean);
  reinterpret_cast<Function*>(dlsym(RTLD_NEXT, "jpeg_start_compress"))(compressor, write_all_tables);
}
