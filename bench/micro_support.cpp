#include "bench/micro_support.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace tbbthumbs::bench {

void Exit(const std::string& reason) {
  std::fprintf(stderr, "%s\n", reason.c_str());
  std::exit(EXIT_FAILURE);
}

std::optional<std::vector<std::byte>> ReadNamedFile(const char* variable) {
  const char* path = std::getenv(variable);
  if (path == nullptr) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  if (!file) Exit(std::string(variable) + ": no such file");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return std::vector<std::byte>(begin, begin + text.size());
}

}  // namespace tbbthumbs::bench
