#include "plan/tco_scenario_writer.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gpusize/core/check.hpp"
#include "gpusize/plan/tco_document.hpp"
#include "gpusize/tco/depreciation.hpp"
#include "plan/tco_whys.hpp"

namespace gpusize {
namespace {

constexpr std::array<Formula, 5> kFormulas{{
    {"tco.net", "benefit - cost - loan", "USD", "outflows are negative"},
    {"tco.roi", "(benefit - cost) / cost", "ratio", "return on what is spent over the horizon"},
    {"tco.usd_per_million", "tco / mtok", "USD/Mtoken",
     "the whole cost over the tokens of one kind; it is not split between input and output"},
    {"tco.usd_per_request", "tco / (requests_million * 1000000)", "USD/request", "definition"},
    {"tco.usd_per_gpu_hour", "tco / gpu_hours", "USD/GPU-hour",
     "the whole cost over the GPU-hours that are busy"},
}};

const Formula& formula(std::string_view id) {
  const auto* found = std::find_if(kFormulas.begin(), kFormulas.end(),
                                   [&](const Formula& f) { return f.id == id; });
  GPUSIZE_CHECK(found != kFormulas.end(), "a tco formula is listed");
  return *found;
}

/// Titles of the facts below numbers, in the order of their formulas: the first few of each.
class SourceTitles {
 public:
  const std::vector<std::string>& below(const Why& why) {
    if (const auto found = known_.find(why); found != known_.end()) return found->second;
    std::vector<std::string> out;
    if (why->inputs.empty() && !why->source.title.empty()) {
      out.push_back(why->source.title);
      if (!why->source.as_of.empty()) out.back() += ", " + why->source.as_of;
    }
    for (const auto& [symbol, input] : why->inputs) {
      if (out.size() == kTold) break;
      for (const std::string& title : below(input)) {
        if (out.size() < kTold && std::find(out.begin(), out.end(), title) == out.end())
          out.push_back(title);
      }
    }
    return known_[why] = std::move(out);
  }

 private:
  static constexpr std::size_t kTold = 3;
  std::unordered_map<Why, std::vector<std::string>> known_;  ///< keeps what it knows alive
};

class ScenarioWriter {
 public:
  ScenarioWriter(ObjectWriter out, const TcoEngine& engine, const TcoScenarioResult& result)
      : out_(out), engine_(engine), r_(result), whys_(engine, result) {}

  void write() {
    out_.text("id", r_.scenario->scenario->id);
    out_.text("name", r_.scenario->scenario->name);
    out_.text("status", r_.known() ? "priced" : "no price known");
    out_.text("note", r_.scenario->scenario->note);
    out_.list("missing");
    for (const std::string& id : r_.scenario->missing) {
      const TcoAssumption* a = engine_.model().assumption(id);
      out_.append_text("missing", a->missing.empty() ? id : fmt::format("{}: {}", id, a->missing));
    }
    lines("lines", r_.costs);
    lines("benefits", r_.benefits);
    out_.list("cash_flow");
    out_.list("yearly");
    out_.list("depreciation");
    if (!r_.known()) return nothing();
    sums();
    cash_flow();
    depreciation();
    results();
    per_unit();
    carbon();
  }

 private:
  void nothing() {
    for (const char* key : {"tco_usd", "benefit_usd", "npv_usd", "irr"}) out_.null(key);
    out_.text("irr_case", "none");
    for (const char* key : {"mirr", "payback_months", "discounted_payback_months", "roi",
                            "usd_per_million_output_tokens", "usd_per_million_input_tokens",
                            "usd_per_request", "usd_per_gpu_hour_used", "carbon"})
      out_.null(key);
  }

  std::string source_of(const TcoLineResult& line) {
    if (!line.line->line->source.empty()) return line.line->line->source;
    const std::vector<std::string>& found = sources_.below(whys_.mean_price(line));
    return found.empty() ? "input" : fmt::format("{}", fmt::join(found, "; "));
  }

