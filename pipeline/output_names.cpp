#include "pipeline/output_names.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "pipeline/file_system.h"

namespace tbbthumbs {
namespace {

constexpr size_t kMaxNameBytes = 255;
constexpr std::string_view kLongestExtension = ".jpg";

uint64_t Hash(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

std::string Hex8(uint64_t hash) {
  std::array<char, 9> text{};
  std::snprintf(text.data(), text.size(), "%08x", static_cast<unsigned>(hash & 0xFFFFFFFF));
  return text.data();
}

// At most `bytes` of `text`, not within a UTF-8 sequence.
std::string CutAtCharacter(const std::string& text, size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

}  // namespace

OutputNames::OutputNames(std::string output, std::vector<std::string> labels)
    : output_(std::move(output)), labels_(std::move(labels)) {
  for (const std::string& label : labels_) {
    longest_suffix_ = std::max(longest_suffix_, 1 + label.size() + kLongestExtension.size());
  }
}

bool OutputNames::Take(const std::string& directory, const std::string& stem) {
  return taken_.insert(Hash(directory + '\0' + stem)).second;
}

OutputName OutputNames::Plan(const InputFile& file) {
  if (file.whole_directory && file.output_directory != current_directory_) {
    current_directory_ = file.output_directory;
    taken_.clear();
  }
  const std::string_view name = std::string_view(file.path).substr(file.path.find_last_of('/') + 1);
  const size_t dot = name.find_last_of('.');
  const bool has_extension = dot != std::string_view::npos && dot > 0 && dot + 1 < name.size();
  const std::string bare(has_extension ? name.substr(0, dot) : name);
  const std::string extended = has_extension ? bare + "_" + std::string(name.substr(dot + 1)) : bare;

  OutputName planned{JoinPath(output_, file.output_directory), bare};
  const size_t room = kMaxNameBytes - longest_suffix_;
  if (bare.size() <= room && Take(file.output_directory, bare)) return planned;
  planned.stem = extended;
  if (has_extension && extended.size() <= room && Take(file.output_directory, extended)) return planned;
  // The hash of the path settles it; the loop is for two inputs of one path, or of one hash.
  for (uint64_t salt = 0;; ++salt) {
    const std::string hash = Hex8(Hash(file.path) + salt);
    planned.stem = CutAtCharacter(extended, room - 1 - hash.size()) + "_" + hash;
    if (Take(file.output_directory, planned.stem)) return planned;
  }
}

std::string OutputNames::Path(const OutputName& name, size_t size_index, std::string_view extension) const {
  std::string file = name.stem;
  file += '_';
  file += labels_[size_index];
  file += extension;
  return JoinPath(name.directory, file);
}

}  // namespace tbbthumbs
