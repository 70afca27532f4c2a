#include "tests/support/exchanger.h"

#include <fcntl.h>

#include <cstdio>
#include <utility>

namespace tbbthumbs::testing {

Exchanger::Exchanger(std::filesystem::path directory, std::filesystem::path link)
    : directory_(std::move(directory)), link_(std::move(link)) {
  times_ = Exchange() ? 1 : 0;
  thread_ = std::thread([this] {
    while (!stop_) {
      if (Exchange()) ++times_;
    }
  });
}

Exchanger::~Exchanger() {
  stop_ = true;
  thread_.join();
  if (times_ % 2 == 1) Exchange();
}

bool Exchanger::Exchange() const {
  return renameat2(AT_FDCWD, directory_.c_str(), AT_FDCWD, link_.c_str(), RENAME_EXCHANGE) == 0;
}

}  // namespace tbbthumbs::testing
