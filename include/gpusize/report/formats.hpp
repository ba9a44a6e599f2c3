#pragma once
// Output formats: one source file each and one row in the table of formats.cpp.

#include <span>
#include <string>
#include <string_view>

#include "gpusize/plan/result_document.hpp"
#include "gpusize/report/words.hpp"

namespace gpusize {

/// How the reader wants it.
struct Style {
  bool colour = false;
  int columns = 100;
  Lang lang = Lang::kEnglish;
};

struct ReportFormat {
  std::string_view name;       ///< as `--format` takes it
  std::string_view extension;  ///< usual file ending
  /// The whole output, ending in a newline. Bytes depend on nothing but the document and the style.
  std::string (*write)(const ResultDocument& document, const Style& style);
  std::string_view only = "";  ///< the one command whose results have this form; empty: all
};

std::span<const ReportFormat> report_formats();
/// The row with this name, or null.
const ReportFormat* find_format(std::string_view name);

// One per source file; `command` in the document decides the shape of tables.
std::string write_json(const ResultDocument& document, const Style& style);
std::string write_table(const ResultDocument& document, const Style& style);
std::string write_csv(const ResultDocument& document, const Style& style);
std::string write_markdown(const ResultDocument& document, const Style& style);
std::string write_focus_1_2(const ResultDocument& document, const Style& style);
std::string write_focus_1_3(const ResultDocument& document, const Style& style);
std::string write_focus_1_4(const ResultDocument& document, const Style& style);
// Findings of `check`.
std::string write_text(const ResultDocument& document, const Style& style);
std::string write_sarif(const ResultDocument& document, const Style& style);
std::string write_junit(const ResultDocument& document, const Style& style);
std::string write_github(const ResultDocument& document, const Style& style);
std::string write_gitlab(const ResultDocument& document, const Style& style);
std::string write_openmetrics(const ResultDocument& document, const Style& style);
std::string write_html(const ResultDocument& document, const Style& style);
std::string write_xlsx(const ResultDocument& document, const Style& style);

}  // namespace gpusize
