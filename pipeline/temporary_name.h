// Names of files that are being written: they tell who writes them, so that another run knows what nobody will finish.
#ifndef TBBTHUMBS_PIPELINE_TEMPORARY_NAME_H_
#define TBBTHUMBS_PIPELINE_TEMPORARY_NAME_H_

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace tbbthumbs {

// 128 bits that nobody can guess, whatever was made before: 32 digits.
std::string RandomHex();

// Makes HOST+PID@START+RANDOM: START is when the process began, since its PID is given to another one some day (in
// containers that are started again, the same day), RANDOM is RandomHex's: whoever sees one name must not be able to
// put something in the place of the next. Thread-safe. May be used on both sides of a fork: the process is asked each
// time.
class TemporaryNames {
 public:
  TemporaryNames();
  std::string Next();

 private:
  const std::string host_;

  std::mutex mutex_;     // guards all below, for the length of a string
  std::string process_;  // PID@START of pid_
  int pid_ = 0;
};

// What has become of the process that made a name.
enum class Writer {
  kAlive,
  kGone,
  kUnknown,  // another host's; or this one's, but it can't be told whether it is the same process
};
Writer WriterOf(std::string_view name);

// A file of that name, last modified at `modified`, will not be finished: its writer is gone, or unknown and nobody has
// touched it for a day.
bool IsAbandoned(std::string_view name, std::chrono::nanoseconds modified);

// The file beside a thumbnail into which it is copied from another file system: hidden, with `name` in it.
std::string PartName(std::string_view name);
// What PartName was given; nothing if `part` is no such name.
std::optional<std::string_view> NameOfPart(std::string_view part);

// When process `pid` began, in clock ticks since the system did; 0 for one that has ended and waits for its parent;
// nothing where that can't be read, or there is no such process.
std::optional<uint64_t> ProcessStart(int pid);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_TEMPORARY_NAME_H_
