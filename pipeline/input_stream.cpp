#include "pipeline/input_stream.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "pipeline/url_input.h"

namespace tbbthumbs {
namespace {

namespace fs = std::filesystem;

// `path` with "." and ".." resolved, links too as far as it exists.
std::string Canonical(const std::string& path) {
  std::error_code error;
  const fs::path canonical = fs::weakly_canonical(path, error);
  return error ? path : canonical.string();
}

// The directory part of a listed path, as it is mirrored: relative, without "." and "..".
std::string MirroredDirectory(const std::string& path) {
  std::string directory;
  for (const fs::path& part : fs::path(path).parent_path().relative_path()) {
    if (part == "." || part == ".." || part.empty()) continue;
    directory = JoinPath(directory, part.string());
  }
  return directory;
}

}  // namespace

std::string OutputNameOf(const std::string& directory) {
  const fs::path canonical = Canonical(directory);
  return (canonical.has_filename() ? canonical : canonical.parent_path()).filename().string();
}

bool LiesWithin(FileSystem& file_system, const std::string& path, const FileId& output) {
  fs::path current = Canonical(path);
  for (;;) {
    const auto info = file_system.Stat(current.string(), true);
    if (info && info->id == output) return true;
    const fs::path parent = current.parent_path();
    if (parent == current || parent.empty()) return false;
    current = parent;
  }
}

InputStream::InputStream(FileSystem& file_system, const InputOptions& options, std::string output, bool keep_open)
    : file_system_(file_system),
      options_(options),
      output_(std::move(output)),
      output_id_(file_system.Stat(output_, true).value_or(FileInfo{}).id),
      wait_for_more_(keep_open) {
  if (options_.part) planned_ = std::make_unique<PlannedInputs>(*options_.part, output_);
  for (const fs::path& path : options_.paths) {
    if (LooksLikeUrl(path.native())) continue;
    const auto info = file_system_.Stat(path.string(), true);
    if (info && info->kind == FileKind::kDirectory) ++directory_count_;
  }
  single_directory_ = directory_count_ == 1 && options_.paths.size() == 1 && options_.lists.empty() && !keep_open;
}

std::optional<InputFile> InputStream::Next() {
  while (!stop_.stop_requested()) {
    if (auto file = TakeAdded(true)) return file;
    if (!listed_done_) {
      if (auto file = NextListed()) return file;
      if (stop_.stop_requested()) break;
      listed_done_ = true;
    }
    if (auto file = TakeAdded(false)) return file;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !added_.empty() || !wait_for_more_ || stop_.stop_requested(); });
    if (!added_.empty()) continue;
    takes_more_ = false;
    break;
  }
  return std::nullopt;
}

std::optional<InputFile> InputStream::NextAtOnce() {
  if (stop_.stop_requested()) return std::nullopt;
  if (auto file = TakeAdded(true)) return file;
  if (walker_) return NextWalked();
  if (planned_ && planned_->HasNext()) return planned_->Next();
  if (list_ && list_->HasName()) return ListedFile(*list_->Next(stop_.get_token()));
  return std::nullopt;
}

std::optional<InputFile> InputStream::TakeAdded(bool urgent_only) {
  std::string path;
  {
    const std::lock_guard lock(mutex_);
    if (added_.empty() || (urgent_only && added_.begin()->first <= 0)) return std::nullopt;
    auto& [priority, paths] = *added_.begin();
    path = std::move(paths.front());
    paths.pop_front();
    if (paths.empty()) added_.erase(added_.begin());
  }
  if (LooksLikeUrl(path)) return WebFile(UrlInput(path));
  InputFile file;
  file.path = std::move(path);
  if (LiesInOutput(file.path)) file.error = Error{ErrorCode::kUnsupported, "it lies in the output directory"};
  return file;
}

std::optional<InputFile> InputStream::NextOfOnly() {
  while (!stop_.stop_requested()) {
    if (walker_) {
      if (auto file = NextWalked()) return file;
      walker_.reset();
    }
    if (next_only_ == options_.only->size()) break;
    const TreePath& directory = (*options_.only)[next_only_++];
    if (directory.root >= options_.paths.size()) continue;
    const std::string root = options_.paths[directory.root].string();
    if (LooksLikeUrl(root)) continue;
    if (LiesWithin(file_system_, JoinPath(root, directory.path), output_id_)) continue;
    walker_ = std::make_unique<Walker>(file_system_, options_, root, std::set<FileId>{output_id_}, directory.path);
    walker_root_ = directory.root;
    walker_prefix_ = directory_count_ > 1 ? OutputNameOf(root) : "";
  }
  return std::nullopt;
}

