// Tests of the command as a process.
#ifndef TBBTHUMBS_TESTS_SUPPORT_COMMAND_FIXTURE_H_
#define TBBTHUMBS_TESTS_SUPPORT_COMMAND_FIXTURE_H_

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temp_tree.h"

namespace tbbthumbs::testing {

class CommandFixture : public ::testing::Test {
 protected:
  // The command in the directory of the test, on the clocks of Greenwich. It must end by itself.
  ProcessResult Run(const std::vector<std::string>& arguments, ProcessOptions options = {}) const {
    options.directory = tree_.root();
    options.environment["TZ"] = "UTC";
    ProcessResult result = RunProcess(TBBTHUMBS_COMMAND, arguments, options);
    EXPECT_FALSE(result.timed_out);
    EXPECT_EQ(result.signal, 0) << result.err;
    return result;
  }

  static std::vector<nlohmann::json> JsonLines(const std::string& text) {
    std::vector<nlohmann::json> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }

  TempTree tree_;
};

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_COMMAND_FIXTURE_H_
