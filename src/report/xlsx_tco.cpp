// The workbook of `tco`: assumptions, one sheet of live formulas per scenario, bill of materials,
// cash flow, results, sensitivity, sources. Changing an assumption recalculates all of it.

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/xlsx_parts.hpp"
#include "report/xlsx_scenario.hpp"

namespace gpusize {
namespace {

constexpr std::uint32_t kFirstPeriod = 4;    // row of period 0 on the cash-flow sheet
constexpr std::uint32_t kFirstScenario = 3;  // column of the first scenario there
constexpr std::uint32_t kColumnsEach = 4;    // cost, benefit, loan, net

struct Scenario {
  std::size_t index = 0;
  std::string at;
  std::string name;
  ScenarioSheet sheet;
  std::uint32_t net_column = 0;
  std::optional<std::uint32_t> loan_column;  ///< first one on the sheet of loans
};

void heads(XlsxSheet& sheet, std::uint32_t row, const std::vector<std::string>& titles) {
  for (std::uint32_t i = 0; i < titles.size(); ++i) sheet.text(row, i, titles[i], CellStyle::kHead);
}

class TcoWorkbook {
 public:
  TcoWorkbook(XlsxBook& book, const Page& page)
      : book_(book), page_(page), w_(page.words), single_(page.raw("/horizon/period") != "month") {}

  void write() {
    XlsxSheet& summary = book_.sheet(w_["xlsx.summary"]);
    inputs_ = assumptions_sheet(book_, page_, {{"years", "/horizon/years"}});
    traffic();
    for (std::size_t i = 0; i < page_.count("/scenarios"); ++i) {
      const std::string at = fmt::format("/scenarios/{}", i);
      if (!page_.value(at + "/tco_usd")) continue;
      scenarios_.push_back({i,
                            at,
                            w_.name("scenario", page_.raw(at + "/name")),
                            scenario_sheet(book_, page_, i, inputs_),
                            0,
                            {}});
    }
    bill();
    loans();
    cash_flow();
    results();
    sensitivity();
    sources_sheet(book_, page_);
    summary_sheet(summary);
  }

 private:
  void traffic() {
    const std::size_t steps = page_.count("/traffic");
    if (steps == 0) return;
    XlsxSheet& s = book_.sheet(w_["xlsx.traffic"]);
    s.text(0, 0, w_["xlsx.traffic_note"], CellStyle::kTitle);
    heads(s, 2, {w_.str("xlsx.share"), w_.str("xlsx.weight")});
    s.width(0, 1, 18);
    s.freeze(3, 0);
    for (std::uint32_t i = 0; i < steps; ++i) {
      s.number(3 + i, 0, page_.value(fmt::format("/traffic/{}/share", i)).value_or(0.0));
      s.number(3 + i, 1, page_.value(fmt::format("/traffic/{}/weight", i)).value_or(0.0));
    }
    const auto last = static_cast<std::uint32_t>(steps + 2);
    book_.define("traffic_share", s.range(3, 0, last, 0));
    book_.define("traffic_weight", s.range(3, 1, last, 1));
  }

  /// The price cell of the line when it is the same every year, else nothing.
  std::optional<std::uint32_t> price_column(const Scenario& s, const std::string& line) const {
    std::optional<double> price;
    std::optional<std::uint32_t> column;
    for (std::uint32_t y = 0; y < s.sheet.years; ++y) {
      const std::string year = fmt::format("{}/by_year/{}/", line, y);
      if (page_.value(year + "quantity").value_or(0.0) == 0.0) continue;
      const double now = page_.value(year + "unit_price").value_or(0.0);
      if (price && *price != now) return {};
      if (!column) column = s.sheet.first_year + y;
      price = now;
    }
    return column ? column : std::optional<std::uint32_t>(s.sheet.first_year);
  }

  void bill() {
    XlsxSheet& b = book_.sheet(w_["xlsx.bill"]);
    b.text(0, 0, w_["xlsx.bill"], CellStyle::kTitle);
    heads(b, 2,
          {w_.str("col.scenario"), w_.str("col.line"), w_.str("col.kind"), w_.str("col.quantity"),
           w_.str("col.unit"), w_.str("col.unit_price"), w_.str("col.amount_usd"),
           w_.str("col.source")});
    b.width(0, 0, 26);
    b.width(1, 1, 36);
    b.width(2, 6, 16);
    b.width(7, 7, 60);
    b.freeze(3, 2);
    std::uint32_t row = 3;
    for (const Scenario& s : scenarios_) {
      const std::uint32_t first = row;
      for (std::size_t l = 0; l < page_.count(s.at + "/lines"); ++l) bill_line(b, row++, s, l);
      b.text(row, 0, s.name);
      b.text(row, 1, w_["col.total"], CellStyle::kTotal);
      if (row > first)
        b.formula(row, 6, fmt::format("=SUM({}:{})", cell_name(first, 6), cell_name(row - 1, 6)),
                  page_.value(s.at + "/tco_usd").value_or(0.0), CellStyle::kTotal);
      totals_[s.index] = b.reference(row, 6);
      row += 2;
    }
  }

