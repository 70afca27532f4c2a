#include "tests/support/temp_tree.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace tbbthumbs::testing {

namespace fs = std::filesystem;

TempTree::TempTree() {
  std::string name = (fs::temp_directory_path() / "tbbthumbs-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory: " + name);
  root_ = name;
}

TempTree::~TempTree() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

fs::path TempTree::Write(const fs::path& path, std::string_view text) const {
  fs::path whole = root_ / path;
  fs::create_directories(whole.parent_path());
  std::ofstream stream(whole, std::ios::binary);
  stream.write(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream.flush()) throw std::runtime_error("can't write " + whole.string());
  return whole;
}

fs::path TempTree::Write(const fs::path& path, std::span<const std::byte> bytes) const {
  return Write(path, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::string TempTree::Read(const fs::path& path) const {
  std::ifstream stream(root_ / path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::vector<std::string> TempTree::Files(const fs::path& path) const {
  std::vector<std::string> files;
  if (!fs::exists(root_ / path)) return files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root_ / path)) {
    const std::string file = entry.path().lexically_relative(root_ / path).string();
    if (entry.is_regular_file() && file.find(".tbbthumbs/journal.db") == std::string::npos) files.push_back(file);
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace tbbthumbs::testing
