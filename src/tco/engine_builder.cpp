// From a model's texts to compiled programs over slots.

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gpusize/core/text.hpp"
#include "gpusize/tco/engine.hpp"

namespace gpusize {
namespace {

constexpr std::array<std::string_view, 3> kBuiltins{"year", "years", "year_share"};
constexpr std::string_view kPrevious = "prev_";

bool applies(const std::vector<std::string>& scenarios, const std::string& id) {
  return scenarios.empty() || std::find(scenarios.begin(), scenarios.end(), id) != scenarios.end();
}

/// A formula of several scenarios is compiled for each; its fault is told once.
Diagnostics without_repeats(Diagnostics problems) {
  Diagnostics out;
  for (Diagnostic& problem : problems) {
    if (std::none_of(out.begin(), out.end(),
                     [&](const Diagnostic& d) { return d.message == problem.message; }))
      out.push_back(std::move(problem));
  }
  return out;
}

}  // namespace

class TcoEngineBuilder {
 public:
  TcoEngineBuilder(const TcoModel& model, Diagnostics& problems) : problems_(problems) {
    out_.model_ = &model;
    out_.curve_ = model.traffic.steps();
  }

  TcoEngine build(const std::vector<std::string>& scenarios) {
    for (const TcoAssumption& a : model().assumptions) add_symbol(a.id, a.where);
    out_.first_builtin_ = static_cast<std::uint32_t>(out_.symbols_.size());
    for (const std::string_view name : kBuiltins) add_symbol(std::string(name), {});
    for (const TcoVariable& v : model().variables) {
      if (model().assumption(v.id) != nullptr) {
        problems_.push_back(make_error(
            "tco-name", fmt::format("\"{}\" is an assumption and a variable", v.id), v.where));
      }
      if (!out_.slot_by_symbol_.contains(v.id)) add_symbol(v.id, v.where);
    }
    if (const auto slot = out_.slot_of("loan_rate")) out_.loan_rate_ = *slot;
    if (const auto slot = out_.slot_of("loan_years")) out_.loan_years_ = *slot;
    missing_.resize(out_.symbols_.size());
    for (std::size_t i = 0; i < model().assumptions.size(); ++i) {
      if (model().assumptions[i].why == nullptr) missing_[i] = {model().assumptions[i].id};
    }
    find_common();
    for (const std::string& id : scenarios) add_scenario(id);
    for (const std::string& name : previous_names_) add_previous(name);
    out_.slots_ = out_.symbols_.size();
    return std::move(out_);
  }

 private:
  [[nodiscard]] const TcoModel& model() const { return *out_.model_; }

  void add_symbol(const std::string& name, const Location& where) {
    const auto slot = static_cast<std::uint32_t>(out_.symbols_.size());
    if (!out_.slot_by_symbol_.emplace(name, slot).second) {
      problems_.push_back(
          make_error("tco-name", fmt::format("\"{}\" is named twice", name), where));
    }
    out_.symbols_.push_back(name);
  }

  std::uint32_t previous_slot(const std::string& name) {
    const std::string symbol = std::string(kPrevious) + name;
    if (const auto slot = out_.slot_of(symbol)) return *slot;
    add_symbol(symbol, {});
    missing_.emplace_back();
    previous_names_.push_back(name);
    return static_cast<std::uint32_t>(out_.symbols_.size() - 1);
  }

  void add_previous(const std::string& name) {
    out_.previous_.emplace_back(*out_.slot_of(std::string(kPrevious) + name), *out_.slot_of(name));
  }

  /// A name in a formula: known symbols, and last year's value of a variable.
  std::optional<std::uint32_t> resolve(std::string_view name) {
    if (const auto slot = out_.slot_of(name)) return slot;
    if (!name.starts_with(kPrevious)) return {};
    const std::string variable(name.substr(kPrevious.size()));
    const auto slot = out_.slot_of(variable);
    if (!slot || *slot < out_.first_builtin_ + kBuiltins.size()) return {};
    return previous_slot(variable);
  }