  void bill_line(XlsxSheet& b, std::uint32_t row, const Scenario& s, std::size_t l) {
    const std::string line = fmt::format("{}/lines/{}", s.at, l);
    const std::string key = fmt::format("lines {}", l);
    const ScenarioSheet& from = s.sheet;
    b.text(row, 0, s.name);
    b.text(row, 1, w_.name("line", page_.raw(line + "/name")));
    b.text(row, 2, page_.raw(line + "/kind"));
    b.formula(row, 3, "=" + from.sheet->reference(from.line_rows.at(key + " quantity"), from.total),
              page_.value(line + "/quantity").value_or(0.0), CellStyle::kLink);
    b.text(row, 4, page_.raw(line + "/unit"));
    const double price = page_.value(line + "/unit_price").value_or(0.0);
    if (const auto column = price_column(s, line)) {
      b.formula(row, 5, "=" + from.sheet->reference(from.line_rows.at(key + " price"), *column),
                price, CellStyle::kLink);
    } else {
      b.formula(row, 5, fmt::format("=IF({0}=0,0,{1}/{0})", cell_name(row, 3), cell_name(row, 6)),
                price);
    }
    b.formula(row, 6, "=" + from.sheet->reference(from.amount_rows.at(key), from.total),
              page_.value(line + "/amount_usd").value_or(0.0), CellStyle::kLink);
    b.text(row, 7, page_.raw(line + "/source"));
  }

  /// One column per loan (the purchases of a year) and scenario, rows as on the cash-flow sheet.
  void loans() {
    std::uint32_t column = 1;
    for (Scenario& s : scenarios_) {
      if (single_ || !s.sheet.loans) continue;
      if (loans_ == nullptr) {
        loans_ = &book_.sheet(w_["xlsx.loans"]);
        loans_->text(0, 0, w_["xlsx.loans_note"], CellStyle::kTitle);
        loans_->text(3, 0, w_["col.period"], CellStyle::kHead);
        loans_->freeze(kFirstPeriod, 1);
        for (std::uint32_t p = 0; p < periods(); ++p)
          loans_->formula(kFirstPeriod + p, 0, fmt::format("=ROW()-{}", kFirstPeriod + 1),
                          static_cast<double>(p));
      }
      s.loan_column = column;
      loans_->text(2, column, s.name, CellStyle::kHead);
      for (std::uint32_t y = 0; y < s.sheet.years; ++y)
        loans_->text(3, column + y, w_.text("text.year", fmt::format("{}", y + 1)),
                     CellStyle::kHead);
      loan_schedule_columns(*loans_, kFirstPeriod, column, periods(), *s.sheet.loans);
      column += s.sheet.years;
    }
    if (loans_ != nullptr) loans_->width(0, column, 15);
  }

  /// The rows of amounts of one kind over all years, or nothing.
  std::optional<std::string> rows_of(const Scenario& s, const std::string& kind) const {
    const auto found = s.sheet.amounts.find(kind);
    if (found == s.sheet.amounts.end() || found->second.empty()) return {};
    return s.sheet.sheet->range(found->second.first, s.sheet.first_year, found->second.last,
                                s.sheet.first_year + s.sheet.years - 1);
  }

