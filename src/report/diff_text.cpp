// A diff for a terminal and for a pull request: changed, added, removed, one total line.

#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "report/cells.hpp"
#include "report/findings.hpp"
#include "report/findings_formats.hpp"

namespace gpusize {
namespace {

std::string thousands(double value) {
  std::string digits = fmt::format("{:.0f}", std::fabs(value));
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

std::string money(double value) { return (value < 0.0 ? "-$" : "$") + thousands(value); }

std::string shown(const Json& value, std::string_view key) {
  if (!value.is_number()) return "-";
  const double number = value.get<double>();
  if (key == "usd_per_month") return money(number);
  if (key == "headroom") return fmt::format("{:.1f} %", 100.0 * number);
  if (key == "ttft_ms" || key == "tpot_ms") return fmt::format("{:.1f} ms", number);
  return fmt::format("{:.0f}", number);
}

constexpr std::array<std::pair<const char*, const char*>, 6> kRows{
    {{"gpus", "GPUs"},
     {"usd_per_month", "cost/month"},
     {"headroom", "memory headroom"},
     {"kv_cache_tokens", "KV-cache tokens"},
     {"ttft_ms", "TTFT"},
     {"tpot_ms", "TPOT"}}};

void sides(const Json& change, std::string& out) {
  const Json& base = change["base"];
  const Json& head = change["head"];
  for (const char* key : {"model", "gpu"}) {
    const std::string b = base.is_object() ? text_of(base, key) : "";
    const std::string h = head.is_object() ? text_of(head, key) : "";
    if (b == h && b.empty()) continue;
    out += b == h || b.empty() || h.empty()
               ? fmt::format("    {:<16} {}\n", key, printable(h.empty() ? b : h))
               : fmt::format("    {:<16} {} -> {}\n", key, printable(b), printable(h));
  }
  for (const auto& [key, label] : kRows) {
    const Json b = base.is_object() ? base[key] : Json();
    const Json h = head.is_object() ? head[key] : Json();
    if (!b.is_number() && !h.is_number()) continue;
    if (b.is_number() && h.is_number() && b == h) continue;
    out += base.is_object() && head.is_object()
               ? fmt::format("    {:<16} {} -> {}\n", label, shown(b, key), shown(h, key))
               : fmt::format("    {:<16} {}\n", label, shown(head.is_object() ? h : b, key));
  }
}

std::string total_line(const Json& total) {
  const Json& usd = total["usd_per_month"];
  const Json& gpus = total["gpus"];
  const double delta = usd["delta"].get<double>();
  std::string out =
      fmt::format("Monthly: {}{} ({} -> {}", delta < 0.0 ? "-" : "+", money(std::fabs(delta)),
                  money(usd["base"].get<double>()), money(usd["head"].get<double>()));
  if (usd["percent"].is_number()) out += fmt::format(", {:+.0f} %", usd["percent"].get<double>());
  out += fmt::format("); GPUs {:.0f} -> {:.0f}", gpus["base"].get<double>(),
                     gpus["head"].get<double>());
  return out;
}

}  // namespace

std::string diff_text(const ResultDocument& document, const Style&) {
  const Json& json = document.json();
  std::string out;
  for (const Json& change : json["changes"]) {
    const std::string state = text_of(change, "state");
    const char* sign = state == "changed" ? "~" : state == "added" ? "+" : "-";
    out += fmt::format("{} {} ({})\n", sign, printable(text_of(change, "workload")),
                       printable(text_of(change, "file")));
    sides(change, out);
  }
  for (const Json& g : json["guardrails"])
    out += fmt::format("! {} [{}]\n", printable(text_of(g, "message")), text_of(g, "rule"));
  const Json& total = json["total"];
  out += fmt::format("{} changed, {} added, {} removed, {} unchanged\n", cell(total, "changed"),
                     cell(total, "added"), cell(total, "removed"), cell(total, "unchanged"));
  return out + total_line(total) + "\n";
}

std::string diff_markdown(const ResultDocument& document, const Style& style) {
  const Json& total = document.json()["total"];
  return fmt::format("<!-- gpusize:diff -->\n### gpusize: {}\n\n```diff\n{}```\n",
                     total_line(total), diff_text(document, style));
}

}  // namespace gpusize
