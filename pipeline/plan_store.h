// A plan: the inputs of a run with their names, dealt out to shards for several machines.
#ifndef TBBTHUMBS_PIPELINE_PLAN_STORE_H_
#define TBBTHUMBS_PIPELINE_PLAN_STORE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codecs/error.h"
#include "pipeline/run_summary.h"

namespace tbbthumbs {

// Shards of a plan have the numbers from 0 on; input `seq` is in shard seq % shards.
inline constexpr int kMostShards = 100'000;

// What is decided once, for all shards.
struct PlanSettings {
  int shards = 1;
  std::string output;   // absolute path of the output directory
  std::string journal;  // absolute path, where it is to become one journal
  // When that was made, since 1970: thumbnails that it does not know are believed by their dates if they are older.
  std::chrono::nanoseconds journal_created{};
  // Options by their names, in order, for who made the plan.
  std::vector<std::pair<std::string, std::string>> options;
};

struct PlanInfo : PlanSettings {
  uint64_t total = 0;  // inputs
  // 32 hexadecimal digits, the same for the same settings and items: XXH3-128.
  std::string digest;
  // Likewise 32 digits, but no two plans have the same.
  std::string id;
};

// One input.
struct PlanItem {
  uint64_t seq = 0;    // place in the input order, from 0
  std::string path;    // absolute; of a picture on the web: Url::text
  bool found = false;  // by walking a directory
  // Why it can't be made, where that was known when it was planned.
  std::optional<Error> error;
  // Relative to the output directory, by the format of the thumbnails, one for each size; empty where there can't be
  // any of that format. Both empty: it was no picture.
  std::vector<std::string> jpeg;
  std::vector<std::string> png;
  NameChanges changes;
};

// Writes a plan in one go. Its file is there when Finish returns, and never in part. Holds some 70 MB whatever the
// number of items. Not thread-safe. Errors of all: kIo, kOutOfMemory, kExists (the plan is there already).
class PlanWriter {
 public:
  // Makes PATH.part-RANDOM.
  [[nodiscard]] static Result<std::unique_ptr<PlanWriter>> Create(const std::string& path, PlanSettings settings);
  virtual ~PlanWriter() = default;

  // In the order of their numbers, none left out.
  [[nodiscard]] virtual Status Add(const PlanItem& item) = 0;
  // Writes the rest, and gives the file its name. Without it nothing is left.
  [[nodiscard]] virtual Result<PlanInfo> Finish() = 0;
};

// Reads a plan, and never writes: it may lie where nothing can be written. Not thread-safe. Errors of all: kIo,
// kNotFound, kCorrupt (damaged, or no plan), kUnsupported (made by another version of this program), kOutOfMemory.
class PlanReader {
 public:
  [[nodiscard]] static Result<std::unique_ptr<PlanReader>> Open(const std::string& path);
  virtual ~PlanReader() = default;

  virtual const PlanInfo& info() const = 0;
  // How many inputs the shard has.
  uint64_t CountOf(int shard) const;

  // Up to 500 items of the shard, from its `place`th on; none at its end.
  [[nodiscard]] virtual Result<std::vector<PlanItem>> Page(int shard, uint64_t place) = 0;
  // Reads all of the shard, to find out whether it is whole. About 1 s for a million items.
  [[nodiscard]] Status Check(int shard);
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_PLAN_STORE_H_
