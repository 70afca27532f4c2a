// The kernel's cache of file contents.
#ifndef TBBTHUMBS_BENCH_PAGE_CACHE_H_
#define TBBTHUMBS_BENCH_PAGE_CACHE_H_

#include <filesystem>
#include <vector>

namespace tbbthumbs::bench {

// Asks the kernel to forget what it holds of the files (posix_fadvise; no privilege is needed), and returns the share
// of their pages that it holds all the same: 0 to 1. File systems in memory keep all.
double DropFromPageCache(const std::vector<std::filesystem::path>& files);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_PAGE_CACHE_H_
