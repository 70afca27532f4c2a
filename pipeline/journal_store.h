// What earlier runs made of each input, in an SQLite database.
#ifndef TBBTHUMBS_PIPELINE_JOURNAL_STORE_H_
#define TBBTHUMBS_PIPELINE_JOURNAL_STORE_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codecs/error.h"
#include "codecs/format.h"
#include "pipeline/file_system.h"
#include "pipeline/url.h"

namespace tbbthumbs {

enum class PictureStatus : uint8_t {
  kMade,
  kSkipped,  // found by walking, and no picture or of a format that is not decoded
  kFailed,
};

// "made", "skipped", "failed": the words of the database and of the command.
std::string_view PictureStatusName(PictureStatus status);

// A thumbnail that a run made.
struct JournalOutput {
  std::string path;      // relative to the output directory
  uint64_t options = 0;  // OptionsId of what decides about its bytes; 0: made from a file that has changed since
  // In place of such a number: the input has another name for it since. The file may be another input's by now.
  static constexpr uint64_t kOutOfUse = uint64_t{1} << 63;
  // As the run left the file.
  uint64_t bytes = 0;
  std::chrono::nanoseconds modified{};  // since 1970

  // Whether the file that is there now is still that one, by its size and time.
  bool IsStill(const FileInfo& file) const;
  friend bool operator==(const JournalOutput&, const JournalOutput&) = default;
};

// One input, as the last run that worked on it left it.
struct JournalRow {
  uint64_t bytes = 0;                   // of the file
  std::chrono::nanoseconds modified{};  // since 1970
  PictureStatus status = PictureStatus::kMade;
  uint64_t options = 0;              // OptionsId of all that decides about the outcome; 0: something else did
  Format format = Format::kUnknown;  // by its bytes
  std::optional<Error> error;        // for kFailed; for kMade: what is wrong with it, where it was salvaged
  std::vector<JournalOutput> outputs;
  std::chrono::nanoseconds cpu_time{};  // of the worker; stored in microseconds
  std::string decoder;                  // DecodeReport::path
  UrlValidators validators;             // of a picture on the web; not kept of files
  friend bool operator==(const JournalRow&, const JournalRow&) = default;
};

// Whether a journal keeps them: at most 1 KiB together, of bytes that may stand in a header.
bool IsKept(const UrlValidators& validators);

struct JournalEntry {
  std::string input;  // absolute path, any bytes but NUL, or the address of a picture on the web (Url::text)
  JournalRow row;
};

// One run. Counters as in RunSummary.
struct JournalRun {
  uint64_t id = 0;
  uint64_t options = 0;                             // OptionsId of all that decides about outcomes
  std::string version;                              // of the program
  std::string label;                                // "" or what the run was a part of: "PLAN-DIGEST 3/8"
  std::chrono::nanoseconds started{};               // since 1970
  std::optional<std::chrono::nanoseconds> ended{};  // none: it was killed, or still runs
  std::string end;                                  // "done", "stopped", "output full"
  uint64_t inputs = 0;
  uint64_t made = 0;
  uint64_t up_to_date = 0;
  uint64_t failed = 0;
  uint64_t skipped = 0;  // not pictures, not supported, left out by size or date
  uint64_t left = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  std::chrono::nanoseconds wall_time{};
  std::chrono::nanoseconds cpu_time{};
};

struct JournalCounts {
  uint64_t made = 0;
  uint64_t salvaged = 0;  // of those made
  uint64_t skipped = 0;
  uint64_t failed = 0;
  uint64_t outputs = 0;
  std::vector<std::pair<ErrorCode, uint64_t>> failed_by_code;  // those above 0, the most frequent first
};

// A journal's file. Rows are found by the path of the input, or its address; those of one directory lie together in the
// order of their names. Of an address as of a path, that is what stands in front of the last '/'. Written by one
// process at a time for the length of a transaction (others wait for up to 10 s), never with memory shared between
// processes: it may lie on a network share. Whoever is killed at any instant leaves it as it was before or after one
// Write. All members may be called from any thread; one works at a time.
//
// Errors of all: kIo (also: made by a newer version), kCorrupt (the file is damaged, or is none of ours, or was set
// aside by somebody else), kOutOfMemory, with the database's message.
class JournalStore {
 public:
  enum class Mode {
    kWrite,  // made where missing
    // kNotFound where missing or empty. Nothing is written, also not beside it; only what a killed writer left half
    // done is taken back, or kIo where that may not be written. What an older version made stays as it is.
    kReadOnly,
  };

