#include "tools/options.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <utility>

#include "pipeline/confined_directory.h"
#include "tools/config_file.h"
#include "tools/option_table.h"
#include "tools/option_values.h"
#include "tools/plan_config.h"
#include "tools/word_parser.h"

namespace tbbthumbs::tool {
namespace {

tl::unexpected<std::string> Wrong(std::string message) { return tl::unexpected<std::string>(std::move(message)); }

const Vocabulary kVocabulary{OptionTable(), "'tbbthumbs --help all' lists them"};

struct Command {
  std::string_view name;
  unsigned bit;
};
// The first is meant where none is named.
constexpr Command kCommands[] = {
    {"make", kForMake},   {"info", kForInfo}, {"rename", kForRename}, {"status", kForStatus}, {"failed", kForFailed},
    {"prune", kForPrune}, {"plan", kForPlan}, {"run", kForRun},       {"merge", kForMerge},   {"watch", kForWatch}};

const Command* FindCommand(std::string_view name) {
  for (const Command& command : kCommands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

// --force says what --if-exists overwrite says, --strip what --keep none says; the one that stands last counts, as with
// any option given twice.
void Add(const std::string& name, RawValue value, RawOptions& raw) {
  if (name == "force") raw.values["if-exists"].push_back({value.text == "yes" ? "overwrite" : "update", value.origin});
  if (name == "strip" && value.text == "yes") raw.values["keep"].push_back({"none", value.origin});
  raw.values[name].push_back(std::move(value));
}

// Settings of a configuration file. Those named on the command line, or in a file read before, are left as they are.
// `command`: the bit of the one that they are for.
tl::expected<void, std::string> Merge(const std::vector<Setting>& settings, unsigned command, RawOptions& raw) {
  RawOptions merged;
  for (const Setting& setting : settings) {
    const OptionSpec* option = FindOption(OptionTable(), setting.name);
    if (option == nullptr) return Wrong(setting.origin + ": " + UnknownOption(kVocabulary, setting.name, ""));
    const bool in_files = (option->commands & (kForMake | kForWatch)) != 0;
    // Nor may what lies in an output directory open the locked room.
    const bool is_for_lines = setting.name == "config" || setting.name == "sandbox" || setting.name == "isolate";
    if (option->kind == OptionKind::kAction || !in_files || is_for_lines) {
      return Wrong(fmt::format("{}: '{}' is for the command line only", setting.origin, setting.name));
    }
    const bool is_taken = (option->commands & command) != 0;
    // How a directory is watched does not matter to other commands, which may have the same file.
    if (!is_taken && (option->commands & kForMake) == 0) continue;
    // Nor does what is about pictures on the web to those that fetch none.
    if (!is_taken && option->group == OptionGroup::kWeb) continue;
    if (!is_taken && command == kForWatch) {
      return Wrong(fmt::format("{}: '{}' is not an option of 'watch'", setting.origin, setting.name));
    }
    const std::string origin = setting.origin + ": " + setting.name;
    if (option->kind == OptionKind::kFlag) {
      const auto on = ParseBool(setting.value);
      if (!on) return Wrong(origin + ": " + on.error());
      if (setting.name == "strip" && *on) merged.values["keep"].push_back({"none", origin});
      if (setting.name == "force" && *on) merged.values["if-exists"].push_back({"overwrite", origin});
    }
    merged.values[setting.name].push_back({setting.value, origin});
  }
  // insert leaves what is there.
  raw.values.insert(merged.values.begin(), merged.values.end());
  return {};
}

tl::expected<void, std::string> MergeConfigFile(const std::filesystem::path& file, unsigned command, RawOptions& raw) {
  const auto settings = ReadConfigFile(file);
  if (!settings) return Wrong(settings.error());
  return Merge(*settings, command, raw);
}

// That of an output directory, where it has one.
std::optional<std::filesystem::path> ConfigFileIn(const std::string& output) {
  std::filesystem::path file = std::filesystem::path(output) / "tbbthumbs.conf";
  std::error_code ignored;
  return std::filesystem::exists(file, ignored) ? std::optional(std::move(file)) : std::nullopt;
}

tl::expected<void, std::string> MergeConfigFiles(unsigned command, RawOptions& raw) {
  if (const RawValue* config = raw.Last("config")) {
    const auto merged = MergeConfigFile(config->text, command, raw);
    if (!merged) return Wrong("--config: " + merged.error());
  }
  const RawValue* output = raw.Last("output");
  const auto file = output != nullptr ? ConfigFileIn(output->text) : std::nullopt;
  // It may say where journals and originals are written.
  if (const Status trusted = file ? CheckOwner(file->string()) : Status(); !trusted) {
    return Wrong(trusted.error().message);
  }
  return file ? MergeConfigFile(*file, command, raw) : tl::expected<void, std::string>();
}

// Where the runs into the directory that is asked about keep their journal.
tl::expected<void, std::string> FindJournal(RawOptions& raw) {
  if (raw.Last("journal") != nullptr) return {};
  const RawValue* named = raw.Last("output");
  const std::string output = named != nullptr ? named->text : raw.arguments.empty() ? "." : raw.arguments.front();
  const auto file = ConfigFileIn(output);
  if (!file) return {};
  const auto settings = ReadConfigFile(*file);
  if (!settings) return Wrong(settings.error());
  for (const Setting& setting : *settings) {
    if (setting.name != "journal") continue;
    raw.values["journal"].push_back({setting.value, setting.origin + ": journal"});
    if (named == nullptr && raw.arguments.empty()) raw.arguments.push_back(output);
  }
  return {};
}

// What is wrong may be quoted from an address, that of a picture or of a proxy.
std::string WithoutPasswords(std::string message) {
  constexpr std::string_view kScheme = "://";
  for (size_t at = message.find(kScheme); at != std::string::npos; at = message.find(kScheme, at)) {
    at += kScheme.size();
    const size_t sign = message.substr(0, message.find_first_of("/?#\n", at)).rfind('@');
    if (sign != std::string::npos && sign >= at) message.erase(at, sign + 1 - at);
  }
  return message;
}

template <class Config>
tl::expected<CommandConfig, std::string> Widen(tl::expected<Config, std::string> config) {
  if (!config) return Wrong(config.error());
  return CommandConfig(std::move(*config));
}

tl::expected<CommandConfig, std::string> Parse(const std::vector<std::string>& words) {
  auto raw = ParseWords(words);
  if (!raw) return Wrong(raw.error());
  auto& arguments = raw->arguments;
  const std::string first = arguments.empty() ? "" : arguments.front();
  if (raw->Last("help") != nullptr) return HelpConfig{first == "all"};
  if (raw->Last("version") != nullptr) return VersionConfig{raw->Last("verbose") != nullptr};
  const Command* const named = FindCommand(first);
  if (named != nullptr) arguments.erase(arguments.begin());
  const Command& command = named != nullptr ? *named : kCommands[0];
  for (const auto& [name, values] : raw->values) {
    if ((FindOption(OptionTable(), name)->commands & command.bit) != 0) continue;
    return Wrong(fmt::format("{}: not an option of '{}'", values.back().origin, command.name));
  }
  if (command.bit == kForInfo) return Widen(ToInfoConfig(*raw));
  if (command.bit == kForRename) return Widen(ToRenameConfig(*raw));
  if ((command.bit & kForJournals) != 0) {
    if (const auto found = FindJournal(*raw); !found) return Wrong(found.error());
  }
  if (command.bit == kForStatus) return Widen(ToStatusConfig(*raw));
  if (command.bit == kForFailed) return Widen(ToFailedConfig(*raw));
  if (command.bit == kForPrune) return Widen(ToPruneConfig(*raw));
  if (command.bit == kForRun) return Widen(ToShardConfig(*raw));
  if (command.bit == kForMerge) return Widen(ToMergeConfig(*raw));
  const auto merged = MergeConfigFiles(command.bit, *raw);
  if (!merged) return Wrong(merged.error());
  if (command.bit == kForPlan) return Widen(ToPlanConfig(*raw));
  if (command.bit == kForWatch) return Widen(ToWatchConfig(*raw));
  return Widen(ToMakeConfig(*raw));
}

}  // namespace

tl::expected<RawOptions, std::string> ParseWords(const std::vector<std::string>& words) {
  auto parsed = SplitWords(words, kVocabulary);
  if (!parsed) return Wrong(parsed.error());
  RawOptions raw;
  raw.arguments = std::move(parsed->arguments);
  for (auto& [name, value] : parsed->options) Add(name, std::move(value), raw);
  return raw;
}

tl::expected<CommandConfig, std::string> ParseCommand(const std::vector<std::string>& words) {
  return Parse(words).map_error(WithoutPasswords);
}

}  // namespace tbbthumbs::tool
