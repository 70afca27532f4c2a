#include "tools/read_job.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>

#include "tools/read_names.h"
#include "tools/read_specs.h"
#include "tools/read_urls.h"

namespace tbbthumbs::tool {
namespace {

constexpr Choice<IfExists> kIfExists[] = {{"update", IfExists::kUpdate},
                                          {"skip", IfExists::kSkip},
                                          {"overwrite", IfExists::kOverwrite},
                                          {"fail", IfExists::kFail}};
constexpr Choice<WorkOrder> kOrders[] = {{"list", WorkOrder::kList}, {"arrival", WorkOrder::kArrival}};
constexpr Choice<SandboxMode> kSandboxModes[] = {
    {"auto", SandboxMode::kAuto}, {"on", SandboxMode::kOn}, {"off", SandboxMode::kOff}};
constexpr Choice<When> kWhen[] = {{"auto", When::kAuto}, {"always", When::kAlways}, {"never", When::kNever}};

// Far more than any machine has; each thread costs a stack.
constexpr int kMostThreads = 1024;
// A token costs a few hundred bytes.
constexpr int kMostTokens = 1'000'000;
// Of --max-load; the largest is never reached.
constexpr double kLeastLoad = 0.01;
constexpr double kMostLoad = 100'000;

Parsed<uint64_t> ParseMemory(const std::string& text) {
  auto bytes = ParseByteCount(text);
  if (bytes && *bytes < JobOptions::kLeastMemoryBytes)
    return tl::unexpected<std::string>("'" + text + "' is under 64M");
  return bytes;
}

void ReadJournal(OptionReader& reader, JournalOptions& journal) {
  bool none = false;
  reader.ReadFlag("no-journal", none);
  journal.enabled = !none;
  reader.Read("journal", journal.path, ParseJournal);
  reader.ReadFlag("retry-failed", journal.retry_failed);
  reader.ReadFlag("forget", journal.forget);
  for (const auto& [name, given] : {std::pair("--journal", !journal.path.empty()),
                                    {"--retry-failed", journal.retry_failed},
                                    {"--forget", journal.forget}}) {
    if (none && given) reader.Refuse(fmt::format("{} and --no-journal exclude each other", name));
  }
}

}  // namespace

void ReadJob(OptionReader& reader, JobOptions& job) {
  if (job.output.empty()) reader.Refuse("--output is missing, as in: tbbthumbs photos/ -o thumbs/");
  ReadSpecs(reader, job.specs);
  ReadNames(reader, job.specs, job.names);
  reader.ReadChoice("if-exists", job.if_exists, kIfExists);
  reader.ReadInt("threads", job.threads, 0, kMostThreads);
  reader.ReadInt("io-threads", job.io_threads, 1, kMostThreads);
  reader.ReadInt("tokens", job.tokens, 0, kMostTokens);
  // Files of several megabytes for each of them.
  if (job.io_threads > 2) job.read_ahead_bytes = static_cast<size_t>(job.io_threads) * (size_t{8} << 20);
  reader.Read("memory", job.memory_bytes, ParseMemory);
  reader.Read("max-pixels", job.limits.max_pixels, ParsePixelCount);
  reader.Read("timeout", job.limits.cpu_deadline, ParseSeconds);
  reader.ReadFlag("dry-run", job.dry_run);
  ReadJournal(reader, job.journal);
  reader.ReadChoice("order", job.order, kOrders);
  ReadUrls(reader, job.urls);
}

Parsed<std::filesystem::path> ParseJournal(const std::string& text) {
  if (auto path = ParsePath(text); !path) return tl::unexpected<std::string>(std::move(path.error()));
  std::error_code error;
  if (text.ends_with('/') || std::filesystem::is_directory(text, error)) {
    return tl::unexpected<std::string>("'" + text + "' is a directory; the journal is a file");
  }
  return std::filesystem::path(text);
}

void ReadManners(OptionReader& reader, bool& nice, std::optional<double>& max_load) {
  reader.ReadFlag("nice", nice);
  reader.Read("max-load", max_load, [](const std::string& text) -> Parsed<std::optional<double>> {
    return ParseNumber(text, kLeastLoad, kMostLoad);
  });
}

void ReadSandbox(OptionReader& reader, SandboxMode& mode) { reader.ReadChoice("sandbox", mode, kSandboxModes); }

void ReadDisplay(OptionReader& reader, DisplayConfig& display) {
  reader.ReadChoice("progress", display.progress, kWhen);
  reader.ReadChoice("color-output", display.color, kWhen);
  reader.ReadFlag("verbose", display.verbose);
  reader.ReadFlag("quiet", display.quiet);
  reader.ReadFlag("json", display.json);
  if (display.quiet) display.verbose = false;
}

void CheckPlaceholders(OptionReader& reader, const MakeConfig& config) {
  const PlaceholderSet& placeholders = config.job.specs.placeholders;
  if (!placeholders.any() || config.display.json) return;
  reader.Refuse(std::string(placeholders.blurhash ? "--blurhash" : "--thumbhash") +
                " needs --json: it goes into the record of each picture");
}

}  // namespace tbbthumbs::tool
