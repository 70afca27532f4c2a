#include "bench/strategies/driving.h"

namespace tbbthumbs::bench {

void ReadHere(Stages& stages, Item& item) {
  const size_t bytes = stages.LookUp(item);
  item.claim = stages.budget().Charge(bytes);
  stages.Fetch(item, bytes);
}

void Work(Stages& stages, Item& item) {
  stages.thumbnailer().Process(item);
  stages.publisher().Stage(item);
}

std::vector<std::unique_ptr<Item>> ListAll(Stages& stages) {
  std::vector<std::unique_ptr<Item>> items;
  while (std::unique_ptr<Item> item = stages.items().Next()) items.push_back(std::move(item));
  return items;
}

void Committer::Commit(Item& item) {
  const std::lock_guard lock(mutex_);
  stages_.publisher().Commit(item);
}

void ReorderBuffer::Put(std::unique_ptr<Item> item) {
  const uint64_t seq = item->seq;
  early_.emplace(seq, std::move(item));
}

std::unique_ptr<Item> ReorderBuffer::Take() {
  if (early_.empty() || early_.begin()->first != next_) return nullptr;
  std::unique_ptr<Item> item = std::move(early_.begin()->second);
  early_.erase(early_.begin());
  ++next_;
  return item;
}

}  // namespace tbbthumbs::bench