  Program compile(const std::string& text, const std::string& owner, const Location& where) {
    auto program = Program::compile(text, [&](std::string_view name) { return resolve(name); });
    if (program.ok()) return std::move(program).value();
    std::vector<std::string> names = out_.symbols_;
    Diagnostic problem = program.errors().front();
    problem.code = "tco-formula";
    problem.message = fmt::format("{}: {}", owner, problem.message);
    problem.where = where;
    const std::size_t at = problem.message.find("no value for ");
    if (at != std::string::npos) {
      const std::size_t begin = at + 13;
      problem.hint = did_you_mean(
          problem.message.substr(begin, problem.message.find(' ', begin) - begin), names);
    }
    problems_.push_back(std::move(problem));
    return {};
  }

  std::uint32_t slot_or_complain(const std::string& name, const TcoVariable& v) {
    if (const auto slot = out_.slot_of(name)) return *slot;
    problems_.push_back(make_error("tco-formula", fmt::format("{}: no value for {}", v.id, name),
                                   v.where, did_you_mean(name, out_.symbols_)));
    return 0;
  }

  TcoEngine::Variable make_variable(const TcoVariable& v) {
    TcoEngine::Variable out;
    out.variable = &v;
    out.slot = *out_.slot_of(v.id);
    if (v.kind == TcoVariableKind::kFormula) {
      out.program = compile(v.formula, v.id, v.where);
      return out;
    }
    out.demand = slot_or_complain(v.demand, v);
    if (!v.base.empty()) out.base = slot_or_complain(v.base, v);
    return out;
  }

  std::vector<std::uint32_t> reads(const TcoEngine::Variable& v) const {
    switch (v.variable->kind) {
      case TcoVariableKind::kFormula: return v.program.slots();
      case TcoVariableKind::kNeeded: return {v.demand};
      case TcoVariableKind::kExcess:
      case TcoVariableKind::kServed: return {v.demand, v.base};
      case TcoVariableKind::kLoanInterest: return {v.demand, out_.loan_rate_, out_.loan_years_};
    }
    return {};
  }

  /// Variables that are the same in every scenario are computed once a year.
  void find_common() {
    for (const TcoVariable& v : model().variables) {
      const auto others = std::count_if(model().variables.begin(), model().variables.end(),
                                        [&](const TcoVariable& other) { return other.id == v.id; });
      const bool may =
          v.scenarios.empty() && others == 1 && v.kind != TcoVariableKind::kLoanInterest;
      TcoEngine::Variable made = make_variable(v);
      const auto slots = reads(made);
      const bool common =
          may && std::all_of(slots.begin(), slots.end(), [&](std::uint32_t slot) {
            return slot < out_.first_builtin_ + kBuiltins.size() || common_slots_.contains(slot) ||
                   (out_.symbols_[slot].starts_with(kPrevious) && slot_is_common(slot, v.id));
          });
      if (common) {
        common_slots_.insert(made.slot);
        note_missing(made.slot, slots);
        out_.common_.push_back(std::move(made));
      }
    }
  }

  bool slot_is_common(std::uint32_t previous, const std::string& self) const {
    const std::string name = out_.symbols_[previous].substr(kPrevious.size());
    return name == self || common_slots_.contains(*out_.slot_of(name));
  }

  void note_missing(std::uint32_t slot, const std::vector<std::uint32_t>& reads) {
    std::set<std::string> all;
    for (const std::uint32_t from : reads) all.insert(missing_[from].begin(), missing_[from].end());
    missing_[slot] = {all.begin(), all.end()};
  }

  void add_scenario(const std::string& id) {
    TcoEngine::Scenario out;
    out.scenario = model().scenario(id);
    defined_ = common_slots_;
    const auto shared_missing = missing_;
    for (const TcoVariable& v : model().variables) {
      if (common_slots_.contains(*out_.slot_of(v.id)) || !applies(v.scenarios, id)) continue;
      out.variables.push_back(make_variable(v));
      missing_.resize(out_.symbols_.size());
      check_order(reads(out.variables.back()), v.id, id, v.where);
      defined_.insert(out.variables.back().slot);
      note_missing(out.variables.back().slot, reads(out.variables.back()));
    }
    std::set<std::string> missing;
    const auto add_lines = [&](const std::vector<TcoLine>& lines, bool benefit) {
      for (const TcoLine& line : lines) {
        if (applies(line.scenarios, id)) out.lines.push_back(make_line(line, benefit, id, missing));
      }
    };
    add_lines(model().lines, false);
    add_lines(model().benefits, true);
    out.missing = {missing.begin(), missing.end()};
    const std::size_t count = missing_.size();
    missing_ = shared_missing;
    missing_.resize(std::max(count, out_.symbols_.size()));
    out_.scenarios_.push_back(std::move(out));
  }

