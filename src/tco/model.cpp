#include "gpusize/tco/model.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace gpusize {
namespace {

constexpr std::array<std::string_view, 3> kTimings{"start", "monthly", "end"};

template <typename T>
bool same_row(const T& a, const T& b) {
  return a.id == b.id && a.scenarios == b.scenarios;
}
bool same_row(const TcoScenario& a, const TcoScenario& b) { return a.id == b.id; }

template <typename T>
void put(std::vector<T>& rows, const std::vector<T>& over) {
  for (const T& row : over) {
    const auto old =
        std::find_if(rows.begin(), rows.end(), [&](const T& r) { return same_row(r, row); });
    if (old == rows.end()) {
      rows.push_back(row);
    } else {
      *old = row;
    }
  }
}

}  // namespace

std::string_view name_of(TcoTiming timing) { return kTimings.at(static_cast<std::size_t>(timing)); }

std::vector<TrafficCurve::Step> TrafficCurve::steps() const {
  std::map<double, double> weights;  // by share, so that equal hours are one step
  const auto parts = static_cast<double>(weekday.size());
  for (const double share : weekday) {
    weights[share] += 5.0 / 7.0 / parts;
    weights[share * weekend_share] += 2.0 / 7.0 / parts;
  }
  std::vector<Step> out;
  for (const auto& [share, weight] : weights) out.push_back({share, weight});
  return out;
}

double TrafficCurve::mean() const {
  double sum = 0.0;
  for (const double share : weekday) sum += share;
  return sum / static_cast<double>(weekday.size()) * (5.0 + 2.0 * weekend_share) / 7.0;
}

std::size_t TcoPeriod::months() const {
  return single() ? 1 : static_cast<std::size_t>(std::max(1.0, std::round(years * 12.0)));
}

std::size_t TcoPeriod::steps() const { return single() ? 1 : (months() + 11) / 12; }

double TcoPeriod::share(std::size_t step) const {
  if (single()) return 1.0;
  const std::size_t left = months() - std::min(months(), 12 * step);
  return static_cast<double>(std::min<std::size_t>(12, left)) / 12.0;
}

const TcoAssumption* TcoModel::assumption(std::string_view id) const {
  const auto found = std::find_if(assumptions.begin(), assumptions.end(),
                                  [&](const TcoAssumption& a) { return a.id == id; });
  return found == assumptions.end() ? nullptr : &*found;
}

TcoAssumption* TcoModel::assumption(std::string_view id) {
  const auto found = std::find_if(assumptions.begin(), assumptions.end(),
                                  [&](const TcoAssumption& a) { return a.id == id; });
  return found == assumptions.end() ? nullptr : &*found;
}

const TcoScenario* TcoModel::scenario(std::string_view id) const {
  const auto found = std::find_if(scenarios.begin(), scenarios.end(),
                                  [&](const TcoScenario& s) { return s.id == id; });
  return found == scenarios.end() ? nullptr : &*found;
}

TcoModel lay_over(TcoModel base, const TcoModel& over) {
  if (over.standalone) return over;
  for (const TcoAssumption& row : over.assumptions) {
    TcoAssumption* old = base.assumption(row.id);
    if (old == nullptr) {
      base.assumptions.push_back(row);
      continue;
    }
    TcoAssumption changed = row;  // what the user left out stays
    if (changed.name.empty()) changed.name = old->name;
    if (changed.unit.empty() && changed.why) {
      auto why = std::make_shared<Derivation>(*changed.why);
      why->unit = changed.unit = old->unit;
      changed.why = std::move(why);
    }
    *old = std::move(changed);
  }
  put(base.variables, over.variables);
  put(base.lines, over.lines);
  put(base.benefits, over.benefits);
  put(base.scenarios, over.scenarios);
  base.references.insert(base.references.end(), over.references.begin(), over.references.end());
  for (const auto& [code, rate] : over.per_usd) base.per_usd[code] = rate;
  if (!over.traffic_source.empty()) {
    base.traffic = over.traffic;
    base.traffic_source = over.traffic_source;
  }
  if (!over.title.empty()) base.title = over.title;
  if (over.period.years > 0.0) base.period = over.period;
  return base;
}

}  // namespace gpusize
