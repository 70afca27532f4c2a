// What machine this is.
#ifndef TBBTHUMBS_BENCH_MACHINE_H_
#define TBBTHUMBS_BENCH_MACHINE_H_

#include <filesystem>

#include "bench/results.h"

namespace tbbthumbs::bench {

// `pictures`: whose file system is named.
Machine DescribeMachine(const std::filesystem::path& pictures);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_MACHINE_H_
