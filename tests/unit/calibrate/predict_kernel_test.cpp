#include "gpusize/calibrate/predict_kernel.hpp"

#include "support/catch.hpp"
#include "support/deployments.hpp"

namespace gpusize {
namespace {

KernelRow prompt(const char* gpu, const char* kernel, double window) {
  KernelRow row;
  row.gpu = gpu;
  row.op = "context_attention";
  row.kernel = kernel;
  row.dtype = row.kv_dtype = "bfloat16";
  row.batch = 1.0;
  row.q_heads = 32.0;
  row.kv_heads = 4.0;
  row.head_dim = 128.0;
  row.q_len = row.kv_len = 8192.0;
  row.window = window;
  row.us = 1e5;
  return row;
}

double predicted_us(const KernelRow& row) {
  KernelPredictor predictor(test::catalog());
  const auto outcome = predictor.predict(row);
  REQUIRE(std::holds_alternative<KernelPrediction>(outcome));
  return std::get<KernelPrediction>(outcome).predicted_us;
}

TEST_CASE("attention is timed by the library whose kernel ran") {
  const double fast = predicted_us(prompt("H100-SXM5-80GB", "fa3", 0.0));
  const double slow = predicted_us(prompt("H100-SXM5-80GB", "triton", 0.0));
  CHECK(slow > 4.0 * fast);
  // a kernel of no library: the architecture's rates, the same for every unknown name
  CHECK(predicted_us(prompt("H100-SXM5-80GB", "unheard-of", 0.0)) ==
        predicted_us(prompt("H100-SXM5-80GB", "", 0.0)));
}

TEST_CASE("a card without timings of its own takes the libraries of the architecture it names") {
  // Blackwell Ultra runs what Blackwell runs, where Triton's prefill is far slower than
  // TensorRT-LLM's.
  const double fast = predicted_us(prompt("B300-SXM-288GB", "vllm_flashinfer_trtllmprefill", 0.0));
  CHECK(predicted_us(prompt("B300-SXM-288GB", "vllm_triton_attn", 0.0)) > 4.0 * fast);
  // Without tcgen05 its GeForce and RTX PRO cards are programmed as Ada is.
  const char* const gpu = "RTX PRO 6000 Blackwell";
  CHECK(predicted_us(prompt(gpu, "vllm_triton_attn", 0.0)) >
        1.2 * predicted_us(prompt(gpu, "vllm_flash_attn_fa2", 0.0)));
}

TEST_CASE("more exponentials a cycle help short heads most, and never by more than their rate") {
  const auto gain = [](double dim) {
    KernelRow row = prompt("B200-SXM-180GB", "torch_flow", 0.0);
    row.head_dim = dim;
    const double before = predicted_us(row);
    row.gpu = "B300-SXM-288GB";
    return before / predicted_us(row);
  };
  CHECK(gain(64.0) > gain(128.0));
  CHECK(gain(128.0) > gain(256.0));
  CHECK(gain(256.0) > 1.0);
  CHECK(gain(64.0) < 2.0);
}

TEST_CASE("a window of one tile costs about three tiles of keys") {
  const double all = predicted_us(prompt("H100-SXM5-80GB", "fa3", 0.0));
  const double windowed = predicted_us(prompt("H100-SXM5-80GB", "fa3", 128.0));
  CHECK(windowed < 0.25 * all);
  CHECK(windowed > 128.0 / 4096.0 * all);
}

TEST_CASE("experts without a gate are known from rows of another backend") {
  KernelRow marked;
  marked.gpu = "H100-SXM5-80GB";
  marked.op = "moe";
  marked.backend = "trtllm 1.3.0";
  marked.kernel = "moe_torch_flow_nongated";
  marked.dtype = "bfloat16";
  marked.tokens = 8192.0;
  marked.hidden = 2688.0;
  marked.inter = 1856.0;
  marked.experts = 128.0;
  marked.topk = 6.0;
  marked.tp = marked.ep = 1.0;
  marked.distribution = "balanced";
  marked.us = 1e5;
  KernelRow row = marked;
  row.backend = "vllm 0.24.0";
  row.kernel = "triton_tritonexperts";
  KernelRow older = row;
  older.backend = "vllm 0.14.0";  // its collector timed a gate in any model
  KernelPredictor predictor(test::catalog());
  const auto us = [&](const KernelRow& of) {
    return std::get<KernelPrediction>(predictor.predict(of)).predicted_us;
  };
  const double alone = us(row);
  const double always = us(older);
  predictor.learn(row);  // says nothing
  CHECK(us(row) == alone);
  predictor.learn(marked);
  CHECK(us(row) < 0.8 * alone);
  CHECK(us(older) == always);
  row.inter = 2048.0;  // other sizes
  CHECK(us(row) > alone);
}

}  // namespace
}  // namespace gpusize
