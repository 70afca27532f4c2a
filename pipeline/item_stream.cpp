#include "pipeline/item_stream.h"

#include <new>
#include <utility>

namespace tbbthumbs {

std::unique_ptr<Item> ItemStream::Next() {
  try {
    std::optional<InputFile> file = inputs_.Next();
    if (!file) return nullptr;
    auto item = std::make_unique<Item>();
    item->name = names_.Plan(*file);
    item->result.input = file->path;
    item->file = std::move(*file);
    item->seq = item->result.seq = next_seq_++;
    return item;
  } catch (const std::bad_alloc&) {
    failure_ = Error{ErrorCode::kOutOfMemory, "no memory to list the inputs"};
    return nullptr;
  }
}

}  // namespace tbbthumbs
