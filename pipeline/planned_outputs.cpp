#include "pipeline/planned_outputs.h"

#include <string>
#include <vector>

#include "codecs/thumbnail_layout.h"
#include "pipeline/name_planner.h"

namespace tbbthumbs {

void EndAsPlanned(Item& item, const SpecSet& specs, Size upright) {
  const auto formats = PossibleFormats(specs.format);
  for (size_t i = 0; i < specs.sizes.size(); ++i) {
    OutputFile& output = item.result.outputs.emplace_back();
    output.path = item.names.Path(i, formats.front());
    if (formats.size() > 1) output.or_path = item.names.Path(i, formats.back());
    if (upright.width > 0) output.size = ThumbnailSize(upright, specs.sizes[i]);
  }
  item.End(Outcome::kPlanned);
}

Status CheckPlannedNames(const Item& item, const SpecSet& specs) {
  if (item.names.empty()) return Fail(ErrorCode::kIo, "it was no picture when it was planned, and has no name");
  for (const OutputFormat format : PossibleFormats(specs.format)) {
    const std::vector<std::string>& names = format == OutputFormat::kPng ? item.names.png : item.names.jpeg;
    if (names.size() == specs.sizes.size()) continue;
    return Fail(ErrorCode::kInternal, "its plan was made for other sizes or formats");
  }
  return {};
}

}  // namespace tbbthumbs
