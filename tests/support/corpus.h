// The picture corpus beside the source tree, where there is one.
#ifndef TBBTHUMBS_TESTS_SUPPORT_CORPUS_H_
#define TBBTHUMBS_TESTS_SUPPORT_CORPUS_H_

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tbbthumbs::testing {

// $TBBTHUMBS_CORPUS, or shared/corpus beside `source_dir` (TBBTHUMBS_SOURCE_DIR).
std::optional<std::filesystem::path> FindCorpus(const std::filesystem::path& source_dir);

struct CorpusFile {
  std::filesystem::path path;
  std::string format;      // the manifest's word: "jpeg", "png", "isobmff:avif", ...
  std::string ref_decode;  // what the reference decoder said
};

// The files of one set that exist, by its manifest.
std::vector<CorpusFile> ListCorpus(const std::filesystem::path& corpus, std::string_view set);

std::vector<std::byte> ReadBytes(const std::filesystem::path& path, size_t at_most = SIZE_MAX);

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_CORPUS_H_
