#include "pipeline/confined_file_system.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <string_view>

#include "pipeline/posix_file.h"

namespace tbbthumbs {
namespace {

FilePlace ToFilePlace(const ConfinedDirectory::Place& place) { return {place.directory(), place.name()}; }

}  // namespace

ConfinedFileSystem::ConfinedFileSystem(FileSystem& base, const std::vector<std::string>& directories) : base_(base) {
  std::vector<std::string> sorted = directories;
  std::sort(sorted.begin(), sorted.end(),
            [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
  directories_.reserve(sorted.size());
  for (std::string& directory : sorted) {
    directories_.push_back(std::make_unique<ConfinedDirectory>(std::move(directory)));
  }
}

std::optional<ConfinedFileSystem::Found> ConfinedFileSystem::Find(const std::string& path) const {
  for (const auto& directory : directories_) {
    if (const auto relative = directory->Below(path)) return Found{directory.get(), std::string(*relative)};
  }
  return std::nullopt;
}

Result<FileInfo> ConfinedFileSystem::Stat(const std::string& path, bool follow) {
  const auto found = Find(path);
  if (!found) return base_.Stat(path, follow);
  constexpr std::string_view kWhat = "looking up";
  // Asks a server for no more than lstat(2): O_PATH opens nothing there.
  const auto fd = found->directory->Open(found->relative, O_PATH, 0, kWhat);
  if (!fd) return tl::unexpected<Error>(fd.error());
  struct stat status {};
  if (fstat(fd->get(), &status) != 0) return FailErrno(kWhat);
  return InfoOf(status);
}

Result<DirectoryListing> ConfinedFileSystem::List(const std::string& path) {
  const auto found = Find(path);
  if (!found) return base_.List(path);
  auto fd = found->directory->Open(found->relative, O_RDONLY | O_DIRECTORY, 0, "opening the directory");
  if (!fd) return tl::unexpected<Error>(fd.error());
  return ListOpened(std::move(*fd));
}

Result<std::unique_ptr<ReadableFile>> ConfinedFileSystem::Open(const std::string& path) {
  const auto found = Find(path);
  if (!found) return base_.Open(path);
  auto fd = found->directory->Open(found->relative, kOpenToRead, 0, "opening");
  if (!fd) return tl::unexpected<Error>(fd.error());
  return ReadOpened(std::move(*fd));
}

Status ConfinedFileSystem::CreateDirectories(const std::string& path) {
  const auto found = Find(path);
  return found ? found->directory->CreateDirectories(found->relative) : base_.CreateDirectories(path);
}

Result<FileInfo> ConfinedFileSystem::WriteNew(const std::string& path, std::span<const std::byte> bytes) {
  const auto found = Find(path);
  if (!found) return base_.WriteNew(path, bytes);
  auto fd = found->directory->Open(found->relative, kCreateNew, kNewFileMode, "creating");
  if (!fd) return tl::unexpected<Error>(fd.error());
  auto info = WriteOpened(std::move(*fd), bytes);
  if (!info) static_cast<void>(Remove(path));
  return info;
}

template <class Act>
Status ConfinedFileSystem::ActOn(const std::string& from, const std::string& to, std::string_view what,
                                 Act&& act) const {
  std::optional<ConfinedDirectory::Place> from_place;
  std::optional<ConfinedDirectory::Place> to_place;
  for (auto [path, place] : {std::pair(&from, &from_place), std::pair(&to, &to_place)}) {
    const auto found = Find(*path);
    if (!found) continue;
    auto opened = found->directory->PlaceOf(found->relative, what);
    if (!opened) return tl::unexpected<Error>(std::move(opened.error()));
    place->emplace(std::move(*opened));
  }
  return act(from_place ? ToFilePlace(*from_place) : FilePlace{AT_FDCWD, from.c_str()},
             to_place ? ToFilePlace(*to_place) : FilePlace{AT_FDCWD, to.c_str()});
}

Status ConfinedFileSystem::Rename(const std::string& from, const std::string& to, bool replace) {
  if (!Find(from) && !Find(to)) return base_.Rename(from, to, replace);
  return ActOn(from, to, "renaming", [&](FilePlace a, FilePlace b) { return RenameAt(a, b, replace, part_names_); });
}

Status ConfinedFileSystem::Link(const std::string& from, const std::string& to) {
  if (!Find(from) && !Find(to)) return base_.Link(from, to);
  return ActOn(from, to, "linking", LinkAt);
}

Status ConfinedFileSystem::Remove(const std::string& path) {
  const auto found = Find(path);
  if (!found) return base_.Remove(path);
  const auto place = found->directory->PlaceOf(found->relative, "removing");
  return place ? RemoveAt(ToFilePlace(*place)) : tl::unexpected<Error>(place.error());
}

Status CreateDirectoriesBelow(const std::string& root, const std::string& directory) {
  if (Status status = RealFileSystem().CreateDirectories(root); !status) return status;
  return ConfinedFileSystem(RealFileSystem(), {root}).CreateDirectories(directory);
}

}  // namespace tbbthumbs
