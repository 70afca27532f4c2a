#include "tools/word_parser.h"

#include <fmt/format.h>

#include <boost/program_options.hpp>
#include <optional>

#include "tools/suggest.h"

namespace tbbthumbs::tool {
namespace {

namespace po = boost::program_options;

constexpr std::string_view kTwin = "no-";
// The parser wants a name for what is no option; no option can be called so.
constexpr const char* kArgument = "argument";

tl::unexpected<std::string> Wrong(std::string message) { return tl::unexpected<std::string>(std::move(message)); }

po::options_description Describe(std::span<const OptionSpec> options) {
  po::options_description description;
  for (const OptionSpec& option : options) {
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

std::string Explain(const po::invalid_command_line_syntax& error) {
  using Syntax = po::invalid_command_line_syntax;
  const std::string name = error.get_option_name();
  if (error.kind() == Syntax::missing_parameter || error.kind() == Syntax::empty_adjacent_parameter) {
    return name + ": a value is missing";
  }
  if (error.kind() == Syntax::extra_parameter) return name + ": takes no value";
  return error.what();
}

void Add(const po::option& word, std::span<const OptionSpec> options, ParsedWords& parsed) {
  if (word.position_key >= 0) {
    parsed.arguments.insert(parsed.arguments.end(), word.value.begin(), word.value.end());
    return;
  }
  std::string name = word.string_key;
  const std::string origin = "--" + name;
  const OptionSpec* option = FindOption(options, name);
  const bool twin = option == nullptr;
  if (twin) {
    name.erase(0, kTwin.size());
    option = FindOption(options, name);
  }
  const bool has_value = option->kind == OptionKind::kValue || option->kind == OptionKind::kList;
  std::string text = has_value ? word.value.front() : twin ? "no" : "yes";
  parsed.options.emplace_back(std::move(name), RawValue{std::move(text), origin});
}

}  // namespace

const OptionSpec* FindOption(std::span<const OptionSpec> options, std::string_view name) {
  for (const OptionSpec& option : options) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

std::string UnknownOption(const Vocabulary& vocabulary, std::string_view shown, std::string_view dashes) {
  std::string message = fmt::format("unknown option '{}'", shown);
  std::vector<std::string_view> names;
  std::vector<std::string> twins;
  twins.reserve(vocabulary.options.size());  // the views point into it
  for (const OptionSpec& option : vocabulary.options) {
    names.push_back(option.name);
    if (option.kind == OptionKind::kFlag) names.push_back(twins.emplace_back(std::string(kTwin).append(option.name)));
  }
  std::string_view name = shown;
  while (name.starts_with('-')) name.remove_prefix(1);
  // A single letter is near to many.
  const auto nearest = name.size() < 2 ? std::nullopt : Nearest(name, names);
  if (nearest) return message + fmt::format("; the nearest is '{}{}'", dashes, *nearest);
  return message.append("; ").append(vocabulary.more);
}

tl::expected<ParsedWords, std::string> SplitWords(const std::vector<std::string>& words, const Vocabulary& vocabulary) {
  namespace style = po::command_line_style;
  const po::options_description description = Describe(vocabulary.options);
  po::positional_options_description arguments;
  arguments.add(kArgument, -1);
  ParsedWords result;
  try {
    // Without guessing: an abbreviation that works today would mean something else once an option is added.
    const po::parsed_options parsed = po::command_line_parser(words)
                                          .options(description)
                                          .positional(arguments)
                                          .style(style::unix_style & ~style::allow_guessing)
                                          .run();
    for (const po::option& word : parsed.options) {
      if (word.string_key == kArgument && word.position_key < 0) {
        return Wrong(UnknownOption(vocabulary, std::string("--") + kArgument, "--"));
      }
      Add(word, vocabulary.options, result);
    }
  } catch (const po::unknown_option& error) {
    // With its value, which may hold a password.
    const std::string word = error.get_option_name();
    return Wrong(UnknownOption(vocabulary, word.substr(0, word.find('=')), "--"));
  } catch (const po::invalid_command_line_syntax& error) {
    return Wrong(Explain(error));
  } catch (const po::error& error) {
    return Wrong(error.what());
  }
  return result;
}

}  // namespace tbbthumbs::tool
