#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/catalog_tables.hpp"
#include "report/cells.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

std::string billions(const Json& object, std::string_view key) {
  return human_number(object[std::string(key)].get<double>() / 1e9);
}

std::string kib(const Json& object, std::string_view key) {
  return human_number(object[std::string(key)].get<double>() / 1024.0);
}

Sections list_sections(const Json& doc) {
  if (doc["models"].empty()) return {{"", std::nullopt, {"no model matches"}}};
  TextTable table({{"model"},
                   {"B params", Align::kRight},
                   {"active", Align::kRight},
                   {"attention"},
                   {"weights"},
                   {"KV KiB/token", Align::kRight},
                   {"context", Align::kRight},
                   {""}});
  for (const Json& m : doc["models"]) {
    table.row({cell(m, "id"), billions(m, "parameters"), billions(m, "active_parameters"),
               cell(m, "attention"), cell(m, "weights"), kib(m, "kv_bytes_per_token"),
               cell(m, "max_context", 7), mark_of(m)});
  }
  return {{"",
           std::move(table),
           {fmt::format("{}. KV cache in bf16 unless the checkpoint asks for another format.",
                        counted(doc["models"].size(), "model")),
            "One model with its source: gpusize models NAME"}}};
}

/// Each kind of layer as one paragraph: its fields differ from kind to kind.
Section kinds_section(const Json& doc) {
  Section out{"Layers", std::nullopt, {}};
  for (const Json& kind : doc["layer_kinds"]) {
    std::vector<std::string> fields;
    for (const auto& [key, value] : kind.items()) {
      if (value.is_number() && key != "layers")
        fields.push_back(fmt::format("{} {}", key, value.get<std::int64_t>()));
    }
    out.lines.push_back(fmt::format("{} x {} attention, {} FFN: {}", cell(kind, "layers"),
                                    cell(kind, "attention"), cell(kind, "ffn"),
                                    fmt::join(fields, ", ")));
  }
  return out;
}

void add_list(Sections& out, const std::string& title, const Json& texts) {
  if (!texts.empty()) out.push_back({title, std::nullopt, texts.get<std::vector<std::string>>()});
}

Sections card_sections(const Json& doc) {
  const Json& m = doc["model"];
  TextTable table({{"field"}, {"value", Align::kRight}});
  table.row({"parameters, billion", billions(m, "parameters")});
  table.row({"active per token, billion", billions(m, "active_parameters")});
  table.row({fmt::format("KV cache per token, KiB ({})", text_of(m, "kv_dtype")),
             kib(m, "kv_bytes_per_token")});
  table.row({"context, tokens", cell(m, "max_context", 8)});
  table.row({"weights as published", cell(m, "weights")});
  for (const char* key : {"layers", "mtp_layers", "hidden", "vocab", "tied_embeddings"}) {
    if (m.contains(key)) table.row({key, cell(m, key, 8)});
  }
  Sections out;
  const std::string family = text_of(m, "family");
  out.push_back({fmt::format("{}: {} ({}{}{})", text_of(m, "id"), text_of(m, "name"), family,
                             family.empty() ? "" : ", ", text_of(m, "architecture")),
                 std::nullopt,
                 {}});
  if (!m["aliases"].empty()) {
    out.back().lines.push_back(
        fmt::format("also: {}", fmt::join(m["aliases"].get<std::vector<std::string>>(), ", ")));
  }
  out.push_back({"", std::move(table), {}});
  out.push_back(kinds_section(doc));
  out.push_back(
      {"Source", std::nullopt, {fmt::format("{}, {}", citation(m), text_of(m, "confidence"))}});
  add_list(out, "Notes", m["notes"]);
  add_list(out, "Not assessed", doc["not_assessed"]);
  return out;
}

}  // namespace

Sections model_sections(const ResultDocument& document) {
  const Json& doc = document.json();
  return text_of(doc, "view") == "card" ? card_sections(doc) : list_sections(doc);
}

}  // namespace gpusize
