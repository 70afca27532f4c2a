#include "tools/decoder_process.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <utility>
#include <variant>
#include <vector>

#include "codecs/byte_source.h"
#include "pipeline/local_maker.h"
#include "tools/decoder_channel.h"
#include "tools/decoder_messages.h"
#include "tools/sandbox.h"

namespace tbbthumbs::tool {
namespace {

// Longer reasons are of no use to anyone.
constexpr size_t kMostReasonBytes = 4096;

// Nobody is there any more to work for. Decoders written in C may be at work: nothing may be thrown.
[[noreturn]] void Leave() { _exit(kExitDone); }

DecoderMessage Await(MessageSocket& socket) {
  DecoderMessage message;
  if (socket.Receive(message, true) != MessageSocket::Got::kMessage) Leave();
  return message;
}

void Tell(const MessageSocket& socket, const DecoderMessage& message) {
  if (!socket.Send(message)) Leave();
}

// The picture of a request.
class RequestedSource final : public ByteSource {
 public:
  RequestedSource(MessageSocket& socket, const SharedMemory& memory, const PictureRequest& request)
      : socket_(socket),
        memory_(memory),
        size_(request.bytes),
        resident_(memory.area().first(request.resident_bytes)) {}

  uint64_t size() const override { return size_; }
  std::span<const std::byte> Resident() const override { return resident_; }

  Result<size_t> ReadAt(uint64_t offset, std::span<std::byte> out) override {
    size_t filled = 0;
    while (filled < out.size() && offset + filled < size_) {
      auto read = ReadSome(offset + filled, out.subspan(filled));
      if (!read) return read;
      if (*read == 0) break;
      filled += *read;
    }
    return filled;
  }

 private:
  Result<size_t> ReadSome(uint64_t offset, std::span<std::byte> out) {
    std::span<const std::byte> bytes;
    if (offset < resident_.size()) {
      bytes = resident_.subspan(offset);
    } else {
      Tell(socket_, ReadRequest{offset, std::min<uint64_t>(out.size(), memory_.window().size())});
      const DecoderMessage message = Await(socket_);
      const auto* const answer = std::get_if<ReadAnswer>(&message);
      if (answer == nullptr) Leave();
      if (answer->error) return tl::unexpected<Error>(*answer->error);
      bytes = memory_.window().first(std::min<uint64_t>(answer->bytes, memory_.window().size()));
    }
    const size_t count = std::min(bytes.size(), out.size());
    std::memcpy(out.data(), bytes.data(), count);
    return count;
  }

  MessageSocket& socket_;
  const SharedMemory& memory_;
  const uint64_t size_;
  const std::span<const std::byte> resident_;
};

class Decoding {
 public:
  Decoding(MessageSocket socket, SharedMemory memory) : socket_(std::move(socket)), memory_(std::move(memory)) {}

  [[noreturn]] void Serve() {
    Tell(socket_, DecoderHello{});
    for (;;) {
      const DecoderMessage message = Await(socket_);
      const auto* const request = std::get_if<PictureRequest>(&message);
      if (request == nullptr || request->resident_bytes > memory_.area().size()) Leave();
      PictureAnswer answer;
      try {
        answer = AnswerTo(*request);
      } catch (const std::bad_alloc&) {
        answer = {};
        answer.error = Error{ErrorCode::kOutOfMemory, "no memory left"};
      } catch (const std::exception& error) {
        answer = {};
        answer.error = Error{ErrorCode::kInternal, error.what()};
      }
      Deliver(std::move(answer));
    }
  }

 private:
  PictureAnswer AnswerTo(const PictureRequest& request) {
    RequestedSource source(socket_, memory_, request);
    PictureAnswer answer;
    const auto fail = [&](Error error) {
      answer.error = std::move(error);
      if (answer.error->message.size() > kMostReasonBytes) answer.error->message.resize(kMostReasonBytes);
    };
    if (request.header_only) {
      auto header = maker_.ReadHeader(source, request.specs, request.limits);
      if (header) {
        answer.header = std::move(*header);
      } else {
        fail(std::move(header.error()));
      }
      return answer;
    }
    std::chrono::nanoseconds ignored{};  // the command asks the kernel
    auto made = maker_.Make(source, request.specs, request.limits, request.kept_bytes, {}, ignored);
    if (made) {
      answer.made = std::move(*made);
    } else {
      fail(std::move(made.error()));
    }
    return answer;
  }

  void Deliver(PictureAnswer answer) {
    std::vector<std::byte> bytes;
    for (Encoded& thumbnail : answer.made.thumbnails) {
      answer.thumbnail_bytes.push_back(thumbnail.bytes.size());
      if (bytes.empty()) {
        bytes = std::move(thumbnail.bytes);
      } else {
        bytes.insert(bytes.end(), thumbnail.bytes.begin(), thumbnail.bytes.end());
      }
    }
    std::span<const std::byte> rest = bytes;
    const auto fill = [&] {
      const size_t count = std::min(rest.size(), memory_.area().size());
      if (count > 0) std::memcpy(memory_.area().data(), rest.data(), count);
      rest = rest.subspan(count);
    };
    fill();
    Tell(socket_, std::move(answer));
    while (!rest.empty()) {
      if (!std::holds_alternative<MoreBytes>(Await(socket_))) Leave();
      fill();
      Tell(socket_, MoreBytes{});
    }
  }

  MessageSocket socket_;
  SharedMemory memory_;
  LocalMaker maker_;
};

// What the command was told by its environment is none of a decoder's business.
void ForgetEnvironment() {
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    explicit_bzero(*variable, std::strlen(*variable));
  }
  clearenv();
}

bool IsMessageSocket(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

}  // namespace

ExitCode RunDecoder(std::span<char* const> words) {
  if (words.size() != 2 || !IsMessageSocket(kDecoderSocket)) return kExitUsage;
  prctl(PR_SET_NAME, "tbbthumbs-dec");
  const auto mode = static_cast<SandboxMode>(std::atoi(words[1]));
  MessageSocket socket{Descriptor(kDecoderSocket)};
  auto memory = SharedMemory::Open(Descriptor(kDecoderMemory));
  if (!memory) return kExitOutput;
  memory->TakeFd();
  ForgetEnvironment();
  if (!EnterCell(mode, KernelAbilities(), kDecoderSocket)) return kExitOutput;
  Decoding(std::move(socket), std::move(*memory)).Serve();
}

}  // namespace tbbthumbs::tool
