#include "pipeline/rename_log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <utility>

#include "pipeline/confined_directory.h"
#include "pipeline/confined_file_system.h"
#include "pipeline/date_text.h"
#include "pipeline/file_system.h"
#include "pipeline/posix_places.h"

namespace tbbthumbs {
namespace {

// Fields end with NUL, which no path holds. What is no path begins with '/', as no relative path does:
//   "/tbbthumbs renames 1", ("/made", DIRECTORY)..., ("/move", INODE, FROM, TO)..., "/renaming", then the states after
//   it as they come.
constexpr std::string_view kMagic = "/tbbthumbs renames 1";
constexpr std::string_view kMade = "/made";
constexpr std::string_view kMove = "/move";
constexpr std::array<std::string_view, 4> kStates = {"/renaming", "/renamed", "/undoing", "/undone"};
constexpr std::string_view kDirectory = ".tbbthumbs/renames";
constexpr std::string_view kSuffix = ".log";

void AddField(std::string& text, std::string_view field) {
  text += field;
  text += '\0';
}

std::string ToText(const RenameRecords& records) {
  std::string text;
  AddField(text, kMagic);
  for (const std::string& directory : records.made_directories) {
    AddField(text, kMade);
    AddField(text, directory);
  }
  for (const RenameStep& step : records.steps) {
    AddField(text, kMove);
    AddField(text, std::to_string(step.inode));
    AddField(text, step.from);
    AddField(text, step.to);
  }
  AddField(text, kStates[static_cast<size_t>(RenameState::kRenaming)]);
  return text;
}

std::optional<RenameState> StateOf(std::string_view field) {
  for (size_t i = 0; i < kStates.size(); ++i) {
    if (field == kStates[i]) return static_cast<RenameState>(i);
  }
  return std::nullopt;
}

// A path that may have come from a plan: below the root.
bool IsPlain(std::string_view path) {
  for (;;) {
    const size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    if (name.empty() || name == "." || name == "..") return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : text_(text) {}
  // Nothing at the end; a last one that was not written whole is none.
  std::optional<std::string_view> Next() {
    const size_t end = text_.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view field = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return field;
  }

 private:
  std::string_view text_;
};

std::optional<RenameRecords> FromText(std::string_view text) {
  FieldReader fields(text);
  if (fields.Next() != kMagic) return std::nullopt;
  RenameRecords records;
  auto field = fields.Next();
  for (; field == kMade; field = fields.Next()) {
    const auto directory = fields.Next();
    if (!directory || !IsPlain(*directory)) return std::nullopt;
    records.made_directories.emplace_back(*directory);
  }
  for (; field == kMove; field = fields.Next()) {
    const auto inode = fields.Next();
    const auto from = fields.Next();
    const auto to = fields.Next();
    if (!inode || !from || !to || !IsPlain(*from) || !IsPlain(*to)) return std::nullopt;
    RenameStep step{std::string(*from), std::string(*to), 0};
    if (std::from_chars(inode->data(), inode->data() + inode->size(), step.inode).ec != std::errc()) {
      return std::nullopt;
    }
    records.steps.push_back(std::move(step));
  }
  if (!field) return std::nullopt;
  for (; field; field = fields.Next()) {
    // What is none was not written whole.
    if (const auto state = StateOf(*field)) records.state = *state;
  }
  return records;
}

Status WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FailErrno("writing the log");
    text.remove_prefix(static_cast<size_t>(count));
  }
  if (fsync(fd) != 0) return FailErrno("writing the log to the disk");
  return {};
}

// Below the root of the log no link is followed.
Result<Descriptor> OpenLog(const std::string& log, int flags) {
  const auto own = FindOwnPath(log);
  if (own) return ConfinedDirectory(own->root).Open(own->relative, flags, 0, "opening the log");
  Descriptor fd(open(log.c_str(), flags));
  if (fd.get() < 0) return FailErrno("opening the log");
  return fd;
}

Status SyncLogDirectory(const std::string& root) {
  const auto fd = ConfinedDirectory(root).OpenOwn(std::string(kDirectory));
  if (!fd) return tl::unexpected<Error>(fd.error());
  // Some network file systems know no such thing.
  if (fsync(fd->get()) != 0 && errno != EINVAL) return FailErrno("writing the directory of the log to the disk");
  return {};
}

Result<std::string> ReadText(const std::string& path) {
  const auto fd = OpenLog(path, kOpenToRead);
  if (!fd) return tl::unexpected<Error>(fd.error());
  std::string text;
  std::array<std::byte, 1 << 16> piece;
  for (;;) {
    const auto count = ReadFully(fd->get(), text.size(), piece);
    if (!count) return tl::unexpected<Error>(count.error());
    text.append(reinterpret_cast<const char*>(piece.data()), *count);
    if (*count < piece.size()) return text;
  }
}

// By its end alone: logs of earlier renamings may be large.
Result<bool> IsFinished(const std::string& path) {
  const auto fd = OpenLog(path, kOpenToRead);
  if (!fd) return tl::unexpected<Error>(fd.error());
  const off_t size = lseek(fd->get(), 0, SEEK_END);
  std::array<std::byte, 32> end{};
  const auto begin = static_cast<uint64_t>(std::max<off_t>(0, size - static_cast<off_t>(end.size())));
  const auto count = ReadFully(fd->get(), begin, end);
  if (!count) return tl::unexpected<Error>(count.error());
  const std::string_view tail(reinterpret_cast<const char*>(end.data()), *count);
  for (const RenameState state : {RenameState::kRenamed, RenameState::kUndone}) {
    std::string ending(1, '\0');
    AddField(ending, kStates[static_cast<size_t>(state)]);
    if (tail.ends_with(ending)) return true;
  }
  return false;
}

}  // namespace

