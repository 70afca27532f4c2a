// Starts and ends the processes that decode, for a command that locks itself in and can't.
#ifndef TBBTHUMBS_TOOLS_DECODER_KEEPER_H_
#define TBBTHUMBS_TOOLS_DECODER_KEEPER_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "codecs/error.h"
#include "tools/decoder_channel.h"
#include "tools/sandbox.h"

namespace tbbthumbs::tool {

struct DecoderLimits {
  int count = 1;            // of decoders
  size_t area_bytes = 0;    // of the memory shared with each
  uint64_t most_bytes = 0;  // of a decoder's own memory; 0: any number
  SandboxMode sandbox = SandboxMode::kAuto;
};

// A process of its own, which stays outside of the room and touches nothing that comes from a picture. It ends with
// this one, however that ends, and all decoders with it. StartDecoder and EndDecoder are thread-safe.
class DecoderKeeper {
 public:
  // The command's end of a channel.
  struct Channel {
    MessageSocket socket;
    SharedMemory memory;
  };

  // None of its decoders runs yet. Where files, address space or descriptors are few, they are fewer, and their areas
  // smaller. Before this process has threads, and by the thread that stays longest: its end is theirs. Errors: kIo,
  // kOutOfMemory.
  static Result<std::unique_ptr<DecoderKeeper>> Start(const DecoderLimits& limits);
  // Waits until it has ended.
  ~DecoderKeeper();
  DecoderKeeper(const DecoderKeeper&) = delete;
  DecoderKeeper& operator=(const DecoderKeeper&) = delete;

  pid_t pid() const { return pid_; }
  int count() const { return static_cast<int>(channels_.size()); }
  // Of one thread at a time each.
  Channel& channel(int index) { return channels_[static_cast<size_t>(index)]; }

  // Neither waits for what it orders; false: the keeper is gone. By the channel the keeper says DecoderStart, with the
  // order's number, or DecoderEnd where it can't, the decoder DecoderHello when it is there, and the keeper DecoderEnd
  // when it has ended. One that still runs gives way to its successor without a word.
  bool StartDecoder(int index, uint64_t number) const;
  bool EndDecoder(int index) const;

 private:
  DecoderKeeper() = default;

  std::vector<Channel> channels_;
  Descriptor orders_;
  pid_t pid_ = -1;
};

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_DECODER_KEEPER_H_
