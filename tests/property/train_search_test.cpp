// The pruned search for a training layout finds what the exhaustive one finds.

#include <fmt/format.h>

#include "gpusize/plan/train_plan.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

struct World {
  const char* model;
  const char* gpu;
  std::int64_t gpus;
  double batch;
  const char* attention;
};

std::string signature(const TrainPlan& plan) {
  std::string out;
  for (const TrainOption& o : plan.options) {
    const TrainLayout& l = o.job.layout;
    out += fmt::format("{} {} group {} micro {} {} {} sp {} offload {}: {:.17g} s\n", o.job.gpu->id,
                       describe(l), l.shard_group, l.micro_batch, name_of(l.schedule),
                       name_of(o.job.spec.recompute), l.sequence_parallel, l.offload_optimizer,
                       o.step.total.in(units::s));
    for (const std::string_view part : parts_of(o.job.spec)) out += fmt::format("{} ", part);
  }
  for (const TrainObstacle& x : plan.rejected)
    out += fmt::format("{} {}: {:.17g}\n", x.gpu, x.what, x.needed);
  return out;
}

TEST_CASE("train: the pruned search over all layouts finds what the exhaustive one finds") {
  Catalog catalog = Catalog::shipped().value();
  REQUIRE_FALSE(has_errors(catalog.settle()));
  const auto frameworks = shipped_frameworks().value();
  const std::vector<World> worlds{
      {"deepseek-coder-1.3b", "H100-SXM5-80GB", 8, 16.0, "flash"},
      {"deepseek-llm-7b", "A100-SXM4-80GB", 8, 8.0, "unfused"},
      {"deepseek-llm-7b", "A100-SXM4-40GB", 4, 12.0, "flash"},  // short of memory
      {"deepseek-v2-lite", "H100-SXM5-80GB", 8, 8.0, "flash"},
      {"deepseek-llm-7b", "T4", 2, 4.0, "flash"},  // nothing fits
  };
  for (const World& world : worlds) {
    TrainRequest request;
    request.model = world.model;
    request.gpus = {world.gpu};
    request.counts = {world.gpus};
    request.global_batch = world.batch;
    request.sequence = 2048.0;
    request.attention = world.attention;
    request.framework = "megatron-core";
    request.all_layouts = true;
    const ModelSpec& model = *catalog.find_model(world.model)->entry;
    const auto pruned = plan_training(catalog, frameworks, model, request);
    request.exhaustive = true;
    const auto full = plan_training(catalog, frameworks, model, request);
    INFO(world.model << " on " << world.gpus << " " << world.gpu);
    REQUIRE(pruned.ok());
    REQUIRE(full.ok());
    CHECK(signature(*pruned) == signature(*full));
    CHECK(pruned->covered == full->covered);
    CHECK(pruned->covered > 100.0);
  }
}

}  // namespace
}  // namespace gpusize
