#include "pipeline/rename_order.h"

#include <cstddef>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace tbbthumbs {

std::vector<RenameStep> OrderRenames(std::vector<RenameStep> moves,
                                     const std::function<std::string(const RenameStep&)>& aside) {
  constexpr size_t kNone = static_cast<size_t>(-1);
  std::unordered_map<std::string_view, size_t> by_from;
  by_from.reserve(moves.size());
  for (size_t i = 0; i < moves.size(); ++i) by_from.emplace(moves[i].from, i);
  // Who waits for the name that a move gives up; at most one, as no two want the same.
  std::vector<size_t> waiting(moves.size(), kNone);
  std::vector<bool> waits(moves.size());
  for (size_t i = 0; i < moves.size(); ++i) {
    const auto holder = by_from.find(moves[i].to);
    if (holder == by_from.end()) continue;
    waiting[holder->second] = i;
    waits[i] = true;
  }
  by_from.clear();  // its keys are views of what moves away below

  std::vector<RenameStep> steps;
  steps.reserve(moves.size());
  std::vector<bool> done(moves.size());
  const auto take_chain = [&](size_t i) {
    for (; i != kNone && !done[i]; i = waiting[i]) {
      done[i] = true;
      steps.push_back(std::move(moves[i]));
    }
  };
  for (size_t i = 0; i < moves.size(); ++i) {
    if (!waits[i]) take_chain(i);
  }
  // What is left goes round.
  for (size_t i = 0; i < moves.size(); ++i) {
    if (done[i]) continue;
    RenameStep last = std::move(moves[i]);
    std::string between = aside(last);
    steps.push_back({std::move(last.from), between, last.inode});
    done[i] = true;
    take_chain(waiting[i]);
    steps.push_back({std::move(between), std::move(last.to), last.inode});
  }
  return steps;
}

}  // namespace tbbthumbs
