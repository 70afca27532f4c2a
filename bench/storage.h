// Where pictures may lie, as the model of `scale` sees it.
#ifndef TBBTHUMBS_BENCH_STORAGE_H_
#define TBBTHUMBS_BENCH_STORAGE_H_

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace tbbthumbs::bench {

// By default it takes no time at all: files in the page cache, whose copying is CPU work that was measured.
struct Storage {
  std::string name;        // "network disk"; may be empty
  double latency_s = 0;    // of one picture: all its round trips or seeks together, before its bytes flow
  double bytes_per_s = 0;  // shared evenly by all transfers under way; 0: no limit
  int parallel = 0;        // requests served at once, the others wait in line; 0: no limit
};

// "network disk, 2 ms, 110 MB/s", "hard disk, 13 ms, 180 MB/s, one request at a time". 1 MB = 10^6 bytes.
std::string Describe(const Storage& storage);

// Figures of ordinary devices; where each comes from stands in the .cpp.
std::vector<Storage> CommonStorages();

// "LATENCY_MS:MB_PER_S[:PARALLEL]", for example "2:110" or "12.7:180:1"; MB_PER_S and PARALLEL 0: no limit. Errors: a
// sentence that repeats the text.
[[nodiscard]] tl::expected<Storage, std::string> ParseStorage(std::string_view text);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_STORAGE_H_
