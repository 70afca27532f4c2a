#include "pipeline/output_takeovers.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/name_hash.h"

namespace tbbthumbs {
namespace {

constexpr size_t kBatch = 1000;

}  // namespace

void OutputTakeovers::AddOwner(std::string_view input) { owners_.Insert(HashOf(input)); }

void OutputTakeovers::AddOutput(std::string_view path) { outputs_.Insert(HashOf(path)); }

bool OutputTakeovers::TakeFromOther(JournalEntry& entry) const {
  const auto is_taken = [&](const JournalOutput& output) { return outputs_.Contains(HashOf(output.path)); };
  const bool has_taken = std::any_of(entry.row.outputs.begin(), entry.row.outputs.end(), is_taken);
  if (!has_taken || owners_.Contains(HashOf(entry.input))) return false;
  std::erase_if(entry.row.outputs, is_taken);
  return true;
}

Status OutputTakeovers::TakeFromOthers(JournalStore& journal) const {
  std::vector<JournalEntry> changed;
  std::vector<std::string> dropped;
  Status written;
  const auto write = [&] {
    written = journal.Write(changed);
    if (written) written = journal.Remove(dropped);
    changed.clear();
    dropped.clear();
  };
  Status read = journal.ForEach(std::nullopt, [&](const std::string& input, const JournalRow& row) {
    JournalEntry entry{input, row};
    if (!TakeFromOther(entry)) return true;
    if (entry.row.outputs.empty() && row.status == PictureStatus::kMade) {
      dropped.push_back(input);
    } else {
      changed.push_back(std::move(entry));
    }
    if (changed.size() + dropped.size() >= kBatch) write();
    return written.has_value();
  });
  if (read && written) write();
  return written ? read : written;
}

}  // namespace tbbthumbs
