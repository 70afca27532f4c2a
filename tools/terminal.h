// Both output streams of the command, and the line of progress that shares a terminal with them.
#ifndef TBBTHUMBS_TOOLS_TERMINAL_H_
#define TBBTHUMBS_TOOLS_TERMINAL_H_

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>

namespace tbbthumbs::tool {

enum class When { kAuto, kAlways, kNever };

// A terminal that can move its cursor: not "dumb".
bool IsSmartTerminal(int fd);

// Colours on `fd`: where a smart terminal shows them and NO_COLOR is unset or empty (no-color.org).
bool WantsColor(When when, int fd);

// Columns of the terminal behind `fd`; 80 where there is none.
int TerminalWidth(int fd);

// True when the locale's characters are UTF-8 (LC_ALL, LC_CTYPE, LANG, the first that is set).
bool LocaleIsUtf8();

// Where a program is started without some of its standard streams, the next files that it opens would get their
// numbers, and what is said be written into thumbnails: fills them up, with what can't be read or written. First thing
// in main.
void ReserveStandardStreams();

// Writes whole lines. Thread-safe: the mutex keeps lines of several threads and the progress line from mixing.
class Terminal {
 public:
  Terminal(int out_fd, int err_fd) : out_fd_(out_fd), err_fd_(err_fd) {}

  int out_fd() const { return out_fd_; }
  int err_fd() const { return err_fd_; }

  // One line (without its end) on standard output. False once that is closed or full: nothing is written from then on.
  bool WriteOut(std::string_view line, char end = '\n');

  // Lines on standard error, above the progress line. Failures to write are ignored: there is nobody left to tell.
  void WriteError(std::string_view line);

  // Shows `text` as the progress line of standard error, in place of the last one; "" takes it away. It must be
  // narrower than the terminal.
  void SetStatus(std::string text);

  // Ends a line of progress that is being shown, so that the shell's prompt gets a line of its own, and writes
  // `last_line` unless it is empty. Takes no lock and waits for nobody who reads: for the way out of a process whose
  // threads may hold the one or wait for the other.
  void Abandon(std::string_view last_line = {});

  // errno of the first failure to write to standard output; 0: none.
  int out_error() const { return out_error_; }

 private:
  const int out_fd_;
  const int err_fd_;
  std::mutex mutex_;    // a line and the progress line below it are one write: on_result, the drawing loop, main
  std::string status_;  // guarded by mutex_
  std::atomic<bool> status_shown_ = false;
  std::atomic<int> out_error_ = 0;
};

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_TERMINAL_H_