  void lines(std::string_view key, const std::vector<TcoLineResult>& lines) {
    out_.list(key);
    for (const TcoLineResult& line : lines) {
      const TcoLine& text = *line.line->line;
      ObjectWriter row = out_.append(key);
      row.text("id", text.id);
      row.text("name", text.name);
      row.text("unit", text.unit);
      row.number("quantity", line.quantity(), whys_.total_quantity(line));
      row.number("unit_price", line.price(), whys_.mean_price(line));
      row.number("amount_usd", line.total.usd(), whys_.total(line));
      row.text("kind", text.kind);
      row.text("when", name_of(text.when));
      row.text("source", source_of(line));
      row.text("quantity_formula", text.quantity);
      row.text("price_formula", text.price);
      row.list("by_year");
      for (std::size_t step = 0; step < line.years.size(); ++step) {
        ObjectWriter year = row.append("by_year");
        year.integer("year", static_cast<std::int64_t>(step + 1), year_number(step + 1));
        year.number("quantity", line.years[step].quantity, whys_.quantity(line, step));
        year.number("unit_price", line.years[step].price, whys_.price(line, step));
        year.number("amount_usd", line.years[step].amount.usd(), whys_.amount(line, step));
      }
    }
  }

  static Why year_number(std::size_t year) {
    return why_count("year", static_cast<double>(year), "counts from 1; 0 is the start");
  }

  static Why total_of(std::string label, const std::vector<TcoLineResult>& lines, Cents value,
                      TcoWhys& whys) {
    std::vector<std::pair<std::string, Why>> parts;
    for (const TcoLineResult& line : lines)
      parts.emplace_back(line.line->line->id, whys.total(line));
    return why_sum(std::move(label), value.usd(), "USD", std::move(parts));
  }

  void sums() {
    tco_ = total_of("total cost", r_.costs, r_.tco, whys_);
    benefit_ = total_of("total benefit", r_.benefits, r_.benefit, whys_);
  }

  Why side(std::string label, const std::vector<TcoLineResult>& lines, std::size_t period,
           Cents value) {
    std::vector<std::pair<std::string, Why>> parts;
    for (const TcoLineResult& line : lines) {
      if (line.flow[period].value != 0)
        parts.emplace_back(line.line->line->id, whys_.flow(line, period));
    }
    return why_sum(std::move(label), value.usd(), "USD", std::move(parts));
  }

  void cash_flow() {
    for (std::size_t p = 0; p < r_.cash_flow.size(); ++p) {
      Cents cost;
      Cents benefit;
      for (const TcoLineResult& line : r_.costs) cost += line.flow[p];
      for (const TcoLineResult& line : r_.benefits) benefit += line.flow[p];
      const Why cost_why = side("costs of the period", r_.costs, p, cost);
      const Why benefit_why = side("benefits of the period", r_.benefits, p, benefit);
      const Why loan_why =
          why_search("loan", r_.loan[p].usd(), "USD", "principal repaid less loans taken", {});
      ObjectWriter row = out_.append("cash_flow");
      row.integer("period", static_cast<std::int64_t>(p),
                  why_count("period", static_cast<double>(p), "0 is the start"));
      const Why net = why_formula(
          formula("tco.net"), fmt::format("net cash flow of period {}", p), r_.cash_flow[p].usd(),
          {{"benefit", benefit_why}, {"cost", cost_why}, {"loan", loan_why}});
      row.number("amount_usd", r_.cash_flow[p].usd(), net);
      row.number("cost_usd", cost.usd(), cost_why);
      row.number("benefit_usd", benefit.usd(), benefit_why);
      row.number("loan_usd", r_.loan[p].usd(), loan_why);
      const std::size_t year = engine_.model().period.single() ? p : (p + 11) / 12;
      if (years_.size() <= year) years_.resize(year + 1);
      years_[year].cost.emplace_back(fmt::format("period {}", p), cost_why);
      years_[year].benefit.emplace_back(fmt::format("period {}", p), benefit_why);
      years_[year].net.emplace_back(fmt::format("period {}", p), net);
      years_[year].cost_sum += cost;
      years_[year].benefit_sum += benefit;
      years_[year].net_sum += r_.cash_flow[p];
    }
    for (std::size_t y = 0; y < years_.size(); ++y) {
      Year& year = years_[y];
      ObjectWriter row = out_.append("yearly");
      row.integer("year", static_cast<std::int64_t>(y), year_number(y));
      row.number("cost_usd", year.cost_sum.usd(),
                 why_sum("costs paid", year.cost_sum.usd(), "USD", std::move(year.cost)));
      row.number("benefit_usd", year.benefit_sum.usd(),
                 why_sum("benefits", year.benefit_sum.usd(), "USD", std::move(year.benefit)));
      row.number("net_usd", year.net_sum.usd(),
                 why_sum("net cash flow", year.net_sum.usd(), "USD", std::move(year.net)));
    }
  }

