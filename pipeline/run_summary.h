// What became of the pictures of a run.
#ifndef TBBTHUMBS_PIPELINE_RUN_SUMMARY_H_
#define TBBTHUMBS_PIPELINE_RUN_SUMMARY_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "codecs/error.h"
#include "codecs/format.h"
#include "codecs/placeholders.h"
#include "codecs/size.h"
#include "pipeline/stage_times.h"

namespace tbbthumbs {

enum class Outcome {
  kMade,
  kPlanned,      // would be made: JobOptions::dry_run
  kUpToDate,     // the thumbnails are there already and newer, or may not be replaced
  kFailed,       // PictureResult::error says why
  kNotPicture,   // found by walking, and no picture by its bytes
  kUnsupported,  // found by walking, and of a known format that is not decoded
  kFiltered,     // outside the byte limits or not newer than asked
  kLeft,         // the run was stopped first, or the file is one of InputOptions::awaited
};

// Why the names of the thumbnails are not what the template alone would say.
struct NameChanges {
  bool respelled = false;  // characters were replaced, composed, or written in the letters asked for
  bool taken = false;      // an earlier input has the name, or its directory
  bool too_long = false;   // it was cut
  friend bool operator==(const NameChanges&, const NameChanges&) = default;
};

struct OutputFile {
  std::filesystem::path path;
  Size size;
  uint64_t bytes = 0;
  std::chrono::nanoseconds modified{};  // since 1970, as the file system has it; for kMade
  // For kPlanned with OutputFormat::kAuto: where it goes if it becomes a PNG, which its pixels decide.
  std::filesystem::path or_path{};
};

// The end of one input. Fields that do not apply keep their defaults.
struct PictureResult {
  uint64_t seq = 0;             // place in the input order, from 0; of all inputs of a plan, where it is one's part
  std::filesystem::path input;  // as given, or as found below a directory given
  bool found = false;           // by walking a directory
  Outcome outcome = Outcome::kLeft;
  std::optional<Error> error;                // for kFailed
  bool known = false;                        // for kFailed: in an earlier run, and not tried again
  Format format = Format::kUnknown;          // by its bytes, where they were read
  Size size;                                 // as stored
  uint64_t bytes_in = 0;                     // of the file, where it was read
  std::vector<OutputFile> outputs;           // for kMade and kPlanned
  NameChanges name_changes;                  // of the outputs
  std::filesystem::path original;            // of a picture on the web: where it was kept, see UrlOptions::originals
  std::string decoder;                       // for kMade: DecodeReport::path
  std::optional<Placeholders> placeholders;  // for kMade, where SpecSet::placeholders wants any
  std::optional<Error> damage;               // for kMade: what is wrong, where it was made from what decoded
  std::chrono::nanoseconds cpu_time{};       // of the worker, for decoding to encoding
  StageSpans stages{};                       // when and where it was worked on

  bool salvaged() const { return damage.has_value(); }
};

// What servers were asked for.
struct UrlSummary {
  uint64_t requests = 0;         // redirects not counted
  uint64_t repeated = 0;         // of those: after an answer that might pass, or a lost connection
  uint64_t not_modified = 0;     // pictures that had not changed
  uint64_t bytes = 0;            // of pictures, also of those that came in part
  uint64_t peak_held_bytes = 0;  // the most at once: see UrlOptions::held_bytes
};

// Counters of a run. Every input is in exactly one of made, planned, up_to_date, failed, not_pictures, unsupported,
// filtered and left.
struct RunSummary {
  uint64_t inputs = 0;
  uint64_t made = 0;
  uint64_t salvaged = 0;                            // of those made
  std::map<std::string, uint64_t> made_by_decoder;  // those made, by PictureResult::decoder
  uint64_t planned = 0;
  uint64_t up_to_date = 0;
  uint64_t failed = 0;
  uint64_t known_failures = 0;  // of those failed: see PictureResult::known
  uint64_t not_pictures = 0;
  uint64_t unsupported = 0;
  uint64_t filtered = 0;
  uint64_t left = 0;
  std::array<uint64_t, kErrorCodeCount> failed_by_code{};      // by ErrorCode
  std::array<uint64_t, kFormatCount> unsupported_by_format{};  // by Format
  uint64_t thumbnails = 0;
  uint64_t bytes_in = 0;   // of the pictures made or failed
  uint64_t bytes_out = 0;  // of the thumbnails
  UrlSummary urls;
  std::chrono::nanoseconds wall_time{};
  std::chrono::nanoseconds cpu_time{};  // of the whole process meanwhile
  int threads = 0;                      // that the run could use
  int threads_wanted = 0;               // more than that where no more could be started
  int io_threads = 0;                   // likewise: those that read
  int io_threads_wanted = 0;
  int peak_at_once = 0;                  // the most pictures decoded at the same time
  bool dry_run = false;                  // nothing was to be made
  bool stopped = false;                  // by Job::Cancel
  std::optional<Error> fatal;            // the output is full or unwritable: the run ended early
  std::optional<Error> journal_failure;  // the journal was given up on the way; everything else is done
  // The journal was damaged: where it was put. What the run knew of older thumbnails, it knew by their dates.
  std::optional<std::filesystem::path> journal_set_aside;
  bool journal_damaged = false;    // of a dry run, which leaves it where it is
  std::vector<Error> walk_errors;  // directories and lists that could not be read (the first 100)
  uint64_t walk_error_count = 0;   // all of them
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_RUN_SUMMARY_H_
