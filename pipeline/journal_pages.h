// All rows of the journal's tables, or those of directories: some at a time, as others may write in between.
#ifndef TBBTHUMBS_PIPELINE_JOURNAL_PAGES_H_
#define TBBTHUMBS_PIPELINE_JOURNAL_PAGES_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/error.h"
#include "pipeline/journal_connection.h"
#include "pipeline/journal_inputs.h"
#include "pipeline/journal_store.h"
#include "pipeline/sqlite_database.h"

namespace tbbthumbs {

// What JournalStore says of its members of these names.
class JournalPages {
 public:
  // Both must outlive it; `inputs` are those of `connection`.
  JournalPages(JournalConnection& connection, JournalInputs& inputs);

  using Visit = std::function<bool(const std::string& input, const JournalRow& row)>;
  Status ForEach(std::optional<PictureStatus> status, const Visit& visit);
  Status ForEachIn(const std::string& directory, bool below, const Visit& visit);
  Status ForEachDirectory(const std::function<bool(const std::string& directory)>& visit);
  Result<JournalCounts> Counts();
  Result<bool> HasRows();

 private:
  // The last row of a page.
  struct Place {
    int64_t directory = 0;  // before all
    std::string name;
  };
  struct Directory {
    int64_t id;
    std::string path;
  };

  template <class Work>
  Result<bool> ReadPage(SqliteStatement& page, Place& place, Work work);
  // Of all rows behind `place` that `page` gives. False: `visit` has said so.
  Result<bool> VisitRows(SqliteStatement& page, Place place, std::optional<PictureStatus> status, const Visit& visit);
  // Those from `from` on, before `end`: a page of them, from which on `from` is moved; none at the end.
  Result<std::vector<Directory>> ReadDirectories(std::string& from, std::string_view end);

  JournalConnection& connection_;
  JournalInputs& inputs_;
  SqliteStatement page_rows_;
  SqliteStatement page_of_directory_;
  SqliteStatement page_directories_;
  SqliteStatement page_validators_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_JOURNAL_PAGES_H_
