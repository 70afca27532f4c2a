// Bytes that are written before they are read.
#ifndef TBBTHUMBS_CODECS_RAW_BYTES_H_
#define TBBTHUMBS_CODECS_RAW_BYTES_H_

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace tbbthumbs {

// Leaves what a vector grows by as it is: memory that is never written costs nothing.
template <class T>
struct UninitializedAllocator : std::allocator<T> {
  template <class U>
  struct rebind {
    using other = UninitializedAllocator<U>;
  };
  template <class U>
  void construct(U* place) {
    ::new (static_cast<void*>(place)) U;
  }
  template <class U, class... Values>
  void construct(U* place, Values&&... values) {
    std::construct_at(place, std::forward<Values>(values)...);
  }
};

using RawBytes = std::vector<uint8_t, UninitializedAllocator<uint8_t>>;

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_RAW_BYTES_H_
