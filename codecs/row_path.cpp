#include "codecs/row_path.h"

namespace tbbthumbs {

template <class F>
Status FanOut::All(F&& f) {
  for (Resizer* sink : sinks_) {
    if (Status status = f(*sink); !status) return status;
  }
  return {};
}

Status FanOut::Begin(const RowFormat& format) {
  return All([&](Resizer& sink) { return sink.Begin(format); });
}

Status FanOut::Row(int plane, std::span<const std::byte> row) {
  return All([&](Resizer& sink) { return sink.Row(plane, row); });
}

Status FanOut::End() {
  return All([](Resizer& sink) { return sink.End(); });
}

void RowPath::Restore(Raster& raster) const {
  if (opaque()) DropAlpha(raster);
  Unpremultiply(raster);
  if (linear_) linear_light_.Leave(raster);
}

}  // namespace tbbthumbs
