// A directory below which no symbolic link is followed: others may write there too.
#ifndef TBBTHUMBS_PIPELINE_CONFINED_DIRECTORY_H_
#define TBBTHUMBS_PIPELINE_CONFINED_DIRECTORY_H_

#include <sys/types.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "codecs/error.h"
#include "pipeline/posix_file.h"

namespace tbbthumbs {

// The path of the directory itself is resolved as any: that is the user's word. It is opened once, with the first use;
// what is asked for then lies in that directory, whatever is renamed or linked meanwhile. Mounted disks below are
// entered. Thread-safe. Holds one descriptor.
//
// Paths are relative to the directory, and must have no "..". Errors of all: those of FailErrno; kIo: a link is in the
// way; the message names it.
class ConfinedDirectory {
 public:
  // May be made later.
  explicit ConfinedDirectory(std::string path);

  // `path` relative to the directory where it begins with that: letter by letter, not by what it leads to.
  std::optional<std::string_view> Below(std::string_view path) const;

  // As open(2), without following a link at its end either. `what` as in FailErrno.
  [[nodiscard]] Result<Descriptor> Open(const std::string& relative, int flags, mode_t mode,
                                        std::string_view what) const;

  // For system calls that take a directory and a name in it.
  class Place {
   public:
    int directory() const { return own_.get() >= 0 ? own_.get() : root_->get(); }
    const char* name() const { return name_.c_str(); }

   private:
    friend class ConfinedDirectory;
    Place(std::shared_ptr<const Descriptor> root, Descriptor own, std::string name)
        : root_(std::move(root)), own_(std::move(own)), name_(std::move(name)) {}

    std::shared_ptr<const Descriptor> root_;
    Descriptor own_;  // none where that is the root
    std::string name_;
  };
  // `what`: what is about to be done.
  [[nodiscard]] Result<Place> PlaceOf(const std::string& relative, std::string_view what) const;

  // Makes it and those above it, but not the directory that this is of; where that was removed and made again, in the
  // new one. kIo also: it is a kOwnDirectory that CheckOwner refuses.
  [[nodiscard]] Status CreateDirectories(const std::string& relative);

  // Opens a directory whose path begins with kOwnDirectory, for flock(2) where it may be read. kIo also: the same.
  [[nodiscard]] Result<Descriptor> OpenOwn(const std::string& relative) const;

 private:
  using Root = std::shared_ptr<const Descriptor>;

  Result<Root> Use() const;
  void ForgetRemoved();
  // The directory's path, up to the first link in `relative`.
  std::optional<std::string> FindLink(int root, std::string_view relative) const;
  tl::unexpected<Error> FailAt(int root, std::string_view relative, std::string_view what, int code) const;
  int OpenBelow(int root, const std::string& relative, int flags, mode_t mode) const;
  Status MakeAll(int root, const std::string& relative) const;
  Status CheckOwnerOf(int own, int directory) const;

  const std::string path_;
  const std::string prefix_;  // with its '/'

  mutable std::mutex mutex_;  // guards all below, for the length of a copy
  mutable Root root_;         // once it was opened
  mutable bool has_openat2_ = false;
};

// Of a file that decides what is written where. Where everybody may make files and only owners may remove them, as in
// /tmp, what somebody else has put there is his. kIo: it is, and neither root's nor of the directory's owner. Fine
// where it is not there.
[[nodiscard]] Status CheckOwner(const std::string& path);

// The root and the rest of a path through a kOwnDirectory, which the rest begins with: from there on no link is
// followed, wherever the path comes from. Nothing for others.
struct OwnPath {
  std::string root;
  std::string relative;
};
std::optional<OwnPath> FindOwnPath(const std::string& path);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_CONFINED_DIRECTORY_H_
