// Memory for whole files, used again.
#ifndef TBBTHUMBS_PIPELINE_BUFFER_POOL_H_
#define TBBTHUMBS_PIPELINE_BUFFER_POOL_H_

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace tbbthumbs {

// Fresh memory costs a page fault for each 4 KiB, a tenth of the CPU time of a photograph's thumbnail: buffers of files
// are kept for the next ones. Thread-safe; shared by its buffers, which may outlive whoever made it.
class BufferPool {
 public:
  // Buffers in wait for a user hold at most so many bytes.
  static constexpr size_t kMaxKeptBytes = size_t{8} << 20;
  // Smaller ones come from malloc's own stock.
  static constexpr size_t kMinKeptBytes = size_t{256} << 10;

  BufferPool() { kept_.reserve(kMaxKeptBytes / kMinKeptBytes + 1); }

  // Memory that goes back to its pool. Movable; empty by default.
  class Buffer {
   public:
    Buffer() = default;
    Buffer(Buffer&& other) noexcept = default;
    Buffer& operator=(Buffer&& other) noexcept;
    ~Buffer() { Release(); }

    std::byte* data() const { return memory_.get(); }
    bool empty() const { return memory_ == nullptr; }

   private:
    friend class BufferPool;
    void Release();

    std::shared_ptr<BufferPool> pool_;
    std::unique_ptr<std::byte[]> memory_;
    size_t capacity_ = 0;
  };

  // At least `bytes` bytes of no meaning. Empty where there is no memory.
  static Buffer Take(const std::shared_ptr<BufferPool>& pool, size_t bytes);

  // What the buffers in wait hold.
  size_t kept_bytes() const;

 private:
  struct Kept {
    std::unique_ptr<std::byte[]> memory;
    size_t capacity = 0;
  };

  void Keep(Kept buffer);

  mutable std::mutex mutex_;
  std::vector<Kept> kept_;
  size_t kept_bytes_ = 0;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_BUFFER_POOL_H_
