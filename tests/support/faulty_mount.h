// A directory on a disk on which go wrong what the test wants.
#ifndef TBBTHUMBS_TESTS_SUPPORT_FAULTY_MOUNT_H_
#define TBBTHUMBS_TESTS_SUPPORT_FAULTY_MOUNT_H_

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "tests/support/process.h"

namespace tbbthumbs::testing {

// Shows `directory` at `mountpoint`, through the program fault_disk. Both are made where they are missing. Its file of
// rules lies beside the directory.
class FaultyMount {
 public:
  // `program`: fault_disk. `why`: the reason where it can't be mounted here (null is returned).
  static std::unique_ptr<FaultyMount> Mount(const std::filesystem::path& program,
                                            const std::filesystem::path& directory,
                                            const std::filesystem::path& mountpoint, std::string& why);
  // Unmounts, also while files are open.
  ~FaultyMount();
  FaultyMount(const FaultyMount&) = delete;
  FaultyMount& operator=(const FaultyMount&) = delete;

  // What goes wrong from now on: lines of tests/fault_disk/rules.h; "": nothing.
  void Set(std::string_view rules) const;

  // Waits until a call is held by the rules; false where none is for a minute.
  bool WaitForHeld() const;

  // The disk is torn out: nothing is answered any more but that it is gone.
  void TearOut();

 private:
  FaultyMount(const std::filesystem::path& program, const std::filesystem::path& directory,
              std::filesystem::path mountpoint, std::filesystem::path rules);

  const std::filesystem::path mountpoint_;
  const std::filesystem::path rules_;
  Process server_;
};

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_FAULTY_MOUNT_H_