  /// Costs (or benefits) that fall into the period of `row`: monthly amounts in whole cents, the
  /// first months taking what does not divide; start amounts when their year begins; end amounts in
  /// the last period.
  std::string due(const Scenario& s, const std::string& list, std::uint32_t row, bool last) const {
    const std::string period = "$" + cell_name(row, 0);
    const std::string year = "$" + cell_name(row, 1);
    const std::string month = "$" + cell_name(row, 2);
    std::string out = "=0";
    if (const auto rows = rows_of(s, list + " monthly")) {
      const std::string parts =
          single_
              ? std::string("1")
              : fmt::format("ROUND(12*MIN(12,MAX(0,ROUND(in_years*12,0)-12*({}-1)))/12,0)", year);
      const std::string cents = fmt::format("ROUND(INDEX({},0,{})*100,0)", *rows, year);
      const std::string rest = fmt::format("({0}-{1}*TRUNC({0}/{1}))", cents, parts);
      out += fmt::format("+IF({0}=0,0,SUMPRODUCT(TRUNC({1}/{2})+({3}<={4})-({3}<=-{4}))/100)",
                         period, cents, parts, month, rest);
    }
    if (const auto rows = rows_of(s, list + " start")) {
      out += single_
                 ? fmt::format("+IF({}=0,SUM(INDEX({},0,1)),0)", period, *rows)
                 : fmt::format(
                       "+IF(AND(MOD({0},12)=0,{0}/12<{1}),SUM(INDEX({2},0,MIN({1},{0}/12+1))),0)",
                       period, s.sheet.years, *rows);
    }
    if (const auto rows = rows_of(s, list + " end"); rows && last)
      out += fmt::format("+SUM({})", *rows);
    return out;
  }

  void cash_flow() {
    XlsxSheet& c = book_.sheet(w_["part.cash_flow"]);
    cash_ = &c;
    c.text(0, 0, w_["part.cash_flow"], CellStyle::kTitle);
    c.text(1, 0, w_["xlsx.cash_note"], CellStyle::kNote);
    heads(c, 3, {w_.str("col.period"), w_.str("col.year"), w_.str("xlsx.month")});
    c.width(0, 2, 9);
    c.freeze(kFirstPeriod, kFirstScenario);
    std::uint32_t column = kFirstScenario;
    for (Scenario& s : scenarios_) {
      scenario_flow(c, s, column);
      column += kColumnsEach;
    }
    c.width(kFirstScenario, column, 16);
    for (std::uint32_t p = 0; p < periods(); ++p) {
      const std::uint32_t row = kFirstPeriod + p;
      const std::string period = cell_name(row, 0);
      const double value = static_cast<double>(p);
      c.formula(row, 0, fmt::format("=ROWS({}:{})-1", cell_name(kFirstPeriod, 0, true), period),
                value);
      c.formula(row, 1, fmt::format("=IF({0}=0,0,INT(({0}-1)/12)+1)", period),
                p == 0 ? 0.0 : std::floor((value - 1.0) / 12.0) + 1.0);
      c.formula(row, 2, fmt::format("=IF({0}=0,0,MOD({0}-1,12)+1)", period),
                p == 0 ? 0.0 : std::fmod(value - 1.0, 12.0) + 1.0);
    }
  }

  [[nodiscard]] std::uint32_t periods() const {
    return scenarios_.empty()
               ? 0
               : static_cast<std::uint32_t>(page_.count(scenarios_.front().at + "/cash_flow"));
  }

  void scenario_flow(XlsxSheet& c, Scenario& s, std::uint32_t column) {
    c.text(2, column, s.name, CellStyle::kHead);
    const std::vector<std::string> titles{w_.str("col.cost"), w_.str("col.benefit"),
                                          w_.str("xlsx.loan"), w_.str("col.net")};
    for (std::uint32_t i = 0; i < titles.size(); ++i)
      c.text(3, column + i, titles[i], CellStyle::kHead);
    s.net_column = column + 3;
    for (std::uint32_t p = 0; p < periods(); ++p) {
      const std::uint32_t row = kFirstPeriod + p;
      const std::string flow = fmt::format("{}/cash_flow/{}/", s.at, p);
      const bool last = p + 1 == periods();
      const auto value = [&](const char* key) { return page_.value(flow + key).value_or(0.0); };
      c.formula(row, column, due(s, "lines", row, last), value("cost_usd"));
      c.formula(row, column + 1, due(s, "benefits", row, last), value("benefit_usd"));
      if (s.loan_column)
        c.formula(row, column + 2,
                  fmt::format("=SUM({})", loans_->range(row, *s.loan_column, row,
                                                        *s.loan_column + s.sheet.years - 1)),
                  value("loan_usd"), CellStyle::kLink);
      c.formula(row, s.net_column,
                fmt::format("={}-{}-{}", cell_name(row, column + 1), cell_name(row, column),
                            cell_name(row, column + 2)),
                value("amount_usd"));
    }
  }