std::string RenameLogDirectory(const std::string& root) { return JoinPath(root, kDirectory); }

Result<RenameLock> RenameLock::Take(const std::string& root) {
  const std::string directory = RenameLogDirectory(root);
  if (Status status = CreateDirectoriesBelow(root, directory); !status) {
    return tl::unexpected<Error>(std::move(status.error()));
  }
  auto fd = ConfinedDirectory(root).OpenOwn(std::string(kDirectory));
  if (!fd) return tl::unexpected<Error>(std::move(fd.error()));
  if (flock(fd->get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return Fail(ErrorCode::kExists, "another process is renaming files here");
  }
  return RenameLock(std::move(*fd));
}

Result<std::string> WriteRenameLog(const std::string& root, const RenameRecords& records) {
  const std::string directory = RenameLogDirectory(root);
  const std::string part = JoinPath(directory, "new.part");
  ConfinedFileSystem files(RealFileSystem(), {root});
  static_cast<void>(files.Remove(part));  // of one that died
  {
    const auto fd =
        ConfinedDirectory(root).Open(JoinPath(kDirectory, "new.part"), kCreateNew, kNewFileMode, "creating the log");
    if (!fd) return tl::unexpected<Error>(fd.error());
    if (Status status = WriteAll(fd->get(), ToText(records)); !status) {
      static_cast<void>(files.Remove(part));
      return tl::unexpected<Error>(std::move(status.error()));
    }
  }
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::string name = DateText(LocalTime(now), "%Y-%m-%d_%H%M%S");
  for (int number = 1;; ++number) {
    std::string path = JoinPath(directory, number == 1 ? name : name + "-" + std::to_string(number));
    path += kSuffix;
    const Status named = files.Rename(part, path, false);
    if (!named && named.error().code == ErrorCode::kExists) continue;
    if (!named) return tl::unexpected<Error>(named.error());
    if (Status status = SyncLogDirectory(root); !status) return tl::unexpected<Error>(std::move(status.error()));
    return path;
  }
}

Status AppendRenameState(const std::string& log, RenameState state) {
  const auto fd = OpenLog(log, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY);
  if (!fd) return tl::unexpected<Error>(fd.error());
  std::string field(1, '\0');  // ends one that was not written whole
  AddField(field, kStates[static_cast<size_t>(state)]);
  return WriteAll(fd->get(), field);
}

Result<RenameRecords> ReadRenameLog(const std::string& log) {
  const auto text = ReadText(log);
  if (!text) return tl::unexpected<Error>(text.error());
  auto records = FromText(*text);
  if (!records) return Fail(ErrorCode::kCorrupt, "it is no log of a renaming");
  return std::move(*records);
}

Result<std::optional<std::string>> FindUnfinishedRename(const std::string& root) {
  const std::string directory = RenameLogDirectory(root);
  auto listing = ConfinedFileSystem(RealFileSystem(), {root}).List(directory);
  if (!listing && listing.error().code == ErrorCode::kNotFound) return std::nullopt;
  if (!listing) return tl::unexpected<Error>(listing.error());
  for (size_t i = 0; i < listing->size(); ++i) {
    if (!listing->name(i).ends_with(kSuffix)) continue;
    std::string log = JoinPath(directory, listing->name(i));
    const auto finished = IsFinished(log);
    if (!finished) return tl::unexpected<Error>(finished.error());
    if (!*finished) return log;
  }
  return std::nullopt;
}

Result<std::string> RootOfRenameLog(std::string_view log) {
  const size_t slash = log.find_last_of('/');
  const std::string_view directory = slash == std::string_view::npos ? "" : log.substr(0, slash);
  if (directory == kDirectory) return std::string(".");
  if (!directory.ends_with("/" + std::string(kDirectory))) {
    return Fail(ErrorCode::kUnsupported, "a log is used where it was written: DIR/" + std::string(kDirectory));
  }
  return std::string(directory.substr(0, directory.size() - kDirectory.size() - 1));
}

}  // namespace tbbthumbs
