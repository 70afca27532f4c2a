// The sets of pictures that the strategies are measured on.
#ifndef TBBTHUMBS_BENCH_WORKLOADS_H_
#define TBBTHUMBS_BENCH_WORKLOADS_H_

#include <chrono>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "bench/io/slow_link.h"
#include "bench/picture_server.h"
#include "bench/results.h"

namespace tbbthumbs::bench {

// Pictures, and how they are come by.
struct PictureSet {
  Workload about;
  std::vector<std::filesystem::path> files;  // in the order in which they are taken
  std::filesystem::path list;                // of the same, separated by NUL
  bool cold = false;                         // to be dropped from the page cache before each run
  bool up_to_date = false;                   // the thumbnails are there
  std::filesystem::path slow_prefix;         // as RunRequest, with the next two
  double latency_s = 0;
  double bytes_per_s = 0;
  int connections = 0;  // as RunRequest
};

// What a workload is called, and what it is for.
struct WorkloadName {
  std::string_view name;
  std::string_view purpose;
};
std::span<const WorkloadName> WorkloadNames();

// The user's own.
inline constexpr std::string_view kPhotos = "photos";
inline constexpr std::string_view kPhotosCold = "photos-cold";
// Made ones that only the experiment can finish: seen through a mount.
inline constexpr std::string_view kFuse = "fuse";
// And: fetched from a server.
inline constexpr std::string_view kUrl = "url";

// What "slow-disk" and "fuse" are like: a share in a building nearby, over a gigabit.
LinkOptions SlowDisk();

// What "url" is like: a server far enough away, from which so many pictures are fetched at once.
inline constexpr std::chrono::milliseconds kServerDelay{20};
inline constexpr int kUrlConnections = 64;

// JPEG and PNG files below `directory` by their first bytes, in the order in which the command takes them. Errors: a
// sentence, also where there is none.
tl::expected<std::vector<std::filesystem::path>, std::string> FindPictures(const std::filesystem::path& directory);

// At most `count` of them, evenly spread.
std::vector<std::filesystem::path> Sample(const std::vector<std::filesystem::path>& files, size_t count);

// A set of files that are there. `scratch`: an existing directory, for the list.
tl::expected<PictureSet, std::string> SetOf(std::string_view name, std::string description,
                                            std::vector<std::filesystem::path> files,
                                            const std::filesystem::path& scratch);

// One of the made sets ("uniform", "skewed", "tiny", "up-to-date", "slow-disk", "fuse", "url"), its files below
// `scratch`.
tl::expected<PictureSet, std::string> MakeSet(std::string_view name, const std::filesystem::path& scratch);

// Has them fetched from `server`, which serves their directory: the list is one of addresses then. Their thumbnails
// have the names that those of the files would have.
tl::expected<void, std::string> TakeFromServer(PictureSet& set, const PictureServer& server);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_WORKLOADS_H_
