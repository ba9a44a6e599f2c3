#pragma once
// Runs a cost model: compiled formulas over a table of slots, year by year for every scenario. One
// run can hold many draws side by side (lanes), which is how the simulation is fast.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/core/formula.hpp"
#include "gpusize/tco/model.hpp"

namespace gpusize {

class TcoEngine {
 public:
  /// Compiles `model`, which must outlive the engine. Formula faults carry the place in the file.
  static Result<TcoEngine> make(const TcoModel& model, const std::vector<std::string>& scenarios);

  /// One line of one scenario and where its quantity and price stand.
  struct Line {
    const TcoLine* line = nullptr;
    bool benefit = false;
    Program quantity_program;
    Program price_program;
    std::uint32_t quantity = 0;
    std::uint32_t price = 0;
  };
  /// One variable as a scenario computes it.
  struct Variable {
    const TcoVariable* variable = nullptr;
    std::uint32_t slot = 0;
    std::uint32_t demand = 0;
    std::uint32_t base = 0;
    Program program;
  };
  struct Scenario {
    const TcoScenario* scenario = nullptr;
    std::vector<Variable> variables;  ///< beside the common ones, in order
    std::vector<Line> lines;
    std::vector<std::string> missing;  ///< assumptions without a value that a line rests on
  };

  [[nodiscard]] const TcoModel& model() const { return *model_; }
  [[nodiscard]] const std::vector<Scenario>& scenarios() const { return scenarios_; }
  [[nodiscard]] const std::vector<Variable>& common() const { return common_; }
  [[nodiscard]] std::optional<std::uint32_t> slot_of(std::string_view symbol) const;
  [[nodiscard]] std::size_t slots() const { return slots_; }
  /// The symbol behind a slot; `prev_x` for last year's x.
  [[nodiscard]] const std::string& symbol(std::uint32_t slot) const { return symbols_[slot]; }
  /// Values of all assumptions, NaN for missing ones.
  [[nodiscard]] std::vector<double> base_values() const;

  /// Called for each scenario and year; slot i is `table[i * width]` onwards.
  using Visit =
      std::function<void(std::size_t scenario, std::size_t step, std::span<const double> table)>;
  /// `assumptions` has `width` values per assumption, in the model's order. `only` names the
  /// scenarios to run; none named: all.
  void run(std::span<const double> assumptions, std::size_t width, const Visit& visit,
           std::span<const std::size_t> only = {}) const;

 private:
  friend class TcoEngineBuilder;
  struct Scratch;
  void run_common(std::size_t step, std::span<const std::size_t> wanted, Scratch& scratch) const;
  void run_variable(const Variable& variable, std::size_t scenario, std::size_t step,
                    Scratch& scratch) const;

  const TcoModel* model_ = nullptr;
  std::vector<std::string> symbols_;
  std::map<std::string, std::uint32_t, std::less<>> slot_by_symbol_;
  std::size_t slots_ = 0;
  std::uint32_t first_builtin_ = 0;
  std::vector<Variable> common_;
  std::vector<Scenario> scenarios_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> previous_;  ///< prev slot, its variable
  std::vector<TrafficCurve::Step> curve_;
  std::uint32_t loan_rate_ = 0;
  std::uint32_t loan_years_ = 0;
};

/// Interest paid in each of the first `years` years of a loan of 1 with monthly payments, over the
/// first `months` of the year.
std::vector<double> loan_interest_by_year(double yearly_rate, double term_years, std::size_t years,
                                          std::size_t months);

}  // namespace gpusize
