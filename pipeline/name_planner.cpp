#include "pipeline/name_planner.h"

#include <algorithm>
#include <utility>

#include "pipeline/date_text.h"
#include "pipeline/file_system.h"
#include "pipeline/name_hash.h"
#include "pipeline/safe_names.h"

namespace tbbthumbs {
namespace {

constexpr std::string_view kJpegExtension = ".jpg";
constexpr std::string_view kPngExtension = ".png";
static_assert(kJpegExtension.size() == kPngExtension.size());

// Of this program, in the output directory.

// What is left of a name that is cut, at least.
constexpr size_t kLeastHeadBytes = 32;

// The last name of a path, in its two parts.
struct FileName {
  std::string_view stem;
  std::string_view extension;  // without the dot
};

std::string_view NameOf(std::string_view path) { return path.substr(path.find_last_of('/') + 1); }

FileName SplitName(std::string_view path) {
  const std::string_view name = NameOf(path);
  const size_t dot = name.find_last_of('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == name.size()) return {name, ""};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

FileName NameOfInput(const InputFile& file) {
  return file.no_extension ? FileName{NameOf(file.name_path()), ""} : SplitName(file.name_path());
}

// Longer ones are no extensions where files keep theirs: a name must have room for more.
constexpr size_t kMostKeptExtension = 16;

FileName SplitKeptName(std::string_view path) {
  const FileName name = SplitName(path);
  return name.extension.size() <= kMostKeptExtension ? name : FileName{NameOf(path), ""};
}

std::string_view WithoutLabel(std::string_view stem, const std::string& label) {
  if (!label.empty() && stem.size() > label.size() + 1 && stem.ends_with("_" + label))
    stem.remove_suffix(label.size() + 1);
  return stem;
}

// "" where the path does not say it.
std::string_view ParentOf(std::string_view path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string_view::npos) return "";
  const std::string_view parent = NameOf(path.substr(0, slash));
  return parent == "." || parent == ".." ? "" : parent;
}

// Safe text in which '/' stays what it is.
std::string SafePath(std::string_view text, const NameOptions& options) {
  std::string safe;
  for (size_t begin = 0;;) {
    const size_t end = text.find('/', begin);
    safe += SafeText(text.substr(begin, end == std::string_view::npos ? end : end - begin), options);
    if (end == std::string_view::npos) return safe;
    safe += '/';
    begin = end + 1;
  }
}

// A template that was checked before.
NameTemplate ParsedTemplate(const std::string& text) {
  auto parsed = NameTemplate::Parse(text);
  return parsed ? std::move(*parsed) : NameTemplate();
}

std::vector<std::string> SafeTexts(const NameTemplate& name_template, const NameOptions& options) {
  std::vector<std::string> texts;
  for (const NamePart& part : name_template.parts()) {
    texts.push_back(part.field == NameField::kText ? SafePath(part.text, options) : "");
  }
  return texts;
}

}  // namespace

NamePlanner::NamePlanner(std::string output, const NameOptions& options, const SpecSet& specs)
    : output_(std::move(output)),
      options_(options),
      template_(ParsedTemplate(options.name_template)),
      safe_texts_(SafeTexts(template_, options)),
      marks_(template_, options, specs),
      formats_(PossibleFormats(specs.format)),
      stays_in_directory_(template_.StaysInDirectory()),
      keeps_sizes_apart_(template_.KeepsSizesApart() && !template_.Uses(NameField::kWidth) &&
                         !template_.Uses(NameField::kHeight)),
      extension_(kJpegExtension),
      directories_(options_) {}

NamePlanner::NamePlanner(const NameOptions& options)
    : options_(options),
      template_(ParsedTemplate(options.name_template)),
      safe_texts_(SafeTexts(template_, options)),
      marks_(NameTemplate(), options, SpecSet{.sizes = {}}),
      stays_in_directory_(template_.StaysInDirectory()),
      keeps_sizes_apart_(true),
      directories_(options_) {}

std::string NamePlanner::TextOf(const NamePart& part, const InputFile& file, uint64_t seq, const FileFacts& facts,
                                NameChanges& changes) {
  const auto respelled = [&](std::string_view text) {
    std::string safe = SafeText(text, options_);
    changes.respelled |= safe != text;
    return safe;
  };
  switch (part.field) {
    case NameField::kStem:
      if (!formats_.empty()) return respelled(NameOfInput(file).stem);
      return respelled(WithoutLabel(SplitKeptName(file.name_path()).stem, facts.size_label));
    case NameField::kExtension:
      return respelled(NameOfInput(file).extension);
    case NameField::kParent:
      return respelled(ParentOf(file.name_path()));
    case NameField::kCamera:
      return respelled(facts.camera.empty() ? "unknown" : facts.camera);
    case NameField::kDirectory: {
      const DirectoryNames::Mapped& mapped = directories_.Map(file.output_directory);
      changes.respelled |= mapped.made_safe;
      changes.taken |= mapped.taken;
      changes.too_long |= mapped.too_long;
      return mapped.path;
    }
    case NameField::kSequence:
      return Padded(seq + 1, part.width);
    case NameField::kTotal:
      return Padded(total_, part.width);
    case NameField::kHost:
      return file.url ? respelled(file.url->host) : "";
    case NameField::kHash:
    case NameField::kUrlHash: {
      const bool by_url = part.field == NameField::kUrlHash && file.url;
      const std::string text = by_url ? file.url->text : JoinPath(file.output_directory, NameOf(file.name_path()));
      return SafeText(LongHexOf(text).substr(0, part.width), options_);
    }
    case NameField::kInputHash:
      return SafeText(facts.content_hash.substr(0, part.width), options_);
    case NameField::kModified:
      return SafePath(DateText(LocalTime(facts.modified), part.text), options_);
    case NameField::kDate:
      return SafePath(DateText(facts.taken ? *facts.taken : LocalTime(facts.modified), part.text), options_);
    case NameField::kFormat:
      return formats_.empty() ? SafeText(facts.format, options_) : marks_.KnownFormat().value_or("");
    // Of files that are renamed; those of thumbnails are marks.
    case NameField::kSize:
      return SafeText(facts.size_label, options_);
    case NameField::kWidth:
      return Padded(static_cast<uint64_t>(facts.size.width), part.width);
    case NameField::kHeight:
      return Padded(static_cast<uint64_t>(facts.size.height), part.width);
    case NameField::kText:
      break;  // known before
  }
  return "";
}

NamePlanner::Expanded NamePlanner::Expand(const InputFile& file, uint64_t seq, const FileFacts& facts,
                                          NameChanges& changes) {
  Expanded expanded;
  const std::vector<NamePart>& parts = template_.parts();
  const auto last_stem =
      std::find_if(parts.rbegin(), parts.rend(), [](const NamePart& part) { return part.field == NameField::kStem; });
  const size_t head_parts = last_stem == parts.rend() ? parts.size() : static_cast<size_t>(parts.rend() - last_stem);
  bool drop_slash = false;
  for (size_t i = 0; i < parts.size(); ++i) {
    const NamePart& part = parts[i];
    std::string& text = i < head_parts ? expanded.head : expanded.tail;
    if (const char mark = marks_.MarkOf(part); mark != '\0') {
      text += mark;
      continue;
    }
    if (part.field == NameField::kText) {
      text += std::string_view(safe_texts_[i]).substr(drop_slash && safe_texts_[i].front() == '/' ? 1 : 0);
      drop_slash = false;
      continue;
    }
    const std::string value = TextOf(part, file, seq, facts, changes);
    text += value;
    // The output directory itself, or the host of a file: no name, so no '/' behind it.
    const bool may_be_none = part.field == NameField::kDirectory || part.field == NameField::kHost;
    drop_slash = may_be_none && value.empty() && (text.empty() || text.back() == '/');
  }
  return expanded;
}

// A component without the place for a suffix.
std::string NamePlanner::WholeComponent(std::string_view text, bool last, NameChanges& changes) const {
  std::string component = SafeComponent(ComposeCharacters(std::string(text)), last && !extension_.empty());
  changes.respelled |= component != text;
  const size_t limit = kMaxNameBytes - (last ? extension_.size() : 0);
  if (marks_.LongestLength(component) <= limit) return component;
  changes.too_long = true;
  const std::string hash = "_" + ShortHex(HashOf(component));
  return CutComponent(component, "", hash, limit - marks_.longest_label() - 1);
}

std::string NamePlanner::CutComponent(std::string_view head, std::string_view tail, std::string_view hash,
                                      size_t limit) const {
  // With marks cut off that tell sizes apart, FillSizes needs room for others.
  const size_t slack = marks_.longest_label() + 1;
  const size_t most_tail = limit - hash.size() - kLeastHeadBytes - slack;
  const bool tail_is_cut = marks_.LongestLength(tail) > most_tail;
  const std::string kept_tail = tail_is_cut ? marks_.Cut(tail, most_tail) : std::string(tail);
  if (tail_is_cut) limit -= slack;
  const size_t room = limit - hash.size() - marks_.LongestLength(kept_tail);
  std::string component = marks_.Cut(head, room);
  if (!tail_is_cut && marks_.Count(component) < marks_.Count(head)) component = marks_.Cut(head, room - slack);
  component += hash;
  return component + kept_tail;
}

const std::string& NamePlanner::AssembleParents(std::string_view text, NameChanges& changes) {
  if (text != parents_text_) {
    parents_text_ = text;
    parents_.clear();
    parents_changes_ = {};
    while (!text.empty()) {
      const size_t slash = text.find('/');
      parents_ += WholeComponent(text.substr(0, slash), false, parents_changes_);
      parents_ += '/';
      text.remove_prefix(slash + 1);
    }
  }
  changes.respelled |= parents_changes_.respelled;
  changes.too_long |= parents_changes_.too_long;
  return parents_;
}

std::optional<std::string> NamePlanner::Assemble(std::string_view head, std::string_view tail, std::string_view hash,
                                                 NameChanges& changes) {
  const size_t parents_end = head.find_last_of('/') + 1;  // 0 where there is none
  std::string path = AssembleParents(head.substr(0, parents_end), changes);
  head.remove_prefix(parents_end);

  // The one that the suffix stands in.
  size_t slash = tail.find('/');
  const bool last = slash == std::string_view::npos;
  const std::string_view rest_of_it = tail.substr(0, slash);
  std::string whole(head);
  whole += hash;
  whole += rest_of_it;
  const std::string composed = ComposeCharacters(whole);
  const bool has_extension = last && !extension_.empty();
  const std::string component = SafeComponent(composed, has_extension);
  changes.respelled |= component != whole;
  const bool needs_slack = !keeps_sizes_apart_ && marks_.size_count() > 1;
  const size_t limit = kMaxNameBytes - (last ? extension_.size() : 0) - (needs_slack ? marks_.longest_label() + 1 : 0);
  if (marks_.LongestLength(component) <= limit) {
    path += component;
  } else {
    changes.too_long = true;
    if (hash.empty()) return std::nullopt;
    const size_t grown = component.size() - composed.size();
    path += SafeComponent(ComposeCharacters(CutComponent(head, rest_of_it, hash, limit - grown)), has_extension);
  }

  while (slash != std::string_view::npos) {
    tail.remove_prefix(slash + 1);
    slash = tail.find('/');
    path += '/';
    path += WholeComponent(tail.substr(0, slash), slash == std::string_view::npos, changes);
  }
  if (const size_t end = path.find('/');
      end == kOwnDirectory.size() && FoldName(path.substr(0, end)) == kOwnDirectory) {
    path.insert(end, 1, '_');
    changes.respelled = true;
  }
  return path;
}

std::vector<std::string> NamePlanner::FillSizes(std::string_view marked, OutputFormat format, Size upright) const {
  std::vector<std::string> names;
  for (size_t i = 0; i < marks_.size_count(); ++i) {
    std::string name = marks_.Fill(marked, i, format, upright);
    // Small pictures: several sizes may be the same width.
    while (std::find(names.begin(), names.end(), name) != names.end()) name += "_" + marks_.label(i);
    names.push_back(std::move(name));
  }
  return names;
}

bool NamePlanner::Take(HashSet& taken, std::string_view marked, Size upright) {
  keys_.clear();
  if (formats_.empty()) return taken.Insert(HashOf(FoldName(std::string(marked) + extension_)));
  for (const OutputFormat format : formats_) {
    if (keeps_sizes_apart_ && formats_.size() == 1) {
      keys_.push_back(HashOf(FoldName(marked)));
    } else if (keeps_sizes_apart_) {
      keys_.push_back(HashOf(FoldName(marks_.Fill(marked, NameMarks::kKeepSize, format, upright))));
    } else {
      for (const std::string& name : FillSizes(marked, format, upright)) keys_.push_back(HashOf(FoldName(name)));
    }
    if (!uses_format_) break;  // the other's names are the same
  }
  if (keys_.size() == 1) return taken.Insert(keys_.front());
  if (std::any_of(keys_.begin(), keys_.end(), [&](uint64_t key) { return taken.Contains(key); })) return false;
  for (const uint64_t key : keys_) taken.Insert(key);
  return true;
}

std::string NamePlanner::PlanMarked(const InputFile& file, uint64_t seq, const FileFacts& facts, NameChanges& changes) {
  // Single files that come in between whole directories have names in the uppermost: its names are kept.
  const bool by_directory = stays_in_directory_ && file.whole_directory && !file.output_directory.empty();
  if (by_directory && file.output_directory != current_directory_) {
    current_directory_ = file.output_directory;
    taken_in_directory_.Clear();
  }
  HashSet& taken = by_directory ? taken_in_directory_ : taken_;
  Expanded expanded = Expand(file, seq, facts, changes);
  const auto attempt = [&](std::string_view hash) {
    std::optional<std::string> marked = Assemble(expanded.head, expanded.tail, hash, changes);
    if (marked && Take(taken, *marked, facts.size)) return marked;
    changes.taken |= marked.has_value();
    return std::optional<std::string>();
  };
  std::optional<std::string> marked = attempt("");
  if (const std::string_view extension = NameOfInput(file).extension;
      !marked && !formats_.empty() && !extension.empty()) {
    expanded.head += "_" + SafeText(extension, options_);
    marked = attempt("");
  }
  // The hash of the path settles it. Another input of the same path, or with the same hash, gets one of its place in
  // the order besides: counting up would take n^2 steps where a list names one file n times.
  if (!marked) marked = attempt("_" + ShortHex(HashOf(file.path)));
  for (uint64_t salt = 0; !marked; ++salt) {
    marked = attempt("_" + ShortHex(HashOf(file.path + '\0' + std::to_string(seq) + '\0' + std::to_string(salt))));
  }
  return std::move(*marked);
}

OutputNames NamePlanner::Plan(const InputFile& file, uint64_t seq, const FileFacts& facts) {
  OutputNames names;
  const std::string marked = PlanMarked(file, seq, facts, names.changes);
  for (const OutputFormat format : formats_) {
    std::vector<std::string>& paths = format == OutputFormat::kPng ? names.png : names.jpeg;
    for (const std::string& name : FillSizes(marked, format, facts.size)) {
      paths.push_back(JoinPath(output_, name));
      paths.back() += format == OutputFormat::kPng ? kPngExtension : kJpegExtension;
    }
  }
  return names;
}

NewName NamePlanner::PlanNewName(const InputFile& file, uint64_t seq, const FileFacts& facts) {
  const std::string_view extension = SplitKeptName(file.name_path()).extension;
  const std::string safe = SafeEnd(SafeText(extension, {}));
  extension_ = safe.empty() ? "" : "." + safe;
  NewName name;
  name.path = PlanMarked(file, seq, facts, name.changes) + extension_;
  name.changes.respelled |= safe != extension;
  return name;
}

std::vector<OutputFormat> PossibleFormats(OutputFormat format) {
  if (format == OutputFormat::kAuto) return {OutputFormat::kJpeg, OutputFormat::kPng};
  return {format};
}

Status CheckNameOptions(const NameOptions& options, const SpecSet& specs) {
  const auto parsed = NameTemplate::Parse(options.name_template);
  if (!parsed) {
    const NameTemplateError& error = parsed.error();
    return Fail(ErrorCode::kUnsupported, "the names' template: " + error.message + " at character " +
                                             std::to_string(CharacterNumber(options.name_template, error.offset)));
  }
  for (const SizeSpec& size : specs.sizes) {
    if (size.name.size() <= SizeSpec::kMaxNameBytes) continue;
    return Fail(ErrorCode::kUnsupported,
                "the name of a size has over " + std::to_string(SizeSpec::kMaxNameBytes) + " bytes");
  }
  if (!TellsSizesApart(*parsed, specs.sizes.size())) {
    return Fail(ErrorCode::kUnsupported, "the names' template gives all sizes the same name: {size} is missing");
  }
  return {};
}

bool TellsSizesApart(const NameTemplate& name_template, size_t size_count) {
  return size_count < 2 || name_template.Uses(NameField::kSize) || name_template.Uses(NameField::kWidth) ||
         name_template.Uses(NameField::kHeight);
}

}  // namespace tbbthumbs
