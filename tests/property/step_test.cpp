// Step times: they never fall with work and never rise with a better card.

#include "gpusize/estimate/step.hpp"
#include "gpusize/catalog/catalog.hpp"
#include "property/ops_support.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

using test::Case;

const Catalog& shipped() {
  static const Catalog catalog = Catalog::shipped().value();
  return catalog;
}

const std::vector<std::string>& cards() {
  static const std::vector<std::string> ids{
      "H100-SXM5-80GB", "H20-96GB", "B200-SXM-180GB", "A100-SXM4-80GB", "MI300X", "L4", "T4"};
  return ids;
}

Deployment deployment_of(const Case& c, const ModelSpec& model, const GpuSpec& gpu,
                         const char* engine = "vllm") {
  Deployment d;
  d.model = &model;
  d.gpu = &gpu;
  d.rates = &shipped().rates_for(gpu);
  d.engine = shipped().find_engine(engine)->entry;
  d.weights = plan_weights(model, c.weights).value();
  d.kv = c.kv;
  d.layout = c.layout;
  d.routing.skew = c.skew;
  return d;
}

Seconds time_of(const Case& c, const ModelSpec& model, const GpuSpec& gpu) {
  return StepEstimator(deployment_of(c, model, gpu)).time(c.shape);
}

bool less(Seconds a, Seconds b) { return a < (1.0 - 1e-12) * b; }

TEST_CASE("a step never gets faster with more work") {
  test::Dice dice(11);
  for (int i = 0; i < 1500; ++i) {
    const Case c = test::random_case(dice);
    const GpuSpec& gpu = *shipped().find_gpu(dice.pick(cards()))->entry;
    const ModelSpec& m = test::model(c.model);
    const Seconds now = time_of(c, m, gpu);
    REQUIRE(std::isfinite(now.in(units::s)));
    REQUIRE(now > Seconds{});
    const auto check = [&](const char* axis, const Case& grown, const ModelSpec& larger) {
      INFO(axis << " on " << gpu.id << " of " << c.str());
      CHECK_FALSE(less(time_of(grown, larger, gpu), now));
    };
    const bool chunked = std::any_of(m.kinds.begin(), m.kinds.end(),
                                     [](const LayerKind& k) { return k.attention.chunk > 0; });
    Case more = c;
    more.shape.sequences += 1.0;
    more.shape.logit_rows += 1.0;
    check("batch", more, m);
    more = c;
    more.shape.query_tokens += 1.0;
    check("new tokens", more, m);
    more = c;
    more.shape.context_tokens += 1.0;
    // The chunk of a prompt that begins a new attention chunk sees less.
    if (!chunked || c.shape.phase == Phase::kDecode) check("context", more, m);
    ModelSpec larger = m;
    larger.layers.push_back(m.layers.back());
    check("layers", c, larger);
    larger = m;
    for (LayerKind& k : larger.kinds) {
      k.attention.heads *= 2;
      if (k.attention.kind != AttentionKind::kCompressed) k.attention.kv_heads *= 2;
    }
    check("heads", c, larger);
  }
}

TEST_CASE("a step never gets slower with bandwidth or peak") {
  test::Dice dice(12);
  for (int i = 0; i < 600; ++i) {
    const Case c = test::random_case(dice);
    const GpuSpec& gpu = *shipped().find_gpu(dice.pick(cards()))->entry;
    const ModelSpec& m = test::model(c.model);
    const Seconds now = time_of(c, m, gpu);
    for (const double factor : {1.01, 1.3, 4.0}) {
      INFO(factor << " on " << gpu.id << " of " << c.str());
      GpuSpec better = gpu;
      better.memory_bandwidth *= factor;
      CHECK_FALSE(less(now, time_of(c, m, better)));
      better = gpu;
      for (auto& [dtype, peak] : better.dense_peaks) peak *= factor;
      CHECK_FALSE(less(now, time_of(c, m, better)));
      better = gpu;
      better.link_per_direction *= factor;
      better.peer_per_direction *= factor;
      better.host_link *= factor;
      CHECK_FALSE(less(now, time_of(c, m, better)));
    }
  }
}

TEST_CASE("the breakdown is the step") {
  test::Dice dice(13);
  for (int i = 0; i < 200; ++i) {
    const Case c = test::random_case(dice);
    const GpuSpec& gpu = *shipped().find_gpu(dice.pick(cards()))->entry;
    StepEstimator estimator(deployment_of(c, test::model(c.model), gpu));
    const StepBreakdown b = estimator.breakdown(c.shape);
    CAPTURE(c.str());
    CHECK(b.total == b.kernels + b.host);
    CHECK(b.total.in(units::s) == Approx(estimator.time(c.shape).in(units::s)).epsilon(1e-12));
    Seconds sum;
    for (const OperatorTime& o : b.operators) {
      CHECK(o.time >= Seconds{});
      sum += o.time;
    }
    CHECK(sum == b.kernels);
  }
}

}  // namespace
}  // namespace gpusize
