#include "tools/command_config.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include "pipeline/absolute_path.h"
#include "pipeline/name_planner.h"
#include "pipeline/name_template.h"
#include "pipeline/plan_store.h"
#include "tools/option_table.h"
#include "tools/option_values.h"
#include "tools/suggest.h"
#include "tools/word_parser.h"

namespace tbbthumbs::tool {
namespace {

template <class T>
using Choice = std::pair<std::string_view, T>;

constexpr Choice<Kernel> kKernels[] = {{"lanczos3", Kernel::kLanczos3},
                                       {"mitchell", Kernel::kMitchell},
                                       {"catmull-rom", Kernel::kCatmullRom},
                                       {"area", Kernel::kArea}};
constexpr Choice<OutputFormat> kFormats[] = {
    {"auto", OutputFormat::kAuto}, {"jpeg", OutputFormat::kJpeg}, {"png", OutputFormat::kPng}};
constexpr Choice<Chroma> kChromas[] = {{"auto", Chroma::kAuto}, {"420", Chroma::k420}, {"444", Chroma::k444}};
constexpr Choice<ColorSpace> kColorSpaces[] = {
    {"srgb", ColorSpace::kSrgb}, {"p3", ColorSpace::kDisplayP3}, {"keep", ColorSpace::kKeep}};
constexpr Choice<Intent> kIntents[] = {{"perceptual", Intent::kPerceptual},
                                       {"relative", Intent::kRelative},
                                       {"saturation", Intent::kSaturation},
                                       {"absolute", Intent::kAbsolute}};
constexpr Choice<bool KeptMetadata::*> kMetadata[] = {{"icc", &KeptMetadata::icc},
                                                      {"exif", &KeptMetadata::exif},
                                                      {"xmp", &KeptMetadata::xmp},
                                                      {"copyright", &KeptMetadata::copyright}};
constexpr Choice<IfExists> kIfExists[] = {{"update", IfExists::kUpdate},
                                          {"skip", IfExists::kSkip},
                                          {"overwrite", IfExists::kOverwrite},
                                          {"fail", IfExists::kFail}};
constexpr Choice<Strictness> kOnDamage[] = {
    {"fail-truncated", Strictness::kFailTruncated}, {"salvage", Strictness::kSalvage}, {"strict", Strictness::kStrict}};
constexpr Choice<DecoderChoice> kDecoders[] = {{"auto", DecoderChoice::kAuto},
                                               {"fast", DecoderChoice::kFast},
                                               {"scalar", DecoderChoice::kScalar},
                                               {"turbo", DecoderChoice::kTurbo},
                                               {"reference", DecoderChoice::kReference}};
constexpr Choice<LetterCase> kLetterCases[] = {
    {"keep", LetterCase::kKeep}, {"lower", LetterCase::kLower}, {"upper", LetterCase::kUpper}};
constexpr Choice<RenameOnly> kRenameOnly[] = {
    {"all", RenameOnly::kAll}, {"thumbnails", RenameOnly::kThumbnails}, {"originals", RenameOnly::kOriginals}};
constexpr Choice<When> kWhen[] = {{"auto", When::kAuto}, {"always", When::kAlways}, {"never", When::kNever}};

// Far more than any machine has; each thread costs a stack.
constexpr int kMostThreads = 1024;
// A token costs a few hundred bytes.
constexpr int kMostTokens = 1'000'000;
// Of --max-load; the largest is never reached.
constexpr double kLeastLoad = 0.01;
constexpr double kMostLoad = 100'000;

// Takes values out of raw options and keeps the first error.
class Reader {
 public:
  explicit Reader(const RawOptions& raw) : raw_(raw) {}

  // Leaves `target` as it is where the option was not given or is wrong.
  template <class T, class Parse>
  void Read(std::string_view name, T& target, Parse parse) {
    const RawValue* value = raw_.Last(name);
    if (value != nullptr) Store(*value, parse(value->text), target);
  }

