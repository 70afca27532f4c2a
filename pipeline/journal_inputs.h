// Rows of inputs that are known by name, in the journal's tables.
#ifndef TBBTHUMBS_PIPELINE_JOURNAL_INPUTS_H_
#define TBBTHUMBS_PIPELINE_JOURNAL_INPUTS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "codecs/error.h"
#include "pipeline/journal_connection.h"
#include "pipeline/journal_store.h"
#include "pipeline/sqlite_database.h"
#include "pipeline/url.h"

namespace tbbthumbs {

// What JournalStore says of its members of these names.
class JournalInputs {
 public:
  // `connection` must outlive it.
  explicit JournalInputs(JournalConnection& connection);

  Status Find(std::span<const std::string_view> inputs, std::span<std::optional<JournalRow>> rows);
  Status Write(std::span<const JournalEntry> entries);
  Status Remove(std::span<const std::string> inputs);
  // Of all rows.
  Status Clear();

  // Within a transaction of `connection`; `directory`: of its directories. None where none were written.
  Status FindValidators(int64_t directory, std::string_view name, UrlValidators& validators);

 private:
  // Inputs of one directory and their rows.
  struct Group {
    int64_t directory;
    bool of_addresses;
    size_t prefix;  // length of the directory's path
    std::span<const std::string_view> inputs;
    std::span<std::optional<JournalRow>> rows;
    std::string_view name(size_t i) const { return inputs[i].substr(prefix); }
  };

  Status FindGroup(const Group& group);
  Result<size_t> ScanGroup(const Group& group);
  Status FindOne(const Group& group, size_t i);
  Status WriteValidators(int64_t directory, std::string_view name, const UrlValidators& validators);
  static Status RemoveFrom(SqliteStatement& remove, int64_t directory, std::string_view name);

  JournalConnection& connection_;
  SqliteStatement find_row_;
  SqliteStatement scan_rows_;
  SqliteStatement write_row_;
  SqliteStatement remove_row_;
  SqliteStatement find_validators_;
  SqliteStatement write_validators_;
  SqliteStatement remove_validators_;
  std::string outputs_;  // of the row being written
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_JOURNAL_INPUTS_H_
