#include "pipeline/journal_copy.h"

#include <vector>

#include "pipeline/options_digest.h"

namespace tbbthumbs {
namespace {

constexpr size_t kBatch = 1000;

}  // namespace

Result<uint64_t> JournalTranslator::Translate(uint64_t options) {
  if (options == 0) return 0;
  if (const auto known = known_.find(options); known != known_.end()) return known->second;
  const auto description = from_.OptionsDescription(options);
  if (!description && description.error().code != ErrorCode::kNotFound) {
    return tl::unexpected<Error>(description.error());
  }
  uint64_t translated = 0;
  if (description) {
    auto id = to_.OptionsId(DigestOf(*description), *description);
    if (!id) return id;
    translated = *id;
  }
  known_[options] = translated;
  return translated;
}

Status JournalTranslator::Translate(JournalRow& row) {
  const auto options = Translate(row.options);
  if (!options) return tl::unexpected<Error>(options.error());
  row.options = *options;
  for (JournalOutput& output : row.outputs) {
    const auto id = Translate(output.options);
    if (!id) return tl::unexpected<Error>(id.error());
    output.options = *id;
  }
  return {};
}

Status CopyJournalRows(JournalStore& from, JournalStore& to, const std::function<void(const JournalEntry&)>& visit) {
  JournalTranslator translator(from, to);
  std::vector<JournalEntry> batch;
  Status copied;
  const auto write = [&] {
    if (copied) copied = to.Write(batch);
    batch.clear();
    return copied.has_value();
  };
  Status read = from.ForEach(std::nullopt, [&](const std::string& input, const JournalRow& row) {
    JournalEntry& entry = batch.emplace_back(JournalEntry{input, row});
    copied = translator.Translate(entry.row);
    if (copied && visit) visit(entry);
    return copied && (batch.size() < kBatch || write());
  });
  if (!copied) return copied;
  if (!read) return read;
  write();
  return copied;
}

}  // namespace tbbthumbs
