// Paths that mean the same in whatever directory a program runs.
#ifndef TBBTHUMBS_PIPELINE_ABSOLUTE_PATH_H_
#define TBBTHUMBS_PIPELINE_ABSOLUTE_PATH_H_

#include <string>

namespace tbbthumbs {

// Where this process runs; '/' at its end.
std::string CurrentDirectory();

// `path` as seen from `directory`, which ends with '/'. The same file by whatever way it is named, as far as the text
// says: without "." and "..". Links are looked at only in front of "..", where they decide what that means; what the
// file system says of that is believed for a second, and where it says nothing ".." stays. Thread-safe.
std::string AbsolutePath(const std::string& directory, const std::string& path);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_ABSOLUTE_PATH_H_
