#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codecs/size_spec.h"
#include "pipeline/name_planner.h"
#include "pipeline/name_template.h"
#include "pipeline/safe_names.h"
#include "pipeline/url.h"
#include "pipeline/url_input.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/input_reader.h"
#include "tests/fuzz/targets.h"

namespace tbbthumbs::fuzz {
namespace {

constexpr std::string_view kOutput = "out";
constexpr size_t kMostSizes = 6;
constexpr size_t kMostFiles = 12;

struct NamedFile {
  InputFile file;
  FileFacts facts;
};

// The names of a path that a tree may have: none empty, "." or "..", no NUL.
std::string TreePath(std::string_view text) {
  std::string path;
  while (!text.empty()) {
    const size_t end = std::min(text.find('/'), text.size());
    std::string name(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    std::replace(name.begin(), name.end(), '\0', '?');
    if (name.empty() || name == "." || name == "..") continue;
    path.append(path.empty() ? "" : "/").append(name);
  }
  return path;
}

// A line of "PATH", or "ADDRESS", and of "CAMERA" behind a tab.
NamedFile ReadFile(InputReader& reader) {
  NamedFile named;
  const auto choice = reader.Number(1);
  named.facts.modified = std::chrono::nanoseconds(static_cast<int64_t>(reader.Number(8)));
  if ((choice & 1) != 0) {
    named.facts.taken = CalendarTime{static_cast<int>(1 + reader.Number(2) % 9999),
                                     static_cast<int>(1 + choice % 12),
                                     static_cast<int>(1 + choice % 28),
                                     static_cast<int>(choice % 24),
                                     static_cast<int>(choice % 60),
                                     static_cast<int>(choice % 61)};
  }
  named.facts.size = {static_cast<int>(1 + reader.Number(2) % 65500), static_cast<int>(1 + reader.Number(2) % 65500)};
  named.facts.content_hash = "0123456789abcdef0123456789abcdef";
  named.facts.format = (choice & 2) != 0 ? "jpeg" : "png";
  if ((choice & 4) != 0) named.facts.size_label = "256";
  const std::string_view text = reader.TextUntil('\n');
  const size_t tab = std::min(text.find('\t'), text.size());
  named.facts.camera = text.substr(tab);
  const std::string_view name = text.substr(0, tab);
  if (LooksLikeUrl(name)) {
    named.file = UrlInput(name);
    if (named.file.url) {
      const std::string& path = named.file.url->path;
      named.file.output_directory = path.substr(0, path.find('/') == std::string::npos ? 0 : path.rfind('/'));
      return named;
    }
  }
  std::string path = TreePath(name);
  if (path.empty()) path = "a.jpg";
  const size_t slash = path.rfind('/');
  if (slash != std::string::npos) named.file.output_directory = path.substr(0, slash);
  named.file.path = "/in/" + path;
  return named;
}

// Checks a name below the output directory, and takes it: no other may be the same for any file system.
void CheckName(std::string_view path, std::set<std::string>& folded) {
  Require(path.find_first_of(std::string_view("\0\\", 2)) == std::string_view::npos, "no NUL in a name");
  Require(folded.insert(FoldName(path)).second, "names that all differ");
  const bool is_nested = path.find('/') != std::string_view::npos;
  Require(!is_nested || FoldName(path.substr(0, path.find('/'))) != ".tbbthumbs", "not the program's own directory");
  while (!path.empty()) {
    const size_t end = std::min(path.find('/'), path.size());
    const std::string_view name = path.substr(0, end);
    Require(end + 1 != path.size(), "no '/' at the end");
    path.remove_prefix(std::min(end + 1, path.size()));
    Require(!name.empty() && name != "." && name != "..", "names below the output directory");
    Require(name.size() <= kMaxNameBytes, "names that file systems take");
    Require(SafeText(name, {}) == name, "names of safe characters");
    Require(SafeComponent(std::string(name), false) == name, "names that are safe as a whole");
  }
}

NameOutcome PlanNames(const NameOptions& options, const SpecSet& specs, const std::vector<NamedFile>& files) {
  if (const Status checked = CheckNameOptions(options, specs); !checked) {
    Require(checked.error().code == ErrorCode::kUnsupported && !checked.error().message.empty(), "a reason");
    return NameOutcome::kRefused;
  }
  NamePlanner planner(std::string(kOutput), options, specs);
  NamePlanner again(std::string(kOutput), options, specs);
  std::set<std::string> folded;
  for (NamePlanner* one : {&planner, &again}) one->SetTotal(files.size());
  for (size_t seq = 0; seq < files.size(); ++seq) {
    const OutputNames names = planner.Plan(files[seq].file, seq, files[seq].facts);
    const OutputNames same = again.Plan(files[seq].file, seq, files[seq].facts);
    Require(names.jpeg == same.jpeg && names.png == same.png && names.changes == same.changes, "the same names again");
    for (const auto* paths : {&names.jpeg, &names.png}) {
      Require(paths->empty() || paths->size() == specs.sizes.size(), "a name for each size");
      for (const std::string& path : *paths) {
        Require(path.starts_with("out/"), "a name below the output directory");
        CheckName(std::string_view(path).substr(kOutput.size() + 1), folded);
      }
    }
  }
  return NameOutcome::kPlanned;
}

NameOutcome PlanNewNames(const NameOptions& options, const std::vector<NamedFile>& files) {
  NamePlanner planner(options);
  planner.SetTotal(files.size());
  std::set<std::string> folded;
  for (size_t seq = 0; seq < files.size(); ++seq) {
    // Only files are renamed.
    if (files[seq].file.url) continue;
    CheckName(planner.PlanNewName(files[seq].file, seq, files[seq].facts).path, folded);
  }
  return NameOutcome::kRenamed;
}

}  // namespace

NameOutcome Names(std::span<const std::byte> input) {
  InputReader reader(input);
  const auto choice = reader.Number(1);
  NameOptions options;
  options.ascii = (choice & 1) != 0;
  options.letter_case = static_cast<LetterCase>((choice >> 1) % 3);
  options.name_template = reader.TextUntil('\n');
  SpecSet specs;
  constexpr OutputFormat kFormats[] = {OutputFormat::kAuto, OutputFormat::kJpeg, OutputFormat::kPng};
  specs.format = kFormats[(choice >> 3) % 3];
  specs.sizes.clear();
  for (std::string_view sizes = reader.TextUntil('\n'); !sizes.empty() && specs.sizes.size() < kMostSizes;) {
    const size_t end = std::min(sizes.find(' '), sizes.size());
    if (auto spec = ParseSizeSpec(sizes.substr(0, end))) specs.sizes.push_back(std::move(*spec));
    sizes.remove_prefix(std::min(end + 1, sizes.size()));
  }
  if (specs.sizes.empty()) specs.sizes.emplace_back();

  const auto parsed = NameTemplate::Parse(options.name_template);
  if (!parsed) {
    const NameTemplateError& error = parsed.error();
    const size_t size = options.name_template.size();
    Require(!error.message.empty(), "a reason");
    Require(error.offset <= size && error.length <= size - error.offset, "a mistake within the template");
    Require(CharacterNumber(options.name_template, error.offset) <= size + 1, "a character of the template");
  } else {
    for (size_t i = 0; i < parsed->parts().size(); ++i) {
      const NamePart& part = parsed->parts()[i];
      Require(part.field != NameField::kText || !part.text.empty(), "no empty texts");
      const bool follows_text = i > 0 && parsed->parts()[i - 1].field == NameField::kText;
      Require(part.field != NameField::kText || !follows_text, "not two texts in a row");
    }
  }

  std::vector<NamedFile> files;
  while (!reader.AtEnd() && files.size() < kMostFiles) files.push_back(ReadFile(reader));
  if ((choice & 128) != 0 && !files.empty()) files.push_back(files.front());
  if ((choice & 64) != 0 && parsed) return PlanNewNames(options, files);
  const NameOutcome outcome = PlanNames(options, specs, files);
  Require(parsed || outcome == NameOutcome::kRefused, "no names of a template with mistakes");
  return outcome;
}

}  // namespace tbbthumbs::fuzz
