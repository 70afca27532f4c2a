#include "bench/io/slow_file_system.h"

#include <utility>

namespace tbbthumbs::bench {
namespace {

using Clock = std::chrono::steady_clock;

// Calls, then waits for one round trip from the call's begin, where it is slow.
template <class F>
auto OneTrip(SlowLink& link, bool slow, F&& call) {
  const auto begin = Clock::now();
  auto result = call();
  if (slow) WaitUntil(link.Answer(begin, 0));
  return result;
}

class SlowFile final : public ReadableFile {
 public:
  SlowFile(std::unique_ptr<ReadableFile> base, SlowLink& link) : base_(std::move(base)), link_(link) {}

  const FileInfo& info() const override { return base_->info(); }

  // Storage behind a network tells the attributes with the bytes.
  Result<FileInfo> LookUp() override { return base_->LookUp(); }

  Result<size_t> ReadAt(uint64_t offset, std::span<std::byte> out) override {
    const auto begin = Clock::now();
    auto count = base_->ReadAt(offset, out);
    WaitUntil(link_.Answer(begin, count.value_or(0)));
    return count;
  }

 private:
  std::unique_ptr<ReadableFile> base_;
  SlowLink& link_;
};

}  // namespace

SlowFileSystem::SlowFileSystem(FileSystem& base, SlowOptions options)
    : base_(base), options_(std::move(options)), link_(options_.link) {}

Result<FileInfo> SlowFileSystem::Stat(const std::string& path, bool follow) {
  return OneTrip(link_, IsSlow(path), [&] { return base_.Stat(path, follow); });
}

Result<DirectoryListing> SlowFileSystem::List(const std::string& path) {
  return OneTrip(link_, IsSlow(path), [&] { return base_.List(path); });
}

Result<std::unique_ptr<ReadableFile>> SlowFileSystem::Open(const std::string& path) {
  auto file = OneTrip(link_, IsSlow(path), [&] { return base_.Open(path); });
  if (!file || !IsSlow(path)) return file;
  return std::make_unique<SlowFile>(std::move(*file), link_);
}

Status SlowFileSystem::CreateDirectories(const std::string& path) { return base_.CreateDirectories(path); }

Result<FileInfo> SlowFileSystem::WriteNew(const std::string& path, std::span<const std::byte> bytes) {
  const auto begin = Clock::now();
  auto info = base_.WriteNew(path, bytes);
  if (WritesSlowly(path)) WaitUntil(link_.Answer(begin + link_.latency(), info ? bytes.size() : 0));
  return info;
}

Status SlowFileSystem::Rename(const std::string& from, const std::string& to, bool replace) {
  return OneTrip(link_, WritesSlowly(to), [&] { return base_.Rename(from, to, replace); });
}

Status SlowFileSystem::Remove(const std::string& path) {
  return OneTrip(link_, WritesSlowly(path), [&] { return base_.Remove(path); });
}

}  // namespace tbbthumbs::bench
