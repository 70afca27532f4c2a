// How many inputs there will be, before they have been taken.
#ifndef TBBTHUMBS_PIPELINE_INPUT_COUNT_H_
#define TBBTHUMBS_PIPELINE_INPUT_COUNT_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "pipeline/file_system.h"
#include "pipeline/input_options.h"

namespace tbbthumbs {

// Whether they can be: not where a list is a pipe, or is not there.
bool CanCountInputs(FileSystem& file_system, const InputOptions& options);

// Walks the directories of `options` as the job will, without looking at the files, and reads the lists that are
// regular files; asks the plan of which they are a part. Nothing when stopped, or when a list is a pipe. About 0.2 s
// for a million files. `so_far`: where the count stands meanwhile; may be null.
std::optional<uint64_t> CountInputs(FileSystem& file_system, const InputOptions& options, const std::string& output,
                                    const std::stop_token& stop, std::atomic<uint64_t>* so_far = nullptr);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_INPUT_COUNT_H_
