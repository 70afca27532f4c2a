// The command's side of one decoder: asks for pictures, and believes nothing that comes back.
#ifndef TBBTHUMBS_TOOLS_DECODER_CLIENT_H_
#define TBBTHUMBS_TOOLS_DECODER_CLIENT_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string_view>

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
  // What is said of all pictures once the keeper has gone.
  static constexpr std::string_view kAllEnded = "the processes that decode have been ended";

  // `most_bytes`: of the thumbnails of one picture together.
  DecoderClient(DecoderKeeper& keeper, int index, uint64_t most_bytes);

  bool running() const { return running_; }
  // The keeper has gone, and all decoders with it. Any thread.
  bool lost() const { return lost_; }

  // Of the decoder; 0: there is none. Any thread.
  pid_t pid() const { return pid_; }
  // Of all decoders so far. Any thread.
  std::chrono::nanoseconds CpuTime() const;

  // Starts the decoder, where it does not run. Errors: kIo.
  [[nodiscard]] Status Start();

  // Fills in what the request has to say of the source, and has it answered: thumbnails with their bytes, checked as
  // far as a run relies on them. Adds the decoder's CPU time to `cpu_time`, also where it fails. Errors: kCrashed (the
  // decoder has ended, or made no sense), kTimeout (it took far more CPU time than it is allowed), kStopped, those of
  // the source, kIo (no decoder can be started). May throw std::bad_alloc.
  [[nodiscard]] Result<PictureAnswer> Ask(PictureRequest request, ByteSource& source, const std::stop_token& stop,
                                          std::chrono::nanoseconds& cpu_time);

 private:
  // What came within a while.
  enum class Waited { kMessage, kStopped, kGarbage, kEnd, kStuck, kOverTime };

  Result<PictureAnswer> Converse(const PictureRequest& request, ByteSource& source, const std::stop_token& stop);
  Status TakeBytes(PictureAnswer& answer, const PictureRequest& request, const std::stop_token& stop);
  ReadAnswer Read(ByteSource& source, const ReadRequest& wanted);
  // The next message of the decoder, which is at work on `request`.
  Waited Await(DecoderMessage& message, const DecodeLimits& limits, const std::stop_token& stop);
  // Looked at each second that it takes: what is wrong with the decoder, if anything is.
  std::optional<Waited> Watch(const DecodeLimits& limits);
  // Ends it, and says why.
  Error GiveUp(Waited why, const DecodeLimits& limits);
  void End();
  // Waits for a while: kNothing where nothing that counts has come.
  MessageSocket::Got Receive(DecoderMessage& message);
  MessageSocket::Got ReceiveNow(DecoderMessage& message);
  std::chrono::nanoseconds DecoderCpuTime() const;
  bool Sleeps() const;

  DecoderKeeper& keeper_;
  const int index_;
  const uint64_t most_bytes_;
  DecoderKeeper::Channel& channel_;
  const Descriptor stop_event_;
  bool running_ = false;
  std::atomic<bool> lost_ = false;
  uint64_t order_ = 0;                  // the last to start one
  std::atomic<pid_t> pid_ = 0;          // of the decoder that the keeper has started last, until it has ended
  std::atomic<int64_t> ended_cpu_ = 0;  // nanoseconds of those before

  // Of the picture at work.
  std::optional<Error> read_error_;
  std::chrono::nanoseconds cpu_before_{};
  std::chrono::nanoseconds cpu_seen_{};
  std::chrono::steady_clock::time_point looked_{};
  int idle_looks_ = 0;
};

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_DECODER_CLIENT_H_
