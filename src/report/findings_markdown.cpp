// Findings as a comment on a pull request; the first line is a hidden marker by which a bot finds
// its own comment again. Also the rows as CSV.

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "gpusize/report/text_table.hpp"
#include "report/cells.hpp"
#include "report/findings.hpp"
#include "report/findings_formats.hpp"

namespace gpusize {

std::string findings_markdown(const ResultDocument& document, const Style&) {
  const Json& json = document.json();
  std::string out = "<!-- gpusize:check -->\n";
  const auto findings = standing_findings(document);
  out += fmt::format("### gpusize: {}\n\n{}\n", findings.empty() ? "no findings" : "findings",
                     summary_line(json));
  if (!findings.empty()) {
    TextTable table({{"severity"}, {"rule"}, {"place"}, {"finding"}, {"numbers"}});
    for (const Json* f : findings)
      table.row({text_of(*f, "severity"), text_of(*f, "rule"),
                 fmt::format("{}:{}", text_of(*f, "path"), (*f)["line"].get<std::int64_t>()),
                 text_of(*f, "message"), numbers_of(*f)});
    out += "\n" + table.markdown();
  }
  if (json.contains("workloads") && !json["workloads"].empty()) {
    TextTable table(
        {{"workload"}, {"model"}, {"engine"}, {"GPUs"}, {"card"}, {"KV tokens"}, {"USD/h"}});
    for (const Json& w : json["workloads"])
      table.row({text_of(w, "workload"), cell(w, "model"), cell(w, "engine"), cell(w, "total_gpus"),
                 cell(w, "gpu"), cell(w, "kv_cache_tokens", 6), cell(w, "usd_per_hour")});
    out += "\n<details><summary>Workloads</summary>\n\n" + table.markdown() + "\n</details>\n";
  }
  if (json.contains("not_assessed") && !json["not_assessed"].empty()) {
    out += "\n<details><summary>Not assessed</summary>\n\n";
    for (const Json& gap : json["not_assessed"])
      out += fmt::format("- `{}:{}` {}\n", printable(text_of(gap, "path")),
                         gap["line"].get<std::int64_t>(), printable(text_of(gap, "reason")));
    out += "\n</details>\n";
  }
  return out;
}

std::string findings_csv(const ResultDocument& document, const Style&) {
  TextTable table({{"rule"},
                   {"severity"},
                   {"path"},
                   {"line"},
                   {"column"},
                   {"message"},
                   {"actual"},
                   {"limit"},
                   {"unit"},
                   {"fingerprint"},
                   {"baseline_state"},
                   {"suppressed"}});
  for (const Json* f : all_findings(document))
    table.row({text_of(*f, "rule"), text_of(*f, "severity"), text_of(*f, "path"),
               exact((*f)["line"]), exact((*f)["column"]), text_of(*f, "message"),
               exact((*f)["actual"]), exact((*f)["limit"]), text_of(*f, "unit"),
               text_of(*f, "fingerprint"), text_of(*f, "baseline_state"),
               text_of(*f, "suppressed")});
  return table.csv();
}

}  // namespace gpusize
