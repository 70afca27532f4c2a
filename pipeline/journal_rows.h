// Rows of the journal as columns of its tables.
#ifndef TBBTHUMBS_PIPELINE_JOURNAL_ROWS_H_
#define TBBTHUMBS_PIPELINE_JOURNAL_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/error.h"
#include "pipeline/journal_store.h"
#include "pipeline/sqlite_database.h"

namespace tbbthumbs {

// Texts that many rows have in common, in a table (id, path) of the database, and those used last in memory. Errors of
// all: those of SqliteDatabase.
class JournalTexts {
 public:
  struct Queries {
    const char* find;  // id by path
    const char* add;   // path
    const char* path;  // by id
  };
  JournalTexts(SqliteDatabase& database, const Queries& queries);

  // 0: there is none.
  [[nodiscard]] Result<int64_t> Find(std::string_view text);
  [[nodiscard]] Result<int64_t> FindOrAdd(std::string_view text);
  // Until the next call of any member. kCorrupt: there is none.
  [[nodiscard]] Result<std::string_view> Text(int64_t id);

  // What is in memory: after others wrote, and where a transaction that added some was taken back.
  void Forget() noexcept { known_.clear(); }

 private:
  struct Known {
    int64_t id;
    std::string text;
  };
  const Known& Remember(int64_t id, std::string_view text);

  SqliteDatabase& database_;
  SqliteStatement find_;
  SqliteStatement add_;
  SqliteStatement text_;
  std::vector<Known> known_;
  size_t last_ = 0;  // of known_, found or added
};

// Of a row these columns, in this order: bytes, modified_ns, status, options, format, code, message, outputs, cpu_us,
// decoder.

// Writes `row` to the parameters from `first` on, and its outputs into `outputs` on the way; both must stay until the
// statement is reset. `decoder`: of the table. kInternal: a path has a '\0'.
[[nodiscard]] Status BindRow(SqliteStatement& statement, int first, const JournalRow& row, int64_t decoder,
                             std::string& outputs);

// Of the column alone. kCorrupt: no such word.
[[nodiscard]] Result<PictureStatus> ReadStatus(const SqliteStatement& statement, int first);
// Reads all from the columns from `first` on; without validators. kCorrupt: they are none of a row.
[[nodiscard]] Status ReadRow(const SqliteStatement& statement, int first, JournalTexts& decoders, JournalRow& row);

// Of validators these columns: etag, last_modified. Both must stay until the statement is reset. kInternal: not IsKept.
[[nodiscard]] Status BindValidators(SqliteStatement& statement, int first, const UrlValidators& validators);
// kCorrupt: not IsKept.
[[nodiscard]] Status ReadValidators(const SqliteStatement& statement, int first, UrlValidators& validators);

// Likewise of a run, after its id: options, version, label, started_ns, ended_ns, end, inputs, made, up_to_date,
// failed, skipped, left, bytes_in, bytes_out, wall_ns, cpu_ns.
void BindRun(SqliteStatement& statement, int first, const JournalRun& run);
JournalRun ReadRun(const SqliteStatement& statement, int first);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_JOURNAL_ROWS_H_
