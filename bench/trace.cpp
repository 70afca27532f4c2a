#include "bench/trace.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace tbbthumbs::bench {
namespace {

using nlohmann::json;

// Named metadata of a process (`thread` 0) or a thread.
json Name(const char* what, int thread, const std::string& name) {
  return {{"ph", "M"}, {"name", what}, {"pid", 1}, {"tid", thread}, {"args", {{"name", name}}}};
}

}  // namespace

std::string ChromeTrace(const RunRecord& record, const RunRequest& request) {
  const Timeline& timeline = record.reply.timeline;
  const Config& config = request.config;
  json events = json::array();
  events.push_back(Name("process_name", 0,
                        fmt::format("tbbthumbs-bench: {}, {} threads, {} tokens, {} I/O threads", config.strategy,
                                    config.threads, config.tokens, config.io_threads)));
  for (const auto& [thread, name] : timeline.threads) events.push_back(Name("thread_name", thread, name));
  for (const Timeline::Span& span : timeline.spans) {
    const PictureResult& result = record.results[span.picture];
    events.push_back({{"ph", "X"},
                      {"name", StageName(span.stage)},
                      {"cat", "stage"},
                      {"pid", 1},
                      {"tid", span.thread},
                      {"ts", span.begin_s * 1e6},
                      {"dur", (span.end_s - span.begin_s) * 1e6},
                      {"args",
                       {{"picture", result.input.native()},
                        {"number", result.seq},
                        {"bytes", result.bytes_in},
                        {"width", result.size.width},
                        {"height", result.size.height},
                        {"decoder", result.decoder}}}});
  }
  const json trace = {
      {"traceEvents", std::move(events)}, {"displayTimeUnit", "ms"}, {"otherData", {{"counts", record.reply.counts}}}};
  return trace.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace tbbthumbs::bench
