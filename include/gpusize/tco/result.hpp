#pragma once
// A model run once, in whole cents: lines by year, cash flow by period, and what follows from them.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gpusize/tco/engine.hpp"
#include "gpusize/tco/finance.hpp"
#include "gpusize/tco/money.hpp"

namespace gpusize {

/// One line of a scenario in one year.
struct TcoAmount {
  double quantity = 0.0;
  double price = 0.0;
  Cents amount;
};

/// One line over the whole horizon. `flow[p]` is what falls into period p (0: the start); together
/// they are `total` exactly, as are the years.
struct TcoLineResult {
  const TcoEngine::Line* line = nullptr;
  std::vector<TcoAmount> years;
  std::vector<Cents> flow;
  Cents total;

  [[nodiscard]] double quantity() const;
  /// The price of every year when it is the same, else the mean price paid.
  [[nodiscard]] double price() const;
  [[nodiscard]] bool constant_price() const;
};

struct TcoScenarioResult {
  const TcoEngine::Scenario* scenario = nullptr;
  std::vector<std::vector<double>>
      tables;  ///< slot values by year; empty when something is missing
  std::vector<TcoLineResult> costs;
  std::vector<TcoLineResult> benefits;
  std::vector<Cents> loan;       ///< by period, as cost
  std::vector<Cents> cash_flow;  ///< by period: benefits less costs and loan
  Cents tco;
  Cents benefit;
  double npv_usd = 0.0;
  InternalRate irr;            ///< per year
  std::optional<double> mirr;  ///< per year: both rates are the discount rate
  std::optional<double> payback_months;
  std::optional<double> discounted_payback_months;
  std::optional<double> roi;  ///< (benefit - cost) / cost

  [[nodiscard]] bool known() const { return scenario->missing.empty(); }
  /// Sum over the years of a variable; nothing when the model has none of that name.
  [[nodiscard]] std::optional<double> sum(const TcoEngine& engine, std::string_view symbol) const;
};

/// Amounts that are not finite or too large for cents (a division by zero, say): `tco-amount`, each
/// with the place of its line.
Diagnostics check_amounts(const TcoEngine& engine);

/// All scenarios of the engine with the model's own values; check_amounts() found nothing.
std::vector<TcoScenarioResult> run_tco(const TcoEngine& engine);

/// Rate per period of the cash flow for a rate per year.
double period_rate(const TcoPeriod& period, double yearly_rate);

}  // namespace gpusize
