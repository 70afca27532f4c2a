// Exceptions as failures of one picture.
#ifndef TBBTHUMBS_PIPELINE_GUARD_ITEM_H_
#define TBBTHUMBS_PIPELINE_GUARD_ITEM_H_

#include <exception>
#include <new>

#include "pipeline/item.h"

namespace tbbthumbs {

// Runs `f`; what it throws becomes the item's failure. `no_memory`: what is said where that is wanting.
template <class F>
void GuardItem(Item& item, const char* no_memory, F&& f) {
  try {
    f();
  } catch (const std::bad_alloc&) {
    item.Fail({ErrorCode::kOutOfMemory, no_memory});
  } catch (const std::exception& error) {
    item.Fail({ErrorCode::kInternal, error.what()});
  }
}

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_GUARD_ITEM_H_
