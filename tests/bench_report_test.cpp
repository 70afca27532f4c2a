// The report as page, Markdown and CSV; and as a browser sees it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>

#include "bench/report/numbers.h"
#include "bench/report/report.h"
#include "bench/report/section.h"
#include "bench/report/table.h"
#include "tests/support/bench_results_fixture.h"
#include "tests/support/process.h"
#include "tests/support/temp_tree.h"

namespace tbbthumbs::bench {
namespace {

using Json = nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::RichResults;
using testing::RunsOf;
using ::testing::StartsWith;
using testing::TempTree;

std::vector<std::string> SectionIds(const Results& results) {
  std::vector<std::string> ids;
  for (const Section& section : MakeSections(results)) ids.push_back(section.id);
  return ids;
}

std::string WithoutLibrary(std::string page) {
  const size_t begin = page.find("/*!\n * Chart.js");
  page.erase(begin, page.find("</script>", begin) - begin);
  return page;
}

TEST(Numbers, HaveThreeFigures) {
  EXPECT_EQ(FormatSeconds(0), "0 s");
  EXPECT_EQ(FormatSeconds(8.7e-7), "870 ns");
  EXPECT_EQ(FormatSeconds(1.54e-5), "15.4 µs");
  EXPECT_EQ(FormatSeconds(0.9997), "1.00 s");
  EXPECT_EQ(FormatSeconds(1523.4), "1,523 s");
  EXPECT_EQ(FormatByteCount(2.34e6), "2.34 MB");
  EXPECT_EQ(FormatByteCount(1e300), "9,000,000 TB");
  EXPECT_EQ(FormatPercent(0.972), "97 %");
  EXPECT_EQ(FormatPercent(0.0312), "3.1 %");
  EXPECT_EQ(FormatPercent(0.00042), "0.04 %");
  EXPECT_EQ(FormatDifference(1.032), "+3.2 %");
  EXPECT_EQ(FormatDifference(0.52), "−48 %");
  EXPECT_EQ(FormatDifference(1.0001), "0 %");
  EXPECT_EQ(FormatDifference(12.5), "×12.5");
  EXPECT_EQ(FormatInterval({0.5, 0.4, 0.6}, FormatSeconds), "400 ms to 600 ms");
  EXPECT_EQ(FormatInterval(MeanOf(std::vector{0.5}), FormatSeconds), "");
}

TEST(TableRendering, KeepsEveryTextApartFromItsMarkup) {
  const Table table{.title = "<T>",
                    .note = "<N>",
                    .columns = {{"a|b"}, {"n", true}},
                    .rows = {{"x\"<\n,y", {"1.5", 1.5}}, {"caf\xe9*", {"=", Tone::kWorse}}}};
  EXPECT_EQ(RenderCsv(table), "a|b,n\r\n\"x\"\"<\n,y\",1.5\r\ncaf\xe9*,=\r\n");
  EXPECT_EQ(RenderMarkdown(table),
            "| a\\|b | n |\n| --- | ---: |\n| x\"\\< ,y | 1.5 |\n| caf\xe9\\* | = |\n\n\\<N\\>\n");
  const std::string html = RenderHtml(table);
  EXPECT_THAT(html, HasSubstr("<p class=\"note\">&lt;N&gt;</p>"));
  EXPECT_THAT(html, HasSubstr("<caption>&lt;T&gt;</caption>"));
  EXPECT_THAT(html, HasSubstr("<th scope=\"row\">x&quot;&lt;\n,y</th><td class=\"number\">1.5</td>"));
  EXPECT_THAT(html, HasSubstr("caf\xef\xbf\xbd*</th><td class=\"number worse\">=</td>"));
  EXPECT_EQ(EscapeHtml(std::string("a\0b\x1b'&\u20ac", 9)), "ab&#39;&amp;\u20ac");
}

TEST(HtmlReport, HasEverySection) {
  EXPECT_THAT(SectionIds(RichResults()),
              ElementsAre("machine", "pictures", "overview", "throughput", "speedup", "scaling", "cpu", "first",
                          "latency", "memory", "stages", "timeline", "switches", "method", "gaps"));
  const std::string page = HtmlReport(RichResults());
  EXPECT_THAT(page, AllOf(HasSubstr("Nothing beats tbb-pipeline on your pictures"), HasSubstr("Intel(R) Xeon(R)"),
                          HasSubstr("network disk, 2 ms, 110 MB/s"), HasSubstr("/dev/fuse: No such file")));
}

TEST(HtmlReport, LeavesOutWhatWasNotMeasured) {
  EXPECT_THAT(SectionIds({}), IsEmpty());
  EXPECT_THAT(HtmlReport({}), HasSubstr("Nothing was measured."));
  Results results;
  results.runs = RunsOf("tbb-pipeline", 1.0, 1);
  EXPECT_THAT(SectionIds(results), ElementsAre("throughput", "cpu", "method"));
  EXPECT_THAT(WithoutLibrary(HtmlReport(results)), Not(HasSubstr("<select")));
  // Predictions, latencies and a timeline of what never ran.
  Results odd = RichResults();
  odd.runs.clear();
  odd.timelines[0].threads.clear();
  odd.predictions[0].points.resize(1);
  EXPECT_THAT(SectionIds(odd), ElementsAre("machine", "pictures", "scaling", "timeline", "gaps"));
  EXPECT_THAT(HtmlReport(odd), HasSubstr("thread 2"));
}

TEST(HtmlReport, SaysWhoWaitsForServers) {
  Results results = RichResults({.workloads = 1, .rounds = 2});
  EXPECT_THAT(HtmlReport(results), Not(HasSubstr("as many at once as they have threads")));
  for (bench::Run& run : results.runs) run.config.workload = "url";
  EXPECT_THAT(HtmlReport(results), HasSubstr("as many at once as they have threads"));
}

// One strategy with more threads than the others have, and the product beside it.
TEST(HtmlReport, ShowsWhatMoreThreadsThatWaitGive) {
  Results results;
  results.runs = RunsOf("tbb-pipeline", 1.0, 2);
  for (const int threads : {2, 16}) {
    for (bench::Run run : RunsOf("thread-per-picture", 8.0 / threads, 2)) {
      run.config.threads = threads;
      results.runs.push_back(run);
    }
  }
  const std::vector<Section> sections = MakeSections(results);
  const auto scaling =
      std::find_if(sections.begin(), sections.end(), [](const Section& section) { return section.id == "scaling"; });
  ASSERT_NE(scaling, sections.end());
  EXPECT_THAT(scaling->figures.front().chart,
              AllOf(HasSubstr("tbb-pipeline, measured"), HasSubstr("thread-per-picture, measured")));
  std::vector<std::string> rows;
  for (const auto& row : scaling->figures.front().table.rows) rows.push_back(row[0].text + " " + row[1].text);
  EXPECT_THAT(rows, ElementsAre("tbb-pipeline 2", "thread-per-picture 2", "thread-per-picture 16"));
}

TEST(HtmlReport, AsksForNothing) {
  const std::string page = HtmlReport(RichResults());
  const std::string own = WithoutLibrary(page);
  EXPECT_THAT(own, HasSubstr("content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\""));
  for (const char* request : {" src=", "url(", "@import", "<link", "http:", "https:", "fetch(", "import("}) {
    EXPECT_THAT(own, Not(HasSubstr(request)));
  }
  EXPECT_FALSE(std::regex_search(own, std::regex("href=\"[^#]")));
  // Its license asks for this.
  EXPECT_THAT(page, HasSubstr("(c) 2022 Chart.js Contributors\n * Released under the MIT License"));
}

TEST(HtmlReport, IsNotBrokenByNames) {
  Results results = RichResults({.workloads = 1, .rounds = 2});
  const std::string attack = "</script><img src=x onerror=alert(1)>{{script}}<!--";
  results.directory = attack;
  results.gaps.push_back({attack, attack});
  results.timelines[0].threads[1] = attack;
  results.predictions[0].storage = attack;
  for (bench::Run& run : results.runs) run.config.workload = attack;
  const std::string page = HtmlReport(results);
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  const std::string whole = HtmlReport(RichResults({.workloads = 1, .rounds = 2}));
  const auto count = [](const std::string& text, const std::string& part) {
    int found = 0;
    for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count(page, "<script"), count(page, "</script"));
  EXPECT_EQ(count(page, "'use strict';\n(() =>"), 1);
}

TEST(MarkdownReport, HasTheVerdictAndEveryTable) {
  const std::string markdown = MarkdownReport(RichResults());
  EXPECT_THAT(markdown, StartsWith("# tbbthumbs benchmark\n\n**Nothing beats tbb-pipeline"));
  EXPECT_THAT(markdown, HasSubstr("\n## Scaling by threads\n"));
  EXPECT_THAT(markdown, HasSubstr("\n### Latency of a picture, slow-disk\n\n| Strategy | p50 | p95 | p99 |\n"));
  EXPECT_THAT(markdown, HasSubstr("| fuse | /dev/fuse: No such file or directory |"));
  EXPECT_EQ(MarkdownReport({}), "# tbbthumbs benchmark\n\n**Nothing was measured.**\n\n");
}

TEST(CsvReport, HasARowForEachConfiguration) {
  const Results results = RichResults({.workloads = 2, .rounds = 3});
  const std::string csv = CsvReport(results);
  EXPECT_THAT(csv, StartsWith("workload,strategy,threads,tokens,io_threads,rounds,pictures_per_s,"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), static_cast<long>(1 + Summarize(results.runs).size()));
  Results one;
  one.runs = RunsOf("tbb-pipeline", 2.0, 1);
  EXPECT_THAT(CsvReport(one), HasSubstr("\r\nphotos,tbb-pipeline,2,64,1,1,50,,,,2,0.04,,,,,,"));
}

// Finds out what the page does, in the page: errors, and the painted points of each chart for each workload, on screen
// and on paper.
constexpr const char* kWatch = R"(<script>
window.findings = {errors: [], charts: [], requests: 0};
// The browser would complain of the probe, which reads what is painted.
const getContext = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function(kind) { return getContext.call(this, kind, {willReadFrequently: true}); };
console.error = (...words) => findings.errors.push(words.join(' '));
for (const kind of ['error', 'unhandledrejection', 'securitypolicyviolation']) {
  window.addEventListener(kind, (event) => findings.errors.push(`${kind}: ${event.message || event.violatedDirective}`));
}
</script>)";
constexpr const char* kProbe = R"(<script>
const count = (on) => document.querySelectorAll('canvas').forEach((canvas) => {
  if (canvas.closest('[hidden]')) return;
  const points = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  // Axes and texts are grey; what they are there for has a colour.
  let painted = 0;
  for (let i = 0; i < points.length; i += 4) {
    const [red, green, blue, opacity] = [points[i], points[i + 1], points[i + 2], points[i + 3]];
    painted += opacity > 0 && Math.max(red, green, blue) - Math.min(red, green, blue) > 40;
  }
  findings.charts.push({on, painted: painted / (points.length / 4), title: canvas.getAttribute('aria-label')});
});
const choice = document.getElementById('workload');
for (const option of choice.options) {
  choice.value = option.value;
  choice.dispatchEvent(new Event('change'));
  count(option.value);
}
document.querySelectorAll('.legend button').forEach((button) => { button.click(); button.click(); });
findings.overflow = document.documentElement.scrollWidth - window.innerWidth;
window.dispatchEvent(new Event('beforeprint'));
count('paper');
findings.closed = document.querySelectorAll('details:not([open])').length;
window.dispatchEvent(new Event('afterprint'));
findings.requests = performance.getEntriesByType('resource').length;
</script></body>)";
// The page as wide as a desk's screen and as a phone's.
constexpr const char* kFrames = R"(<!doctype html><body>
<iframe src="report.html" width="1200" height="2000"></iframe><iframe src="report.html" width="375" height="2000"></iframe>
<script>
window.onload = () => {
  const all = [...document.querySelectorAll('iframe')].map((frame) => frame.contentWindow.findings);
  document.body.textContent = `FINDINGS${JSON.stringify(all)}END`;
};
</script></body>)";

