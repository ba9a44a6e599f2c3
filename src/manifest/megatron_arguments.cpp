#include "manifest/megatron_arguments.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/core/map_reader.hpp"
#include "gpusize/core/text.hpp"
#include "manifest/megatron_model.hpp"

namespace gpusize {
namespace {

struct Said {
  std::string_view word;  ///< of `gpusize train`
  std::vector<EngineOption> options;
};

const std::vector<Said>& precisions() {
  static const std::vector<Said> kRows{
      {"fp32", {}},
      {"mixed", {{"bf16", ""}}},
      {"fp8", {{"bf16", ""}, {"fp8-format", "hybrid"}}},
      {"mxfp8", {{"bf16", ""}, {"fp8-format", "e4m3"}, {"fp8-recipe", "mxfp8"}}},
      {"fp8-block", {{"bf16", ""}, {"fp8-format", "e4m3"}, {"fp8-recipe", "blockwise"}}},
      {"nvfp4", {{"bf16", ""}, {"fp4-format", "e2m1"}}},
  };
  return kRows;
}

const std::vector<Said>& optimizers() {
  static const std::vector<Said> kRows{
      {"adamw", {}}, {"momentum", {{"optimizer", "sgd"}}}, {"muon", {{"optimizer", "muon"}}}};
  return kRows;
}

const std::vector<Said>& shardings() {
  static const std::vector<Said> kRows{
      {"0", {}},
      {"1", {{"use-distributed-optimizer", ""}}},
      {"2", {{"use-megatron-fsdp", ""}, {"data-parallel-sharding-strategy", "optim_grads"}}},
      {"3", {{"use-megatron-fsdp", ""}, {"data-parallel-sharding-strategy", "optim_grads_params"}}},
  };
  return kRows;
}

std::string text(std::int64_t value) { return fmt::format("{}", value); }

class RunArguments {
 public:
  RunArguments(const ModelSpec& model, const TrainFields& option, const TrainRequest& request)
      : model_(model), o_(option), r_(request) {}

  Result<std::vector<EngineOption>> run() {
    if (o_.method != "full") return refused("method", o_.method);
    if (o_.schedule != "1f1b" && o_.schedule != "interleaved")
      return refused("schedule", o_.schedule);
    auto sizes = megatron_model(model_, sequence());
    if (!sizes.ok()) return sizes.errors();
    out_ = std::move(sizes).value();
    degrees();
    batches();
    if (!say(precisions(), o_.precision)) return refused("precision", o_.precision);
    if (!say(optimizers(), r_.optimizer)) return refused("optimizer", r_.optimizer);
    if (!say(shardings(), text(o_.zero))) return refused("ZeRO stage", text(o_.zero));
    if (o_.zero > 0 && o_.shard_group != o_.dp * o_.cp && o_.shard_group != o_.dp)
      return refused("shard group", text(o_.shard_group));
    memory();
    if (r_.attention == "unfused") add("attention-backend", "unfused");
    if (r_.mtp) add("mtp-num-layers", text(model_.mtp.layers));
    return std::move(out_);
  }

 private:
  [[nodiscard]] static Diagnostic refused(std::string_view what, const std::string& value) {
    return make_error(
        "manifest-train-option",
        fmt::format("Megatron has no arguments for {} \"{}\"", what, printable(value)), {},
        "gpusize train --framework megatron-core plans what it can run");
  }

  [[nodiscard]] std::int64_t sequence() const {
    return static_cast<std::int64_t>(std::llround(r_.sequence));
  }

  void add(std::string name, std::string value = {}) {
    out_.push_back({std::move(name), std::move(value)});
  }
  void add_degree(std::string name, std::int64_t value) {
    if (value > 1) add(std::move(name), text(value));
  }
  bool say(const std::vector<Said>& rows, std::string_view word) {
    const auto row =
        std::find_if(rows.begin(), rows.end(), [&](const Said& s) { return s.word == word; });
    if (row == rows.end()) return false;
    out_.insert(out_.end(), row->options.begin(), row->options.end());
    return true;
  }

