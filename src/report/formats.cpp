#include "gpusize/report/formats.hpp"

#include <array>

namespace gpusize {
namespace {

constexpr auto kFormats = std::to_array<ReportFormat>({
    {"table", ".txt", write_table},
    {"json", ".json", write_json},
    {"csv", ".csv", write_csv},
    {"md", ".md", write_markdown},
    {"focus-1.2", ".csv", write_focus_1_2, "tco"},
    {"focus-1.3", ".csv", write_focus_1_3, "tco"},
    {"focus-1.4", ".csv", write_focus_1_4, "tco"},
    {"text", ".txt", write_text},
    {"sarif", ".sarif", write_sarif, "check"},
    {"junit", ".xml", write_junit, "check"},
    {"github", ".txt", write_github, "check"},
    {"gitlab", ".json", write_gitlab, "check"},
    {"openmetrics", ".txt", write_openmetrics, "check"},
    {"html", ".html", write_html},
    {"xlsx", ".xlsx", write_xlsx},
});

}  // namespace

std::span<const ReportFormat> report_formats() { return kFormats; }

const ReportFormat* find_format(std::string_view name) {
  for (const ReportFormat& format : kFormats) {
    if (format.name == name) return &format;
  }
  return nullptr;
}

std::string write_json(const ResultDocument& document, const Style&) {
  return document.json().dump(2) + "\n";
}

}  // namespace gpusize