std::string Probed(std::string page) {
  page.insert(page.find("<head>") + 6, kWatch);
  page.replace(page.rfind("</body>"), 7, kProbe);
  return page;
}

std::filesystem::path Chromium() {
  for (const char* path : {"/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"}) {
    if (std::filesystem::exists(path)) return path;
  }
  return {};
}

std::string Unescaped(std::string text) {
  for (const auto& [entity, meaning] : {std::pair{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}}) {
    for (size_t at = text.find(entity); at != std::string::npos; at = text.find(entity, at + 1)) {
      text.replace(at, std::string_view(entity).size(), meaning);
    }
  }
  return text;
}

TEST(HtmlReport, IsDrawnByABrowserWithoutErrors) {
  if (Chromium().empty()) GTEST_SKIP() << "needs chromium";
  TempTree tree;
  tree.Write("report.html", Probed(HtmlReport(RichResults({.workloads = 7, .rounds = 3}))));
  const std::filesystem::path frames = tree.Write("frames.html", kFrames);
  const testing::ProcessResult result = testing::RunProcess(
      Chromium(),
      {"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
       "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
       "--allow-file-access-from-files", "--user-data-dir=" + (tree.root() / "profile").string(),
       "--enable-logging=stderr", "--dump-dom", "file://" + frames.string()},
      {.environment = {{"HOME", tree.root().string()}}, .timeout = std::chrono::seconds(180)});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, Not(HasSubstr("CONSOLE")));
  std::smatch match;
  ASSERT_TRUE(std::regex_search(result.out, match, std::regex("FINDINGS(.*)END"))) << result.out << result.err;
  const Json all = Json::parse(Unescaped(match[1]));
  ASSERT_EQ(all.size(), 2);
  for (const Json& findings : all) {
    EXPECT_EQ(findings.at("errors"), Json::array());
    EXPECT_EQ(findings.at("requests"), 0);
    EXPECT_EQ(findings.at("closed"), 0);
    // A table that is too wide moves within the page, not the page.
    EXPECT_LE(findings.at("overflow"), 0);
    std::map<std::string, int> charts;
    for (const Json& chart : findings.at("charts")) {
      EXPECT_GT(chart.at("painted"), 0.002) << chart;
      ++charts[chart.at("on")];
    }
    // 12 kinds of charts, and tokens of one workload only; without thumbnails there are no latencies.
    EXPECT_EQ(charts["photos"], 13);
    EXPECT_EQ(charts["tiny"], 12);
    EXPECT_EQ(charts["up-to-date"], 9);
    EXPECT_EQ(charts.size(), 7 + 1);
  }
}

}  // namespace
}  // namespace tbbthumbs::bench
