#include "tools/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tests/support/temp_tree.h"
#include "tools/help.h"
#include "tools/option_table.h"
#include "tools/plan_config.h"

namespace tbbthumbs::tool {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;

std::vector<std::string> Words(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// The configuration of `tbbthumbs LINE`, which must be right.
MakeConfig Make(const std::string& line) {
  auto command = ParseCommand(Words(line));
  if (!command) {
    ADD_FAILURE() << line << ": " << command.error();
    return {};
  }
  if (!std::holds_alternative<MakeConfig>(*command)) {
    ADD_FAILURE() << line << ": not 'make'";
    return {};
  }
  return std::get<MakeConfig>(*command);
}

// What is said of `tbbthumbs LINE`, which must be wrong.
std::string Complaint(const std::string& line) {
  const auto command = ParseCommand(Words(line));
  return command ? "nothing is wrong with it" : command.error();
}

TEST(OptionsTest, DefaultsAreThoseOfTheLibrary) {
  const MakeConfig config = Make("photos -o thumbs");
  const JobOptions defaults;
  EXPECT_THAT(config.job.input.paths, ElementsAre("photos"));
  EXPECT_EQ(config.job.output, "thumbs");
  EXPECT_TRUE(config.job.input.recursive);
  EXPECT_FALSE(config.job.input.hidden);
  EXPECT_FALSE(config.job.input.newer_than);
  EXPECT_EQ(config.job.specs.sizes, std::vector<SizeSpec>{SizeSpec{}});
  EXPECT_EQ(config.job.specs.quality, 80);
  EXPECT_EQ(config.job.specs.format, OutputFormat::kJpeg);
  EXPECT_EQ(config.job.if_exists, IfExists::kUpdate);
  EXPECT_EQ(config.job.threads, 0);
  EXPECT_EQ(config.job.io_threads, defaults.io_threads);
  EXPECT_EQ(config.job.limits.max_pixels, defaults.limits.max_pixels);
  EXPECT_EQ(config.job.limits.cpu_deadline, defaults.limits.cpu_deadline);
  EXPECT_EQ(config.display.progress, When::kAuto);
  EXPECT_FALSE(config.display.json);
  EXPECT_EQ(config.job.order, WorkOrder::kList);
  EXPECT_EQ(config.job.urls.connections, defaults.urls.connections);
  EXPECT_EQ(config.job.urls.per_host, defaults.urls.per_host);
  EXPECT_EQ(config.job.urls.retries, defaults.urls.retries);
  EXPECT_EQ(config.job.urls.requests_per_second, 0);
  EXPECT_EQ(config.job.urls.proxy, "");
  EXPECT_FALSE(config.job.urls.allow_private);
  EXPECT_TRUE(config.job.urls.originals.empty());
  EXPECT_FALSE(config.nice);
  EXPECT_FALSE(config.max_load);
}

bool Is(const FileList& list, std::string_view path, char separator, bool urls) {
  return list.path == path && list.separator == separator && list.urls == urls;
}

// An option, and what it must have changed.
struct OptionCase {
  std::string options;
  std::function<bool(const MakeConfig&)> holds;
};

const std::vector<OptionCase>& OptionCases() {
  using C = const MakeConfig&;
  static const std::vector<OptionCase> kCases = {
      {"--no-recursive", [](C c) { return !c.job.input.recursive; }},
      {"--no-recursive -r", [](C c) { return c.job.input.recursive; }},
      {"--no-recursive --recursive", [](C c) { return c.job.input.recursive; }},
      {"--include *.jpg --include=*.png",
       [](C c) {
         return c.job.input.include == std::vector<std::string>{"*.jpg", "*.png"};
       }},
      {"--exclude raw/**", [](C c) { return c.job.input.exclude == std::vector<std::string>{"raw/**"}; }},
      {"--files-from list.txt",
       [](C c) { return c.job.input.lists.at(0).path == "list.txt" && c.job.input.lists.at(0).separator == '\n'; }},
      {"--files-from -", [](C c) { return c.job.input.lists.at(0).path == "/dev/stdin"; }},
      {"-", [](C c) { return c.job.input.lists.at(0).path == "/dev/stdin" && c.job.input.paths.size() == 1; }},
      {"--files-from list -0", [](C c) { return c.job.input.lists.at(0).separator == '\0'; }},
      {"--files-from list --null", [](C c) { return c.job.input.lists.at(0).separator == '\0'; }},
      {"--urls list", [](C c) { return Is(c.job.input.lists.at(0), "list", '\n', true); }},
      {"--urls - -0", [](C c) { return Is(c.job.input.lists.at(0), "/dev/stdin", '\0', true); }},
      {"--files-from a --urls b --urls c -",
       [](C c) {
         const auto& lists = c.job.input.lists;
         return lists.size() == 4 && Is(lists[0], "a", '\n', false) && Is(lists[1], "/dev/stdin", '\n', false) &&
                Is(lists[2], "b", '\n', true) && Is(lists[3], "c", '\n', true);
       }},
      {"--hidden", [](C c) { return c.job.input.hidden; }},
      {"--hidden --no-hidden", [](C c) { return !c.job.input.hidden; }},
      {"--follow", [](C c) { return c.job.input.follow_links; }},
      {"--min-input-bytes 10k", [](C c) { return c.job.input.min_bytes == 10240; }},
      {"--max-input-bytes 5M", [](C c) { return c.job.input.max_bytes == 5u << 20; }},
      {"--newer-than 2024-05-01", [](C c) { return c.job.input.newer_than.has_value(); }},
      {"-s 128",
       [](C c) {
         return c.job.specs.sizes == std::vector<SizeSpec>{{128, 128}};
       }},
      {"--fit cover --gravity west --enlarge",
       [](C c) {
         const SizeSpec size{
             .width = 256, .height = 256, .fit = Fit::kCover, .scaling = Scaling::kBoth, .gravity = Gravity::kWest};
         return c.job.specs.sizes == std::vector{size};
       }},
      {"-s 64 -s a=32,fit=inside,q=5 --fit pad",
       [](C c) {
         const auto& sizes = c.job.specs.sizes;
         return sizes.at(0).fit == Fit::kPad && sizes.at(1).fit == Fit::kInside && sizes.at(1).quality == 5 &&
                sizes.at(1).name == "a";
       }},
      {"--background blur", [](C c) { return c.job.specs.blurred_border && c.job.specs.background == Rgb8(); }},
      {"--blurhash --json", [](C c) { return c.job.specs.placeholders.blurhash; }},
      {"--thumbhash --json", [](C c) { return c.job.specs.placeholders.thumbhash; }},
      {"-s128 --size 320x240 --size=x64",
       [](C c) {
         return c.job.specs.sizes == std::vector<SizeSpec>{{128, 128}, {320, 240}, {0, 64}};
       }},
      {"--kernel lanczos3", [](C c) { return c.job.specs.kernel == Kernel::kLanczos3; }},
      {"--kernel mitchell", [](C c) { return c.job.specs.kernel == Kernel::kMitchell; }},
      {"--kernel catmull-rom", [](C c) { return c.job.specs.kernel == Kernel::kCatmullRom; }},
      {"--kernel area", [](C c) { return c.job.specs.kernel == Kernel::kArea; }},
      {"--linear", [](C c) { return c.job.specs.linear; }},
      {"--linear --no-linear", [](C c) { return !c.job.specs.linear; }},
      {"--sharpen 0.5", [](C c) { return c.job.specs.sharpen == 0.5; }},
      {"--sharpen 10", [](C c) { return c.job.specs.sharpen == 10; }},
      {"--background #102030",
       [](C c) {
         return c.job.specs.background == Rgb8{16, 32, 48};
       }},
      {"--output elsewhere", [](C c) { return c.job.output == "elsewhere"; }},
      {"--name {stem}", [](C c) { return c.job.names.name_template == "{stem}"; }},
      {"--ascii", [](C c) { return c.job.names.ascii; }},
      {"--case lower", [](C c) { return c.job.names.letter_case == LetterCase::kLower; }},
      {"--case upper", [](C c) { return c.job.names.letter_case == LetterCase::kUpper; }},
      {"--case upper --case keep", [](C c) { return c.job.names.letter_case == LetterCase::kKeep; }},
      {"--dry-run", [](C c) { return c.job.dry_run; }},
      {"--format auto", [](C c) { return c.job.specs.format == OutputFormat::kAuto; }},
      {"--format png", [](C c) { return c.job.specs.format == OutputFormat::kPng; }},
      {"--format png --format jpeg", [](C c) { return c.job.specs.format == OutputFormat::kJpeg; }},
      {"-q 95", [](C c) { return c.job.specs.quality == 95; }},
      {"-q95", [](C c) { return c.job.specs.quality == 95; }},
      {"--quality=1", [](C c) { return c.job.specs.quality == 1; }},
      {"--progressive", [](C c) { return c.job.specs.progressive; }},
      {"--optimize", [](C c) { return c.job.specs.optimize; }},
      {"--chroma auto", [](C c) { return c.job.specs.chroma == Chroma::kAuto; }},
      {"--chroma 420", [](C c) { return c.job.specs.chroma == Chroma::k420; }},
      {"--chroma 444", [](C c) { return c.job.specs.chroma == Chroma::k444; }},
      {"--max-bytes 20k", [](C c) { return c.job.specs.max_bytes == 20u << 10; }},
      {"--max-bytes 20k -s a=64,max=3000",
       [](C c) { return c.job.specs.max_bytes == 20u << 10 && c.job.specs.sizes.at(0).max_bytes == 3000u; }},
      {"--format png --png-level 9", [](C c) { return c.job.specs.png_level == 9; }},
      {"--format auto --png-level 1 --fast", [](C c) { return c.job.specs.png_level == 1 && c.job.specs.fast; }},
      {"--format png --png-level 9 --small", [](C c) { return c.job.specs.png_level == 9 && c.job.specs.small; }},
      {"--format png --palette 64", [](C c) { return c.job.specs.palette == 64 && c.job.specs.dither; }},
      {"--palette 0", [](C c) { return c.job.specs.palette == 0; }},
      {"--no-dither", [](C c) { return !c.job.specs.dither; }},
      {"--no-dither --dither", [](C c) { return c.job.specs.dither; }},
      {"--color p3", [](C c) { return c.job.specs.color == ColorSpace::kDisplayP3; }},
      {"--color keep", [](C c) { return c.job.specs.color == ColorSpace::kKeep; }},
      {"--color keep --color srgb", [](C c) { return c.job.specs.color == ColorSpace::kSrgb; }},
      {"--intent relative", [](C c) { return c.job.specs.intent == Intent::kRelative; }},
      {"--intent saturation", [](C c) { return c.job.specs.intent == Intent::kSaturation; }},
      {"--intent absolute", [](C c) { return c.job.specs.intent == Intent::kAbsolute; }},
      {"--intent absolute --intent perceptual", [](C c) { return c.job.specs.intent == Intent::kPerceptual; }},
      {"--keep exif,xmp", [](C c) { return c.job.specs.keep == KeptMetadata{.exif = true, .xmp = true}; }},
      {"--keep icc --keep copyright", [](C c) { return c.job.specs.keep == KeptMetadata{.copyright = true}; }},
      {"--strip --keep all",
       [](C c) {
         return c.job.specs.keep == KeptMetadata{true, true, true, true};
       }},
      {"--keep all --strip", [](C c) { return c.job.specs.keep == KeptMetadata(); }},
      {"--force", [](C c) { return c.job.if_exists == IfExists::kOverwrite; }},
      {"--force --no-force", [](C c) { return c.job.if_exists == IfExists::kUpdate; }},
      {"--if-exists skip --force", [](C c) { return c.job.if_exists == IfExists::kOverwrite; }},
      {"--force --if-exists skip", [](C c) { return c.job.if_exists == IfExists::kSkip; }},
      {"--if-exists update", [](C c) { return c.job.if_exists == IfExists::kUpdate; }},
      {"--if-exists fail", [](C c) { return c.job.if_exists == IfExists::kFail; }},
      {"-j 8", [](C c) { return c.job.threads == 8; }},
      {"--threads 3", [](C c) { return c.job.threads == 3; }},
      {"--io-threads 7", [](C c) { return c.job.io_threads == 7; }},
      {"--tokens 9", [](C c) { return c.job.tokens == 9; }},
      {"--io-threads 7", [](C c) { return c.job.read_ahead_bytes == 7u * (8 << 20); }},
      {"--io-threads 2", [](C c) { return c.job.read_ahead_bytes == JobOptions().read_ahead_bytes; }},
      {"--memory 512M", [](C c) { return c.job.memory_bytes == 512u << 20; }},
      {"--journal a.db", [](C c) { return c.job.journal.enabled && c.job.journal.path == "a.db"; }},
      {"--no-journal", [](C c) { return !c.job.journal.enabled; }},
      {"--retry-failed", [](C c) { return c.job.journal.retry_failed; }},
      {"--forget", [](C c) { return c.job.journal.forget; }},
      {"--nice", [](C c) { return c.nice; }},
      {"--nice --no-nice", [](C c) { return !c.nice; }},
      {"--max-load 2.5", [](C c) { return c.max_load == 2.5; }},
      {"--max-pixels 50M", [](C c) { return c.job.limits.max_pixels == 50'000'000; }},
      {"--timeout 1.5", [](C c) { return c.job.limits.cpu_deadline == std::chrono::milliseconds(1500); }},
      {"--on-damage salvage", [](C c) { return c.job.specs.strictness == Strictness::kSalvage; }},
      {"--on-damage strict", [](C c) { return c.job.specs.strictness == Strictness::kStrict; }},
      {"--on-damage fail-truncated", [](C c) { return c.job.specs.strictness == Strictness::kFailTruncated; }},
      {"--decoder auto", [](C c) { return c.job.specs.decoder == DecoderChoice::kAuto; }},
      {"--decoder fast", [](C c) { return c.job.specs.decoder == DecoderChoice::kFast; }},
      {"--decoder scalar", [](C c) { return c.job.specs.decoder == DecoderChoice::kScalar; }},
      {"--decoder turbo", [](C c) { return c.job.specs.decoder == DecoderChoice::kTurbo; }},
      {"--fast", [](C c) { return c.job.specs.fast && !c.job.specs.small; }},
      {"--small", [](C c) { return c.job.specs.small && !c.job.specs.fast; }},
      {"--fast --no-fast --small", [](C c) { return c.job.specs.small && !c.job.specs.fast; }},
      {"--decoder reference", [](C c) { return c.job.specs.decoder == DecoderChoice::kReference; }},
      {"--prune", [](C c) { return c.prune; }},
      {"", [](C c) { return c.sandbox == SandboxMode::kAuto; }},
      {"--sandbox on", [](C c) { return c.sandbox == SandboxMode::kOn; }},
      {"--sandbox off", [](C c) { return c.sandbox == SandboxMode::kOff; }},
      {"", [](C c) { return !c.isolate; }},
      {"--isolate", [](C c) { return c.isolate; }},
      {"https://host/a.jpg", [](C c) { return c.job.input.paths.at(1) == "https://host/a.jpg"; }},
      {"--connections 1024", [](C c) { return c.job.urls.connections == 1024; }},
      {"--per-host 1", [](C c) { return c.job.urls.per_host == 1; }},
      {"--rate 90/m", [](C c) { return c.job.urls.requests_per_second == 1.5; }},
      {"--order arrival", [](C c) { return c.job.order == WorkOrder::kArrival; }},
      {"--order arrival --order list", [](C c) { return c.job.order == WorkOrder::kList; }},
      {"--retries 0", [](C c) { return c.job.urls.retries == 0; }},
      {"--retries 20", [](C c) { return c.job.urls.retries == 20; }},
      {"--connect-timeout 3", [](C c) { return c.job.urls.connect_time == std::chrono::seconds(3); }},
      {"--stall-timeout 86400", [](C c) { return c.job.urls.stall_time == std::chrono::hours(24); }},
      {"--allow-private", [](C c) { return c.job.urls.allow_private; }},
      {"--allow-private --no-allow-private", [](C c) { return !c.job.urls.allow_private; }},
      {"--proxy env", [](C c) { return c.job.urls.proxy == "env"; }},
      {"--proxy http://u:p@proxy", [](C c) { return c.job.urls.proxy == "http://u:p@proxy"; }},
      {"--proxy env --proxy none", [](C c) { return c.job.urls.proxy.empty(); }},
      {"--cacert own.pem", [](C c) { return c.job.urls.authorities == "own.pem"; }},
      {"--user-agent crawler/1.0", [](C c) { return c.job.urls.user_agent == "crawler/1.0"; }},
      {"--save-originals kept", [](C c) { return c.job.urls.originals == "kept"; }},
      {"--progress always", [](C c) { return c.display.progress == When::kAlways; }},
      {"--progress never", [](C c) { return c.display.progress == When::kNever; }},
      {"-v", [](C c) { return c.display.verbose; }},
      {"--verbose --quiet", [](C c) { return c.display.quiet && !c.display.verbose; }},
      {"--json", [](C c) { return c.display.json; }},
      {"--color-output never", [](C c) { return c.display.color == When::kNever; }},
      {"--color-output always", [](C c) { return c.display.color == When::kAlways; }},
      {"-rvq70", [](C c) { return c.display.verbose && c.job.specs.quality == 70; }},
  };
  return kCases;
}

TEST(OptionsTest, EachDoesWhatItSays) {
  for (const OptionCase& option : OptionCases()) {
    EXPECT_TRUE(option.holds(Make("photos -o thumbs " + option.options))) << option.options;
  }
}

TEST(OptionsTest, EachIsTested) {
  std::set<std::string, std::less<>> tested{"config", "help",     "version", "only",  "undo",
                                            "plan",   "even-all", "shards",  "shard", "settle"};
  for (const OptionCase& option : OptionCases()) {
    for (const std::string& word : Words(option.options)) {
      if (word.starts_with("--")) tested.insert(word.substr(2, word.find('=') - 2));
    }
  }
  for (const OptionSpec& option : OptionTable()) EXPECT_TRUE(tested.contains(option.name)) << option.name;
}

TEST(OptionsTest, WrongUseNamesTheOptionAndTheNearest) {
  const std::pair<std::string, std::string> kCases[] = {
      {"p -o t --qualty 3", "unknown option '--qualty'; the nearest is '--quality'"},
      {"p -o t --qual 3", "unknown option '--qual'; the nearest is '--quality'"},
      {"p -o t --no-recursiv", "unknown option '--no-recursiv'; the nearest is '--no-recursive'"},
      {"p -o t --zzzzzzzz", "unknown option '--zzzzzzzz'; 'tbbthumbs --help all' lists them"},
      {"p -o t -x", "unknown option '-x'; 'tbbthumbs --help all' lists them"},
      {"p -o t --argument=x", "unknown option '--argument'"},
      {"p -o t -q 101", "--quality: '101' is no whole number from 1 to 100"},
      {"p -o t -q 0", "--quality: '0' is no whole number from 1 to 100"},
      {"p -o t -q", "--quality: a value is missing"},
      {"p -o t --sharpen 10.5", "--sharpen: '10.5' is no number from 0 to 10"},
      {"p -o t --sharpen -1", "--sharpen: '-1' is no number from 0 to 10"},
      {"p -o t --sharpen nan", "--sharpen: 'nan' is no number from 0 to 10"},
      {"p -o t --sharpen 1x", "--sharpen: '1x' is no number from 0 to 10"},
      {"p -o", "--output: a value is missing"},
      {"p -o t --recursive=yes", "--recursive: takes no value"},
      {"p -o t -s 0", "--size: '0' is no size"},
      {"p -o t -s 256 -s huge", "--size: 'huge' is no size"},
      {"p -o t -s 256 -s 64 -s 256", "--size: 256 is given twice"},
      {"p -o t -s 256,fit=round", "--size: '256,fit=round' is no size: 'fit' is one of inside, cover, fill, pad"},
      {"p -o t --fit crop", "--fit: 'crop' is not inside, cover, fill or pad"},
      {"p -o t --gravity up", "--gravity: 'up' is not centre"},
      {"p -o t --format jepg", "--format: 'jepg' is not auto, jpeg or png; the nearest is 'jpeg'"},
      {"p -o t --kernel lancos", "--kernel: 'lancos' is not lanczos3, mitchell, catmull-rom or area; the nearest is"},
      {"p -o t --background pink", "--background: 'pink' is no colour"},
      {"p -o t --if-exists ask", "--if-exists: 'ask' is not update, skip, overwrite or fail"},
      {"p -o t --on-damage ignore", "--on-damage: 'ignore' is not"},
      {"p -o t --decoder slow", "--decoder: 'slow' is not auto, fast, scalar, turbo or reference"},
      {"p -o t --progress yes", "--progress: 'yes' is not auto, always or never"},
      {"p -o t --color-output yes", "--color-output: 'yes' is not"},
      {"p -o t -j -1", "--threads: "},
      {"p -o t --blurhash", "--blurhash needs --json"},
      {"p -o t --thumbhash --quiet", "--thumbhash needs --json"},
      {"p -o t --threads 5000", "--threads: '5000' is no whole number from 0 to 1024"},
      {"p -o t --io-threads 0", "--io-threads: '0' is no whole number from 1"},
      {"p -o t --tokens x", "--tokens: 'x' is no whole number"},
      {"p -o t --max-load 0", "--max-load: '0' is no number from 0.01 to 100000"},
      {"p -o t --max-load", "--max-load: a value is missing"},
      {"p -o t --max-pixels 0", "--max-pixels: '0' is no number of pixels"},
      {"p -o t --timeout soon", "--timeout: 'soon' is no number of seconds"},
      {"p -o t --min-input-bytes 5q", "--min-input-bytes: '5q' is no number of bytes"},
      {"p -o t --min-input-bytes 2k --max-input-bytes 1k", "--min-input-bytes is more than --max-input-bytes"},
      {"p -o t --newer-than 2024-02-30", "--newer-than: '2024-02-30' is neither a date"},
      {"p -o t -0", "--null is for lists: --files-from FILE, --urls FILE, or '-' as an input"},
      {"p -o t --url list", "unknown option '--url'; the nearest is '--urls'"},
      {"p -o t --conections=4", "unknown option '--conections'; the nearest is '--connections'"},
      {"p -o t --urls https://h/a.jpg", "--urls: 'https://h/a.jpg' is an address, where a path is wanted"},
      {"p -o t --files-from http://h/list", "--files-from: 'http://h/list' is an address"},
      {"p -o http://h/t", "--output: 'http://h/t' is an address"},
      {"p -o t --journal http://h/t", "--journal: 'http://h/t' is an address"},
      {"p -o t --save-originals http://h/t", "--save-originals: 'http://h/t' is an address"},
      {"p -o t --cacert https://h/own.pem", "--cacert: 'https://h/own.pem' is an address"},
      {"p -o t --connections 0", "--connections: '0' is no whole number from 1 to 1024"},
      {"p -o t --connections 1025", "--connections: '1025' is no whole number from 1 to 1024"},
      {"p -o t --per-host 0", "--per-host: '0' is no whole number from 1 to 1024"},
      {"p -o t --rate 0", "--rate: '0' is no rate, as in 10/s"},
      {"p -o t --order size", "--order: 'size' is not list or arrival"},
      {"p -o t --retries 21", "--retries: '21' is no whole number from 0 to 20"},
      {"p -o t --connect-timeout 0", "--connect-timeout: '0' is no whole number from 1 to 86400"},
      {"p -o t --stall-timeout 0.5", "--stall-timeout: '0.5' is no whole number from 1 to 86400"},
      {"p -o t --proxy somewhere", "--proxy: 'somewhere' is no proxy: HOST:PORT"},
      {"p -o t --user-agent", "--user-agent: a value is missing"},
      {"p -o t --allow-private=yes", "--allow-private: takes no value"},
      {"info http://h/a.jpg", "'http://h/a.jpg' is an address: info reads files"},
      {"info a.jpg --rate 3", "--rate: not an option of 'info'"},
      {"rename http://h/ --ascii", "'http://h/' is an address: rename is for the files of a DIR"},
      {"status http://h/", "'http://h/' is an address: DIR is where thumbnails are"},
      {"failed -o http://h/", "--output: 'http://h/' is an address"},
      {"run --plan p --shard 0 --urls list", "--urls: not an option of 'run'"},
      {"plan p -o t --plan p --shards 2 --order arrival", "--order: not an option of 'plan'"},
      {"plan p -o t --plan p --shards 2 --save-originals d", "--save-originals: not an option of 'plan'"},
      {"p -o t --small --fast", "--fast and --small exclude each other"},
      {"p -o t --chroma 422", "--chroma: '422' is not auto, 420 or 444"},
      {"p -o t --max-bytes lots", "--max-bytes: 'lots' is no number of bytes"},
      {"p -o t -s 64,max=x", "--size: '64,max=x' is no size: max is a number of bytes"},
      {"p -o t --format png --png-level 0", "--png-level: '0' is no whole number from 1 to 9"},
      {"p -o t --format png --png-level 10", "--png-level: '10' is no whole number from 1 to 9"},
      {"p -o t --png-level 3", "--png-level is for PNG: --format png or auto is missing"},
      {"p -o t --palette 16", "--palette is for PNG: --format png or auto is missing"},
      {"p -o t --format png --palette 1", "--palette: '1' is neither 2 to 256 colours nor 0"},
      {"p -o t --format png --palette 257", "--palette: '257' is neither 2 to 256 colours nor 0"},
      {"p -o t --format png --fast --png-level 6", "--fast writes PNG at --png-level 1, and at no other"},
      {"p -o t --format png --small --png-level 6", "--small writes PNG at --png-level 9, and at no other"},
      {"- --files-from - -o t", "standard input can be read as a list only once"},
      {"- --urls - -o t", "standard input can be read as a list only once"},
      {"--urls - --urls - -o t", "standard input can be read as a list only once"},
      {"p", "--output is missing"},
      {"-o t", "an INPUT is missing"},
      {"", "an INPUT is missing"},
      {"info", "a FILE is missing"},
      {"info p -q 3", "--quality: not an option of 'info'"},
  };
  for (const auto& [line, complaint] : kCases) EXPECT_THAT(Complaint(line), StartsWith(complaint)) << line;
}

TEST(OptionsTest, AUserAgentIsOneLine) {
  const std::string kWrong[] = {"a\nb", "a\rb", "\t", "a\x7f", std::string("a\0b", 3)};
  for (const std::string& wrong : kWrong) {
    const auto command = ParseCommand({"p", "-o", "t", "--user-agent", wrong});
    ASSERT_FALSE(command);
    EXPECT_EQ(command.error(), "--user-agent: it holds a line's end or another control character");
  }
  const auto command = ParseCommand({"p", "-o", "t", "--user-agent", "My crawler (m\xc3\xa9)"});
  ASSERT_TRUE(command);
  EXPECT_EQ(std::get<MakeConfig>(*command).job.urls.user_agent, "My crawler (m\xc3\xa9)");
}

TEST(OptionsTest, PasswordsAreNotRepeated) {
  for (const std::string line : {"http://ann:secret@h/a.jpg -o",
                                 "p -o t -q http://ann:secret@h/a.jpg",
                                 "p -o t -s http://ann:secret@h",
                                 "p -o t --name {http://ann:secret@h/}",
                                 "p -o t --newer-than http://ann:secret@h/",
                                 "p -o t --config http://ann:secret@h/",
                                 "p -o t --urls http://ann:secret@h/",
                                 "p -o t --journal http://ann:secret@h/j",
                                 "p -o http://ann:secret@h/?x@y",
                                 "p -o t --proxy ann:secret@proxy",
                                 "p -o t --proxi=ann:secret@proxy:80",
                                 "p -o t --proxy ftp://ann:secret@proxy",
                                 "--nothing=http://ann:secret@h",
                                 "-xhttp://ann:secret@h",
                                 "p --quiet=http://ann:secret@h",
                                 "info http://ann:secret@h/a.jpg",
                                 "rename http://ann:secret@h/ --ascii",
                                 "watch http://ann:secret@h/ -o t",
                                 "status http://ann:secret@h/",
                                 "run --plan p --shard 0 HTTP://ann:secret@h/",
                                 "merge --plan p socks5://x@y/ http://ann:secret@h/"}) {
    const std::string complaint = Complaint(line);
    EXPECT_THAT(complaint, Not(HasSubstr("nothing is wrong"))) << line;
    EXPECT_THAT(complaint, AllOf(Not(HasSubstr("secret")), Not(HasSubstr("ann")))) << line;
  }
  EXPECT_EQ(Complaint("p -o t -q http://u:p@h/@home"), "--quality: 'http://h/@home' is no whole number from 1 to 100");
}

// How pictures on the web are fetched is not the plan's, but each run's.
TEST(OptionsTest, APlanDoesNotKeepHowPicturesAreFetched) {
  const auto planned = ParseCommand(
      Words("plan --urls list -o /t --plan p --shards 2 -q 3 --rate 5/s --proxy http://u:p@proxy --allow-private"));
  ASSERT_TRUE(planned) << planned.error();
  const auto& plan = std::get<PlanConfig>(*planned);
  EXPECT_TRUE(plan.make.job.urls.allow_private);
  EXPECT_EQ(plan.make.job.urls.requests_per_second, 5);
  EXPECT_TRUE(plan.make.job.input.lists.at(0).urls);
  EXPECT_THAT(plan.options, ElementsAre(Pair("output", "/t"), Pair("quality", "3")));

  const auto run = ParseCommand(Words("run --plan p --shard 0 --rate 2 --order arrival --save-originals kept"));
  ASSERT_TRUE(run) << run.error();
  const auto make = ToMakeConfig(plan.options, std::get<ShardConfig>(*run));
  ASSERT_TRUE(make) << make.error();
  EXPECT_EQ(make->job.specs.quality, 3);
  EXPECT_EQ(make->job.urls.requests_per_second, 2);
  EXPECT_EQ(make->job.urls.originals, "kept");
  EXPECT_EQ(make->job.urls.proxy, "");
  EXPECT_FALSE(make->job.urls.allow_private);
  EXPECT_EQ(make->job.order, WorkOrder::kArrival);
}

TEST(OptionsTest, TheFirstArgumentMayBeACommand) {
  EXPECT_THAT(Make("make a b -o t").job.input.paths, ElementsAre("a", "b"));
  EXPECT_THAT(Make("-o t make a").job.input.paths, ElementsAre("a"));
  EXPECT_THAT(Make("a make -o t").job.input.paths, ElementsAre("a", "make"));
  EXPECT_THAT(Make("./info -o t").job.input.paths, ElementsAre("./info"));

  const auto info = ParseCommand({"info", "a.jpg", "b.png", "--json", "-s", "64"});
  ASSERT_TRUE(info);
  const auto& config = std::get<InfoConfig>(*info);
  EXPECT_THAT(config.files, ElementsAre("a.jpg", "b.png"));
  EXPECT_TRUE(config.json);
  EXPECT_EQ(config.sizes, (std::vector<SizeSpec>{{64, 64}}));
}

TEST(OptionsTest, NothingAfterTwoDashesIsAnOption) {
  EXPECT_THAT(Make("-o t -- -q --help").job.input.paths, ElementsAre("-q", "--help"));
}

TEST(OptionsTest, HelpAndVersionNeedNothingElse) {
  const auto all_of_help = [](const std::vector<std::string>& words) {
    const auto command = ParseCommand(words);
    return command && std::holds_alternative<HelpConfig>(*command) && std::get<HelpConfig>(*command).all;
  };
  EXPECT_FALSE(all_of_help({"--help"}));
  EXPECT_FALSE(all_of_help({"-h", "photos"}));
  EXPECT_TRUE(all_of_help({"--help", "all"}));
  EXPECT_TRUE(std::holds_alternative<VersionConfig>(ParseCommand({"--version"}).value()));
}

TEST(OptionsTest, HelpFitsTheScreenAndNamesEveryOption) {
  const std::string usual = HelpText(false);
  const std::string all = HelpText(true);
  EXPECT_LT(std::count(usual.begin(), usual.end(), '\n'), 24);
  for (const std::string& text : {usual, all}) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  }
  for (const OptionSpec& option : OptionTable()) {
    EXPECT_THAT(all, HasSubstr("--" + std::string(option.name) + " "));
  }
  EXPECT_THAT(all, HasSubstr("--no-recursive"));
  EXPECT_THAT(all, HasSubstr("\n\npictures from the web:\n      --connections N "));
}

class ConfigFilesTest : public ::testing::Test {
 protected:
  MakeConfig MakeWith(const std::string& more) {
    return Make("photos -o " + (tree_.root() / "out").string() + " " + more);
  }
  std::string ComplaintWith(const std::string& more) {
    return Complaint("photos -o " + (tree_.root() / "out").string() + " " + more);
  }

