#include "report/xlsx_scenario.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/core/formula.hpp"
#include "report/xlsx_formula.hpp"

namespace gpusize {
namespace {

constexpr std::uint32_t kFirstYear = 3;  // columns: name, id, unit, years, total
constexpr std::string_view kPrevious = "prev_";
constexpr double kMonths = 12.0;

/// A row of the sheet that formulas may name, with its value in each year.
struct Known {
  std::uint32_t row = 0;
  std::vector<double> values;
};

class Writer {
 public:
  Writer(XlsxBook& book, const Page& page, std::size_t scenario, const AssumptionCells& inputs)
      : page_(page),
        inputs_(inputs),
        at_(fmt::format("/scenarios/{}", scenario)),
        id_(page.raw(at_ + "/id")) {
    out_.sheet = &book.sheet(id_);
    out_.first_year = kFirstYear;
    for (const char* list : {"lines", "benefits"})
      out_.years = std::max(out_.years, static_cast<std::uint32_t>(
                                            page.count(fmt::format("{}/{}/0/by_year", at_, list))));
    out_.total = kFirstYear + out_.years;
  }

  ScenarioSheet write() {
    XlsxSheet& s = *out_.sheet;
    const Words& w = page_.words;
    s.text(0, 0, w.name("scenario", page_.raw(at_ + "/name")), CellStyle::kTitle);
    const std::vector<std::string> titles{w.str("col.what"), w.str("col.name"), w.str("col.unit")};
    for (std::uint32_t i = 0; i < titles.size(); ++i) s.text(2, i, titles[i], CellStyle::kHead);
    for (std::uint32_t y = 0; y < out_.years; ++y)
      s.text(2, kFirstYear + y, w.text("text.year", fmt::format("{}", y + 1)), CellStyle::kHead);
    s.text(2, out_.total, w["col.total"], CellStyle::kHead);
    s.width(0, 0, 44);
    s.width(1, 1, 24);
    s.width(2, out_.total, 15);
    s.freeze(3, kFirstYear);
    time_rows();
    section("xlsx.variables");
    for (std::size_t i = 0; i < page_.count("/variables"); ++i)
      variable(fmt::format("/variables/{}", i));
    section("xlsx.quantities");
    for_each_line(
        [&](const std::string& key, const std::string& line) { part(key, line, "quantity"); });
    section("xlsx.prices");
    for_each_line(
        [&](const std::string& key, const std::string& line) { part(key, line, "price"); });
    for (const char* list : {"lines", "benefits"}) {
      for (const char* when : {"start", "monthly", "end"}) amounts(list, when);
    }
    return std::move(out_);
  }

 private:
  static double year_number(std::uint32_t y) { return static_cast<double>(y + 1); }

  void section(const char* word) {
    out_.sheet->text(++row_, 0, page_.words[word], CellStyle::kHead);
    ++row_;
  }

  template <typename Do>
  void for_each_line(Do&& run) {
    for (const char* list : {"lines", "benefits"}) {
      for (std::size_t i = 0; i < page_.count(fmt::format("{}/{}", at_, list)); ++i)
        run(fmt::format("{} {}", list, i), fmt::format("{}/{}/{}", at_, list, i));
    }
  }

  /// Year, years and year_share: what every formula may use.
  void time_rows() {
    row_ = 3;
    const double years = page_.value("/horizon/years").value_or(0.0);
    const auto add = [&](const char* id, const char* unit, auto&& text, auto&& value) {
      label(id, id, unit);
      Known known{row_, {}};
      for (std::uint32_t y = 0; y < out_.years; ++y) {
        known.values.push_back(value(y));
        out_.sheet->formula(row_, kFirstYear + y, text(kFirstYear + y), known.values.back());
      }
      known_[id] = known;
      ++row_;
    };
    const std::uint32_t year_row = row_;
    add(
        "year", "",
        [&](std::uint32_t c) {
          return fmt::format("=COLUMNS({}:{})", cell_name(year_row, kFirstYear, true),
                             cell_name(year_row, c));
        },
        [&](std::uint32_t y) { return year_number(y); });
    add(
        "years", "years", [](std::uint32_t) { return std::string("=in_years"); },
        [&](std::uint32_t) { return years; });
    add(
        "year_share", "ratio",
        [&](std::uint32_t c) {
          return fmt::format("=MIN(12,MAX(0,ROUND(in_years*12,0)-12*({}-1)))/12",
                             cell_name(year_row, c));
        },
        [&](std::uint32_t y) {
          return std::min(kMonths, std::max(0.0, std::round(years * kMonths) - kMonths * y)) /
                 kMonths;
        });
  }