  void results() {
    XlsxSheet& r = book_.sheet(w_["part.scenarios"]);
    results_ = &r;
    r.text(0, 0, w_["part.scenarios"], CellStyle::kTitle);
    heads(r, 2,
          {w_.str("col.scenario"), w_.str("col.tco"), w_.str("col.benefit"), "NPV, USD", "IRR",
           "ROI", w_.str("col.usd_per_mtok_out"), w_.str("col.usd_per_mtok_in"),
           w_.str("col.usd_per_request"), w_.str("xlsx.usd_per_gpu_hour")});
    r.width(0, 0, 30);
    r.width(1, 9, 17);
    r.freeze(3, 1);
    std::uint32_t row = 3;
    for (const Scenario& s : scenarios_) result_row(r, row++, s);
  }

  void result_row(XlsxSheet& r, std::uint32_t row, const Scenario& s) {
    const std::string tco = cell_name(row, 1);
    r.text(row, 0, s.name);
    r.formula(row, 1, "=" + totals_.at(s.index), page_.value(s.at + "/tco_usd").value_or(0.0),
              CellStyle::kLink);
    std::string tco_name = "tco_";
    for (const char c : page_.raw(s.at + "/id"))
      tco_name.push_back(std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_');
    book_.define(tco_name, r.reference(row, 1));
    std::string benefit = "=0";
    for (const auto& [kind, rows] : s.sheet.amounts) {
      if (kind.starts_with("benefits"))
        benefit += "+SUM(" +
                   s.sheet.sheet->range(rows.first, s.sheet.total, rows.last, s.sheet.total) + ")";
    }
    r.formula(row, 2, benefit, page_.value(s.at + "/benefit_usd").value_or(0.0), CellStyle::kLink);
    const std::string rate =
        single_ ? "(1+in_discount_rate)^in_years-1" : "(1+in_discount_rate)^(1/12)-1";
    const std::string first = cash_->reference(kFirstPeriod, s.net_column);
    const std::string rest =
        cash_->range(kFirstPeriod + 1, s.net_column, kFirstPeriod + periods() - 1, s.net_column);
    if (inputs_.contains("discount_rate"))
      r.formula(row, 3, fmt::format("={}+NPV({},{})", first, rate, rest),
                page_.value(s.at + "/npv_usd").value_or(0.0));
    if (const auto irr = page_.value(s.at + "/irr"); irr && !single_) {
      const std::string all =
          cash_->range(kFirstPeriod, s.net_column, kFirstPeriod + periods() - 1, s.net_column);
      r.formula(row, 4, fmt::format("=(1+IRR({},0.01))^12-1", all), *irr, CellStyle::kPercent);
    } else {
      r.text(row, 4, page_.raw(s.at + "/irr_case"));
    }
    if (const auto roi = page_.value(s.at + "/roi"))
      r.formula(row, 5, fmt::format("=({}-{})/{}", cell_name(row, 2), tco, tco), *roi,
                CellStyle::kPercent);
    const auto ratio = [&](std::uint32_t column, const char* key, const char* variable,
                           const char* scale) {
      const auto value = page_.value(fmt::format("{}/{}", s.at, key));
      const auto known = s.sheet.variable_rows.find(variable);
      if (!value || known == s.sheet.variable_rows.end()) return;
      r.formula(row, column,
                fmt::format("={}/({}{})", tco,
                            s.sheet.sheet->reference(known->second, s.sheet.total), scale),
                *value);
    };
    ratio(6, "usd_per_million_output_tokens", "output_mtok", "");
    ratio(7, "usd_per_million_input_tokens", "input_mtok", "");
    ratio(8, "usd_per_request", "requests_million", "*1000000");
    ratio(9, "usd_per_gpu_hour_used", "busy_gpu_hours", "");
  }

  void sensitivity() {
    if (page_.count("/sensitivity") == 0) return;
    XlsxSheet& t = book_.sheet(w_["part.sensitivity"]);
    sensitivity_ = &t;
    t.text(0, 0, w_["part.sensitivity"], CellStyle::kTitle);
    t.text(1, 0, w_["xlsx.sensitivity_note"], CellStyle::kNote);
    heads(t, 3,
          {w_.str("col.scenario"), w_.str("col.driver"), w_.str("col.unit"), w_.str("col.low"),
           w_.str("col.base"), w_.str("col.high"), w_.str("col.tco_low"), w_.str("col.tco_high"),
           w_.str("xlsx.swing")});
    t.width(0, 0, 18);
    t.width(1, 1, 44);
    t.width(2, 8, 16);
    t.freeze(4, 2);
    std::uint32_t row = 4;
    for (std::size_t i = 0; i < page_.count("/sensitivity"); ++i) {
      const std::string at = fmt::format("/sensitivity/{}/", i);
      const auto value = [&](const char* key) { return page_.value(at + key).value_or(0.0); };
      const auto driver = inputs_.find(page_.raw(at + "driver"));
      t.text(row, 0, page_.raw(at + "scenario"));
      t.text(row, 1, page_.raw(at + "name"));
      t.text(row, 2, page_.raw(at + "unit"));
      t.number(row, 3, value("low"));
      if (driver != inputs_.end())
        t.formula(row, 4, "=" + driver->second.name, value("base"), CellStyle::kLink);
      t.number(row, 5, value("high"));
      t.number(row, 6, value("tco_low_usd"));
      t.number(row, 7, value("tco_high_usd"));
      t.formula(row, 8, fmt::format("=ABS({}-{})", cell_name(row, 7), cell_name(row, 6)),
                std::fabs(value("tco_high_usd") - value("tco_low_usd")));
      ++row;
    }
    sensitivity_rows_ = row - 4;
  }

  void summary_sheet(XlsxSheet& s) {
    s.width(0, 0, 34);
    s.width(1, 4, 18);
    const std::string model = page_.raw("/fleet/model");
    s.text(0, 0, page_.raw("/title"), CellStyle::kTitle);
    if (!model.empty()) s.text(1, 0, fmt::format("{}, {}", model, page_.raw("/fleet/gpu")));
    s.text(2, 0, w_["xlsx.summary_note"], CellStyle::kNote);
    heads(s, 4,
          {w_.str("col.scenario"), w_.str("col.tco"), "NPV, USD", w_.str("col.usd_per_mtok_out")});
    std::uint32_t row = 5;
    for (std::uint32_t i = 0; i < scenarios_.size(); ++i) {
      const Scenario& one = scenarios_[i];
      s.text(row, 0, one.name);
      const auto link = [&](std::uint32_t column, std::uint32_t from, const char* key) {
        if (const auto value = page_.value(fmt::format("{}/{}", one.at, key)))
          s.formula(row, column, "=" + results_->reference(3 + i, from), *value, CellStyle::kLink);
      };
      link(1, 1, "tco_usd");
      link(2, 3, "npv_usd");
      link(3, 6, "usd_per_million_output_tokens");
      ++row;
    }
    if (scenarios_.empty()) return;
    std::vector<std::string> not_live;
    for (const Scenario& one : scenarios_) {
      for (const std::string& name : one.sheet.not_live)
        not_live.push_back(fmt::format("{}: {}", one.name, name));
    }
    if (!not_live.empty())
      s.text(row + 1, 0, w_.text("xlsx.not_live", fmt::format("{}", fmt::join(not_live, ", "))),
             CellStyle::kNote);
    const auto last = static_cast<std::uint32_t>(4 + scenarios_.size());
    book_.chart(s, row + 3, 0, XlsxChartKind::kBar, w_.str("chart.scenario_cost"),
                {{w_.str("col.tco"), "=" + s.range(5, 0, last, 0), "=" + s.range(5, 1, last, 1)}});
    std::vector<XlsxChartSeries> flows;
    for (const Scenario& one : scenarios_)
      flows.push_back({one.name,
                       "=" + cash_->range(kFirstPeriod, 0, kFirstPeriod + periods() - 1, 0),
                       "=" + cash_->range(kFirstPeriod, one.net_column,
                                          kFirstPeriod + periods() - 1, one.net_column)});
    book_.chart(s, row + 22, 0, XlsxChartKind::kLine, w_.str("part.cash_flow"), flows);
    if (sensitivity_ != nullptr && sensitivity_rows_ > 0) {
      const std::uint32_t shown = std::min<std::uint32_t>(12, sensitivity_rows_) + 3;
      book_.chart(s, row + 41, 0, XlsxChartKind::kBar, w_.str("part.sensitivity"),
                  {{w_.str("xlsx.swing"), "=" + sensitivity_->range(4, 1, shown, 1),
                    "=" + sensitivity_->range(4, 8, shown, 8)}});
    }
  }

  XlsxBook& book_;
  const Page& page_;
  const Words& w_;
  bool single_;
  AssumptionCells inputs_;
  std::vector<Scenario> scenarios_;
  std::map<std::size_t, std::string> totals_;
  XlsxSheet* loans_ = nullptr;
  XlsxSheet* cash_ = nullptr;
  XlsxSheet* results_ = nullptr;
  XlsxSheet* sensitivity_ = nullptr;
  std::uint32_t sensitivity_rows_ = 0;
};

}  // namespace

void tco_workbook(XlsxBook& book, const Page& page) { TcoWorkbook(book, page).write(); }

}  // namespace gpusize
