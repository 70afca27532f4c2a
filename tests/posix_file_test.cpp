#include "pipeline/posix_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "tests/support/temp_tree.h"

namespace tbbthumbs {
namespace {

TEST(PosixFile, ErrorNumbersHaveTheirCodes) {
  EXPECT_EQ(FailErrno("writing", ENOSPC).value().code, ErrorCode::kNoSpace);
  EXPECT_EQ(FailErrno("writing", EDQUOT).value().code, ErrorCode::kNoSpace);
  EXPECT_EQ(FailErrno("writing", EDQUOT).value().message, "writing: Disk quota exceeded");
  EXPECT_EQ(FailErrno("opening", ENOENT).value().code, ErrorCode::kNotFound);
  EXPECT_EQ(FailErrno("creating", EEXIST).value().code, ErrorCode::kExists);
  EXPECT_EQ(FailErrno("opening", EACCES).value().code, ErrorCode::kIo);
  EXPECT_EQ(FailRead(ESTALE).value().code, ErrorCode::kChanged);
  EXPECT_EQ(FailRead(EIO).value().code, ErrorCode::kIo);
}

TEST(PosixFile, AFullDeviceIsNoSpace) {
  // What was opened can't be written: a new file can't be had of a device.
  const Descriptor full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_GE(full.get(), 0);
  ASSERT_LT(write(full.get(), "x", 1), 0);
  EXPECT_EQ(FailErrno("writing").value().code, ErrorCode::kNoSpace);
}

TEST(PosixFile, LooksUpWhatIsOpen) {
  const testing::TempTree tree;
  const auto path = tree.Write("file", "12345");
  const Descriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const auto before = LookUpOpen(fd.get());
  ASSERT_TRUE(before);
  EXPECT_EQ(before->kind, FileKind::kRegular);
  EXPECT_EQ(before->bytes, 5u);
  EXPECT_EQ(before->links, 1u);
  EXPECT_EQ(before->id, RealFileSystem().Stat(path, true)->id);
  std::filesystem::remove(path);
  EXPECT_EQ(LookUpOpen(fd.get())->links, 0u);
  EXPECT_EQ(LookUpOpen(-1).error().code, ErrorCode::kIo);
}

TEST(StatusFile, WhatCannotBeReadSaysNothing) {
  EXPECT_EQ(ReadStatusFile("/proc/self/stat").substr(0, 20).find(std::to_string(getpid()) + " ("), 0u);
  EXPECT_GT(ReadStatusFile("/proc/self/smaps").size(), 4096u);
  EXPECT_EQ(ReadStatusFile("/proc/none"), "");
  // It can be opened, and not read: as that of a process that has ended meanwhile.
  EXPECT_EQ(ReadStatusFile("/proc"), "");
  EXPECT_EQ(ReadStatusFile("/proc/self/mem"), "");
}

}  // namespace
}  // namespace tbbthumbs