  void label(const std::string& title, const std::string& id, const std::string& unit) {
    out_.sheet->text(row_, 0, title);
    out_.sheet->text(row_, 1, id);
    out_.sheet->text(row_, 2, unit);
  }

  /// The cell that a name means in the column of year `y`.
  std::optional<std::string> reference(std::string_view name, std::uint32_t y) const {
    if (const auto input = inputs_.find(name); input != inputs_.end()) return input->second.name;
    if (const auto known = known_.find(name); known != known_.end())
      return cell_name(known->second.row, kFirstYear + y);
    if (!name.starts_with(kPrevious)) return {};
    if (y == 0) return "0";
    const auto known = row_of_.find(name.substr(kPrevious.size()));
    if (known == row_of_.end()) return {};
    return cell_name(known->second, kFirstYear + y - 1);
  }

  std::optional<double> value(std::string_view name, std::uint32_t y,
                              const std::vector<double>& own, std::string_view own_id) const {
    if (const auto input = inputs_.find(name); input != inputs_.end()) return input->second.value;
    const bool previous = name.starts_with(kPrevious);
    const std::string_view id = previous ? name.substr(kPrevious.size()) : name;
    if (previous && y == 0) return 0.0;
    if (previous && id == own_id) return own[y - 1];
    const auto known = known_.find(id);
    if (known == known_.end()) return {};
    return known->second.values[previous ? y - 1 : y];
  }

  /// Formula and value of `text` in each year, or nothing when a name is unknown.
  bool formula_row(const std::string& text, const std::string& id, std::vector<double>& values) {
    std::vector<std::string> cells;
    row_of_[id] = row_;
    for (std::uint32_t y = 0; y < out_.years; ++y) {
      const auto cell =
          spreadsheet_formula(text, [&](std::string_view name) { return reference(name, y); });
      const auto now =
          evaluate(text, [&](std::string_view name) { return value(name, y, values, id); });
      if (!cell || !now.ok() || !std::isfinite(*now)) return false;
      cells.push_back("=" + *cell);
      values.push_back(*now);
    }
    for (std::uint32_t y = 0; y < out_.years; ++y)
      out_.sheet->formula(row_, kFirstYear + y, cells[y], values[y]);
    return true;
  }

  bool applies(const std::string& variable) const {
    const std::size_t count = page_.count(variable + "/scenarios");
    if (count == 0) return true;
    for (std::size_t i = 0; i < count; ++i) {
      if (page_.raw(fmt::format("{}/scenarios/{}", variable, i)) == id_) return true;
    }
    return false;
  }

  void variable(const std::string& variable) {
    if (!applies(variable)) return;
    const std::string id = page_.raw(variable + "/id");
    std::vector<double> values;
    const std::string formula = page_.raw(variable + "/formula");
    const std::string curve = page_.raw(variable + "/curve");
    const bool live = curve == "loan_interest" ? loan_row(variable, id, values)
                      : formula.empty()        ? curve_row(variable, curve, id, values)
                                               : formula_row(formula, id, values);
    if (!live) return;  // rests on what this scenario does not have
    label(page_.raw(variable + "/name"), id, page_.raw(variable + "/unit"));
    total(values, CellStyle::kFormula);
    out_.variable_rows[id] = row_;
    double sum = 0.0;
    for (const double v : values) sum += v;
    out_.variable_totals[id] = sum;
    known_[id] = {row_, std::move(values)};
    ++row_;
  }

