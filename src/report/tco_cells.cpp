#include "report/tco_cells.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/cells.hpp"

namespace gpusize {

using Json = nlohmann::ordered_json;

std::string money(const Json& value) {
  if (!value.is_number()) return "-";
  const auto cents =
      static_cast<std::int64_t>(std::llround(std::fabs(value.get<double>()) * 100.0));
  std::string whole = fmt::format("{}", cents / 100);
  for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(whole.size()) - 3; at > 0; at -= 3)
    whole.insert(static_cast<std::size_t>(at), ",");
  const bool negative = value.get<double>() < 0.0 && cents > 0;
  return fmt::format("{}{}.{:02}", negative ? "-" : "", whole, cents % 100);
}

std::string percent(const Json& value) {
  return value.is_number() ? fmt::format("{:.1f} %", 100.0 * value.get<double>()) : "-";
}

bool any_benefit(const Json& document) {
  return std::any_of(document["scenarios"].begin(), document["scenarios"].end(),
                     [](const Json& s) { return !s["benefits"].empty(); });
}

std::string scenario_name(const Json& scenario, const Words& words) {
  return words.name("scenario", text_of(scenario, "name"));
}

std::string scenario_short(std::string_view id, const Words& words) {
  return words.name("scenario_id", id);
}

std::string break_even_sentence(const Words& words, const Json& point, const std::string& a,
                                const std::string& b) {
  const bool utilization = text_of(point, "variable") == "utilization";
  const std::string side = text_of(point, "a_cheaper");
  const Json& at = point["value"];
  if (!at.is_number())
    return words.text(utilization ? "say.never_utilization" : "say.never_traffic", a, b,
                      side == "always" ? a : b);
  if (utilization)
    return words.text("say.cross_utilization", a, b,
                      fmt::format("{:.1f}", 100.0 * at.get<double>()));
  std::string out = words.text(side == "above" ? "say.cross_above" : "say.cross_below", a, b,
                               fmt::format("{:.4g}", at.get<double>()));
  return point["step"].get<bool>() ? words.text("say.cross_step", out) : out;
}

}  // namespace gpusize
