// `estimate` as HTML: does it fit, how long is a step, and which kernels make it.

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/report/text_table.hpp"
#include "report/charts.hpp"
#include "report/html_page.hpp"
#include "report/plan_names.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kGib = 1073741824.0;
constexpr std::size_t kCharted = 14;

std::string op(std::size_t index) { return fmt::format("/operators/{}/", index); }

std::string memory_chart(Page& page) {
  const Words& w = page.words;
  const std::string memory = "/memory_per_gpu_bytes/";
  StackedRow row{page.raw("/deployment/gpu"), {}, ""};
  std::vector<std::string> names;
  for (const char* part : kMemoryParts) {
    row.parts.push_back(page.value(memory + part).value_or(0.0) / kGib);
    names.emplace_back(w[fmt::format("memory.{}", part)]);
  }
  row.value = human_number(page.value(memory + "capacity").value_or(0.0) / kGib, 4);
  row.mark = page.value(memory + "usable").value_or(0.0) / kGib;
  return stacked_bars({"chart-memory", w.str("chart.memory"),
                       w.text("chart.memory_alt", row.label, row.value,
                              human_number(row.parts[0], 3), human_number(row.parts[1], 3))},
                      names, {row}, "GiB");
}

std::string weights_chart(Page& page) {
  const Words& w = page.words;
  const Json* roles = page.at("/memory_per_gpu_bytes/weights_by_role");
  const double total = page.value("/memory_per_gpu_bytes/weights").value_or(0.0);
  if (roles == nullptr || total <= 0.0) return {};
  std::vector<ShareRow> rows;
  for (const auto& [role, bytes] : roles->items()) {
    if (!bytes.is_number() || bytes.get<double>() <= 0.0) continue;
    rows.push_back(
        {role, bytes.get<double>() / total, human_number(bytes.get<double>() / kGib, 3) + " GiB"});
  }
  if (rows.empty()) return {};
  std::stable_sort(rows.begin(), rows.end(),
                   [](const ShareRow& a, const ShareRow& b) { return a.share > b.share; });
  return share_bars({"chart-weights", w.str("chart.weights"),
                     w.text("chart.load_alt", rows.front().label, rows.front().value)},
                    rows);
}

/// Indices of the operators, longest first.
std::vector<std::size_t> by_time(const Page& page) {
  std::vector<std::size_t> order(page.count("/operators"));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto time = [&](std::size_t i) { return page.value(op(i) + "time_ms").value_or(0.0); };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return time(a) > time(b); });
  return order;
}

std::string time_chart(Page& page) {
  const Words& w = page.words;
  const double total = page.value("/step/time_ms/value").value_or(0.0);
  std::vector<ShareRow> rows;
  for (const std::size_t i : by_time(page)) {
    if (rows.size() == kCharted) break;
    const double time = page.value(op(i) + "time_ms").value_or(0.0);
    if (total > 0.0)
      rows.push_back({page.raw(op(i) + "name"), time / total, human_number(time, 3) + " ms"});
  }
  if (rows.empty()) return {};
  return share_bars({"chart-time", w.str("chart.time"),
                     w.text("chart.load_alt", rows.front().label, rows.front().value)},
                    rows);
}

double bytes_of(const Page& page, std::size_t i) {
  double bytes = 0.0;
  for (const char* key : {"weight_bytes", "activation_bytes", "kv_bytes"})
    bytes += page.value(op(i) + key).value_or(0.0);
  return bytes;
}

/// One roof for all formats that run at the same peak. Models compute in 16 bits and fewer: wider
/// formats have a roof only on cards that know nothing else.
std::vector<RooflineRoof> roofs_of(const Page& page) {
  std::vector<std::pair<double, std::string>> peaks;
  for (std::size_t i = 0; i < page.count("/roofline/peaks"); ++i) {
    const std::string peak = fmt::format("/roofline/peaks/{}/", i);
    const double tflops = page.value(peak + "dense_tflops").value_or(0.0);
    if (tflops <= 0.0) continue;
    const auto same = std::find_if(peaks.begin(), peaks.end(),
                                   [&](const auto& known) { return known.first == tflops; });
    if (same == peaks.end()) {
      peaks.emplace_back(tflops, page.raw(peak + "dtype"));
    } else {
      same->second += ", " + page.raw(peak + "dtype");
    }
  }
  const auto wide = [](const auto& peak) { return peak.second.find("32") != std::string::npos; };
  if (!std::all_of(peaks.begin(), peaks.end(), wide)) std::erase_if(peaks, wide);
  std::vector<RooflineRoof> roofs;
  for (const auto& [tflops, formats] : peaks)
    roofs.push_back({fmt::format("{} {} TFLOPS", formats, human_number(tflops, 4)), tflops * 1e12});
  return roofs;
}

