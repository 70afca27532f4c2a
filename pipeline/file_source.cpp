#include "pipeline/file_source.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tbbthumbs {
namespace {

tl::unexpected<Error> Changed() { return Fail(ErrorCode::kChanged, "it changed while it was read"); }

}  // namespace

Result<std::unique_ptr<FileSource>> FileSource::Open(const std::filesystem::path& path) {
  auto file = RealFileSystem().Open(path.string());
  if (!file) return tl::unexpected<Error>(std::move(file.error()));
  return std::make_unique<FileSource>(std::move(*file));
}

FileSource::FileSource(std::unique_ptr<ReadableFile> file, std::shared_ptr<BufferPool> pool)
    : file_(std::move(file)), size_(file_->info().bytes), pool_(std::move(pool)) {}

Status FileSource::MakeResident(size_t bytes) {
  const size_t wanted = static_cast<size_t>(std::min<uint64_t>(bytes, size_));
  if (wanted <= resident_bytes_) {
    // Of an empty one too: it may wait for long.
    if (resident_bytes_ == size_) file_.reset();
    return {};
  }
  BufferPool::Buffer memory = BufferPool::Take(pool_, wanted);
  if (memory.empty()) return Fail(ErrorCode::kOutOfMemory, "no memory to read the file");
  if (resident_bytes_ > 0) std::memcpy(memory.data(), resident_.data(), resident_bytes_);
  const auto count = file_->ReadAt(resident_bytes_, std::span(memory.data(), wanted).subspan(resident_bytes_));
  if (!count) return tl::unexpected<Error>(count.error());
  const bool shrunk = *count < wanted - resident_bytes_;
  resident_bytes_ += *count;
  resident_ = std::move(memory);
  if (shrunk) return Changed();
  if (resident_bytes_ < size_) return {};
  Status status = CheckUnchanged();
  if (status) file_.reset();
  return status;
}

Status FileSource::CheckUnchanged() {
  if (file_ == nullptr) return {};
  const FileInfo& then = file_->info();
  const auto now = file_->LookUp();
  if (!now) return tl::unexpected<Error>(now.error());
  if (now->bytes != then.bytes || now->modified != then.modified) return Changed();
  // Removed, or another file has its name. (Some file systems count no names at all.)
  if (now->links == 0 && then.links > 0) return Fail(ErrorCode::kChanged, "it vanished while it was read");
  return {};
}

Result<size_t> FileSource::ReadAt(uint64_t offset, std::span<std::byte> out) {
  if (offset >= size_ || out.empty()) return size_t{0};
  if (offset < resident_bytes_) {
    const size_t here = std::min<size_t>(out.size(), resident_bytes_ - static_cast<size_t>(offset));
    std::memcpy(out.data(), resident_.data() + offset, here);
    if (here == out.size() || file_ == nullptr) return here;
    auto more = file_->ReadAt(resident_bytes_, out.subspan(here));
    if (!more) return more;
    return here + *more;
  }
  return file_->ReadAt(offset, out);
}

}  // namespace tbbthumbs
