#include "tools/options.h"

#include <fmt/format.h>

#include <boost/program_options.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "tools/config_file.h"
#include "tools/option_table.h"
#include "tools/option_values.h"
#include "tools/suggest.h"

namespace tbbthumbs::tool {
namespace {

namespace po = boost::program_options;

constexpr std::string_view kTwin = "no-";
// The parser wants a name for what is no option; no option can be called so.
constexpr const char* kArgument = "argument";

tl::unexpected<std::string> Wrong(std::string message) { return tl::unexpected<std::string>(std::move(message)); }

po::options_description Describe() {
  po::options_description description;
  for (const OptionSpec& option : OptionTable()) {
    std::string names(option.name);
    if (option.letter != 0) names.append(",").append(1, option.letter);
    if (option.kind == OptionKind::kValue || option.kind == OptionKind::kList) {
      description.add_options()(names.c_str(), po::value<std::string>());
    } else {
      description.add_options()(names.c_str(), "");
    }
    if (option.kind == OptionKind::kFlag)
      description.add_options()((kTwin.data() + std::string(option.name)).c_str(), "");
  }
  description.add_options()(kArgument, po::value<std::string>());
  return description;
}

std::string UnknownOption(std::string_view shown, std::string_view dashes) {
  std::string message = fmt::format("unknown option '{}'", shown);
  std::vector<std::string_view> names;
  std::vector<std::string> twins;
  twins.reserve(OptionTable().size());  // the views point into it
  for (const OptionSpec& option : OptionTable()) {
    names.push_back(option.name);
    if (option.kind == OptionKind::kFlag) names.push_back(twins.emplace_back(std::string(kTwin).append(option.name)));
  }
  std::string_view name = shown;
  while (name.starts_with('-')) name.remove_prefix(1);
  // A single letter is near to many.
  const auto nearest = name.size() < 2 ? std::nullopt : Nearest(name, names);
  if (nearest) return message + fmt::format("; the nearest is '{}{}'", dashes, *nearest);
  return message + "; 'tbbthumbs --help all' lists them";
}

std::string Explain(const po::invalid_command_line_syntax& error) {
  using Syntax = po::invalid_command_line_syntax;
  const std::string name = error.get_option_name();
  if (error.kind() == Syntax::missing_parameter || error.kind() == Syntax::empty_adjacent_parameter) {
    return name + ": a value is missing";
  }
  if (error.kind() == Syntax::extra_parameter) return name + ": takes no value";
  return error.what();
}

void Add(RawOptions& raw, const po::option& word) {
  if (word.position_key >= 0) {
    raw.arguments.insert(raw.arguments.end(), word.value.begin(), word.value.end());
    return;
  }
  std::string name = word.string_key;
  const std::string origin = "--" + name;
  const OptionSpec* option = FindOption(name);
  const bool twin = option == nullptr;
  if (twin) {
    name.erase(0, kTwin.size());
    option = FindOption(name);
  }
  const bool has_value = option->kind == OptionKind::kValue || option->kind == OptionKind::kList;
  std::string text = has_value ? word.value.front() : twin ? "no" : "yes";
  raw.values[name].push_back({std::move(text), origin});
}

// --force says what --if-exists overwrite says; the one that stands last counts, as with any option given twice.
void AddAlias(RawOptions& raw, const po::option& word) {
  if (word.string_key == "force") raw.values["if-exists"].push_back({"overwrite", "--force"});
  if (word.string_key == "no-force") raw.values["if-exists"].push_back({"update", "--no-force"});
}

// Settings of a configuration file. Those named on the command line, or in a file read before, are left as they are.
tl::expected<void, std::string> Merge(const std::vector<Setting>& settings, RawOptions& raw) {
  RawOptions merged;
  for (const Setting& setting : settings) {
    const OptionSpec* option = FindOption(setting.name);
    if (option == nullptr) return Wrong(setting.origin + ": " + UnknownOption(setting.name, ""));
    if (option->kind == OptionKind::kAction || (option->commands & kForMake) == 0 || setting.name == "config") {
      return Wrong(fmt::format("{}: '{}' is for the command line only", setting.origin, setting.name));
    }
    const std::string origin = setting.origin + ": " + setting.name;
    if (option->kind == OptionKind::kFlag) {
      const auto on = ParseBool(setting.value);
      if (!on) return Wrong(origin + ": " + on.error());
      if (setting.name == "force" && *on) merged.values["if-exists"].push_back({"overwrite", origin});
    }
    merged.values[setting.name].push_back({setting.value, origin});
  }
  // insert leaves what is there.
  raw.values.insert(merged.values.begin(), merged.values.end());
  return {};
}

tl::expected<void, std::string> MergeConfigFile(const std::filesystem::path& file, RawOptions& raw) {
  const auto settings = ReadConfigFile(file);
  if (!settings) return Wrong(settings.error());
  return Merge(*settings, raw);
}

tl::expected<void, std::string> MergeConfigFiles(RawOptions& raw) {
  if (const RawValue* config = raw.Last("config")) {
    const auto merged = MergeConfigFile(config->text, raw);
    if (!merged) return Wrong("--config: " + merged.error());
  }
  const RawValue* output = raw.Last("output");
  if (output == nullptr) return {};
  const std::filesystem::path file = std::filesystem::path(output->text) / "tbbthumbs.conf";
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return {};
  return MergeConfigFile(file, raw);
}

template <class Config>
tl::expected<CommandConfig, std::string> Widen(tl::expected<Config, std::string> config) {
  if (!config) return Wrong(config.error());
  return CommandConfig(std::move(*config));
}

}  // namespace

tl::expected<RawOptions, std::string> ParseWords(const std::vector<std::string>& words) {
  namespace style = po::command_line_style;
  const po::options_description description = Describe();
  po::positional_options_description arguments;
  arguments.add(kArgument, -1);
  RawOptions raw;
  try {
    // Without guessing: an abbreviation that works today would mean something else once an option is added.
    const po::parsed_options parsed = po::command_line_parser(words)
                                          .options(description)
                                          .positional(arguments)
                                          .style(style::unix_style & ~style::allow_guessing)
                                          .run();
    for (const po::option& word : parsed.options) {
      if (word.string_key == kArgument && word.position_key < 0) {
        return Wrong(UnknownOption(std::string("--") + kArgument, "--"));
      }
      Add(raw, word);
      AddAlias(raw, word);
    }
  } catch (const po::unknown_option& error) {
    return Wrong(UnknownOption(error.get_option_name(), "--"));
  } catch (const po::invalid_command_line_syntax& error) {
    return Wrong(Explain(error));
  } catch (const po::error& error) {
    return Wrong(error.what());
  }
  return raw;
}

tl::expected<CommandConfig, std::string> ParseCommand(const std::vector<std::string>& words) {
  auto raw = ParseWords(words);
  if (!raw) return Wrong(raw.error());
  auto& arguments = raw->arguments;
  const std::string first = arguments.empty() ? "" : arguments.front();
  if (raw->Last("help") != nullptr) return HelpConfig{first == "all"};
  if (raw->Last("version") != nullptr) return VersionConfig{};
  if (first == "make" || first == "info") arguments.erase(arguments.begin());
  if (first == "info") {
    for (const auto& [name, values] : raw->values) {
      const OptionSpec* option = FindOption(name);
      if ((option->commands & kForInfo) == 0) return Wrong(values.back().origin + ": not an option of 'info'");
    }
    return Widen(ToInfoConfig(*raw));
  }
  const auto merged = MergeConfigFiles(*raw);
  if (!merged) return Wrong(merged.error());
  return Widen(ToMakeConfig(*raw));
}

}  // namespace tbbthumbs::tool
