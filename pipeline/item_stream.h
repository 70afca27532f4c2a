// Inputs as items: with their places in the order and their names.
#ifndef TBBTHUMBS_PIPELINE_ITEM_STREAM_H_
#define TBBTHUMBS_PIPELINE_ITEM_STREAM_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "codecs/error.h"
#include "pipeline/input_stream.h"
#include "pipeline/item.h"
#include "pipeline/output_names.h"

namespace tbbthumbs {

// Not thread-safe: one caller at a time.
class ItemStream {
 public:
  // Both must outlive it.
  ItemStream(InputStream& inputs, OutputNames& names) : inputs_(inputs), names_(names) {}

  // The next input, waiting for it where it must; null at the end. Throws nothing.
  std::unique_ptr<Item> Next();

  // Why the inputs ended early.
  const std::optional<Error>& failure() const { return failure_; }

 private:
  InputStream& inputs_;
  OutputNames& names_;
  uint64_t next_seq_ = 0;
  std::optional<Error> failure_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_ITEM_STREAM_H_