std::string roofline(Page& page) {
  const Words& w = page.words;
  const auto bandwidth = page.value("/roofline/memory_bandwidth_gb_s");
  if (!bandwidth || *bandwidth <= 0.0) return {};
  const std::vector<RooflineRoof> roofs = roofs_of(page);
  const double total = page.value("/step/time_ms/value").value_or(0.0);
  std::vector<RooflinePoint> points;
  for (std::size_t i = 0; i < page.count("/operators"); ++i) {
    const double flops = page.value(op(i) + "flops").value_or(0.0);
    const double bytes = bytes_of(page, i);
    const double time = page.value(op(i) + "time_ms").value_or(0.0);
    if (flops <= 0.0 || bytes <= 0.0 || time <= 0.0 || total <= 0.0) continue;
    points.push_back({page.raw(op(i) + "name"), flops / bytes, flops / (time / 1e3), time / total});
  }
  if (points.empty() || roofs.empty()) return {};
  const auto longest = std::max_element(
      points.begin(), points.end(), [](const auto& a, const auto& b) { return a.share < b.share; });
  return roofline_chart({"chart-roofline", w.str("chart.roofline"),
                         w.text("chart.roofline_alt", fmt::format("{}", points.size()),
                                longest->name, fmt::format("{:.0f}", longest->share * 100.0),
                                short_number(longest->flops_per_byte))},
                        {w.str("axis.flops_per_byte")}, {w.str("axis.flops_per_s")},
                        *bandwidth * 1e9, roofs, points);
}

std::string operators_table(Page& page) {
  const Words& w = page.words;
  HtmlTable table(w.str("part.operators"), {{w.str("col.operator")},
                                            {w.str("col.count"), true},
                                            {"ms", true},
                                            {"GFLOP", true},
                                            {w.str("col.weights_mb"), true},
                                            {w.str("col.activations_mb"), true},
                                            {w.str("col.kv_mb"), true},
                                            {w.str("col.comm_mb"), true},
                                            {w.str("col.bound")}});
  for (std::size_t i = 0; i < page.count("/operators"); ++i) {
    const std::string bound = page.raw(op(i) + "bound");
    const auto known = w.find("bound." + bound);
    table.row({page.text(op(i) + "name"), page.number(op(i) + "count", 6),
               page.number(op(i) + "time_ms", 4), page.number(op(i) + "flops", 4, 1e9),
               page.number(op(i) + "weight_bytes", 4, 1e6),
               page.number(op(i) + "activation_bytes", 4, 1e6),
               page.number(op(i) + "kv_bytes", 4, 1e6), page.number(op(i) + "comm_bytes", 4, 1e6),
               known ? std::string(*known) : html(bound)});
  }
  table.row({w.str("col.total"), "", page.number("/step/time_ms/value", 4),
             page.number("/step/flops", 4, 1e9), "", "", "", "", ""},
            "total");
  return table.html();
}

std::string facts_table(Page& page) {
  const Words& w = page.words;
  HtmlTable table(w.str("part.figures"),
                  {{w.str("col.name")}, {w.str("col.value"), true}, {w.str("col.unit")}});
  const auto row = [&](const char* name, const char* pointer, const char* unit, int digits,
                       double scale) {
    table.row({w.str(name), page.number(pointer, digits, scale), unit});
  };
  row("fact.parameters", "/parameters/total", "10⁹", 4, 1e9);
  row("fact.active", "/parameters/active", "10⁹", 4, 1e9);
  row("fact.checkpoint", "/parameters/checkpoint_bytes", "GiB", 4, kGib);
  row("fact.kv_per_token", "/kv_bytes_per_token", "KiB", 4, 1024.0);
  row("fact.kv_room", "/memory_per_gpu_bytes/kv_room", "GiB", 4, kGib);
  row("fact.kv_tokens", "/kv_tokens_that_fit", "tokens", 9, 1.0);
  row("fact.sequences", "/sequences_that_fit", "", 9, 1.0);
  row("fact.kernels", "/step/kernels_ms", "ms", 4, 1.0);
  row("fact.host", "/step/host_ms", "ms", 4, 1.0);
  return table.html();
}

}  // namespace

HtmlReport estimate_html(Page& page) {
  const Words& w = page.words;
  HtmlReport report;
  const std::string d = "/deployment/";
  report.heading = fmt::format("{}, {} × {}, {}", page.raw(d + "model_name"),
                               human_number(page.value(d + "gpus").value_or(0.0), 6),
                               page.raw(d + "gpu"), page.raw(d + "layout"));
  const Json* fits = page.at("/fits");
  report.good = fits != nullptr && *fits == true;
  const bool decode = page.raw("/step/phase") == "decode";
  report.verdict =
      w.text(report.good ? "estimate.fits" : "estimate.too_big", page.text(d + "gpu")) +
      (w.lang() == Lang::kChinese ? "" : " ") +
      w.text(decode ? "estimate.decode" : "estimate.prefill", page.number("/step/time_ms/value", 4),
             page.number("/step/time_ms/low", 3), page.number("/step/time_ms/high", 3));
  const std::string memory = "/memory_per_gpu_bytes/";
  report.tiles = {{w.str("tile.step_ms"), page.number("/step/time_ms/value", 4)},
                  {w.str("tile.weights_gib"), page.number(memory + "weights", 4, kGib)},
                  {w.str("tile.kv_gib"), page.number(memory + "kv_cache", 4, kGib)},
                  {w.str("tile.free_gib"), page.number(memory + "free", 4, kGib)},
                  {w.str("tile.sequences"), page.number("/sequences_that_fit", 9)}};
  report.parts.push_back({"charts", w.str("part.charts"),
                          fmt::format("<div class=\"charts\">{}{}{}{}</div>", roofline(page),
                                      time_chart(page), memory_chart(page), weights_chart(page))});
  report.parts.push_back({"figures", w.str("part.figures"), facts_table(page)});
  report.parts.push_back({"operators", w.str("part.operators"), operators_table(page)});
  add_assumptions(page, report);
  add_not_assessed(page, report);
  add_notes(page, report);
  add_inputs(page, report);
  return report;
}

}  // namespace gpusize
