#pragma once
// The cost model as data: assumptions are numbers with sources and ranges; variables and lines are
// formulas over them, evaluated year by year for every scenario. The shipped model is
// data/tco/model.yaml; a user's file of the same shape is laid over it.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/core/derivation.hpp"
#include "gpusize/core/document.hpp"
#include "gpusize/core/result.hpp"

namespace gpusize {

/// A number of the model. Until it is resolved it may only say where it comes from.
struct TcoAssumption {
  std::string id;
  std::string name;
  std::string unit;
  std::string from;  ///< `fleet.qps`, `price.spot`, `fact:ID` ...; empty: `why` holds the value
  Why why;           ///< null: no value known (`missing` says why)
  std::string missing;
  std::optional<double> low;
  std::optional<double> high;
  std::optional<double> low_factor;  ///< low and high as factors of the value
  std::optional<double> high_factor;
  std::string currency;  ///< of the value; empty: no money or US dollars
  Location where;

  [[nodiscard]] double value() const { return why->value; }
};

/// How a variable is computed.
enum class TcoVariableKind : std::uint8_t {
  kFormula,
  kNeeded,       ///< mean over the week of the whole replicas that the curve needs
  kExcess,       ///< mean over the week of the whole replicas above the base
  kServed,       ///< mean over the week of the load that the base serves
  kLoanInterest  ///< interest of the year on all loans drawn so far
};

struct TcoVariable {
  std::string id;
  std::string name;
  std::string unit;
  std::string formula;
  TcoVariableKind kind = TcoVariableKind::kFormula;
  std::string demand;  ///< curve kinds: variable with the demand at the peak, or the loan drawn
  std::string base;    ///< curve kinds: variable with what is owned
  std::vector<std::string> scenarios;  ///< empty: all
  Location where;
};

enum class TcoTiming : std::uint8_t { kStart, kMonthly, kEnd };
std::string_view name_of(TcoTiming timing);

/// A cost (or a benefit): quantity x price in every year.
struct TcoLine {
  std::string id;
  std::string name;
  std::string unit;
  std::string kind;  ///< capex, opex, financing, residual, benefit
  TcoTiming when = TcoTiming::kMonthly;
  std::string quantity;                ///< formula
  std::string price;                   ///< formula, US dollars per unit
  std::vector<std::string> scenarios;  ///< empty: all
  std::string source;
  Location where;
};

struct TcoScenario {
  std::string id;
  std::string name;
  std::string note;
};

/// Traffic over the week.
struct TrafficCurve {
  std::vector<double> weekday{1.0};  ///< shares of the peak, one per equal part of the day
  double weekend_share = 1.0;        ///< of the weekday's shares

  /// Distinct shares of the peak with how often they occur; the weights add up to 1.
  struct Step {
    double share;
    double weight;
  };
  [[nodiscard]] std::vector<Step> steps() const;
  [[nodiscard]] double mean() const;
};

/// Length of one period of the cash flow.
struct TcoPeriod {
  std::string unit = "month";  ///< month, or day: one period of that length is the whole horizon
  double years = 3.0;

  [[nodiscard]] bool single() const { return unit != "month"; }
  [[nodiscard]] std::size_t months() const;  ///< periods of the cash flow
  [[nodiscard]] std::size_t steps() const;   ///< years begun
  [[nodiscard]] double share(std::size_t step) const;
};

/// A published amount that a scenario's computed one is compared with.
struct TcoReference {
  std::string scenario;
  std::string what;  ///< tco_usd, benefit_usd, roi, or the id of a variable (summed over the years)
  double value = 0.0;
  double tolerance = 0.0;  ///< relative: what rounding of the published inputs explains
  Source source;
  std::string note;
  Location where;
};

struct TcoModel {
  bool standalone = false;  ///< the file is the whole model: nothing of the shipped one
  TcoPeriod period;
  TrafficCurve traffic;
  std::string traffic_source;
  std::vector<TcoAssumption> assumptions;
  std::vector<TcoVariable> variables;
  std::vector<TcoLine> lines;
  std::vector<TcoLine> benefits;
  std::vector<TcoScenario> scenarios;
  std::vector<TcoReference> references;
  std::map<std::string, double> per_usd;  ///< units of a currency for one US dollar
  std::string title;

  [[nodiscard]] const TcoAssumption* assumption(std::string_view id) const;
  [[nodiscard]] TcoAssumption* assumption(std::string_view id);
  [[nodiscard]] const TcoScenario* scenario(std::string_view id) const;
};

/// Reads one file of schema gpusize.tco/v1; `tco-...` diagnostics with places.
Result<TcoModel> read_tco_model(const Document& document);

/// `over` laid over `base`: assumptions, scenarios and lines by id (a line of the same id and
/// scenarios is replaced, else added), variables added behind; the rest replaced when stated.
TcoModel lay_over(TcoModel base, const TcoModel& over);

}  // namespace gpusize
