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

TEST_CASE("a window of one tile costs about three tiles of keys") {
  const double all = predicted_us(prompt("H100-SXM5-80GB", "fa3", 0.0));
  const double windowed = predicted_us(prompt("H100-SXM5-80GB", "fa3", 128.0));
  CHECK(windowed < 0.25 * all);
  CHECK(windowed > 128.0 / 4096.0 * all);
}

}  // namespace
}  // namespace gpusize
