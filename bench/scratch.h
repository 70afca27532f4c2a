// A directory of a run's own.
#ifndef TBBTHUMBS_BENCH_SCRATCH_H_
#define TBBTHUMBS_BENCH_SCRATCH_H_

#include <filesystem>
#include <string>
#include <tl/expected.hpp>

namespace tbbthumbs::bench {

// An empty directory, gone with all in it on destruction.
class Scratch {
 public:
  // In `parent`; "": the system's directory for temporary files (TMPDIR). Errors: a sentence.
  static tl::expected<Scratch, std::string> Make(const std::filesystem::path& parent);
  Scratch(Scratch&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch();

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit Scratch(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_SCRATCH_H_