  void ReadFlag(std::string_view name, bool& target) { Read(name, target, ParseBool); }

  void ReadInt(std::string_view name, int& target, int smallest, int largest) {
    Read(name, target, [&](const std::string& text) { return ParseInt(text, smallest, largest); });
  }

  template <class T>
  void ReadChoice(std::string_view name, T& target, std::type_identity_t<std::span<const Choice<T>>> choices) {
    Read(name, target, [&](const std::string& text) { return ParseChoice(text, choices); });
  }

  template <class T, class Parse>
  void ReadList(std::string_view name, std::vector<T>& target, Parse parse) {
    const auto found = raw_.values.find(name);
    if (found == raw_.values.end()) return;
    target.clear();
    for (const RawValue& value : found->second) {
      T one{};
      Store(value, parse(value.text), one);
      target.push_back(std::move(one));
    }
  }

  void Refuse(std::string message) {
    if (error_.empty()) error_ = std::move(message);
  }

  const std::string& error() const { return error_; }

 private:
  template <class T, class P>
  void Store(const RawValue& value, Parsed<P> parsed, T& target) {
    if (parsed) {
      target = std::move(*parsed);
    } else {
      Refuse(value.origin + ": " + parsed.error());
    }
  }

  const RawOptions& raw_;
  std::string error_;
};

Parsed<std::string> ParseText(const std::string& text) {
  if (text.empty()) return tl::unexpected<std::string>("a value is missing");
  return text;
}

Parsed<SizeSpec> ParseSize(const std::string& text, const SizeDefaults& defaults = {}) {
  const auto spec = ParseSizeSpec(text, defaults);
  if (!spec) return tl::unexpected<std::string>(spec.error().message);
  return *spec;
}

void ReadFilters(Reader& reader, InputOptions& input) {
  reader.ReadFlag("recursive", input.recursive);
  reader.ReadFlag("hidden", input.hidden);
  reader.ReadList("include", input.include, ParseText);
  reader.ReadList("exclude", input.exclude, ParseText);
  reader.Read("min-input-bytes", input.min_bytes, ParseByteCount);
  reader.Read("max-input-bytes", input.max_bytes, ParseByteCount);
  if (input.min_bytes > input.max_bytes) reader.Refuse("--min-input-bytes is more than --max-input-bytes");
  reader.Read("newer-than", input.newer_than, ParseTime);
}

// "-" among the inputs and `--files-from -` are the same list.
void ReadInputs(const RawOptions& raw, Reader& reader, InputOptions& input) {
  bool null = false;
  reader.ReadFlag("null", null);
  const char separator = null ? '\0' : '\n';
  std::vector<std::string> lists;
  reader.ReadList("files-from", lists, ParseText);
  for (const std::string& argument : raw.arguments) {
    if (argument == "-") {
      lists.push_back(argument);
    } else {
      input.paths.emplace_back(argument);
    }
  }
  if (std::count(lists.begin(), lists.end(), "-") > 1) reader.Refuse("standard input can be read as a list only once");
  for (const std::string& list : lists) {
    input.lists.push_back({list == "-" ? std::filesystem::path("/dev/stdin") : std::filesystem::path(list), separator});
  }
  if (input.paths.empty() && input.lists.empty()) {
    reader.Refuse("an INPUT is missing, as in: tbbthumbs photos/ -o thumbs/ (more: tbbthumbs --help)");
  }
  if (null && input.lists.empty()) reader.Refuse("--null is for lists: --files-from FILE or '-' as an input");
  reader.ReadFlag("follow", input.follow_links);
  ReadFilters(reader, input);
}

// What the options say of all sizes, and each size of itself.
void ReadSizes(Reader& reader, SpecSet& specs) {
  SizeDefaults defaults;
  reader.ReadChoice("fit", defaults.fit, FitNames());
  reader.ReadChoice("gravity", defaults.gravity, GravityNames());
  bool enlarge = false;
  reader.ReadFlag("enlarge", enlarge);
  if (enlarge) defaults.scaling = Scaling::kBoth;
  specs.sizes = {*ParseSize("256", defaults)};
  reader.ReadList("size", specs.sizes, [&](const std::string& text) { return ParseSize(text, defaults); });
  for (size_t i = 1; i < specs.sizes.size(); ++i) {
    if (std::find(specs.sizes.begin(), specs.sizes.begin() + i, specs.sizes[i]) != specs.sizes.begin() + i) {
      reader.Refuse("--size: " + ToString(specs.sizes[i]) + " is given twice");
    }
  }
}

// "blur" is no colour: what lies under transparency is white then.
void ReadBackground(Reader& reader, SpecSet& specs) {
  reader.Read("background", specs.background, [&](const std::string& text) -> Parsed<Rgb8> {
    specs.blurred_border = text == "blur";
    return specs.blurred_border ? Rgb8() : ParseColor(text);
  });
}

Parsed<double> ParseSharpen(const std::string& text) { return ParseNumber(text, 0, kMaxSharpen); }

// How much the files take. The format, --fast and --small are known.
void ReadEncoding(Reader& reader, SpecSet& specs) {
  reader.ReadChoice("chroma", specs.chroma, kChromas);
  reader.Read("max-bytes", specs.max_bytes, ParseByteCount);
  reader.ReadInt("png-level", specs.png_level, 1, 9);
  reader.Read("palette", specs.palette, [](const std::string& text) -> Parsed<int> {
    auto colors = ParseInt(text, 0, 256);
    if (!colors || *colors == 1) return tl::unexpected<std::string>("'" + text + "' is neither 2 to 256 colours nor 0");
    return colors;
  });
  reader.ReadFlag("dither", specs.dither);
  if (specs.format == OutputFormat::kJpeg) {
    for (const auto& [name, given] : {std::pair("--png-level", specs.png_level), {"--palette", specs.palette}}) {
      if (given > 0) reader.Refuse(fmt::format("{} is for PNG: --format png or auto is missing", name));
    }
  }
  if (specs.fast && specs.png_level > 1) reader.Refuse("--fast writes PNG at --png-level 1, and at no other");
  if (specs.small && specs.png_level > 0 && specs.png_level < 9) {
    reader.Refuse("--small writes PNG at --png-level 9, and at no other");
  }
}

// "exif,icc"; "all" and "none" stand alone.
Parsed<KeptMetadata> ParseKept(const std::string& text) {
  if (text == "all") return KeptMetadata{true, true, true, true};
  if (text == "none") return KeptMetadata{};
  KeptMetadata kept;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const auto member = ParseChoice<bool KeptMetadata::*>(text.substr(begin, end - begin), kMetadata);
    if (!member) return tl::unexpected<std::string>(member.error() + " (or all, or none)");
    kept.** member = true;
    begin = end + 1;
  }
  return kept;
}

void ReadSpecs(Reader& reader, SpecSet& specs) {
  ReadSizes(reader, specs);
  reader.ReadChoice("kernel", specs.kernel, kKernels);
  reader.ReadFlag("linear", specs.linear);
  reader.Read("sharpen", specs.sharpen, ParseSharpen);
  ReadBackground(reader, specs);
  reader.ReadChoice("format", specs.format, kFormats);
  reader.ReadInt("quality", specs.quality, 1, 100);
  reader.ReadChoice("color", specs.color, kColorSpaces);
  reader.ReadChoice("intent", specs.intent, kIntents);
  reader.Read("keep", specs.keep, ParseKept);
  reader.ReadFlag("progressive", specs.progressive);
  reader.ReadFlag("optimize", specs.optimize);
  reader.ReadFlag("fast", specs.fast);
  reader.ReadFlag("small", specs.small);
  if (specs.fast && specs.small) reader.Refuse("--fast and --small exclude each other");
  ReadEncoding(reader, specs);
  reader.ReadFlag("blurhash", specs.placeholders.blurhash);
  reader.ReadFlag("thumbhash", specs.placeholders.thumbhash);
  reader.ReadChoice("on-damage", specs.strictness, kOnDamage);
  reader.ReadChoice("decoder", specs.decoder, kDecoders);
}

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

void ReadNames(Reader& reader, const SpecSet& specs, NameOptions& names) {
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
void ReadNewNames(const RawOptions& raw, Reader& reader, RenameOptions& rename) {
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

void ReadDisplay(Reader& reader, DisplayConfig& display) {
  reader.ReadChoice("progress", display.progress, kWhen);
  reader.ReadChoice("color-output", display.color, kWhen);
  reader.ReadFlag("verbose", display.verbose);
  reader.ReadFlag("quiet", display.quiet);
  reader.ReadFlag("json", display.json);
  if (display.quiet) display.verbose = false;
}

Parsed<uint64_t> ParseMemory(const std::string& text) {
  auto bytes = ParseByteCount(text);
  if (bytes && *bytes < JobOptions::kLeastMemoryBytes)
    return tl::unexpected<std::string>("'" + text + "' is under 64M");
  return bytes;
}

// Of a file: it would be told late, and leave an empty one.
Parsed<std::filesystem::path> ParseJournal(const std::string& text) {
  std::error_code error;
  if (text.empty()) return tl::unexpected<std::string>("a value is missing");
  if (text.ends_with('/') || std::filesystem::is_directory(text, error)) {
    return tl::unexpected<std::string>("'" + text + "' is a directory; the journal is a file");
  }
  return std::filesystem::path(text);
}

void ReadJournal(Reader& reader, JournalOptions& journal) {
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

// Not longer than an hour: the clock would run over.
Parsed<std::chrono::nanoseconds> ParseSettle(const std::string& text) {
  const auto seconds = ParseNumber(text, 0, 3600);
  if (!seconds) return tl::unexpected<std::string>(seconds.error());
  return std::chrono::round<std::chrono::nanoseconds>(std::chrono::duration<double>(*seconds));
}

// DIR stands for itself, or behind --output.
void ReadWhere(const RawOptions& raw, Reader& reader, JournalConfig& where) {
  if (raw.arguments.size() > 1) reader.Refuse("only one DIR at a time");
  if (!raw.arguments.empty() && raw.Last("output") != nullptr) reader.Refuse("--output: DIR says the same");
  if (!raw.arguments.empty()) where.output = raw.arguments.front();
  reader.Read("output", where.output, ParseText);
  reader.Read("journal", where.journal.path, ParseJournal);
  if (where.output.empty()) reader.Refuse("DIR is empty");
}

// All but the inputs and how it is shown.
void ReadJob(Reader& reader, JobOptions& job) {
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
}

void ReadManners(Reader& reader, bool& nice, std::optional<double>& max_load) {
  reader.ReadFlag("nice", nice);
  reader.Read("max-load", max_load, [](const std::string& text) -> Parsed<std::optional<double>> {
    return ParseNumber(text, kLeastLoad, kMostLoad);
  });
}

void CheckPlaceholders(Reader& reader, const MakeConfig& config) {
  const PlaceholderSet& placeholders = config.job.specs.placeholders;
  if (!placeholders.any() || config.display.json) return;
  reader.Refuse(std::string(placeholders.blurhash ? "--blurhash" : "--thumbhash") +
                " needs --json: it goes into the record of each picture");
}

std::string TextOf(std::chrono::system_clock::time_point time) {
  const auto since_epoch = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  return fmt::format("@{}.{:09}", seconds.count(), (since_epoch - seconds).count());
}

// Does not outlive the plan's own run.
bool IsKeptInPlan(const OptionSpec& option) {
  constexpr std::string_view kOfLookingForInputs[] = {"recursive", "include", "exclude", "files-from", "null",
                                                      "hidden",    "follow",  "plan",    "shards",     "config"};
  return option.group != OptionGroup::kDisplay &&
         std::find(std::begin(kOfLookingForInputs), std::end(kOfLookingForInputs), option.name) ==
             std::end(kOfLookingForInputs);
}

// Paths and times as they are seen from everywhere.
std::vector<std::pair<std::string, std::string>> OptionsToKeep(const RawOptions& raw, const JobOptions& job) {
  std::vector<std::pair<std::string, std::string>> kept;
  const std::string directory = CurrentDirectory();
  for (const OptionSpec& option : OptionTable()) {
    const auto found = raw.values.find(option.name);
    if (found == raw.values.end() || !IsKeptInPlan(option)) continue;
    for (const RawValue& value : found->second) {
      std::string text = value.text;
      if (option.name == "output" || option.name == "journal") text = AbsolutePath(directory, text);
      if (option.name == "newer-than" && job.input.newer_than) text = TextOf(*job.input.newer_than);
      kept.emplace_back(option.name, std::move(text));
    }
  }
  return kept;
}

void ReadPlanFile(Reader& reader, const std::string& command, std::filesystem::path& plan) {
  reader.Read("plan", plan, ParseText);
  if (plan.empty()) reader.Refuse(fmt::format("--plan FILE is missing, as in: tbbthumbs {} --plan plan.db", command));
}

void RefuseArguments(const RawOptions& raw, Reader& reader) {
  if (!raw.arguments.empty()) {
    reader.Refuse(fmt::format("'{}': the inputs are those of the plan", raw.arguments.front()));
  }
}

}  // namespace

TextStyle StyleOf(const DisplayConfig& display, int fd) {
  return {.escape = isatty(fd) == 1, .color = WantsColor(display.color, fd)};
}

tl::expected<MakeConfig, std::string> ToMakeConfig(const RawOptions& raw) {
  MakeConfig config;
  Reader reader(raw);
  reader.Read("output", config.job.output, ParseText);
  ReadInputs(raw, reader, config.job.input);
  ReadJob(reader, config.job);
  ReadManners(reader, config.nice, config.max_load);
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

tl::expected<PlanConfig, std::string> ToPlanConfig(const RawOptions& raw) {
  PlanConfig config;
  Reader reader(raw);
  reader.Read("output", config.make.job.output, ParseText);
  ReadInputs(raw, reader, config.make.job.input);
  ReadJob(reader, config.make.job);
  ReadDisplay(reader, config.make.display);
  ReadPlanFile(reader, "plan photos/ -o thumbs/ --shards 8", config.plan);
  reader.ReadInt("shards", config.shards, 1, kMostShards);
  if (config.make.job.if_exists == IfExists::kFail) {
    reader.Refuse("--if-exists fail: not for a plan: a shard that is run again would fail by its own thumbnails");
  }
  if (config.shards == 0) reader.Refuse("--shards N is missing: into how many parts the plan is divided");
  for (const auto& [name, values] : raw.values) {
    const OptionSpec* option = FindOption(OptionTable(), name);
    if ((option->commands & (kForPlan | kForRun)) == 0) {
      reader.Refuse(fmt::format("{}: not for a plan", values.back().origin));
    }
  }
  if (!reader.error().empty()) return tl::unexpected<std::string>(reader.error());
  config.options = OptionsToKeep(raw, config.make.job);
  return config;
}

tl::expected<ShardConfig, std::string> ToShardConfig(const RawOptions& raw) {
  ShardConfig config;
  Reader reader(raw);
  RefuseArguments(raw, reader);
  ReadPlanFile(reader, "run --shard 0/8", config.plan);
  reader.Read("shard", config.shard, ParseText);
  if (config.shard.empty()) reader.Refuse("--shard is missing: 0/8 (the first of eight), 0, or auto");
  JobOptions ignored;
  ignored.output = ".";
  ReadJob(reader, ignored);
  ReadManners(reader, config.nice, config.max_load);
  ReadDisplay(reader, config.display);
  if (!reader.error().empty()) return tl::unexpected<std::string>(reader.error());
  config.options = raw;
  return config;
}

tl::expected<MergeConfig, std::string> ToMergeConfig(const RawOptions& raw) {
  MergeConfig config;
  Reader reader(raw);
  RefuseArguments(raw, reader);
  ReadPlanFile(reader, "merge", config.plan);
  ReadDisplay(reader, config.display);
  if (!reader.error().empty()) return tl::unexpected<std::string>(reader.error());
  return config;
}

tl::expected<MakeConfig, std::string> ToMakeConfig(const std::vector<std::pair<std::string, std::string>>& planned,
                                                   const ShardConfig& shard) {
  RawOptions raw;
  for (const auto& [name, value] : planned) {
    raw.values[name].push_back({value, fmt::format("{}: --{}", shard.plan.string(), name)});
  }
  for (const auto& [name, values] : shard.options.values) raw.values.insert_or_assign(name, values);
  MakeConfig config;
  Reader reader(raw);
  reader.Read("output", config.job.output, ParseText);
  ReadFilters(reader, config.job.input);
  ReadJob(reader, config.job);
  ReadManners(reader, config.nice, config.max_load);
  ReadDisplay(reader, config.display);
  CheckPlaceholders(reader, config);
  if (!reader.error().empty()) return tl::unexpected<std::string>(reader.error());
  return config;
}

tl::expected<WatchConfig, std::string> ToWatchConfig(const RawOptions& raw) {
  Reader reader(raw);
  if (raw.arguments.empty()) reader.Refuse("a DIR is missing, as in: tbbthumbs watch photos/ -o thumbs/");
  for (const std::string& argument : raw.arguments) {
    if (argument == "-") reader.Refuse("'-': directories are watched, not lists");
  }
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
  Reader reader(raw);
  for (const std::string& argument : raw.arguments) config.files.emplace_back(argument);
  if (config.files.empty()) reader.Refuse("a FILE is missing, as in: tbbthumbs info photo.jpg");
  reader.ReadList("size", config.sizes, [](const std::string& text) { return ParseSize(text); });
  reader.Read("max-pixels", config.limits.max_pixels, ParsePixelCount);
  reader.ReadFlag("json", config.json);
  if (!reader.error().empty()) return tl::unexpected<std::string>(reader.error());
  return config;
}

tl::expected<RenameConfig, std::string> ToRenameConfig(const RawOptions& raw) {
  RenameConfig config;
  Reader reader(raw);
  reader.Read("undo", config.undo, ParseText);
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
  ReadDisplay(reader, config.display);
  if (!reader.error().empty()) return tl::unexpected<std::string>(reader.error());
  return config;
}

tl::expected<StatusConfig, std::string> ToStatusConfig(const RawOptions& raw) {
  StatusConfig config;
  Reader reader(raw);
  ReadWhere(raw, reader, config.where);
  ReadDisplay(reader, config.display);
  if (!reader.error().empty()) return tl::unexpected<std::string>(reader.error());
  return config;
}

tl::expected<FailedConfig, std::string> ToFailedConfig(const RawOptions& raw) {
  FailedConfig config;
  Reader reader(raw);
  ReadWhere(raw, reader, config.where);
  reader.ReadFlag("null", config.null);
  ReadDisplay(reader, config.display);
  if (config.null && config.display.json) reader.Refuse("--null is for paths, not for --json");
  if (!reader.error().empty()) return tl::unexpected<std::string>(reader.error());
  return config;
}

tl::expected<PruneConfig, std::string> ToPruneConfig(const RawOptions& raw) {
  PruneConfig config;
  Reader reader(raw);
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
