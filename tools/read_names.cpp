#include "tools/read_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "pipeline/name_planner.h"
#include "pipeline/name_template.h"
#include "tools/suggest.h"

namespace tbbthumbs::tool {
namespace {

constexpr Choice<LetterCase> kLetterCases[] = {
    {"keep", LetterCase::kKeep}, {"lower", LetterCase::kLower}, {"upper", LetterCase::kUpper}};
constexpr Choice<RenameOnly> kRenameOnly[] = {
    {"all", RenameOnly::kAll}, {"thumbnails", RenameOnly::kThumbnails}, {"originals", RenameOnly::kOriginals}};

// "unknown field {stemm} at character 3 (did you mean {stem}?)", and below it the template with the place marked.
std::string Explain(const std::string& text, const NameTemplateError& error) {
  const size_t first = CharacterNumber(text, error.offset);
  const size_t last = CharacterNumber(text, error.offset + error.length);
  std::string message = fmt::format("{} at character {}", error.message, first);
  if (const auto nearest = Nearest(error.unknown_field, NameFieldNames()); nearest && !error.unknown_field.empty()) {
    message += fmt::format(" (did you mean {{{}}}?)", *nearest);
  }
  if (text.empty()) return message;
  // A tab or a line's end would shift the mark.
  std::string line = text;
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  const std::string tildes(last > first + 1 ? last - first - 1 : 0, '~');
  return fmt::format("{}\n  {}\n  {}^{}", message, line, std::string(first - 1, ' '), tildes);
}

}  // namespace

void ReadNames(OptionReader& reader, const SpecSet& specs, NameOptions& names) {
  reader.Read("name", names.name_template, [&](const std::string& text) -> Parsed<std::string> {
    const auto parsed = NameTemplate::Parse(text);
    if (!parsed) return tl::unexpected<std::string>(Explain(text, parsed.error()));
    if (TellsSizesApart(*parsed, specs.sizes.size())) return text;
    return tl::unexpected<std::string>(
        fmt::format("all {} sizes would have the same name: {{size}} or {{width}} is missing", specs.sizes.size()));
  });
  reader.ReadFlag("ascii", names.ascii);
  reader.ReadChoice("case", names.letter_case, kLetterCases);
}

// The template of a renaming: {size} is of thumbnails alone.
void ReadNewNames(const RawOptions& raw, OptionReader& reader, RenameOptions& rename) {
  const char* const wanted = "what to do is missing: --name TEMPLATE, --ascii, --case lower, or --undo LOG";
  if (!raw.Last("name") && !raw.Last("ascii") && !raw.Last("case")) reader.Refuse(wanted);
  reader.ReadChoice("only", rename.only, kRenameOnly);
  ReadNames(reader, SpecSet{}, rename.names);
  const auto parsed = NameTemplate::Parse(rename.names.name_template);
  if (parsed && parsed->Uses(NameField::kSize) && rename.only != RenameOnly::kThumbnails) {
    const std::string& text = rename.names.name_template;
    const NameTemplateError error{"{size} needs --only thumbnails,", text.find("{size}"), 6, ""};
    reader.Refuse("--name: " + Explain(text, error));
  }
}

}  // namespace tbbthumbs::tool
