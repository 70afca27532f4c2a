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
#include <string>
#include <utility>
#include <variant>

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
constexpr milliseconds kMostStartTime{60'000};
constexpr milliseconds kMostEndTime{60'000};
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

}  // namespace

DecoderClient::DecoderClient(DecoderKeeper& keeper, int index)
    : keeper_(keeper),
      index_(index),
      channel_(keeper.channel(index)),
      stop_event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Status DecoderClient::Start() {
  if (lost_) return Fail(ErrorCode::kIo, "the processes that decode have been ended");
  if (running_) return {};
  lost_ = !keeper_.StartDecoder(index_);
  pid_ = 0;
  const auto deadline = steady_clock::now() + kMostStartTime;
  DecoderMessage message;
  while (!lost_ && steady_clock::now() < deadline) {
    if (Receive(message) != MessageSocket::Got::kMessage) continue;
    if (const auto* start = std::get_if<DecoderStart>(&message)) pid_ = start->pid;
    running_ = std::holds_alternative<DecoderHello>(message);
    if (running_) return {};
    if (const auto* end = std::get_if<DecoderEnd>(&message)) {
      const std::string why = end->error != 0 ? std::strerror(end->error) : EndedBy(*end).message;
      return Fail(ErrorCode::kIo, "no process that decodes can be started: " + why);
    }
  }
  return Fail(ErrorCode::kIo, lost_ ? "the processes that decode have been ended" : "no process that decodes starts");
}

// Of the keeper's words all count, of others those of the decoder that it has started: what an earlier one has left
// behind is passed over.
MessageSocket::Got DecoderClient::Receive(DecoderMessage& message) {
  pollfd waiting{channel_.socket.fd(), POLLIN, 0};
  if (poll(&waiting, 1, static_cast<int>(kLookEvery.count())) <= 0) return MessageSocket::Got::kNothing;
  return ReceiveNow(message);
}

MessageSocket::Got DecoderClient::ReceiveNow(DecoderMessage& message) {
  const auto got = channel_.socket.Receive(message, false);
  if (got == MessageSocket::Got::kEnd) lost_ = true;
  if (got == MessageSocket::Got::kEnd || got == MessageSocket::Got::kNothing) return got;
  const bool is_keepers = got == MessageSocket::Got::kMessage && (std::holds_alternative<DecoderStart>(message) ||
                                                                  std::holds_alternative<DecoderEnd>(message));
  const pid_t sender = channel_.socket.sender();
  if (sender == keeper_.pid() && is_keepers) {
    if (const auto* end = std::get_if<DecoderEnd>(&message)) {
      running_ = false;
      pid_ = 0;
      ended_cpu_ += end->cpu_time.count();
    }
    return got;
  }
  if (pid_ == 0 || sender != pid_) return MessageSocket::Got::kNothing;
  return is_keepers ? MessageSocket::Got::kGarbage : got;
}

Result<PictureAnswer> DecoderClient::Ask(PictureRequest request, ByteSource& source, const std::stop_token& stop) {
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
  cpu_before_ = cpu_seen_ = DecoderCpuTime();
  looked_ = steady_clock::now();
  idle_looks_ = 0;
  auto answer = Converse(request, source, stop);
  size_t used = placed;
  if (answer) {
    for (const Encoded& thumbnail : answer->made.thumbnails) used = std::max(used, thumbnail.bytes.size());
  }
  if (used > kKeptAreaBytes) channel_.memory.Trim(kKeptAreaBytes);
  return answer;
}

Result<PictureAnswer> DecoderClient::Converse(const PictureRequest& request, ByteSource& source,
                                              const std::stop_token& stop) {
  const auto give_up = [&](Waited why) { return tl::unexpected<Error>(GiveUp(why, request.limits)); };
  if (!channel_.socket.Send(request)) return give_up(Waited::kEnd);
  for (;;) {
    DecoderMessage message;
    if (const Waited waited = Await(message, request.limits, stop); waited != Waited::kMessage) return give_up(waited);
    if (const auto* end = std::get_if<DecoderEnd>(&message)) return tl::unexpected<Error>(EndedBy(*end));
    if (const auto* wanted = std::get_if<ReadRequest>(&message)) {
      if (!channel_.socket.Send(Read(source, *wanted))) return give_up(Waited::kGarbage);
      continue;
    }
    auto* const answer = std::get_if<PictureAnswer>(&message);
    if (answer == nullptr || !IsAnswerTo(request, *answer)) return give_up(Waited::kGarbage);
    if (answer->error) {
      answer->error->message = Plain(std::move(answer->error->message));
    } else {
      if (answer->made.decode.damage) answer->made.decode.damage->message = Plain(answer->made.decode.damage->message);
      if (Status status = TakeBytes(*answer, request, stop); !status) return tl::unexpected<Error>(status.error());
    }
    answer->cpu_time = std::max(answer->cpu_time, nanoseconds(0));
    return std::move(*answer);
  }
}

Status DecoderClient::TakeBytes(PictureAnswer& answer, const PictureRequest& request, const std::stop_token& stop) {
  const auto area = channel_.memory.area();
  size_t taken = 0;  // of the area
  for (size_t i = 0; i < answer.made.thumbnails.size(); ++i) {
    for (uint64_t left = answer.thumbnail_bytes[i]; left > 0;) {
      if (taken == area.size()) {
        DecoderMessage message;
        const Waited waited = channel_.socket.Send(MoreBytes{}) ? Await(message, request.limits, stop) : Waited::kEnd;
        if (waited != Waited::kMessage) return tl::unexpected<Error>(GiveUp(waited, request.limits));
        if (!std::holds_alternative<MoreBytes>(message)) {
          return tl::unexpected<Error>(GiveUp(Waited::kGarbage, request.limits));
        }
        taken = 0;
      }
      const size_t count = static_cast<size_t>(std::min<uint64_t>(left, area.size() - taken));
      const auto piece = area.subspan(taken, count);
      auto& bytes = answer.made.thumbnails[i].bytes;
      bytes.insert(bytes.end(), piece.begin(), piece.end());
      taken += count;
      left -= count;
    }
  }
  return {};
}

ReadAnswer DecoderClient::Read(ByteSource& source, const ReadRequest& wanted) const {
  const auto window = channel_.memory.window();
  const auto read = source.ReadAt(wanted.offset, window.first(std::min<uint64_t>(wanted.bytes, window.size())));
  ReadAnswer answer;
  if (read) {
    answer.bytes = *read;
  } else {
    answer.error = read.error();
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
      return {ErrorCode::kIo, "the processes that decode have been ended"};
    case Waited::kGarbage:
    case Waited::kMessage:
      break;
  }
  return {ErrorCode::kCrashed, "the process that decoded it gave no answer that makes sense, and was ended"};
}

Error DecoderClient::EndedBy(const DecoderEnd& end) const {
  std::string how;
  if (WIFSIGNALED(end.status)) {
    const char* const name = sigabbrev_np(WTERMSIG(end.status));
    how = name != nullptr ? std::string("by SIG") + name : fmt::format("by signal {}", WTERMSIG(end.status));
    if (WTERMSIG(end.status) == SIGKILL) how += ", perhaps for its memory";
  } else {
    how = fmt::format("with exit code {}", WEXITSTATUS(end.status));
  }
  return {ErrorCode::kCrashed, "the process that decoded it ended " + how};
}

void DecoderClient::End() {
  if (!running_ || lost_) return;
  running_ = false;
  lost_ = !keeper_.EndDecoder(index_);
  const auto deadline = steady_clock::now() + kMostEndTime;
  DecoderMessage message;
  while (!lost_ && steady_clock::now() < deadline) {
    // All that it has said before is passed over.
    const bool is_message = Receive(message) == MessageSocket::Got::kMessage;
    if (is_message && std::holds_alternative<DecoderEnd>(message)) return;
  }
  lost_ = true;
}

nanoseconds DecoderClient::CpuTime() const { return nanoseconds(ended_cpu_) + DecoderCpuTime(); }

nanoseconds DecoderClient::DecoderCpuTime() const {
  const pid_t pid = pid_;
  clockid_t clock{};
  timespec time{};
  const bool is_known = pid > 0 && clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &time) == 0;
  return is_known ? seconds(time.tv_sec) + nanoseconds(time.tv_nsec) : nanoseconds(0);
}

bool DecoderClient::Sleeps() const {
  std::ifstream stream(fmt::format("/proc/{}/stat", pid_.load()));
  std::string line;
  std::getline(stream, line);
  // Behind the name, which may have any letters.
  const size_t name_end = line.rfind(") ");
  return name_end != std::string::npos && line.compare(name_end + 2, 1, "S") == 0;
}

}  // namespace tbbthumbs::tool