  void degrees() {
    add("tensor-model-parallel-size", text(o_.tp));
    add("pipeline-model-parallel-size", text(o_.pp));
    add_degree("num-virtual-stages-per-pipeline-rank", o_.vpp);
    add_degree("context-parallel-size", o_.cp);
    add_degree("expert-model-parallel-size", o_.ep);
    if (model_.has_experts() && o_.etp != o_.tp) add("expert-tensor-parallel-size", text(o_.etp));
    if (o_.sequence_parallel) add("sequence-parallel");
  }

  void batches() {
    add("seq-length", text(sequence()));
    add("micro-batch-size", text(o_.micro_batch));
    add("global-batch-size", text(o_.global_batch));
    if (r_.tokens > 0.0)
      add("train-samples", text(static_cast<std::int64_t>(std::ceil(r_.tokens / r_.sequence))));
  }

  void memory() {
    if (o_.recompute != "none") add("recompute-granularity", o_.recompute);
    if (o_.recompute == "full") {
      add("recompute-method", "uniform");
      add("recompute-num-layers", "1");
    }
    if (o_.recompute == "selective" && !o_.recompute_parts.empty())
      out_.push_back({"recompute-modules",
                      o_.recompute_parts.front(),
                      {o_.recompute_parts.begin() + 1, o_.recompute_parts.end()}});
    if (!r_.moments.empty()) {
      const auto parts = split(r_.moments, ' ');
      add("use-precision-aware-optimizer");
      add("exp-avg-dtype", std::string(parts.front()));
      add("exp-avg-sq-dtype", std::string(parts.back()));
    }
    if (r_.activation_cache == "fp8") add("activation-func-fp8-input-store");
    if (o_.offload) add("optimizer-cpu-offload");
  }

  const ModelSpec& model_;
  const TrainFields& o_;
  const TrainRequest& r_;
  std::vector<EngineOption> out_;
};

}  // namespace

TrainFields read_train_option(Node option, Diagnostics& out) {
  MapReader reader(option, "option of a training plan", "manifest", out);
  const Bounds count{1.0, 1e9};
  TrainFields o;
  o.gpu = reader.required_text("gpu");
  o.framework = reader.required_text("framework");
  o.method = reader.required_text("method");
  o.precision = reader.required_text("precision");
  o.recompute = reader.required_text("recompute");
  o.recompute_parts = reader.texts("recompute_parts");
  o.schedule = reader.required_text("schedule");
  o.gpus = reader.required_integer("gpus", count);
  o.zero = static_cast<std::int64_t>(reader.required_number("zero_stage", {0.0, 3.0}));
  o.shard_group = static_cast<std::int64_t>(reader.required_number("shard_group", {1.0, 1e9}));
  o.micro_batch = static_cast<std::int64_t>(reader.required_number("micro_batch", count));
  o.global_batch = static_cast<std::int64_t>(reader.required_number("global_batch", count));
  o.sequence_parallel = reader.boolean("sequence_parallel").value_or(false);
  o.offload = reader.boolean("offload_optimizer").value_or(false);
  MapReader layout(reader.required("layout"), "layout", "manifest", out);
  for (const auto& [key, value] : {std::pair{"tp", &o.tp},
                                   {"pp", &o.pp},
                                   {"cp", &o.cp},
                                   {"ep", &o.ep},
                                   {"etp", &o.etp},
                                   {"dp", &o.dp},
                                   {"vpp", &o.vpp}})
    *value = layout.required_integer(key, count);
  return o;
}

Result<std::vector<EngineOption>> megatron_arguments(const ModelSpec& model,
                                                     const TrainFields& option,
                                                     const TrainRequest& request) {
  return RunArguments(model, option, request).run();
}

}  // namespace gpusize
