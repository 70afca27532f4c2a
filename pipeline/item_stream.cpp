#include "pipeline/item_stream.h"

#include <new>
#include <utility>

namespace tbbthumbs {

std::unique_ptr<Item> ItemStream::Next() {
  if (failure_) return nullptr;
  try {
    if (const auto prepare = std::exchange(prepare_, nullptr)) {
      if (Status status = prepare(); !status) {
        failure_ = std::move(status.error());
        return nullptr;
      }
    }
    return Take(inputs_.Next());
  } catch (const std::bad_alloc&) {
    failure_ = Error{ErrorCode::kOutOfMemory, "no memory to list the inputs"};
    return nullptr;
  }
}

std::unique_ptr<Item> ItemStream::NextAtOnce() {
  if (failure_) return nullptr;
  try {
    return Take(inputs_.NextAtOnce());
  } catch (const std::bad_alloc&) {
    failure_ = Error{ErrorCode::kOutOfMemory, "no memory to list the inputs"};
    return nullptr;
  }
}

std::unique_ptr<Item> ItemStream::Take(std::optional<InputFile> file) {
  if (!file) {
    failure_ = inputs_.failure();
    return nullptr;
  }
  auto item = std::make_unique<Item>();
  item->result.input = file->path;
  item->file = std::move(*file);
  item->seq = next_seq_++;
  item->result.seq = item->file.planned ? item->file.planned->seq : item->seq;
  item->result.found = item->file.found;
  names_.PlanTaken(*item);
  if (originals_ != nullptr && item->file.url != nullptr) item->original = originals_->Plan(*item->file.url, item->seq);
  return item;
}

}  // namespace tbbthumbs
