#include "tests/support/layer_rules.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <regex>

namespace tbbthumbs::testing {
namespace {

const std::map<std::string, std::set<std::string>> kLayers = {
    {"codecs", {"codecs"}},
    {"pipeline", {"codecs", "pipeline"}},
    {"tools", {"codecs", "pipeline", "tools"}},
    {"tests", {"codecs", "pipeline", "tools", "tests", "bench"}},
    {"bench", {"codecs", "pipeline", "tools", "tests", "bench"}},
};

struct ThirdParty {
  std::string header;              // a glob
  std::vector<std::string> users;  // globs of the paths that may include it
};

const std::vector<ThirdParty> kThirdParty = {
    {"tl/expected.hpp", {"codecs/*", "pipeline/*", "tools/*"}},
    {"jpeglib.h", {"codecs/jpeg*"}},
    {"jerror.h", {"codecs/jpeg*"}},
    {"png.h", {"codecs/png*"}},
    {"zlib.h", {"codecs/png*"}},
    {"isa-l*", {"codecs/png_inflate.cpp", "codecs/png_deflate.cpp", "codecs/png_checksum.cpp"}},
    {"libdeflate.h", {"codecs/png_deflate.cpp", "codecs/png_checksum.cpp"}},
    {"csetjmp", {"codecs/jpeg*", "codecs/png*"}},
    {"setjmp.h", {"codecs/jpeg*", "codecs/png*"}},
    {"lcms2*.h", {"codecs/color*"}},
    {"hwy/*", {"codecs/*_simd*"}},
    {"*intrin.h", {"codecs/*_avx512.cpp"}},
    {"cpuid.h", {"codecs/*_avx512.cpp"}},
    {"xxhash.h", {"pipeline/name_hash.cpp"}},
    {"utf8proc.h", {"pipeline/safe_names.cpp"}},
    {"sqlite3.h", {"pipeline/sqlite_database.cpp"}},
    {"tbb/global_control.h", {"pipeline/task_graph.cpp", "tools/*.cpp"}},
    {"tbb/*", {"pipeline/task_graph.cpp"}},
    {"oneapi/*", {"pipeline/task_graph.cpp"}},
    {"curl/*", {"pipeline/curl_library.h"}},
    {"dlfcn.h", {"pipeline/curl_library.cpp"}},
    {"seccomp.h", {"tools/syscall_filter.cpp"}},
    {"boost/*", {"tools/word_parser.cpp"}},
    {"nlohmann/*", {"tools/*.cpp"}},
    {"fmt/*", {"tools/*.cpp"}},
};

// Of the operating system; not in public headers.
const std::vector<std::string> kSystemHeaders = {
    "arpa/*.h",  "dirent.h", "fcntl.h",  "fnmatch.h", "linux/*.h", "malloc.h",  "netdb.h", "netinet/*.h", "poll.h",
    "pthread.h", "sched.h",  "signal.h", "spawn.h",   "sys/*.h",   "termios.h", "time.h",  "unistd.h",    "wchar.h"};

// What codecs must not know of, and what neither layer of the library prints with.
const std::vector<std::string> kNotInCodecs = {"atomic",  "condition_variable", "filesystem", "fstream", "future",
                                               "mutex",   "pthread.h",          "semaphore",  "thread",  "fcntl.h",
                                               "unistd.h"};
const std::vector<std::string> kNotInLibrary = {"iostream", "ostream", "print", "syslog.h", "syncstream"};

bool Matches(const std::string& text, const std::vector<std::string>& globs) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return fnmatch(glob.c_str(), text.c_str(), 0) == 0; });
}

std::string Layer(const std::string& path) { return path.substr(0, path.find('/')); }

bool IsLibrary(const std::string& layer) { return layer == "codecs" || layer == "pipeline"; }

