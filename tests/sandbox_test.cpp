#include "tools/sandbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "tests/support/temp_tree.h"
#include "tools/options.h"
#include "tools/sandbox_room.h"

namespace tbbthumbs::tool {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using testing::TempTree;

// Of a command line that makes thumbnails.
SandboxRoom RoomOfLine(const std::vector<std::string>& words) {
  auto config = ParseCommand(words);
  EXPECT_TRUE(config) << config.error();
  return config ? RoomOf(std::get<MakeConfig>(*config)) : SandboxRoom();
}

TEST(Sandbox, HoldsWhatIsNamed) {
  const TempTree tree;
  const std::string out = tree.root() / "a/out";
  const SandboxRoom room = RoomOfLine({"in", "b.jpg", "-o", out});
  EXPECT_THAT(room.readable, ElementsAre("in", "b.jpg"));
  EXPECT_THAT(room.writable, ElementsAre(out));
  EXPECT_FALSE(room.fetches || room.any_port || room.reads_everything || room.lists_everything);
}

TEST(Sandbox, WritesNothingInADryRun) {
  const TempTree tree;
  const SandboxRoom room = RoomOfLine({"in", "-o", tree.root() / "out", "--dry-run"});
  EXPECT_THAT(room.writable, IsEmpty());
}

TEST(Sandbox, FetchesFromThePortsOfAddresses) {
  const TempTree tree;
  const std::string out = tree.root() / "out";
  const SandboxRoom room =
      RoomOfLine({"http://a.example/1.jpg", "https://b.example:8443/2.jpg", "http://[2001:db8::1]/3.jpg", "-o", out,
                  "--save-originals", tree.root() / "kept"});
  EXPECT_TRUE(room.fetches);
  EXPECT_FALSE(room.any_port || room.reads_everything);
  EXPECT_THAT(room.ports, ElementsAre(80, 443, 8443));
  EXPECT_THAT(room.readable, IsEmpty());
  EXPECT_THAT(room.writable, ElementsAre(out, std::string(tree.root() / "kept")));
  EXPECT_TRUE(RoomOfLine({"http://a.example/1.jpg", "-o", out, "--proxy", "localhost:3128"}).any_port);
}

TEST(Sandbox, IsWiderForWhatIsNotKnown) {
  const TempTree tree;
  const std::string out = tree.root() / "out";
  const SandboxRoom listed = RoomOfLine({"--files-from", "list", "-o", out});
  EXPECT_TRUE(listed.reads_everything && listed.fetches && listed.any_port);
  const SandboxRoom addresses = RoomOfLine({"--urls", "list", "-o", out});
  EXPECT_TRUE(addresses.fetches && addresses.any_port);
  EXPECT_FALSE(addresses.reads_everything);
  EXPECT_THAT(addresses.readable, ElementsAre("list"));
  EXPECT_TRUE(RoomOfLine({"in", "--follow", "-o", out}).reads_everything);
  EXPECT_TRUE(RoomOfLine({"in", "--prune", "-o", out}).lists_everything);
}

TEST(Sandbox, HasNoRuleForEachOfManyFiles) {
  const TempTree tree;
  std::vector<std::string> words = {"-o", tree.root() / "out", tree.root() / "nothing"};
  for (int i = 0; i < 1001; ++i) {
    words.push_back(tree.Write("d" + std::to_string(i % 3) + "/" + std::to_string(i) + ".jpg", "x"));
  }
  EXPECT_THAT(RoomOfLine(words).readable,
              ElementsAre(tree.root() / "nothing", tree.root() / "d0", tree.root() / "d1", tree.root() / "d2"));
}

TEST(Sandbox, TellsWhatAKernelLacks) {
  EXPECT_THAT(SandboxLines({}), ElementsAre(HasSubstr("no Landlock"), HasSubstr("no seccomp")));
  EXPECT_THAT(SandboxLines({.landlock = 2, .syscall_filters = true}),
              ElementsAre(AllOf(StartsWith("sandbox: Landlock 2: reading and writing files;"),
                                HasSubstr("does not limit truncating them, TCP ports, devices, signals")),
                          HasSubstr("seccomp: system calls")));
  EXPECT_THAT(SandboxLines({.landlock = 7, .syscall_filters = true}).front(), Not(HasSubstr("does not")));
}

TEST(Sandbox, RefusesToGoWithoutIt) {
  const auto entered = EnterSandbox({}, SandboxMode::kOn, {});
  ASSERT_FALSE(entered);
  EXPECT_EQ(entered.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(entered.error().message, HasSubstr("Landlock"));
  EXPECT_TRUE(EnterSandbox({}, SandboxMode::kAuto, {}));
  EXPECT_TRUE(EnterSandbox({}, SandboxMode::kOff, KernelAbilities()));
}

}  // namespace
}  // namespace tbbthumbs::tool
