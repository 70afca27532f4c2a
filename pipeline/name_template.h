// The template of names, understood.
#ifndef TBBTHUMBS_PIPELINE_NAME_TEMPLATE_H_
#define TBBTHUMBS_PIPELINE_NAME_TEMPLATE_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace tbbthumbs {

enum class NameField {
  kText,       // as it stands in the template
  kStem,       // name of the file without its extension
  kExtension,  // of the input, without the dot
  kDirectory,  // relative, as the tree is mirrored
  kParent,     // the name of the directory that the file lies in
  kSequence,   // 1, 2, ... in input order
  kTotal,      // how many inputs there are
  kHash,       // of the relative path, hexadecimal
  kHost,       // of the address of a picture on the web; of a file none
  kUrlHash,    // of that address, hexadecimal; of a file as kHash
  kModified,   // of the file
  kDate,       // by EXIF, else as kModified
  kCamera,     // maker and model by EXIF, else "unknown"
  kWidth,      // of the thumbnail
  kHeight,     // of the thumbnail
  kInputHash,  // of the file's bytes, hexadecimal
  kSize,       // label of the size wanted
  kFormat,     // of the thumbnail: "jpeg" or "png"
};

struct NamePart {
  NameField field = NameField::kText;
  std::string text;  // of kText; the format of dates
  size_t width = 0;  // at least so many digits of a number; so many of a hash
};

// What is wrong with a template, and where: bytes `offset` to `offset + length`.
struct NameTemplateError {
  std::string message;
  size_t offset = 0;
  size_t length = 0;
  std::string unknown_field;  // the name in braces that is none, "" for other mistakes
};

// What must be known of a file before it can be named.
enum class NameNeeds {
  kPath,     // where it is and its place in the order
  kTime,     // and when it was modified
  kHeader,   // and what its header says
  kContent,  // and all its bytes
};

// Immutable.
class NameTemplate {
 public:
  // {path} becomes {dir}/{stem}.
  [[nodiscard]] static tl::expected<NameTemplate, NameTemplateError> Parse(std::string_view text);

  // Not two texts in a row, none empty.
  const std::vector<NamePart>& parts() const { return parts_; }
  bool Uses(NameField field) const;
  NameNeeds needs() const;

  // All files of an input directory get names in a directory of their own: no names of other directories need be known.
  bool StaysInDirectory() const;

  // The names of a picture's sizes can't be those of another picture's other sizes.
  bool KeepsSizesApart() const;

 private:
  std::vector<NamePart> parts_;
};

// Without braces: "stem", "ext", ...
std::span<const std::string_view> NameFieldNames();

// Which character of `text` the byte at `offset` is, from 1.
size_t CharacterNumber(std::string_view text, size_t offset);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_NAME_TEMPLATE_H_
