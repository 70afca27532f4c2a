// Inputs as items: with their places in the order and their names.
#ifndef TBBTHUMBS_PIPELINE_ITEM_STREAM_H_
#define TBBTHUMBS_PIPELINE_ITEM_STREAM_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "codecs/error.h"
#include "pipeline/input_stream.h"
#include "pipeline/item.h"
#include "pipeline/name_turns.h"
#include "pipeline/original_files.h"

namespace tbbthumbs {

// Not thread-safe: one caller at a time.
class ItemStream {
 public:
  // `prepare`: called before the first input is taken; an error ends the inputs. All must outlive it.
  // `originals`: null where nothing is kept.
  ItemStream(InputStream& inputs, NameTurns& names, OriginalFiles* originals, std::function<Status()> prepare)
      : inputs_(inputs), names_(names), originals_(originals), prepare_(std::move(prepare)) {}

  // The next input, waiting for it where it must; null at the end. Throws nothing.
  std::unique_ptr<Item> Next();
  // Likewise, but null also where it would have to wait: see InputStream::NextAtOnce. Only after a first Next.
  std::unique_ptr<Item> NextAtOnce();

  // Why the inputs ended early.
  const std::optional<Error>& failure() const { return failure_; }

 private:
  std::unique_ptr<Item> Take(std::optional<InputFile> file);

  InputStream& inputs_;
  NameTurns& names_;
  OriginalFiles* const originals_;
  std::function<Status()> prepare_;  // null once called
  uint64_t next_seq_ = 0;
  std::optional<Error> failure_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_ITEM_STREAM_H_
