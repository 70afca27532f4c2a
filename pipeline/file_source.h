// A file as a ByteSource.
#ifndef TBBTHUMBS_PIPELINE_FILE_SOURCE_H_
#define TBBTHUMBS_PIPELINE_FILE_SOURCE_H_

#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "codecs/byte_source.h"
#include "pipeline/buffer_pool.h"
#include "pipeline/file_system.h"

namespace tbbthumbs {

// Reads on demand (reads, not a mapping: a file cut short under a mapping kills the process), and keeps the first bytes
// in memory where asked to. Not thread-safe.
class FileSource final : public ByteSource {
 public:
  // Opens without reading. Errors: as FileSystem::Open.
  static Result<std::unique_ptr<FileSource>> Open(const std::filesystem::path& path);
  // `pool`: where its memory comes from; not null.
  explicit FileSource(std::unique_ptr<ReadableFile> file,
                      std::shared_ptr<BufferPool> pool = std::make_shared<BufferPool>());

  // Reads the first `bytes` of the file, or all there are, into memory; when that is all of the file, it is checked and
  // closed. Errors: kIo, kOutOfMemory, kChanged.
  [[nodiscard]] Status MakeResident(size_t bytes);

  uint64_t size() const override { return size_; }
  Result<size_t> ReadAt(uint64_t offset, std::span<std::byte> out) override;
  std::span<const std::byte> Resident() const override { return {resident_.data(), resident_bytes_}; }
  // Compares size, time and names of the file with those it had when it was opened. Asks nobody where all is resident.
  Status CheckUnchanged() override;

 private:
  std::unique_ptr<ReadableFile> file_;  // null once all is resident
  uint64_t size_;
  std::shared_ptr<BufferPool> pool_;
  BufferPool::Buffer resident_;
  size_t resident_bytes_ = 0;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_FILE_SOURCE_H_
