// A document's `inputs` back to the request that made them.

#include <fmt/format.h>

#include "gpusize/core/map_reader.hpp"
#include "gpusize/plan/estimate_document.hpp"

namespace gpusize {
namespace {

std::optional<std::int64_t> optional_whole(MapReader& reader, std::string_view key) {
  const Node node = reader.node(key);
  if (!node || node.is_null()) return {};
  return reader.integer(key);
}

std::int64_t whole_or(MapReader& reader, std::string_view key, std::int64_t otherwise) {
  return optional_whole(reader, key).value_or(otherwise);
}

}  // namespace

Result<EstimateRequest> read_estimate_request(Node inputs) {
  Diagnostics problems;
  MapReader reader(inputs, "inputs of an estimate", "est", problems);
  EstimateRequest r;
  r.model = reader.required_text("model");
  r.overrides = reader.texts("set");
  r.gpu = reader.required_text("gpu");
  r.layout = {whole_or(reader, "tp", 1), whole_or(reader, "pp", 1), whole_or(reader, "ep", 1),
              whole_or(reader, "dp", 1)};
  r.weights = reader.text("weights").value_or(r.weights);
  r.kv = reader.text("kv").value_or(r.kv);
  r.engine = reader.text("engine").value_or(r.engine);
  const std::string phase = reader.required_text("phase");
  if (const auto known = phase_from(phase)) {
    r.phase = *known;
  } else if (problems.empty()) {
    reader.error("phase", fmt::format("unknown phase \"{}\"", phase), reader.node("phase"),
                 "prefill or decode");
  }
  r.batch = whole_or(reader, "batch", 1);
  r.context = optional_whole(reader, "context");
  r.new_tokens = optional_whole(reader, "new_tokens");
  r.images = whole_or(reader, "images", 0);
  r.image_tokens = whole_or(reader, "image_tokens", 0);
  if (const Node fraction = reader.node("memory_fraction"); fraction && !fraction.is_null()) {
    r.memory_fraction = reader.number("memory_fraction");
  }
  r.max_batched_tokens = optional_whole(reader, "max_batched_tokens");
  r.max_sequences = optional_whole(reader, "max_sequences");
  r.mtp = reader.boolean("mtp").value_or(false);
  r.two_batch_overlap = reader.boolean("two_batch_overlap").value_or(false);
  if (has_errors(problems)) return problems;
  return r;
}

}  // namespace gpusize