  /// Purchases of every tranche written off: straight line for the books, MACRS for tax.
  void depreciation() {
    const TcoAssumption* life = engine_.model().assumption("depreciation_years");
    if (life == nullptr || life->why == nullptr || engine_.model().period.single()) return;
    const std::size_t years = engine_.model().period.steps();
    std::vector<Cents> bought(years);
    std::vector<std::pair<std::string, Why>> costs;
    for (const TcoLineResult& line : r_.costs) {
      if (line.line->line->kind != "capex") continue;
      for (std::size_t y = 0; y < years; ++y) bought[y] += line.years[y].amount;
      costs.emplace_back(line.line->line->id, whys_.total(line));
    }
    if (costs.empty()) return;
    const std::vector<double> book = straight_line(life->value());
    const auto tax = tax_table();
    std::vector<std::pair<std::string, Why>> inputs = costs;
    inputs.emplace_back("depreciation_years", life->why);
    Cents value;
    for (std::size_t y = 0; y < years; ++y) {
      Cents book_sum;
      Cents tax_sum;
      for (std::size_t from = 0; from <= y; ++from) {
        if (y - from < book.size()) book_sum += to_cents(bought[from].usd() * book[y - from]);
        if (y - from < tax.size()) tax_sum += to_cents(bought[from].usd() * tax[y - from]);
      }
      value += bought[y] - book_sum;
      ObjectWriter row = out_.append("depreciation");
      row.integer("year", static_cast<std::int64_t>(y + 1), year_number(y + 1));
      const auto put = [&](std::string_view key, Cents amount, const char* note) {
        row.number(key, amount.usd(),
                   why_search(std::string(key), amount.usd(), "USD", note, inputs));
      };
      put("book_usd", book_sum, "straight line over the book life, each tranche from its purchase");
      put("tax_usd", tax_sum,
          "MACRS table of tax_life_years and tax_quarter (IRS Pub. 946, appendix A)");
      put("book_value_usd", value, "purchases so far less straight-line depreciation so far");
    }
  }

  /// The MACRS table that the model names; five years, half-year convention, when it names none.
  std::span<const double> tax_table() const {
    const auto whole = [&](const char* id, std::int64_t otherwise) {
      const TcoAssumption* a = engine_.model().assumption(id);
      return a != nullptr && a->why ? static_cast<std::int64_t>(a->value()) : otherwise;
    };
    const auto life = macrs_class(whole("tax_life_years", 5)).value_or(MacrsClass::k5Year);
    const std::int64_t quarter = whole("tax_quarter", 0);
    if (life == MacrsClass::k5Year && quarter >= 1 && quarter <= 4)
      return macrs_mid_quarter_5(static_cast<int>(quarter));
    return macrs_half_year(life);
  }

  void optional(std::string_view key, const std::optional<double>& value, const Why& why) {
    if (value) {
      out_.number(key, *value, why);
    } else {
      out_.null(key);
    }
  }

