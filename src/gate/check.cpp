#include "gpusize/gate/check.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "gate/judge.hpp"
#include "gate/rules_cost.hpp"
#include "gate/service.hpp"
#include "gate/suppress.hpp"
#include "gpusize/core/map_reader.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

void apply_policy(const Policy& policy, std::vector<Finding>& findings) {
  for (Finding& f : findings) {
    const auto setting = policy.rules.find(std::string(f.rule->code));
    if (setting != policy.rules.end()) f.severity = setting->second.severity;
  }
  std::erase_if(findings, [&](const Finding& f) {
    const auto setting = policy.rules.find(std::string(f.rule->code));
    return setting != policy.rules.end() && setting->second.off;
  });
}

Finding about_policy(std::string_view code, const Policy& policy, Place place,
                     std::string message) {
  Finding f;
  f.rule = find_rule(code);
  f.severity = f.rule->severity;
  f.message = std::move(message);
  f.file = policy.file.empty() ? "command line" : policy.file;
  f.place = place.line > 0 ? place : Place{1, 1};
  f.object = "policy";
  return f;
}

/// Names that thresholds may use, with what they are.
std::map<std::string, FindingNumber> totals_of(const CheckResult& result) {
  double gpus = 0.0;
  double hourly = 0.0;
  std::vector<std::pair<std::string, Why>> parts;
  std::vector<std::pair<std::string, Why>> gpu_parts;
  for (std::size_t i = 0; i < result.workloads.size(); ++i) {
    const Assessment& a = result.workloads[i];
    if (a.said->total_gpus && a.said->skipped.empty()) {
      const auto count = static_cast<double>(*a.said->total_gpus);
      gpus += count;
      gpu_parts.emplace_back(fmt::format("w{}", i),
                             why_input(a.said->name, count, "GPUs",
                                       fmt::format("{}:{}", a.said->file, a.said->place.line)));
    }
    if (result.costs[i]) {
      hourly += result.costs[i]->usd_per_hour;
      parts.emplace_back(fmt::format("w{}", i), result.costs[i]->why);
    }
  }
  const Why hour = parts.empty() ? why_count("cost per hour", 0.0, "no workload has a price")
                                 : why_sum("cost per hour", hourly, "USD/h", parts);
  static const Formula kMonthly{"gate.usd_per_month", "usd_per_hour * hours", "USD/month",
                                "730 hours a month"};
  const Why month =
      why_formula(kMonthly, "cost per month", hourly * kHoursPerMonth,
                  {{"usd_per_hour", hour},
                   {"hours", why_count("hours of a month", kHoursPerMonth, "8760 / 12")}});
  std::map<std::string, FindingNumber> out;
  out["gpus"] = {gpus, gpu_parts.empty() ? why_count("GPUs", 0.0, "no workload")
                                         : why_sum("GPUs", gpus, "GPUs", gpu_parts)};
  out["workloads"] = {static_cast<double>(result.workloads.size()),
                      why_count("workloads", static_cast<double>(result.workloads.size()), "read")};
  out["cost.usd_per_hour"] = {hourly, hour};
  out["cost.usd_per_month"] = {hourly * kHoursPerMonth, month};
  return out;
}

bool holds(const Threshold& t, double value) {
  switch (t.relation) {
    case Relation::kLess: return value < t.limit;
    case Relation::kLessEqual: return value <= t.limit;
    case Relation::kGreater: return value > t.limit;
    case Relation::kGreaterEqual: return value >= t.limit;
  }
  return true;
}

void judge_totals(const CheckRequest& request, CheckResult& result) {
  const Policy& policy = request.policy;
  if (policy.thresholds.empty() && !policy.budget_usd_per_month) return;
  const auto totals = totals_of(result);
  if (policy.budget_usd_per_month) {
    const FindingNumber& month = totals.at("cost.usd_per_month");
    const double limit = *policy.budget_usd_per_month;
    if (month.value > limit) {
      Finding f = about_policy(
          "GS401", policy, {},
          fmt::format("{:.0f} USD a month for GPUs, the budget is {:.0f}", month.value, limit));
      f.actual = month;
      f.limit = FindingNumber{limit, why_input("budget", limit, "USD/month", policy.file)};
      f.unit = "USD/month";
      f.help = "fewer or cheaper GPUs, or a budget that whoever owns it has raised";
      result.findings.push_back(std::move(f));
    }
  }
  for (const Threshold& t : policy.thresholds) {
    const auto found = totals.find(t.name);
    if (found == totals.end()) {
      std::vector<std::string> names;
      for (const auto& [name, number] : totals) names.push_back(name);
      result.not_assessed.push_back(
          {"GS902",
           fmt::format("threshold \"{}\": no number of that name; known: {}", t.text,
                       fmt::join(names, ", ")),
           policy.file, t.place});
      continue;
    }
    if (holds(t, found->second.value)) continue;
    Finding f = about_policy(
        "GS406", policy, t.place,
        fmt::format("{} is {:g}: the policy asks for {}", t.name, found->second.value, t.text));
    f.severity = t.severity;
    f.help = t.message;
    f.detail = t.text;
    f.actual = found->second;
    f.limit = FindingNumber{t.limit, why_input("threshold", t.limit, "",
                                               fmt::format("{}:{}", policy.file, t.place.line))};
    f.unit = t.name;
    result.findings.push_back(std::move(f));
  }
}

