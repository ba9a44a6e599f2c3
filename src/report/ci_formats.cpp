// What CI systems read besides SARIF: JUnit, GitHub's workflow commands, GitLab's code quality and
// OpenMetrics.

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "gpusize/report/formats.hpp"
#include "report/cells.hpp"
#include "report/findings.hpp"

namespace gpusize {
namespace {

std::string xml(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out.push_back(c);
    }
  }
  return out;
}

std::string workflow_data(std::string_view text, bool property) {
  std::string out;
  for (const char c : text) {
    if (c == '%')
      out += "%25";
    else if (c == '\r')
      out += "%0D";
    else if (c == '\n')
      out += "%0A";
    else if (property && c == ':')
      out += "%3A";
    else if (property && c == ',')
      out += "%2C";
    else
      out.push_back(c);
  }
  return out;
}

}  // namespace

std::string write_junit(const ResultDocument& document, const Style&) {
  const Json& json = document.json();
  std::string cases;
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t skipped = 0;
  for (const Json* p : standing_findings(document)) {
    const Json& f = *p;
    const bool failure =
        text_of(f, "severity") != "info" && text_of(f, "baseline_state") != "unchanged";
    ++tests;
    cases += fmt::format(
        "    <testcase classname=\"{}\" name=\"{} {}\" time=\"0.0\" file=\"{}\" line=\"{}\"",
        xml(text_of(f, "object")), text_of(f, "rule"), xml(text_of(f, "name")),
        xml(text_of(f, "path")), f["line"].get<std::int64_t>());
    if (!failure) {
      cases += "/>\n";
      continue;
    }
    ++failures;
    cases += fmt::format(
        ">\n      <failure message=\"{}\" type=\"{}\">{}</failure>\n    </testcase>\n",
        xml(text_of(f, "message")), text_of(f, "severity"),
        xml(fmt::format("{}:{}: {} {}", text_of(f, "path"), f["line"].get<std::int64_t>(),
                        numbers_of(f), text_of(f, "help"))));
  }
  if (const auto rows = json.find("workloads"); rows != json.end()) {
    for (const Json& w : *rows) {
      ++tests;
      const bool assessed = w["assessed"].get<bool>();
      cases += fmt::format(
          "    <testcase classname=\"{}/{}\" name=\"assessed\" time=\"0.0\" file=\"{}\" "
          "line=\"{}\"",
          xml(text_of(w, "kind")), xml(text_of(w, "workload")), xml(text_of(w, "file")),
          w["line"].get<std::int64_t>());
      if (!assessed) ++skipped;
      cases +=
          assessed ? "/>\n" : ">\n      <skipped message=\"not assessed\"/>\n    </testcase>\n";
    }
  }
  const std::string counts = fmt::format(
      "name=\"gpusize\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"0.0\"",
      tests, failures, skipped);
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {}>\n  <testsuite {}>\n{}  "
      "</testsuite>\n</testsuites>\n",
      counts, counts, cases);
}

std::string write_github(const ResultDocument& document, const Style&) {
  // Ten of each level are shown per step, the rest dropped silently: nine, and one that counts
  // them.
  constexpr std::size_t kShown = 9;
  std::map<std::string, std::size_t> shown;
  std::map<std::string, std::size_t> left;
  std::string out;
  for (const Json* p : standing_findings(document)) {
    const Json& f = *p;
    const std::string severity = text_of(f, "severity");
    const std::string level = severity == "info" ? "notice" : severity;
    if (shown[level]++ >= kShown) {
      ++left[level];
      continue;
    }
    std::string message = text_of(f, "message");
    if (const std::string help = text_of(f, "help"); !help.empty()) message += ". " + help;
    out += fmt::format(
        "::{} file={},line={},endLine={},col={},title={}::{}\n", level,
        workflow_data(text_of(f, "path"), true), f["line"].get<std::int64_t>(),
        f["line"].get<std::int64_t>(), std::max<std::int64_t>(1, f["column"].get<std::int64_t>()),
        workflow_data(fmt::format("{} {}", text_of(f, "rule"), text_of(f, "name")), true),
        workflow_data(printable(message), false));
  }
  for (const auto& [level, count] : left)
    out += fmt::format("::{}::{} more of this level; see the full report\n", level, count);
  return out + workflow_data(summary_line(document.json()), false) + "\n";
}

std::string write_gitlab(const ResultDocument& document, const Style&) {
  Json out = Json::array();
  std::map<std::string, int> seen;
  for (const Json* p : standing_findings(document)) {
    const Json& f = *p;
    Json row;
    row["description"] = text_of(f, "message");
    row["check_name"] = text_of(f, "rule");
    // Fingerprints must differ, or the second is dropped.
    std::string print = text_of(f, "fingerprint");
    if (const int times = seen[print]++; times > 0) print += fmt::format("-{}", times);
    row["fingerprint"] = print;
    const std::string severity = text_of(f, "severity");
    row["severity"] = severity == "error" ? "critical" : severity == "warning" ? "major" : "info";
    row["location"]["path"] = text_of(f, "path");
    row["location"]["lines"]["begin"] = std::max<std::int64_t>(1, f["line"].get<std::int64_t>());
    out.push_back(row);
  }
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string write_openmetrics(const ResultDocument& document, const Style&) {
  const Json& json = document.json();
  std::string out;
  const auto gauge = [&](std::string_view name, std::string_view help, const Json& value) {
    if (!value.is_number()) return;
    out +=
        fmt::format("# HELP {} {}\n# TYPE {} gauge\n{} {}\n", name, help, name, name, exact(value));
  };
  if (const auto s = json.find("summary"); s != json.end()) {
    gauge("gpusize_gpus", "GPUs of all workloads", s->value("gpus", Json()));
    if (s->contains("usd_per_hour") && (*s)["usd_per_hour"].is_number()) {
      constexpr double kHoursPerMonth = 730.0;
      gauge("gpusize_cost_usd_per_month", "on-demand price over 730 hours",
            Json((*s)["usd_per_hour"].get<double>() * kHoursPerMonth));
    }
    for (const char* key : {"errors", "warnings", "workloads", "assessed", "not_assessed"})
      gauge(fmt::format("gpusize_{}", key), fmt::format("{} of the check", key),
            s->value(key, Json()));
  }
  if (const auto rows = json.find("workloads"); rows != json.end() && !rows->empty()) {
    double least = 1.0;
    bool any = false;
    for (const Json& w : *rows) {
      const Json& m = w["memory_per_gpu_bytes"];
      if (!m.is_object()) continue;
      least = std::min(least, (m["kv_room"].get<double>() - m["longest_request"].get<double>()) /
                                  m["capacity"].get<double>());
      any = true;
    }
    if (any)
      gauge("gpusize_hbm_headroom_ratio",
            "KV pool less one request of the greatest length, over the card, the tightest workload",
            Json(least));
  }
  return out + "# EOF\n";
}

}  // namespace gpusize
