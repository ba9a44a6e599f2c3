// Weights over GPUs: nothing is lost, and what is on several GPUs is there for a reason.

#include <algorithm>

#include "gpusize/ops/tensors.hpp"
#include "property/ops_support.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

/// On how many GPUs of a stage each byte of a group is, by what its sharding means.
double copies(const TensorGroup& g, const Layout& l) {
  const auto ranks = static_cast<double>(l.tp * l.dp);
  switch (g.sharding) {
    case Sharding::kReplicated: return ranks;
    case Sharding::kTensorParallel: return static_cast<double>(l.dp);
    case Sharding::kKvHeads:
      return static_cast<double>(
          l.dp * std::max<std::int64_t>(1, l.tp / std::max<std::int64_t>(1, g.kv_heads)));
    case Sharding::kExpert: return 1.0;
  }
  return 0.0;
}

/// Bytes of all GPUs from the tensor list alone: no stages, no roles.
double expected_bytes(const ModelSpec& m, const WeightPlan& plan, const Layout& l, bool with_mtp) {
  double sum = 0.0;
  for (const TensorGroup& g : tensors_of(m)) {
    if (g.part == TensorPart::kCopy) continue;
    if (g.part == TensorPart::kMtp && !with_mtp) continue;
    double times = copies(g, l);
    if (g.name == "embedding" && m.tied_embeddings && l.pp > 1 && g.part == TensorPart::kMain)
      times *= 2.0;
    sum += stored_bytes(g, plan) * times;
  }
  return sum;
}

double bytes_of_all_gpus(const ModelSpec& m, const WeightPlan& plan, const Layout& l,
                         bool with_mtp) {
  double sum = 0.0;
  for (const WeightBytes& stage : weight_bytes_by_stage(m, plan, l, with_mtp)) {
    sum += stage.total().in(units::B) * static_cast<double>(l.tp * l.dp);
  }
  return sum;
}

TEST_CASE("bytes of all GPUs are the model's and its replicas") {
  for (const std::string& id : test::model_ids()) {
    const ModelSpec& m = test::model(id);
    for (const char* weights : {"native", "bf16", "fp8"}) {
      const WeightPlan plan = plan_weights(m, weights).value();
      for (const Layout& layout : test::layouts_for(m)) {
        for (const bool with_mtp : {false, true}) {
          CAPTURE(id, weights, describe(layout), with_mtp);
          CHECK(bytes_of_all_gpus(m, plan, layout, with_mtp) ==
                Approx(expected_bytes(m, plan, layout, with_mtp)).epsilon(1e-12));
        }
      }
    }
  }
}

TEST_CASE("without any parallelism one GPU holds the checkpoint") {
  for (const std::string& id : test::model_ids()) {
    const ModelSpec& m = test::model(id);
    const WeightPlan plan = plan_weights(m, "native").value();
    double copies_in_file = 0.0;
    for (const TensorGroup& g : tensors_of(m)) {
      if (g.part == TensorPart::kCopy) copies_in_file += stored_bytes(g, plan);
    }
    CAPTURE(id);
    CHECK(weight_bytes_per_gpu(m, plan, {}, true).total().in(units::B) ==
          Approx(count_parameters(m).checkpoint_bytes.in(units::B)-copies_in_file).epsilon(1e-12));
  }
}

TEST_CASE("more GPUs never hold more each") {
  for (const std::string& id : test::varied_models()) {
    const ModelSpec& m = test::model(id);
    const WeightPlan plan = plan_weights(m, "native").value();
    const auto bytes = [&](const Layout& l) { return weight_bytes_per_gpu(m, plan, l).total(); };
    for (const Layout& layout : test::layouts_for(m)) {
      for (Layout wider : {Layout{2 * layout.tp, layout.pp, layout.ep, layout.dp},
                           Layout{layout.tp, 2 * layout.pp, layout.ep, layout.dp}}) {
        if (!check_layout(m, wider).feasible()) continue;
        CAPTURE(id, describe(layout), describe(wider));
        CHECK(bytes(wider) <= bytes(layout));
      }
    }
  }
}

TEST_CASE("experts that ep does not divide are counted on the fullest rank") {
  TensorGroup g;
  g.sharding = Sharding::kExpert;
  g.count = 10;
  const double share = share_per_gpu(g, {4, 1, 4, 1});
  CHECK(share == 0.3);  // three of ten
  CHECK(share * 4.0 >= 1.0);
}

TEST_CASE("stages hold every layer once and differ by one at most") {
  for (std::int64_t layers = 1; layers <= 130; ++layers) {
    for (std::int64_t stages = 1; stages <= std::min<std::int64_t>(layers, 16); ++stages) {
      std::int64_t next = 0;
      std::int64_t least = layers;
      std::int64_t most = 0;
      for (std::int64_t s = 0; s < stages; ++s) {
        const StageLayers stage = stage_layers(layers, stages, s);
        REQUIRE(stage.first == next);
        next += stage.count;
        least = std::min(least, stage.count);
        most = std::max(most, stage.count);
      }
      REQUIRE(next == layers);
      REQUIRE(most - least <= 1);
      REQUIRE(stage_layers(layers, stages, stages - 1).count == least);
    }
  }
}

}  // namespace
}  // namespace gpusize
