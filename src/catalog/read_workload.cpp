#include "gpusize/catalog/readers.hpp"

namespace gpusize {

std::optional<WorkloadProfile> read_workload(const Document& document, Diagnostics& out) {
  const std::size_t before = out.size();
  MapReader reader(document.root(), "workload", "cat", out);
  WorkloadProfile workload;
  reader.text("schema");
  workload.id = reader.required_text("id");
  workload.name = reader.required_text("name");
  workload.aliases = reader.texts("aliases");
  workload.data_sets = reader.texts("data_sets");
  const auto sources = read_sources(reader.required("sources"), out);
  workload.source = source_named(sources, reader);
  workload.confidence = read_confidence(reader);
  workload.input_tokens = reader.required_number("input_tokens_mean", {1.0, 1e8});
  workload.output_tokens = reader.required_number("output_tokens_mean", {1.0, 1e8});
  workload.input_median = reader.number("input_tokens_p50", {1.0, 1e8});
  workload.output_median = reader.number("output_tokens_p50", {1.0, 1e8});
  workload.gap_cv = reader.number("gap_cv", {0.0, 1e3});
  workload.cache_hit_share = reader.number("cache_hit_share", {0.0, 1.0}).value_or(0.0);
  workload.note = reader.text("note").value_or("");
  reader.reject_unknown();
  if (out.size() != before) return {};
  return workload;
}

}  // namespace gpusize
