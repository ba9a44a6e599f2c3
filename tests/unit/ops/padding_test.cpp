// What engines add to packed expert weights when they load them.
#include <cmath>

#include "gpusize/ops/tensors.hpp"
#include "support/catch.hpp"
#include "support/models.hpp"

namespace gpusize {
namespace {

constexpr MatrixPadding kRowsOf128Bytes{Dtype::kMxfp4, 256, 256, true, false};
constexpr MatrixPadding kMarlin{Dtype::kMxfp4, 256, 128, false, true};

Bytes weights(const char* id, const MatrixPadding* padding, const Layout& layout) {
  const ModelSpec& model = test::model(id);
  WeightPlan plan = plan_weights(model, "native").value();
  if (padding != nullptr) plan.expert_padding = *padding;
  return weight_bytes_per_gpu(model, plan, layout).total();
}

TEST_CASE("padded MXFP4 experts of gpt-oss-120b as start-up logs of vLLM state them") {
  // 64.38 GiB (github:vllm-project/vllm/issues/33155), 65.97 GiB (issues/23278).
  const double triton = weights("gpt-oss-120b", &kRowsOf128Bytes, {}).in(units::GiB);
  CHECK(std::fabs(triton - 64.38) < 0.1);
  const double marlin = weights("gpt-oss-120b", &kMarlin, {}).in(units::GiB);
  CHECK(std::fabs(marlin - 65.97) < 0.1);
}

TEST_CASE("one matrix by hand: 2880 columns become 3072, rows stay") {
  const ModelSpec& model = test::model("gpt-oss-120b");
  WeightPlan plan = plan_weights(model, "native").value();
  plan.expert_padding = kRowsOf128Bytes;
  for (const TensorGroup& g : tensors_of(model)) {
    const PaddedMatrix m = padded_matrix(g, plan, {});
    if (g.role != TensorRole::kExpert || !g.quantisable) {
      CHECK(m.excess() == 0.0);
      continue;
    }
    CHECK(m.padded_rows == m.rows);
    CHECK(m.padded_cols == 3072.0);
    CHECK(m.excess() == 2880.0 * 192.0 * 0.5);
  }
}

TEST_CASE("a rank's part is padded, not the whole") {
  // tp2 halves the experts' width: 1440 becomes 1536 where it is summed over, 2880 still 3072.
  const ModelSpec& model = test::model("gpt-oss-120b");
  WeightPlan plan = plan_weights(model, "native").value();
  plan.expert_padding = kRowsOf128Bytes;
  Layout layout;
  layout.tp = 2;
  double excess = 0.0;
  for (const TensorGroup& g : tensors_of(model)) {
    if (g.layer_kind == 0) excess += padded_matrix(g, plan, layout).excess();
  }
  // Gate and up: 1440 rows of 192 more; down: 2880 rows of 96 more.
  CHECK(excess == (2.0 * 1440.0 * 192.0 + 2880.0 * 96.0) * 0.5);
}

TEST_CASE("padding never takes memory away, and other formats are left alone") {
  for (const char* id : {"gpt-oss-20b", "gpt-oss-120b"}) {
    for (const std::int64_t tp : {1, 2, 4, 8}) {
      for (const std::int64_t ep : {std::int64_t{1}, tp}) {
        Layout layout;
        layout.tp = tp;
        layout.ep = ep;
        INFO(id << " " << describe(layout));
        const Bytes plain = weights(id, nullptr, layout);
        CHECK(weights(id, &kRowsOf128Bytes, layout) > plain);
        CHECK(weights(id, &kMarlin, layout) > plain);
      }
    }
  }
  CHECK(weights("qwen3-30b-a3b", &kMarlin, {}) == weights("qwen3-30b-a3b", nullptr, {}));
}

}  // namespace
}  // namespace gpusize
