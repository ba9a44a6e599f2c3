#include "plan/tco_whys.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gpusize/core/check.hpp"

namespace gpusize {
namespace {

constexpr std::string_view kPrevious = "prev_";
constexpr Formula kAmount{"tco.amount", "floor(quantity * unit_price * 100 + 0.5) / 100", "USD",
                          "whole cents"};
constexpr Formula kMeanPrice{"tco.mean_price", "amount / quantity", "", "prices differ by year"};

std::string year_label(const std::string& name, std::size_t step) {
  return fmt::format("{}, year {}", name, step + 1);
}

const TcoEngine::Variable* variable_at(const TcoEngine& engine, const TcoEngine::Scenario& scenario,
                                       std::uint32_t slot) {
  for (const auto* list : {&scenario.variables, &engine.common()}) {
    for (const TcoEngine::Variable& v : *list) {
      if (v.slot == slot) return &v;
    }
  }
  return nullptr;
}

std::string curve_note(TcoVariableKind kind) {
  switch (kind) {
    case TcoVariableKind::kNeeded:
      return "mean over the week of the whole replicas needed each hour";
    case TcoVariableKind::kExcess:
      return "mean over the week of the whole replicas needed above the owned ones";
    case TcoVariableKind::kServed:
      return "mean over the week of the smaller of what is busy and what is owned";
    case TcoVariableKind::kLoanInterest:
      return "interest of the year on all loans taken so far, monthly level payments";
    case TcoVariableKind::kFormula: break;
  }
  return {};
}

}  // namespace

Why TcoWhys::slot(std::uint32_t slot, std::size_t step) {
  const auto key = std::make_pair(slot, step);
  const auto found = known_.find(key);
  if (found != known_.end()) return found->second;
  Why made = make(slot, step);
  known_[key] = made;
  return made;
}

Why TcoWhys::make(std::uint32_t slot, std::size_t step) {
  const auto& assumptions = engine_.model().assumptions;
  if (slot < assumptions.size()) return assumptions[slot].why;
  const std::string& symbol = engine_.symbol(slot);
  const double value = result_.tables[step][slot];
  if (symbol.starts_with(kPrevious)) {
    const auto of = engine_.slot_of(symbol.substr(kPrevious.size()));
    if (step > 0) return this->slot(*of, step - 1);
    return why_count(symbol, 0.0, "nothing before the first year");
  }
  const TcoEngine::Variable* v = variable_at(engine_, *result_.scenario, slot);
  if (v == nullptr) {  // year, years, year_share
    if (symbol == "years") return why_input("years", value, "years", "--years");
    return why_count(symbol, value, symbol == "year" ? "counts from 1" : "part of a year");
  }
  const TcoVariable& variable = *v->variable;
  if (variable.kind == TcoVariableKind::kFormula) {
    return of_program(v->program, "tco." + variable.id, variable.formula,
                      year_label(variable.name, step), variable.unit, value, step);
  }
  std::vector<std::pair<std::string, Why>> inputs{{variable.demand, this->slot(v->demand, step)}};
  if (!variable.base.empty()) inputs.emplace_back(variable.base, this->slot(v->base, step));
  return why_search(year_label(variable.name, step), value, variable.unit,
                    curve_note(variable.kind), std::move(inputs));
}

Why TcoWhys::of_program(const Program& program, const std::string& id, const std::string& text,
                        const std::string& label, const std::string& unit, double value,
                        std::size_t step) {
  std::vector<std::pair<std::string, Why>> inputs;
  for (const std::uint32_t slot : program.slots())
    inputs.emplace_back(engine_.symbol(slot), this->slot(slot, step));
  return why_formula(Formula{id, text, unit, ""}, label, value, std::move(inputs));
}

Why TcoWhys::quantity(const TcoLineResult& line, std::size_t step) {
  const TcoLine& text = *line.line->line;
  const auto key = std::make_pair(line.line->quantity, step);
  if (const auto found = known_.find(key); found != known_.end()) return found->second;
  return known_[key] =
             of_program(line.line->quantity_program, fmt::format("tco.{}.quantity", text.id),
                        text.quantity, year_label(text.name + ", quantity", step), text.unit,
                        line.years[step].quantity, step);
}

Why TcoWhys::price(const TcoLineResult& line, std::size_t step) {
  const TcoLine& text = *line.line->line;
  const auto key = std::make_pair(line.line->price, step);
  if (const auto found = known_.find(key); found != known_.end()) return found->second;
  return known_[key] = of_program(line.line->price_program, fmt::format("tco.{}.price", text.id),
                                  text.price, year_label(text.name + ", unit price", step),
                                  "USD/" + text.unit, line.years[step].price, step);
}

Why TcoWhys::amount(const TcoLineResult& line, std::size_t step) {
  return why_formula(kAmount, year_label(line.line->line->name, step),
                     line.years[step].amount.usd(),
                     {{"quantity", quantity(line, step)}, {"unit_price", price(line, step)}});
}

Why TcoWhys::total(const TcoLineResult& line) {
  const auto found = totals_.find(&line);
  if (found != totals_.end()) return found->second;
  std::vector<std::pair<std::string, Why>> parts;
  for (std::size_t step = 0; step < line.years.size(); ++step)
    parts.emplace_back(fmt::format("year {}", step + 1), amount(line, step));
  return totals_[&line] = why_sum(line.line->line->name, line.total.usd(), "USD", std::move(parts));
}

Why TcoWhys::total_quantity(const TcoLineResult& line) {
  std::vector<std::pair<std::string, Why>> parts;
  for (std::size_t step = 0; step < line.years.size(); ++step)
    parts.emplace_back(fmt::format("year {}", step + 1), quantity(line, step));
  return why_sum(line.line->line->name + ", quantity", line.quantity(), line.line->line->unit,
                 std::move(parts));
}

Why TcoWhys::mean_price(const TcoLineResult& line) {
  if (!line.constant_price() && line.quantity() != 0.0) {
    return why_formula(kMeanPrice, line.line->line->name + ", mean price", line.price(),
                       {{"amount", total(line)}, {"quantity", total_quantity(line)}});
  }
  for (std::size_t step = 0; step < line.years.size(); ++step) {
    if (line.years[step].quantity != 0.0) return price(line, step);
  }
  return price(line, 0);
}

Why TcoWhys::flow(const TcoLineResult& line, std::size_t period) {
  return why_search(line.line->line->name, line.flow[period].usd(), "USD",
                    fmt::format("what falls into period {}: yearly amounts in equal monthly parts "
                                "of whole cents, or at the start or the end",
                                period),
                    {{"total", total(line)}});
}

Why TcoWhys::sum(std::string_view symbol) {
  const auto slot = engine_.slot_of(symbol);
  GPUSIZE_CHECK(slot.has_value(), "a sum of a variable of the model");
  std::vector<std::pair<std::string, Why>> parts;
  double value = 0.0;
  std::string unit;
  for (std::size_t step = 0; step < result_.tables.size(); ++step) {
    parts.emplace_back(fmt::format("year {}", step + 1), this->slot(*slot, step));
    value += parts.back().second->value;
    unit = parts.back().second->unit;
  }
  return why_sum(std::string(symbol), value, unit, std::move(parts));
}

}  // namespace gpusize
