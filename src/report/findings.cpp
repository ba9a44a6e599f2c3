#include "report/findings.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "report/cells.hpp"

namespace gpusize {
namespace {

int rank(const Json& finding) {
  const std::string severity = text_of(finding, "severity");
  return severity == "error" ? 0 : severity == "warning" ? 1 : 2;
}

std::int64_t whole(const Json& object, std::string_view key) {
  const auto found = object.find(std::string(key));
  return found != object.end() && found->is_number() ? found->get<std::int64_t>() : 0;
}

}  // namespace

std::vector<const Json*> all_findings(const ResultDocument& document) {
  std::vector<const Json*> out;
  const auto found = document.json().find("findings");
  if (found == document.json().end() || !found->is_array()) return out;
  for (const Json& finding : *found) out.push_back(&finding);
  return out;
}

std::vector<const Json*> standing_findings(const ResultDocument& document) {
  std::vector<const Json*> out = all_findings(document);
  std::erase_if(out, [](const Json* f) {
    return f->contains("suppressed") && !(*f)["suppressed"].is_null();
  });
  std::stable_sort(out.begin(), out.end(),
                   [](const Json* a, const Json* b) { return rank(*a) < rank(*b); });
  return out;
}

std::string summary_line(const Json& document, const Words& w) {
  const auto found = document.find("summary");
  if (found == document.end()) return {};
  const Json& s = *found;
  const auto put = [&](std::int64_t n, const char* one, const char* many) {
    return w.text(fmt::format("check.{}", n == 1 ? one : many), fmt::format("{}", n));
  };
  const auto some = [&](std::string_view key, const char* one, const char* many) {
    const std::int64_t n = whole(s, key);
    return n > 0 ? put(n, one, many) : std::string();
  };
  const std::string comma = w.str("check.comma");
  std::string out = put(whole(s, "errors"), "error", "errors") + comma +
                    put(whole(s, "warnings"), "warning", "warnings") + comma +
                    put(whole(s, "infos"), "info", "infos");
  out += some("suppressed", "suppressed", "suppressed");
  out += some("unchanged", "unchanged_count", "unchanged_count");
  out += some("fixed", "fixed", "fixed");
  const std::int64_t workloads = whole(s, "workloads");
  out += w.text(workloads == 1 ? "check.assessed_one" : "check.assessed",
                fmt::format("{}", whole(s, "assessed")), fmt::format("{}", workloads));
  out += some("not_assessed", "thing", "things");
  out += put(whole(s, "gpus"), "gpu", "gpus");
  if (const auto cost = s.find("usd_per_hour"); cost != s.end() && cost->is_number())
    out += w.text("check.cost", fmt::format("{:.2f}", cost->get<double>()));
  return out;
}

std::string amount(const Json& value, const std::string& unit, const Words& w) {
  constexpr double kGib = 1073741824.0;
  const double number = value.get<double>();
  const std::string shown = w.name("unit", unit == "bytes per GPU" ? "GiB per GPU" : unit);
  if (unit == "bytes per GPU") return fmt::format("{:.2f} {}", number / kGib, shown);
  return unit.empty() ? fmt::format("{:g}", number) : fmt::format("{:g} {}", number, shown);
}

std::string numbers_of(const Json& finding, const Words& w) {
  if (!finding["actual"].is_number() || !finding["limit"].is_number()) return {};
  const std::string unit = text_of(finding, "unit");
  return w.text("check.numbers", amount(finding["actual"], unit, w),
                amount(finding["limit"], unit, w));
}

}  // namespace gpusize
