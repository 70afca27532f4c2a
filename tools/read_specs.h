// What options say of the thumbnails.
#ifndef TBBTHUMBS_TOOLS_READ_SPECS_H_
#define TBBTHUMBS_TOOLS_READ_SPECS_H_

#include <string>

#include "codecs/thumbnail_spec.h"
#include "tools/option_reader.h"

namespace tbbthumbs::tool {

Parsed<SizeSpec> ParseSize(const std::string& text, const SizeDefaults& defaults = {});

void ReadSpecs(OptionReader& reader, SpecSet& specs);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_READ_SPECS_H_
