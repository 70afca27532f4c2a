// An SQLite database, its statements and transactions: errors as values.
#ifndef TBBTHUMBS_PIPELINE_SQLITE_DATABASE_H_
#define TBBTHUMBS_PIPELINE_SQLITE_DATABASE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "codecs/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tbbthumbs {

// One connection. Used by one thread at a time, with all that is made of it; must outlive that. Never shares memory
// with other processes and maps no file. Errors of all: kIo, kCorrupt (no database, damaged, or of another schema than
// the statements expect), kOutOfMemory. Whoever wrote the file may have been anybody: what would have SQLite remove
// other files, share memory or make large values out of nothing is kCorrupt.
class SqliteDatabase {
 public:
  enum class Mode {
    kReadOnly,
    kReadWrite,
    kCreate,  // an empty file where there is none
  };

  // No text, blob or row may have more bytes. Writing one is kIo, reading one kCorrupt.
  static constexpr int kMostBytes = 4 << 20;

  // Of the file little more than its header is read. What a killed writer left is taken back. kCorrupt also: it has a
  // write-ahead log, or lies beside what is no journal of this file alone.
  //
  // `directory`: -1, or a descriptor of what `path` lies in, open for as long as the database is. Then the file and
  // what SQLite puts beside it lie in that very directory, whatever comes to lie at its path meanwhile, and no link in
  // their place is followed. (Where /proc is not mounted, all goes by the path alone.)
  [[nodiscard]] static Result<std::unique_ptr<SqliteDatabase>> Open(const std::string& path, Mode mode,
                                                                    int directory = -1);
  ~SqliteDatabase();
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;

  // One or more statements; what rows they give is ignored.
  [[nodiscard]] Status Execute(const char* sql);
  // What the first column of the first row says. kCorrupt: there is no row.
  [[nodiscard]] Result<int64_t> Number(const char* sql);

  // The tables that a program's files have: one "CREATE TABLE ..." each, without ';'.
  using Tables = std::span<const char* const>;
  [[nodiscard]] Status CreateTables(Tables tables);
  // kCorrupt: what is in the file was not made by these statements, letter by letter, or not by them alone.
  [[nodiscard]] Status CheckTables(Tables tables);

  // The first bytes of a file: kHeaderBytes, less where it is shorter. Nothing else is read, and no lock taken. Errors:
  // kIo, kOutOfMemory.
  static constexpr size_t kHeaderBytes = 100;
  [[nodiscard]] static Result<std::string> ReadHeader(const std::string& path);
  // The number that a program has marked its files with; nothing in `header` where that is none of a database.
  static std::optional<int64_t> ApplicationId(std::string_view header);

  // Of the row that was inserted last.
  int64_t LastId() const;
  // How many rows the last statement changed.
  int64_t Changes() const;

 private:
  friend class SqliteStatement;
  friend class SqliteTransaction;

  SqliteDatabase(sqlite3* handle, int directory) : handle_(handle), directory_(directory) {}

  // Without a look at the file.
  [[nodiscard]] static Result<std::unique_ptr<SqliteDatabase>> OpenOnly(const std::string& path, Mode mode,
                                                                        int directory = -1);
  [[nodiscard]] Status Configure(Mode mode);
  [[nodiscard]] Result<std::string> Header();
  // kCorrupt: see Open.
  [[nodiscard]] Status CheckHeader();
  [[nodiscard]] Status CheckWhatLiesBeside() const;
  // kCorrupt: the path no longer leads to what is open. What is only read is as good as it was.
  [[nodiscard]] Status CheckPlace();
  // Has another connection take back what a killed writer left.
  [[nodiscard]] Status RollBackTheKilled();
  // The error of this code, which a call has just returned.
  Error LastError(int code);

  sqlite3* const handle_;
  const int directory_;
  int last_failure_ = 0;       // code of LastError
  int64_t data_version_ = -1;  // of the last transaction: another one where others have written since
};

// Prepared at its first use. Use it below a SqliteUse.
class SqliteStatement {
 public:
  // `sql` must outlive it.
  SqliteStatement(SqliteDatabase& database, const char* sql) : database_(database), sql_(sql) {}
  ~SqliteStatement();
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  // Parameters count from 1. The bytes must stay where they are until the statement is reset. What goes wrong is told
  // by Step.
  void BindInt(int parameter, int64_t value);
  void BindText(int parameter, std::string_view bytes);
  void BindBlob(int parameter, std::string_view bytes);
  void BindNull(int parameter);

  // Whether there is a row.
  [[nodiscard]] Result<bool> Step();
  // Steps to the end.
  [[nodiscard]] Status Run();

  // Columns count from 0. What is of another type is converted, NULL to 0 and to nothing.
  int64_t Int(int column) const;
  // Of texts and blobs, until the next step.
  std::string_view Bytes(int column) const;
  bool IsNull(int column) const;

  void Reset();

 private:
  bool IsPrepared();
  void Remember(int code);

  SqliteDatabase& database_;
  const char* const sql_;
  sqlite3_stmt* handle_ = nullptr;
  int failure_ = 0;  // of what came before Step
};

// Resets a statement at the end of a scope: one that is not would hold the database.
class SqliteUse {
 public:
  explicit SqliteUse(SqliteStatement& statement) : statement_(statement) {}
  ~SqliteUse() { statement_.Reset(); }
  SqliteUse(const SqliteUse&) = delete;
  SqliteUse& operator=(const SqliteUse&) = delete;

 private:
  SqliteStatement& statement_;
};

// Taken back at its end where it was not committed. Statements used within must be reset before.
class SqliteTransaction {
 public:
  explicit SqliteTransaction(SqliteDatabase& database) : database_(database) {}
  ~SqliteTransaction();
  SqliteTransaction(const SqliteTransaction&) = delete;
  SqliteTransaction& operator=(const SqliteTransaction&) = delete;

  // From here on nobody else commits. Takes back what a killed writer left. kCorrupt also: the database may be written,
  // and its file has been renamed or removed since it was opened.
  [[nodiscard]] Status BeginRead();
  // From here on nobody else writes. kCorrupt likewise.
  [[nodiscard]] Status BeginWrite();
  [[nodiscard]] Status Commit();

  // Whether others have committed since this connection's last transaction.
  bool others_wrote() const { return others_wrote_; }

 private:
  [[nodiscard]] Status Look();

  SqliteDatabase& database_;
  bool others_wrote_ = true;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_SQLITE_DATABASE_H_
