// Which input gets which names.
#ifndef TBBTHUMBS_PIPELINE_NAME_PLANNER_H_
#define TBBTHUMBS_PIPELINE_NAME_PLANNER_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/calendar_time.h"
#include "codecs/thumbnail_spec.h"
#include "pipeline/directory_names.h"
#include "pipeline/hash_set.h"
#include "pipeline/item.h"
#include "pipeline/name_marks.h"
#include "pipeline/name_options.h"
#include "pipeline/name_template.h"

namespace tbbthumbs {

// What a template may ask of a file beside its path: as far as NameTemplate::needs() says, the rest is not looked at.
struct FileFacts {
  std::chrono::nanoseconds modified{};  // since 1970
  std::optional<CalendarTime> taken;
  std::string camera;
  Size size;                 // upright
  std::string content_hash;  // 32 hexadecimal digits
  // For renaming alone.
  std::string_view format;  // of the file: "jpeg"
  std::string size_label;   // that a thumbnail's stem ends with; {stem} then is what stands before it and '_'
};

// What a file is to be called, below the directory whose files are renamed.
struct NewName {
  std::string path;
  NameChanges changes;
};

// Gives each input names of its own, one for each size. The first in input order has what the template says; where an
// earlier input has that, the extension of the input is joined on ("photo_png"); where that is taken too, a hash of its
// path besides ("photo_png_1f0c88a2"). Both stand behind the last {stem} of the template, or at the end of the name
// where it has none. Names are taken for .jpg and .png together, and also from names that differ only in case or in the
// form of their characters. Names too long for a file system are cut between characters and get the hash. So the same
// inputs in the same order always get the same names, and no two share one.
//
// Memory: 11 to 21 bytes for each name (for each input where the template keeps sizes apart); where inputs come by
// whole directories and the template keeps to them, of one of them at a time and of the uppermost. Not thread-safe.
class NamePlanner {
 public:
  // `output`: the output directory. The options must have passed CheckNameOptions.
  NamePlanner(std::string output, const NameOptions& options, const SpecSet& specs);
  // For PlanNewName: of files that keep their extensions, as {width}, {height} and {format} are theirs.
  explicit NamePlanner(const NameOptions& options);
  NamePlanner(const NamePlanner&) = delete;
  NamePlanner& operator=(const NamePlanner&) = delete;

  NameNeeds needs() const { return needs_; }
  bool NeedsTotal() const { return template_.Uses(NameField::kTotal); }
  // Before the first Plan, where it is needed.
  void SetTotal(uint64_t total) { total_ = total; }

  // `seq`: place in the input order, from 0.
  OutputNames Plan(const InputFile& file, uint64_t seq, const FileFacts& facts = {});
  // The same for a file that is to be renamed; where another has the name, the hash comes at once.
  NewName PlanNewName(const InputFile& file, uint64_t seq, const FileFacts& facts = {});

 private:
  // Marked (see NameMarks), relative to the output directory, without the thumbnail's extension.
  struct Expanded {
    std::string head;  // up to where a suffix goes
    std::string tail;  // what is behind that
  };

  std::string PlanMarked(const InputFile& file, uint64_t seq, const FileFacts& facts, NameChanges& changes);
  Expanded Expand(const InputFile& file, uint64_t seq, const FileFacts& facts, NameChanges& changes);
  // Of a field that is the same for all sizes.
  std::string TextOf(const NamePart& part, const InputFile& file, uint64_t seq, const FileFacts& facts,
                     NameChanges& changes);
  // Nothing where it is too long and has no hash to tell it from others that are cut alike.
  std::optional<std::string> Assemble(std::string_view head, std::string_view tail, std::string_view hash,
                                      NameChanges& changes);
  const std::string& AssembleParents(std::string_view text, NameChanges& changes);
  std::string WholeComponent(std::string_view text, bool last, NameChanges& changes) const;
  std::string CutComponent(std::string_view head, std::string_view tail, std::string_view hash, size_t limit) const;
  // The names of all sizes, all different.
  std::vector<std::string> FillSizes(std::string_view marked, OutputFormat format, Size upright) const;
  bool Take(HashSet& taken, std::string_view marked, Size upright);

  const std::string output_;
  const NameOptions options_;
  const NameTemplate template_;
  const NameNeeds needs_ = template_.needs();
  const bool uses_format_ = template_.Uses(NameField::kFormat);
  const std::vector<std::string> safe_texts_;  // for each of its parts; "" for fields
  const NameMarks marks_;
  std::vector<OutputFormat> formats_;  // that thumbnails may have; none: files are renamed
  bool stays_in_directory_ = false;
  bool keeps_sizes_apart_ = false;
  uint64_t total_ = 0;
  std::string extension_;  // with its dot, that the name at work will get; of thumbnails, the longest

  DirectoryNames directories_;
  // The last directories that were assembled: files of one directory, and attempts for one file, have the same.
  std::string parents_text_;
  std::string parents_;
  NameChanges parents_changes_;

  // XXH3-64 of folded names. The second: of the one directory that whole directories have come to.
  HashSet taken_;
  HashSet taken_in_directory_;
  std::string current_directory_;
  std::vector<uint64_t> keys_;  // of one name, for Take alone
};

// Formats that a thumbnail may turn out to have.
std::vector<OutputFormat> PossibleFormats(OutputFormat format);

// Errors: kUnsupported, with what is wrong with the template and at which character, or that it can't tell sizes apart.
[[nodiscard]] Status CheckNameOptions(const NameOptions& options, const SpecSet& specs);

// Whether thumbnails of `size_count` sizes get names of their own by what the template says.
bool TellsSizesApart(const NameTemplate& name_template, size_t size_count);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_NAME_PLANNER_H_
