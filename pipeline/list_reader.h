// File names, or addresses, out of a list.
#ifndef TBBTHUMBS_PIPELINE_LIST_READER_H_
#define TBBTHUMBS_PIPELINE_LIST_READER_H_

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/error.h"
#include "pipeline/input_options.h"

namespace tbbthumbs {

// Reads a list as it grows: from a file, or a pipe whose writer is still at work. Not thread-safe.
class ListReader {
 public:
  explicit ListReader(FileList list);
  ~ListReader();
  ListReader(const ListReader&) = delete;
  ListReader& operator=(const ListReader&) = delete;

  // The next name; empty ones are passed over. Of FileList::urls a whole line, trimmed; comments are passed over too.
  // Nothing at the end, on failure, and soon after `stop`.
  std::optional<std::string> Next(const std::stop_token& stop);

  // Whether Next would not have to wait for a whole name.
  bool HasName();

  const FileList& list() const { return list_; }

  // Why it ended early; the message begins with the list's path.
  std::optional<Error> TakeError() { return std::exchange(error_, std::nullopt); }

 private:
  bool Fill(const std::stop_token& stop);
  // What stands between two separators, as a name; empty where it is none.
  std::string_view NameIn(std::string_view text) const;

  const FileList list_;
  int fd_ = -1;
  bool begun_ = false;
  bool at_end_ = false;
  std::string buffer_;
  size_t next_ = 0;  // of buffer_: what is before has been handed out
  std::optional<Error> error_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_LIST_READER_H_