// Where the comment, string or character literal that begins at `begin` ends, or `begin` where none begins.
size_t EndOfText(std::string_view code, size_t begin) {
  const std::string_view rest = code.substr(begin);
  const auto after = [&](std::string_view mark, size_t from) {
    const size_t at = code.find(mark, from);
    return at == std::string_view::npos ? code.size() : at + mark.size();
  };
  if (rest.starts_with("//")) return std::min(code.find('\n', begin), code.size());
  if (rest.starts_with("/*")) return after("*/", begin + 2);
  if (rest.starts_with("R\"")) {
    const size_t open = std::min(code.find('(', begin), code.size());
    return after(")" + std::string(code.substr(begin + 2, open - begin - 2)) + "\"", open);
  }
  const bool digit_separator = begin > 0 && std::isalnum(static_cast<unsigned char>(code[begin - 1])) != 0;
  if (rest.front() != '"' && (rest.front() != '\'' || digit_separator)) return begin;
  size_t end = begin + 1;
  while (end < code.size() && code[end] != rest.front()) end += code[end] == '\\' ? 2 : 1;
  return std::min(end + 1, code.size());
}

// The code with comments and literals made blank; lines stay where they are.
std::string WithoutText(std::string_view code) {
  std::string result(code);
  for (size_t i = 0; i < code.size();) {
    const size_t end = EndOfText(code, i);
    std::replace_if(
        result.begin() + static_cast<std::ptrdiff_t>(i), result.begin() + static_cast<std::ptrdiff_t>(end),
        [](char c) { return c != '\n'; }, ' ');
    i = std::max(end, i + 1);
  }
  return result;
}

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// What is wrong with an include, or "".
std::string JudgeOwn(const std::string& path, const std::string& header, const std::set<std::string>& public_headers) {
  const auto layer = kLayers.find(Layer(path));
  if (kLayers.count(Layer(header)) == 0) return "is not named from the root";
  if (layer->second.count(Layer(header)) == 0) return "is of a layer above " + layer->first;
  if (public_headers.count(path) != 0 && public_headers.count(header) == 0) return "is not public, but this header is";
  return "";
}

std::string JudgeOther(const std::string& path, const std::string& header,
                       const std::set<std::string>& public_headers) {
  const std::string layer = Layer(path);
  if (layer == "tests" || layer == "bench") return "";
  if (layer == "codecs" && Matches(header, kNotInCodecs)) return "is not for codecs: no files, no threads";
  if (IsLibrary(layer) && Matches(header, kNotInLibrary)) return "prints";
  const bool is_public = public_headers.count(path) != 0;
  for (const ThirdParty& library : kThirdParty) {
    if (!Matches(header, {library.header})) continue;
    if (is_public && header != "tl/expected.hpp") return "is third-party, and this header is public";
    return Matches(path, library.users) ? "" : "is third-party, and this is no file that may include it";
  }
  if (header.find_first_of("./") == std::string::npos) return "";
  if (!Matches(header, kSystemHeaders)) return "is in no list of this test: add it where it belongs";
  return is_public ? "is the system's, and this header is public" : "";
}

}  // namespace

std::vector<std::string> LayerBreaches(const std::string& path, std::string_view text,
                                       const std::set<std::string>& public_headers) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"].*)");
  static const std::regex kBannedCall(
      R"(\b(v?f?printf|puts|fputs|putchar|fputc|perror|syslog|_?exit|_Exit|quick_exit|abort|terminate)\s*\()"
      R"(|\bassert\s*\(|\bstd::(cout|cerr|clog)\b|\b(stdout|stderr)\b|\bthrow\s+[^;\s])");
  std::vector<std::string> breaches;
  const std::vector<std::string> lines = Lines(text);
  const std::vector<std::string> code = Lines(WithoutText(text));
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string place = path + ":" + std::to_string(i + 1) + ": ";
    std::smatch match;
    if (std::regex_match(lines[i], match, kInclude)) {
      const std::string header = match[2];
      // Own headers come in quotes; what else does is judged as if it came in brackets.
      const bool own = match[1] == "\"" || kLayers.count(Layer(header)) != 0;
      const std::string judgement =
          own ? JudgeOwn(path, header, public_headers) : JudgeOther(path, header, public_headers);
      if (!judgement.empty()) breaches.push_back(place + header + " " + judgement);
    } else if (IsLibrary(Layer(path)) && std::regex_search(code[i], match, kBannedCall)) {
      breaches.push_back(place + "the library never calls " + match.str());
    }
  }
  return breaches;
}

}  // namespace tbbthumbs::testing
