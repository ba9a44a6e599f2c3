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

std::string summary_line(const Json& document) {
  const auto found = document.find("summary");
  if (found == document.end()) return {};
  const Json& s = *found;
  const auto many = [&](std::string_view key, std::string_view noun) {
    const std::int64_t n = whole(s, key);
    return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
  };
  std::string out = fmt::format("{}, {}, {}", many("errors", "error"), many("warnings", "warning"),
                                many("infos", "info"));
  if (whole(s, "suppressed") > 0) out += fmt::format(", {} suppressed", whole(s, "suppressed"));
  if (whole(s, "unchanged") > 0) out += fmt::format(", {} unchanged", whole(s, "unchanged"));
  if (whole(s, "fixed") > 0) out += fmt::format(", {} fixed", whole(s, "fixed"));
  out += fmt::format("; {} of {} assessed", whole(s, "assessed"), many("workloads", "workload"));
  if (whole(s, "not_assessed") > 0)
    out += fmt::format(", {} not assessed", many("not_assessed", "thing"));
  out += fmt::format("; {}", many("gpus", "GPU"));
  if (const auto cost = s.find("usd_per_hour"); cost != s.end() && cost->is_number())
    out += fmt::format(", {:.2f} USD/h on demand", cost->get<double>());
  return out;
}

std::string amount(const Json& value, const std::string& unit) {
  constexpr double kGib = 1073741824.0;
  const double number = value.get<double>();
  if (unit == "bytes per GPU") return fmt::format("{:.2f} GiB per GPU", number / kGib);
  return unit.empty() ? fmt::format("{:g}", number) : fmt::format("{:g} {}", number, unit);
}

std::string numbers_of(const Json& finding) {
  if (!finding["actual"].is_number() || !finding["limit"].is_number()) return {};
  const std::string unit = text_of(finding, "unit");
  return fmt::format("actual {}, limit {}", amount(finding["actual"], unit),
                     amount(finding["limit"], unit));
}

}  // namespace gpusize
