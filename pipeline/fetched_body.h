// A picture's bytes that a server has sent.
#ifndef TBBTHUMBS_PIPELINE_FETCHED_BODY_H_
#define TBBTHUMBS_PIPELINE_FETCHED_BODY_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "codecs/byte_source.h"
#include "pipeline/body_budget.h"
#include "pipeline/buffer_pool.h"

namespace tbbthumbs {

// A body, with its part of the budget.
class FetchedBody final : public ByteSource {
 public:
  FetchedBody(BufferPool::Buffer buffer, size_t bytes, BodyBudget::Claim claim)
      : claim_(std::move(claim)), buffer_(std::move(buffer)), view_(buffer_.data(), bytes) {}

  uint64_t size() const override { return view_.size(); }
  Result<size_t> ReadAt(uint64_t offset, std::span<std::byte> out) override {
    if (offset >= view_.size()) return size_t{0};
    const auto from = view_.subspan(static_cast<size_t>(offset));
    const size_t count = std::min(out.size(), from.size());
    if (count > 0) std::memcpy(out.data(), from.data(), count);
    return count;
  }
  std::span<const std::byte> Resident() const override { return view_; }

 private:
  BodyBudget::Claim claim_;  // before the buffer: given back after it
  BufferPool::Buffer buffer_;
  std::span<const std::byte> view_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_FETCHED_BODY_H_
