#include "gpusize/serve/step_times.hpp"

#include <algorithm>
#include <cmath>

#include "gpusize/serve/random.hpp"
#include "support/catch.hpp"
#include "support/deployments.hpp"

namespace gpusize {
namespace {

TEST_CASE("the table of step times is within 1 % of the estimator everywhere") {
  const std::vector<test::DeploymentNames> cases{
      {"deepseek-7b", "H100-SXM5-80GB", "vllm"},
      {"llama-3.1-70b", "A100-SXM4-80GB", "vllm", "native", "auto", {8, 1, 1, 1}},
      {"deepseek-r1", "H200-SXM-141GB", "sglang", "native", "auto", {8, 1, 8, 1}},
      {"qwen3-30b-a3b", "L40S", "tensorrt-llm"},
      {"gpt-oss-120b", "MI300X", "vllm"},
  };
  Random random(3);
  const auto between = [&](double low, double high) {
    return portable_exp(portable_log(low) + random.uniform() * portable_log(high / low));
  };
  double worst = 0.0;
  for (const test::DeploymentNames& names : cases) {
    EstimatedStepTimes times(test::deployment(names));
    for (int i = 0; i < 60; ++i) {
      const auto sequences = static_cast<std::int64_t>(between(1.0, 1024.0));
      const double context = between(8.0, 120'000.0);
      const double tokens = std::floor(between(1.0, 16'384.0));
      const double keys = between(1.0, 60'000.0);
      INFO(names.model << " on " << names.gpu << ": " << sequences << " x " << context << ", "
                       << tokens << " tokens x " << keys << " keys");
      const double decode =
          times.decode_s(sequences, context) / times.exact_decode_s(sequences, context);
      const double prefill = times.prefill_s(tokens, keys) / times.exact_prefill_s(tokens, keys);
      CHECK(std::abs(decode - 1.0) < 0.01);
      CHECK(std::abs(prefill - 1.0) < 0.01);
      worst = std::max({worst, std::abs(decode - 1.0), std::abs(prefill - 1.0)});
    }
  }
  INFO("largest error " << worst);
  CHECK(worst > 0.0);  // the table does interpolate
}

TEST_CASE("speculation makes tokens per step and pays for drafting") {
  Speculation s;
  CHECK(s.tokens_per_step() == 1.0);
  s.drafted = 3;
  s.acceptance = 0.5;
  CHECK(s.tokens_per_step() == Approx(1.0 + 0.5 + 0.25 + 0.125));
  s.acceptance = 1.0;
  CHECK(s.tokens_per_step() == Approx(4.0));
}

}  // namespace
}  // namespace gpusize