  void results() {
    out_.number("tco_usd", r_.tco.usd(), tco_);
    out_.number("benefit_usd", r_.benefit.usd(), benefit_);
    const TcoAssumption* discount = engine_.model().assumption("discount_rate");
    std::vector<std::pair<std::string, Why>> inputs{{"costs", tco_}, {"benefits", benefit_}};
    if (discount != nullptr) inputs.emplace_back("discount_rate", discount->why);
    const auto why = [&](std::string label, double value, std::string unit, const char* note) {
      return why_search(std::move(label), value, std::move(unit), note, inputs);
    };
    out_.number("npv_usd", r_.npv_usd,
                why("net present value", r_.npv_usd, "USD",
                    "sum of cash_flow / (1 + rate)^period, rate per period = (1 + discount_rate)^"
                    "(period in years) - 1"));
    const bool one = r_.irr.which == IrrCase::kUnique;
    optional("irr", one ? std::optional<double>(r_.irr.roots.front()) : std::nullopt,
             why("internal rate of return", one ? r_.irr.roots.front() : 0.0, "1/year",
                 "the yearly rate at which the net present value is zero"));
    out_.text("irr_case", one                                  ? "unique"
                          : r_.irr.which == IrrCase::kMultiple ? "multiple"
                                                               : "none");
    optional("mirr", r_.mirr,
             why("modified internal rate of return", r_.mirr.value_or(0.0), "1/year",
                 "outflows discounted and inflows compounded at discount_rate"));
    optional("payback_months", r_.payback_months,
             why("payback", r_.payback_months.value_or(0.0), engine_.model().period.unit,
                 "periods until the running sum of the cash flow stays above zero"));
    optional("discounted_payback_months", r_.discounted_payback_months,
             why("discounted payback", r_.discounted_payback_months.value_or(0.0),
                 engine_.model().period.unit, "the same of the discounted cash flow"));
    optional("roi", r_.roi,
             r_.roi ? why_formula(formula("tco.roi"), "return on investment", *r_.roi,
                                  {{"benefit", benefit_}, {"cost", tco_}})
                    : nullptr);
  }

  void ratio(std::string_view key, std::string_view id, std::string_view symbol,
             std::string_view name, double scale) {
    const auto below = r_.sum(engine_, symbol);
    if (!below || *below <= 0.0) return out_.null(key);
    const double value = r_.tco.usd() / (*below * scale);
    out_.number(key, value,
                why_formula(formula(id), std::string(key), value,
                            {{"tco", tco_}, {std::string(name), whys_.sum(symbol)}}));
  }

  void per_unit() {
    ratio("usd_per_million_output_tokens", "tco.usd_per_million", "output_mtok", "mtok", 1.0);
    ratio("usd_per_million_input_tokens", "tco.usd_per_million", "input_mtok", "mtok", 1.0);
    ratio("usd_per_request", "tco.usd_per_request", "requests_million", "requests_million", 1e6);
    ratio("usd_per_gpu_hour_used", "tco.usd_per_gpu_hour", "busy_gpu_hours", "gpu_hours", 1.0);
  }

  void carbon() {
    const auto operational = r_.sum(engine_, "operational_kg");
    const auto embodied = r_.sum(engine_, "embodied_kg");
    if (!operational || !embodied || *operational + *embodied == 0.0) return out_.null("carbon");
    ObjectWriter row = out_.object("carbon");
    const Why a = whys_.sum("operational_kg");
    const Why b = whys_.sum("embodied_kg");
    row.number("operational_kg", *operational, a);
    row.number("embodied_kg", *embodied, b);
    row.number(
        "total_kg", *operational + *embodied,
        why_sum("carbon", *operational + *embodied, "kg", {{"operational", a}, {"embodied", b}}));
  }

  struct Year {
    std::vector<std::pair<std::string, Why>> cost;
    std::vector<std::pair<std::string, Why>> benefit;
    std::vector<std::pair<std::string, Why>> net;
    Cents cost_sum;
    Cents benefit_sum;
    Cents net_sum;
  };

  ObjectWriter out_;
  const TcoEngine& engine_;
  const TcoScenarioResult& r_;
  TcoWhys whys_;
  SourceTitles sources_;
  Why tco_;
  Why benefit_;
  std::vector<Year> years_;
};

}  // namespace

void write_tco_scenario(ObjectWriter out, const TcoEngine& engine,
                        const TcoScenarioResult& result) {
  ScenarioWriter(out, engine, result).write();
}

std::span<const Formula> tco_document_formulas() { return kFormulas; }

}  // namespace gpusize
