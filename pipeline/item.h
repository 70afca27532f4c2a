// One picture on its way through the stages.
#ifndef TBBTHUMBS_PIPELINE_ITEM_H_
#define TBBTHUMBS_PIPELINE_ITEM_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "codecs/byte_source.h"
#include "codecs/thumbnail.h"
#include "pipeline/byte_budget.h"
#include "pipeline/file_source.h"
#include "pipeline/journal_store.h"
#include "pipeline/run_summary.h"
#include "pipeline/url.h"

namespace tbbthumbs {

// Where its thumbnails go, by the planner: whole paths, one for each size.
struct OutputNames {
  // By the format that the thumbnails turn out to have; empty where they can't have it.
  std::vector<std::string> jpeg;
  std::vector<std::string> png;
  NameChanges changes;

  bool empty() const { return jpeg.empty() && png.empty(); }
  // `format`: kJpeg or kPng.
  const std::string& Path(size_t size_index, OutputFormat format) const {
    return format == OutputFormat::kPng ? png[size_index] : jpeg[size_index];
  }
};

// What a plan that was made before says of an input.
struct PlannedInput {
  uint64_t seq = 0;  // place in the order of all its inputs
  OutputNames names;
};

// A file that is to become thumbnails, before anyone has looked at it.
struct InputFile {
  std::string path;  // of a picture on the web: Url::text
  // Of a picture on the web; null for a file.
  std::shared_ptr<const Url> url;
  // What its names are made from, where that is not its path.
  std::string named_as;
  // What follows the last dot of that is no extension: "cat 1.5".
  bool no_extension = false;
  // Directory of its thumbnails below the output directory, without '/' at either end; "" is the output directory.
  std::string output_directory;
  // By walking a directory: what turns out to be no picture is counted, not failed.
  bool found = false;
  // All files of its output directory come one after the other: names need be kept apart only within it.
  bool whole_directory = false;
  // Nothing else is to be planned then. Without names: it was no picture.
  std::optional<PlannedInput> planned;
  // Being written: not to be read.
  bool awaited = false;
  // Why it can't be taken, where that is known already.
  std::optional<Error> error;

  const std::string& name_path() const { return named_as.empty() ? path : named_as; }
};

// Made by the source, filled by the thumbnailer, ended by the publisher; owned by one of them at a time.
struct Item {
  uint64_t seq = 0;  // place in the order of this run
  InputFile file;
  OutputNames names;  // empty for what ended before it needed them
  // What the journal says of the input; nothing where there is none, or no journal.
  std::optional<JournalRow> known;
  // When the file was modified, since 1970, once it has been looked up.
  std::chrono::nanoseconds modified{};

  // Set as soon as what becomes of it is known (result.outcome); the later stages then leave it alone.
  bool ended = false;
  PictureResult result;

  // Of a picture on the web: whether it is as the journal knows it, as far as anyone has heard; what the server says of
  // what it sent; whether it would refuse tomorrow as well; whether the item ends as its result says if the server has
  // nothing new.
  bool unchanged = false;
  UrlValidators validators;
  bool lasting = false;
  bool ends_if_unchanged = false;
  std::string original;  // where what is fetched is to be kept; empty: nowhere
  // Of its thumbnails that are there, if it is up to date: when the oldest was modified, since 1970.
  std::chrono::nanoseconds oldest_output{};

  // From looking up to reading, where memory is limited.
  std::unique_ptr<FileSource> opened;
  size_t working_bytes = 0;  // that are to be claimed beside those of the file
  bool weighed_out = false;  // failed since it would need more than there is: that is this run's affair

  // From reading to the end of the thumbnailer; the claim until the thumbnails are staged.
  ByteClaim claim;
  std::unique_ptr<ByteSource> source;

  // From the thumbnailer to staging.
  std::vector<Encoded> thumbnails;

  // From staging to the end: temporary files, one for each of result.outputs.
  std::vector<std::string> staged;

  void End(Outcome outcome) {
    ended = true;
    result.outcome = outcome;
  }
  void Fail(Error error) {
    End(error.code == ErrorCode::kStopped ? Outcome::kLeft : Outcome::kFailed);
    result.error = std::move(error);
  }
};

// Items that go through the stages together, in order: any number that have ended already and cost next to nothing, and
// at most one, the last, that is to be worked on.
struct ItemGroup {
  uint64_t number = 0;                       // place in the order of groups, from 0
  std::vector<std::unique_ptr<Item>> items;  // at least one

  uint64_t first_seq() const { return items.front()->seq; }
  // Null where all have ended.
  Item* to_work_on() const { return items.back()->ended ? nullptr : items.back().get(); }
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_ITEM_H_
