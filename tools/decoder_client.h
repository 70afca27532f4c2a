// The command's side of one decoder: asks for pictures, and believes nothing that comes back.
#ifndef TBBTHUMBS_TOOLS_DECODER_CLIENT_H_
#define TBBTHUMBS_TOOLS_DECODER_CLIENT_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>

#include "codecs/byte_source.h"
#include "codecs/error.h"
#include "tools/decoder_channel.h"
#include "tools/decoder_keeper.h"
#include "tools/decoder_messages.h"

namespace tbbthumbs::tool {

// Used by one thread at a time. The keeper must outlive it.
class DecoderClient {
 public:
  // Of the memory that is shared stays from picture to picture.
  static constexpr size_t kKeptAreaBytes = size_t{4} << 20;

  DecoderClient(DecoderKeeper& keeper, int index);

  // Of the decoder; 0: there is none. Any thread.
  pid_t pid() const { return pid_; }
  // Of all decoders so far. Any thread.
  std::chrono::nanoseconds CpuTime() const;

  // Starts the decoder, where it does not run. Errors: kIo.
  [[nodiscard]] Status Start();

  // Fills in what the request has to say of the source, and has it answered: thumbnails with their bytes, checked as
  // far as a run relies on them. Of the answer's own error nothing but its code is relied on. Errors: kCrashed (the
  // decoder has ended, or made no sense), kTimeout (it took far more CPU time than it is allowed), kStopped, kIo (no
  // decoder can be started), kUnsupported (too many sizes for one message). May throw std::bad_alloc.
  [[nodiscard]] Result<PictureAnswer> Ask(PictureRequest request, ByteSource& source, const std::stop_token& stop);

 private:
  // What came within a while.
  enum class Waited { kMessage, kStopped, kGarbage, kEnd, kStuck, kOverTime };

  Result<PictureAnswer> Converse(const PictureRequest& request, ByteSource& source, const std::stop_token& stop);
  Status TakeBytes(PictureAnswer& answer, const PictureRequest& request, const std::stop_token& stop);
  ReadAnswer Read(ByteSource& source, const ReadRequest& wanted) const;
  // The next message of the decoder, which is at work on `request`.
  Waited Await(DecoderMessage& message, const DecodeLimits& limits, const std::stop_token& stop);
  // Looked at each second that it takes: what is wrong with the decoder, if anything is.
  std::optional<Waited> Watch(const DecodeLimits& limits);
  // Ends it, and says why.
  Error GiveUp(Waited why, const DecodeLimits& limits);
  Error EndedBy(const DecoderEnd& end) const;
  void End();
  // Waits for a while.
  MessageSocket::Got Receive(DecoderMessage& message);
  MessageSocket::Got ReceiveNow(DecoderMessage& message);
  std::chrono::nanoseconds DecoderCpuTime() const;
  bool Sleeps() const;

  DecoderKeeper& keeper_;
  const int index_;
  DecoderKeeper::Channel& channel_;
  const Descriptor stop_event_;
  bool running_ = false;
  bool lost_ = false;                   // the keeper has gone, or one that should have ended has not
  std::atomic<pid_t> pid_ = 0;          // of the decoder that the keeper has started last, until it has ended
  std::atomic<int64_t> ended_cpu_ = 0;  // nanoseconds of those before

  // Of the picture at work.
  std::chrono::nanoseconds cpu_before_{};
  std::chrono::nanoseconds cpu_seen_{};
  std::chrono::steady_clock::time_point looked_{};
  int idle_looks_ = 0;
};

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_DECODER_CLIENT_H_
