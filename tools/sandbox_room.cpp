#include "tools/sandbox_room.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <system_error>

#include "pipeline/file_system.h"
#include "pipeline/url.h"
#include "tools/plan_config.h"

namespace tbbthumbs::tool {
namespace {

namespace fs = std::filesystem;

// A rule a file: beyond that their directories are allowed instead.
constexpr size_t kMostFiles = 1000;

// The directory that a file lies in, whether or not the file is there.
std::string DirectoryOf(const fs::path& file) {
  const std::string directory = file.parent_path().string();
  return directory.empty() ? "." : directory;
}

// That of an origin, as in "https://host:8443".
uint16_t PortOf(std::string_view origin) {
  const size_t colon = origin.rfind(':');
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(origin.data() + colon + 1, origin.data() + origin.size(), port);
  if (error == std::errc() && end == origin.data() + origin.size()) return port;
  return origin.starts_with("https:") ? 443 : 80;
}

void AddFetching(const UrlOptions& urls, SandboxRoom& room) {
  room.fetches = true;
  // Redirects may lead to either.
  room.ports.insert({80, 443});
  // That of a proxy stands in many forms.
  if (!urls.proxy.empty()) room.any_port = true;
  if (!urls.authorities.empty()) room.readable.push_back(urls.authorities.string());
}

void AddUnknownAddresses(const UrlOptions& urls, SandboxRoom& room) {
  AddFetching(urls, room);
  room.any_port = true;
}

void AddUnknownInputs(const UrlOptions& urls, SandboxRoom& room) {
  AddUnknownAddresses(urls, room);
  room.reads_everything = true;
}

void AddInputs(const JobOptions& job, SandboxRoom& room) {
  const InputOptions& input = job.input;
  if (input.part) AddUnknownInputs(job.urls, room);
  for (const FileList& list : input.lists) {
    if (list.urls) {
      room.readable.push_back(list.path.string());
      AddUnknownAddresses(job.urls, room);
    } else {
      AddUnknownInputs(job.urls, room);
    }
  }
  // Links lead anywhere.
  if (input.follow_links) room.reads_everything = true;
  const bool by_directory = input.paths.size() > kMostFiles;
  std::set<std::string> directories;
  for (const fs::path& path : input.paths) {
    if (LooksLikeUrl(path.native())) {
      AddFetching(job.urls, room);
      if (const auto url = ParseUrl(path.native())) room.ports.insert(PortOf(url->origin));
      continue;
    }
    const auto info = by_directory ? RealFileSystem().Stat(path.string(), false) : Result<FileInfo>(FileInfo{});
    if (by_directory && info && info->kind == FileKind::kRegular) {
      directories.insert(DirectoryOf(path));
    } else {
      room.readable.push_back(path.string());
    }
  }
  room.readable.insert(room.readable.end(), directories.begin(), directories.end());
}

void AddWritten(const std::string& directory, bool dry_run, SandboxRoom& room) {
  (dry_run ? room.readable : room.writable).push_back(directory);
}

void AddOutputs(const JobOptions& job, SandboxRoom& room) {
  AddWritten(job.output.string(), job.dry_run, room);
  if (!job.urls.originals.empty()) AddWritten(job.urls.originals.string(), job.dry_run, room);
  // SQLite makes files beside its own.
  if (!job.journal.path.empty()) AddWritten(DirectoryOf(job.journal.path), job.dry_run, room);
}

}  // namespace

SandboxRoom RoomOf(const MakeConfig& config) {
  SandboxRoom room;
  AddInputs(config.job, room);
  AddOutputs(config.job, room);
  room.lists_everything = config.prune;
  return room;
}

SandboxRoom RoomOf(const WatchConfig& config) {
  SandboxRoom room = RoomOf(config.make);
  for (const fs::path& path : config.make.job.input.paths) {
    const std::string text = path.lexically_normal().string();
    room.readable.push_back(DirectoryOf(text.ends_with('/') ? text.substr(0, text.size() - 1) : text));
  }
  return room;
}

SandboxRoom RoomOf(const PlanConfig& config) {
  SandboxRoom room = RoomOf(config.make);
  room.writable.push_back(DirectoryOf(config.plan));
  return room;
}

SandboxRoom RoomOf(const InfoConfig& config) {
  SandboxRoom room;
  for (const fs::path& file : config.files) room.readable.push_back(file.string());
  return room;
}

SandboxRoom RoomOf(const RenameConfig& config) {
  SandboxRoom room;
  // Logs lie in DIRECTORY/.tbbthumbs/renames.
  const fs::path directory =
      config.undo.empty() ? config.rename.directory : fs::path(DirectoryOf(config.undo)) / ".." / "..";
  AddWritten(directory.string(), config.rename.dry_run, room);
  return room;
}

SandboxRoom RoomOf(const ShardConfig& config, const PlanInfo& plan) {
  SandboxRoom room;
  room.readable.push_back(DirectoryOf(config.plan));
  AddWritten(plan.output, false, room);
  AddWritten(DirectoryOf(plan.journal), false, room);
  if (const auto make = ToMakeConfig(plan.options, config)) {
    AddUnknownInputs(make->job.urls, room);
    if (!make->job.urls.originals.empty()) AddWritten(make->job.urls.originals.string(), false, room);
  }
  return room;
}

}  // namespace tbbthumbs::tool
