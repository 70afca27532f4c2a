// What options and arguments say of the inputs.
#ifndef TBBTHUMBS_TOOLS_READ_INPUTS_H_
#define TBBTHUMBS_TOOLS_READ_INPUTS_H_

#include "pipeline/input_options.h"
#include "tools/option_reader.h"
#include "tools/raw_options.h"

namespace tbbthumbs::tool {

// Which of the files in directories are taken.
void ReadFilters(OptionReader& reader, InputOptions& input);

// All of them, and the filters.
void ReadInputs(const RawOptions& raw, OptionReader& reader, InputOptions& input);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_READ_INPUTS_H_
