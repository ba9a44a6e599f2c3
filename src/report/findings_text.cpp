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

std::string coloured(const std::string& severity, const Words& w, bool colour) {
  const std::string shown = w.name("severity", severity);
  if (!colour) return shown;
  const char* code = severity == "error" ? "31" : severity == "warning" ? "33" : "36";
  return fmt::format("\x1b[1;{}m{}\x1b[0m", code, shown);
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

namespace {

/// Place, severity and rule on the first line. The message is the document's own text: beside the
/// severity in its own language; in others the rule's title stands there and the message below.
std::string first_line(const Json& f, const Words& w, bool colour) {
  const std::string rule = text_of(f, "rule");
  const std::string message = printable(text_of(f, "message"));
  const bool own = w.lang() == Lang::kEnglish;
  const auto title = w.find("rule." + rule);
  std::string out =
      fmt::format("{}:{}:{}: {} [{}]{}\n", printable(text_of(f, "path")),
                  f["line"].get<std::int64_t>(), f["column"].get<std::int64_t>(),
                  w.text("check.finding", coloured(text_of(f, "severity"), w, colour),
                         own || !title ? std::string_view(message) : *title),
                  rule, text_of(f, "baseline_state") == "unchanged" ? w["check.unchanged"] : "");
  if (!own && title) out += fmt::format("  {}\n", message);
  return out;
}

void gaps(const Json& json, const Words& w, std::string& out) {
  const auto found = json.find("not_assessed");
  if (found == json.end()) return;
  for (const Json& gap : *found) {
    const std::int64_t line = gap["line"].get<std::int64_t>();
    out += fmt::format(
        "{}{}: {}\n", printable(text_of(gap, "path")), line > 0 ? fmt::format(":{}", line) : "",
        w.text("check.gap", printable(text_of(gap, "reason")), text_of(gap, "rule")));
  }
}

}  // namespace

std::string findings_text(const ResultDocument& document, const Style& style) {
  const Words& w = Words::of(style.lang);
  std::string out;
  for (const Json* pointer : standing_findings(document)) {
    const Json& f = *pointer;
    out += first_line(f, w, style.colour);
    excerpt(f, out);
    if (const std::string numbers = numbers_of(f, w); !numbers.empty())
      out += fmt::format("  = {}\n", numbers);
    if (const std::string help = text_of(f, "help"); !help.empty())
      out += fmt::format("  {}\n", w.text("check.help", printable(help)));
  }
  const Json& json = document.json();
  gaps(json, w, out);
  if (json.contains("workloads") && json["workloads"].empty())
    out += fmt::format("{}\n", w["check.nothing"]);
  return out + summary_line(json, w) + "\n";
}

std::string write_text(const ResultDocument& document, const Style& style) {
  return write_table(document, style);
}

}  // namespace gpusize
