#include "pipeline/source.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "tests/support/jpeg_fixture.h"
#include "tests/support/memory_file_system.h"

namespace tbbthumbs {
namespace {

using testing::MemoryFileSystem;

// Threads take many inputs at once where the last ones were no pictures, look them up one by one, and wait for room
// before the next; others wait for the names of those. A stop must free all of them.
TEST(SourceStop, FreesWhoWaitsForRoomAndWhoWaitsForNames) {
  const auto jpeg = testing::MakeJpeg({.size = {40, 30}});
  MemoryFileSystem files;
  files.AddDirectory("out");
  for (int i = 1000; i < 1127; ++i) files.AddFile("in/a" + std::to_string(i) + ".txt");
  for (int i = 1000; i < 1200; ++i) files.AddFile("in/b" + std::to_string(i) + ".jpg", jpeg);
  std::atomic<int> opened = 0;
  files.on_call = [&](const std::string& operation, const std::string&) {
    if (operation == "Open") ++opened;
    return std::optional<Error>();
  };
  JobOptions options;
  options.input.paths = {"in"};
  options.output = "out";
  options.specs.sizes = {{16, 16}};
  options.names.name_template = "{stem}_{date:%Y}";
  options.read_ahead_bytes = 1;
  for (const int io_threads : {2, 3, 8}) {
    opened = 0;
    Stages stages(
        files, options, [](const PictureResult&) {}, [] {});
    Source source(stages, io_threads);
    uint64_t popped = 0;
    while (popped < 127) popped += source.Next()->items.size();
    // Pictures are being read; soon nobody can go on.
    while (opened < 128) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    source.Stop();
    EXPECT_EQ(source.Next(), nullptr);
  }
}

}  // namespace
}  // namespace tbbthumbs