void apply_baseline(const Baseline& baseline, CheckResult& result) {
  std::set<std::string> seen;
  for (Finding& f : result.findings) {
    const bool old = baseline.fingerprints.count(f.fingerprint) > 0;
    f.baseline = old ? BaselineState::kUnchanged : BaselineState::kNew;
    if (old) seen.insert(f.fingerprint);
  }
  result.fixed = static_cast<std::int64_t>(baseline.fingerprints.size() - seen.size());
}

}  // namespace

Result<Baseline> read_baseline(const Document& document) {
  const Node root = document.root();
  const Node findings = root.is_map() ? root.find("findings") : Node{};
  if (!findings || !findings.is_sequence()) {
    return make_error("baseline-form", "the baseline is no result of gpusize check",
                      root.location(),
                      "write one with: gpusize check PATH --output json=baseline.json");
  }
  Baseline out;
  out.file = document.file();
  for (const Node finding : findings) {
    const Node print = finding.is_map() ? finding.find("fingerprint") : Node{};
    if (print && print.is_scalar()) out.fingerprints.emplace(print.text());
  }
  return out;
}

Result<Traffic> read_traffic(const Document& document) {
  Diagnostics problems;
  Traffic out;
  out.file = document.file();
  if (!document.root().is_map())
    return make_error("traffic-form", "a traffic file is a map", document.root().location());
  MapReader reader(document.root(), "traffic", "traffic", problems);
  const std::string schema = reader.required_text("schema");
  if (!schema.empty() && schema != "gpusize.traffic/v1")
    reader.error("schema", fmt::format("schema is \"{}\"", printable(schema)),
                 document.root().find("schema"), "expected gpusize.traffic/v1");
  out.qps = reader.required_number("qps", {0.0, 1e9});
  out.input_tokens = reader.required_number("input_tokens", {1.0, 1e8});
  out.output_tokens = reader.required_number("output_tokens", {1.0, 1e8});
  out.ttft_ms = reader.number("ttft_ms", {0.0, 1e9});
  out.tpot_ms = reader.number("tpot_ms", {0.0, 1e9});
  reader.reject_unknown();
  if (has_errors(problems)) return problems;
  return out;
}

CheckResult run_check(const Catalog& catalog, const DeploymentSet& deployments,
                      CheckRequest& request) {
  CheckResult result;
  result.not_assessed = deployments.not_assessed;
  JudgeLimits limits;
  if (request.policy.min_requests) limits.min_requests = *request.policy.min_requests;
  if (request.policy.max_memory_fraction)
    limits.max_memory_fraction = *request.policy.max_memory_fraction;
  Assessor assessor(catalog, request.defaults);
  GatePrices prices(catalog, request.today);
  result.workloads.reserve(deployments.workloads.size());
  for (const DeployedWorkload& said : deployments.workloads) {
    result.workloads.push_back(assessor.assess(said));
    const Assessment& a = result.workloads.back();
    Judge judge(a, limits, result.findings);
    judge_fit(judge);
    judge_parallelism(judge);
    judge_card(judge);
    judge_hygiene(judge);
    result.services.push_back(request.traffic ? judge_service(judge, *request.traffic)
                                              : std::nullopt);
    prices.judge_cheaper_card(judge);
    result.not_assessed.insert(result.not_assessed.end(), a.gaps.begin(), a.gaps.end());
    result.costs.push_back(prices.of(a));
    if (request.traffic) prices.judge_api(judge, result.costs.back(), *request.traffic);
  }
  judge_totals(request, result);
  apply_policy(request.policy, result.findings);
  std::vector<Suppression> suppressions = request.policy.suppressions;
  collect_suppressions(deployments, suppressions);
  apply_suppressions(suppressions, request.today, result.findings);
  for (Finding& f : result.findings) f.fingerprint = fingerprint_of(f);
  std::stable_sort(result.findings.begin(), result.findings.end(),
                   [](const Finding& a, const Finding& b) {
                     return std::tie(a.file, a.place.line, a.place.column, a.rule->code) <
                            std::tie(b.file, b.place.line, b.place.column, b.rule->code);
                   });
  // Files may be read twice (links): one finding is enough.
  const auto same = [](const Finding& a, const Finding& b) {
    return a.fingerprint == b.fingerprint && a.place == b.place;
  };
  result.findings.erase(std::unique(result.findings.begin(), result.findings.end(), same),
                        result.findings.end());
  if (request.baseline) apply_baseline(*request.baseline, result);
  return result;
}

bool fails(const CheckResult& result, Severity severity, bool existing) {
  const auto rank = [](Severity s) {
    return s == Severity::kError ? 2 : s == Severity::kWarning ? 1 : 0;
  };
  return std::any_of(result.findings.begin(), result.findings.end(), [&](const Finding& f) {
    const bool counts = existing || f.baseline != BaselineState::kUnchanged;
    return f.suppressed.empty() && counts && rank(f.severity) >= rank(severity);
  });
}

}  // namespace gpusize