  /// Means over the traffic curve: the curve's steps stand on a sheet of their own.
  bool curve_row(const std::string& variable, const std::string& kind, const std::string& id,
                 std::vector<double>& values) {
    const std::string demand = page_.raw(variable + "/demand");
    const std::string base = page_.raw(variable + "/base");
    const std::size_t steps = page_.count("/traffic");
    if (steps == 0 || kind.empty()) return false;
    row_of_[id] = row_;
    std::vector<std::string> cells;
    for (std::uint32_t y = 0; y < out_.years; ++y) {
      const auto d = reference(demand, y);
      const auto dv = value(demand, y, values, id);
      const auto b = base.empty() ? std::optional<std::string>("0") : reference(base, y);
      const auto bv = base.empty() ? std::optional<double>(0.0) : value(base, y, values, id);
      if (!d || !dv || !b || !bv) return false;
      double sum = 0.0;
      for (std::size_t i = 0; i < steps; ++i) {
        const double load = *dv * page_.value(fmt::format("/traffic/{}/share", i)).value_or(0.0);
        const double whole = std::ceil(load - 1e-12);
        const double of = kind == "needed"   ? std::max(1.0, whole)
                          : kind == "excess" ? std::max(0.0, whole - *bv)
                                             : std::min(load, *bv);
        sum += page_.value(fmt::format("/traffic/{}/weight", i)).value_or(0.0) * of;
      }
      const std::string load = fmt::format("(traffic_share*{})", *d);
      const std::string whole = fmt::format("(-INT(-({}-0.000000000001)))", load);
      const auto larger = [](const std::string& a, const std::string& than) {
        return fmt::format("(({0}>{1})*({0}-{1})+{1})", a, than);
      };
      const std::string of = kind == "needed" ? larger(whole, "1")
                             : kind == "excess"
                                 ? larger(fmt::format("({}-{})", whole, *b), "0")
                                 : fmt::format("({0}-({0}>{1})*({0}-{1}))", load, *b);
      cells.push_back(fmt::format("=SUMPRODUCT(traffic_weight,{})", of));
      values.push_back(sum);
    }
    for (std::uint32_t y = 0; y < out_.years; ++y)
      out_.sheet->formula(row_, kFirstYear + y, cells[y], values[y]);
    return true;
  }

  /// Interest on all loans taken so far, under three rows with their terms.
  bool loan_row(const std::string& variable, const std::string& id, std::vector<double>& values) {
    const auto drawn = known_.find(page_.raw(variable + "/demand"));
    const auto rate = inputs_.find("loan_rate");
    const auto years = inputs_.find("loan_years");
    if (drawn == known_.end() || rate == inputs_.end() || years == inputs_.end()) return false;
    LoanTerms terms;
    terms.yearly_rate = rate->second.value;
    terms.years = years->second.value;
    terms.amounts = drawn->second.values;
    for (std::uint32_t y = 0; y < out_.years; ++y)
      terms.drawn.push_back(cell_name(drawn->second.row, kFirstYear + y));
    row_ = loan_term_rows(*out_.sheet, row_, kFirstYear, page_.words, rate->second.name,
                          years->second.name, terms);
    row_of_[id] = row_;
    for (std::uint32_t y = 0; y < out_.years; ++y) {
      const Known& share = known_.at("year_share");
      values.push_back(loan_interest_value(terms, y, share.values[y]));
      out_.sheet->formula(row_, kFirstYear + y,
                          loan_interest_formula(terms, y, cell_name(share.row, kFirstYear + y)),
                          values.back());
    }
    // Other sheets name the cells with their sheet.
    for (std::string* cell : {&terms.rate, &terms.months, &terms.payment})
      *cell = quoted_sheet(out_.sheet->name()) + "!" + *cell;
    for (std::uint32_t y = 0; y < out_.years; ++y)
      terms.drawn[y] = out_.sheet->reference(drawn->second.row, kFirstYear + y);
    out_.loans = std::move(terms);
    return true;
  }

