#include "gpusize/catalog/catalog.hpp"
#include "gpusize/estimate/step.hpp"
#include "gpusize/estimate/support.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

const Catalog& catalog() {
  static const Catalog shipped = Catalog::shipped().value();
  return shipped;
}

Deployment spread(const std::string& engine, std::int64_t ranks) {
  Deployment d;
  d.model = catalog().find_model("deepseek-v3").value().entry;
  d.gpu = catalog().find_gpu("H800-SXM5-80GB").value().entry;
  d.rates = &catalog().rates_for(*d.gpu);
  d.engine = catalog().find_engine(engine).value().entry;
  d.weights = resolve_weights(*d.model, "native", *d.gpu, nullptr).value().plan;
  d.layout.dp = d.layout.ep = ranks;
  return d;
}

StepShape shape_of(Phase phase, double sequences, double tokens, double context) {
  StepShape shape;
  shape.phase = phase;
  shape.sequences = shape.logit_rows = sequences;
  shape.query_tokens = tokens;
  shape.context_tokens = context;
  return shape;
}

TEST_CASE("overlap: no more is hidden than the shorter of computing and communication") {
  Deployment d = spread("sglang", 32);
  d.two_batch_overlap = true;
  for (const Phase phase : {Phase::kPrefill, Phase::kDecode}) {
    const bool prompts = phase == Phase::kPrefill;
    StepEstimator estimator(d);
    const StepBreakdown step =
        estimator.breakdown(shape_of(phase, prompts ? 4.0 : 128.0, prompts ? 4096.0 : 1.0, 4096.0));
    const OverlappedStep& both = step.overlapped;
    CHECK(step.hidden > Seconds{});
    CHECK(step.hidden < min(both.compute, both.communication));
    CHECK((both.compute + both.communication).in(units::s) == Approx(step.kernels.in(units::s)));
    CHECK((step.kernels + step.host - step.hidden).in(units::s) == Approx(step.total.in(units::s)));
  }
}

TEST_CASE("overlap: nothing changes where experts are not spread over attention ranks") {
  Deployment d = spread("sglang", 1);
  d.layout.tp = 8;
  StepEstimator plain(d);
  d.two_batch_overlap = true;
  StepEstimator overlapped(d);
  const StepShape shape = shape_of(Phase::kDecode, 32.0, 1.0, 2048.0);
  CHECK(plain.time(shape) == overlapped.time(shape));
}

TEST_CASE("overlap: a step and its breakdown agree") {
  StepEstimator estimator(spread("deepseek", 128));  // the engine always overlaps
  const StepShape shape = shape_of(Phase::kDecode, 128.0, 1.0, 4096.0);
  CHECK(estimator.breakdown(shape).hidden > Seconds{});
  CHECK(estimator.time(shape) == estimator.breakdown(shape).total);
}

TEST_CASE("overlap: DeepSeek's published steps, within a tenth") {
  // deepseek-ai/profile-data, as InferSim gives it: 7,839 input and 2,324 output tokens/s per GPU.
  StepEstimator prefill(spread("deepseek", 32));
  const double prompts =
      4.0 * 4096.0 / prefill.time(shape_of(Phase::kPrefill, 4.0, 4096.0, 0.0)).in(units::s);
  CHECK(prompts == Approx(7839.0).epsilon(0.10));
  StepEstimator decode(spread("deepseek", 128));
  const double tokens =
      128.0 / decode.time(shape_of(Phase::kDecode, 128.0, 1.0, 4096.0)).in(units::s);
  CHECK(tokens == Approx(2324.0).epsilon(0.10));
}

TEST_CASE("an all-to-all of prompts crosses the network once per node") {
  StepEstimator estimator(spread("sglang", 32));
  for (const OperatorTime& op :
       estimator.breakdown(shape_of(Phase::kPrefill, 4.0, 4096.0, 0.0)).operators) {
    if (op.op.name != "moe.dispatch") continue;
    const CollectiveShape& c = op.op.work.collective;
    CHECK(c.network > Bytes{});
    // At most the three other nodes of four, against more than seven ranks.
    CHECK(c.network < (3.0 / 7.0) * c.message);
  }
}

}  // namespace
}  // namespace gpusize
