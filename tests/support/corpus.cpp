#include "tests/support/corpus.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace tbbthumbs::testing {

std::optional<std::filesystem::path> FindCorpus(const std::filesystem::path& source_dir) {
  const char* said = std::getenv("TBBTHUMBS_CORPUS");
  const std::filesystem::path path =
      said != nullptr ? std::filesystem::path(said) : source_dir.parent_path() / "shared/corpus";
  if (!std::filesystem::is_directory(path)) return std::nullopt;
  return path;
}

std::vector<CorpusFile> ListCorpus(const std::filesystem::path& corpus, std::string_view set) {
  constexpr size_t kFormatColumn = 7;
  constexpr size_t kReferenceColumn = 12;
  std::vector<CorpusFile> files;
  std::ifstream manifest(corpus / set / "MANIFEST.tsv");
  std::string line;
  std::getline(manifest, line);  // the names of the columns
  while (std::getline(manifest, line)) {
    std::vector<std::string> fields;
    std::istringstream text(line);
    for (std::string field; std::getline(text, field, '\t');) fields.push_back(field);
    if (fields.size() <= kReferenceColumn) continue;
    const std::filesystem::path path = corpus / fields[0];
    if (!std::filesystem::is_regular_file(path)) continue;
    files.push_back({path, fields[kFormatColumn], fields[kReferenceColumn]});
  }
  return files;
}

std::vector<std::byte> ReadBytes(const std::filesystem::path& path, size_t at_most) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::byte> bytes(std::min<size_t>(std::filesystem::file_size(path), at_most));
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

}  // namespace tbbthumbs::testing
