#include "tools/decoder_client.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <fstream>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include "codecs/format.h"

namespace tbbthumbs::tool {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr milliseconds kLookEvery{1000};
// A decoder that has the turn and sleeps does not wait for anything there is. (One that waits for a CPU does not
// sleep.)
constexpr int kMostIdleLooks = 10;
// Looks in vain at what should start, or end: not by the clock, which goes on while this process is stopped.
constexpr int kMostVainLooks = 60;

// Beyond its own deadline, at which a decoder ends a picture by itself.
nanoseconds CpuLimit(const DecodeLimits& limits) {
  return nanoseconds(limits.cpu_deadline) + nanoseconds(limits.cpu_deadline) / 2 + seconds(2);
}

// For terminals and records.
std::string Plain(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

Error AllEnded() { return {ErrorCode::kIo, std::string(DecoderClient::kAllEnded)}; }

std::string HowEnded(const DecoderEnd& end) {
  if (!WIFSIGNALED(end.status)) return fmt::format("with exit code {}", WEXITSTATUS(end.status));
  const int signal = WTERMSIG(end.status);
  const char* const name = sigabbrev_np(signal);
  std::string how = name != nullptr ? std::string("by SIG") + name : fmt::format("by signal {}", signal);
  if (signal == SIGKILL) how += ", perhaps for its memory";
  return how;
}

Error EndedBy(const DecoderEnd& end) {
  return {ErrorCode::kCrashed, "the process that decoded it ended " + HowEnded(end)};
}

}  // namespace

DecoderClient::DecoderClient(DecoderKeeper& keeper, int index, uint64_t most_bytes)
    : keeper_(keeper),
      index_(index),
      most_bytes_(most_bytes),
      channel_(keeper.channel(index)),
      stop_event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Status DecoderClient::Start() {
  if (lost_) return tl::unexpected<Error>(AllEnded());
  if (running_) return {};
  // What the last one has left in it is none of the next one's business.
  channel_.memory.Trim(0);
  ++order_;
  pid_ = 0;
  lost_ = !keeper_.StartDecoder(index_, order_);
  DecoderMessage message;
  for (int vain = 0; !lost_ && vain < kMostVainLooks;) {
    const auto got = Receive(message);
    if (got == MessageSocket::Got::kNothing) ++vain;
    if (got != MessageSocket::Got::kMessage) continue;
    if (const auto* start = std::get_if<DecoderStart>(&message)) pid_ = start->pid;
    running_ = std::holds_alternative<DecoderHello>(message);
    if (running_) return {};
    if (const auto* end = std::get_if<DecoderEnd>(&message)) {
      const std::string why = end->error != 0 ? std::strerror(end->error) : "it ended " + HowEnded(*end);
      return Fail(ErrorCode::kIo, "no process that decodes can be started: " + why);
    }
  }
  if (lost_) return tl::unexpected<Error>(AllEnded());
  return Fail(ErrorCode::kIo, "no process that decodes starts");
}

// What counts are the keeper's words about the last order, and those of the decoder that it has started by it: what an
// earlier one has left behind is passed over.
MessageSocket::Got DecoderClient::Receive(DecoderMessage& message) {
  for (;;) {
    pollfd waiting{channel_.socket.fd(), POLLIN, 0};
    if (poll(&waiting, 1, static_cast<int>(kLookEvery.count())) <= 0) return MessageSocket::Got::kNothing;
    // What does not count is no look in vain: there may be a lot of it.
    if (const auto got = ReceiveNow(message); got != MessageSocket::Got::kNothing) return got;
  }
}

MessageSocket::Got DecoderClient::ReceiveNow(DecoderMessage& message) {
  const auto got = channel_.socket.Receive(message, false);
  if (got == MessageSocket::Got::kEnd) lost_ = true;
  if (got == MessageSocket::Got::kEnd || got == MessageSocket::Got::kNothing) return got;
  const bool is_keepers = got == MessageSocket::Got::kMessage && (std::holds_alternative<DecoderStart>(message) ||
                                                                  std::holds_alternative<DecoderEnd>(message));
  const pid_t sender = channel_.socket.sender();
  if (sender == keeper_.pid() && is_keepers) {
    const auto* const end = std::get_if<DecoderEnd>(&message);
    const uint64_t order = end != nullptr ? end->order : std::get<DecoderStart>(message).order;
    if (order != order_) return MessageSocket::Got::kNothing;
    if (end != nullptr) {
      running_ = false;
      pid_ = 0;
      ended_cpu_ += end->cpu_time.count();
    }
    return got;
  }
  if (pid_ == 0 || sender != pid_) return MessageSocket::Got::kNothing;
  return is_keepers ? MessageSocket::Got::kGarbage : got;
}

Result<PictureAnswer> DecoderClient::Ask(PictureRequest request, ByteSource& source, const std::stop_token& stop,
                                         nanoseconds& cpu_time) {
  const auto resident = source.Resident();
  const auto area = channel_.memory.area();
  const size_t placed = std::min(resident.size(), area.size());
  request.bytes = source.size();
  request.resident_bytes = placed;
  // One that has died since the last picture did not die of this one.
  DecoderMessage message;
  if (running_ && ReceiveNow(message) != MessageSocket::Got::kNothing) End();
  if (Status status = Start(); !status) return tl::unexpected<Error>(std::move(status.error()));
  if (placed > 0) std::memcpy(area.data(), resident.data(), placed);
  const nanoseconds before = CpuTime();
  cpu_before_ = cpu_seen_ = DecoderCpuTime();
  looked_ = steady_clock::now();
  idle_looks_ = 0;
  read_error_.reset();
  try {
    auto answer = Converse(request, source, stop);
    size_t used = placed;
    if (answer) {
      for (const uint64_t bytes : answer->thumbnail_bytes) used = std::max(used, static_cast<size_t>(bytes));
    }
    if (used > kKeptAreaBytes) channel_.memory.Trim(kKeptAreaBytes);
    cpu_time += CpuTime() - before;
    return answer;
  } catch (...) {
    // It would take the next picture's words for an answer to its own.
    End();
    throw;
  }
}

Result<PictureAnswer> DecoderClient::Converse(const PictureRequest& request, ByteSource& source,
                                              const std::stop_token& stop) {
  const auto give_up = [&](Waited why) { return tl::unexpected<Error>(GiveUp(why, request.limits)); };
  if (!channel_.socket.Send(request)) return give_up(Waited::kGarbage);
  for (;;) {
    DecoderMessage message;
    if (const Waited waited = Await(message, request.limits, stop); waited != Waited::kMessage) return give_up(waited);
    if (const auto* end = std::get_if<DecoderEnd>(&message)) return tl::unexpected<Error>(EndedBy(*end));
    if (const auto* wanted = std::get_if<ReadRequest>(&message)) {
      if (!channel_.socket.Send(Read(source, *wanted))) return give_up(Waited::kGarbage);
      continue;
    }
    auto* const answer = std::get_if<PictureAnswer>(&message);
    // What went wrong here is known best here.
    if (answer != nullptr && answer->error && read_error_) return tl::unexpected<Error>(*read_error_);
    if (answer == nullptr || !IsAnswerTo(request, *answer, most_bytes_)) return give_up(Waited::kGarbage);
    if (answer->error) {
      answer->error->message = Plain(std::move(answer->error->message));
    } else {
      if (answer->made.decode.damage) answer->made.decode.damage->message = Plain(answer->made.decode.damage->message);
      if (Status status = TakeBytes(*answer, request, stop); !status) return tl::unexpected<Error>(status.error());
    }
    return std::move(*answer);
  }
}

Status DecoderClient::TakeBytes(PictureAnswer& answer, const PictureRequest& request, const std::stop_token& stop) {
  const auto give_up = [&](Waited why) { return tl::unexpected<Error>(GiveUp(why, request.limits)); };
  const auto area = channel_.memory.area();
  size_t taken = 0;  // of the area
  for (size_t i = 0; i < answer.made.thumbnails.size(); ++i) {
    Encoded& thumbnail = answer.made.thumbnails[i];
    for (uint64_t left = answer.thumbnail_bytes[i]; left > 0;) {
      if (taken == area.size()) {
        DecoderMessage message;
        const Waited waited =
            channel_.socket.Send(MoreBytes{}) ? Await(message, request.limits, stop) : Waited::kGarbage;
        if (waited != Waited::kMessage) return give_up(waited);
        if (const auto* end = std::get_if<DecoderEnd>(&message)) return tl::unexpected<Error>(EndedBy(*end));
        if (!std::holds_alternative<MoreBytes>(message)) return give_up(Waited::kGarbage);
        taken = 0;
      }
      const size_t count = static_cast<size_t>(std::min<uint64_t>(left, area.size() - taken));
      const auto piece = area.subspan(taken, count);
      thumbnail.bytes.insert(thumbnail.bytes.end(), piece.begin(), piece.end());
      taken += count;
      left -= count;
    }
    const std::span<const std::byte> bytes = thumbnail.bytes;
    const Format said = thumbnail.format == OutputFormat::kPng ? Format::kPng : Format::kJpeg;
    if (SniffFormat(bytes.first(std::min(bytes.size(), kSniffBytes))) != said) return give_up(Waited::kGarbage);
  }
  return {};
}

ReadAnswer DecoderClient::Read(ByteSource& source, const ReadRequest& wanted) {
  const auto window = channel_.memory.window();
  const auto read = source.ReadAt(wanted.offset, window.first(std::min<uint64_t>(wanted.bytes, window.size())));
  ReadAnswer answer;
  if (read) {
    answer.bytes = *read;
  } else {
    answer.error = read_error_ = read.error();
  }
  return answer;
}

DecoderClient::Waited DecoderClient::Await(DecoderMessage& message, const DecodeLimits& limits,
                                           const std::stop_token& stop) {
  const std::stop_callback on_stop(stop, [this] { eventfd_write(stop_event_.get(), 1); });
  for (;;) {
    std::array<pollfd, 2> waiting{pollfd{channel_.socket.fd(), POLLIN, 0}, pollfd{stop_event_.get(), POLLIN, 0}};
    const int ready = poll(waiting.data(), waiting.size(), static_cast<int>(kLookEvery.count()));
    if (stop.stop_requested()) {
      eventfd_t ignored = 0;
      eventfd_read(stop_event_.get(), &ignored);
      return Waited::kStopped;
    }
    if (const auto trouble = Watch(limits)) return *trouble;
    if (ready <= 0 || waiting[0].revents == 0) continue;
    switch (ReceiveNow(message)) {
      case MessageSocket::Got::kMessage:
        return Waited::kMessage;
      case MessageSocket::Got::kNothing:
        continue;
      case MessageSocket::Got::kGarbage:
        return Waited::kGarbage;
      case MessageSocket::Got::kEnd:
        return Waited::kEnd;
    }
  }
}

std::optional<DecoderClient::Waited> DecoderClient::Watch(const DecodeLimits& limits) {
  const auto now = steady_clock::now();
  if (now - looked_ < kLookEvery) return std::nullopt;
  looked_ = now;
  const nanoseconds used = DecoderCpuTime();
  if (limits.cpu_deadline.count() > 0 && used - cpu_before_ > CpuLimit(limits)) return Waited::kOverTime;
  const bool is_idle = used == cpu_seen_ && Sleeps();
  cpu_seen_ = used;
  idle_looks_ = is_idle ? idle_looks_ + 1 : 0;
  if (idle_looks_ >= kMostIdleLooks) return Waited::kStuck;
  return std::nullopt;
}

Error DecoderClient::GiveUp(Waited why, const DecodeLimits& limits) {
  End();
  switch (why) {
    case Waited::kStopped:
      return {ErrorCode::kStopped, "stopped"};
    case Waited::kOverTime:
      return {ErrorCode::kTimeout,
              fmt::format("over the CPU deadline of {} ms: the process that decoded it did not stop, and was ended",
                          limits.cpu_deadline.count())};
    case Waited::kStuck:
      return {ErrorCode::kCrashed, "the process that decoded it hung, and was ended"};
    case Waited::kEnd:
      return AllEnded();
    case Waited::kGarbage:
    case Waited::kMessage:
      break;
  }
  return {ErrorCode::kCrashed, "the process that decoded it gave no answer that makes sense, and was ended"};
}

void DecoderClient::End() {
  if (!running_ || lost_) return;
  running_ = false;
  lost_ = !keeper_.EndDecoder(index_);
  DecoderMessage message;
  for (int vain = 0; !lost_ && vain < kMostVainLooks;) {
    const auto got = Receive(message);
    if (got == MessageSocket::Got::kNothing) ++vain;
    // All that it has said before is passed over.
    if (got == MessageSocket::Got::kMessage && std::holds_alternative<DecoderEnd>(message)) return;
  }
}

nanoseconds DecoderClient::CpuTime() const { return nanoseconds(ended_cpu_) + DecoderCpuTime(); }

nanoseconds DecoderClient::DecoderCpuTime() const {
  const pid_t pid = pid_;
  clockid_t clock{};
  timespec time{};
  const bool is_known = pid > 0 && clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &time) == 0;
  return is_known ? seconds(time.tv_sec) + nanoseconds(time.tv_nsec) : nanoseconds(0);
}

// Or is not there any more, where nobody says that it has ended.
bool DecoderClient::Sleeps() const {
  std::ifstream stream(fmt::format("/proc/{}/stat", pid_.load()));
  std::string line;
  std::getline(stream, line);
  // Behind the name, which may have any letters.
  const size_t name_end = line.rfind(") ");
  return name_end == std::string::npos || line.compare(name_end + 2, 1, "S") == 0;
}

}  // namespace tbbthumbs::tool
