#include "codecs/workspace.h"

#include "codecs/color.h"
#include "codecs/filter_taps.h"

namespace tbbthumbs {

Workspace::Workspace() : colors_(std::make_unique<ColorTransforms>()), taps_(std::make_unique<TapCache>()) {}
Workspace::~Workspace() = default;

}  // namespace tbbthumbs
