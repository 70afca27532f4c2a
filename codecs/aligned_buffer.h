#ifndef TBBTHUMBS_CODECS_ALIGNED_BUFFER_H_
#define TBBTHUMBS_CODECS_ALIGNED_BUFFER_H_

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

namespace tbbthumbs {

// A fixed number of zeros on a cache line's border, for vector loads that should not straddle two lines. Not
// thread-safe. Throws std::bad_alloc.
template <class T>
class AlignedBuffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(size_t size)
      : data_(static_cast<T*>(::operator new (size * sizeof(T), std::align_val_t{kAlignment}))), size_(size) {
    std::fill_n(data_.get(), size, T{});
  }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  size_t size() const { return size_; }

 private:
  static constexpr size_t kAlignment = 64;
  struct Free {
    void operator()(T* data) const { ::operator delete (data, std::align_val_t{kAlignment}); }
  };
  std::unique_ptr<T[], Free> data_;
  size_t size_ = 0;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_ALIGNED_BUFFER_H_
