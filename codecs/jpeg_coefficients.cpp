#include "codecs/jpeg_coefficients.h"

#include <utility>

namespace tbbthumbs {

McuRow::McuRow(const JpegFrame& frame, const std::vector<int>& sides) {
  for (size_t c = 0; c < frame.components.size(); ++c) {
    const JpegComponent& component = frame.components[c];
    CoefficientRows rows;
    rows.side = sides[c];
    rows.columns = component.coded_blocks.width;
    rows.rows = component.v;
    const size_t kept = static_cast<size_t>(rows.side) * static_cast<size_t>(rows.side);
    rows.coefficients.resize(static_cast<size_t>(rows.columns) * rows.rows * kept);
    for (int y = 0; y < component.v; ++y) {
      for (int x = 0; x < component.h; ++x) {
        int16_t* first = rows.coefficients.data() + (static_cast<size_t>(y) * rows.columns + x) * kept;
        places_.push_back({static_cast<int>(c), rows.side, first, component.h * kept});
      }
    }
    components_.push_back(std::move(rows));
  }
}

}  // namespace tbbthumbs
