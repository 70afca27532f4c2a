#include "bench/page_cache.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>

namespace tbbthumbs::bench {
namespace {

struct Pages {
  size_t all = 0;
  size_t resident = 0;
};

Pages CountPages(int fd, size_t bytes) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  Pages pages{.all = (bytes + page - 1) / page};
  void* map = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) return {};
  std::vector<unsigned char> states(pages.all);
  if (mincore(map, bytes, states.data()) == 0) {
    pages.resident =
        static_cast<size_t>(std::count_if(states.begin(), states.end(), [](auto s) { return (s & 1) != 0; }));
  }
  munmap(map, bytes);
  return pages;
}

}  // namespace

double DropFromPageCache(const std::vector<std::filesystem::path>& files) {
  Pages sum;
  for (const auto& file : files) {
    const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) continue;
    struct stat info {};
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0) {
      // Pages that are still to be written can't be dropped.
      fdatasync(fd);
      posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
      const Pages pages = CountPages(fd, static_cast<size_t>(info.st_size));
      sum.all += pages.all;
      sum.resident += pages.resident;
    }
    close(fd);
  }
  return sum.all == 0 ? 0 : static_cast<double>(sum.resident) / static_cast<double>(sum.all);
}

}  // namespace tbbthumbs::bench
