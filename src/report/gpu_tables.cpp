#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/catalog_tables.hpp"
#include "report/cells.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kUnverified =
    "* rests on a figure that was not read in any source or whose source is careless";

Sections list_sections(const Json& doc) {
  TextTable table({{"GPU"},
                   {"vendor, architecture"},
                   {"GB / GiB", Align::kRight},
                   {"GB/s", Align::kRight},
                   {"16-bit", Align::kRight},
                   {"FP8", Align::kRight},
                   {"TDP W", Align::kRight},
                   {""}});
  bool any_unverified = false;
  for (const Json& g : doc["gpus"]) {
    any_unverified = any_unverified || !mark_of(g).empty();
    table.row({cell(g, "id"),
               fmt::format("{} {}", text_of(g, "vendor"), text_of(g, "architecture")),
               fmt::format("{} / {}", cell(g, "memory_sold_gb"), cell(g, "memory_gib")),
               cell(g, "memory_bandwidth_gb_s", 4), cell(g, "dense_16bit_tflops"),
               cell(g, "dense_fp8_tflops"), cell(g, "tdp_w"), mark_of(g)});
  }
  if (doc["gpus"].empty()) return {{"", std::nullopt, {"no card matches"}}};
  std::vector<std::string> lines{
      fmt::format("{}. GB as sold, GiB as software sees it; TFLOPS dense.",
                  counted(doc["gpus"].size(), "card"))};
  if (any_unverified) lines.emplace_back(kUnverified);
  lines.emplace_back("One card with every source: gpusize gpus NAME");
  return {{"", std::move(table), std::move(lines)}};
}

Section fact_section(const Json& doc, Footnotes& sources) {
  TextTable table({{"fact"},
                   {"value", Align::kRight},
                   {"unit"},
                   {"confidence"},
                   {"date"},
                   {"source", Align::kRight}});
  std::vector<std::string> notes;
  for (const Json& fact : doc["facts"]) {
    // A value without a unit is a name, a version or a year: as it is.
    const std::string value = fact.contains("unit") ? cell(fact, "value", 6) : exact(fact["value"]);
    table.row({text_of(fact, "label"), value, text_of(fact, "unit"), text_of(fact, "confidence"),
               text_of(fact, "as_of"), sources.mark(fact)});
    if (const std::string note = text_of(fact, "note"); !note.empty()) {
      notes.push_back(fmt::format("{}: {}", text_of(fact, "label"), note));
    }
  }
  return {"", std::move(table), std::move(notes)};
}

Section mig_section(const Json& doc, Footnotes& sources) {
  TextTable table({{"MIG profile"},
                   {"GB", Align::kRight},
                   {"GiB", Align::kRight},
                   {"compute units", Align::kRight},
                   {"per card", Align::kRight},
                   {"confidence"},
                   {"source", Align::kRight}});
  for (const Json& p : doc["mig_profiles"]) {
    table.row({text_of(p, "profile"), cell(p, "memory_label_gb"), cell(p, "memory_gib", 4),
               cell(p, "compute_units"), cell(p, "max_instances"), text_of(p, "confidence"),
               sources.mark(p)});
  }
  return {"", std::move(table), {"Slices have no links between them: each serves alone."}};
}

Sections card_sections(const Json& doc) {
  const Json& g = doc["gpu"];
  Footnotes sources;
  Sections out;
  out.push_back({fmt::format("{}: {} ({}, {}, {}, {})", text_of(g, "id"), text_of(g, "name"),
                             text_of(g, "vendor"), text_of(g, "architecture"),
                             text_of(g, "form_factor"), text_of(g, "market")),
                 std::nullopt,
                 {}});
  out.back().lines.push_back(
      fmt::format("also: {}", fmt::join(g["aliases"].get<std::vector<std::string>>(), ", ")));
  if (g["aliases"].empty()) out.back().lines.clear();
  if (g.contains("lifecycle_note")) out.back().lines.push_back(text_of(g, "lifecycle_note"));
  out.push_back(fact_section(doc, sources));
  if (!doc["mig_profiles"].empty()) out.push_back(mig_section(doc, sources));
  out.push_back(default_price_section(doc));
  out.push_back({"Sources", std::nullopt, sources.lines()});
  return out;
}

struct ComparedRow {
  std::string_view label;
  std::string_view key;
  std::string_view otherwise;
};
constexpr std::array<ComparedRow, 16> kCompared{{
    {"vendor", "vendor", "-"},
    {"architecture", "architecture", "-"},
    {"memory sold, GB", "memory_sold_gb", "-"},
    {"memory usable, GiB", "memory_gib", "-"},
    {"bandwidth, GB/s", "memory_bandwidth_gb_s", "-"},
    {"16-bit dense, TFLOPS", "dense_16bit_tflops", "-"},
    {"FP8 dense, TFLOPS", "dense_fp8_tflops", "none"},
    {"TDP, W", "tdp_w", "-"},
    {"16-bit TFLOPS per W", "dense_16bit_tflops_per_w", "-"},
    {"ridge, FLOP per byte", "ridge_flops_per_byte", "-"},
    {"on demand, USD/h", "usd_per_gpu_hour", "no price known"},
    {"USD/h per 16-bit TFLOPS", "usd_per_hour_per_tflops", "no price known"},
    {"USD/h per TB/s", "usd_per_hour_per_tb_s", "no price known"},
    {"new card, USD", "purchase_usd", "no price known"},
    {"confidence", "confidence", "-"},
    {"form factor", "form_factor", "-"},
}};

Sections comparison_sections(const Json& doc) {
  std::vector<Column> columns{{""}};
  for (const Json& g : doc["gpus"]) columns.push_back({text_of(g, "id"), Align::kRight});
  TextTable table(std::move(columns));
  for (const ComparedRow& compared : kCompared) {
    std::vector<std::string> row{std::string(compared.label)};
    for (const Json& g : doc["gpus"]) {
      const std::string value = cell(g, compared.key, 4);
      row.push_back(value == "-" ? std::string(compared.otherwise) : value);
    }
    table.row(std::move(row));
  }
  Section section{"", std::move(table), {}};
  for (const Json& g : doc["gpus"]) {
    section.lines.push_back(fmt::format("{}: on demand {}; card {}", text_of(g, "id"),
                                        text_of(g, "price_rule"), text_of(g, "purchase_rule")));
  }
  section.lines.emplace_back(
      "Below the ridge a kernel is bound by memory, above it by arithmetic.");
  Sections out;
  out.push_back(std::move(section));
  return out;
}

}  // namespace

Sections gpu_sections(const ResultDocument& document) {
  const Json& doc = document.json();
  const std::string view = text_of(doc, "view");
  if (view == "card") return card_sections(doc);
  return view == "compare" ? comparison_sections(doc) : list_sections(doc);
}

}  // namespace gpusize
