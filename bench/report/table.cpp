#include "bench/report/table.h"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

#include "tools/escape.h"

namespace tbbthumbs::bench {
namespace {

// The length of the UTF-8 character at the front, or 0 where there is none.
size_t CharacterLength(std::string_view text) {
  for (size_t length = 1; length <= 4 && length <= text.size(); ++length) {
    if (tool::IsValidUtf8(text.substr(0, length))) return length;
  }
  return 0;
}

std::string_view EntityOf(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return "";
  }
}

bool IsControl(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f; }

std::string_view ToneClass(Tone tone) {
  switch (tone) {
    case Tone::kPlain:
      return "";
    case Tone::kStrong:
      return "strong";
    case Tone::kBetter:
      return "better";
    case Tone::kWorse:
      return "worse";
    case Tone::kSlightlyBetter:
      return "slightly-better";
    case Tone::kSlightlyWorse:
      return "slightly-worse";
    case Tone::kSame:
      return "same";
  }
  return "";
}

std::string HtmlCell(std::string_view tag, const std::string& text, const Table::Column& column, Tone tone) {
  std::string classes(column.numeric ? "number" : "");
  if (tone != Tone::kPlain) classes.append(classes.empty() ? "" : " ").append(ToneClass(tone));
  const std::string attribute = classes.empty() ? "" : fmt::format(" class=\"{}\"", classes);
  return fmt::format("<{0}{1}>{2}</{3}>", tag, attribute, EscapeHtml(text), tag.substr(0, 2));
}

std::string CsvField(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? "\"\"" : std::string(1, c));
  return quoted + '"';
}

}  // namespace

std::string EscapeHtml(const std::string& text) {
  std::string escaped;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t length = CharacterLength(rest);
    const std::string_view entity = EntityOf(rest.front());
    if (length == 0) {
      escaped += "\xef\xbf\xbd";
    } else if (!entity.empty()) {
      escaped += entity;
    } else if (!IsControl(rest.front())) {
      escaped += rest.substr(0, length);
    }
    rest.remove_prefix(length == 0 ? 1 : length);
  }
  return escaped;
}

std::string RenderHtml(const Table& table) {
  std::string html =
      fmt::format("<div class=\"scroll\"><table><caption>{}</caption>\n<thead><tr>", EscapeHtml(table.title));
  for (const Table::Column& column : table.columns) {
    html += HtmlCell("th scope=\"col\"", column.name, column, Tone::kPlain);
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const std::vector<Cell>& row : table.rows) {
    html += "<tr>";
    for (size_t i = 0; i < row.size(); ++i) {
      html += HtmlCell(i == 0 ? "th scope=\"row\"" : "td", row[i].text, table.columns[i], row[i].tone);
    }
    html += "</tr>\n";
  }
  html += "</tbody></table></div>\n";
  return table.note.empty() ? html : html + "<p class=\"note\">" + EscapeHtml(table.note) + "</p>\n";
}

std::string EscapeMarkdown(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      escaped += ' ';
    } else if (IsControl(c)) {
      continue;
    } else {
      if (std::string_view("\\`*_[]<>|#~&").find(c) != std::string_view::npos) escaped += '\\';
      escaped += c;
    }
  }
  return escaped;
}

std::string RenderMarkdown(const Table& table) {
  std::string header = "|";
  std::string line = "|";
  for (const Table::Column& column : table.columns) {
    header += ' ' + EscapeMarkdown(column.name) + " |";
    line += column.numeric ? " ---: |" : " --- |";
  }
  std::string markdown = header + '\n' + line + '\n';
  for (const std::vector<Cell>& row : table.rows) {
    markdown += '|';
    for (const Cell& cell : row) {
      const std::string text = EscapeMarkdown(cell.text);
      markdown += cell.tone == Tone::kStrong ? " **" + text + "** |" : ' ' + text + " |";
    }
    markdown += '\n';
  }
  if (!table.note.empty()) markdown += '\n' + EscapeMarkdown(table.note) + '\n';
  return markdown;
}

std::string RenderCsv(const Table& table) {
  std::string csv;
  for (size_t i = 0; i < table.columns.size(); ++i) csv += (i > 0 ? "," : "") + CsvField(table.columns[i].name);
  csv += "\r\n";
  for (const std::vector<Cell>& row : table.rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      csv += (i > 0 ? "," : "") + CsvField(row[i].value ? fmt::format("{:.12g}", *row[i].value) : row[i].text);
    }
    csv += "\r\n";
  }
  return csv;
}

}  // namespace tbbthumbs::bench
