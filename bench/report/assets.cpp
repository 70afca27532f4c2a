#include "bench/report/assets.h"

// The assembler reads the files: a string literal of this length would take the compiler seconds.
#define TBBTHUMBS_EMBED(name, file)                                                                       \
  __asm__(".pushsection .rodata\n" #name "_begin:\n.incbin \"" file "\"\n" #name "_end:\n.popsection\n"); \
  extern "C" {                                                                                            \
  extern const char name##_begin[];                                                                       \
  extern const char name##_end[];                                                                         \
  }

TBBTHUMBS_EMBED(tbbthumbs_page_html, TBBTHUMBS_PAGE_HTML)
TBBTHUMBS_EMBED(tbbthumbs_report_css, TBBTHUMBS_REPORT_CSS)
TBBTHUMBS_EMBED(tbbthumbs_report_js, TBBTHUMBS_REPORT_JS)
TBBTHUMBS_EMBED(tbbthumbs_chart_js, TBBTHUMBS_CHART_JS)

namespace tbbthumbs::bench {
namespace {

std::string_view Between(const char* begin, const char* end) { return {begin, static_cast<size_t>(end - begin)}; }

}  // namespace

std::string_view PageTemplate() { return Between(tbbthumbs_page_html_begin, tbbthumbs_page_html_end); }
std::string_view PageStyle() { return Between(tbbthumbs_report_css_begin, tbbthumbs_report_css_end); }
std::string_view PageScript() { return Between(tbbthumbs_report_js_begin, tbbthumbs_report_js_end); }
std::string_view ChartLibrary() { return Between(tbbthumbs_chart_js_begin, tbbthumbs_chart_js_end); }

}  // namespace tbbthumbs::bench
