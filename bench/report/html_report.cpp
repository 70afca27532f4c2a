#include <fmt/format.h>

#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "bench/report/assets.h"
#include "bench/report/report.h"
#include "bench/report/section.h"
#include "bench/report/table.h"
#include "bench/report/verdict.h"

namespace tbbthumbs::bench {
namespace {

// Each "{{name}}" of the template once; what is put in is not looked at again.
std::string Fill(std::string_view page, const std::map<std::string_view, std::string_view>& parts) {
  std::string filled;
  while (true) {
    const size_t begin = page.find("{{");
    const size_t end = begin == std::string_view::npos ? begin : page.find("}}", begin);
    filled += page.substr(0, begin);
    if (end == std::string_view::npos) return filled;
    const auto part = parts.find(page.substr(begin + 2, end - begin - 2));
    if (part != parts.end()) filled += part->second;
    page.remove_prefix(end + 2);
  }
}

std::string Title(const Results& results) {
  const std::string& directory = results.directory;
  return directory.empty() ? "tbbthumbs benchmark" : "tbbthumbs benchmark of " + directory;
}

std::string HeaderHtml(const Results& results, const std::vector<Section>& sections) {
  const Verdict verdict = MakeVerdict(results);
  std::string about = results.machine.date;
  if (!results.machine.cpu.empty()) {
    about += fmt::format("{}{}, {} {}", about.empty() ? "" : " · ", results.machine.cpu, results.machine.cpus,
                         results.machine.cpus == 1 ? "CPU" : "CPUs");
  }
  std::string html = fmt::format("<header><h1>{}</h1>\n", EscapeHtml(Title(results)));
  if (!about.empty()) html += fmt::format("<p class=\"about\">{}</p>\n", EscapeHtml(about));
  html += fmt::format(
      "</header>\n<section id=\"verdict\" class=\"verdict\"><h2>Verdict</h2>\n<p class=\"headline\">{}</p>\n",
      EscapeHtml(verdict.headline));
  if (!verdict.statements.empty()) html += "<dl>\n";
  for (const Statement& statement : verdict.statements) {
    html += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", EscapeHtml(statement.topic), EscapeHtml(statement.text));
  }
  if (!verdict.statements.empty()) html += "</dl>\n";
  html += "</section>\n<nav aria-label=\"Sections\">";
  for (const Section& section : sections) {
    html += fmt::format("<a href=\"#{}\">{}</a> ", section.id, EscapeHtml(section.title));
  }
  return html + "</nav>\n";
}

// Which workload the charts show. Only where there is a choice.
std::string ChoiceHtml(const Results& results, const std::vector<Section>& sections) {
  std::set<std::string> shown;
  for (const Section& section : sections) {
    for (const Figure& figure : section.figures) shown.insert(figure.workload);
  }
  std::string options;
  size_t count = 0;
  for (const std::string& workload : WorkloadNames(results)) {
    if (shown.count(workload) == 0) continue;
    std::string about;
    for (const Workload& one : results.workloads) {
      if (one.name == workload) about = one.description;
    }
    options +=
        fmt::format("<option value=\"{0}\" data-about=\"{1}\">{0}</option>", EscapeHtml(workload), EscapeHtml(about));
    ++count;
  }
  if (count < 2) return "";
  return "<div class=\"choice\"><label>Workload <select id=\"workload\">" + options +
         "</select></label> <span id=\"workload-about\"></span></div>\n";
}

std::string FigureHtml(const Figure& figure) {
  const std::string workload =
      figure.workload.empty() ? "" : fmt::format(" data-workload=\"{}\"", EscapeHtml(figure.workload));
  if (figure.chart.empty()) return fmt::format("<div{}>{}</div>\n", workload, RenderHtml(figure.table));
  const std::string title = EscapeHtml(figure.table.title);
  return fmt::format(
      "<figure{0}><figcaption>{1}</figcaption>\n"
      "<div class=\"chart\"><canvas role=\"img\" aria-label=\"{1}; its table follows\"></canvas>"
      "<script type=\"application/json\">{2}</script></div>\n"
      "<details><summary>Table</summary>{3}</details></figure>\n",
      workload, title, figure.chart, RenderHtml(figure.table));
}

std::string SectionHtml(const Section& section) {
  std::string html = fmt::format("<section id=\"{}\"><h2>{}</h2>\n", section.id, EscapeHtml(section.title));
  for (const std::string& paragraph : section.paragraphs) html += "<p>" + EscapeHtml(paragraph) + "</p>\n";
  for (const Figure& figure : section.figures) html += FigureHtml(figure);
  return html + "</section>\n";
}

}  // namespace

std::string HtmlReport(const Results& results) {
  const std::vector<Section> sections = MakeSections(results);
  std::string body = HeaderHtml(results, sections) + "<main>\n";
  std::string choice = ChoiceHtml(results, sections);
  for (const Section& section : sections) {
    // Once, before what it is a choice for.
    if (!section.figures.empty() && !section.figures.front().workload.empty()) body += std::exchange(choice, "");
    body += SectionHtml(section);
  }
  body += "</main>\n";
  return Fill(PageTemplate(), {{"title", EscapeHtml(Title(results))},
                               {"style", PageStyle()},
                               {"body", body},
                               {"library", ChartLibrary()},
                               {"script", PageScript()}});
}

}  // namespace tbbthumbs::bench
