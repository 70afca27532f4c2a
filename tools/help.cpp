#include "tools/help.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>

#include "tools/option_table.h"
#include "tools/sandbox.h"

namespace tbbthumbs::tool {
namespace {

constexpr std::string_view kUsage =
    "Thumbnails of many pictures.\n"
    "  tbbthumbs [make] INPUT... -o DIR [-s SIZE]...   of files, directories, URLs\n"
    "  tbbthumbs watch DIR... -o DIR [--prune]         kept up to date until stopped\n"
    "  tbbthumbs info FILE... [--json]                 what it sees in a picture\n"
    "  tbbthumbs rename DIR --name TEMPLATE            of what is there (--undo LOG)\n"
    "  tbbthumbs status|failed|prune [DIR]             what earlier runs left in DIR\n"
    "  tbbthumbs plan | run | merge                    on many machines: --help all\n";

constexpr std::string_view kMore =
    "\nAn input that has the name of a command is written ./info. After '--' nothing is\n"
    "an option. What is on by default is turned off by --no-NAME. GLOBs are as in a\n"
    "shell; '**' goes across directories.\n"
    "\nSizes (-s) are up to 65500 pixels. Of each: 256@2x (512 pixels for 256), '256>'\n"
    "(only shrink: the default), '256<' (only enlarge), 320x240! (stretch); settings\n"
    "after commas, and a name for {size}: square=256x256,fit=cover,gravity=north,q=70\n"
    "(fit, gravity, enlarge=yes|no, q, max, sharpen).\n"
    "\nNames (--name; default '{dir}/{stem}_{size}'). Of the input's path: {stem} {ext}\n"
    "{dir} {path} {parent} {hash:16}; of its address on the web: {host}\n"
    "{url_hash:16}; its place: {seq:06} {total}; its time: {mtime:%Y-%m-%d}; by EXIF:\n"
    "{date:%Y-%m-%d_%H%M%S} (else mtime) {camera}; of its bytes: {input_hash:16}; of\n"
    "the thumbnail: {size} {width} {height} {format}. '/' makes directories, braces\n"
    "stand twice for themselves, the extension comes by itself.\n"
    "\nRenaming shows its plan and writes a log to DIR/.tbbthumbs/renames before it\n"
    "begins; it replaces no file. Killed, the same command again brings it to its\n"
    "end, --undo LOG takes it back. {seq} and {total} count what is renamed.\n"
    "\nThe journal, DIR/.tbbthumbs/journal.db, tells the next run what is done. It is\n"
    "asked by 'status' (numbers, the last runs) and 'failed' (the inputs that failed;\n"
    "-0 for xargs -0, -v with reasons). 'prune' removes thumbnails of pictures that\n"
    "are gone, but not where a disk may be missing. DIR is where thumbnails are, as\n"
    "in -o DIR; the current directory where it is left out.\n"
    "\nBelow the output directory no symbolic link is followed: pictures whose\n"
    "thumbnails would lie behind one fail. Other disks can be mounted there.\n"
    "\nOn many machines, with all paths seen by all of them:\n"
    "  tbbthumbs plan INPUT... -o DIR --shards 8 --plan plan.db   finds and names\n"
    "  tbbthumbs run --plan plan.db --shard 0/8                   one of 0/8 to 7/8\n"
    "  tbbthumbs merge --plan plan.db                             one journal\n"
    "merge prints '--array=3,5-6', the shards that are missing, as sbatch takes them.\n"
    "\nWatching begins with a run over everything, then looks at what has changed;\n"
    "files being written are awaited. --prune also removes thumbnails whose picture\n"
    "is gone or has another now, so that the output is as a fresh run makes it.\n"
    "\nConfiguration files: lines of 'name = value', as in 'quality = 90', 'optimize =\n"
    "yes'; '#' begins a comment line. The command line wins, then --config FILE, then\n"
    "OUTPUT/tbbthumbs.conf.\n"
    "\nExit status: 0 all done; 1 some pictures failed or some directories could not be\n"
    "read; 2 wrong use; 74 the output is full or unwritable; 130, 143 interrupted;\n"
    "75 'run' was stopped or hindered (run it again), 'merge' misses shards.\n"
    "\nAn INPUT, or a line of a list, that begins with http:// or https:// is a picture\n"
    "from the web. User and password in it are neither shown nor kept.\n"
    "\nJSON: a line for each picture, \"type\":\"picture\", and a last one, \"type\":\n"
    "\"summary\". File names that are no UTF-8 come with U+FFFD for the bytes that are\n"
    "not, and once more, whole, in RFC 3986 percent-encoding: \"input\" with\n"
    "\"input_percent_encoded\", \"path\" with \"path_percent_encoded\". What servers\n"
    "were asked for is in the summary's \"urls\": \"requests\", \"repeated\" (of those),\n"
    "\"not_modified\", \"bytes\" and \"peak_held_bytes\" (fetched and not yet done with).\n";

constexpr std::string_view kIndent = "                         ";

}  // namespace

std::string OptionLines(const OptionSpec& option) {
  std::string left = option.letter == 0 ? "      --" : fmt::format("  -{}, --", option.letter);
  left.append(option.name);
  if (!option.argument.empty()) left.append(" ").append(option.argument);
  std::string lines = fmt::format("{:<{}}", left, kIndent.size());
  // One that is too long for its column gets a line of its own.
  if (left.size() + 2 > kIndent.size()) lines = left + "\n" + std::string(kIndent);
  for (const char c : option.help) {
    lines += c;
    if (c == '\n') lines += kIndent;
  }
  return lines + "\n";
}

std::string HelpText(bool all) {
  std::string text(kUsage);
  if (!all) text += "\n";
  std::optional<OptionGroup> group;
  for (const OptionSpec& option : OptionTable()) {
    if (!all && !option.usual) continue;
    if (all && group != option.group) text += fmt::format("\n{}:\n", GroupName(option.group));
    group = option.group;
    text += OptionLines(option);
  }
  if (all) text += kMore;
  return text;
}

std::string VersionText(bool verbose) {
  std::string text = "tbbthumbs " TBBTHUMBS_VERSION;
  if (!verbose) return text;
  text += "\ncompiled by " TBBTHUMBS_COMPILER ", " TBBTHUMBS_BUILD_TYPE;
  for (const std::string& line : SandboxLines(KernelAbilities())) text.append("\n").append(line);
  return text;
}

}  // namespace tbbthumbs::tool
