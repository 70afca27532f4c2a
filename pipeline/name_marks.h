// Names of all thumbnails of a picture in one text.
#ifndef TBBTHUMBS_PIPELINE_NAME_MARKS_H_
#define TBBTHUMBS_PIPELINE_NAME_MARKS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/thumbnail_spec.h"
#include "pipeline/name_options.h"
#include "pipeline/name_template.h"

namespace tbbthumbs {

// What differs between the thumbnails of one picture ({size}, {width}, {height}, and {format} where it is decided by
// the pixels) stands in a marked name as one byte below 0x20, which safe text never has. Immutable.
class NameMarks {
 public:
  NameMarks(const NameTemplate& name_template, const NameOptions& options, const SpecSet& specs);

  size_t size_count() const { return sizes_.size(); }
  size_t longest_label() const { return longest_label_; }
  const std::string& label(size_t size_index) const { return labels_[size_index]; }

  // '\0' for what is no such part.
  char MarkOf(const NamePart& part) const;
  // Of a format that is known before, else nothing.
  std::optional<std::string> KnownFormat() const;

  // Bytes, with the longest that can stand in the place of each mark.
  size_t LongestLength(std::string_view marked) const;
  // How many marks there are.
  static size_t Count(std::string_view marked);
  // At most so many of them, not within a UTF-8 sequence.
  std::string Cut(std::string_view marked, size_t bytes) const;

  // The name of one thumbnail; with kKeepSize the marks of {size} stay. `upright`: size of the picture, for {width} and
  // {height}.
  static constexpr size_t kKeepSize = static_cast<size_t>(-1);
  std::string Fill(std::string_view marked, size_t size_index, OutputFormat format, Size upright) const;

 private:
  size_t LongestOf(char c) const;
  std::string TextOf(const NamePart& part, size_t size_index, OutputFormat format, Size upright) const;

  const NameOptions options_;
  const std::vector<SizeSpec> sizes_;
  const OutputFormat format_;
  std::vector<std::string> labels_;
  size_t longest_label_ = 0;
  std::vector<NamePart> marked_;  // by mark - 1
};

// With zeros in front, to at least so many digits.
std::string Padded(uint64_t number, size_t digits);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_NAME_MARKS_H_
