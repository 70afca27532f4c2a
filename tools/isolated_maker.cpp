#include "tools/isolated_maker.h"

#include <algorithm>
#include <string>
#include <utility>

namespace tbbthumbs::tool {
namespace {

// Measured: its own memory when it has made a photograph's thumbnails, without what it keeps for the next; and of the
// shared memory what stays (see DecoderClient).
constexpr size_t kProcessBytes = size_t{8} << 20;

}  // namespace

Result<std::shared_ptr<IsolatedMaker>> IsolatedMaker::Make(std::unique_ptr<DecoderKeeper> keeper,
                                                           uint64_t most_thumbnail_bytes) {
  std::shared_ptr<IsolatedMaker> maker(new IsolatedMaker(std::move(keeper), most_thumbnail_bytes));
  if (Status status = maker->clients_.front()->Start(); !status) {
    return tl::unexpected<Error>(std::move(status.error()));
  }
  return maker;
}

IsolatedMaker::IsolatedMaker(std::unique_ptr<DecoderKeeper> keeper, uint64_t most_thumbnail_bytes)
    : keeper_(std::move(keeper)) {
  for (int i = 0; i < keeper_->count(); ++i) {
    clients_.push_back(std::make_unique<DecoderClient>(*keeper_, i, most_thumbnail_bytes));
  }
  // The first, which runs already, is taken first.
  for (auto client = clients_.rbegin(); client != clients_.rend(); ++client) idle_.push_back(client->get());
}

Result<HeaderFacts> IsolatedMaker::ReadHeader(ByteSource& source, const SpecSet& specs, const DecodeLimits& limits) {
  PictureRequest request;
  request.header_only = true;
  request.limits = limits;
  request.specs = specs;
  std::chrono::nanoseconds ignored{};
  auto answer = Ask(std::move(request), source, {}, ignored);
  if (!answer) return tl::unexpected<Error>(std::move(answer.error()));
  if (answer->error) return tl::unexpected<Error>(std::move(*answer->error));
  return std::move(answer->header);
}

Result<Made> IsolatedMaker::Make(ByteSource& source, const SpecSet& specs, const DecodeLimits& limits,
                                 size_t kept_bytes, const std::stop_token& stop, std::chrono::nanoseconds& cpu_time) {
  PictureRequest request;
  request.kept_bytes = kept_bytes;
  request.limits = limits;
  request.specs = specs;
  auto answer = Ask(std::move(request), source, stop, cpu_time);
  if (!answer) return tl::unexpected<Error>(std::move(answer.error()));
  if (answer->error) return tl::unexpected<Error>(std::move(*answer->error));
  return std::move(answer->made);
}

size_t IsolatedMaker::HeldBytes(int threads) const {
  return static_cast<size_t>(threads) * (kProcessBytes + DecoderClient::kKeptAreaBytes);
}

std::chrono::nanoseconds IsolatedMaker::CpuTime() const {
  std::chrono::nanoseconds time{};
  for (const auto& client : clients_) time += client->CpuTime();
  return time;
}

std::vector<pid_t> IsolatedMaker::Processes() const {
  std::vector<pid_t> processes = {keeper_->pid()};
  for (const auto& client : clients_) {
    if (const pid_t pid = client->pid(); pid > 0) processes.push_back(pid);
  }
  return processes;
}

std::optional<Error> IsolatedMaker::Lost() const {
  const bool is_lost = std::any_of(clients_.begin(), clients_.end(), [](const auto& client) { return client->lost(); });
  return is_lost ? std::optional(Error{ErrorCode::kIo, std::string(DecoderClient::kAllEnded)}) : std::nullopt;
}

Result<PictureAnswer> IsolatedMaker::Ask(PictureRequest request, ByteSource& source, const std::stop_token& stop,
                                         std::chrono::nanoseconds& cpu_time) {
  const auto client = Borrow();
  if (!client) return tl::unexpected<Error>(client.error());
  const struct Guard {
    IsolatedMaker& maker;
    DecoderClient& client;
    ~Guard() { maker.Return(client); }
  } guard{*this, **client};
  return (*client)->Ask(std::move(request), source, stop, cpu_time);
}

Result<DecoderClient*> IsolatedMaker::Borrow() {
  std::unique_lock lock(mutex_);
  for (;;) {
    returned_.wait(lock, [&] { return !idle_.empty(); });
    DecoderClient* const client = idle_.back();
    idle_.pop_back();
    ++in_use_;
    if (client->running()) return client;
    lock.unlock();
    const Status started = client->Start();
    lock.lock();
    if (started) return client;
    // Where there are others, their turn comes: there may be no room for more processes.
    --in_use_;
    idle_.insert(idle_.begin(), client);
    returned_.notify_all();
    if (idle_.back()->running()) continue;
    if (in_use_ == 0) return tl::unexpected<Error>(started.error());
    returned_.wait(lock);
  }
}

void IsolatedMaker::Return(DecoderClient& client) {
  {
    const std::lock_guard lock(mutex_);
    // Room for all was made when it began.
    idle_.push_back(&client);
    --in_use_;
  }
  returned_.notify_all();
}

}  // namespace tbbthumbs::tool
