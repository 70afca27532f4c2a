#include "tests/fuzz/database_damage.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string_view>
#include <system_error>

namespace tbbthumbs::fuzz {
namespace {

constexpr size_t kHeaderBytes = 100;
constexpr size_t kMostStatements = 4;
constexpr size_t kMostChanges = 6;

uint32_t ReadBigEndian(std::string_view bytes, size_t at, size_t count) {
  uint32_t number = 0;
  for (size_t i = 0; i < count; ++i) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

void AppendBigEndian(std::string& bytes, uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift);
}

void WriteFile(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void BindAnyValue(sqlite3_stmt* statement, InputReader& reader) {
  const auto kind = reader.Number(1);
  switch (kind % 6) {
    case 0:
      sqlite3_bind_int64(statement, 1, static_cast<int64_t>(reader.Number(8)));
      break;
    case 1:
      sqlite3_bind_int64(statement, 1, static_cast<int64_t>(reader.Number(1)));
      break;
    case 2:
      sqlite3_bind_null(statement, 1);
      break;
    case 3:
      sqlite3_bind_double(statement, 1, static_cast<double>(reader.Number(4)) * 1e300);
      break;
    default: {
      const std::string_view text = reader.Text(reader.Number(1));
      // Some of them large.
      if (kind >= 250) {
        sqlite3_bind_zeroblob64(statement, 1, kind * 30'000);
      } else if (kind % 6 == 4) {
        sqlite3_bind_blob64(statement, 1, text.empty() ? "" : text.data(), text.size(), SQLITE_TRANSIENT);
      } else {
        sqlite3_bind_text64(statement, 1, text.empty() ? "" : text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
      }
    }
  }
}

void RunStatements(const std::string& path, std::span<const char* const> statements, size_t count,
                   InputReader& reader) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open(path.c_str(), &opened);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database(opened, &sqlite3_close);
  if (code != SQLITE_OK) return;
  sqlite3_exec(opened, "PRAGMA synchronous=OFF; PRAGMA writable_schema=ON", nullptr, nullptr, nullptr);
  for (; count > 0; --count) {
    sqlite3_stmt* prepared = nullptr;
    sqlite3_prepare_v2(opened, statements[reader.Number(1) % statements.size()], -1, &prepared, nullptr);
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(prepared, &sqlite3_finalize);
    if (prepared == nullptr) continue;
    if (sqlite3_bind_parameter_count(prepared) >= 1) BindAnyValue(prepared, reader);
    if (sqlite3_bind_parameter_count(prepared) >= 2) {
      sqlite3_bind_int64(prepared, 2, static_cast<int64_t>(reader.Number(1)));
    }
    constexpr int kMostRows = 100;
    for (int rows = 0; rows < kMostRows && sqlite3_step(prepared) == SQLITE_ROW;) ++rows;
  }
}

// A database as bytes.
class Pages {
 public:
  explicit Pages(std::string& bytes) : bytes_(bytes) {
    if (bytes_.size() < kHeaderBytes) return;
    const uint32_t said = ReadBigEndian(bytes_, 16, 2);
    if (said >= 512 && (said & (said - 1)) == 0) page_bytes_ = said;
  }

  void Change(InputReader& reader) {
    if (bytes_.empty()) return;
    switch (reader.Number(1) % 12) {
      case 0:
        return Put(reader.Number(3) % bytes_.size(), reader.Text(1 + reader.Number(1) % 8));
      case 1:
      case 2: {
        const size_t cell = Cell(reader.Number(1), reader.Number(1));
        const size_t offset = reader.Number(1);
        return Put(cell + offset, reader.Text(1 + reader.Number(1) % 4));
      }
      case 3: {
        const size_t pointer = Pointer(reader.Number(1), reader.Number(1));
        return Put(pointer, reader.Text(2));
      }
      case 4: {
        const size_t header = Header(reader.Number(1));
        return Put(header + reader.Number(1) % 12, reader.Text(1));
      }
      case 5: {
        const std::string page = Page(reader.Number(1));
        return Put(Start(reader.Number(1)), page);
      }
      case 6: {
        const size_t a = Start(reader.Number(1));
        const size_t b = Start(reader.Number(1));
        const std::string of_a = bytes_.substr(a, page_bytes_);
        const std::string of_b = bytes_.substr(b, page_bytes_);
        Put(a, of_b);
        return Put(b, of_a);
      }
      case 7:
        return Put(Start(reader.Number(1)), std::string(page_bytes_, '\0'));
      case 8:
        return bytes_.resize(reader.Number(3) % (bytes_.size() + 1));
      case 9: {
        const size_t count = reader.Number(1) * 64;
        const size_t most = 1 << 20;
        if (bytes_.size() < most) bytes_.append(count, static_cast<char>(reader.Number(1)));
        return;
      }
      default: {
        // Fields that mean something lie at these places.
        const size_t at = reader.Number(1) % kHeaderBytes;
        return Put(at, reader.Text(1 + reader.Number(1) % 4));
      }
    }
  }

  // One page as a transaction that was broken off would have it back. `nonce` of the checksums.
  std::string JournalRecord(uint64_t number, uint32_t nonce) const {
    std::string page = Page(number);
    page.resize(page_bytes_);
    std::string record;
    AppendBigEndian(record, static_cast<uint32_t>(Start(number) / page_bytes_ + 1));
    record += page;
    uint32_t checksum = nonce;
    for (size_t i = page_bytes_ - 200; i > 0 && i < page_bytes_; i -= 200) {
      checksum += static_cast<unsigned char>(page[i]);
    }
    AppendBigEndian(record, checksum);
    return record;
  }

  size_t count() const { return std::max<size_t>(1, bytes_.size() / page_bytes_); }
  size_t page_bytes() const { return page_bytes_; }

 private:
  size_t Start(uint64_t page) const { return page % count() * page_bytes_; }
  std::string Page(uint64_t page) const { return bytes_.substr(Start(page), page_bytes_); }
  // Of a tree's page: what kind it is, and how many cells it has.
  size_t Header(uint64_t page) const {
    const size_t start = Start(page);
    return start == 0 ? kHeaderBytes : start;
  }
  size_t Pointer(uint64_t page, uint64_t cell) const {
    const size_t header = Header(page);
    if (header + 12 > bytes_.size()) return header;
    const bool is_leaf = (static_cast<unsigned char>(bytes_[header]) & 8) != 0;
    const uint32_t cells = std::max<uint32_t>(1, ReadBigEndian(bytes_, header + 3, 2));
    return header + (is_leaf ? 8 : 12) + 2 * (cell % cells);
  }
  size_t Cell(uint64_t page, uint64_t cell) const {
    const size_t pointer = Pointer(page, cell);
    if (pointer + 2 > bytes_.size()) return pointer;
    return Start(page) + ReadBigEndian(bytes_, pointer, 2);
  }
  void Put(size_t at, std::string_view what) {
    if (at >= bytes_.size()) return;
    const size_t count = std::min(what.size(), bytes_.size() - at);
    std::copy_n(what.begin(), count, bytes_.begin() + static_cast<ptrdiff_t>(at));
  }

  std::string& bytes_;
  size_t page_bytes_ = 4096;
};

// As sqlite.org/fileformat2.html has it, mostly right.
std::string RollbackJournal(const Pages& pages, InputReader& reader) {
  constexpr std::string_view kMagic("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8);
  constexpr uint32_t kSectorBytes = 512;
  constexpr size_t kMostRecords = 4;
  const auto choice = reader.Number(1);
  const size_t records = choice % (kMostRecords + 1);
  const uint32_t nonce = 12345;
  std::string journal(kMagic);
  AppendBigEndian(journal, (choice & 64) != 0 ? 0xFFFFFFFF : static_cast<uint32_t>(records));
  AppendBigEndian(journal, nonce);
  AppendBigEndian(journal, static_cast<uint32_t>((choice & 32) != 0 ? reader.Number(1) : pages.count()));
  AppendBigEndian(journal, kSectorBytes);
  AppendBigEndian(journal, static_cast<uint32_t>(pages.page_bytes()));
  journal.resize(kSectorBytes);
  for (size_t i = 0; i < records; ++i) journal += pages.JournalRecord(reader.Number(1), nonce);
  if ((choice & 128) != 0) journal += reader.Text(reader.Number(1));
  const size_t at = reader.Number(2);
  if ((choice & 16) != 0 && at < journal.size()) journal[at] = static_cast<char>(reader.Number(1));
  return journal;
}

}  // namespace

Damage WriteDamaged(const std::string& path, const std::string& whole, std::span<const char* const> statements,
                    InputReader& reader) {
  Damage damage;
  const auto choice = reader.Number(1);
  std::string bytes = whole;
  if (const size_t count = choice % (kMostStatements + 1); count > 0) {
    WriteFile(path, bytes);
    RunStatements(path, statements, count, reader);
    bytes = ReadFile(path);
    RemoveDatabase(path);
    damage.statements = true;
  }
  Pages pages(bytes);
  std::string beside;
  if ((choice & 64) != 0) beside = RollbackJournal(pages, reader);
  for (size_t change = 0; change < kMostChanges && !reader.AtEnd(); ++change) {
    pages.Change(reader);
    damage.bytes = true;
  }
  WriteFile(path, bytes);
  if (!beside.empty()) {
    // Of every other kind one in eight.
    const bool log = choice >= 240;
    WriteFile(path + (log ? "-wal" : "-journal"), beside);
    damage.beside = true;
  }
  return damage;
}

std::string ReadFile(const std::string& path) {
  std::error_code missing;
  const auto size = std::filesystem::file_size(path, missing);
  if (missing) return "";
  std::string bytes(size, '\0');
  std::ifstream(path, std::ios::binary).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

void RemoveDatabase(const std::string& path) {
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) {
    std::error_code ignored;
    std::filesystem::remove(path + suffix, ignored);
  }
}

}  // namespace tbbthumbs::fuzz
