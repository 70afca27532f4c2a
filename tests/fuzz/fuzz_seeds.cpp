// fuzz_seeds TO [FROM]: writes what fuzzers begin with to TO/TARGET, made by code and of the files below FROM.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "pipeline/name_hash.h"
#include "tests/fuzz/seeds.h"
#include "tests/fuzz/target_list.h"
#include "tests/support/corpus.h"

namespace {

namespace fs = std::filesystem;

// One file for all that are the same.
void Write(const fs::path& directory, std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::error_code ignored;
  fs::create_directories(directory, ignored);
  std::ofstream(directory / tbbthumbs::LongHexOf(text), std::ios::binary)
      .write(text.data(), static_cast<std::streamsize>(text.size()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "fuzz_seeds TO [FROM]\n");
    return 2;
  }
  const fs::path to = argv[1];
  for (const auto& target : tbbthumbs::fuzz::AllTargets()) {
    for (const auto& seed : tbbthumbs::fuzz::MadeSeeds(target.name)) Write(to / target.name, seed);
  }
  if (argc == 2) return 0;
  constexpr size_t kMostBytes = 4 << 20;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(argv[2], error); entry != fs::recursive_directory_iterator();
       entry.increment(error)) {
    if (error) break;
    if (!entry->is_regular_file(error) || entry->file_size(error) > kMostBytes) continue;
    const auto bytes = tbbthumbs::testing::ReadBytes(entry->path());
    for (const auto& seed : tbbthumbs::fuzz::SeedsOf(bytes)) Write(to / seed.target, seed.bytes);
  }
  if (error) std::fprintf(stderr, "fuzz_seeds: %s: %s\n", argv[2], error.message().c_str());
  return error ? 1 : 0;
}
