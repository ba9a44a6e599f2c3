#include "gpusize/plan/estimate_document.hpp"

#include <fmt/format.h>

#include "gpusize/ops/kv_cache.hpp"
#include "gpusize/ops/tensors.hpp"
#include "plan/assumptions.hpp"
#include "plan/estimate_setup.hpp"
#include "plan/estimate_step.hpp"
#include "plan/why_facts.hpp"
#include "plan/why_formulas.hpp"

namespace gpusize {
namespace {

constexpr std::string_view kSchema = "https://gpusize.dev/schema/estimate-1.schema.json";

double dbl(std::int64_t v) { return static_cast<double>(v); }

void write_optional(ObjectWriter& out, std::string_view key,
                    const std::optional<std::int64_t>& value, std::string_view option) {
  if (value) {
    out.integer(key, *value, why_input(std::string(key), dbl(*value), "", std::string(option)));
  } else {
    out.null(key);
  }
}

/// The request itself, in the names that `explain` reads back.
void write_inputs(ObjectWriter out, const EstimateRequest& r) {
  const auto whole = [&](std::string_view key, std::int64_t value, std::string_view option) {
    write_optional(out, key, value, option);
  };
  out.text("model", r.model);
  out.list("set");
  for (const std::string& text : r.overrides) out.append_text("set", text);
  out.text("gpu", r.gpu);
  whole("tp", r.layout.tp, "--tp");
  whole("pp", r.layout.pp, "--pp");
  whole("ep", r.layout.ep, "--ep");
  whole("dp", r.layout.dp, "--dp");
  out.text("weights", r.weights);
  out.text("kv", r.kv);
  out.text("engine", r.engine);
  out.text("phase", name_of(r.phase));
  whole("batch", r.batch, "--batch");
  write_optional(out, "context", r.context, "--context");
  write_optional(out, "new_tokens", r.new_tokens, "--new-tokens");
  whole("images", r.images, "--images");
  whole("image_tokens", r.image_tokens, "--image-tokens");
  if (r.memory_fraction) {
    out.number("memory_fraction", *r.memory_fraction,
               why_input("memory_fraction", *r.memory_fraction, "", "--memory-fraction"));
  } else {
    out.null("memory_fraction");
  }
  write_optional(out, "max_batched_tokens", r.max_batched_tokens, "--max-batched-tokens");
  write_optional(out, "max_sequences", r.max_sequences, "--max-sequences");
  out.flag("mtp", r.mtp);
  if (r.two_batch_overlap) out.flag("two_batch_overlap", true);
}

void write_deployment(ObjectWriter out, const EstimateSetup& s) {
  const Deployment& d = s.deployment;
  const Chosen& c = s.whys.chosen;
  out.text("model", d.model->id);
  out.text("model_name", d.model->name);
  out.text("gpu", d.gpu->id);
  out.text("engine", d.engine->id);
  out.text("engine_version", d.engine->version);
  out.text("weights", d.weights.name);
  out.text("kv", name_of(d.kv));
  out.text("layout", describe(d.layout));
  out.integer("gpus", d.layout.gpus(),
              derive(formulas::kReplicaGpus, "GPUs", {{"tp", c.tp}, {"pp", c.pp}, {"dp", c.dp}}));
}

void write_parameters(ObjectWriter out, const ModelSpec& model) {
  const ParameterCounts counts = count_parameters(model);
  const ParameterWhys why = why_parameters(model);
  out.integer("total", counts.total, why.total);
  out.integer("active", counts.active, why.active);
  out.integer("mtp", counts.mtp, why.mtp);
  out.integer("checkpoint_elements", counts.checkpoint_elements, why.checkpoint_elements);
  out.number("checkpoint_bytes", counts.checkpoint_bytes.in(units::B), why.checkpoint_bytes);
}

/// Memory of the fullest GPU; false when the replica does not fit.
bool write_memory(ObjectWriter& root, const EstimateSetup& s) {
  const Deployment& d = s.deployment;
  const Chosen& chosen = s.whys.chosen;
  const Bytes one = kv_bytes_per_sequence(*d.model, d.layout, d.kv, s.tokens_needed,
                                          d.engine->kv_block_tokens, d.load_mtp);
  const Bytes needed = s.per_rank * one;
  const Why one_why = why_kv_per_sequence(d, s.whys.tokens_needed, chosen);
  const Why needed_why =
      why_formula(formulas::kKvNeeded, "KV cache", needed.in(units::B),
                  {{"sequences", s.whys.per_rank}, {"bytes_per_sequence", one_why}});
  const MemoryPerGpu m = memory_per_gpu(d, s.peak, needed);
  const MemoryWhys why = why_memory(d, m, needed_why, s.peak_tokens, s.peak_rows, chosen);

  root.number("kv_bytes_per_token", kv_bytes_per_token(*d.model, d.kv).in(units::B_per_token),
              why_kv_per_token(d));
  ObjectWriter out = root.object("memory_per_gpu_bytes");
  out.number("capacity", m.capacity.in(units::B), why.capacity);
  out.number("usable", m.usable.in(units::B), why.usable);
  out.number("weights", m.weights.in(units::B), why.weights);
  out.number("kv_cache", m.kv_cache.in(units::B), why.kv_cache);
  out.number("activations", m.activations.in(units::B), why.activations);
  out.number("runtime", m.runtime.in(units::B), why.runtime);
  out.number("free", m.free.in(units::B), why.free);
  out.number("kv_room", m.kv_room.in(units::B), why.kv_room);
  ObjectWriter roles = out.object("weights_by_role");
  for (std::size_t r = 0; r < kTensorRoles; ++r) {
    const Bytes bytes = m.weights_by_role.by_role.at(r);
    const auto role = static_cast<TensorRole>(r);
    if (bytes > Bytes{})
      roles.number(name_of(role), bytes.in(units::B), why_weights(d, role, chosen));
  }

  const std::int64_t tokens = kv_tokens_that_fit(d, m.kv_room);
  const Why per_token = why_kv_per_token_per_gpu(d, chosen);
  root.integer(
      "kv_tokens_that_fit", tokens * d.layout.dp,
      per_token->value > 0.0
          ? why_formula(
                formulas::kTokensFit, "tokens that the cache holds", dbl(tokens * d.layout.dp),
                {{"kv_room", why.kv_room}, {"bytes_per_token", per_token}, {"dp", chosen.dp}})
          : why_count("tokens that the cache holds", 0.0, "nothing grows with context"));
  const std::int64_t sequences = sequences_that_fit(d, m.kv_room, s.tokens_needed);
  root.integer(
      "sequences_that_fit", sequences * d.layout.dp,
      one > Bytes{}
          ? why_formula(
                formulas::kSequencesFit, "sequences that the cache holds",
                dbl(sequences * d.layout.dp),
                {{"kv_room", why.kv_room}, {"bytes_per_sequence", one_why}, {"dp", chosen.dp}})
          : why_count("sequences that the cache holds", dbl(sequences * d.layout.dp),
                      "nothing is cached"));
  return m.weights_fit() && m.kv_cache <= m.kv_room;
}

/// The ceilings of the card on which the step ran: what charts draw operators under.
void write_roofline(ObjectWriter out, const GpuSpec& gpu) {
  const Why bandwidth = gpu_fact_why(gpu, "memory_bandwidth_gb_s");
  out.number("memory_bandwidth_gb_s", bandwidth->value, bandwidth);
  out.list("peaks");
  for (const auto& [dtype, peak] : gpu.dense_peaks) {
    ObjectWriter row = out.append("peaks");
    const Why stated = gpu_stated_peak_why(gpu, dtype);
    row.text("dtype", name_of(dtype));
    row.number("dense_tflops", stated->value, stated);
  }
}

void write_lists(ObjectWriter& root, const EstimateSetup& s) {
  root.list("notes");
  for (const std::string& text : s.notes) root.append_text("notes", text);
  root.list("not_assessed");
  for (const LeftOut& item : s.not_assessed) {
    ObjectWriter row = root.append("not_assessed");
    row.text("what", item.what);
    row.text("reason", item.reason);
  }
}

}  // namespace

std::string_view name_of(Phase phase) { return phase == Phase::kDecode ? "decode" : "prefill"; }

std::optional<Phase> phase_from(std::string_view name) {
  if (name == "decode") return Phase::kDecode;
  if (name == "prefill") return Phase::kPrefill;
  return {};
}

Result<ResultDocument> estimate_document(const Catalog& catalog, const ModelSpec& model,
                                         const EstimateRequest& request) {
  auto setup = resolve_estimate(catalog, model, request);
  if (!setup.ok()) return setup.errors();
  const EstimateSetup& s = *setup;
  ResultDocument document(kSchema, "estimate");
  ObjectWriter root = document.root();
  root.object("catalog").text("version", catalog.version());
  root.flag("fits", false);  // stands first, known once memory is counted
  write_inputs(root.object("inputs"), request);
  write_deployment(root.object("deployment"), s);
  root.list("assumptions");
  write_parameters(root.object("parameters"), model);
  root.flag("fits", write_memory(root, s));
  write_step(root, s);
  write_roofline(root.object("roofline"), *s.deployment.gpu);
  write_lists(root, s);
  write_assumptions(document);
  return document;
}

}  // namespace gpusize
