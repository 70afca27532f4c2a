#include "bench/strategies/item_message.h"

#include <string>
#include <utility>

#include "pipeline/byte_archive.h"

namespace tbbthumbs::bench {
namespace {

// The parts that stages set, in one order for both directions; not the outputs, of which there are as many as staged
// files.
template <class Archive, class AnyItem>
void Parts(Archive& archive, AnyItem& item) {
  auto& result = item.result;
  archive(item.seq, item.ended, result.outcome, result.format, result.size, result.bytes_in, result.decoder,
          result.damage, result.error, result.cpu_time, result.stages, item.staged);
}

}  // namespace

std::vector<std::byte> PackItem(const Item& item) {
  ByteWriter pack;
  Parts(pack, item);
  for (size_t i = 0; i < item.staged.size(); ++i) {
    const auto& output = item.result.outputs[i];
    pack(output.path.native(), output.size, output.bytes);
  }
  return pack.Take();
}

void UnpackItem(std::span<const std::byte> message, Item& item) {
  ByteReader unpack(message);
  Parts(unpack, item);
  item.result.outputs.resize(item.staged.size());
  for (auto& output : item.result.outputs) {
    std::string path;
    unpack(path, output.size, output.bytes);
    output.path = std::move(path);
  }
}

uint64_t SeqOf(std::span<const std::byte> message) {
  uint64_t seq = 0;
  ByteReader unpack(message);
  unpack(seq);
  return seq;
}

}  // namespace tbbthumbs::bench
