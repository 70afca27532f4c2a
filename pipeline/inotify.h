// What the kernel tells of changes in directories.
#ifndef TBBTHUMBS_PIPELINE_INOTIFY_H_
#define TBBTHUMBS_PIPELINE_INOTIFY_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/error.h"
#include "pipeline/posix_file.h"

namespace tbbthumbs {

// An inotify instance. Watches are numbered; a number belongs to a directory, by whatever path it was watched, and is
// given but once. Not thread-safe.
class Inotify {
 public:
  struct Event {
    int watch = -1;
    uint32_t mask = 0;      // IN_...
    uint32_t cookie = 0;    // joins the two events of a renaming
    std::string_view name;  // in the directory; empty: the directory itself
  };

  // Errors: kIo: there are too many instances; the message names the setting.
  static Result<Inotify> Open();

  // Watches the directory, or says as what it is watched already. Nothing where it is gone, unreadable or no directory.
  // `follow`: also where the path is a link. Errors: kIo, kOutOfMemory: no more can be watched; the message names the
  // setting.
  [[nodiscard]] Result<std::optional<int>> Watch(const std::string& path, bool follow);
  void Unwatch(int watch);

  // Hands what has come, up to about a thousand events, to `handle`, until that fails. False when there was nothing.
  // `handle` may not replace this object. Errors: kIo, those of `handle`.
  [[nodiscard]] Result<bool> Read(const std::function<Status(const Event&)>& handle);

  // Readable when there are events.
  int descriptor() const { return descriptor_.get(); }

 private:
  explicit Inotify(Descriptor descriptor);

  Descriptor descriptor_;
  std::vector<char> buffer_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_INOTIFY_H_
