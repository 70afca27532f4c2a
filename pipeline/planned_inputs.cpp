#include "pipeline/planned_inputs.h"

#include <utility>

#include "pipeline/file_system.h"
#include "pipeline/url_input.h"

namespace tbbthumbs {

bool PlannedInputs::ReadPage() {
  const auto fail = [&](const Error& error) {
    failure_ = Error{error.code, "the plan " + part_.plan.string() + ": " + error.message};
    return false;
  };
  if (failure_) return false;
  if (!plan_) {
    auto plan = PlanReader::Open(part_.plan.string());
    if (!plan) return fail(plan.error());
    plan_ = std::move(*plan);
  }
  auto page = plan_->Page(part_.shard, place_);
  if (!page) return fail(page.error());
  page_ = std::move(*page);
  next_ = 0;
  place_ += page_.size();
  return !page_.empty();
}

std::optional<InputFile> PlannedInputs::Next() {
  if (!HasNext() && !ReadPage()) return std::nullopt;
  PlanItem& item = page_[next_++];
  // Files are there by their absolute paths.
  InputFile file = LooksLikeUrl(item.path) ? UrlInput(item.path) : InputFile();
  file.path = std::move(item.path);
  file.found = item.found;
  if (item.error) file.error = std::move(item.error);
  file.planned.emplace();
  file.planned->seq = item.seq;
  OutputNames& names = file.planned->names;
  for (std::vector<std::string>* const paths : {&item.jpeg, &item.png}) {
    for (std::string& path : *paths) path = JoinPath(output_, path);
  }
  names.jpeg = std::move(item.jpeg);
  names.png = std::move(item.png);
  names.changes = item.changes;
  return file;
}

}  // namespace tbbthumbs
