#include "bench/one_run.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

namespace tbbthumbs::bench {
namespace {

using nlohmann::json;

tl::unexpected<std::string> Wrong(std::string message) { return tl::unexpected<std::string>(std::move(message)); }

// Paths are bytes, JSON is UTF-8: each byte goes as the character of its number.
std::string ToLatin1Json(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xC0 | byte >> 6);
      text += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return text;
}

std::string FromLatin1Json(const std::string& text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80 || i + 1 == text.size()) {
      bytes += text[i];
    } else {
      bytes += static_cast<char>((byte & 0x03) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3F));
    }
  }
  return bytes;
}

json RunJson(const Run& run) {
  return {{"wall", run.wall_s},
          {"cpu", run.cpu_s},
          {"pictures", run.pictures},
          {"in", run.bytes_in},
          {"out", run.bytes_out},
          {"first", run.first_s},
          {"rss", run.peak_rss_bytes},
          {"held", run.peak_held_bytes},
          {"at_once", run.peak_at_once},
          {"voluntary", run.voluntary_switches},
          {"involuntary", run.involuntary_switches},
          {"stages", run.stage_s}};
}

Run ParseRun(const json& from) {
  Run run;
  run.wall_s = from.at("wall");
  run.cpu_s = from.at("cpu");
  run.pictures = from.at("pictures");
  run.bytes_in = from.at("in");
  run.bytes_out = from.at("out");
  run.first_s = from.at("first");
  run.peak_rss_bytes = from.at("rss");
  run.peak_held_bytes = from.at("held");
  run.peak_at_once = from.at("at_once");
  run.voluntary_switches = from.at("voluntary");
  run.involuntary_switches = from.at("involuntary");
  run.stage_s = from.at("stages").get<std::array<double, kStageCount>>();
  return run;
}

json ReplyJson(const RunReply& reply) {
  json spans = json::array();
  for (const Timeline::Span& span : reply.timeline.spans) {
    spans.push_back({span.thread, static_cast<int>(span.stage), span.picture, span.begin_s, span.end_s});
  }
  json costs = json::array();
  for (const PictureCost& cost : reply.costs) costs.push_back({cost.bytes, cost.stage_s});
  return {{"run", RunJson(reply.run)},  {"latencies", reply.latencies_s},    {"counts", reply.counts},
          {"decoders", reply.decoders}, {"threads", reply.timeline.threads}, {"spans", std::move(spans)},
          {"costs", std::move(costs)}};
}

RunReply ParseReply(const json& from, const Config& config) {
  RunReply reply;
  reply.run = ParseRun(from.at("run"));
  reply.run.config = config;
  reply.latencies_s = from.at("latencies").get<std::vector<double>>();
  if (reply.latencies_s.size() == 101) {
    reply.run.latency_p50_s = reply.latencies_s[50];
    reply.run.latency_p95_s = reply.latencies_s[95];
    reply.run.latency_p99_s = reply.latencies_s[99];
  }
  reply.counts = from.at("counts");
  reply.decoders = from.at("decoders");
  reply.timeline.config = config;
  reply.timeline.threads = from.at("threads").get<std::map<int, std::string>>();
  for (const json& span : from.at("spans")) {
    reply.timeline.spans.push_back(
        {span.at(0), static_cast<Stage>(span.at(1).get<int>()), span.at(2), span.at(3), span.at(4)});
  }
  for (const json& cost : from.at("costs")) {
    reply.costs.push_back({cost.at(0), cost.at(1).get<std::array<double, kStageCount>>()});
  }
  return reply;
}

// What the process writes to its standard output until it ends.
std::string ReadAll(int fd) {
  std::string text;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t bytes = read(fd, buffer.data(), buffer.size());
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) return text;
    text.append(buffer.data(), static_cast<size_t>(bytes));
  }
}

// Starts this program again as `one-run REQUEST`; returns an errno.
int Spawn(const std::string& request, int out_fd, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
  // This process keeps its signals for a thread of its own; that one is to end by them.
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::string name = "tbbthumbs-bench";
  std::string command = "one-run";
  std::string argument = request;
  std::array<char*, 4> arguments{name.data(), command.data(), argument.data(), nullptr};
  const int error = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

std::string ToJson(const RunRequest& request) {
  json paths = json::array();
  for (const auto& path : request.paths) paths.push_back(ToLatin1Json(path.native()));
  return json{{"config", ToString(request.config)},
              {"paths", std::move(paths)},
              {"list", ToLatin1Json(request.list.native())},
              {"output", ToLatin1Json(request.output.native())},
              {"size", ToString(request.size)},
              {"update", request.update},
              {"slow", ToLatin1Json(request.slow_prefix.native())},
              {"latency", request.latency_s},
              {"bandwidth", request.bytes_per_s},
              {"connections", request.connections},
              {"details", request.want_details}}
      .dump();
}

tl::expected<RunRequest, std::string> ParseRunRequest(const std::string& text) {
  try {
    const json from = json::parse(text);
    RunRequest request;
    const auto config = ParseConfig(from.at("config"));
    const auto size = ParseSizeSpec(from.at("size").get<std::string>());
    if (!config || !size) return Wrong("a request that makes no sense");
    request.config = *config;
    request.size = *size;
    for (const json& path : from.at("paths")) request.paths.emplace_back(FromLatin1Json(path));
    request.list = FromLatin1Json(from.at("list"));
    request.output = FromLatin1Json(from.at("output"));
    request.update = from.at("update");
    request.slow_prefix = FromLatin1Json(from.at("slow"));
    request.latency_s = from.at("latency");
    request.bytes_per_s = from.at("bandwidth");
    request.connections = from.at("connections");
    request.want_details = from.at("details");
    return request;
  } catch (const json::exception& error) {
    return Wrong(error.what());
  }
}

tl::expected<RunReply, std::string> RunInChild(const RunRequest& request, std::atomic<pid_t>& pid) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Wrong(std::string("pipe: ") + std::strerror(errno));
  pid_t child = 0;
  const int error = Spawn(ToJson(request), ends[1], child);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    return Wrong(std::string("starting a process: ") + std::strerror(error));
  }
  pid = child;
  const std::string text = ReadAll(ends[0]);
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  pid = 0;
  if (WIFSIGNALED(status)) return Wrong("its process was ended by signal " + std::to_string(WTERMSIG(status)));
  try {
    const json reply = json::parse(text);
    if (const auto failed = reply.find("error"); failed != reply.end()) return Wrong(*failed);
    return ParseReply(reply, request.config);
  } catch (const json::exception&) {
    return Wrong("its process ended with exit code " + std::to_string(WEXITSTATUS(status)) + " and no result");
  }
}

int OneRunCommand(const std::string& text) {
  const auto request = ParseRunRequest(text);
  const auto record = request ? RunHere(*request) : tl::unexpected<std::string>(request.error());
  const json reply = record ? ReplyJson(record->reply) : json{{"error", record.error()}};
  const std::string out = reply.dump(-1, ' ', false, json::error_handler_t::replace);
  return std::fwrite(out.data(), 1, out.size(), stdout) == out.size() && std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace tbbthumbs::bench
