// What options say of names.
#ifndef TBBTHUMBS_TOOLS_READ_NAMES_H_
#define TBBTHUMBS_TOOLS_READ_NAMES_H_

#include "codecs/thumbnail_spec.h"
#include "pipeline/name_options.h"
#include "pipeline/rename_plan.h"
#include "tools/option_reader.h"
#include "tools/raw_options.h"

namespace tbbthumbs::tool {

// Of the thumbnails of `specs`.
void ReadNames(OptionReader& reader, const SpecSet& specs, NameOptions& names);

// Of a renaming.
void ReadNewNames(const RawOptions& raw, OptionReader& reader, RenameOptions& rename);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_READ_NAMES_H_
