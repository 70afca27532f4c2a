// What a worker process tells of a picture that it has staged or ended.
#ifndef TBBTHUMBS_BENCH_STRATEGIES_ITEM_MESSAGE_H_
#define TBBTHUMBS_BENCH_STRATEGIES_ITEM_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/item.h"

namespace tbbthumbs::bench {

// The parts of `item` that the read, thumbnail and write stages have set, in the byte order of this machine.
std::vector<std::byte> PackItem(const Item& item);

// Sets those parts of `item`. `message` is from PackItem of the same program: it is not checked.
void UnpackItem(std::span<const std::byte> message, Item& item);

// Of which input a message is.
uint64_t SeqOf(std::span<const std::byte> message);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_STRATEGIES_ITEM_MESSAGE_H_