  testing::TempTree tree_;
};

TEST_F(ConfigFilesTest, TheCommandLineWinsThenConfigThenTheOutputDirectory) {
  tree_.Write("out/tbbthumbs.conf", "quality = 10\nkernel = area\noptimize = yes\nrecursive = no\nsize = 11\n");
  const auto file = tree_.Write("mine.conf", "quality = 20\nkernel = mitchell\nsize = 32\nsize = 64\n");

  const MakeConfig config = MakeWith("--config " + file.string() + " -q 30");
  EXPECT_EQ(config.job.specs.quality, 30);
  EXPECT_EQ(config.job.specs.kernel, Kernel::kMitchell);
  EXPECT_EQ(config.job.specs.sizes, (std::vector<SizeSpec>{{32, 32}, {64, 64}}));  // lists are not joined
  EXPECT_TRUE(config.job.specs.optimize);
  EXPECT_FALSE(config.job.input.recursive);

  EXPECT_TRUE(MakeWith("-r").job.input.recursive);
  EXPECT_FALSE(MakeWith("--no-optimize").job.specs.optimize);
  EXPECT_EQ(MakeWith("-s 7").job.specs.sizes, (std::vector<SizeSpec>{{7, 7}}));
}

TEST_F(ConfigFilesTest, AConfigFileMayNameTheOutput) {
  const auto out = tree_.Write("out/tbbthumbs.conf", "quality = 10\n").parent_path();
  const auto file = tree_.Write("mine.conf", "output = " + out.string() + "\n");
  const MakeConfig config = Make("photos --config " + file.string());
  EXPECT_EQ(config.job.output, out);
  EXPECT_EQ(config.job.specs.quality, 10);
}

TEST_F(ConfigFilesTest, ForceIsTheSameAsOnTheCommandLine) {
  tree_.Write("out/tbbthumbs.conf", "force = yes\n");
  EXPECT_EQ(MakeWith("").job.if_exists, IfExists::kOverwrite);
  EXPECT_EQ(MakeWith("--if-exists skip").job.if_exists, IfExists::kSkip);
}

TEST_F(ConfigFilesTest, TheJournalOfAnOutputDirectoryIsAskedWhereItsRunsKeepIt) {
  tree_.Write("out/tbbthumbs.conf", "quality = 10\njournal = /elsewhere/j.db\njson = yes\n");
  const std::string out = (tree_.root() / "out").string();
  for (const std::string& words : {"status " + out, "status -o " + out}) {
    const auto status = std::get<StatusConfig>(ParseCommand(Words(words)).value());
    EXPECT_EQ(status.where.output, out);
    EXPECT_EQ(status.where.journal.path, "/elsewhere/j.db");
    EXPECT_FALSE(status.display.json);
  }
  EXPECT_EQ(std::get<FailedConfig>(ParseCommand(Words("failed " + out)).value()).where.journal.path, "/elsewhere/j.db");
  EXPECT_EQ(std::get<PruneConfig>(ParseCommand(Words("prune " + out)).value()).where.journal.path, "/elsewhere/j.db");
  EXPECT_EQ(std::get<StatusConfig>(ParseCommand(Words("status --journal mine.db " + out)).value()).where.journal.path,
            "mine.db");
  EXPECT_EQ(std::get<StatusConfig>(ParseCommand(Words("status " + tree_.root().string())).value()).where.journal.path,
            "");
  tree_.Write("out/tbbthumbs.conf", "no equals sign\n");
  EXPECT_FALSE(ParseCommand(Words("status " + out)));
}

TEST_F(ConfigFilesTest, CommentsAndBlanks) {
  tree_.Write("out/tbbthumbs.conf", "# a comment\n\n   \n  # another\r\n  background=#010203  \r\nquality\t=\t5");
  const MakeConfig config = MakeWith("");
  EXPECT_EQ(config.job.specs.background, (Rgb8{1, 2, 3}));
  EXPECT_EQ(config.job.specs.quality, 5);
}

TEST_F(ConfigFilesTest, WhatIsWrongIsToldWithFileAndLine) {
  const std::string file = (tree_.root() / "out/tbbthumbs.conf").string();
  const std::pair<std::string, std::string> kCases[] = {
      {"\nqualty = 3\n", ":2: unknown option 'qualty'; the nearest is 'quality'"},
      {"quality 3\n", ":1: not of the form name = value"},
      {"= 3\n", ":1: not of the form name = value"},
      {"quality = 300\n", ":1: quality: '300' is no whole number from 1 to 100"},
      {"quality =\n", ":1: quality: '' is no whole number from 1 to 100"},
      {"optimize = perhaps\n", ":1: optimize: 'perhaps' is neither yes nor no"},
      {"help = yes\n", ":1: 'help' is for the command line only"},
      {"config = other\n", ":1: 'config' is for the command line only"},
      {"sandbox = off\n", ":1: 'sandbox' is for the command line only"},
      {"isolate = no\n", ":1: 'isolate' is for the command line only"},
  };
  for (const auto& [text, complaint] : kCases) {
    tree_.Write("out/tbbthumbs.conf", text);
    EXPECT_EQ(ComplaintWith(""), file + complaint);
  }
}

TEST_F(ConfigFilesTest, AFileThatIsNamedMustBeThere) {
  EXPECT_EQ(ComplaintWith("--config /nonexistent"), "--config: /nonexistent: No such file or directory");
  EXPECT_EQ(ComplaintWith("--config " + tree_.root().string()),
            "--config: " + tree_.root().string() + ": Is a directory");
}

TEST_F(ConfigFilesTest, AnEmptyFileSaysNothing) {
  tree_.Write("out/tbbthumbs.conf", "");
  EXPECT_EQ(MakeWith("").job.specs.quality, 80);
}

TEST(OptionsTest, WatchTakesDirectoriesAndMostOptionsOfMake) {
  const auto command = ParseCommand(Words("watch in more -o out -s 64 --prune --settle 0.25 --nice -j 3"));
  ASSERT_TRUE(command) << command.error();
  const auto& config = std::get<WatchConfig>(*command);
  EXPECT_EQ(config.make.job.input.paths.size(), 2u);
  EXPECT_EQ(config.make.job.threads, 3);
  EXPECT_TRUE(config.make.prune);
  EXPECT_EQ(config.times.settle, std::chrono::milliseconds(250));
  EXPECT_EQ(config.times.patience, SettleTimes().patience);
  const auto slow = ParseCommand(Words("watch in -o out --settle 600"));
  EXPECT_EQ(std::get<WatchConfig>(slow.value()).times.patience, std::chrono::minutes(10));
  const std::pair<std::string, std::string> kCases[] = {
      {"watch -o out", "a DIR is missing"},
      {"watch - -o out", "'-': directories are watched, not lists"},
      {"watch in", "--output is missing"},
      {"watch in -o out --settle -1", "--settle: "},
      {"watch in -o out --dry-run", "--dry-run: not an option of 'watch'"},
      {"watch in -o out --files-from list", "--files-from: not an option of 'watch'"},
      {"watch in -o out --urls list", "--urls: not an option of 'watch'"},
      {"watch in -o out --rate 3", "--rate: not an option of 'watch'"},
      {"watch in https://h/a.jpg -o out",
       "'https://h/a.jpg' is an address: directories are watched, not what is on the web"},
      {"watch in -o out --no-journal", "--no-journal: not an option of 'watch'"},
      {"watch in -o out --force", "--force: not an option of 'watch'"},
      {"in -o out --settle 1", "--settle: not an option of 'make'"},
  };
  for (const auto& [line, complaint] : kCases) EXPECT_THAT(Complaint(line), StartsWith(complaint)) << line;
}

TEST_F(ConfigFilesTest, AreForMakeAndWatch) {
  const std::string file = (tree_.root() / "out/tbbthumbs.conf").string();
  tree_.Write("out/tbbthumbs.conf", "settle = 2\nquality = 33\n");
  EXPECT_EQ(MakeWith("").job.specs.quality, 33);
  const std::string line = "watch in -o " + (tree_.root() / "out").string();
  const auto command = ParseCommand(Words(line));
  ASSERT_TRUE(command) << command.error();
  EXPECT_EQ(std::get<WatchConfig>(*command).times.settle, std::chrono::seconds(2));
  EXPECT_EQ(std::get<WatchConfig>(*command).make.job.specs.quality, 33);
  // What is not watched is not fetched either; a list would be left out.
  tree_.Write("out/tbbthumbs.conf", "connections = 3\norder = arrival\nallow-private = yes\n");
  EXPECT_TRUE(ParseCommand(Words(line)));
  EXPECT_EQ(MakeWith("").job.urls.connections, 3);
  const auto planned = ParseCommand(Words("plan in --plan p --shards 2 -o " + (tree_.root() / "out").string()));
  ASSERT_TRUE(planned) << planned.error();
  EXPECT_EQ(std::get<PlanConfig>(*planned).make.job.order, WorkOrder::kList);
  EXPECT_EQ(std::get<PlanConfig>(*planned).make.job.urls.connections, 3);
  tree_.Write("out/tbbthumbs.conf", "urls = list\n");
  EXPECT_EQ(Complaint(line), file + ":1: 'urls' is not an option of 'watch'");
  EXPECT_TRUE(MakeWith("").job.input.lists.at(0).urls);
  tree_.Write("out/tbbthumbs.conf", "save-originals = kept\nproxy = env\n");
  EXPECT_EQ(MakeWith("--proxy none").job.urls.originals, "kept");
  EXPECT_EQ(MakeWith("--proxy none").job.urls.proxy, "");
  tree_.Write("out/tbbthumbs.conf", "proxy = ann:secret@proxy\n");
  EXPECT_THAT(Complaint("in -o " + (tree_.root() / "out").string()),
              StartsWith(file + ":1: proxy: 'proxy' is no proxy"));
  tree_.Write("out/tbbthumbs.conf", "if-exists = skip\n");
  EXPECT_EQ(Complaint(line), file + ":1: 'if-exists' is not an option of 'watch'");
}

}  // namespace
}  // namespace tbbthumbs::tool
