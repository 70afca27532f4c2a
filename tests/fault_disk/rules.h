// What goes wrong on a disk, by a file that can be changed while it is mounted.
#ifndef TBBTHUMBS_TESTS_FAULT_DISK_RULES_H_
#define TBBTHUMBS_TESTS_FAULT_DISK_RULES_H_

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tbbthumbs::testing {

// Each line of the file is a rule:
//   OPERATION PART ERROR [FIRST [COUNT [EVERY]]]
//                                              fails with that error: EIO, ENOSPC, EDQUOT, ESTALE, EACCES, ENOMEM,
//                                              EROFS
//   OPERATION PART delay MILLISECONDS          is answered so much later
//   OPERATION PART short BYTES                 reads or writes no more than that at once
//   OPERATION PART hold                        is answered when the rule is gone, or a minute later; a file beside that
//                                              of the rules, its name with ".held", says that a call is held
// of the operation "read", "write", "open", "create", "stat", "list", "rename", "link", "mkdir", "remove", "sync", or
// "*" for all of them, on paths in which PART occurs ("*": all). Errors: from the FIRST such call on (1 unless given),
// COUNT times (for ever unless given), and the same in each EVERY calls that follow (once unless given). Thread-safe.
class Rules {
 public:
  explicit Rules(std::string file) : file_(std::move(file)) {}

  struct Fate {
    int error = 0;
    std::optional<size_t> most_bytes{};
  };
  // Of a call now: waits as long as it is to take.
  Fate Meet(std::string_view operation, std::string_view path);

 private:
  struct Rule {
    std::string line;
    std::string what;
    long number = 1;
    std::optional<long> count{};
    std::optional<long> every{};
  };
  std::vector<Rule> Find(std::string_view operation, std::string_view path) const;
  // Waits until the rule is gone.
  void Hold(const Rule& rule, std::string_view operation, std::string_view path) const;

  const std::string file_;
  std::mutex mutex_;                   // guards calls_
  std::map<std::string, long> calls_;  // that a rule was met by
};

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_FAULT_DISK_RULES_H_