std::optional<InputFile> InputStream::NextListed() {
  if (options_.only) return NextOfOnly();
  for (;;) {
    if (stop_.stop_requested()) return std::nullopt;
    if (walker_) {
      if (auto file = NextWalked()) return file;
      walker_.reset();
    }
    if (next_path_ < options_.paths.size()) {
      const std::string path = options_.paths[next_path_++].string();
      if (LooksLikeUrl(path)) return WebFile(UrlInput(path));
      const auto info = file_system_.Stat(path, true);
      if (info && info->kind == FileKind::kDirectory) {
        walker_ = std::make_unique<Walker>(file_system_, options_, path, std::set<FileId>{output_id_});
        walker_root_ = next_path_ - 1;
        walker_prefix_ = directory_count_ > 1 ? OutputNameOf(path) : "";
        continue;
      }
      InputFile file;
      file.path = path;
      return file;
    }
    if (list_) {
      if (auto name = list_->Next(stop_.get_token())) return ListedFile(std::move(*name));
      if (auto error = list_->TakeError()) Note({std::move(*error)});
      list_.reset();
    }
    if (next_list_ == options_.lists.size()) return planned_ ? planned_->Next() : std::nullopt;
    list_ = std::make_unique<ListReader>(options_.lists[next_list_++]);
  }
}

std::optional<InputFile> InputStream::NextWalked() {
  auto found = walker_->Next();
  Note(walker_->TakeErrors());
  if (!found) return std::nullopt;
  InputFile file;
  if (!options_.awaited.empty()) {
    const std::string_view name = std::string_view(found->path).substr(found->path.rfind('/') + 1);
    file.awaited = options_.awaited.contains({walker_root_, JoinPath(found->directory, name)});
  }
  file.path = std::move(found->path);
  file.output_directory = JoinPath(walker_prefix_, found->directory);
  file.found = true;
  file.whole_directory = single_directory_;
  return file;
}

InputFile InputStream::ListedFile(std::string entry) {
  InputFile file;
  if (list_->list().urls || LooksLikeUrl(entry)) {
    file = WebFile(list_->list().urls ? ListedUrlInput(entry) : UrlInput(entry));
    file.output_directory = MirroredDirectory(file.named_as);
    return file;
  }
  file.output_directory = MirroredDirectory(entry);
  if (LiesInOutput(entry)) file.error = Error{ErrorCode::kUnsupported, "it lies in the output directory"};
  file.path = std::move(entry);
  return file;
}

InputFile InputStream::WebFile(InputFile file) const {
  if (options_.for_plan && file.url && file.url->request != file.url->text) {
    file.error = Error{ErrorCode::kUnsupported, "its user and password would be written into the plan"};
  }
  return file;
}

bool InputStream::LiesInOutput(const std::string& path) {
  // Lists tend to name the files of a directory one after the other.
  std::string parent = fs::path(path).parent_path().string();
  if (parent.empty()) parent = ".";
  if (parent != last_parent_) {
    last_parent_in_output_ = LiesWithin(file_system_, parent, output_id_);
    last_parent_ = std::move(parent);
  }
  return last_parent_in_output_;
}

Status InputStream::Add(std::string path, int priority) {
  {
    const std::lock_guard lock(mutex_);
    if (!takes_more_) return Fail(ErrorCode::kStopped, "the run takes no more inputs");
    added_[priority].push_back(std::move(path));
  }
  changed_.notify_all();
  return {};
}

void InputStream::Finish() {
  {
    const std::lock_guard lock(mutex_);
    wait_for_more_ = takes_more_ = false;
  }
  changed_.notify_all();
}

void InputStream::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_.request_stop();
    wait_for_more_ = takes_more_ = false;
  }
  changed_.notify_all();
}

void InputStream::Note(const std::vector<Error>& errors) {
  if (errors.empty()) return;
  const std::lock_guard lock(mutex_);
  error_count_ += errors.size();
  for (const Error& error : errors) {
    if (errors_.size() < kMaxErrorsKept) errors_.push_back(error);
  }
}

std::vector<Error> InputStream::errors() const {
  const std::lock_guard lock(mutex_);
  return errors_;
}

uint64_t InputStream::error_count() const {
  const std::lock_guard lock(mutex_);
  return error_count_;
}

}  // namespace tbbthumbs
