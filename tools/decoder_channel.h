// The two ways between the command and a process that decodes for it: messages, and memory that both see.
#ifndef TBBTHUMBS_TOOLS_DECODER_CHANNEL_H_
#define TBBTHUMBS_TOOLS_DECODER_CHANNEL_H_

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "codecs/error.h"
#include "pipeline/posix_file.h"
#include "tools/decoder_messages.h"

namespace tbbthumbs::tool {

// One end of a pair of sockets that keep messages apart (SOCK_SEQPACKET), and tell who has sent each. Used by one
// thread at a time.
class MessageSocket {
 public:
  explicit MessageSocket(Descriptor fd);

  // Waits for nobody. False: the other end is gone, or does not take what it is sent.
  bool Send(const DecoderMessage& message) const;

  enum class Got {
    kMessage,
    kNothing,  // yet; only where it does not wait
    kGarbage,  // no message of this program
    kEnd,      // the other end is gone
  };
  Got Receive(DecoderMessage& message, bool wait);
  // Of the message received last, as the kernel says.
  pid_t sender() const { return sender_; }

  int fd() const { return fd_.get(); }

 private:
  Descriptor fd_;
  std::vector<std::byte> buffer_;
  pid_t sender_ = 0;
};

// Memory of a file without a name: an area for the bytes of pictures, then of thumbnails, and behind it a window for
// what is read on demand.
class SharedMemory {
 public:
  static constexpr size_t kWindowBytes = size_t{256} << 10;

  // An area of so many bytes, of which only those that are used take memory. Errors: kIo.
  static Result<SharedMemory> Make(size_t area_bytes);
  // What another process has made.
  static Result<SharedMemory> Open(Descriptor fd);
  ~SharedMemory();
  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) noexcept;

  std::span<std::byte> area() const { return bytes_.first(bytes_.size() - kWindowBytes); }
  std::span<std::byte> window() const { return bytes_.last(kWindowBytes); }
  // Gives back what the area holds beyond its first `kept_bytes`; they are zero then.
  void Trim(size_t kept_bytes) const;
  // What another process opens it by; needed once.
  Descriptor TakeFd() { return std::move(fd_); }

 private:
  static Result<SharedMemory> Map(Descriptor fd, size_t bytes);
  SharedMemory(Descriptor fd, std::span<std::byte> bytes) : fd_(std::move(fd)), bytes_(bytes) {}

  Descriptor fd_;
  std::span<std::byte> bytes_;
};

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_DECODER_CHANNEL_H_
