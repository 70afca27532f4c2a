#include "pipeline/stages.h"

#include <utility>

#include "codecs/thumbnail_spec.h"

namespace tbbthumbs {

Stages::Stages(FileSystem& file_system, const JobOptions& options, std::function<void(PictureResult)> on_result,
               std::function<void()> on_fatal)
    : names_(options.output.string(), SizeLabels(options.specs.sizes)),
      budget_(options.read_ahead_bytes),
      inputs_(file_system, options.input, options.output.string(), options.keep_open),
      items_(inputs_, names_),
      reader_(file_system, options, names_),
      thumbnailer_(options.specs, options.limits, stop_.get_token()),
      publisher_(file_system, options.output.string(), options.if_exists, names_, std::move(on_result),
                 std::move(on_fatal)) {}

void Stages::Stop() {
  stop_.request_stop();
  inputs_.Stop();
  budget_.Stop();
}

}  // namespace tbbthumbs
