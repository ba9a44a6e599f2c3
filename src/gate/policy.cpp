#include "gpusize/gate/policy.hpp"

#include <array>

#include <fmt/format.h>

#include "gpusize/core/date.hpp"
#include "gpusize/core/map_reader.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

Place place_of(Node node) {
  const Location at = node.location();
  return {at.line, at.column};
}

std::optional<Severity> severity_from(std::string_view word) {
  if (word == "error") return Severity::kError;
  if (word == "warning") return Severity::kWarning;
  if (word == "info") return Severity::kInfo;
  return {};
}

void read_rules(Node map, Policy& out, Diagnostics& problems) {
  if (!map || !map.is_map()) return;
  for (const Node entry : map) {
    const std::string code(entry.key());
    if (find_rule(code) == nullptr) {
      std::vector<std::string> known;
      for (const RuleInfo& rule : rules()) known.emplace_back(rule.code);
      problems.push_back(make_error("policy-rule",
                                    fmt::format("unknown rule \"{}\"", printable(code)),
                                    entry.location(), did_you_mean(code, known)));
      continue;
    }
    RuleSetting setting;
    std::string word;
    if (entry.is_scalar()) {
      word = entry.text();
    } else {
      MapReader reader(entry, "rule", "policy", problems);
      word = reader.required_text("severity");
      setting.reason = reader.text("reason").value_or("");
      reader.reject_unknown();
    }
    setting.off = word == "off" || word == "false";
    const auto severity = severity_from(word);
    if (!severity && !setting.off) {
      problems.push_back(make_error("policy-severity",
                                    fmt::format("severity is \"{}\"", printable(word)),
                                    entry.location(), "one of: error, warning, info, off"));
    }
    setting.severity = severity.value_or(Severity::kWarning);
    out.rules[code] = setting;
  }
}

void read_thresholds(Node list, Policy& out, Diagnostics& problems) {
  if (!list || !list.is_sequence()) return;
  for (const Node entry : list) {
    std::string text;
    Threshold extra;
    if (entry.is_scalar()) {
      text = entry.text();
    } else {
      MapReader reader(entry, "threshold", "policy", problems);
      text = reader.required_text("expr");
      extra.message = reader.text("message").value_or("");
      if (const auto word = reader.text("severity"))
        extra.severity = severity_from(*word).value_or(Severity::kError);
      reader.reject_unknown();
    }
    auto threshold = parse_threshold(text, entry.location());
    if (!threshold.ok()) {
      problems.insert(problems.end(), threshold.errors().begin(), threshold.errors().end());
      continue;
    }
    threshold->message = extra.message;
    threshold->severity = extra.severity;
    out.thresholds.push_back(*threshold);
  }
}

void read_suppressions(Node list, const std::string& file, Policy& out, Diagnostics& problems) {
  if (!list || !list.is_sequence()) return;
  for (const Node entry : list) {
    MapReader reader(entry, "suppression", "policy", problems);
    Suppression s;
    s.rule = reader.required_text("rule");
    s.reason = reader.required_text("reason");
    s.path = reader.text("path").value_or("");
    s.workload = reader.text("workload").value_or("");
    s.expires = reader.text("expires").value_or("");
    if (!s.expires.empty() && !is_iso_date(s.expires)) {
      problems.push_back(make_error("policy-date",
                                    fmt::format("\"{}\" is no date", printable(s.expires)),
                                    entry.location(), "write it as 2026-12-31"));
    }
    s.file = file;
    s.place = place_of(entry);
    reader.reject_unknown();
    out.suppressions.push_back(std::move(s));
  }
}

}  // namespace

Result<Threshold> parse_threshold(const std::string& text, const Location& where) {
  constexpr std::array<std::pair<std::string_view, Relation>, 4> kSigns{
      {{"<=", Relation::kLessEqual},
       {">=", Relation::kGreaterEqual},
       {"<", Relation::kLess},
       {">", Relation::kGreater}}};
  for (const auto& [sign, relation] : kSigns) {
    const std::size_t at = text.find(sign);
    if (at == std::string::npos) continue;
    Threshold out;
    out.text = text;
    out.name = trim(std::string_view(text).substr(0, at));
    out.relation = relation;
    out.place = {where.line, where.column};
    const auto number = parse_number(trim(std::string_view(text).substr(at + sign.size())));
    if (!number || out.name.empty()) break;
    out.limit = *number;
    return out;
  }
  return make_error("policy-threshold",
                    fmt::format("cannot read the threshold \"{}\"", printable(text)), where,
                    "write: name <= number, for example gpus <= 64");
}

Result<Policy> read_policy(const Document& document) {
  Diagnostics problems;
  Policy out;
  out.file = document.file();
  if (!document.root().is_map()) {
    return make_error("policy-form", "a policy is a map", document.root().location(),
                      "see docs/check.md");
  }
  MapReader reader(document.root(), "policy", "policy", problems);
  const std::string schema = reader.required_text("schema");
  if (!schema.empty() && schema != "gpusize.policy/v1") {
    reader.error("schema", fmt::format("schema is \"{}\"", printable(schema)),
                 document.root().find("schema"), "expected gpusize.policy/v1");
  }
  if (const Node defaults = reader.node("defaults"); defaults && defaults.is_map()) {
    MapReader d(defaults, "defaults", "policy", problems);
    out.gpu = d.text("gpu").value_or("");
    out.traffic = d.text("traffic").value_or("");
    d.reject_unknown();
  }
  if (const Node models = reader.node("models"); models && models.is_map()) {
    for (const Node model : models) {
      if (model.is_scalar()) out.model_names[std::string(model.key())] = model.text();
    }
  }
  if (const Node limits = reader.node("limits"); limits && limits.is_map()) {
    MapReader l(limits, "limits", "policy", problems);
    out.min_requests = l.number("min_requests", {0.0, 1e9});
    out.max_memory_fraction = l.number("max_memory_fraction", {0.0, 1.0});
    l.reject_unknown();
  }
  if (const Node budget = reader.node("budget"); budget && budget.is_map()) {
    MapReader b(budget, "budget", "policy", problems);
    out.budget_usd_per_month = b.number("usd_per_month", {0.0, 1e12});
    b.reject_unknown();
  }
  read_rules(reader.node("rules"), out, problems);
  read_thresholds(reader.node("thresholds"), out, problems);
  read_suppressions(reader.node("suppressions"), out.file, out, problems);
  reader.reject_unknown();
  if (has_errors(problems)) return problems;
  return out;
}

}  // namespace gpusize
