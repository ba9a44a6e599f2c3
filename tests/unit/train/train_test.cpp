// Training memory and time: arithmetic by hand, and how the parts must scale.

#include <cmath>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/train/step.hpp"
#include "support/catch.hpp"
#include "support/deployments.hpp"
#include "support/training.hpp"

using namespace gpusize;

namespace {

using test::catalog;
using test::framework;

TrainJob job(std::string_view model, std::string_view frame) {
  TrainJob out;
  out.model = catalog().find_model(model)->entry;
  out.gpu = catalog().find_gpu("H100-SXM5-80GB")->entry;
  out.rates = &catalog().rates_for(*out.gpu);
  out.framework = &framework(frame);
  out.spec.sequence = 2048.0;
  return out;
}

double gb(Bytes b) { return b.in(units::GB); }
Bytes peak(const TrainJob& j) { return training_memory(j, model_costs(j)).memory.total(); }

}  // namespace

TEST_CASE("training: states by hand: fp32 weights, gradients and two moments are 16 bytes") {
  TrainJob j = job("deepseek-coder-1.3b", "transformers");
  j.spec.precision = TrainPrecision::kAmp;
  const StageMemory m = training_memory(j, model_costs(j)).memory;
  CHECK(gb(m.parameters) == Approx(1.346471936 * 4.0).epsilon(1e-9));
  CHECK(gb(m.optimizer) == Approx(1.346471936 * 8.0).epsilon(1e-9));
}

TEST_CASE("training: peak memory of measured runs on one H100") {
  // PyTorch's peak allocated bytes, transformers 5.17, torch 2.11 (own runs, 2026).
  TrainJob j = job("deepseek-coder-1.3b", "transformers");
  j.spec.precision = TrainPrecision::kAmp;
  CHECK(gb(peak(j)) == Approx(25.5026).epsilon(0.03));
  j.spec.recompute = Recompute::kFull;
  CHECK(gb(peak(j)) == Approx(21.9128).epsilon(0.03));
  TrainJob lora = job("deepseek-llm-7b", "transformers");
  lora.spec.method = TrainMethod::kLora;
  lora.spec.precision = TrainPrecision::kPure;
  lora.spec.sequence = 1024.0;
  CHECK(gb(peak(lora)) == Approx(24.0923).epsilon(0.03));
}

TEST_CASE("training: memory parts add up and recomputation orders memory and time") {
  for (const char* frame : {"transformers", "megatron-core"}) {
    TrainJob j = job("llama-3-8b", frame);
    j.spec.precision = TrainPrecision::kMixed;
    Bytes last_memory;
    Seconds last_time;
    for (const Recompute r : {Recompute::kFull, Recompute::kSelective, Recompute::kNone}) {
      j.spec.recompute = r;
      j.spec.parts = {.norms = true, .activation = true};
      const ModelCosts costs = model_costs(j);
      const StageMemory m = training_memory(j, costs).memory;
      CHECK(m.total() == m.parameters + m.gradients + m.optimizer + m.activations + m.logits +
                             m.communication + m.other);
      const TrainStep s = train_step(j, costs);
      CHECK(m.total() >= last_memory);
      if (last_time > Seconds{}) CHECK(s.total <= last_time);
      last_memory = m.total();
      last_time = s.total;
    }
  }
}

TEST_CASE("training: each ZeRO stage shards one state more") {
  TrainJob j = job("llama-3-8b", "fsdp2");
  j.spec.precision = TrainPrecision::kMixed;
  j.layout.dp = 8;
  j.spec.global_batch = 16.0;
  std::vector<StageMemory> stages;
  for (std::int64_t zero = 0; zero <= 3; ++zero) {
    j.layout.zero = zero;
    stages.push_back(training_memory(j, model_costs(j)).memory);
  }
  CHECK(stages[1].optimizer.in(units::B) == Approx(stages[0].optimizer.in(units::B) / 8.0));
  CHECK(stages[1].gradients == stages[0].gradients);
  CHECK(stages[2].gradients.in(units::B) == Approx(stages[0].gradients.in(units::B) / 8.0));
  CHECK(stages[2].parameters == stages[0].parameters);
  CHECK(stages[3].parameters.in(units::B) == Approx(stages[0].parameters.in(units::B) / 8.0));
}

