// How the command is built: what of it an attacker finds, and what it is made of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/command_fixture.h"
#include "tests/support/process.h"

namespace tbbthumbs {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

using HardeningTest = testing::CommandFixture;

#if !defined(TBBTHUMBS_SANITIZED) && defined(NDEBUG)
TEST_F(HardeningTest, TheProgramIsBuiltWithGuards) {
  const auto readelf = testing::FindProgram("readelf");
  ASSERT_TRUE(readelf) << "it comes with every compiler";
  const std::string headers = testing::RunProcess(*readelf, {"-W", "-h", "-l", "-d", TBBTHUMBS_COMMAND}).out;
  EXPECT_THAT(headers, ContainsRegex("Type: +DYN")) << "position-independent";
  EXPECT_THAT(headers, AllOf(HasSubstr("GNU_RELRO"), ContainsRegex("FLAGS.*NOW")));
  EXPECT_THAT(headers, ContainsRegex("GNU_STACK .* RW ")) << "no program on the stack";
  const std::string symbols = testing::RunProcess(*readelf, {"-W", "--dyn-syms", TBBTHUMBS_COMMAND}).out;
  EXPECT_THAT(symbols, AllOf(HasSubstr("__stack_chk_fail"), ContainsRegex("__(memcpy|snprintf|read|memset)_chk")));
}
#endif

TEST_F(HardeningTest, ItsLibrariesAreListed) {
  const auto dpkg = testing::FindProgram("dpkg-query");
  if (!dpkg) GTEST_SKIP() << "this is no Debian system";
  const auto listed =
      testing::RunProcess(std::string(TBBTHUMBS_SOURCE_DIR) + "/tools/sbom.sh", {TBBTHUMBS_COMMAND}, {});
  ASSERT_EQ(listed.exit_code, 0) << listed.err;
  EXPECT_THAT(listed.err, Not(HasSubstr("no package has")));
  const auto bill = nlohmann::json::parse(listed.out);
  EXPECT_EQ(bill["bomFormat"], "CycloneDX");
  EXPECT_EQ(bill["metadata"]["component"]["hashes"][0]["content"].get<std::string>().size(), 64U);
  std::vector<std::string> sources;
  for (const auto& component : bill["components"]) {
    EXPECT_THAT(component["purl"].get<std::string>(), ContainsRegex("^pkg:deb/debian/[^/@]+@[^:+]+\\?arch="));
    sources.push_back(component["properties"][0]["value"]);
  }
  EXPECT_THAT(sources, IsSupersetOf({"onetbb", "libjpeg-turbo", "libpng1.6", "sqlite3", "curl", "lcms2", "libseccomp",
                                     "glibc", "libisal", "libdeflate"}));
  const auto missing = testing::RunProcess(std::string(TBBTHUMBS_SOURCE_DIR) + "/tools/sbom.sh", {"nothing"}, {});
  EXPECT_NE(missing.exit_code, 0);
  EXPECT_THAT(missing.err, HasSubstr("nothing is not there"));
}

}  // namespace
}  // namespace tbbthumbs
