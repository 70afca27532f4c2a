// How thumbnails are named.
#ifndef TBBTHUMBS_PIPELINE_NAME_OPTIONS_H_
#define TBBTHUMBS_PIPELINE_NAME_OPTIONS_H_

#include <string>

namespace tbbthumbs {

enum class LetterCase {
  kKeep,
  kLower,
  kUpper,
};

// A plain value. Whatever it says, names are made safe for ext4, NTFS and APFS, no two inputs share one, and none
// leaves the output directory.
struct NameOptions {
  // Text and fields, without the extension, which is that of the thumbnail's format; '/' makes directories; braces
  // stand twice for themselves. Fields: of the input's path {stem} {ext} {dir} {path} (dir and stem) {parent} {hash:N};
  // of its address on the web {host} {url_hash:N} (of a file: nothing, also no '/' behind it, and as {hash:N}); of its
  // place {seq:0N} {total:0N}; of its time {mtime:FORMAT}; of its header {date:FORMAT} {camera}; of its bytes
  // {input_hash:N}; of the thumbnail {size} {width:0N} {height:0N} {format}. See NameTemplate. With several sizes
  // {size}, {width} or {height} is needed.
  std::string name_template = "{dir}/{stem}_{size}";
  // Letters of other scripts and with marks become ASCII letters, what has none becomes '_'.
  bool ascii = false;
  // Of directories too; the extension is not changed.
  LetterCase letter_case = LetterCase::kKeep;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_NAME_OPTIONS_H_