  // Reads little: what is damaged may be found out by any later member.
  static Result<std::unique_ptr<JournalStore>> Open(const std::string& path, Mode mode);
  virtual ~JournalStore() = default;

  // Which file is open.
  virtual FileId id() const = 0;
  // Runs that it keeps.
  static constexpr size_t kMostRuns = 1000;

  // When it was made, by the clock of the file system it lies on; 0 where it was cleared since.
  virtual std::chrono::nanoseconds created() const = 0;

  // The rows of `inputs`, nothing where there is none. Fastest for many of one directory, in the order of their names
  // (bytewise): those are read in one scan.
  virtual Status Find(std::span<const std::string_view> inputs, std::span<std::optional<JournalRow>> rows) = 0;

  // Writes or replaces the rows, in one transaction. kInternal: a path of an output has a NUL, validators are not
  // IsKept.
  virtual Status Write(std::span<const JournalEntry> entries) = 0;
  // Drops the rows of these inputs, in one transaction.
  virtual Status Remove(std::span<const std::string> inputs) = 0;
  // Drops all rows; runs stay. The file keeps its size for what is written next. What lies in the output directory is
  // not known to be older than the journal any more: created() is 0 from then on.
  virtual Status Clear() = 0;

  // Calls `visit` for each row (only those of `status`, where given) in the order of directories as they came into the
  // journal, and of names, until it says false. It may call other members; what is written meanwhile may or may not be
  // visited.
  virtual Status ForEach(std::optional<PictureStatus> status,
                         const std::function<bool(const std::string& input, const JournalRow& row)>& visit) = 0;

  // Likewise the rows of inputs that lie in `directory` (absolute, with '/' at its end); of inputs below it too where
  // `below`. Takes time for those alone.
  virtual Status ForEachIn(const std::string& directory, bool below,
                           const std::function<bool(const std::string& input, const JournalRow& row)>& visit) = 0;
  // Calls `visit` for each directory (with '/' at its end) that an input was ever in, until it says false. Those of
  // addresses begin with "http".
  virtual Status ForEachDirectory(const std::function<bool(const std::string& directory)>& visit) = 0;

  // A number for these options, above 0, the same each time. `description`: for people. kIo also: they are new, and
  // the store may only be read.
  virtual Result<uint64_t> OptionsId(const std::string& digest, const std::string& description) = 0;

  // Likewise, without making one: nothing where these options never were.
  virtual Result<std::optional<uint64_t>> FindOptionsId(const std::string& digest) = 0;

  // Of the number that OptionsId gave. kNotFound: it gave no such number.
  virtual Result<std::string> OptionsDescription(uint64_t id) = 0;

  // Writes a new run without an end; JournalRun::id is ignored. Of the oldest runs those beyond kMostRuns are dropped.
  virtual Result<uint64_t> BeginRun(const JournalRun& run) = 0;
  // Writes the run of this id anew. kNotFound: it was dropped.
  virtual Status EndRun(const JournalRun& run) = 0;
  // The last `count` runs, the newest first.
  virtual Result<std::vector<JournalRun>> Runs(size_t count) = 0;

  // Reads all rows.
  virtual Result<JournalCounts> Counts() = 0;
  virtual Result<bool> HasRows() = 0;
};

// Renames the journal that is `damaged`, and what the database keeps beside it, to PATH.damaged-N. Returns the new
// path, or nothing where `path` no longer leads to that file: somebody else has set it aside. This process may not have
// it open. Errors: kIo.
[[nodiscard]] Result<std::optional<std::string>> SetJournalAside(const std::string& path, FileId damaged);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_JOURNAL_STORE_H_
