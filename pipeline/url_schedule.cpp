#include "pipeline/url_schedule.h"

#include <algorithm>

namespace tbbthumbs {
namespace {

// Servers that nothing is wanted from now are remembered up to that number.
constexpr size_t kServersKept = 1024;

}  // namespace

void UrlSchedule::Add(uint64_t seq, const std::string& origin, Clock::time_point not_before) {
  const auto server = servers_.try_emplace(origin).first;
  waiting_.emplace(seq, Waiting{server, not_before});
  ++server->second.waiting;
  last_delay_ = std::max(last_delay_, not_before);
}

std::optional<uint64_t> UrlSchedule::Next(Clock::time_point now, bool force_first) {
  if (options_.requests_per_second > 0 && now < next_request_) return std::nullopt;
  for (auto it = waiting_.begin(); it != waiting_.end(); ++it) {
    const bool forced = force_first && it == waiting_.begin();
    if (!forced && running_ >= options_.connections) return std::nullopt;
    const auto& [server, not_before] = it->second;
    if (now < not_before || now < server->second.rests_until) continue;
    if (forced || server->second.running < LimitOf(server->second)) return it->first;
  }
  return std::nullopt;
}

void UrlSchedule::Begin(uint64_t seq, Clock::time_point now) {
  const auto found = waiting_.find(seq);
  Server& server = found->second.server->second;
  ++server.running;
  --server.waiting;
  ++running_;
  waiting_.erase(found);
  if (options_.requests_per_second <= 0) return;
  const auto pause =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / options_.requests_per_second));
  // What is a little late does not make all others late; time in which nothing was asked for is not made up for.
  const bool is_in_step = now - next_request_ < pause / 2;
  next_request_ = (is_in_step ? next_request_ : now) + pause;
  last_delay_ = std::max(last_delay_, next_request_);
}

void UrlSchedule::End(const std::string& origin, bool spoke_http2) {
  --running_;
  const auto server = servers_.find(origin);
  --server->second.running;
  if (spoke_http2) server->second.speaks_http2 = true;
  Forget(server);
}

void UrlSchedule::AvoidHttp2(const std::string& origin) {
  const auto server = servers_.find(origin);
  if (server != servers_.end()) server->second.avoids_http2 = true;
}

bool UrlSchedule::AvoidsHttp2(const std::string& origin) const {
  const auto server = servers_.find(origin);
  return server != servers_.end() && server->second.avoids_http2;
}

void UrlSchedule::Rest(const std::string& origin, Clock::time_point until) {
  const auto server = servers_.find(origin);
  if (server == servers_.end()) return;
  server->second.rests_until = std::max(server->second.rests_until, until);
  last_delay_ = std::max(last_delay_, until);
}

void UrlSchedule::Forget(Servers::iterator server) {
  if (server->second.running == 0 && server->second.waiting == 0 && servers_.size() > kServersKept) {
    servers_.erase(server);
  }
}

std::optional<uint64_t> UrlSchedule::first() const {
  return waiting_.empty() ? std::nullopt : std::optional(waiting_.begin()->first);
}

std::optional<UrlSchedule::Clock::time_point> UrlSchedule::NextChange(Clock::time_point now) const {
  std::optional<Clock::time_point> next;
  if (last_delay_ <= now) return next;
  for (const auto& [seq, waiting] : waiting_) {
    const auto ready = std::max({waiting.not_before, waiting.server->second.rests_until, next_request_});
    if (ready > now && (!next || ready < *next)) next = ready;
  }
  return next;
}

}  // namespace tbbthumbs