TEST_CASE("training: twice the layers, twice the terms of a layer") {
  TrainJob j = job("llama-3-8b", "megatron-core");
  ModelSpec twice = *j.model;
  twice.layers.insert(twice.layers.end(), j.model->layers.begin(), j.model->layers.end());
  TrainJob k = j;
  k.model = &twice;
  const ModelCosts a = model_costs(j);
  const ModelCosts b = model_costs(k);
  const Bytes ends = a.head.whole(false);
  const StageMemory m = stage_memory(j, a, 0);
  const StageMemory n = stage_memory(k, b, 0);
  CHECK((n.activations - ends).in(units::B) ==
        Approx(2.0 * (m.activations - ends).in(units::B)).epsilon(1e-6));
  CHECK(stage_parameters(k, 0).dense - stage_parameters(j, 0).dense ==
        Approx(stage_parameters(j, 0).dense - static_cast<double>(j.model->hidden)));
}

TEST_CASE("training: the bubble of interleaved 1F1B is (p - 1) / (m v)") {
  TrainLayout l;
  l.pp = 8;
  l.interleave = 4;
  CHECK(bubble_fraction(l, 16.0) == Approx(7.0 / 64.0));
  TrainJob j = job("llama-3-8b", "megatron-core");
  j.layout.pp = 8;
  j.spec.global_batch = 16.0;
  const TrainStep one = train_step(j, model_costs(j));
  j.layout.interleave = 4;
  const TrainStep four = train_step(j, model_costs(j));
  CHECK(four.bubble.in(units::s) < 0.3 * one.bubble.in(units::s));
}

TEST_CASE("training: activations of a fused layer are the published 34 s b h without masks") {
  // arXiv:2205.05198 eq. 1: 34 bytes per token and hidden element, of which two dropout masks of
  // one byte each; scores are apart under flash attention.
  TrainJob j = job("gpt3-175b", "megatron-core");
  const ModelCosts costs = model_costs(j);
  const double per =
      costs.kinds[0].whole(false).in(units::B) / 2048.0 / static_cast<double>(j.model->hidden);
  CHECK(per == Approx(32.0).epsilon(0.01));
}

TEST_CASE("training: DeepSeek-V3 pre-training takes 180K H800 hours per trillion tokens") {
  // arXiv:2412.19437 sec. 1 (hours), sec. 3.2 (PP16, EP64 over 8 nodes, ZeRO-1, DualPipe), sec. 3.3
  // (fp8, recomputed norms and up-projections), sec. 4.2 (batch 15,360 of 4,096 tokens).
  TrainJob j = job("deepseek-v3", "hai-llm");
  j.gpu = catalog().find_gpu("H800-SXM5-80GB")->entry;
  j.rates = &catalog().rates_for(*j.gpu);
  j.spec.precision = TrainPrecision::kFp8Block;
  j.spec.mtp = true;
  j.spec.sequence = 4096.0;
  j.spec.global_batch = 15360.0;
  j.spec.recompute = Recompute::kSelective;
  j.spec.parts = {.norms = true, .activation = true, .up_projection = true};
  j.layout.pp = 16;
  j.layout.ep = 64;
  j.layout.dp = 128;
  j.layout.zero = 1;
  j.layout.schedule = PipelineSchedule::kDualPipe;
  const ModelCosts costs = model_costs(j);
  const TrainStep step = train_step(j, costs);
  const double hours = 1e12 / step.tokens * step.total.in(units::s) / 3600.0 * 2048.0;
  CHECK(hours == Approx(180e3).epsilon(0.10));
  // It ran on 80 GB cards, with two copies of the weights (sec. 3.2.1 and 3.2.3).
  const StageMemory memory = training_memory(j, costs).memory;
  CHECK(memory.total() < j.gpu->memory);
  TrainJob plain = j;
  plain.layout.schedule = PipelineSchedule::k1F1B;
  plain.spec.fp8_cache = false;
  const ModelCosts wide = model_costs(plain);
  CHECK(training_memory(plain, wide).memory.parameters < 0.75 * memory.parameters);
  CHECK(wide.kinds[1].kept(plain.spec, 2.0, false) > 1.2 * costs.kinds[1].kept(j.spec, 2.0, false));
}
