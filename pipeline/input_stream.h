// All inputs of a job, one after the other.
#ifndef TBBTHUMBS_PIPELINE_INPUT_STREAM_H_
#define TBBTHUMBS_PIPELINE_INPUT_STREAM_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "codecs/error.h"
#include "pipeline/file_system.h"
#include "pipeline/input_options.h"
#include "pipeline/item.h"
#include "pipeline/list_reader.h"
#include "pipeline/planned_inputs.h"
#include "pipeline/walker.h"

namespace tbbthumbs {

// The paths in their order, directories walked where they stand, then the lists, or the part of a plan; among them what
// is added while the run lasts. Addresses are told from paths by how they begin, and never looked up as files. Next is
// called by one thread at a time, the rest from any.
class InputStream {
 public:
  // `output`: the output directory, which exists. `keep_open`: wait for Add until Finish. The options must outlive it.
  InputStream(FileSystem& file_system, const InputOptions& options, std::string output, bool keep_open);

  // The next input, waiting for it where it must. Nothing at the end or soon after Stop.
  std::optional<InputFile> Next();
  // Likewise, but nothing also where it would have to wait, or to look for longer.
  std::optional<InputFile> NextAtOnce();

  // Files of a priority above 0 go before all listed ones, others after them. Errors: kStopped: it takes no more.
  [[nodiscard]] Status Add(std::string path, int priority);
  void Finish();
  void Stop();

  // Why the part of a plan ended early. Of whoever calls Next.
  std::optional<Error> failure() const { return planned_ ? planned_->failure() : std::nullopt; }

  // What could not be walked or read as a list: the first kMaxErrorsKept, and how many there are in all.
  static constexpr size_t kMaxErrorsKept = 100;
  std::vector<Error> errors() const;
  uint64_t error_count() const;

 private:
  std::optional<InputFile> NextListed();
  // Of InputOptions::only.
  std::optional<InputFile> NextOfOnly();
  std::optional<InputFile> NextWalked();
  std::optional<InputFile> TakeAdded(bool urgent_only);
  // What the list at work says.
  InputFile ListedFile(std::string entry);
  // A picture on the web, or what was meant to be one.
  InputFile WebFile(InputFile file) const;
  bool LiesInOutput(const std::string& path);
  void Note(const std::vector<Error>& errors);

  FileSystem& file_system_;
  const InputOptions& options_;
  const std::string output_;
  const FileId output_id_;
  bool single_directory_ = false;  // one directory and nothing else
  size_t directory_count_ = 0;

  // Of the one thread that calls Next.
  size_t next_path_ = 0;
  size_t next_list_ = 0;
  std::unique_ptr<Walker> walker_;
  size_t walker_root_ = 0;  // of the paths
  std::string walker_prefix_;
  size_t next_only_ = 0;
  std::unique_ptr<ListReader> list_;
  std::unique_ptr<PlannedInputs> planned_;  // null where there is no plan
  bool listed_done_ = false;
  std::string last_parent_;
  bool last_parent_in_output_ = false;

  std::stop_source stop_;
  mutable std::mutex mutex_;  // guards all below: Add, Finish and Stop come from other threads
  std::condition_variable changed_;
  std::map<int, std::deque<std::string>, std::greater<>> added_;  // by priority, the highest first
  bool wait_for_more_;                                            // until Finish
  bool takes_more_ = true;                                        // until the end, Finish or Stop
  std::vector<Error> errors_;
  uint64_t error_count_ = 0;
};

// What a directory is called below the output directory, where several are inputs.
std::string OutputNameOf(const std::string& directory);

// True when `path`, or the directory it lies in, is the directory `output` or lies below it.
bool LiesWithin(FileSystem& file_system, const std::string& path, const FileId& output);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_INPUT_STREAM_H_
