#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/list_reader.h"
#include "pipeline/url_input.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/input_reader.h"
#include "tests/fuzz/targets.h"

namespace tbbthumbs::fuzz {
namespace {

// A pipe has room for 16 pieces of at most a page.
constexpr size_t kMostPieces = 8;
constexpr size_t kMostBytes = 32 << 10;

// All that ListReader gives of a pipe into which `text` was written in these pieces, each of which one read gives.
std::vector<std::string> Read(std::string_view text, size_t piece, char separator, bool urls) {
  std::array<int, 2> ends{};
  Require(pipe2(ends.data(), O_DIRECT | O_NONBLOCK | O_CLOEXEC) == 0, "a pipe");
  for (size_t count = 1; !text.empty(); ++count) {
    const std::string_view part = count == kMostPieces ? text : text.substr(0, piece);
    Require(write(ends[1], part.data(), part.size()) == static_cast<ssize_t>(part.size()), "room in a pipe");
    text.remove_prefix(part.size());
  }
  std::vector<std::string> names;
  {
    ListReader reader({"/proc/self/fd/" + std::to_string(ends[0]), separator, urls});
    close(ends[0]);
    close(ends[1]);
    for (;;) {
      const bool has_name = reader.HasName();
      auto name = reader.Next({});
      Require(name || !has_name, "the name that it has");
      if (!name) break;
      names.push_back(std::move(*name));
    }
    Require(!reader.TakeError(), "a list without errors");
  }
  return names;
}

// The same, said in another way.
std::vector<std::string> Expected(std::string_view text, char separator, bool urls) {
  std::vector<std::string> names;
  if (urls && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    std::string_view name = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (urls) {
      name = Trimmed(name);
      if (name.starts_with('#')) continue;
    } else if (separator == '\n' && name.ends_with('\r')) {
      name.remove_suffix(1);
    }
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

}  // namespace

ListOutcome List(std::span<const std::byte> input) {
  InputReader reader(input.first(std::min(input.size(), kMostBytes)));
  const auto choice = reader.Number(1);
  const char separator = (choice & 1) != 0 ? '\0' : '\n';
  const bool urls = (choice & 2) != 0;
  const size_t piece = 1 + choice / 4;
  const std::string_view text = reader.Rest();
  const std::vector<std::string> whole = Read(text, kMostBytes, separator, urls);
  Require(whole == Expected(text, separator, urls), "what stands between separators");
  Require(Read(text, piece, separator, urls) == whole, "the same of a list that comes in pieces");
  if (urls) {
    for (const std::string& entry : whole) {
      const InputFile file = ListedUrlInput(entry);
      Require((file.url != nullptr) != file.error.has_value(), "an address or a reason");
    }
  }
  return whole.empty() ? ListOutcome::kEmpty : ListOutcome::kNames;
}

}  // namespace tbbthumbs::fuzz