  /// A variable is computed before it is used, in every scenario that uses it.
  void check_order(const std::vector<std::uint32_t>& slots, const std::string& owner,
                   const std::string& scenario, const Location& where) {
    for (const std::uint32_t slot : slots) {
      if (slot < out_.first_builtin_ + kBuiltins.size() || defined_.contains(slot) ||
          out_.symbols_[slot].starts_with(kPrevious))
        continue;
      problems_.push_back(make_error("tco-formula",
                                     fmt::format("{}: {} has no value yet in scenario \"{}\"",
                                                 owner, out_.symbols_[slot], scenario),
                                     where, "variables are computed from top to bottom"));
    }
  }

  TcoEngine::Line make_line(const TcoLine& line, bool benefit, const std::string& scenario,
                            std::set<std::string>& missing) {
    TcoEngine::Line out;
    out.line = &line;
    out.benefit = benefit;
    out.quantity_program = compile(line.quantity, line.id + " quantity", line.where);
    out.price_program = compile(line.price, line.id + " price", line.where);
    missing_.resize(out_.symbols_.size());
    for (const Program* program : {&out.quantity_program, &out.price_program}) {
      check_order(program->slots(), line.id, scenario, line.where);
      for (const std::uint32_t slot : program->slots())
        missing.insert(missing_[slot].begin(), missing_[slot].end());
    }
    const std::string stem =
        fmt::format("{}{}/{}/", benefit ? "+" : "", scenario, out_.symbols_.size());
    out.quantity = static_cast<std::uint32_t>(out_.symbols_.size());
    add_symbol(stem + "quantity", line.where);
    out.price = static_cast<std::uint32_t>(out_.symbols_.size());
    add_symbol(stem + "price", line.where);
    missing_.resize(out_.symbols_.size());
    return out;
  }

  Diagnostics& problems_;
  TcoEngine out_;
  std::set<std::uint32_t> common_slots_;
  std::set<std::uint32_t> defined_;  ///< variables that the present scenario has computed
  std::vector<std::vector<std::string>> missing_;  ///< by slot: assumptions without a value below
  std::vector<std::string> previous_names_;
};

namespace {

void check_references(const TcoModel& model, Diagnostics& problems) {
  std::vector<std::string> known{"tco_usd", "benefit_usd", "roi"};
  for (const TcoVariable& v : model.variables) known.push_back(v.id);
  for (const TcoReference& r : model.references) {
    if (std::find(known.begin(), known.end(), r.what) != known.end()) continue;
    problems.push_back(make_error(
        "tco-published",
        fmt::format("published amount \"{}\": expected tco_usd, benefit_usd, roi or a variable",
                    r.what),
        r.where, did_you_mean(r.what, known)));
  }
}

}  // namespace

Result<TcoEngine> TcoEngine::make(const TcoModel& model,
                                  const std::vector<std::string>& scenarios) {
  Diagnostics problems;
  for (const std::string& id : scenarios) {
    if (model.scenario(id) == nullptr) {
      std::vector<std::string> known;
      for (const TcoScenario& s : model.scenarios) known.push_back(s.id);
      problems.push_back(make_error("tco-scenario", fmt::format("unknown scenario \"{}\"", id), {},
                                    did_you_mean(id, known).empty()
                                        ? fmt::format("known: {}", fmt::join(known, ", "))
                                        : did_you_mean(id, known)));
    }
  }
  check_references(model, problems);
  if (has_errors(problems)) return problems;
  TcoEngine engine = TcoEngineBuilder(model, problems).build(scenarios);
  if (has_errors(problems)) return without_repeats(std::move(problems));
  return engine;
}

}  // namespace gpusize
