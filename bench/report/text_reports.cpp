#include "bench/report/report.h"
#include "bench/report/section.h"
#include "bench/report/table.h"
#include "bench/report/verdict.h"

namespace tbbthumbs::bench {

std::string MarkdownReport(const Results& results) {
  const Verdict verdict = MakeVerdict(results);
  std::string markdown = "# tbbthumbs benchmark\n\n**" + EscapeMarkdown(verdict.headline) + "**\n\n";
  for (const Statement& statement : verdict.statements) {
    markdown += "- " + statement.topic + ": " + EscapeMarkdown(statement.text) + '\n';
  }
  for (const Section& section : MakeSections(results)) {
    markdown += "\n## " + EscapeMarkdown(section.title) + "\n";
    for (const std::string& paragraph : section.paragraphs) markdown += '\n' + EscapeMarkdown(paragraph) + '\n';
    for (const Figure& figure : section.figures) {
      markdown += '\n';
      if (section.figures.size() > 1) markdown += "### " + EscapeMarkdown(figure.table.title) + "\n\n";
      markdown += RenderMarkdown(figure.table);
    }
  }
  return markdown;
}

std::string CsvReport(const Results& results) { return RenderCsv(AllFigures(Measured(results))); }

}  // namespace tbbthumbs::bench
