#include "tools/option_table.h"

namespace tbbthumbs::tool {
namespace {

using enum OptionKind;
using enum OptionGroup;
constexpr unsigned kForRuns = kForMake | kForWatch;
constexpr unsigned kForAll = kForRuns | kForInfo | kForRename | kForJournals | kForPlan | kForRun | kForMerge;
// What decides about thumbnails is a plan's, how a machine makes them is up to each run of a shard.
constexpr unsigned kForThumbnails = kForRuns | kForPlan;
constexpr unsigned kForPictures = kForThumbnails | kForInfo;
constexpr unsigned kForNames = kForThumbnails | kForRename;
constexpr unsigned kForWork = kForRuns | kForRun;
// How pictures on the web are fetched is up to each run too, also to the one that plans: names may need their headers.
constexpr unsigned kForFetching = kForMake | kForPlan | kForRun;
constexpr unsigned kForReports = kForNames | kForRun | kForPrune;

// Help texts fit the 55 columns that remain of 80; "\n" goes on in the next line.
constexpr OptionSpec kOptions[] = {
    {"recursive", 'r', false, kFlag, kInput, kForNames, "",
     "descend into the directories below a directory\n(default; --no-recursive: only the files in it)"},
    {"include", 0, true, kList, kInput, kForNames, "GLOB", "of the files in directories only those that match"},
    {"exclude", 0, true, kList, kInput, kForNames, "GLOB", "not those that match: names '*.tmp', paths 'raw/**'"},
    {"files-from", 0, true, kList, kInput, kForMake | kForPlan, "FILE",
     "a list of inputs, one a line; '-': standard input"},
    {"urls", 0, false, kList, kInput, kForMake | kForPlan, "FILE",
     "a list of addresses (http, https), one a line; after a\ntab the name that thumbnails get; '-': standard input"},
    {"null", '0', false, kFlag, kInput, kForMake | kForPlan | kForFailed, "",
     "names in lists end with NUL instead of a line's end"},
    {"hidden", 0, false, kFlag, kInput, kForNames, "", "also names that begin with a dot"},
    {"follow", 0, false, kFlag, kInput, kForThumbnails, "", "follow symbolic links"},
    {"min-input-bytes", 0, false, kValue, kInput, kForNames, "SIZE", "leave out smaller files: 10k, 5M, 2G (of 1024)"},
    {"max-input-bytes", 0, false, kValue, kInput, kForNames, "SIZE", "leave out larger files"},
    {"newer-than", 0, false, kValue, kInput, kForNames, "WHEN",
     "leave out files not modified after 2024-05-01,\n2024-05-01T12:00:00 (local time), or a FILE"},

    {"size", 's', true, kList, kSize, kForPictures, "SIZE",
     "256: a box (default); 256x: width; x256: height;\n320x240; 50%; several sizes: -s 256 -s 1024"},
    {"fit", 0, false, kValue, kSize, kForThumbnails, "HOW",
     "into a box of another shape: inside (default), cover\n(cut), fill (stretch), pad (add a border)"},
    {"gravity", 0, false, kValue, kSize, kForThumbnails, "WHERE",
     "what cover keeps and where pad puts it: centre\n(default), north, northeast, ..., attention, entropy"},
    {"enlarge", 0, false, kFlag, kSize, kForThumbnails, "", "also make small pictures larger"},
    {"kernel", 0, false, kValue, kSize, kForThumbnails, "NAME", "lanczos3 (default), mitchell, catmull-rom, area"},
    {"linear", 0, false, kFlag, kSize, kForThumbnails, "",
     "resample in linear light: fine patterns and bright\npoints keep their brightness"},
    {"sharpen", 0, false, kValue, kSize, kForThumbnails, "AMOUNT",
     "sharpen brightness (unsharp mask of 0.8 pixels): 0 to\n10 (default 0; 0.5: discreet)"},
    {"background", 0, false, kValue, kSize, kForThumbnails, "COLOR",
     "under transparency in JPEG, and around what is padded:\nwhite (default), black, gray, red, green, blue, #rgb,\n"
     "#rrggbb; around what is padded also blur"},

    {"output", 'o', true, kValue, kOutput, kForThumbnails | kForJournals, "DIR", "where the thumbnails go (needed)"},
    {"name", 0, true, kValue, kOutput, kForNames, "TEMPLATE", "as in '{date:%Y/%m}/{stem}' (fields: --help all)"},
    {"ascii", 0, false, kFlag, kOutput, kForNames, "", "names in ASCII letters, marks taken off; others _"},
    {"case", 0, false, kValue, kOutput, kForNames, "WHICH", "names in lower or upper case (default: keep)"},
    {"format", 0, true, kValue, kOutput, kForThumbnails, "NAME", "jpeg (default), png, auto (png where transparent)"},
    {"quality", 'q', true, kValue, kOutput, kForThumbnails, "N", "of JPEG, 1 to 100 (default 80)"},
    {"progressive", 0, false, kFlag, kOutput, kForThumbnails, "", "progressive JPEG"},
    {"optimize", 0, false, kFlag, kOutput, kForThumbnails, "", "optimised JPEG: about 4 % smaller, slower"},
    {"chroma", 0, false, kValue, kOutput, kForThumbnails, "HOW",
     "of JPEG: auto (default: 444 from quality 90 on, else\n420), 420 (half the colour, smaller files), 444"},
    {"max-bytes", 0, false, kValue, kOutput, kForThumbnails, "SIZE",
     "no larger files than 10k, 200k (of 1024): less quality\n(JPEG), fewer colours (PNG)"},
    {"png-level", 0, false, kValue, kOutput, kForThumbnails, "N", "effort for small PNG files, 1 to 9 (default 6)"},
    {"palette", 0, false, kValue, kOutput, kForThumbnails, "N", "PNG of at most N colours, 2 to 256 (0: all; default)"},
    {"dither", 0, false, kFlag, kOutput, kForThumbnails, "",
     "hide the steps between few colours (default;\n--no-dither: leave them)"},
    {"color", 0, false, kValue, kOutput, kForThumbnails, "SPACE",
     "srgb (default), p3 (Display P3), keep (the picture's\nown); with its profile where it is not sRGB"},
    {"intent", 0, false, kValue, kOutput, kForThumbnails, "NAME",
     "for colours that it does not have: perceptual\n(default), relative, saturation, absolute"},
    {"keep", 0, false, kValue, kOutput, kForThumbnails, "LIST",
     "of the metadata: icc, exif, xmp, copyright, as in\nexif,icc; all; none (default)"},
    {"strip", 0, false, kFlag, kOutput, kForThumbnails, "", "--keep none; of both the last one counts"},
    {"blurhash", 0, false, kFlag, kOutput, kForThumbnails, "",
     "a BlurHash and the average colour of each picture, in\nits record (--json); none of what is up to date"},
    {"thumbhash", 0, false, kFlag, kOutput, kForThumbnails, "", "likewise a ThumbHash, in base64"},
    {"force", 0, false, kFlag, kOutput, kForMake | kForPlan, "", "make all thumbnails anew (--if-exists overwrite)"},
    {"if-exists", 0, false, kValue, kOutput, kForMake | kForPlan, "WHAT",
     "update (default: unless up to date), skip, overwrite,\nfail"},

    {"threads", 'j', true, kValue, kRun, kForWork, "N", "worker threads (default: the CPUs it may use)"},
    {"io-threads", 0, false, kValue, kRun, kForThumbnails | kForRun, "N",
     "threads that read ahead (default 2); from 3 on as many\nothers write: for storage that answers slowly"},
    {"tokens", 0, false, kValue, kRun, kForWork, "N", "pictures in flight at once (default 64 a thread)"},
    {"nice", 0, false, kFlag, kRun, kForWork, "",
     "in the background: other programs come first, at the\nCPU (niceness 10) and at the disk (idle class)"},
    {"max-load", 0, false, kValue, kRun, kForWork, "N",
     "start no picture while more than N threads of other\nprograms run or wait for a CPU (mean of a second);\n"
     "every 5 seconds a few are made all the same"},
    {"memory", 0, false, kValue, kRun, kForWork, "SIZE",
     "of the whole process, about: 512M, 4G (of 1024; at\nleast 64M); large pictures then go one at a time"},
    {"max-pixels", 0, false, kValue, kRun, kForPictures, "N", "refuse larger pictures: 50M, 1G (default 268M)"},
    {"timeout", 0, false, kValue, kRun, kForThumbnails, "SECONDS",
     "CPU time for one picture (default 60; 0: no limit)"},
    {"on-damage", 0, false, kValue, kRun, kForThumbnails, "WHAT",
     "fail-truncated (default), salvage (use what decoded),\nstrict (fail on any warning)"},
    {"decoder", 0, false, kValue, kRun, kForThumbnails, "WHICH",
     "auto or fast (default); to compare with: scalar (no\nvector lanes), turbo (libjpeg-turbo's planes),\nreference "
     "(libjpeg-turbo to RGB)"},
    {"fast", 0, false, kFlag, kRun, kForThumbnails, "",
     "less time: JPEG is decoded coarser (1/8 from ten times\nthe thumbnail's size on, not from sixteen; softer\n"
     "details), PNG is written 5 times as fast and 6 %\nlarger"},
    {"small", 0, false, kFlag, kRun, kForThumbnails, "",
     "smallest files of the same pixels: PNG 5 to 10 %\nsmaller, 30 times as slow to write; JPEG 7 % smaller\n"
     "(optimised, and progressive where that is smaller)"},
    {"journal", 0, false, kValue, kRun, kForThumbnails | kForJournals, "PATH",
     "where it is kept what became of each input\n(OUTPUT/.tbbthumbs/journal.db)"},
    {"no-journal", 0, false, kFlag, kRun, kForMake, "",
     "keep none: thumbnails are compared by date alone, and\nwhat has failed is tried again each time"},
    {"retry-failed", 0, false, kFlag, kRun, kForThumbnails, "",
     "also what has failed before and has not changed since"},
    {"forget", 0, false, kFlag, kRun, kForRuns, "", "empty the journal first: all is made anew"},
    {"dry-run", 0, true, kFlag, kRun, kForMake | kForRename | kForPrune, "",
     "only say what would be made, renamed or removed"},
    {"prune", 0, false, kFlag, kRun, kForRuns, "", "at the end remove thumbnails of pictures that are gone"},
    {"settle", 0, false, kValue, kRun, kForWatch, "SECONDS",
     "a directory is looked at when nothing has changed in it\nfor so long (default 0.5)"},
    {"even-all", 0, false, kFlag, kRun, kForPrune, "", "prune also what looks as if its disk were missing"},
    {"plan", 0, false, kValue, kRun, kForPlan | kForRun | kForMerge, "FILE",
     "of many machines: what 'plan' writes, 'run' makes the\nshards of, and 'merge' brings together"},
    {"shards", 0, false, kValue, kRun, kForPlan, "N", "into how many parts a plan is divided (needed)"},
    {"shard", 0, false, kValue, kRun, kForRun, "WHICH",
     "3, 3/8 (the fourth of eight), or auto: as the scheduler\nsays, in SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX,\n"
     "AWS_BATCH_JOB_ARRAY_INDEX, CLOUD_RUN_TASK_INDEX or\nBATCH_TASK_INDEX"},
    {"only", 0, false, kValue, kRun, kForRename, "WHICH",
     "rename only thumbnails (cat_256.jpg that is of that\nsize; {stem} is cat then, {size} 256), or originals\n(all "
     "others)"},
    {"undo", 0, false, kValue, kRun, kForRename, "LOG", "take back the renaming that wrote this log"},
    {"sandbox", 0, false, kValue, kRun, kForPictures | kForRename | kForRun, "WHEN",
     "a locked room: only inputs can be read and only the\noutput written; auto (default: as far as the kernel\n"
     "goes), on (or not at all), off"},
    {"isolate", 0, false, kFlag, kRun, kForThumbnails | kForRun, "",
     "decode in processes of their own, which can do nothing\nelse: one that crashes is one picture that failed"},
    {"config", 0, false, kValue, kRun, kForThumbnails, "FILE",
     "options from FILE, a line each: name = value;\nOUTPUT/tbbthumbs.conf is read as well"},

    {"connections", 0, false, kValue, kWeb, kForFetching, "N", "pictures fetched at once, 1 to 1024 (default 16)"},
    {"per-host", 0, false, kValue, kWeb, kForFetching, "N",
     "of these from one server (default 6; all from one that\nspeaks HTTP/2)"},
    {"rate", 0, false, kValue, kWeb, kForFetching, "RATE",
     "requests at most: 10/s, 90/m, 1000/h, 5000/d (default:\nno limit)"},
    {"order", 0, false, kValue, kWeb, kForMake | kForRun, "WHICH",
     "of work and records: list (default: the inputs'),\narrival (what has come is made, whatever is late)"},
    {"retries", 0, false, kValue, kWeb, kForFetching, "N",
     "requests more after answers that may pass and lost\nconnections, 0 to 20 (default 3)"},
    {"connect-timeout", 0, false, kValue, kWeb, kForFetching, "SECONDS", "for a connection (default 10)"},
    {"stall-timeout", 0, false, kValue, kWeb, kForFetching, "SECONDS",
     "what comes at less than 100 bytes a second for so long\nis given up (default 20)"},
    {"allow-private", 0, false, kFlag, kWeb, kForFetching, "", "also from this machine and from private networks"},
    {"proxy", 0, false, kValue, kWeb, kForFetching, "PROXY",
     "HOST:PORT, or with http://, https:// or socks5://;\nenv: as http_proxy, no_proxy, ... say; none (default)"},
    {"cacert", 0, false, kValue, kWeb, kForFetching, "FILE",
     "certificates of the authorities to believe, in PEM\n(default: the system's)"},
    {"user-agent", 0, false, kValue, kWeb, kForFetching, "TEXT", "what servers are told (default: name and version)"},
    {"save-originals", 0, false, kValue, kWeb, kForMake | kForRun, "DIR", "keep what was fetched, as DIR/HOST/PATH"},

    {"progress", 0, false, kValue, kDisplay, kForThumbnails | kForRun, "WHEN",
     "a line of progress: auto (on a terminal), always,\nnever"},
    {"verbose", 'v', true, kFlag, kDisplay, kForReports | kForFailed, "", "a line for each picture"},
    {"quiet", 0, true, kFlag, kDisplay, kForReports | kForMerge, "", "only errors"},
    {"json", 0, true, kFlag, kDisplay, kForAll, "", "a JSON record for each picture on standard output"},
    {"color-output", 0, false, kValue, kDisplay, kForReports | kForMerge | kForFailed, "WHEN",
     "auto (on a terminal, unless NO_COLOR), always,\nnever"},
    {"version", 0, false, kAction, kDisplay, kForAll, "", "say the version"},
    {"help", 'h', true, kAction, kDisplay, kForAll, "", "this; 'tbbthumbs --help all': every option"},
};

}  // namespace

std::span<const OptionSpec> OptionTable() { return kOptions; }

std::string_view GroupName(OptionGroup group) {
  switch (group) {
    case kInput:
      return "input";
    case kSize:
      return "size";
    case kOutput:
      return "output";
    case kRun:
      return "run";
    case kWeb:
      return "pictures from the web";
    case kDisplay:
      return "display";
  }
  return "";
}

}  // namespace tbbthumbs::tool
