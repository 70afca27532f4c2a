#include "pipeline/input_count.h"

#include <algorithm>

#include "pipeline/input_stream.h"
#include "pipeline/plan_store.h"

namespace tbbthumbs {

bool CanCountInputs(FileSystem& file_system, const InputOptions& options) {
  return std::all_of(options.lists.begin(), options.lists.end(), [&](const FileList& list) {
    const auto info = file_system.Stat(list.path.string(), true);
    return info && info->kind == FileKind::kRegular;
  });
}

std::optional<uint64_t> CountInputs(FileSystem& file_system, const InputOptions& options, const std::string& output,
                                    const std::stop_token& stop, std::atomic<uint64_t>* so_far) {
  if (!CanCountInputs(file_system, options)) return std::nullopt;
  if (options.part) {
    const auto plan = PlanReader::Open(options.part->plan.string());
    if (!plan) return std::nullopt;
    return (*plan)->CountOf(options.part->shard);
  }
  InputStream inputs(file_system, options, output, false);
  uint64_t count = 0;
  while (!stop.stop_requested()) {
    if (!inputs.Next()) return count;
    ++count;
    if (so_far != nullptr) so_far->store(count, std::memory_order_relaxed);
  }
  return std::nullopt;
}

}  // namespace tbbthumbs
