// SARIF 2.1.0 with what GitHub code scanning asks for on top of the schema.

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "gpusize/report/formats.hpp"
#include "report/cells.hpp"
#include "report/findings.hpp"

namespace gpusize {
namespace {

std::string level_of(const Json& f) {
  const std::string severity = text_of(f, "severity");
  return severity == "info" ? "note" : severity;
}

/// Relative, with forward slashes; a path from the root is a file URI, for it has no base.
std::string uri_of(std::string path) {
  if (path.starts_with("./")) path.erase(0, 2);
  std::string out = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        std::isalnum(byte) != 0 || std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain)
      out.push_back(c);
    else
      out += fmt::format("%{:02X}", byte);
  }
  return out.empty() ? "stdin" : out;
}

Json rule_entry(const Json& f) {
  Json rule;
  rule["id"] = text_of(f, "rule");
  rule["name"] = text_of(f, "name");
  rule["shortDescription"]["text"] = text_of(f, "name");
  rule["fullDescription"]["text"] =
      fmt::format("gpusize rule {}, {}", text_of(f, "rule"), text_of(f, "name"));
  rule["help"]["text"] = fmt::format("gpusize explain {}", text_of(f, "rule"));
  rule["help"]["markdown"] = fmt::format("`gpusize explain {}`", text_of(f, "rule"));
  rule["defaultConfiguration"]["level"] = level_of(f);
  rule["properties"]["precision"] = "high";
  const std::string severity = text_of(f, "severity");
  rule["properties"]["problem.severity"] = severity == "info" ? "recommendation" : severity;
  return rule;
}

Json result_entry(const Json& f) {
  Json r;
  r["ruleId"] = text_of(f, "rule");
  r["level"] = level_of(f);
  std::string message = text_of(f, "message");
  if (const std::string numbers = numbers_of(f); !numbers.empty()) message += ". " + numbers;
  if (const std::string help = text_of(f, "help"); !help.empty()) message += ". " + help;
  r["message"]["text"] = message;
  Json location;
  location["physicalLocation"]["artifactLocation"]["uri"] = uri_of(text_of(f, "path"));
  const std::int64_t line = std::max<std::int64_t>(1, f["line"].get<std::int64_t>());
  const std::int64_t column = std::max<std::int64_t>(1, f["column"].get<std::int64_t>());
  const auto end = std::max<std::int64_t>(
      column + 1, static_cast<std::int64_t>(text_of(f, "excerpt").size()) + 1);
  location["physicalLocation"]["region"] = {
      {"startLine", line}, {"startColumn", column}, {"endLine", line}, {"endColumn", end}};
  r["locations"] = Json::array({location});
  r["partialFingerprints"]["primaryLocationLineHash"] = text_of(f, "fingerprint");
  const std::string state = text_of(f, "baseline_state");
  if (!state.empty()) r["baselineState"] = state;
  if (f["suppressed"].is_string()) {
    Json suppression;
    suppression["kind"] = "inSource";
    suppression["justification"] = text_of(f, "suppressed");
    r["suppressions"] = Json::array({suppression});
  }
  return r;
}

}  // namespace

std::string write_sarif(const ResultDocument& document, const Style&) {
  Json out;
  out["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json";
  out["version"] = "2.1.0";
  Json run;
  Json& driver = run["tool"]["driver"];
  driver["name"] = "gpusize";
  driver["informationUri"] = "https://gpusize.dev";
  driver["version"] = document.json()["tool"]["version"];
  driver["rules"] = Json::array();
  std::set<std::string> seen;
  for (const Json* f : all_findings(document)) {
    if (seen.insert(text_of(*f, "rule")).second) driver["rules"].push_back(rule_entry(*f));
  }
  run["automationDetails"]["id"] = "gpusize/check/";
  run["invocations"] = Json::array({{{"executionSuccessful", true}}});
  run["results"] = Json::array();
  constexpr std::size_t kMost = 25'000;  // what GitHub takes of one run
  for (const Json* f : all_findings(document)) {
    if (run["results"].size() < kMost) run["results"].push_back(result_entry(*f));
  }
  out["runs"] = Json::array({run});
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace gpusize