  void total(const std::vector<double>& values, CellStyle style) {
    double sum = 0.0;
    for (const double v : values) sum += v;
    out_.sheet->formula(
        row_, out_.total,
        fmt::format("=SUM({}:{})", cell_name(row_, kFirstYear), cell_name(row_, out_.total - 1)),
        sum, style);
  }

  [[nodiscard]] std::string line_name(const std::string& line) const {
    return page_.words.name("line", page_.raw(line + "/name"));
  }

  /// Quantity or price of a line.
  void part(const std::string& key, const std::string& line, const std::string& which) {
    const std::string id = fmt::format("{} {}", key, which);
    std::vector<double> values;
    if (!formula_row(page_.raw(fmt::format("{}/{}_formula", line, which)), id, values)) {
      values.clear();
      out_.not_live.push_back(line_name(line));
      for (std::uint32_t y = 0; y < out_.years; ++y) {
        const char* field = which == "price" ? "unit_price" : "quantity";
        values.push_back(
            page_.value(fmt::format("{}/by_year/{}/{}", line, y, field)).value_or(0.0));
        out_.sheet->number(row_, kFirstYear + y, values.back());
      }
    }
    label(line_name(line), page_.raw(line + "/id"),
          which == "price" ? "USD/" + page_.raw(line + "/unit") : page_.raw(line + "/unit"));
    if (which == "quantity") total(values, CellStyle::kFormula);
    known_[id] = {row_, std::move(values)};
    out_.line_rows[id] = row_;
    ++row_;
  }

  void amounts(const std::string& list, const std::string& when) {
    AmountRows rows;
    bool headed = false;
    for (std::size_t i = 0; i < page_.count(fmt::format("{}/{}", at_, list)); ++i) {
      const std::string line = fmt::format("{}/{}/{}", at_, list, i);
      if (page_.raw(line + "/when") != when) continue;
      if (!headed) {
        section(list == "lines" ? (when == "start" ? "xlsx.costs_start"
                                   : when == "end" ? "xlsx.costs_end"
                                                   : "xlsx.costs_monthly")
                                : "xlsx.benefits");
        rows.first = row_;
        headed = true;
      }
      const std::string key = fmt::format("{} {}", list, i);
      const Known& quantity = known_.at(key + " quantity");
      const Known& price = known_.at(key + " price");
      double sum = 0.0;
      for (std::uint32_t y = 0; y < out_.years; ++y) {
        const double amount =
            page_.value(fmt::format("{}/by_year/{}/amount_usd", line, y)).value_or(0.0);
        sum += amount;
        out_.sheet->formula(
            row_, kFirstYear + y,
            fmt::format("=INT({}*{}*100+0.5)/100", cell_name(quantity.row, kFirstYear + y),
                        cell_name(price.row, kFirstYear + y)),
            amount);
      }
      label(line_name(line), page_.raw(line + "/id"), "USD");
      out_.sheet->formula(
          row_, out_.total,
          fmt::format("=SUM({}:{})", cell_name(row_, kFirstYear), cell_name(row_, out_.total - 1)),
          sum, CellStyle::kTotal);
      out_.amount_rows[key] = row_;
      rows.last = row_++;
    }
    if (headed) out_.amounts[list + " " + when] = rows;
  }

  const Page& page_;
  const AssumptionCells& inputs_;
  std::string at_;
  std::string id_;
  ScenarioSheet out_;
  std::uint32_t row_ = 0;
  std::map<std::string, Known, std::less<>> known_;
  std::map<std::string, std::uint32_t, std::less<>> row_of_;
};

}  // namespace

ScenarioSheet scenario_sheet(XlsxBook& book, const Page& page, std::size_t scenario,
                             const AssumptionCells& inputs) {
  return Writer(book, page, scenario, inputs).write();
}

}  // namespace gpusize
