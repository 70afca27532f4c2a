// A table of the report, made once and shown as HTML, Markdown or CSV.
#ifndef TBBTHUMBS_BENCH_REPORT_TABLE_H_
#define TBBTHUMBS_BENCH_REPORT_TABLE_H_

#include <optional>
#include <string>
#include <vector>

namespace tbbthumbs::bench {

// How a cell is coloured; its text says the same.
enum class Tone { kPlain, kStrong, kBetter, kSlightlyBetter, kSame, kSlightlyWorse, kWorse };

struct Cell {
  Cell(const char* words) : text(words) {}             // NOLINT(google-explicit-constructor): rows read as lists
  Cell(std::string words) : text(std::move(words)) {}  // NOLINT(google-explicit-constructor)
  Cell(std::string words, Tone how) : text(std::move(words)), tone(how) {}
  // The number itself for programs, beside what people read.
  Cell(std::string words, double number) : text(std::move(words)), value(number) {}

  std::string text;
  std::optional<double> value;
  Tone tone = Tone::kPlain;
};

struct Table {
  struct Column {
    std::string name;
    bool numeric = false;  // aligned to the right
  };
  std::string title;
  std::string note;  // a sentence or more, or ""
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
};

// "&lt;" and so on, for texts and for attributes in double quotes. Bytes that are no UTF-8 become U+FFFD, control
// characters but newline and tab are left out.
std::string EscapeHtml(const std::string& text);

// With the title as its caption, and the note below.
std::string RenderHtml(const Table& table);

// GitHub's tables, without the title, the note below.
std::string RenderMarkdown(const Table& table);
// A text in which no character means anything to Markdown.
std::string EscapeMarkdown(const std::string& text);

// RFC 4180 with a header line: numbers in full where a cell has one, else its text.
std::string RenderCsv(const Table& table);

}  // namespace tbbthumbs::bench

#endif  // TBBTHUMBS_BENCH_REPORT_TABLE_H_
