#include "tools/command_config.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "pipeline/url.h"
#include "tools/option_reader.h"
#include "tools/option_values.h"
#include "tools/read_inputs.h"
#include "tools/read_job.h"
#include "tools/read_names.h"
#include "tools/read_specs.h"

namespace tbbthumbs::tool {
namespace {

// Not longer than an hour: the clock would run over.
Parsed<std::chrono::nanoseconds> ParseSettle(const std::string& text) {
  const auto seconds = ParseNumber(text, 0, 3600);
  if (!seconds) return tl::unexpected<std::string>(seconds.error());
  return std::chrono::round<std::chrono::nanoseconds>(std::chrono::duration<double>(*seconds));
}

// Among the arguments. `wanted`: what they are.
void RefuseAddresses(const RawOptions& raw, OptionReader& reader, std::string_view wanted) {
  for (const std::string& argument : raw.arguments) {
    if (LooksLikeUrl(argument)) reader.Refuse(fmt::format("'{}' is an address: {}", argument, wanted));
  }
}

// DIR stands for itself, or behind --output.
void ReadWhere(const RawOptions& raw, OptionReader& reader, JournalConfig& where) {
  if (raw.arguments.size() > 1) reader.Refuse("only one DIR at a time");
  if (!raw.arguments.empty() && raw.Last("output") != nullptr) reader.Refuse("--output: DIR says the same");
  if (!raw.arguments.empty()) where.output = raw.arguments.front();
  reader.Read("output", where.output, ParsePath);
  reader.Read("journal", where.journal.path, ParseJournal);
  RefuseAddresses(raw, reader, "DIR is where thumbnails are");
  if (where.output.empty()) reader.Refuse("DIR is empty");
}

}  // namespace

TextStyle StyleOf(const DisplayConfig& display, int fd) {
  return {.escape = isatty(fd) == 1, .color = WantsColor(display.color, fd)};
}

tl::expected<MakeConfig, std::string> ToMakeConfig(const RawOptions& raw) {
  MakeConfig config;
  OptionReader reader(raw);
  reader.Read("output", config.job.output, ParsePath);
  ReadInputs(raw, reader, config.job.input);
  ReadJob(reader, config.job);
  ReadManners(reader, config.nice, config.max_load);
  ReadSandbox(reader, config.sandbox);
  reader.ReadFlag("isolate", config.isolate);
  reader.ReadFlag("prune", config.prune);
  if (config.prune && !config.job.journal.enabled) {
    reader.Refuse("--prune needs the journal: it says what runs have made");
  }
  if (config.prune && config.job.journal.forget) {
    reader.Refuse("--forget and --prune exclude each other: pruning needs what the journal says, so prune first");
  }
  ReadDisplay(reader, config.display);
  CheckPlaceholders(reader, config);
  if (!reader.error().empty()) return tl::unexpected<std::string>(reader.error());
  return config;
}

tl::expected<WatchConfig, std::string> ToWatchConfig(const RawOptions& raw) {
  OptionReader reader(raw);
  if (raw.arguments.empty()) reader.Refuse("a DIR is missing, as in: tbbthumbs watch photos/ -o thumbs/");
  for (const std::string& argument : raw.arguments) {
    if (argument == "-") reader.Refuse("'-': directories are watched, not lists");
  }
  RefuseAddresses(raw, reader, "directories are watched, not what is on the web");
  WatchConfig config;
  reader.Read("settle", config.times.settle, ParseSettle);
  config.times.patience = std::max(config.times.patience, config.times.settle);
  config.times.silence = std::max(config.times.silence, config.times.settle);
  if (!reader.error().empty()) return tl::unexpected<std::string>(reader.error());
  auto make = ToMakeConfig(raw);
  if (!make) return tl::unexpected<std::string>(make.error());
  config.make = std::move(*make);
  return config;
}

tl::expected<InfoConfig, std::string> ToInfoConfig(const RawOptions& raw) {
  InfoConfig config;
  OptionReader reader(raw);
  RefuseAddresses(raw, reader, "info reads files");
  for (const std::string& argument : raw.arguments) config.files.emplace_back(argument);
  if (config.files.empty()) reader.Refuse("a FILE is missing, as in: tbbthumbs info photo.jpg");
  reader.ReadList("size", config.sizes, [](const std::string& text) { return ParseSize(text); });
  reader.Read("max-pixels", config.limits.max_pixels, ParsePixelCount);
  ReadSandbox(reader, config.sandbox);
  reader.ReadFlag("json", config.json);
  if (!reader.error().empty()) return tl::unexpected<std::string>(reader.error());
  return config;
}

tl::expected<RenameConfig, std::string> ToRenameConfig(const RawOptions& raw) {
  RenameConfig config;
  OptionReader reader(raw);
  RefuseAddresses(raw, reader, "rename is for the files of a DIR");
  reader.Read("undo", config.undo, ParsePath);
  if (!config.undo.empty()) {
    if (!raw.arguments.empty()) reader.Refuse("--undo takes the log alone: it knows its directory");
    if (raw.Last("name")) reader.Refuse("--undo and --name exclude each other");
  } else if (raw.arguments.size() != 1) {
    reader.Refuse(raw.arguments.empty() ? "a DIR is missing, as in: tbbthumbs rename photos/ --name '{date}_{seq:04}'"
                                        : "only one DIR is renamed at a time");
  } else {
    config.rename.directory = raw.arguments.front();
    ReadFilters(reader, config.rename.input);
    ReadNewNames(raw, reader, config.rename);
  }
  reader.ReadFlag("dry-run", config.rename.dry_run);
  if (config.rename.dry_run && !config.undo.empty()) reader.Refuse("--undo has no --dry-run");
  ReadSandbox(reader, config.sandbox);
  ReadDisplay(reader, config.display);
  if (!reader.error().empty()) return tl::unexpected<std::string>(reader.error());
  return config;
}

tl::expected<StatusConfig, std::string> ToStatusConfig(const RawOptions& raw) {
  StatusConfig config;
  OptionReader reader(raw);
  ReadWhere(raw, reader, config.where);
  ReadDisplay(reader, config.display);
  if (!reader.error().empty()) return tl::unexpected<std::string>(reader.error());
  return config;
}

tl::expected<FailedConfig, std::string> ToFailedConfig(const RawOptions& raw) {
  FailedConfig config;
  OptionReader reader(raw);
  ReadWhere(raw, reader, config.where);
  reader.ReadFlag("null", config.null);
  ReadDisplay(reader, config.display);
  if (config.null && config.display.json) reader.Refuse("--null is for paths, not for --json");
  if (!reader.error().empty()) return tl::unexpected<std::string>(reader.error());
  return config;
}

tl::expected<PruneConfig, std::string> ToPruneConfig(const RawOptions& raw) {
  PruneConfig config;
  OptionReader reader(raw);
  ReadWhere(raw, reader, config.where);
  const bool named = !raw.arguments.empty() || raw.Last("output") != nullptr;
  if (!config.where.journal.path.empty() && !named) {
    reader.Refuse("--journal: where the thumbnails are is missing: -o DIR");
  }
  reader.ReadFlag("dry-run", config.dry_run);
  reader.ReadFlag("even-all", config.even_all);
  ReadDisplay(reader, config.display);
  if (!reader.error().empty()) return tl::unexpected<std::string>(reader.error());
  return config;
}

}  // namespace tbbthumbs::tool
