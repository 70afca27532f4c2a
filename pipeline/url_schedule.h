// Which picture is fetched next.
#ifndef TBBTHUMBS_PIPELINE_URL_SCHEDULE_H_
#define TBBTHUMBS_PIPELINE_URL_SCHEDULE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace tbbthumbs {

// Keeps requests by their numbers until they are begun, and what is known of their servers: how many transfers each
// has, how many it takes, and until when it wants to be left alone. Knows no network. Not thread-safe.
class UrlSchedule {
 public:
  using Clock = std::chrono::steady_clock;
  struct Options {
    int connections = 16;
    int per_host = 6;
    double requests_per_second = 0;  // 0: no limit
  };

  explicit UrlSchedule(const Options& options) : options_(options) {}

  // A request to the server `origin` waits from now on; not to be begun before `not_before`.
  void Add(uint64_t seq, const std::string& origin, Clock::time_point not_before = {});
  // The first that may be begun now. `first_seq`: of all that have been begun or added and have not ended; where it is
  // one that waits, it may be begun above the limits of transfers if `force_first`.
  std::optional<uint64_t> Next(Clock::time_point now, bool force_first);
  // It was begun, as Next said; then it ended. `spoke_http2`: its server did.
  void Begin(uint64_t seq, Clock::time_point now);
  void End(const std::string& origin, bool spoke_http2);
  // That server is not to be spoken to by HTTP/2 from now on; whether that was said.
  void AvoidHttp2(const std::string& origin);
  bool AvoidsHttp2(const std::string& origin) const;
  // Begins nothing from that server before `until`. Of these three only servers count that something is wanted from, or
  // was lately.
  void Rest(const std::string& origin, Clock::time_point until);

  bool empty() const { return waiting_.empty(); }
  // Of those that wait.
  std::optional<uint64_t> first() const;
  // When Next may say more than now, if no transfer ends before; nothing: never.
  std::optional<Clock::time_point> NextChange(Clock::time_point now) const;
  int running() const { return running_; }

 private:
  struct Server {
    int running = 0;
    size_t waiting = 0;
    bool speaks_http2 = false;
    bool avoids_http2 = false;
    Clock::time_point rests_until{};
  };
  using Servers = std::map<std::string, Server>;
  struct Waiting {
    Servers::iterator server;
    Clock::time_point not_before;
  };

  int LimitOf(const Server& server) const {
    return server.speaks_http2 && !server.avoids_http2 ? options_.connections : options_.per_host;
  }
  void Forget(Servers::iterator server);

  const Options options_;
  std::map<uint64_t, Waiting> waiting_;
  Servers servers_;
  int running_ = 0;
  Clock::time_point next_request_{};  // where their number is limited
  Clock::time_point last_delay_{};    // the latest of all that were set: until then some may have to wait
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_URL_SCHEDULE_H_
