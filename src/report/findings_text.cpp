// Findings for a terminal: place, message, excerpt with a caret, what to change, one summary line.

#include <algorithm>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "gpusize/report/formats.hpp"
#include "report/cells.hpp"
#include "report/findings.hpp"
#include "report/findings_formats.hpp"

namespace gpusize {
namespace {

std::string coloured(const std::string& severity, bool colour) {
  if (!colour) return severity;
  const char* code = severity == "error" ? "31" : severity == "warning" ? "33" : "36";
  return fmt::format("\x1b[1;{}m{}\x1b[0m", code, severity);
}

void excerpt(const Json& f, std::string& out) {
  const std::string line = text_of(f, "excerpt");
  const auto column =
      static_cast<std::size_t>(std::max<std::int64_t>(1, f["column"].get<std::int64_t>()));
  if (line.empty() || column > line.size()) return;
  const std::string_view shown = line;
  const std::string before = printable(shown.substr(0, column - 1));
  const std::string number = fmt::format("{}", f["line"].get<std::int64_t>());
  out += fmt::format("  {} | {}\n", number, printable(shown));
  out +=
      fmt::format("  {} | {}^\n", std::string(number.size(), ' '), std::string(before.size(), ' '));
}

}  // namespace

std::string findings_text(const ResultDocument& document, const Style& style) {
  std::string out;
  for (const Json* pointer : standing_findings(document)) {
    const Json& f = *pointer;
    out += fmt::format("{}:{}:{}: {}: {} [{}]{}\n", printable(text_of(f, "path")),
                       f["line"].get<std::int64_t>(), f["column"].get<std::int64_t>(),
                       coloured(text_of(f, "severity"), style.colour),
                       printable(text_of(f, "message")), text_of(f, "rule"),
                       text_of(f, "baseline_state") == "unchanged" ? " (unchanged)" : "");
    excerpt(f, out);
    if (const std::string numbers = numbers_of(f); !numbers.empty())
      out += fmt::format("  = {}\n", numbers);
    if (const std::string help = text_of(f, "help"); !help.empty())
      out += fmt::format("  help: {}\n", printable(help));
  }
  const Json& json = document.json();
  if (const auto gaps = json.find("not_assessed"); gaps != json.end()) {
    for (const Json& gap : *gaps) {
      const std::int64_t line = gap["line"].get<std::int64_t>();
      out += fmt::format("{}{}: not assessed: {} [{}]\n", printable(text_of(gap, "path")),
                         line > 0 ? fmt::format(":{}", line) : "",
                         printable(text_of(gap, "reason")), text_of(gap, "rule"));
    }
  }
  if (json.contains("workloads") && json["workloads"].empty())
    out += "nothing to assess: no deployment of an engine was found\n";
  return out + summary_line(json) + "\n";
}

std::string write_text(const ResultDocument& document, const Style& style) {
  return write_table(document, style);
}

}  // namespace gpusize
