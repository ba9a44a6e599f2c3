#include "gate/judge.hpp"

#include <fmt/format.h>

#include "gate/formulas.hpp"
#include "gpusize/core/check.hpp"

namespace gpusize {

std::string gib(Bytes bytes) { return fmt::format("{:.1f} GiB", bytes.in(units::GiB)); }

Finding& Judge::add(std::string_view code, Place place, std::string message, std::string help) {
  Finding finding;
  finding.rule = find_rule(code);
  GPUSIZE_CHECK(finding.rule != nullptr, fmt::format("rule {} is not in the table", code));
  finding.severity = finding.rule->severity;
  finding.message = std::move(message);
  finding.help = std::move(help);
  const DeployedWorkload& w = *about_.said;
  finding.file = w.file;
  finding.place = place.line > 0 ? place : w.place;
  finding.object = fmt::format("{}/{}/{}/{}{}", w.kind, w.name_space, w.name, w.container,
                               w.role.empty() ? "" : "/" + w.role);
  out_.push_back(std::move(finding));
  return out_.back();
}

std::string Judge::where(Place place) const { return where_of(said(), place); }

}  // namespace gpusize
