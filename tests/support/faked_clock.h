// The clock that people look at, as a program sees it that a test starts; the other clocks go on as they do.
#ifndef TBBTHUMBS_TESTS_SUPPORT_FAKED_CLOCK_H_
#define TBBTHUMBS_TESTS_SUPPORT_FAKED_CLOCK_H_

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace tbbthumbs::testing {

// Goes right until it is set. Set by one thread at a time.
class FakedClock {
 public:
  // By libfaketime (Debian: faketime); `file` is made, and tells it the time. `why`: the reason where there is none.
  static std::optional<FakedClock> Find(const std::filesystem::path& file, std::string& why);

  // Of the program, so that it looks at this clock.
  std::map<std::string, std::string> Environment() const;

  // "+10y", "-3600", ...: from now on it is as much ahead or behind.
  void Set(const std::string& offset) const;
  // To one of several times, hours to decades away.
  void Jump(size_t number) const;

  // What the library leaves of a program that was killed.
  static void RemoveRemains(pid_t killed);

 private:
  FakedClock(std::string library, std::filesystem::path file);

  std::string library_;
  std::filesystem::path file_;
};

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_FAKED_CLOCK_H_
