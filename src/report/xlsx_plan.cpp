// The workbook of `plan`: inputs and estimates, then fleet and cost of every option as formulas.

#include <fmt/format.h>

#include "report/plan_names.hpp"
#include "report/xlsx_parts.hpp"

namespace gpusize {
namespace {

constexpr std::uint32_t kFirstRow = 3;

void heads(XlsxSheet& sheet, std::uint32_t row, const std::vector<std::string>& titles) {
  for (std::uint32_t i = 0; i < titles.size(); ++i) sheet.text(row, i, titles[i], CellStyle::kHead);
}

/// Owned cards cost once and over the years; rented ones by the hour.
bool is_owned(const Page& page) { return page.raw("/inputs/price_basis") == "owned"; }

/// What the estimator and the price book say of each option: inputs of the sheet of options.
XlsxSheet& estimates(XlsxBook& book, const Page& page) {
  const Words& w = page.words;
  XlsxSheet& e = book.sheet(w["xlsx.estimates"]);
  e.text(0, 0, w["xlsx.estimates"], CellStyle::kTitle);
  e.text(1, 0, w["xlsx.estimates_note"], CellStyle::kNote);
  heads(e, 2,
        {w.str("col.card"), w.str("xlsx.replica_rate"), w.str("xlsx.gpus_per_replica"),
         w.str("xlsx.node_gpus"), w.str("col.spare"),
         w.str(is_owned(page) ? "xlsx.usd_per_gpu" : "xlsx.usd_per_gpu_hour"), "TTFT, ms",
         "TPOT, ms", w.str("col.layout"), w.str("col.weights")});
  e.width(0, 0, 34);
  e.width(1, 9, 16);
  e.freeze(kFirstRow, 1);
  for (std::uint32_t i = 0; i < page.count("/options"); ++i) {
    const std::string o = fmt::format("/options/{}/", i);
    const auto value = [&](const char* key) { return page.value(o + key).value_or(0.0); };
    const std::uint32_t row = kFirstRow + i;
    const double spare = value("spare_gpus");
    e.text(row, 0, page.raw(o + "gpu"));
    e.number(row, 1, value("replica_capacity_req_per_s"));
    e.number(row, 2, value("replicas") > 0.0 ? (value("gpus") - spare) / value("replicas") : 0.0);
    e.number(row, 4, spare);
    const char* price = is_owned(page) ? "cost/tco_usd" : "cost/usd_per_hour";
    if (const auto usd = page.value(o + price)) e.number(row, 5, *usd / value("gpus"));
    e.number(row, 6, value("latency/ttft_ms/mean"));
    e.number(row, 7, value("latency/tpot_ms/mean"));
    e.text(row, 8, layout_name(*page.at(fmt::format("/options/{}/layout", i))));
    e.text(row, 9, page.raw(o + "weights_dtype"));
  }
  return e;
}

XlsxSheet& options(XlsxBook& book, const Page& page, const XlsxSheet& e, XlsxSheet& summary) {
  const Words& w = page.words;
  XlsxSheet& s = book.sheet(w["part.options"]);
  s.text(0, 0, w["part.options"], CellStyle::kTitle);
  heads(s, 2,
        {w.str("col.card"), w.str("xlsx.replicas"), w.str("col.gpus"), w.str("xlsx.capacity"),
         w.str("col.load"), w.str("col.tco"), "USD/h", w.str("xlsx.usd_per_month"),
         w.str("col.usd_per_mtok_out")});
  s.width(0, 0, 34);
  s.width(1, 8, 17);
  s.freeze(kFirstRow, 1);
  const auto count = static_cast<std::uint32_t>(page.count("/options"));
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string o = fmt::format("/options/{}/", i);
    const auto value = [&](const char* key) { return page.value(o + key).value_or(0.0); };
    const std::uint32_t row = kFirstRow + i;
    const auto here = [&](std::uint32_t column) { return cell_name(row, column); };
    const auto there = [&](std::uint32_t column) { return e.reference(row, column); };
    s.text(row, 0, page.raw(o + "gpu"));
    s.formula(row, 1,
              fmt::format("=MAX(1,-INT(-(in_qps*(1+in_headroom)/{}-0.000000000001)))", there(1)),
              value("replicas"));
    s.formula(row, 2, fmt::format("={}*{}+{}", here(1), there(2), there(4)), value("gpus"));
    s.formula(row, 3, fmt::format("={}*{}", here(1), there(1)), value("capacity_req_per_s"));
    s.formula(row, 4, fmt::format("=in_qps/{}", here(3)), value("utilization"),
              CellStyle::kPercent);
    const auto tco = page.value(o + "cost/tco_usd");
    if (!tco) {
      s.text(row, 5, w["common.no_price"]);
      continue;
    }
    s.formula(row, 5,
              fmt::format("={}*{}{}", here(2), there(5), is_owned(page) ? "" : "*in_years*8765.82"),
              *tco);
    s.formula(row, 6, fmt::format("={}/(in_years*8765.82)", here(5)), value("cost/usd_per_hour"));
    s.formula(row, 7, fmt::format("={}/(in_years*12)", here(5)), value("cost/usd_per_month"));
    if (const auto per_token = page.value(o + "cost/usd_per_million_output_tokens"))
      s.formula(row, 8, fmt::format("={}/(in_qps*in_output_tokens*3600)*1000000", here(6)),
                *per_token);
  }
  if (count == 0) return s;
  book.chart(summary, 6, 0, XlsxChartKind::kBar, w.str("col.tco"),
             {{w.str("col.tco"), "=" + s.range(kFirstRow, 0, kFirstRow + count - 1, 0),
               "=" + s.range(kFirstRow, 5, kFirstRow + count - 1, 5)}});
  summary.formula(3, 1, "=" + s.reference(kFirstRow, 2),
                  page.value("/options/0/gpus").value_or(0.0), CellStyle::kLink);
  if (const auto hour = page.value("/options/0/cost/usd_per_hour"))
    summary.formula(4, 1, "=" + s.reference(kFirstRow, 6), *hour, CellStyle::kLink);
  return s;
}

void cost_lines(XlsxBook& book, const Page& page, const XlsxSheet& options) {
  const Words& w = page.words;
  XlsxSheet& s = book.sheet(w["xlsx.bill"]);
  s.text(0, 0, w["xlsx.bill"], CellStyle::kTitle);
  heads(s, 2,
        {w.str("col.card"), w.str("col.line"), w.str("col.gpus"), w.str("xlsx.usd_per_gpu"),
         w.str("col.amount_usd"), w.str("col.source")});
  s.width(0, 1, 30);
  s.width(2, 4, 18);
  s.width(5, 5, 60);
  s.freeze(kFirstRow, 2);
  std::uint32_t row = kFirstRow;
  for (std::size_t i = 0; i < page.count("/options"); ++i) {
    const std::string o = fmt::format("/options/{}", i);
    const std::uint32_t first = row;
    for (std::size_t l = 0; l < page.count(o + "/cost/lines"); ++l) {
      const std::string line = fmt::format("{}/cost/lines/{}/", o, l);
      s.text(row, 0, page.raw(o + "/gpu"));
      s.text(row, 1, line_name(w, page.raw(line + "id")));
      const double gpus = page.value(o + "/gpus").value_or(1.0);
      const double amount = page.value(line + "amount_usd").value_or(0.0);
      const std::uint32_t at = kFirstRow + static_cast<std::uint32_t>(i);
      s.formula(row, 2, "=" + options.reference(at, 2), gpus, CellStyle::kLink);
      if (is_owned(page)) {
        s.number(row, 3, amount / gpus);
        s.formula(row, 4, fmt::format("={}*{}", cell_name(row, 2), cell_name(row, 3)), amount);
      } else {  // the rent is all there is
        s.formula(row, 3, fmt::format("={}/{}", cell_name(row, 4), cell_name(row, 2)),
                  amount / gpus);
        s.formula(row, 4, "=" + options.reference(at, 5), amount, CellStyle::kLink);
      }
      s.text(row++, 5, page.raw(o + "/cost/price_rule"));
    }
    if (row == first) continue;
    s.text(row, 1, w["col.total"], CellStyle::kTotal);
    s.formula(row, 4, fmt::format("=SUM({}:{})", cell_name(first, 4), cell_name(row - 1, 4)),
              page.value(o + "/cost/tco_usd").value_or(0.0), CellStyle::kTotal);
    ++row;
  }
}

}  // namespace

void plan_workbook(XlsxBook& book, const Page& page) {
  const Words& w = page.words;
  XlsxSheet& summary = book.sheet(w["xlsx.summary"]);
  summary.width(0, 0, 44);
  summary.width(1, 1, 18);
  summary.text(0, 0, page.raw("/inputs/model"), CellStyle::kTitle);
  summary.text(1, 0, w["xlsx.summary_note"], CellStyle::kNote);
  summary.text(3, 0, fmt::format("{}: {}", w["col.gpus"], page.raw("/options/0/gpu")));
  summary.text(4, 0, "USD/h");
  assumptions_sheet(book, page,
                    {{"qps", "/inputs/qps"},
                     {"input_tokens", "/inputs/input_tokens"},
                     {"output_tokens", "/inputs/output_tokens"},
                     {"headroom", "/inputs/headroom"},
                     {"years", "/inputs/years"}});
  const XlsxSheet& estimated = estimates(book, page);
  const XlsxSheet& fleet = options(book, page, estimated, summary);
  cost_lines(book, page, fleet);
  sources_sheet(book, page);
}

}  // namespace gpusize
