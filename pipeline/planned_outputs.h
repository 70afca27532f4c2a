// Thumbnails that are only named, and names that were given before.
#ifndef TBBTHUMBS_PIPELINE_PLANNED_OUTPUTS_H_
#define TBBTHUMBS_PIPELINE_PLANNED_OUTPUTS_H_

#include "codecs/error.h"
#include "codecs/size.h"
#include "codecs/thumbnail_spec.h"
#include "pipeline/item.h"

namespace tbbthumbs {

// Ends an item that has its names as planned. `upright`: size of the picture; empty where nobody has looked.
void EndAsPlanned(Item& item, const SpecSet& specs, Size upright);

// Whether an item of a plan has the names that these sizes and formats need. Errors: kInternal: those of others; kIo:
// it has none.
[[nodiscard]] Status CheckPlannedNames(const Item& item, const SpecSet& specs);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_PLANNED_OUTPUTS_H_
