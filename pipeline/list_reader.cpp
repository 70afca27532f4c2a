#include "pipeline/list_reader.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "pipeline/url_input.h"

namespace tbbthumbs {
namespace {

// How soon a stop is noticed while nobody writes to the list.
constexpr int kPollMilliseconds = 100;
// No file name is longer; what is, is no list.
constexpr size_t kMaxNameBytes = size_t{1} << 20;

}  // namespace

ListReader::ListReader(FileList list) : list_(std::move(list)) {
  fd_ = open(list_.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) {
    error_ = Error{ErrorCode::kIo, list_.path.string() + ": " + std::generic_category().message(errno)};
    at_end_ = true;
  }
}

ListReader::~ListReader() {
  if (fd_ >= 0) close(fd_);
}

bool ListReader::Fill(const std::stop_token& stop) {
  while (!at_end_) {
    if (stop.stop_requested()) return false;
    pollfd ready{fd_, POLLIN, 0};
    const int count = poll(&ready, 1, kPollMilliseconds);
    if (count == 0 || (count < 0 && errno == EINTR)) continue;
    buffer_.erase(0, std::exchange(next_, 0));
    std::array<char, 65536> piece;
    const ssize_t got = read(fd_, piece.data(), piece.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) error_ = Error{ErrorCode::kIo, list_.path.string() + ": " + std::generic_category().message(errno)};
    if (got <= 0) {
      at_end_ = true;
      return false;
    }
    buffer_.append(piece.data(), static_cast<size_t>(got));
    if (list_.urls && !begun_) {
      // Some programs begin texts with it, and pipes may bring it in pieces.
      constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
      if (buffer_.size() < kByteOrderMark.size() && kByteOrderMark.starts_with(buffer_)) continue;
      begun_ = true;
      if (buffer_.starts_with(kByteOrderMark)) buffer_.erase(0, kByteOrderMark.size());
    }
    return true;
  }
  return false;
}

std::string_view ListReader::NameIn(std::string_view text) const {
  if (list_.urls) {
    text = Trimmed(text);
    return text.starts_with('#') ? "" : text;
  }
  if (list_.separator == '\n' && text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

std::optional<std::string> ListReader::Next(const std::stop_token& stop) {
  size_t searched = next_;
  for (;;) {
    const size_t end = buffer_.find(list_.separator, searched);
    if (end != std::string::npos) {
      std::string name(NameIn(std::string_view(buffer_).substr(next_, end - next_)));
      next_ = searched = end + 1;
      if (!name.empty()) return name;
      continue;
    }
    const size_t pending = buffer_.size() - next_;
    if (pending > kMaxNameBytes) {
      error_ = Error{ErrorCode::kUnsupported, list_.path.string() + ": a name of over 1 MiB: not a list of files"};
      at_end_ = true;
      return std::nullopt;
    }
    if (!Fill(stop)) {
      if (stop.stop_requested()) return std::nullopt;
      std::string name(NameIn(std::string_view(buffer_).substr(next_)));
      next_ = buffer_.size();
      return name.empty() ? std::nullopt : std::optional(std::move(name));
    }
    searched = next_ + pending;
  }
}

bool ListReader::HasName() {
  for (;;) {
    const size_t end = buffer_.find(list_.separator, next_);
    if (end == std::string::npos) return false;
    if (!NameIn(std::string_view(buffer_).substr(next_, end - next_)).empty()) return true;
    next_ = end + 1;
  }
}

}  // namespace tbbthumbs
