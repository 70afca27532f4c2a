#include "bench/scratch.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

namespace tbbthumbs::bench {

tl::expected<Scratch, std::string> Scratch::Make(const std::filesystem::path& parent) {
  std::error_code error;
  const auto in = parent.empty() ? std::filesystem::temp_directory_path(error) : parent;
  if (error) return tl::unexpected<std::string>("the directory for temporary files: " + error.message());
  std::string name = (in / "tbbthumbs-bench-XXXXXX").native();
  if (mkdtemp(name.data()) == nullptr) return tl::unexpected<std::string>(in.string() + ": " + std::strerror(errno));
  return Scratch(std::filesystem::path(name));
}

Scratch::~Scratch() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace tbbthumbs::bench
