#include "pipeline/temporary_name.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <functional>
#include <set>
#include <string>

namespace tbbthumbs {
namespace {

std::chrono::nanoseconds HoursAgo(int hours) {
  return std::chrono::system_clock::now().time_since_epoch() - std::chrono::hours(hours);
}

// A child that says something by `say`, then waits for its end.
class SayingChild {
 public:
  explicit SayingChild(const std::function<std::string()>& say) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe(ends.data()), 0);
    pid_ = fork();
    if (pid_ == 0) {
      const std::string text = say();
      if (write(ends[1], text.data(), text.size()) < 0) _exit(1);
      close(ends[1]);
      for (;;) pause();
    }
    close(ends[1]);
    std::array<char, 256> piece{};
    for (ssize_t count = 0; (count = read(ends[0], piece.data(), piece.size())) > 0;) {
      said_.append(piece.data(), static_cast<size_t>(count));
    }
    close(ends[0]);
  }
  ~SayingChild() { Reap(); }
  SayingChild(const SayingChild&) = delete;
  SayingChild& operator=(const SayingChild&) = delete;

  const std::string& said() const { return said_; }

  // It has ended, but nobody has asked for its end.
  void Kill() const {
    kill(pid_, SIGKILL);
    siginfo_t info{};
    waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  }

  void Reap() {
    if (pid_ <= 0) return;
    Kill();
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
  std::string said_;
};

// The name as another process of the same number would have made it, that began a tick earlier.
std::string OfAnEarlierProcess(const std::string& name) {
  const size_t at = name.find('@') + 1;
  const size_t end = name.find('+', at);
  return name.substr(0, at) + std::to_string(std::stoull(name.substr(at, end - at)) - 1) + name.substr(end);
}

TEST(TemporaryName, TellsWhoMadeIt) {
  TemporaryNames names;
  std::set<std::string> all;
  for (int i = 0; i < 100; ++i) all.insert(names.Next());
  for (int i = 0; i < 100; ++i) all.insert(TemporaryNames().Next());
  EXPECT_EQ(all.size(), 200u);
  for (const std::string& name : all) {
    EXPECT_EQ(WriterOf(name), Writer::kAlive) << name;
    EXPECT_EQ(name.find('/'), std::string::npos);
    EXPECT_NE(name.find("+" + std::to_string(getpid()) + "@"), std::string::npos);
  }
}

// Whoever has seen one knows nothing of the next: of 32 digits nearly all differ.
TEST(TemporaryName, NobodyGuessesTheNext) {
  TemporaryNames names;
  const auto random_of = [&] {
    const std::string name = names.Next();
    return name.substr(name.rfind('+') + 1);
  };
  std::set<std::string> beginnings;
  std::set<std::string> ends;
  std::string before = random_of();
  for (int i = 0; i < 1000; ++i) {
    const std::string random = random_of();
    ASSERT_EQ(random.size(), 32u);
    EXPECT_EQ(random.find_first_not_of("0123456789abcdef"), std::string::npos) << random;
    int same = 0;
    for (size_t digit = 0; digit < random.size(); ++digit) same += random[digit] == before[digit] ? 1 : 0;
    EXPECT_LT(same, 20) << before << " " << random;
    beginnings.insert(random.substr(0, 16));
    ends.insert(random.substr(16));
    before = random;
  }
  EXPECT_EQ(beginnings.size(), 1000u);
  EXPECT_EQ(ends.size(), 1000u);
}

TEST(TemporaryName, OnTheOtherSideOfAForkItIsThatProcesss) {
  TemporaryNames names;
  const std::string before = names.Next();
  SayingChild child([&] { return names.Next(); });
  EXPECT_EQ(WriterOf(child.said()), Writer::kAlive) << child.said();
  child.Kill();
  EXPECT_EQ(WriterOf(child.said()), Writer::kGone) << "waits for its parent";
  child.Reap();
  EXPECT_EQ(WriterOf(child.said()), Writer::kGone);
  EXPECT_EQ(WriterOf(before), Writer::kAlive);
}

TEST(TemporaryName, AProcessOfTheSameNumberIsAnotherOne) {
  EXPECT_EQ(WriterOf(OfAnEarlierProcess(TemporaryNames().Next())), Writer::kGone);
}

TEST(TemporaryName, OfOthersNothingIsKnown) {
  std::string name = TemporaryNames().Next();
  EXPECT_EQ(WriterOf("x" + name), Writer::kUnknown);
  const std::string host = name.substr(0, name.find('+') + 1);
  const std::string pid = std::to_string(getpid());
  // A living process, of which it can't be told whether it is the same.
  for (const std::string& rest : {pid + "+abc+0", pid + "@0+abc+0", pid + "@x+abc+0", pid, pid + "@"}) {
    EXPECT_EQ(WriterOf(host + rest), Writer::kUnknown) << rest;
  }
  for (const char* rest : {"", "abc", "-1@5+abc+0", "0@5+abc+0", "99999999999999999999@5+abc+0", "+"}) {
    EXPECT_EQ(WriterOf(host + rest), Writer::kUnknown) << rest;
  }
  EXPECT_EQ(WriterOf(""), Writer::kUnknown);
  // Of a container that has the host's name: process 4194304 may be another one there.
  struct stat ids {};
  ASSERT_EQ(stat("/proc/self/ns/pid", &ids), 0);
  const std::string other = host.substr(0, host.find('~') + 1) + std::to_string(ids.st_ino - 1) + "+";
  EXPECT_EQ(WriterOf(other + "4194304@5+abc+0"), Writer::kUnknown);
  // No process has the largest number that Linux allows.
  EXPECT_EQ(WriterOf(host + "4194304@5+abc+0"), Writer::kGone);
  EXPECT_EQ(WriterOf(host + "4194304+abc+0"), Writer::kGone);
}

TEST(TemporaryName, WhatNobodyFinishesIsAbandoned) {
  const std::string own = TemporaryNames().Next();
  EXPECT_FALSE(IsAbandoned(own, HoursAgo(1000)));
  EXPECT_TRUE(IsAbandoned(OfAnEarlierProcess(own), HoursAgo(0)));
  EXPECT_FALSE(IsAbandoned("elsewhere+1@5+abc+0", HoursAgo(23)));
  EXPECT_TRUE(IsAbandoned("elsewhere+1@5+abc+0", HoursAgo(25)));
}

TEST(TemporaryName, PartsAreHiddenAndKnownAgain) {
  const std::string part = PartName("host+1@2+abc+3");
  EXPECT_EQ(part, ".tbbthumbs-host+1@2+abc+3.part");
  EXPECT_EQ(NameOfPart(part), "host+1@2+abc+3");
  for (const char* other :
       {"", "a_256.jpg", ".tbbthumbs", ".tbbthumbs-.par", "tbbthumbs-x.part", ".tbbthumbs-x.part2"}) {
    EXPECT_FALSE(NameOfPart(other)) << other;
  }
}

TEST(TemporaryName, WhenAProcessBegan) {
  const auto start = ProcessStart(getpid());
  ASSERT_TRUE(start);
  EXPECT_GT(*start, 0u);
  EXPECT_FALSE(ProcessStart(4194304));
  // Parentheses and blanks in the program's name change nothing.
  const SayingChild child([] {
    const auto before = ProcessStart(getpid());
    prctl(PR_SET_NAME, ") Z 1 (2", 0, 0, 0);
    return before && *before > 0 && ProcessStart(getpid()) == before ? std::string("same") : std::string("other");
  });
  EXPECT_EQ(child.said(), "same");
}

}  // namespace
}  // namespace tbbthumbs
