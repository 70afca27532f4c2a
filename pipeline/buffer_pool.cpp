#include "pipeline/buffer_pool.h"

#include <new>
#include <utility>

namespace tbbthumbs {

BufferPool::Buffer& BufferPool::Buffer::operator=(Buffer&& other) noexcept {
  Release();
  pool_ = std::move(other.pool_);
  memory_ = std::move(other.memory_);
  capacity_ = other.capacity_;
  return *this;
}

void BufferPool::Buffer::Release() {
  if (memory_ != nullptr && pool_ != nullptr) pool_->Keep({std::move(memory_), capacity_});
  memory_.reset();
}

BufferPool::Buffer BufferPool::Take(const std::shared_ptr<BufferPool>& pool, size_t bytes) {
  Buffer buffer;
  if (bytes >= kMinKeptBytes) {
    const std::scoped_lock lock(pool->mutex_);
    // The smallest that is large enough, but not one of which half would lie idle.
    auto best = pool->kept_.end();
    for (auto it = pool->kept_.begin(); it != pool->kept_.end(); ++it) {
      if (it->capacity < bytes || it->capacity > 2 * bytes) continue;
      if (best == pool->kept_.end() || it->capacity < best->capacity) best = it;
    }
    if (best != pool->kept_.end()) {
      buffer.memory_ = std::move(best->memory);
      buffer.capacity_ = best->capacity;
      pool->kept_bytes_ -= best->capacity;
      pool->kept_.erase(best);
    }
  }
  if (buffer.empty()) {
    // A little more than wanted: files of one camera differ by as much. What is not touched costs no memory.
    buffer.capacity_ = bytes < kMinKeptBytes ? bytes : bytes + bytes / 4;
    buffer.memory_.reset(new (std::nothrow) std::byte[buffer.capacity_]);
  }
  if (bytes >= kMinKeptBytes) buffer.pool_ = pool;
  return buffer;
}

size_t BufferPool::kept_bytes() const {
  const std::scoped_lock lock(mutex_);
  return kept_bytes_;
}

void BufferPool::Keep(Kept buffer) {
  const std::scoped_lock lock(mutex_);
  if (buffer.capacity > kMaxKeptBytes) return;
  kept_bytes_ += buffer.capacity;
  kept_.push_back(std::move(buffer));
  // The oldest go first.
  while (kept_bytes_ > kMaxKeptBytes) {
    kept_bytes_ -= kept_.front().capacity;
    kept_.erase(kept_.begin());
  }
}

}  // namespace tbbthumbs
