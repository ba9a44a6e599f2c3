#include "manifest/serving_data.hpp"

#include "gpusize/catalog/readers.hpp"

namespace gpusize {
namespace {

using Sources = std::map<std::string, Source>;

EngineServing read_engine_row(Node node, const Sources& sources, Diagnostics& out) {
  MapReader reader(node, "engine", "mnf", out);
  EngineServing row;
  row.profile = reader.required_text("profile");
  row.engine = reader.required_text("engine");
  row.vendor = reader.required_text("vendor");
  row.image = reader.required_text("image");
  row.port = reader.required_integer("port", {1.0, 65535.0});
  row.metrics_path = reader.required_text("metrics_path");
  row.running = reader.text("running").value_or("");
  row.waiting = reader.text("waiting").value_or("");
  row.source = source_named(sources, reader);
  row.confidence = read_confidence(reader);
  reader.reject_unknown();
  return row;
}

ServingFact read_fact(Node node, const Sources& sources, Diagnostics& out) {
  MapReader reader(node, "fact", "mnf", out);
  ServingFact fact;
  fact.value = reader.required_number("value", {1e-3, 1e6});
  fact.source = source_named(sources, reader);
  read_confidence(reader);
  reader.text("note");
  reader.reject_unknown();
  return fact;
}

}  // namespace

Result<ServingData> read_serving_data(const Catalog& catalog) {
  ServingData data;
  Diagnostics out;
  const auto documents = catalog.documents("gpusize.manifest/v1");
  if (documents.empty())
    return make_error("mnf-missing", "the catalog has no data on how engines are served", {},
                      "a folder that stands alone needs a file with schema gpusize.manifest/v1, "
                      "see data/manifest");
  for (auto at = documents.rbegin(); at != documents.rend(); ++at) {
    MapReader reader((*at)->root(), "serving data", "mnf", out);
    reader.text("schema");
    const Sources sources = read_sources(reader.required("sources"), out);
    if (const Node rows = reader.node("engines"); rows && rows.is_sequence()) {
      for (const Node row : rows) data.engines.push_back(read_engine_row(row, sources, out));
    }
    if (const Node facts = reader.node("facts"); facts) {
      MapReader each(facts, "facts", "mnf", out);
      const auto take = [&](std::string_view key, ServingFact& into) {
        if (const Node node = each.node(key); node && into.value == 0.0)
          into = read_fact(node, sources, out);
      };
      take("load_gb_s", data.load_gb_s);
      take("start_s", data.start_s);
      take("start_margin", data.start_margin);
      take("shared_memory_gib_per_gpu", data.shared_memory_gib_per_gpu);
      each.reject_unknown();
    }
    reader.reject_unknown();
  }
  for (const ServingFact* fact :
       {&data.load_gb_s, &data.start_s, &data.start_margin, &data.shared_memory_gib_per_gpu}) {
    if (fact->value == 0.0 && out.empty())
      out.push_back(make_error("mnf-missing", "a fact about serving is missing", {},
                               "load_gb_s, start_s, start_margin and shared_memory_gib_per_gpu"));
  }
  if (has_errors(out)) return out;
  return data;
}

}  // namespace gpusize
