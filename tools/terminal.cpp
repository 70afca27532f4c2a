#include "tools/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace tbbthumbs::tool {
namespace {

constexpr std::string_view kClearLine = "\r\x1b[K";

// 0 or errno. Waits where the descriptor is a pipe in non-blocking mode that somebody else set.
int WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd wait{fd, POLLOUT, 0};
      poll(&wait, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

std::string_view Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

}  // namespace

void ReserveStandardStreams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number: this one.
    const int reserved = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (reserved != fd) std::abort();
  }
}

bool IsSmartTerminal(int fd) {
  const std::string_view type = Variable("TERM");
  return isatty(fd) == 1 && !type.empty() && type != "dumb";
}

bool WantsColor(When when, int fd) {
  if (when != When::kAuto) return when == When::kAlways;
  return Variable("NO_COLOR").empty() && IsSmartTerminal(fd);
}

int TerminalWidth(int fd) {
  winsize size{};
  return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

bool LocaleIsUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = Variable(name);
    if (value.empty()) continue;
    for (const std::string_view suffix : {"UTF-8", "utf8", "utf-8", "UTF8"}) {
      if (value.find(suffix) != std::string_view::npos) return true;
    }
    return false;
  }
  return false;
}

bool Terminal::WriteOut(std::string_view line, char end) {
  const std::lock_guard lock(mutex_);
  if (out_error_ != 0) return false;
  if (!status_.empty()) WriteAll(err_fd_, kClearLine);
  out_error_ = WriteAll(out_fd_, std::string(line) + end);
  if (!status_.empty()) WriteAll(err_fd_, status_);
  return out_error_ == 0;
}

void Terminal::WriteError(std::string_view line) {
  const std::lock_guard lock(mutex_);
  std::string text;
  if (!status_.empty()) text = kClearLine;
  text.append(line).append("\n").append(status_);
  WriteAll(err_fd_, text);
}

void Terminal::SetStatus(std::string text) {
  const std::lock_guard lock(mutex_);
  if (text == status_) return;
  WriteAll(err_fd_, "\r" + text + "\x1b[K");
  status_ = std::move(text);
  status_shown_ = !status_.empty();
}

void Terminal::Abandon(std::string_view last_line) {
  std::string text = status_shown_ ? "\n" : "";
  if (!last_line.empty()) text.append(last_line).append("\n");
  pollfd ready{err_fd_, POLLOUT, 0};
  if (!text.empty() && poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) != 0) {
    // One attempt: the second might wait.
    static_cast<void>(!write(err_fd_, text.data(), text.size()));
  }
}

}  // namespace tbbthumbs::tool
