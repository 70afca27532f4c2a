// Starts and ends the processes that decode, for a command that locks itself in and can't.
#ifndef TBBTHUMBS_TOOLS_DECODER_KEEPER_H_
#define TBBTHUMBS_TOOLS_DECODER_KEEPER_H_

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "codecs/error.h"
#include "tools/decoder_channel.h"
#include "tools/sandbox.h"

namespace tbbthumbs::tool {

// A process of its own, which stays outside of the room and touches nothing that comes from a picture. It ends with
// this one, however that ends, and all decoders with it. StartDecoder and EndDecoder are thread-safe.
class DecoderKeeper {
 public:
  // The command's end of a channel.
  struct Channel {
    MessageSocket socket;
    SharedMemory memory;
  };

  // For `count` decoders at most, none of which runs yet. Before this process has threads, and by the thread that
  // stays longest: their end is its end. Errors: kIo.
  static Result<std::unique_ptr<DecoderKeeper>> Start(int count, size_t area_bytes, SandboxMode mode);
  // Waits until it has ended.
  ~DecoderKeeper();
  DecoderKeeper(const DecoderKeeper&) = delete;
  DecoderKeeper& operator=(const DecoderKeeper&) = delete;

  pid_t pid() const { return pid_; }
  int count() const { return static_cast<int>(channels_.size()); }
  // Of one thread at a time each.
  Channel& channel(int index) { return channels_[static_cast<size_t>(index)]; }

  // Both return at once; false: the keeper is gone. By the channel the keeper says DecoderStart, or DecoderEnd where it
  // can't, the decoder DecoderHello when it is there, and the keeper DecoderEnd when it has ended. One that still runs
  // gives way to its successor without a word.
  bool StartDecoder(int index) const;
  bool EndDecoder(int index) const;

 private:
  DecoderKeeper() = default;

  std::vector<Channel> channels_;
  Descriptor orders_;
  pid_t pid_ = -1;
};

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_DECODER_KEEPER_H_
