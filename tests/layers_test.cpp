// The include rules, held against every source file of the tree; and against planted breaches, so that the rules are
// known to bite.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/layer_rules.h"

namespace tbbthumbs::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::set<std::string> PublicHeaders() {
  std::set<std::string> headers;
  std::stringstream list(TBBTHUMBS_PUBLIC_HEADERS);
  for (std::string header; std::getline(list, header, ',');) headers.insert(header);
  return headers;
}

std::string ReadText(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> Breaches(const std::string& path, const std::string& text) {
  return LayerBreaches(path, text, {"codecs/size.h", "pipeline/job.h"});
}

TEST(Layers, TheTreeKeepsThem) {
  const fs::path root = TBBTHUMBS_SOURCE_DIR;
  const std::set<std::string> public_headers = PublicHeaders();
  int files = 0;
  for (const char* layer : {"codecs", "pipeline", "tools", "tests", "bench"}) {
    if (!fs::exists(root / layer)) continue;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / layer)) {
      const std::string extension = entry.path().extension();
      // The consumer includes the installed headers.
      const std::string path = fs::relative(entry.path(), root).generic_string();
      if ((extension != ".h" && extension != ".cpp") || path.starts_with("tests/install/")) continue;
      ++files;
      EXPECT_THAT(LayerBreaches(path, ReadText(entry.path()), public_headers), IsEmpty());
    }
  }
  EXPECT_GT(files, 50);
}

TEST(Layers, EveryPublicHeaderExists) {
  for (const std::string& header : PublicHeaders()) {
    EXPECT_TRUE(fs::exists(fs::path(TBBTHUMBS_SOURCE_DIR) / header)) << header;
  }
}

TEST(LayerRules, AllowWhatTheyShould) {
  EXPECT_THAT(Breaches("codecs/size.h", "#include <vector>\n#include <tl/expected.hpp>\n"), IsEmpty());
  EXPECT_THAT(Breaches("codecs/jpeg_session.h", "#include <jpeglib.h>\n#include <csetjmp>\n"), IsEmpty());
  EXPECT_THAT(Breaches("pipeline/task_graph.cpp", "#include <tbb/task_arena.h>\n#include \"codecs/size.h\"\n"),
              IsEmpty());
  EXPECT_THAT(Breaches("tools/main.cpp", "#include \"pipeline/job.h\"\nstd::printf(\"%d\", 1);\n"), IsEmpty());
  EXPECT_THAT(Breaches("tests/a_test.cpp", "#include <png.h>\n#include \"tools/options.h\"\n"), IsEmpty());
}

TEST(LayerRules, CatchUpwardIncludes) {
  EXPECT_THAT(Breaches("codecs/a.cpp", "\n#include \"pipeline/job.h\"\n"),
              ElementsAre("codecs/a.cpp:2: pipeline/job.h is of a layer above codecs"));
  EXPECT_THAT(Breaches("pipeline/a.cpp", "#include \"tools/options.h\"\n").size(), 1);
  EXPECT_THAT(Breaches("tools/a.cpp", "#include \"tests/support/a.h\"\n").size(), 1);
  EXPECT_THAT(Breaches("codecs/a.cpp", "#include <pipeline/job.h>\n").size(), 1);
  EXPECT_THAT(Breaches("codecs/a.cpp", "  #  include \"size.h\"\n").size(), 1);
}

TEST(LayerRules, CatchThirdPartyHeadersOutOfPlace) {
  for (const char* header :
       {"jpeglib.h", "setjmp.h", "png.h", "libdeflate.h", "isa-l/igzip_lib.h", "lcms2.h", "hwy/highway.h",
        "tbb/parallel_pipeline.h", "boost/program_options.hpp", "immintrin.h", "sqlite3.h", "curl/curl.h"}) {
    EXPECT_THAT(Breaches("pipeline/a.cpp", std::string("#include <") + header + ">\n").size(), 1) << header;
  }
  EXPECT_THAT(Breaches("codecs/png_session.h", "#include <jpeglib.h>\n").size(), 1);
  EXPECT_THAT(Breaches("tools/a.cpp", "#include <tbb/task_arena.h>\n").size(), 1);
}

TEST(LayerRules, KeepPublicHeadersClean) {
  EXPECT_THAT(Breaches("pipeline/job.h", "#include <tbb/task_arena.h>\n").size(), 1);
  EXPECT_THAT(Breaches("pipeline/job.h", "#include <time.h>\n").size(), 1);
  EXPECT_THAT(Breaches("pipeline/job.h", "#include \"codecs/hidden.h\"\n"),
              ElementsAre("pipeline/job.h:1: codecs/hidden.h is not public, but this header is"));
}

TEST(LayerRules, CatchFilesAndThreadsInCodecs) {
  EXPECT_THAT(Breaches("codecs/a.cpp", "#include <thread>\n#include <filesystem>\n#include <fstream>\n").size(), 3);
}

TEST(LayerRules, CatchBannedCalls) {
  for (const char* call : {"printf(\"a\");", "std::fprintf(f, \"a\");", "std::cerr << 1;", "exit(1);", "std::abort();",
                           "throw Error();", "std::terminate();", "assert(x);", "fputs(\"a\", stderr);"}) {
    EXPECT_THAT(Breaches("codecs/a.cpp", call).size(), 1) << call;
    EXPECT_THAT(Breaches("pipeline/a.cpp", call).size(), 1) << call;
  }
  EXPECT_THAT(Breaches("codecs/a.cpp", "#include <iostream>\n").size(), 1);
}

TEST(LayerRules, LookAtCodeOnly) {
  EXPECT_THAT(Breaches("codecs/a.cpp",
                       "// abort();\n/* exit(1);\n   exit(2); */ int x = 1'000;\nconst char* s = \"exit(1)\";\n"
                       "snprintf(b, 1, \"\\\"abort()\");\nstatic_assert(1);\nR\"x(exit(1);)\"exit(2);)x\";\n"),
              IsEmpty());
  EXPECT_THAT(Breaches("codecs/a.cpp", "int x = 1'000; exit(1); char c = '\\''; /* */ abort();\n").size(), 1);
}

}  // namespace
}  // namespace tbbthumbs::testing
