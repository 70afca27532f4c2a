// The way of a picture's rows from its decoder to the resizers. Private to codecs/thumbnail.cpp.
#ifndef TBBTHUMBS_CODECS_ROW_PATH_H_
#define TBBTHUMBS_CODECS_ROW_PATH_H_

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "codecs/alpha.h"
#include "codecs/color_profile.h"
#include "codecs/linear_light.h"
#include "codecs/raster.h"
#include "codecs/resizer.h"
#include "codecs/row_sink.h"
#include "codecs/workspace.h"
#include "codecs/ycc_joiner.h"

namespace tbbthumbs {

// Gives every row to several resizers.
class FanOut final : public RowSink {
 public:
  explicit FanOut(std::vector<Resizer*> sinks) : sinks_(std::move(sinks)) {}

  [[nodiscard]] Status Begin(const RowFormat& format) override;
  [[nodiscard]] Status Row(int plane, std::span<const std::byte> row) override;
  [[nodiscard]] Status End() override;

 private:
  template <class F>
  Status All(F&& f);

  const std::vector<Resizer*> sinks_;
};

// Alpha is multiplied into the colours, in linear light or not; back again in the small pictures. One picture;
// `resizers` and `workspace` must outlive it.
class RowPath {
 public:
  RowPath(std::vector<Resizer*> resizers, const ColorProfile& profile, bool linear, Workspace& workspace)
      : linear_(linear),
        fan_out_(std::move(resizers)),
        premultiplier_(fan_out_),
        linear_light_(fan_out_, profile, workspace.curves()),
        joiner_(linear_light_) {}

  // Where the decoder's rows go in.
  RowSink& front() { return linear_ ? static_cast<RowSink&>(joiner_) : premultiplier_; }

  // Whether every pixel was opaque.
  bool opaque() const { return linear_ ? linear_light_.opaque() : premultiplier_.opaque(); }

  // A resized picture as it was stored, with straight alpha, or none where every pixel was opaque.
  void Restore(Raster& raster) const;

 private:
  const bool linear_;
  FanOut fan_out_;
  Premultiplier premultiplier_;
  LinearLight linear_light_;
  YccJoiner joiner_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_ROW_PATH_H_
