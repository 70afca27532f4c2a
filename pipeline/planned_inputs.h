// The inputs of a plan's shard.
#ifndef TBBTHUMBS_PIPELINE_PLANNED_INPUTS_H_
#define TBBTHUMBS_PIPELINE_PLANNED_INPUTS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "codecs/error.h"
#include "pipeline/input_options.h"
#include "pipeline/item.h"
#include "pipeline/plan_store.h"

namespace tbbthumbs {

// Reads them as they are taken. Not thread-safe.
class PlannedInputs {
 public:
  // `output`: the output directory, below which their names are.
  PlannedInputs(PlanPart part, std::string output) : part_(std::move(part)), output_(std::move(output)) {}

  // Nothing at the end, and on failure.
  std::optional<InputFile> Next();
  // Whether Next would not have to read.
  bool HasNext() const { return next_ < page_.size(); }

  // Why they ended early.
  const std::optional<Error>& failure() const { return failure_; }

 private:
  bool ReadPage();

  const PlanPart part_;
  const std::string output_;
  std::unique_ptr<PlanReader> plan_;
  std::vector<PlanItem> page_;
  size_t next_ = 0;     // of page_
  uint64_t place_ = 0;  // of the next page
  std::optional<Error> failure_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_PLANNED_INPUTS_H_
