// Somebody who exchanges a directory and a link to another, over and over.
#ifndef TBBTHUMBS_TESTS_SUPPORT_EXCHANGER_H_
#define TBBTHUMBS_TESTS_SUPPORT_EXCHANGER_H_

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <thread>

namespace tbbthumbs::testing {

// Both must be there, on one file system. The first time is over when this object is made. Ends with it: the names are
// as they were then.
class Exchanger {
 public:
  Exchanger(std::filesystem::path directory, std::filesystem::path link);
  ~Exchanger();
  Exchanger(const Exchanger&) = delete;
  Exchanger& operator=(const Exchanger&) = delete;

  // So far. Any thread.
  uint64_t times() const { return times_; }

 private:
  bool Exchange() const;

  const std::filesystem::path directory_;
  const std::filesystem::path link_;
  std::atomic<uint64_t> times_ = 0;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_EXCHANGER_H_
